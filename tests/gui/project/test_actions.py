import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.project.state import actions as editing_actions
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.session.preferences import Preferences
from actiondiff_gui.gui.session.session import Session


@pytest.fixture
def session(tmp_path):
    session = Session(Preferences(tmp_path))
    session.open_project(tmp_path / "p.actiondiff", create=True)
    video = session.project.add_video(
        tmp_path / "a.mp4", frame_count=100, fps=25, width=64, height=48, fingerprint="a"
    )
    for start in (0, 20, 40):
        session.project.add_clip(video.id, start, start + 10)
    session.reread()
    yield session
    session.close_project()


def names(session):
    return [action.name for action in session.actions]


def test_actions_are_added_with_colours_of_their_own(session):
    told = []
    session.actions_changed.connect(lambda: told.append(names(session)))
    editing_actions.add_action(session, " walk ")
    editing_actions.add_action(session, "eat")
    assert told == [["walk"], ["walk", "eat"]]
    assert session.colour_of("walk") != session.colour_of("eat")


@pytest.mark.parametrize("name", ["", "  ", "walk"])
def test_a_name_that_is_empty_or_taken_changes_nothing(session, name):
    editing_actions.add_action(session, "walk")
    with pytest.raises(ProjectError):
        editing_actions.add_action(session, name)
    assert names(session) == ["walk"]


def test_labels_follow_a_new_name(session):
    clip = session.table.rows[1].id
    editing.label(session, [clip], "walk")
    changed = []
    session.clips_changed.connect(lambda ids: changed.append(ids))
    editing_actions.rename_action(session, "walk", "stroll")
    assert session.table.get(clip).labels == ("stroll",)
    assert changed == [(clip,)]


def test_an_open_bout_follows_a_new_name(session):
    editing_actions.add_action(session, "walk")
    session.open_video(session.table.rows[0].video_id)
    editing.begin_or_end_bout(session, "walk")
    editing_actions.rename_action(session, "walk", "stroll")
    assert session.open_bouts == {"stroll": 0}
    with pytest.raises(ProjectError, match="open"):
        editing_actions.remove_action(session, "stroll")


def test_actions_are_ordered_recoloured_and_counted(session):
    for name in ("walk", "eat", "run"):
        editing_actions.add_action(session, name)
    editing.label(session, [session.table.rows[0].id, session.table.rows[2].id], "eat")
    editing_actions.order_actions(session, ["run", "walk", "eat"])
    editing_actions.recolour_action(session, "eat", "#123456")
    assert names(session) == ["run", "walk", "eat"]
    assert session.colour_of("eat") == "#123456"
    assert editing_actions.clips_by_action(session) == {"run": 0, "walk": 0, "eat": 2}


def test_an_action_that_clips_are_labelled_with_stays(session):
    editing.label(session, [session.table.rows[0].id], "walk")
    with pytest.raises(ProjectError, match="1 clips"):
        editing_actions.remove_action(session, "walk")
    editing.clear(session, [session.table.rows[0].id])
    editing_actions.remove_action(session, "walk")
    assert names(session) == []


def test_deleting_clips_leaves_the_others_and_the_selection_among_them(session):
    ids = [row.id for row in session.table.rows]
    session.select(ids)
    editing.delete(session, ids[:2])
    assert [row.id for row in session.table.rows] == ids[2:]
    assert session.selection == (ids[2],)
