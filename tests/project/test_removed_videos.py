"""A recording that was removed comes back whole; videos that were moved are found by their content."""

import errno
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from actiondiff_gui.errors import ChangedSinceError, ProjectError
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.relinking import missing_videos, relink_job
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project


@pytest.fixture
def filled(tmp_path, videos):
    """Copies of three real videos in ``films``; the first has labels of two persons, a prediction and an answer."""
    folder = tmp_path / "films"
    folder.mkdir()
    for video in videos:
        shutil.copy(video, folder / video.name)
    with Project.create(tmp_path / "p.actiondiff") as project:
        project.person = "Ada"
        run(import_videos(project, [folder]))
        video = project.videos()[0]
        (clip,) = project.clips(video_id=video.id)
        project.label(clip.id, "walk", by="Ada")
        project.label(clip.id, "eat", by="Bo", confidence=0.1 + 0.2)
        project.set_facet(clip.id, "comment", "läuft")
        project.set_video_facet(video.id, "cage", "3")
        project.add_answer(clip.id, "confirmed", said=["walk"], by="Ada")
        project.replace_predicted(video.id, [], [(1, 4, "walk", 0.7)], "model")
        project.begin_bout(video.id, "eat", 2, "mouse 1")
        yield project


def everything(project):
    connection = sqlite3.connect(project.path)
    tables = (
        *("video", "video_facet", "clip", "label", "clip_facet", "review", "application", "predicted_bout"),
        *("open_bout", "action"),
    )
    try:
        return {t: sorted(connection.execute(f"SELECT * FROM {t}").fetchall(), key=repr) for t in tables}
    finally:
        connection.close()


def test_undo_puts_a_removed_video_back_with_all_that_was_said_of_it(filled):
    before, steps = everything(filled), filled.history()
    video = filled.videos()[0]
    filled.remove_video(video.id)
    assert video.id not in {v.id for v in filled.videos()}
    assert filled.labels() == []
    (gone,) = filled.removed_videos()
    assert (gone.by, gone.clips, gone.labels) == ("Ada", 2, 2)
    taken = filled.undo()
    assert (taken.what, taken.video_ids) == (f"{video.path.name} removed", (video.id,))
    assert everything(filled) == before
    assert filled.history() == (steps[0], 1)
    assert filled.removed_videos() == []
    assert filled.undo()  # what was done before it can be taken back as if it had never gone
    assert len(filled.clips(video_id=video.id)) == 1


def test_a_removed_video_is_put_back_after_other_work_and_a_restart(filled):
    video, other = filled.videos()[:2]
    filled.remove_video(video.id)
    (clip,) = filled.clips(video_id=other.id)
    filled.label(clip.id, "rest", by="Ada")
    filled.close()
    with Project.open(filled.path) as again:
        again.person = "Ada"
        (gone,) = again.removed_videos()
        assert again.put_back_video(gone.n).id == video.id
        assert {label.action for label in again.labels(sources=["person"])} == {"walk", "eat", "rest"}
        with pytest.raises(ProjectError, match="any more"):
            again.put_back_video(gone.n)


def test_a_video_that_was_added_again_is_not_overwritten(filled):
    video = filled.videos()[0]
    filled.remove_video(video.id)
    run(import_videos(filled, [video.path]))
    with pytest.raises(ProjectError, match="added to the project again"):
        filled.undo()
    assert len(filled.videos()) == 3


def test_an_action_that_was_removed_meanwhile_is_there_again(filled):
    filled.remove_video(filled.videos()[0].id)
    filled.remove_action("eat")
    filled.undo()
    assert {label.action for label in filled.labels(sources=["person"])} == {"walk", "eat"}


def test_moved_and_renamed_videos_are_found_in_a_folder_by_their_content(filled, tmp_path):
    before = [(v.id, v.fingerprint) for v in filled.videos()]
    (tmp_path / "films").rename(tmp_path / "elsewhere")
    deep = tmp_path / "elsewhere" / "2026" / "cage 3"
    deep.mkdir(parents=True)
    first = filled.videos()[0].path.name
    (tmp_path / "elsewhere" / first).rename(deep / "other name.mp4")
    assert len(missing_videos(filled)) == 3
    result = run(relink_job(filled, [tmp_path / "elsewhere"]))
    assert (len(result.found), result.missing, result.problems) == (3, 0, ())
    assert missing_videos(filled) == []
    assert [(v.id, v.fingerprint) for v in filled.videos()] == before
    assert filled.videos()[0].path == deep / "other name.mp4"


def test_a_file_with_the_name_and_another_content_is_not_taken(filled, tmp_path):
    paths = [video.path for video in filled.videos()]
    shutil.copy(paths[1], tmp_path / paths[0].name)
    paths[0].unlink()
    result = run(relink_job(filled, [tmp_path / paths[0].name]))
    assert (result.found, result.missing, result.looked_at) == ((), 1, 1)


def test_adding_a_folder_of_moved_videos_gives_them_their_new_place(filled, tmp_path):
    clips = len(filled.clips())
    (tmp_path / "films").rename(tmp_path / "moved")
    report = run(import_videos(filled, [tmp_path / "moved"]))
    assert (report.videos_added, report.clips_added) == (0, 0)
    assert len(filled.clips()) == clips
    assert {v.path.parent.name for v in filled.videos()} == {"moved"}
    assert any("lies here now" in str(note) for note in report.notes)


def test_a_removal_is_redone_and_undone_again_as_often_as_one_likes(filled):
    before = everything(filled)
    videos = [video.id for video in filled.videos()[:2]]
    filled.remove_video(videos)
    for _ in range(3):
        assert filled.undo().video_ids == tuple(videos)
        assert everything(filled) == before
        assert filled.redo().of_videos
        assert len(filled.videos()) == 1
        assert len(filled.removed_videos()) == 2
    filled.close()
    with Project.open(filled.path) as again:
        again.person = "Ada"
        assert again.undo().video_ids == tuple(videos)
        assert everything(again) == before


def test_a_new_name_and_metadata_are_undone_and_redone(filled):
    video = filled.videos()[0]
    filled.rename_video(video.id, video.path.with_name("trial 1.mp4"))
    filled.set_video_facet([video.id, filled.videos()[1].id], "cage", "7")
    filled.set_video_facet(video.id, "cage", None)
    assert filled.undo().what == "cage of trial 1.mp4"
    assert filled.video(video.id).facets["cage"] == "7"
    assert filled.undo().what == "cage of 2 videos"
    assert filled.video(video.id).facets["cage"] == "3"
    assert "cage" not in filled.videos()[1].facets
    assert filled.undo().what == "trial 1.mp4 renamed"
    assert filled.video(video.id).path == video.path
    assert video.path.is_file()
    assert filled.redo()
    assert filled.redo()
    assert filled.video(video.id).path.name == "trial 1.mp4"
    assert filled.video(video.id).path.is_file()
    assert not video.path.exists()
    assert filled.video(video.id).facets["cage"] == "7"


def test_undoing_a_new_name_replaces_no_file_and_leaves_what_others_said(filled):
    video = filled.videos()[0]
    filled.rename_video(video.id, video.path.with_name("trial 1.mp4"))
    video.path.write_text("a note")
    with pytest.raises(ProjectError, match="is there already"):
        filled.undo()
    assert video.path.read_text() == "a note"
    assert filled.video(video.id).path.is_file()
    filled.set_video_facet(video.id, "cage", "7")
    with filled.transaction(by="Bo"):
        filled.set_video_facet(video.id, "cage", "8")
    with pytest.raises(ChangedSinceError, match=r"Bo changed trial 1\.mp4 at"):
        filled.undo()
    filled.undo(anyway=True)
    assert filled.video(video.id).facets["cage"] == "8"


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "a disk without them"])
def test_a_file_that_appears_during_a_renaming_is_not_replaced(filled, monkeypatch, links):
    video = filled.videos()[0]
    new = video.path.with_name("trial 1.mp4")

    def appears(source, target, *, link=os.link):
        new.write_text("of another program")
        if not links:
            raise OSError(errno.EPERM, "no links here")
        link(source, target)

    monkeypatch.setattr(os, "link", appears)
    with pytest.raises(ProjectError, match="is there already"):
        filled.rename_video(video.id, new)
    assert new.read_text() == "of another program"
    assert filled.video(video.id).path == video.path
    assert video.path.is_file()


def test_a_file_in_use_that_cannot_lose_its_old_name_keeps_it_alone(filled, monkeypatch):
    video = filled.videos()[0]
    new = video.path.with_name("trial 1.mp4")

    def busy(path, *rest, unlink=os.unlink, **more):
        if Path(path) == video.path:
            raise PermissionError(errno.EACCES, "The file is in use")
        unlink(path, *rest, **more)

    monkeypatch.setattr(os, "unlink", busy)
    with pytest.raises(ProjectError, match="The file is in use"):
        filled.rename_video(video.id, new)
    assert not new.exists()
    assert filled.video(video.id).path == video.path
    assert video.path.is_file()


def test_a_video_is_renamed_with_its_file_or_not_at_all(filled):
    video, other = filled.videos()[:2]
    renamed = filled.rename_video(video.id, video.path.with_name("trial 1.mp4"))
    assert renamed.path.name == "trial 1.mp4"
    assert renamed.path.is_file()
    assert not video.path.exists()
    with pytest.raises(ProjectError, match="is there already"):
        filled.rename_video(video.id, other.path)
    other.path.unlink()
    with pytest.raises(ProjectError, match="cannot be called"):
        filled.rename_video(other.id, other.path.with_name("x.mp4"))
    assert filled.video(other.id).path == other.path


def test_the_installed_sample_keeps_the_names_of_its_files(tmp_path):
    from actiondiff_gui.resources import sample_data

    path = sample_data("clips", "biped", "walk", "biped_walk_side_field_0.mp4")
    with Project.create(tmp_path / "sample.actiondiff") as project:
        run(import_videos(project, [path]))
        (video,) = project.videos()
        with pytest.raises(ProjectError, match="belongs to the sample that is installed"):
            project.rename_video(video.id, path.with_name("other.mp4"))
        assert path.is_file()
        assert project.videos() == [video]
