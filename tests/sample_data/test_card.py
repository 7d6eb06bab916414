"""The model card matches the shipped weights and the measured output."""

import json
from pathlib import Path

import pytest

from actiondiff_gui.resources import sample_data
from sample_data.tiny_model.card import LARGEST, model_bytes, sections, ship
from sample_data.tiny_model.card import card as write_card
from sample_data.tiny_model.fixed_set import fixed_set
from sample_data.tiny_model.sections import fill

MODEL = sample_data("tiny")
DOCS = Path(__file__).parents[2] / "docs" / "small_world.md"


@pytest.fixture(scope="module")
def card() -> dict:
    return json.loads((MODEL / "card.json").read_text(encoding="utf-8"))


def test_the_shipped_weights_do_what_their_card_says(card):
    said, now = card["fixed_set"], fixed_set(MODEL)
    assert now["digest"] == said["digest"]
    assert said["accuracy"]["low"] <= now["accuracy"]["value"] <= said["accuracy"]["high"]
    assert now["psnr_db"] == pytest.approx(said["psnr_db"], abs=0.05)
    assert now["loss"] == pytest.approx(said["loss"], abs=0.01)
    assert now["digest"] in {row["digest"] for row in card["validation"]}


def test_the_model_is_small_enough_to_ship(card):
    assert model_bytes(MODEL) == card["bytes"] <= LARGEST


@pytest.mark.parametrize("file", [MODEL / "README.md", DOCS], ids=lambda file: file.name)
def test_what_stands_in_card_and_docs_is_what_was_printed(card, file, tmp_path):
    copy = tmp_path / "copy.md"
    copy.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    assert fill(copy, sections(card))
    assert copy.read_text(encoding="utf-8") == file.read_text(encoding="utf-8")


def test_a_card_is_not_written_from_the_measurement_of_another_model(card, tmp_path):
    rows = [row | {"digest": "another"} for row in card["validation"]]
    (tmp_path / "validation.json").write_text(json.dumps(rows))
    (tmp_path / "pictures.json").write_text(json.dumps(card["pictures"]))
    with pytest.raises(SystemExit, match="other weights"):
        write_card(MODEL, tmp_path / "pictures.json", tmp_path / "validation.json")


def test_only_parts_that_are_named_are_filled(tmp_path):
    file = tmp_path / "a.md"
    text = "before\n<!-- printed: one -->\nold\n<!-- end -->\nbetween\n<!-- printed: two -->\nold\n<!-- end -->\n"
    file.write_text(text)
    assert fill(file, {"one": ["new", "lines"], "three": ["x"]}) == ["one"]
    assert file.read_text() == text.replace("old", "new\nlines", 1)


def test_a_model_that_is_too_large_is_not_shipped_and_nothing_is_copied(tmp_path):
    pipeline = tmp_path / "run" / "pipeline"
    pipeline.mkdir(parents=True)
    with pytest.raises(SystemExit, match="no pipeline yet"):
        ship(tmp_path / "run", tmp_path / "model")
    (pipeline / "model_index.json").write_text("{}")
    with (pipeline / "weights.safetensors").open("wb") as stream:
        stream.truncate(LARGEST)
    with pytest.raises(SystemExit, match="at most 16 MB"):
        ship(tmp_path / "run", tmp_path / "model")
    assert not (tmp_path / "model").exists()
