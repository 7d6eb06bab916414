"""The table of clips read again in part is what it would be if all were read again."""

import pytest

from actiondiff_gui.gui.session import coding, editing, undoing
from actiondiff_gui.gui.session.clip_table import ClipTable


def test_only_changed_and_new_clips_are_read_again_and_the_others_stay_the_same_objects(session):
    project, table = session.project, session.table
    video = table.rows[1].video_id
    first = project.add_clip(video, 3, 9).id
    table = table.with_video(project, video)
    second, gone = project.add_clip(video, 1, 5).id, table.rows[1].id
    project.label(first, "eat", by="Bo")
    project.update_clip(first, start=0)
    project.remove_clip(gone)
    fresh = table.with_clips(project, video, [first, gone])
    assert fresh.rows == ClipTable.read(project).rows
    assert second in fresh
    assert gone not in fresh
    assert fresh.get(table.rows[0].id) is table.rows[0]
    assert project.clip_ids(video) == [clip.id for clip in project.clips(video_id=video)]


def test_a_coder_who_sees_only_the_own_labels_sees_no_bout_of_others_after_a_part_is_read_again(session):
    project = session.project
    video = session.table.rows[1].video_id
    theirs = project.add_clip(video, 3, 9).id
    project.label(theirs, "eat", by="Ada")
    project.seen_by = "Bo"
    table = ClipTable.read(project)
    mine = project.add_clip(video, 4, 8).id
    project.label(mine, "walk", by="Bo")
    table = table.with_clips(project, video, [mine])
    assert theirs not in table
    assert table.rows == ClipTable.read(project).rows


@pytest.mark.parametrize("coder", [None, "Bo"])
def test_labels_that_are_read_alone_are_those_of_the_whole_table(session, coder):
    project, table = session.project, session.table
    ids = [row.id for row in table]
    project.add_labels([(ids[0], "eat", 1, None), (ids[1], "walk", -1, 0.5)], by="Bo")
    project.label(ids[1], "run", by="Ada")
    project.label(ids[2], "eat", source="model", by="one", confidence=0.7)
    project.seen_by = coder
    assert table.take(table.read_again(project, ids, only_labels=True)) == []
    fresh = ClipTable.read(project)
    assert len(fresh) >= 2
    assert [table.get(row.id) for row in fresh] == fresh.rows


@pytest.mark.parametrize("what", ["split", "merge", "trim"])
def test_what_is_done_to_bouts_and_its_undo_leave_nothing_stale(session, what):
    video = session.table.rows[1].video_id
    session.open_video(video, 12)
    session.annotator = "Bo"
    first = editing.add_bout(session, "walk", 10, 20)
    other = editing.add_bout(session, "walk", 15 if what == "trim" else 25, 30)
    session.select([first], seen=session.in_open_video)
    getattr(coding, what)(session)
    assert session.table.rows == ClipTable.read(session.project).rows
    while undoing.take_back(session):
        assert session.table.rows == ClipTable.read(session.project).rows
    while undoing.take_back(session, redo=True):
        assert session.table.rows == ClipTable.read(session.project).rows
    assert (other in session.table) == (what != "merge")
