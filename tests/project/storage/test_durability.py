"""Durability: every reported change survives crashes."""

import contextlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import actiondiff_gui
from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.storage import exclusive_use

REPO = Path(actiondiff_gui.__file__).parents[1]


def start(code: str, *arguments: str, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        cwd=REPO,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


def test_a_killed_process_loses_nothing_it_reported_as_done(project, add_video):
    clips = project.add_clips(add_video().id, [(i, i + 1, None, None, None) for i in range(1000)])
    project.close()
    code = """
        import sys
        from actiondiff_gui.project.project import Project
        project = Project.open(sys.argv[1])
        for i, clip in enumerate(project.clips()):
            project.label(clip.id, "walk", 1 if i % 2 else -1)
            print(clip.id, flush=True)
    """
    for _ in range(3):
        process = start(code, str(project.path))
        done = [process.stdout.readline().strip() for _ in range(15)]
        process.send_signal(signal.SIGKILL)
        done += process.stdout.read().split()
        assert process.wait() == -signal.SIGKILL
        with Project.open(project.path) as again:
            kept = {label.clip_id: label.value for label in again.labels()}
            assert set(done) <= set(kept)
            assert len(kept) <= len(done) + 1
            values = {clip.id: 1 if i % 2 else -1 for i, clip in enumerate(clips)}
            assert all(values[clip_id] == value for clip_id, value in kept.items())
            for clip_id in kept:
                again.unlabel(clip_id, "walk")


def test_a_process_killed_in_a_transaction_leaves_none_of_it(project, add_video):
    video = add_video()
    project.close()
    code = """
        import sys, time
        from actiondiff_gui.project.project import Project
        project = Project.open(sys.argv[1])
        project._database._connection.execute("PRAGMA cache_size = 10")  # so that it writes before the end
        with project.transaction():
            for _ in range(5):
                project.add_clips(sys.argv[2], [(i, i + 1, None, None, None) for i in range(1000)])
            print("half", flush=True)
            time.sleep(60)
    """
    process = start(code, str(project.path), video.id)
    assert process.stdout.readline() == "half\n"
    process.kill()
    process.wait()
    assert project.path.with_name(project.path.name + "-journal").exists()
    with Project.open(project.path) as again:
        assert again.clips() == []
        assert again.videos() == [video]


def test_the_one_file_holds_every_change_even_before_closing(tmp_path, project, add_video):
    clip = project.add_clip(add_video().id, 0, 5)
    project.label(clip.id, "walk")
    copy = shutil.copy(project.path, tmp_path / "copy.sqlite")
    with Project.open(copy) as other:
        assert [label.action for label in other.labels()] == ["walk"]
    project.close()
    assert [p.name for p in project.path.parent.iterdir()] == [project.path.name]


def test_a_file_in_write_ahead_mode_is_one_file_again_after_closing(project, add_video):
    add_video()
    project.close()
    connection = sqlite3.connect(project.path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("UPDATE video SET source_group = 'changed'")
    connection.commit()
    connection.close()
    with Project.open(project.path) as again:
        again.add_action("walk")
        assert [p.name for p in project.path.parent.iterdir()] == [project.path.name]
        assert again.videos()[0].source_group == "changed"


def test_a_transaction_that_raises_leaves_nothing(project, add_video):
    video = add_video()

    def interrupted():
        with project.transaction():
            project.label(project.add_clip(video.id, 0, 5).id, "walk")
            project.domain_facet = "species"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (project.clips(), project.labels(), project.actions()) == ([], [], [])
    assert project.domain_facet is None
    project.add_clip(video.id, 0, 5)


def test_a_refused_change_that_is_caught_does_not_spoil_the_transaction(project, add_video):
    video = add_video()
    with project.transaction():
        clip = project.add_clip(video.id, 0, 5)
        with pytest.raises(ProjectError):
            project.add_clip(video.id, 5, 5)
    assert project.clips() == [clip]


def test_an_inner_transaction_that_failed_halfway_spoils_the_outer_one(project, add_video):
    video = add_video()

    def careless():
        with project.transaction():
            project.add_clip(video.id, 0, 5)
            with contextlib.suppress(ZeroDivisionError), project.transaction():
                project.add_clip(video.id, 5, 9)
                raise ZeroDivisionError

    with pytest.raises(ProjectError, match="None of it was kept"):
        careless()
    assert project.clips() == []


def test_two_programs_can_have_a_project_open(project, add_video):
    clip = project.add_clip(add_video().id, 0, 5)
    with Project.open(project.path) as other:
        other.label(clip.id, "walk")
        assert [label.action for label in project.labels()] == ["walk"]
        project.label(clip.id, "run")
        assert len(other.labels()) == 2


def test_a_project_that_another_program_holds_says_so(project, add_video, monkeypatch):
    clip = project.add_clip(add_video().id, 0, 5)
    monkeypatch.setattr(exclusive_use, "OTHERS_S", 0.05)
    other = sqlite3.connect(project.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ProjectError, match="Another program"):
        project.label(clip.id, "walk")
    other.execute("ROLLBACK")
    other.close()
    project.label(clip.id, "walk")
    assert len(project.labels()) == 1


def test_a_full_disk_takes_the_whole_change_back(project, add_video):
    video = add_video()
    kept = project.add_clip(video.id, 0, 5)
    connection = project._database._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    many = [(i, i + 1, "x" * 400, None, None) for i in range(100)]

    def careless():
        with project.transaction():
            for rows in (many, many[:1]):
                with contextlib.suppress(ProjectError):
                    project.add_clips(video.id, rows)

    with pytest.raises(ProjectError):
        careless()
    assert project.clips() == [kept]
    with pytest.raises(ProjectError, match="full or failing"):
        project.add_clips(video.id, many)
    connection.execute("PRAGMA max_page_count = 1000000")
    assert project.clips() == [kept]
    project.add_clip(video.id, 5, 9)


def test_a_closed_project_says_so(project):
    project.close()
    project.close()
    with pytest.raises(ProjectError, match="is closed"):
        project.videos()
    with pytest.raises(ProjectError, match="is closed"):
        project.add_action("walk")


def test_a_read_only_project_can_be_read_and_closed(project, add_video, monkeypatch):
    video = add_video()
    project._database._connection.execute("PRAGMA query_only = ON")
    assert project.videos() == [video]
    with pytest.raises(ProjectError, match="cannot be written"):
        project.add_action("walk")
    project.close()


def test_each_commit_waits_for_the_disk(project):
    """A loss of power cannot be staged here, so this holds the settings that guard against it."""
    connection = project._database._connection
    assert connection.execute("PRAGMA synchronous").fetchone() == (3,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
