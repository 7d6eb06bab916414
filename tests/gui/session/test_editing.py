import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.session import editing, undoing
from actiondiff_gui.project.project import Project


def labels(session, place: int) -> tuple[str, ...]:
    return session.table.rows[place].labels


def on_disk(session) -> list[tuple]:
    """Return what another program that opens the file now would read."""
    with Project.open(session.project.path) as project:
        return sorted((s.clip_id, s.action, s.value, s.by) for s in project.labels(sources=("person",)))


def test_a_label_is_on_disk_when_the_call_returns(session):
    row = session.table.rows[1]
    editing.label(session, [row.id], "eat")
    assert labels(session, 1) == ("eat",)
    assert (row.id, "eat", 1, "Bo") in on_disk(session)


def test_a_label_is_told_apart_from_changes_of_edges_and_facets(session):
    told = []
    session.clips_reread.connect(lambda ids: told.append(("reread", ids)))
    session.clips_changed.connect(lambda ids: told.append(("changed", ids)))
    session.actions_changed.connect(lambda: told.append("actions"))
    ids = (session.table.rows[1].id,)
    editing.label(session, ids, "a new action")
    assert told == ["actions", ("changed", ids)]
    editing.label(session, ids, "a new action", -1)
    assert told.pop() == ("changed", ids)
    editing.set_edges(session, ids[0], start=3)
    assert told[2:] == [("reread", ids), ("changed", ids)]


def test_an_action_key_labels_the_looped_clip_and_takes_it_away_again(session):
    session.open_clip(session.table.rows[1].id)
    editing.press_action(session, "walk")
    editing.press_action(session, "eat")
    assert labels(session, 1) == ("walk", "eat")
    editing.press_action(session, "walk")
    assert labels(session, 1) == ("eat",)


def test_an_action_key_labels_all_chosen_clips(session):
    ids = [row.id for row in session.table]
    session.select(ids)
    session.open_clip(ids[0])
    editing.press_action(session, "walk")
    assert [labels(session, n) for n in range(3)] == [("walk",)] * 3


def test_a_bout_begins_and_ends_with_the_key_of_its_action(session):
    session.open_video(session.table.rows[1].video_id)
    session.seek(20)
    editing.press_action(session, "eat")
    assert session.open_bouts == {"eat": 20}
    session.seek(29)
    editing.press_action(session, "eat")
    (bout,) = [row for row in session.table if row.labels == ("eat",)]
    assert (bout.start, bout.end) == (20, 30)
    assert session.open_bouts == {}
    assert session.selection == (bout.id,)


def test_a_bout_may_be_marked_backwards(session):
    session.open_video(session.table.rows[1].video_id)
    session.seek(20)
    editing.begin_or_end_bout(session, "eat")
    session.seek(12)
    bout = editing.begin_or_end_bout(session, "eat")
    clip = session.table.get(bout)
    assert (clip.start, clip.end) == (12, 21)


def test_an_open_bout_is_still_open_after_a_restart(session):
    video = session.table.rows[1].video_id
    session.open_video(video)
    session.seek(20)
    editing.begin_or_end_bout(session, "eat")
    path = session.project.path
    session.open_project(path)
    session.open_video(video)
    assert session.open_bouts == {"eat": 20}
    editing.give_up_bouts(session)
    session.open_project(path)
    session.open_video(video)
    assert session.open_bouts == {}


def test_one_undo_takes_a_bout_back_whole_and_redo_brings_it_again(session):
    session.open_video(session.table.rows[1].video_id)
    editing.begin_or_end_bout(session, "eat")
    session.seek(5)
    clip = editing.begin_or_end_bout(session, "eat")
    assert undoing.take_back(session)
    assert clip not in session.table
    assert undoing.take_back(session, redo=True)
    assert session.table.get(clip).labels == ("eat",)


def test_undo_takes_back_the_last_change_wherever_it_was_says_where_and_shows_it(session):
    first, second = session.table.rows[:2]
    told, revealed = [], []
    session.notice.connect(told.append)
    session.reveal.connect(lambda ids, sentence: revealed.append((ids, sentence)))
    editing.label(session, [first.id], "eat")
    editing.label(session, [second.id], "eat")
    session.open_clip(first.id)
    assert undoing.take_back(session)
    assert (labels(session, 0), labels(session, 1)) == (("walk", "eat"), ())
    assert told[-1] == "Undone: eat on 1 clip of clip_1.mp4."
    assert revealed == [((second.id,), told[-1])]
    assert (session.selection, session.current, session.video) == ((second.id,), second.id, second.video_id)
    assert undoing.take_back(session)
    assert (labels(session, 0), session.current) == (("walk",), first.id)
    assert undoing.take_back(session, redo=True)
    assert told[-1] == "Redone: eat on 1 clip of clip_0.mp4."


def test_undo_of_a_new_clip_shows_where_it_was(session):
    video = session.table.rows[1].video_id
    session.open_video(video, 20)
    editing.add_bout(session, "eat", 20, 30)
    session.open_clip(session.table.rows[0].id)
    assert undoing.take_back(session)
    assert (session.video, session.frame, session.current) == (video, 20, None)


def test_edges_move_and_at_least_one_frame_is_left(session):
    row = session.table.rows[1]
    session.open_clip(row.id)
    session.seek(10)
    editing.edge_here(session, "start")
    session.seek(15)
    editing.edge_here(session, "end")
    assert (session.current_row.start, session.current_row.end) == (10, 16)
    editing.nudge(session, "start", -3)
    editing.nudge(session, "end", 10)
    assert (session.current_row.start, session.current_row.end) == (7, 26)
    editing.nudge(session, "start", 1000)
    assert (session.current_row.start, session.current_row.end) == (25, 26)
    editing.nudge(session, "end", 1000)
    assert session.current_row.end == 40
    editing.nudge(session, "start", -1000)
    assert session.current_row.start == 0


def test_without_an_open_clip_edges_say_what_to_do(session):
    with pytest.raises(ProjectError, match="Choose a clip first"):
        editing.edge_here(session, "end")


def test_relabelling_leaves_one_label_and_is_one_step(session):
    row = session.table.rows[0]
    editing.label(session, [row.id], "sleep")
    editing.relabel(session, [row.id], "eat")
    assert labels(session, 0) == ("eat",)
    assert session.table.rows[0].denied == ("walk",)  # which Ada had said, and still says
    assert [action.name for action in session.actions] == ["walk", "eat", "sleep"]
    session.open_clip(row.id)
    undoing.take_back(session)
    assert labels(session, 0) == ("walk", "sleep")


def test_a_prediction_becomes_a_label_only_when_it_is_confirmed(session):
    row = session.table.rows[2]
    session.needed().add_labels(
        [(row.id, "walk", 1, 0.7), (row.id, "eat", 1, 0.2)], source="model", by="first model"
    )
    session.reread_clips([row.id])
    predicted = session.table.rows[2]
    assert (predicted.labels, predicted.prediction, predicted.confidence) == ((), "walk", 0.7)
    assert editing.confirm(session, [row.id]) == 1
    assert session.table.rows[2].labels == ("walk",)
    assert session.table.rows[2].said_by == "Bo"


def test_denying_says_that_the_clip_does_not_show_what_was_predicted(session):
    row = session.table.rows[2]
    session.needed().add_labels([(row.id, "walk", 1, 0.7)], source="model", by="m")
    session.reread_clips([row.id])
    assert editing.deny(session, [row.id]) == 1
    assert session.table.rows[2].denied == ("walk",)
    assert (row.id, "walk", -1, "Bo") in on_disk(session)


def test_deleted_clips_come_back_with_their_labels(session):
    row = session.table.rows[0]
    session.open_clip(row.id)
    editing.delete(session, [row.id])
    assert row.id not in session.table
    assert session.current is None
    assert session.video == row.video_id
    undoing.take_back(session)
    assert session.table.get(row.id).labels == ("walk",)


def test_a_facet_is_set_for_many_clips_and_taken_away(session):
    ids = [row.id for row in session.table]
    editing.set_facet(session, ids, "species", "cat")
    assert session.table.facet_keys() == ["species"]
    editing.set_facet(session, ids, "species", "")
    assert session.table.facet_keys() == []


def test_what_was_done_to_many_clips_names_a_few_videos_and_counts_the_rest():
    from actiondiff_gui.gui.session.clip_table import ClipRow
    from actiondiff_gui.gui.session.edit_words import done

    rows = [ClipRow(str(n), str(n % 6), f"{n % 6}.mp4", 0, 1, 25.0) for n in range(1, 17)]
    assert done(rows[:1], "deleted", "Undo.") == "1 clip of 1.mp4 deleted. Undo."
    few = [row for row in rows if row.video_id in "12"]
    assert done(few, "deleted", "Undo.") == "6 clips deleted. Undo. 3 of 1.mp4, 3 of 2.mp4."
    told = "16 clips labelled walk. Undo. 3 of 1.mp4, 3 of 2.mp4, 3 of 3.mp4, 7 of 3 other videos."
    assert done(rows, "labelled walk", "Undo.") == told
