"""Ownership of the folders beside a project."""

import pytest

from actiondiff_gui.classifier.models.library import models_folder
from actiondiff_gui.features.dataset import features_folder
from actiondiff_gui.project.project import Project


def fill(folder, text: str = "weights"):
    """Return a folder as an earlier version made it."""
    folder.mkdir()
    (folder / "first.safetensors").write_text(text)
    (folder / "scores.jsonl").write_text("{}\n")
    return folder


def test_two_projects_that_differ_in_their_ending_share_nothing(tmp_path):
    with Project.create(tmp_path / "s.actiondiff") as ours, Project.create(tmp_path / "s.db") as other:
        assert models_folder(ours) == tmp_path / "s.models"
        assert models_folder(other) == tmp_path / "s.db.models"
        assert features_folder(ours) == tmp_path / "s.features"
        assert features_folder(other) == tmp_path / "s.db.features"


@pytest.mark.parametrize("kind", ["models", "features"])
def test_a_folder_of_an_earlier_version_gets_the_name_of_its_project(tmp_path, kind):
    Project.create(tmp_path / "s.db").close()
    fill(tmp_path / f"s.{kind}")
    (tmp_path / "s.csv").write_text("no project")
    Project.open(tmp_path / "s.db").close()
    assert (tmp_path / f"s.db.{kind}" / "first.safetensors").read_text() == "weights"
    assert not (tmp_path / f"s.{kind}").exists()


def test_a_folder_that_two_projects_used_is_there_for_both(tmp_path):
    Project.create(tmp_path / "s.actiondiff").close()
    Project.create(tmp_path / "s.db").close()
    fill(tmp_path / "s.models")
    with Project.open(tmp_path / "s.db") as other, Project.open(tmp_path / "s.actiondiff") as ours:
        mine, theirs = models_folder(ours), models_folder(other)
    assert mine != theirs
    (theirs / "first.safetensors").unlink()
    with (theirs / "scores.jsonl").open("a") as scores:
        scores.write("{}\n")
    assert (mine / "first.safetensors").read_text() == "weights"
    assert (mine / "scores.jsonl").read_text() == "{}\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["s.actiondiff", "s.db", "s.db.models", "s.models"]


def test_a_folder_that_cannot_be_renamed_is_still_found(tmp_path):
    Project.create(tmp_path / "s.db").close()
    old = fill(tmp_path / "s.models")
    (tmp_path / "s.db.models").symlink_to(tmp_path / "a disk that is not there")
    with Project.open(tmp_path / "s.db") as project:
        assert models_folder(project) == old
