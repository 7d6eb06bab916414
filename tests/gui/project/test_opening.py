"""Opening and importing: real folders, real videos, the real sample."""

import time
from pathlib import Path

import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.project.state import opening
from actiondiff_gui.progress import run
from actiondiff_gui.project.project import Project
from tests.project.formats.small_videos import write_video


def touched(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.fixture
def project(tmp_path: Path):
    with Project.create(tmp_path / "new.actiondiff") as opened:
        yield opened


def test_videos_side_by_side_are_taken_for_videos_without_labels(tmp_path):
    touched(tmp_path / "a.mp4", tmp_path / "b.AVI", tmp_path / "notes" / "readme.txt")
    assert opening.guess_layout(tmp_path) == ""


def test_one_level_of_folders_is_taken_for_actions(tmp_path):
    touched(tmp_path / "walk" / "a.mp4", tmp_path / "eat" / "b.mp4", tmp_path / "loose.mp4")
    assert opening.guess_layout(tmp_path) == "class"


def test_two_levels_of_folders_are_taken_for_domains_and_actions(tmp_path):
    touched(*(tmp_path / s / a / "x.mp4" for s in ("dog", "cat") for a in ("walk", "eat")))
    assert opening.guess_layout(tmp_path) == "domain/class"


def test_deeper_folders_count_as_two_levels_and_an_empty_one_as_none(tmp_path):
    assert opening.guess_layout(tmp_path) == ""
    touched(tmp_path / "dog" / "walk" / "monday" / "x.mp4")
    assert opening.guess_layout(tmp_path) == "domain/class"


def test_single_videos_are_imported_as_clips(project, videos):
    report = run(opening.import_job(project, videos))
    assert (report.videos_added, report.clips_added, report.labels_added) == (3, 3, 0)
    again = run(opening.import_job(project, videos))
    assert (again.videos_added, again.clips_added) == (0, 0)


def test_a_folder_is_imported_as_its_layout_says(project, tmp_path):
    for species in ("dog", "cat"):
        for action in ("walk", "eat"):
            write_video(tmp_path / "pets" / species / action / f"{species}_{action}.mp4")
    report = run(opening.import_job(project, [tmp_path / "pets"], layout="domain/class", domain="species"))
    assert (report.videos_added, report.clips_added, report.labels_added) == (4, 4, 4)
    assert {action.name for action in project.actions()} == {"walk", "eat"}
    assert sorted(clip.facets["species"] for clip in project.clips()) == ["cat", "cat", "dog", "dog"]


def test_what_cannot_be_read_is_reported_and_the_rest_comes_in(project, tmp_path):
    good = write_video(tmp_path / "good.mp4")
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video" * 100)
    report = run(opening.import_job(project, [broken, good]))
    assert report.clips_added == 1
    assert "broken.mp4" in str(report.problems[0])


def test_a_file_of_another_kind_is_named_in_the_error(project, tmp_path):
    other = tmp_path / "thesis.docx"
    other.touch()
    with pytest.raises(ProjectError, match=r"thesis\.docx"):
        run(opening.import_job(project, [other]))


def test_the_sample_is_made_once_and_then_opens_quickly(home):
    began = time.perf_counter()
    first = run(opening.sample_job())
    making = time.perf_counter() - began
    assert len(first.table) == 216
    assert len(first.project.videos()) == 217
    assert first.project.domain_facet == "species"
    assert first.project.path.is_relative_to(home)
    first.project.close()
    began = time.perf_counter()
    second = run(opening.sample_job())
    opening_again = time.perf_counter() - began
    assert [row.id for row in second.table] == [row.id for row in first.table]
    second.project.close()
    assert opening_again < making / 3


def test_a_sample_that_was_interrupted_is_completed(home):
    job = opening.sample_job()
    for _ in range(5):
        next(job)
    job.close()
    opened = run(opening.sample_job())
    assert len(opened.table) == 216
    opened.project.close()


def test_a_project_that_cannot_be_opened_is_said_in_a_sentence(tmp_path):
    file = tmp_path / "thesis.actiondiff"
    file.write_bytes(b"something else" * 100)
    with pytest.raises(ProjectError, match=r"thesis\.actiondiff"):
        run(opening.open_job(file))


def test_a_new_project_never_takes_the_place_of_an_old_one(home, tmp_path):
    first = opening.new_project_path("pets")
    assert first == home / "projects" / "pets.actiondiff"
    first.touch()
    assert opening.new_project_path("pets").name == "pets 2.actiondiff"
    assert opening.new_project_path("pets", tmp_path / "elsewhere").name == "pets.actiondiff"


def test_a_name_that_makes_no_file_name_is_made_one(home):
    assert opening.new_project_path("a/b:c*").name == "a_b_c_.actiondiff"
    assert opening.new_project_path("  ").name == "project.actiondiff"
