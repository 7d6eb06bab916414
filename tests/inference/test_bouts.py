"""Predicted bouts are clips without labels; a new application replaces untouched ones."""

import pytest

from actiondiff_gui.classifier.bouts import Bout
from actiondiff_gui.inference.bouts import (
    applied_to,
    keep_bouts,
    remove_bouts_of,
    untouched,
)
from actiondiff_gui.project.project import Project


@pytest.fixture
def video(zoo: Project) -> str:
    """Provide the first video, with one clip that a person marked."""
    video = zoo.videos()[0].id
    zoo.remove_clip([clip.id for clip in zoo.clips(video_id=video)])
    mine = zoo.add_clip(video, 0, 5)
    zoo.label(mine.id, "walk", by="Ada")
    return video


def spans(project: Project, video: str) -> list[tuple]:
    return [(clip.start, clip.end) for clip in project.clips(video_id=video)]


def find(project: Project, video: str, start: int) -> str:
    return next(clip for clip, bout in untouched(project, video).items() if bout.start == start)


def predictions(project: Project, video: str) -> set[tuple]:
    clips = {clip.id: clip for clip in project.clips(video_id=video)}
    return {(clips[p.clip_id].start, p.action, p.by) for p in project.labels(list(clips), ("model",))}


BOUTS = [Bout("walk", 0, 6, 0.9), Bout("eat", 8, 12, 0.6), Bout("walk", 14, 20, 0.8)]


def test_bouts_are_clips_with_a_prediction_and_no_label(zoo, video):
    kept = keep_bouts(zoo, video, BOUTS, "first")
    assert len(kept.added) == 3
    assert len(untouched(zoo, video)) == 3
    assert zoo.labels(kept.added, ("person", "import")) == []
    assert [(p.action, p.by, p.confidence) for p in zoo.labels(kept.added[1:2])] == [("eat", "first", 0.6)]
    _, matrix = zoo.label_matrix(kept.added)
    assert not matrix.any()


def test_applying_again_replaces_what_nobody_touched_and_leaves_what_a_person_marked(zoo, video):
    keep_bouts(zoo, video, BOUTS, "first")
    kept = keep_bouts(zoo, video, [Bout("eat", 3, 9)], "second")
    assert (kept.removed, kept.touched) == (3, 0)
    assert spans(zoo, video) == [(0, 5), (3, 9)]
    assert predictions(zoo, video) == {(3, "eat", "second")}


@pytest.mark.parametrize("touch", ["confirmed", "denied", "relabelled", "moved", "given a facet"])
def test_a_bout_that_a_person_touched_stays_and_is_not_doubled(zoo, video, touch):
    keep_bouts(zoo, video, BOUTS, "first")
    bout = find(zoo, video, 8)
    match touch:
        case "confirmed":
            zoo.label(bout, "eat", by="Ada")
        case "denied":
            zoo.label(bout, "eat", -1, by="Ada")
        case "relabelled":
            zoo.label(bout, "walk", by="Ada")
        case "moved":
            zoo.update_clip(bout, end=13)
        case "given a facet":
            zoo.set_facet(bout, "mood", "calm")
    said = zoo.labels([bout], ("person",))
    for model in ("second", "third"):
        kept = keep_bouts(zoo, video, [Bout("eat", 8, 12, 0.7), Bout("walk", 16, 21)], model)
        assert kept.touched == 1
    assert spans(zoo, video) == [(0, 5), (8, 13 if touch == "moved" else 12), (16, 21)]
    assert predictions(zoo, video) == {(8, "eat", "third"), (16, "walk", "third")}
    assert zoo.labels([bout], ("person",)) == said
    assert bout not in untouched(zoo)


def test_undo_brings_the_earlier_bouts_back_with_their_predictions_and_they_are_still_replaced(zoo, video):
    keep_bouts(zoo, video, BOUTS, "first")
    before = predictions(zoo, video)
    keep_bouts(zoo, video, [Bout("eat", 3, 9)], "second")
    assert zoo.undo()
    assert predictions(zoo, video) == before
    assert zoo.redo()
    assert predictions(zoo, video) == {(3, "eat", "second")}
    zoo.undo()
    kept = keep_bouts(zoo, video, [], "third")
    assert kept.removed == 3
    assert spans(zoo, video) == [(0, 5)]


def test_bouts_go_with_their_model_and_follow_its_name(zoo, video):
    keep_bouts(zoo, video, BOUTS, "first", {"window": 2.0})
    zoo.label(find(zoo, video, 14), "walk", by="Ada")
    zoo.rename_predictor("first", "best")
    assert applied_to(zoo, "best") == {video: {"window": 2.0}}
    assert remove_bouts_of(zoo, "best") == 2
    assert spans(zoo, video) == [(0, 5), (14, 20)]


def test_after_undo_the_bouts_are_those_of_the_model_that_found_them(zoo, video):
    keep_bouts(zoo, video, BOUTS, "first", {"window": 2.0})
    keep_bouts(zoo, video, [Bout("eat", 3, 9)], "second", {"window": 1.0})
    assert (applied_to(zoo, "first"), applied_to(zoo, "second")) == ({}, {video: {"window": 1.0}})
    zoo.undo()
    assert (applied_to(zoo, "first"), applied_to(zoo, "second")) == ({video: {"window": 2.0}}, {})
    assert remove_bouts_of(zoo, "second") == 0
    assert len(untouched(zoo, video)) == 3


def test_what_is_known_of_bouts_goes_with_their_video(zoo, video):
    keep_bouts(zoo, video, BOUTS, "first")
    zoo.begin_bout(video, "eat", 3)
    zoo.remove_video(video)
    assert (zoo.predicted_bouts(), zoo.open_bouts()) == ([], {})
