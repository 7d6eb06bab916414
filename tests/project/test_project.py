"""Videos, clips, labels and facets of a project."""

import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.project import Project


def reopened(project: Project) -> Project:
    project.close()
    return Project.open(project.path)


# Videos


def test_a_video_comes_back_as_it_was_added(project, add_video):
    video = add_video("a.mp4", source_group="cage 3", facets={"species": "mouse"})
    with reopened(project) as again:
        assert again.videos() == [video]
    assert video.path == project.path.parent / "a.mp4"
    assert (video.frame_count, video.fps, video.width, video.height) == (1000, 25.0, 640, 480)
    assert (video.source_group, video.facets) == ("cage 3", {"species": "mouse"})


def test_adding_a_video_again_returns_the_known_one(project, add_video):
    first = add_video("a.mp4")
    assert add_video("a.mp4", source_group="other") == first
    assert len(project.videos()) == 1


def test_another_file_under_a_known_path_is_refused(project, add_video):
    add_video("a.mp4")
    with pytest.raises(ProjectError, match="not the one that was added"):
        add_video("a.mp4", fingerprint="other content")


def test_each_video_is_a_source_group_of_its_own_but_copies_share_one(add_video):
    a, b = add_video("a.mp4"), add_video("b.mp4")
    copy = add_video("sub/a copy.mp4", fingerprint=a.fingerprint)
    assert a.source_group != b.source_group
    assert copy.id != a.id
    assert copy.source_group == a.source_group


def test_one_file_reached_by_two_paths_is_one_video(project, add_video):
    folder = project.path.parent
    (folder / "real").mkdir()
    (folder / "real" / "a.mp4").write_bytes(b"x")
    (folder / "link").symlink_to(folder / "real")
    assert add_video("real/a.mp4", fingerprint="f") == add_video("link/a.mp4", fingerprint="f")


@pytest.mark.parametrize("place", ["a.mp4", "videos/deep/a.mp4", "../videos/a.mp4"])
def test_a_project_moved_with_its_videos_still_finds_them(tmp_path, project, add_video, place):
    add_video(place)
    project.close()
    moved = tmp_path.with_name(tmp_path.name + " moved")
    tmp_path.rename(moved)
    with Project.open(moved / "study" / "mice.sqlite") as again:
        assert again.videos()[0].path == (moved / "study" / place).resolve()
    moved.rename(tmp_path)


def test_a_video_far_from_the_project_keeps_its_absolute_path(tmp_path, project, add_video):
    far = tmp_path.parent.parent / "elsewhere" / "a.mp4"
    add_video(far)
    project.close()
    (tmp_path / "new").mkdir()
    moved = project.path.rename(tmp_path / "new" / "mice.sqlite")
    with Project.open(moved) as again:
        assert again.videos()[0].path == far


def test_a_moved_video_is_found_again_only_with_the_same_content(project, add_video):
    video = add_video("a.mp4")
    with pytest.raises(ProjectError, match="not the same video"):
        project.move_video(video.id, "/data/b.mp4", "other content")
    assert project.move_video(video.id, "/data/b.mp4", video.fingerprint).path == Path("/data/b.mp4")


def test_removing_a_video_removes_what_hangs_on_it_and_nothing_else(project, add_video):
    a, b = add_video("a.mp4"), add_video("b.mp4")
    project.label(project.add_clip(a.id, 0, 5, facets={"view": "top"}).id, "walk")
    kept = project.add_clip(b.id, 0, 5)
    project.label(kept.id, "walk")
    project.remove_video(a.id)
    assert project.videos() == [b]
    assert project.clips() == [kept]
    assert [label.clip_id for label in project.labels()] == [kept.id]
    assert project.facets() == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"frame_count": 0},
        {"frame_count": 2.5},
        {"frame_count": 2**80},
        {"fps": float("nan")},
        {"fps": 0},
        {"width": -1},
        {"height": "tall"},
        {"fingerprint": " "},
        {"source_group": "line\nbreak"},
        {"facets": {"Label": "x"}},
    ],
)
def test_a_video_that_makes_no_sense_is_refused(project, add_video, wrong):
    with pytest.raises(ProjectError):
        add_video("a.mp4", **wrong)
    assert project.videos() == []


def test_a_file_name_that_is_no_text_is_refused_with_a_sentence(add_video):
    with pytest.raises(ProjectError, match="Rename the file"):
        add_video("a\udcff.mp4", fingerprint="f")


# Clips


def test_a_clip_comes_back_as_it_was_added(project, add_video):
    video = add_video(source_group="cage 3")
    clip = project.add_clip(video.id, 10, 20, subject="mouse 1", roi=(1, 2, 30, 40), facets={"view": "top"})
    plain = project.add_clip(video.id, np.int64(990), 1000)
    with reopened(project) as again:
        assert again.clips() == [clip, plain]
    assert (clip.start, clip.end, clip.subject, clip.roi) == (10, 20, "mouse 1", (1, 2, 30, 40))
    assert (clip.source_group, clip.facets) == ("cage 3", {"view": "top"})
    assert (plain.subject, plain.roi, plain.facets) == (None, None, {})


def test_clips_are_asked_for_by_id_in_that_order_or_by_video(project, add_video):
    a, b = add_video("a.mp4"), add_video("b.mp4")
    late, early = project.add_clip(a.id, 50, 60), project.add_clip(a.id, 0, 10)
    other = project.add_clip(b.id, 0, 10)
    assert project.clips() == [early, late, other]
    assert project.clips(video_id=a.id) == [early, late]
    assert project.clips([other.id, late.id, other.id]) == [other, late, other]
    assert project.clips([]) == []
    with pytest.raises(ProjectError, match="no clip 'nonsense'"):
        project.clips([late.id, "nonsense"])
    with pytest.raises(ProjectError, match="no video"):
        project.clips(video_id="nonsense")


@pytest.mark.parametrize(
    ("start", "end", "roi"),
    [
        (5, 5, None),
        (6, 5, None),
        (-1, 5, None),
        (0, 1001, None),
        (0.5, 5, None),
        (0, 5, (0, 0, 641, 480)),
        (0, 5, (0, 0, 0, 5)),
        (0, 5, (-1, 0, 5, 5)),
        (0, 5, (1, 2, 3)),
    ],
)
def test_a_clip_never_leaves_its_video(project, add_video, start, end, roi):
    video = add_video()
    with pytest.raises(ProjectError):
        project.add_clip(video.id, start, end, roi=roi)
    clip = project.add_clip(video.id, 0, 5)
    with pytest.raises(ProjectError):
        project.update_clip(clip.id, start=start, end=end, roi=roi)
    assert project.clips() == [clip]


def test_one_wrong_clip_of_many_adds_none(project, add_video):
    video = add_video()
    with pytest.raises(ProjectError):
        project.add_clips(video.id, [(0, 5, None, None, None), (5, 5, None, None, None)])
    assert project.clips() == []


def test_updating_a_clip_changes_only_what_is_given(project, add_video):
    clip = project.add_clip(add_video().id, 10, 20, subject="mouse 1", roi=(1, 2, 3, 4))
    moved = project.update_clip(clip.id, end=30)
    assert (moved.id, moved.start, moved.end) == (clip.id, 10, 30)
    assert (moved.subject, moved.roi) == ("mouse 1", (1, 2, 3, 4))
    bare = project.update_clip(clip.id, subject=None, roi=None)
    assert (bare.start, bare.end, bare.subject, bare.roi) == (10, 30, None, None)


def test_removing_clips_removes_their_labels_and_predictions(project, add_video):
    video = add_video()
    gone, kept = project.add_clip(video.id, 0, 5), project.add_clip(video.id, 5, 9)
    for clip in (gone, kept):
        project.label(clip.id, "walk")
        project.label(clip.id, "walk", source="model", by="m", confidence=0.5)
    project.remove_clip([gone.id])
    assert project.clips() == [kept]
    assert {label.clip_id for label in project.labels()} == {kept.id}


# Actions


def test_actions_keep_their_order_colour_and_description(project):
    project.add_action("walk")
    project.add_action("groom", "#abcdef", "licks its fur")
    project.order_actions(["groom", "walk"])
    project.update_action("walk", colour="#000001", description="all four legs")
    with reopened(project) as again:
        assert [(a.name, a.colour, a.description) for a in again.actions()] == [
            ("groom", "#ABCDEF", "licks its fur"),
            ("walk", "#000001", "all four legs"),
        ]


def test_labels_follow_an_action_to_its_new_name(project, add_video):
    clip = project.add_clip(add_video().id, 0, 5)
    project.label(clip.id, "wlak")
    project.update_action("wlak", new_name="walk")
    assert [label.action for label in project.labels()] == ["walk"]
    project.add_action("run")
    with pytest.raises(ProjectError, match="already"):
        project.update_action("run", new_name="walk")


def test_an_action_goes_only_when_no_label_is_lost(project, add_video):
    clip = project.add_clip(add_video().id, 0, 5)
    project.label(clip.id, "walk", -1)
    project.label(clip.id, "walk", source="model", by="m")
    with pytest.raises(ProjectError, match="1 clips have a label"):
        project.remove_action("walk")
    project.unlabel(clip.id, "walk")
    project.remove_action("walk")
    assert (project.actions(), project.labels()) == ([], [])


@pytest.mark.parametrize("name", ["", "  ", "a;b", "!run", "-run", "a\nb", "x" * 501, "\ud800", None, 3])
def test_an_action_name_that_a_table_cannot_hold_is_refused(project, add_video, name):
    clip = project.add_clip(add_video().id, 0, 5)
    with pytest.raises(ProjectError):
        project.add_action(name)
    with pytest.raises(ProjectError):
        project.add_labels([(clip.id, "walk", 1, None), (clip.id, name, 1, None)])
    assert (project.actions(), project.labels()) == ([], [])


def test_names_that_look_the_same_are_the_same(project):
    project.add_action("Pute\u0301 ")
    with pytest.raises(ProjectError, match="already"):
        project.add_action("Put\u00e9")


@pytest.mark.parametrize("colour", ["red", "#12345", "#12345G", "", 7])
def test_a_colour_is_six_hexadecimal_digits(project, colour):
    with pytest.raises(ProjectError, match="not a colour"):
        project.add_action("walk", colour)


# Labels


def test_a_label_says_who_said_what_when(project, add_video):
    clip = project.add_clip(add_video().id, 0, 5)
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    project.label(clip.id, "walk", by="ann")
    project.label(clip.id, "run", -1, source="model", by="head 1", confidence=0.25)
    walk, run = project.labels()
    assert (walk.action, walk.value, walk.source, walk.by, walk.confidence) == (
        "walk",
        1,
        "person",
        "ann",
        None,
    )
    assert (run.action, run.value, run.source, run.by, run.confidence) == ("run", -1, "model", "head 1", 0.25)
    assert before <= walk.time <= datetime.now(UTC)


def test_not_labelled_is_not_the_same_as_not_this_action(project, add_video):
    video = add_video()
    yes, no, unknown = (project.add_clip(video.id, i, i + 1) for i in range(3))
    project.label(yes.id, "walk")
    project.label(no.id, "walk", -1)
    classes, matrix = project.label_matrix([no.id, unknown.id, yes.id, no.id])
    assert classes == ("walk",)
    assert matrix.dtype == np.int8
    assert matrix.tolist() == [[-1], [0], [1], [-1]]


def test_a_model_never_touches_what_a_person_said(project, add_video):
    clip = project.add_clip(add_video().id, 0, 5)
    project.label(clip.id, "walk", 1)
    project.label(clip.id, "walk", -1, source="model", by="m", confidence=0.9)
    project.label(clip.id, "run", 1, source="model", by="m", confidence=0.8)
    assert {(x.action, x.source, x.value) for x in project.labels()} == {
        ("walk", "person", 1),
        ("walk", "model", -1),
        ("run", "model", 1),
    }
    assert project.label_matrix([clip.id])[1].tolist() == [[1, 0]]
    assert project.label_matrix([clip.id], sources=["model"])[1].tolist() == [[-1, 1]]
    project.remove_predictions("m")
    assert [x.source for x in project.labels()] == ["person"]


def test_a_person_is_believed_over_an_import_and_the_later_of_two_over_the_earlier(project, add_video):
    clip = project.add_clip(add_video().id, 0, 5)
    project.label(clip.id, "walk", -1, by="ann")
    project.label(clip.id, "walk", 1, source="import", by="a.csv")
    assert project.label_matrix([clip.id])[1].tolist() == [[-1]]
    assert project.label_matrix([clip.id], sources=("import", "person"))[1].tolist() == [[1]]
    project.label(clip.id, "walk", 1, by="bob")
    assert project.label_matrix([clip.id])[1].tolist() == [[1]]
    project.label(clip.id, "walk", -1, by="bob")
    project.label(clip.id, "walk", 1, by="ann")
    assert project.label_matrix([clip.id])[1].tolist() == [[1]]


def test_the_matrix_has_the_asked_classes_in_their_order(project, add_video):
    clip = project.add_clip(add_video().id, 0, 5)
    project.label(clip.id, "walk")
    project.label(clip.id, "run", -1)
    classes, matrix = project.label_matrix([clip.id], classes=["fly", "run", "walk"])
    assert classes == ("fly", "run", "walk")
    assert matrix.tolist() == [[0, -1, 1]]
    assert project.label_matrix([])[1].shape == (0, 2)


def test_taking_a_label_back_leaves_what_others_said(project, add_video):
    clip = project.add_clip(add_video().id, 0, 5)
    project.label(clip.id, "walk", by="ann")
    project.label(clip.id, "walk", by="bob")
    project.label(clip.id, "walk", source="import", by="a.csv")
    project.unlabel(clip.id, "walk", by="ann")
    assert {(x.source, x.by) for x in project.labels()} == {("person", "bob"), ("import", "a.csv")}
    project.unlabel(clip.id, "walk")
    assert {(x.source, x.by) for x in project.labels()} == {("import", "a.csv")}


def test_saying_the_same_again_changes_nothing(project, add_video):
    clip = project.add_clip(add_video().id, 0, 5)
    assert project.add_labels([(clip.id, "walk", 1, None)]) == 1
    first = project.labels()
    assert project.add_labels([(clip.id, "walk", 1, None)]) == 0
    assert project.labels() == first


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": 0},
        {"value": 2},
        {"value": True},
        {"source": "guess"},
        {"source": "model"},
        {"confidence": 1.5},
        {"confidence": float("nan")},
        {"confidence": "high"},
        {"clip_id": "nonsense"},
    ],
)
def test_a_label_that_makes_no_sense_changes_nothing(project, add_video, wrong):
    clip = project.add_clip(add_video().id, 0, 5)
    with pytest.raises(ProjectError):
        project.label(**{"clip_id": clip.id, "action": "walk", **wrong})
    assert (project.labels(), project.actions()) == ([], [])


def test_labels_are_asked_for_by_clip_and_source(project, add_video):
    video = add_video()
    a, b = project.add_clip(video.id, 0, 5), project.add_clip(video.id, 5, 9)
    project.label(a.id, "walk")
    project.label(b.id, "walk", source="model", by="m")
    assert [x.clip_id for x in project.labels([b.id])] == [b.id]
    assert [x.clip_id for x in project.labels(sources=("person", "import"))] == [a.id]
    with pytest.raises(ProjectError, match="nonsense"):
        project.labels(["nonsense"])


# Facets and settings


def test_clips_inherit_the_facets_of_their_video_unless_they_have_their_own(project, add_video):
    video = add_video(facets={"species": "mouse", "lab": "A"})
    a, b = project.add_clip(video.id, 0, 5), project.add_clip(video.id, 5, 9, facets={"species": "rat"})
    assert project.clip(a.id).facets == {"species": "mouse", "lab": "A"}
    assert project.clip(b.id).facets == {"species": "rat", "lab": "A"}
    assert project.facets() == {"lab": {"A": 2}, "species": {"mouse": 1, "rat": 1}}
    project.set_video_facet(video.id, "species", "vole")
    project.set_facet([b.id], "species", None)
    project.set_facet(a.id, "view", "top")
    assert project.facets() == {"lab": {"A": 2}, "species": {"vole": 2}, "view": {"top": 1}}


@pytest.mark.parametrize("key", ["", "video", "LABEL", "start_s", "a\tb", 3])
def test_a_facet_has_a_name_that_means_nothing_else(project, add_video, key):
    clip = project.add_clip(add_video().id, 0, 5)
    with pytest.raises(ProjectError):
        project.set_facet([clip.id], key, "x")
    assert project.facets() == {}


def test_the_domain_is_no_facet_until_one_is_chosen(project):
    assert project.domain_facet is None
    project.domain_facet = "species"
    with reopened(project) as again:
        assert again.domain_facet == "species"
        again.domain_facet = None
        assert again.domain_facet is None


def test_settings_hold_whatever_json_holds(project):
    value = {"backbone": "svd-xt", "layers": [9, 10], "sigma": 1.66, "on": True}
    project.set_setting("features", value)
    with pytest.raises(ProjectError, match="cannot be kept"):
        project.set_setting("features", object())
    with reopened(project) as again:
        assert again.setting("features") == value
        assert again.setting("other", 3) == 3


# Threads


def test_threads_take_turns(project, add_video):
    video = add_video()
    errors = []

    def work(k: int) -> None:
        try:
            for i in range(8):
                with project.transaction():
                    clip = project.add_clip(video.id, i, i + 1, subject=f"thread {k}")
                    project.label(clip.id, f"action {k}")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(project.clips()) == len(project.labels()) == 32


def test_ids_are_text_and_never_alike(project, add_video):
    video = add_video()
    clips = project.add_clips(video.id, [(i, i + 1, None, None, None) for i in range(100)])
    assert len({clip.id for clip in clips}) == 100
    assert all(re.fullmatch("[0-9a-f]{32}", clip.id) for clip in clips)
