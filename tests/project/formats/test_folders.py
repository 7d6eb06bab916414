"""Import of folders of videos with action and domain from their names."""

from pathlib import Path

import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.folders import import_folders
from tests.project.formats.small_videos import write_video

SHARED = Path(__file__).resolve().parents[4] / "shared"


def contents(project) -> set[tuple]:
    videos = {video.id: video.path.name for video in project.videos()}
    facets = {clip.id: clip.facets for clip in project.clips()}
    clips = {clip.id: (videos[clip.video_id], clip.start, clip.end) for clip in project.clips()}
    return {
        (*clips[x.clip_id], x.action, x.value, x.source, x.by, *facets[x.clip_id].items())
        for x in project.labels()
    }


def test_a_folder_for_each_class(tmp_path, project):
    write_video(tmp_path / "set" / "walk" / "a.mp4")
    write_video(tmp_path / "set" / "run fast" / "b.AVI", frames=4)
    report = run(import_folders(project, tmp_path / "set"))
    assert (report.clips_added, report.videos_added, report.labels_added) == (2, 2, 2)
    assert (report.problems, report.notes) == ((), ())
    assert contents(project) == {
        ("a.mp4", 0, 10, "walk", 1, "import", "set"),
        ("b.AVI", 0, 4, "run fast", 1, "import", "set"),
    }
    assert project.domain_facet is None


@pytest.mark.parametrize("levels", [("domain", "class"), ("class", "domain")])
def test_a_folder_for_each_domain_and_class(tmp_path, project, levels):
    for species in ("mouse", "rat"):
        for action in ("walk", "run"):
            parts = [species if level == "domain" else action for level in levels]
            write_video(tmp_path / "set" / Path(*parts) / f"{species} {action}.mp4")
    report = run(import_folders(project, tmp_path / "set", levels=levels, domain_facet="species"))
    assert (report.clips_added, report.problems) == (4, ())
    assert contents(project) == {
        (f"{s} {a}.mp4", 0, 10, a, 1, "import", "set", ("species", s))
        for s in ("mouse", "rat")
        for a in ("walk", "run")
    }
    assert project.domain_facet == "species"
    assert project.facets() == {"species": {"mouse": 2, "rat": 2}}


def test_a_chosen_domain_is_not_changed(tmp_path, project):
    project.domain_facet = "camera"
    write_video(tmp_path / "set" / "mouse" / "walk" / "a.mp4")
    run(import_folders(project, tmp_path / "set", levels=("domain", "class")))
    assert project.domain_facet == "camera"


def test_importing_a_folder_again_adds_nothing_and_new_files_only(tmp_path, project):
    root = tmp_path / "set"
    write_video(root / "walk" / "a.mp4")
    run(import_folders(project, root))
    before = contents(project)
    report = run(import_folders(project, root))
    assert (report.clips_added, report.videos_added, report.labels_added) == (0, 0, 0)
    assert contents(project) == before
    write_video(root / "walk" / "b.mp4")
    report = run(import_folders(project, root))
    assert (report.clips_added, report.videos_added, report.labels_added) == (1, 1, 1)


def test_what_is_no_video_is_passed_over_and_what_is_misplaced_is_told(tmp_path, project):
    root = tmp_path / "set"
    write_video(root / "walk" / "a.mp4")
    write_video(root / "walk" / ".hidden.mp4")
    write_video(root / ".cache" / "c.mp4")
    (root / "walk" / "notes.txt").write_text("x")
    (root / "readme.md").write_text("x")
    (root / "walk" / "broken.mp4").write_bytes(b"no video")
    write_video(root / "loose.mp4")
    write_video(root / "walk" / "deeper" / "d.mp4")
    write_video(root / "a;b" / "e.mp4")
    (root / "empty").mkdir()
    report = run(import_folders(project, root))
    assert report.clips_added == 1
    found = {problem.file.relative_to(root).as_posix(): problem.reason for problem in report.problems}
    assert set(found) == {"walk/broken.mp4", "loose.mp4", "walk/deeper", "a;b/e.mp4", "empty"}
    assert "above the folders" in found["loose.mp4"]
    assert "below the folders" in found["walk/deeper"]
    assert "cannot be called" in found["a;b/e.mp4"]
    assert "no video" in found["empty"]
    assert {a.name for a in project.actions()} == {"walk"}


def test_copies_of_one_file_share_a_source_group(tmp_path, project):
    data = write_video(tmp_path / "set" / "walk" / "a.mp4").read_bytes()
    (tmp_path / "set" / "run").mkdir()
    (tmp_path / "set" / "run" / "same.mp4").write_bytes(data)
    run(import_folders(project, tmp_path / "set"))
    assert len(project.videos()) == 2
    assert len({video.source_group for video in project.videos()}) == 1


def test_names_that_tell_the_recording_give_the_source_group(tmp_path, project):
    for name in ("v_walk_g01_c01.avi", "v_walk_g01_c02.avi", "other.avi"):
        write_video(tmp_path / "set" / "walk" / name)

    def group(path: Path) -> str | None:
        return path.stem.rpartition("_")[0] or None

    run(import_folders(project, tmp_path / "set", source_group=group))
    assert sorted(v.source_group for v in project.videos()) == [
        "../set/walk/other.avi",
        "v_walk_g01",
        "v_walk_g01",
    ]


def test_an_import_that_is_stopped_leaves_whole_videos(tmp_path, project):
    for name in "abc":
        write_video(tmp_path / "set" / "walk" / f"{name}.mp4")
    job = import_folders(project, tmp_path / "set")
    for progress in job:
        if progress.done == 2:
            break
    job.close()
    assert len(project.videos()) == len(project.clips()) == len(project.labels()) == 2
    assert run(import_folders(project, tmp_path / "set")).clips_added == 1


@pytest.mark.parametrize(
    "levels", [(), ("domain",), ("class", "class"), ("domain", "class", "domain"), "class"]
)
def test_levels_that_make_no_sense_are_refused(tmp_path, project, levels):
    with pytest.raises(ProjectError, match="levels"):
        run(import_folders(project, tmp_path, levels=levels))


def test_a_missing_folder_is_said(tmp_path, project):
    with pytest.raises(ProjectError, match="no folder"):
        run(import_folders(project, tmp_path / "missing"))


def test_real_footage_gets_in(project):
    root = SHARED / "videos" / "utd_mhad"
    if not root.is_dir():
        pytest.skip("the real footage (../shared/videos) does not lie beside this checkout")
    report = run(import_folders(project, root))
    assert (report.clips_added, report.problems) == (15, ())
    assert {a.name for a in project.actions()} == {"clap", "swipe_left", "swipe_right", "throw", "wave"}


def test_what_is_no_video_is_named_and_streams_without_a_container_are_read(tmp_path, project):
    for name in ("set/walk/a.mp4", "set/walk/b.h264", "set/walk/c.VOB"):
        write_video(tmp_path / name, muxer={".h264": "m4v", ".VOB": "vob"}.get(Path(name).suffix))
    for name in ("notes.txt", "raw.seq", ".hidden"):
        (tmp_path / "set" / "walk" / name).write_text("x")
    report = run(import_folders(project, tmp_path / "set"))
    assert (report.videos_added, report.problems) == (3, ())
    said = "skipped, as their endings are not those of videos: notes.txt, raw.seq."
    assert said in [note.reason for note in report.notes]
