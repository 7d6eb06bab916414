"""Is a plan made from the index that which is made from the files, whatever became of the store?"""

import shutil
from pathlib import Path

import numpy as np
import pytest

from actiondiff_gui.backbones.registry import find_offer
from actiondiff_gui.features import extraction
from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.extraction import plan
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.storage.healing import set_aside
from actiondiff_gui.features.storage.index import FOLDER, Index
from actiondiff_gui.features.storage.token_file import all_names
from actiondiff_gui.features.store import TokenStore

ABOUT = find_offer("svd").shape()
LAYERS = (2, 3, 9)


@pytest.fixture
def clips() -> list[ClipSource]:
    return [ClipSource(str(n), Path("a.mp4"), "a", 10 * n, 10 * n + 10, 25.0) for n in range(6)]


@pytest.fixture
def store(tmp_path, clips) -> TokenStore:
    """Four clips: whole, of one timestep, of one layer, without the change; and two that are not there."""
    made = TokenStore(tmp_path, Provenance.of(ABOUT, ExtractionSettings()))
    tokens = {n: np.ones((3, 8), np.float32) for n in LAYERS}
    for clip, steps, layers, pooling in (
        (clips[0], ("t5", "t20"), LAYERS, "mean+change"),
        (clips[1], ("t20",), LAYERS, "mean+change"),
        (clips[2], ("t5", "t20"), (2,), "mean+change"),
        (clips[3], ("t5", "t20"), LAYERS, "mean"),
    ):
        for step in steps:
            made.write(clip.key, step, {n: tokens[n] for n in layers}, np.arange(3), pooling)
    return made


def planned(store, clips, pooling="mean+change"):
    return {
        unit.clip.id: [t.key for t in unit.timesteps]
        for unit in plan(clips, ABOUT, store, (5, 20), LAYERS, pooling)
    }


@pytest.mark.parametrize("pooling", ["mean", "mean+change"])
def test_a_plan_from_the_index_is_that_from_the_files(store, clips, pooling, monkeypatch):
    expected = planned(store, clips, pooling)
    assert len(expected) == (4 if pooling == "mean" else 5)
    monkeypatch.setattr(extraction, "MOST_OPENED", 0)
    assert planned(store, clips, pooling) == expected
    opened = []
    monkeypatch.setattr(TokenStore, "sound", lambda self, clip, *_: opened.append(clip))
    planned(store, clips, pooling)
    whole = {clip.key for clip in clips if clip.id not in expected}
    assert not whole.intersection(opened), "what the index knows is not opened"
    assert not {clips[4].key, clips[5].key}.intersection(opened), "nor is what has no folder"


def test_what_is_set_aside_or_deleted_is_not_known_any_more(store, clips, monkeypatch):
    monkeypatch.setattr(extraction, "MOST_OPENED", 0)
    assert "0" not in planned(store, clips)
    file = store.file(clips[0].key, "t5")
    file.write_bytes(file.read_bytes()[:-4])
    assert set_aside(file) is not None
    assert planned(store, clips)["0"] == ["t5"]
    shutil.rmtree(store.file(clips[0].key, "t5").parent)
    assert planned(store, clips)["0"] == ["t5", "t20"]


def test_a_store_of_an_earlier_version_is_opened_once(store, clips, monkeypatch):
    monkeypatch.setattr(extraction, "MOST_OPENED", 0)
    expected = planned(store, clips, "mean")
    shutil.rmtree(store.folder / FOLDER)
    assert len(Index(store.folder)) == 0
    assert planned(store, clips, "mean") == expected
    assert Index(store.folder).holds(clips[0].key, ["t5", "t20"], all_names(LAYERS, "mean"))


def test_lines_that_make_no_sense_are_passed_over(store, clips):
    (store.folder / FOLDER / "other.txt").write_text(
        f"{clips[5].key} t5 1-3c,x 1764000000000\n{clips[4].key} t5\nnothing\n\n{clips[4].key} t5,t20 2-9c 176400000000"
    )
    index = Index(store.folder)
    assert not index.holds(clips[4].key, ["t5"], all_names((2,)))
    assert index.holds(clips[0].key, ["t5", "t20"], all_names(LAYERS, "mean+change"))
