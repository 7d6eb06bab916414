"""Reports of extractions, however they end."""

import shutil
from pathlib import Path

import pytest

from actiondiff_gui.gui.features.state.extracting import (
    Extraction,
    extraction_job,
    forecast,
    listed,
    outlook_job,
    pace_job,
)
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project


@pytest.fixture
def project(tmp_path, videos):
    with Project.create(tmp_path / "pets.actiondiff") as opened:
        run(import_videos(opened, videos))
        yield opened


@pytest.fixture
def address(svd_folder):
    return Address(str(svd_folder), device="cpu", precision="float32")


def test_outlook_forecast_extraction_and_outlook_again(project, address):
    loaded = LoadedFeatures()
    outlook = run(outlook_job(project, address, ["t20"], [9], None))
    assert (outlook.coverage.there["t20"], len(outlook.coverage.units)) == (0, 3)
    assert "about" not in forecast(outlook, None)
    pace = run(pace_job(loaded, project, address, outlook.coverage.units[0]))
    assert forecast(outlook, pace).startswith("3 clips, about ")
    extraction = run(extraction_job(loaded, project, Extraction(address, ("t20",), (9,))))
    assert extraction.ending() == "3 clips have features at t20."
    again = run(outlook_job(project, address, ["t20"], [9], None, outlook.inventory))
    assert again.inventory is outlook.inventory
    assert again.coverage.complete == 3
    assert forecast(again, pace) == ""


def test_what_is_damaged_is_forecast_and_computed_again(project, address):
    loaded = LoadedFeatures()
    run(extraction_job(loaded, project, Extraction(address, ("t20",), (9,))))
    first = run(outlook_job(project, address, ["t20"], [9], None))
    file = next(first.inventory.store.folder.rglob("t20.safetensors"))
    file.write_bytes(file.read_bytes()[:-1])
    outlook = run(outlook_job(project, address, ["t20"], [9], None, first.inventory))
    assert forecast(outlook, None).startswith("1 clip (1 damaged, will be computed again), ")
    extraction = run(extraction_job(loaded, project, Extraction(address, ("t20",), (9,))))
    assert (extraction.there, extraction.computed) == (2, 1)
    assert run(outlook_job(project, address, ["t20"], [9], None, first.inventory)).coverage.complete == 3


def test_a_second_extraction_counts_what_was_there(project, address):
    loaded, first = LoadedFeatures(), project.clips()[0]
    run(extraction_job(loaded, project, Extraction(address, ("t20",), (9,)), [first.id]))
    extraction = Extraction(address, ("t20",), (9,))
    run(extraction_job(loaded, project, extraction))
    assert (extraction.there, extraction.computed, extraction.clips) == (1, 2, 3)


def test_stopping_tells_how_many_are_kept(project, address):
    extraction = Extraction(address, ("t5", "t20"), (9,))
    job = extraction_job(LoadedFeatures(), project, extraction)
    for _ in job:
        if extraction.computed:
            break
    job.close()
    assert extraction.ending(stopped=True).startswith(f"Stopped: {extraction.kept} of 3 clips are kept.")


def test_a_clip_that_fails_is_named_with_why(address, tmp_path, videos):
    with Project.create(tmp_path / "other.actiondiff") as other:
        run(import_videos(other, [Path(shutil.copy(videos[1], tmp_path / "gone.mp4"))]))
        (clip,) = other.clips()
        (tmp_path / "gone.mp4").unlink()
        extraction = run(extraction_job(LoadedFeatures(), other, Extraction(address, ("t20",), (9,))))
    assert "gone.mp4" in extraction.failures[clip.id]
    assert extraction.ending() == "0 clips have features at t20. 1 clip failed."


def test_timesteps_are_listed_in_words():
    assert listed(["t20"]) == "t20"
    assert listed(["t5", "t20"]) == "t5 and t20"
    assert listed(["t0", "t5", "t20"]) == "t0, t5 and t20"
    assert listed([f"t{n}" for n in range(30)]) == "30 timesteps"
