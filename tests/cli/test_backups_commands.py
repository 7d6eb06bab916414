"""Backing up, checking and restoring a project from the command line."""

import json
import shutil

import pytest
from click.testing import CliRunner

from actiondiff_gui.cli import main
from actiondiff_gui.project.backups.making import list_backups
from actiondiff_gui.project.project import Project
from tests.cli.test_cli import call


@pytest.fixture
def project(zoo_file, tmp_path, monkeypatch):
    """Provide a copy of the zoo, and preferences of its own."""
    monkeypatch.setenv("ACTIONDIFF_GUI_HOME", str(tmp_path / "home"))
    return zoo_file


def labels_of(path) -> int:
    with Project.open(path) as opened:
        return len(opened.labels())


def test_backups_are_listed_with_date_clips_and_labels_and_put_back(project):
    assert "There are no backups" in call("backups", project)
    count = labels_of(project)
    said = json.loads(call("backups", project, "--now", "--json"))
    (made,) = said["backups"]
    assert (made["labels"], made["why"], said["every_minutes"]) == (count, "asked for", 60)
    line = call("backups", project).splitlines()[0]
    assert made["name"] in line
    assert f"{made['clips']} clips" in line
    assert f"{count} labels" in line
    with Project.open(project) as opened:
        opened.remove_clip([clip.id for clip in opened.clips()])
    said = call("restore", project, made["name"])
    assert f"{count} labels" in said
    assert labels_of(project) == count
    before = list_backups(project)[1]
    assert str(before.path) in said
    call("restore", project, before.name)
    assert labels_of(project) == 0


def test_the_latest_is_put_back_where_the_project_is_damaged(project):
    count = labels_of(project)
    call("backups", project, "--now")
    project.write_bytes(project.read_bytes()[:3000])
    call("restore", project, "--latest")
    assert labels_of(project) == count


def test_how_often_is_kept_and_off_means_no_backup(project, videos):
    assert "No backups are made" in call("backups", project, "--every", "0")
    folder = project.parent / "more" / "walk"
    folder.mkdir(parents=True)
    shutil.copy(videos[0], folder)
    call("import", project, folder.parent)
    assert list_backups(project) == []
    call("backups", project, "--every", "30")
    call("import", project, folder.parent)
    assert [backup.why for backup in list_backups(project)] == ["while working"]


def test_a_restore_that_names_nothing_is_wrong_usage(project):
    for arguments in ((), ("x", "--latest")):
        assert CliRunner().invoke(main, ["restore", str(project), *arguments]).exit_code == 2
    call("restore", project, "--latest", code=1)
    call("backups", project.with_name("missing"), "--now", code=1)


def test_check_says_line_by_line_what_is_wrong_and_ends_with_3(project):
    call("backups", project, "--now")
    (path,) = {video.path for video in _videos(project)[:1]}
    moved = path.rename(path.with_name("elsewhere.mp4"))
    said = call("check", project, code=3)
    assert f"problem: The video {path} is not there" in said
    assert "database: whole" in said
    told = json.loads(call("check", project, "--json", code=3))
    assert [each["part"] for each in told["problems"]] == ["videos"]
    call("check", project, "--repair", code=3)
    moved.rename(path)
    assert "is whole" in call("check", project)
    call("check", project.with_name("missing"), code=1)


def _videos(project):
    with Project.open(project) as opened:
        return opened.videos()
