"""Undo and redo of changes."""

import random

import pytest

from actiondiff_gui.project.history import steps as history
from actiondiff_gui.project.project import Project


def state(project, video):
    clips = project.clips(video_id=video.id)
    return clips, project.labels([clip.id for clip in clips])


def test_undo_and_redo_walk_through_every_state_of_a_recording(project, add_video):
    video = add_video(facets={"species": "mouse"})
    states = [state(project, video)]

    def did(*_):
        states.append(state(project, video))

    clip = project.add_clip(video.id, 0, 10, subject="a", roi=(1, 2, 3, 4), facets={"view": "top"})
    did()
    did(project.label(clip.id, "walk", by="ann"))
    did(project.label(clip.id, "walk", -1, by="ann"))
    did(project.update_clip(clip.id, start=2, end=30, subject=None))
    did(project.set_facet([clip.id], "view", "side"))
    did(project.set_facet([clip.id], "species", "rat"))
    did(project.set_facet([clip.id], "species", None))
    did(project.unlabel(clip.id, "walk"))
    did(project.label(clip.id, "run", confidence=0.3))
    did(project.remove_clip(clip.id))

    for expected in reversed(states[:-1]):
        assert project.undo()
        assert state(project, video) == expected
    assert not project.undo()
    for expected in states[1:]:
        assert project.redo()
        assert state(project, video) == expected
    assert not project.redo()


def test_a_transaction_is_one_step(project, add_video):
    video = add_video()
    with project.transaction():
        for i in range(5):
            project.label(project.add_clip(video.id, i, i + 1).id, "walk")
    assert project.history() == (1, 0)
    project.undo()
    assert project.clips() == []
    project.redo()
    assert len(project.labels()) == 5


def test_a_step_is_taken_back_whole_in_all_its_videos_and_says_what_it_did(project, add_video):
    a, b = add_video("a.mp4"), add_video("b.mp4")
    in_a, in_b = project.add_clip(a.id, 0, 5), project.add_clip(b.id, 7, 9)
    project.add_labels([(in_a.id, "walk", 1, None), (in_b.id, "walk", 1, None)])
    taken = project.undo()
    assert project.labels() == []
    assert (taken.what, taken.clip_ids, taken.video_ids) == (
        "walk on 2 clips of a.mp4 and b.mp4",
        (in_a.id, in_b.id),
        (a.id, b.id),
    )
    assert project.undo().what == "a new clip of b.mp4"
    assert project.clips() == [in_a]


def test_steps_are_named_by_what_they_did(project, add_video):
    video = add_video("b.mp4")
    one, two = (
        c.id for c in project.add_clips(video.id, [(0, 5, None, None, None), (5, 9, None, None, None)])
    )
    project.label(one, "walk", -1)
    project.unlabel(one, "walk")
    project.update_clip(two, start=6)
    project.set_facet([one, two], "species", "mouse")
    project.remove_clip([one, two])
    told = []
    while taken := project.undo():
        told.append(taken.what)
    assert told == [
        "2 clips of b.mp4 deleted",
        "species of 2 clips of b.mp4",
        "edges of 1 clip of b.mp4",
        "no walk on 1 clip of b.mp4",
        "not walk on 1 clip of b.mp4",
        "2 new clips of b.mp4",
    ]


def test_a_new_change_ends_what_could_be_redone(project, add_video):
    video = add_video()
    clip = project.add_clip(video.id, 0, 5)
    project.label(clip.id, "walk")
    project.undo()
    project.label(clip.id, "run")
    assert project.history() == (2, 0)
    assert not project.redo()
    assert [label.action for label in project.labels()] == ["run"]


def test_the_history_outlives_closing(project, add_video):
    video = add_video()
    clip = project.add_clip(video.id, 0, 5)
    project.label(clip.id, "walk")
    project.close()
    with Project.open(project.path) as again:
        again.undo()
        assert again.labels() == []
        again.undo()
        assert again.clips() == []


def test_predictions_are_no_steps_but_come_back_with_their_clip(project, add_video):
    video = add_video()
    clip = project.add_clip(video.id, 0, 5)
    project.label(clip.id, "walk", source="model", by="m", confidence=0.1234567890123)
    assert project.history() == (1, 0)
    before = state(project, video)
    project.remove_clip(clip.id)
    project.undo()
    assert state(project, video) == before


def test_undo_does_not_cross_an_unrecorded_change_of_the_same_clips(project, add_video):
    a, b = add_video("a.mp4"), add_video("b.mp4")
    before = project.add_clip(b.id, 0, 5)
    clip = project.add_clip(a.id, 0, 5)
    after = project.add_clip(b.id, 5, 9)
    with project.transaction(record=False):
        project.label(clip.id, "walk", source="import", by="a.csv")
    assert project.history() == (1, 0)
    assert project.undo().clip_ids == ()
    assert project.clips() == [clip, before]
    assert not project.undo()
    assert project.redo().clip_ids == (after.id,)


def test_a_clip_that_comes_back_never_takes_the_place_of_another(project, add_video):
    a, b = add_video("a.mp4"), add_video("b.mp4")
    gone = project.add_clip(a.id, 0, 5)
    project.remove_clip(gone.id)
    with project.transaction(by="Bo"):
        newer = project.add_clip(b.id, 7, 9)
    project.undo()
    assert project.clips() == [gone, newer]


def test_undo_after_an_action_was_removed_leaves_its_labels_out(project, add_video):
    video = add_video()
    clip = project.add_clip(video.id, 0, 5)
    project.label(clip.id, "walk")
    project.unlabel(clip.id, "walk")
    project.remove_action("walk")
    assert project.undo()
    assert project.labels() == []
    assert project.undo()
    assert project.undo()
    assert project.clips() == []


def test_a_refused_or_empty_change_is_no_step(project, add_video):
    video = add_video()
    clip = project.add_clip(video.id, 0, 5)
    with pytest.raises(Exception, match="holds no frame"):
        project.update_clip(clip.id, end=0)
    project.update_clip(clip.id, end=5)
    project.unlabel(clip.id, project.add_action("walk").name)
    project.set_facet([clip.id], "view", None)
    assert project.history() == (1, 0)


def test_old_steps_are_forgotten_whole_when_the_project_is_closed(project, add_video, monkeypatch):
    monkeypatch.setattr(history, "CHANGES_KEPT", 5)
    video = add_video()
    for k in range(4):
        project.add_clips(video.id, [(i, i + 1, f"{k}", None, None) for i in range(2)])
    project.close()
    with Project.open(project.path) as again:
        assert again.history() == (2, 0)
        while again.undo():
            pass
        assert {clip.subject for clip in again.clips()} == {"0", "1"}


def test_a_damaged_history_undoes_nothing(project, add_video):
    video = add_video()
    project.add_clip(video.id, 0, 5)
    before = state(project, video)
    for text in ('{"n": 1}', "[1]", '{"n": 1, "id": "x", "evil); DROP TABLE clip; --": 1}', "no json"):
        project._database._connection.execute("UPDATE change SET after = ?", (text,))
        with pytest.raises(Exception, match="history of this project is damaged"):
            project.undo()
        assert state(project, video) == before


@pytest.mark.parametrize("seed", range(3))
def test_any_sequence_of_changes_can_be_walked_back_and_forth(project, add_video, seed):
    rng = random.Random(seed)
    video = add_video()
    states = [state(project, video)]

    def one_change():
        clips = project.clips()
        what = rng.randrange(6) if clips else 0
        if what == 0:
            project.add_clip(video.id, rng.randrange(5), 6, facets={"v": rng.choice("ab")})
            return
        clip = rng.choice(clips)
        action = rng.choice(["walk", "run"])
        if what == 1:
            project.label(clip.id, action, rng.choice([1, -1]), by=rng.choice(["", "ann"]))
        elif what == 2:
            project.label(clip.id, action, source="person", confidence=rng.random())
        elif what == 3:
            project.update_clip(clip.id, start=rng.randrange(5))
        elif what == 4:
            project.set_facet([c.id for c in clips], "v", rng.choice(["a", "b", None]))
        else:
            project.remove_clip(clip.id)

    for _ in range(12):
        with project.transaction():
            for _ in range(rng.randrange(1, 4)):
                one_change()
        if state(project, video) != states[-1]:
            states.append(state(project, video))
    steps = project.history()[0]
    assert steps >= len(states) - 1
    seen = [state(project, video)]
    while project.undo():
        if state(project, video) != seen[-1]:
            seen.append(state(project, video))
    assert seen == states[::-1]
    while project.redo():
        pass
    assert state(project, video) == states[-1]
