"""Import of unlabelled video files."""

import pytest

from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from tests.project.formats.small_videos import write_video


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "new.actiondiff") as opened:
        yield opened


def test_a_short_video_becomes_one_clip_from_its_first_frame_to_its_last(project, tmp_path):
    run(import_videos(project, [write_video(tmp_path / "short.mp4", frames=7)]))
    (clip,) = project.clips()
    assert (clip.start, clip.end) == (0, 7)
    assert project.labels([clip.id]) == []


def test_a_recording_gets_no_clip(project, tmp_path):
    report = run(import_videos(project, [write_video(tmp_path / "long.mp4", frames=30)], clip_seconds=2.0))
    assert (report.videos_added, report.clips_added) == (1, 0)
    assert [video.path.name for video in project.videos()] == ["long.mp4"]


def test_a_video_of_exactly_the_limit_is_still_a_clip(project, tmp_path):
    path = write_video(tmp_path / "limit.mp4", frames=20)
    assert run(import_videos(project, [path], clip_seconds=2.0)).clips_added == 1


def test_of_a_folder_all_videos_in_it_and_in_its_folders_are_taken(project, tmp_path):
    folder = tmp_path / "videos"
    for name in ("b.mp4", "a.mp4"):
        write_video(folder / name)
    write_video(folder / "deeper" / "c.mp4")
    (folder / "notes.txt").write_text("none", "utf-8")
    run(import_videos(project, [folder]))
    assert sorted(video.path.name for video in project.videos()) == ["a.mp4", "b.mp4", "c.mp4"]


def test_adding_again_changes_nothing(project, tmp_path):
    path = write_video(tmp_path / "again.mp4")
    run(import_videos(project, [path]))
    before = project.clips()
    report = run(import_videos(project, [path, path.parent]))
    assert (report.videos_added, report.clips_added) == (0, 0)
    assert project.clips() == before


def test_a_broken_file_is_told_with_its_name_and_the_others_come_in(project, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video" * 100)
    told = []
    report = run(
        import_videos(project, [broken, tmp_path / "gone.mp4", write_video(tmp_path / "good.mp4")]),
        told.append,
    )
    assert report.clips_added == 1
    assert [problem.file.name for problem in report.problems] == ["broken.mp4", "gone.mp4"]
    assert len(told[-1].failed) == 2


def test_stopping_keeps_what_was_read(project, tmp_path):
    job = import_videos(project, [write_video(tmp_path / f"{n}.mp4") for n in range(3)])
    for progress in job:
        if progress.done == 2:
            break
    job.close()
    assert len(project.clips()) == 2
