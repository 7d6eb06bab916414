"""Changes made while another program holds the project: queued in order, made once and whole."""

import threading

import pytest

from actiondiff_gui.errors import ConsentNeeded, ProjectError
from actiondiff_gui.gui.project.state import actions as editing_actions
from actiondiff_gui.gui.session import editing, undoing
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.storage import exclusive_use
from tests.locking import locked


@pytest.fixture(autouse=True)
def hurried():
    """Let the thread of the test be that of a window, which does not wait."""
    exclusive_use.hurry()
    yield
    exclusive_use.hurry(False)


def settle(session) -> None:
    """Make all pending changes, now that the project is free."""
    while not session.changes.try_again(session.project):
        pass


def own(session, by: str = "Bo") -> list[tuple]:
    """Return an annotator's labels as another program reads them."""
    with Project.open(session.project.path) as project:
        places = {clip.id: n for n, clip in enumerate(project.clips())}
        return sorted((places[s.clip_id], s.action, s.value) for s in project.labels() if s.by == by)


def test_changes_wait_in_order_and_keep_the_moment_of_the_key(session):
    first, second, _ = session.table.rows
    told = []
    session.changes.changed.connect(lambda: told.append(session.changes.sentence()))
    with locked(session.project.path) as other:
        session.open_clip(second.id)
        editing.press_action(session, "eat")
        editing.nudge(session, "end", -3)
        session.set_annotator("Cy")
        session.open_clip(first.id)
        editing.press_action(session, "eat")
        assert session.table.rows[1].labels == ()
        assert session.changes.words() == ["eat on 1 clip", "edges on 1 clip", "eat on 1 clip"]
        assert told[-1] == "3 changes wait: another program is using the project."
        assert not session.changes.try_again(session.project)
        other.let_go()
    settle(session)
    assert (own(session), own(session, "Cy")) == ([(1, "eat", 1)], [(0, "eat", 1)])
    assert session.table.rows[1].labels == ("eat",)
    assert session.table.rows[1].end == second.end - 3
    assert session.project.history("Bo") == (2, 0)
    assert session.project.history("Cy") == (1, 0)
    assert session.current == first.id


def test_what_comes_after_a_change_that_waits_waits_behind_it(session):
    row = session.table.rows[1]
    with locked(session.project.path) as other:
        editing.toggle(session, [row.id], "eat")
        other.let_go()
    editing.toggle(session, [row.id], "eat")
    assert len(session.changes) == 2
    settle(session)
    assert own(session) == []
    assert session.project.history("Bo") == (2, 0)


@pytest.mark.parametrize("begin", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE", "BEGIN"])
def test_a_bout_that_could_not_be_ended_stays_open_with_its_start(session, begin):
    video = session.table.rows[1].video_id
    session.open_video(video)
    session.seek(20)
    editing.press_action(session, "eat")
    with locked(session.project.path, begin) as other:
        session.seek(29)
        assert editing.begin_or_end_bout(session, "eat") is None
        assert session.open_bouts == {"eat": 20}
        session.seek(3)
        session.open_video(session.table.rows[0].video_id)
        session.open_video(video)
        assert session.open_bouts == {"eat": 20}
        other.let_go()
    settle(session)
    assert session.open_bouts == {}
    (bout,) = [row for row in session.table if row.labels == ("eat",)]
    assert (bout.start, bout.end) == (20, 30)


@pytest.mark.parametrize(
    "do",
    [
        lambda s, row: editing.delete(s, [row.id]),
        lambda s, row: editing.set_facet(s, [row.id], "species", "cat"),
        lambda s, row: editing.set_roi(s, [row.id], (0, 0, 9, 9)),
        lambda s, row: editing.add_bout(s, "eat", 3, 5),
        lambda s, row: editing.add_clip(s, 3, 5),
        lambda s, row: editing.clear(s, [row.id]),
        lambda s, row: editing_actions.add_action(s, "rest"),
        lambda s, row: editing_actions.rename_action(s, "eat", "chew"),
        lambda s, row: editing_actions.order_actions(s, ["eat", "walk", "sleep"]),
        lambda s, row: editing_actions.remove_action(s, "eat"),
        lambda s, row: s.set_model("second"),
        lambda s, row: s.set_domain("species"),
        lambda s, row: s.set_address(layers=(3,)),
        lambda s, row: undoing.take_back(s, redo=True),
    ],
)
def test_every_change_out_of_the_window_can_wait(session, do):
    row = session.table.rows[1]
    session.open_clip(row.id)
    editing.label(session, [row.id], "walk")
    editing.label(session, [row.id], "sleep")
    undoing.take_back(session)

    def on_disk():
        with Project.open(session.project.path) as project:
            tables = ("clip", "label", "action", "clip_facet", "setting", "change")
            return [project._database.read(f"SELECT * FROM {table}") for table in tables]

    before = on_disk()
    with locked(session.project.path) as other:
        do(session, row)
        assert len(session.changes) == 1
        other.let_go()
    assert on_disk() == before
    settle(session)
    after = on_disk()
    assert not session.changes
    assert after != before
    settle(session)
    assert on_disk() == after


def test_a_change_that_can_no_longer_be_made_says_so(session):
    row = session.table.rows[1]
    refused = []
    session.changes.refused.connect(lambda change, error: refused.append((change.what, str(error))))
    with locked(session.project.path) as other:
        editing.label(session, [row.id], "eat")
        editing.label(session, [session.table.rows[2].id], "eat")
        other.let_go()
    with Project.open(session.project.path) as project:
        project.remove_clip(row.id)
    settle(session)
    ((what, text),) = refused
    assert what == "eat on 1 clip"
    assert "may have been removed" in text
    assert own(session) == [(1, "eat", 1)]


def test_undo_withdraws_a_change_that_still_waits(session):
    row = session.table.rows[1]
    told = []
    session.notice.connect(told.append)
    editing.label(session, [row.id], "eat")
    with locked(session.project.path) as other:
        editing.label(session, [row.id], "walk")
        session.set_address(layers=(3,))
        assert undoing.take_back(session)
        assert told[-1] == "Withdrawn: walk on 1 clip, which was still pending."
        other.let_go()
    settle(session)
    assert own(session) == [(1, "eat", 1)]


def test_a_project_is_not_closed_over_changes_that_wait(session):
    row = session.table.rows[1]
    with locked(session.project.path) as other:
        editing.label(session, [row.id], "eat")
        with pytest.raises(ProjectError, match=r"still wait.*eat on 1 clip"):
            session.close_project()
        assert session.project is not None
        other.let_go()
    path = session.project.path
    session.close_project()
    with Project.open(path) as project:
        assert [s.action for s in project.labels([row.id])] == ["eat"]


def test_what_is_shown_stays_until_it_can_be_read_again(session):
    row = session.table.rows[1]
    with locked(session.project.path) as other:
        session.reread()
        session.reread_clips([row.id])
        session.reread_video(row.video_id)
        session.reread_actions()
        assert session.changes
        assert len(session.changes) == 0
        other.let_go()
    with Project.open(session.project.path) as project:
        project.label(row.id, "sleep", by="Ada")
    settle(session)
    assert session.table.rows[1].labels == ("sleep",)
    assert [action.name for action in session.actions] == ["walk", "eat", "sleep"]


# Several people


def test_a_toggle_adds_and_takes_away_ones_own_label_only(session):
    row = session.table.rows[0]  # labelled "walk" by Ada
    session.project.add_labels([(row.id, "walk", 1, None)], source="import", by="labels.csv")
    told = []
    session.notice.connect(told.append)
    editing.toggle(session, [row.id], "walk")
    assert own(session) == [(0, "walk", 1)]
    assert session.table.rows[0].said_by == "Bo, Ada, labels.csv"
    editing.toggle(session, [row.id], "walk")
    assert (own(session), own(session, "Ada"), own(session, "labels.csv")) == (
        [],
        [(0, "walk", 1)],
        [(0, "walk", 1)],
    )
    assert told[-1] == "walk is no longer your label; that of Ada, labels.csv stays."


def test_another_action_as_the_one_label_leaves_anothers_label_and_denies_it(session):
    row = session.table.rows[0]
    editing.relabel(session, [row.id], "eat")
    assert (own(session, "Ada"), own(session)) == ([(0, "walk", 1)], [(0, "eat", 1), (0, "walk", -1)])
    assert session.table.rows[0].labels == ("eat",)
    undoing.take_back(session)
    assert session.table.rows[0].labels == ("walk",)


def test_labels_of_others_are_taken_away_only_when_that_was_agreed_to(session):
    row = session.table.rows[0]
    with pytest.raises(ConsentNeeded, match="labelled by Ada, not by you") as asked:
        editing.clear(session, [row.id])
    assert own(session, "Ada") == [(0, "walk", 1)]
    asked.value.go_on()
    assert own(session, "Ada") == []
    undoing.take_back(session)
    assert own(session, "Ada") == [(0, "walk", 1)]
    editing.label(session, [row.id], "eat")
    editing.clear(session, [row.id])
    assert (own(session), own(session, "Ada")) == ([], [(0, "walk", 1)])


def test_deleting_a_clip_that_another_labelled_says_so_and_undo_brings_that_back(session):
    told = []
    session.notice.connect(told.append)
    editing.delete(session, [session.table.rows[0].id])
    assert told == [
        "1 clip of clip_0.mp4 deleted. Undo: Ctrl+Z. This includes labels of Ada; undo restores them."
    ]
    undoing.take_back(session)
    assert own(session, "Ada") == [(0, "walk", 1)]


def test_undo_asks_where_another_changed_the_same_clip_since(session):
    row = session.table.rows[1]
    editing.label(session, [row.id], "eat")
    with Project.open(session.project.path) as other:
        other.person = "Ada"
        other.label(row.id, "walk", by="Ada")
    with pytest.raises(
        ConsentNeeded, match=r"^Ada changed clip 1 of clip_1\.mp4 at .* Undo yours anyway"
    ) as e:
        undoing.take_back(session)
    assert own(session) == [(1, "eat", 1)]
    e.value.go_on()
    assert (own(session), own(session, "Ada")) == ([], [(0, "walk", 1), (1, "walk", 1)])


class Jobs:
    """Jobs that run when the test says so, in threads of their own."""

    def __init__(self, session) -> None:
        self.session, self.given = session, []
        session.changes.aside = lambda project, change: self.given.append((project, change))

    def run(self) -> None:
        """Make the change that is waiting to be made, and come back with it."""
        project, change = self.given.pop(0)
        failed = []

        def make() -> None:
            try:
                change.make(project)
            except Exception as error:
                failed.append(error)

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        self.session.changes.over(change, failed[0] if failed else None)


@pytest.fixture
def jobs(session, monkeypatch):
    """Let changes of more than one clip be long ones."""
    monkeypatch.setattr(editing, "MANY", 1)
    return Jobs(session)


def test_a_change_of_many_clips_is_made_in_a_job_and_what_comes_after_waits_for_it(session, jobs):
    ids = [row.id for row in session.table.rows]
    editing.label(session, ids, "eat")
    assert session.changes.sentence() == "Being saved: eat on 3 clips."
    editing.label(session, ids[:1], "run")
    assert session.changes.sentence() == "Being saved: eat on 3 clips. 1 change waits until then."
    assert not session.changes.try_again(session.project)
    assert own(session) == []
    assert not any("eat" in row.labels for row in session.table)
    with pytest.raises(ProjectError, match="is being changed: eat on 3 clips"):
        session.close_project()
    jobs.run()
    assert all("eat" in row.labels for row in session.table)
    settle(session)
    assert own(session) == [(0, "eat", 1), (0, "run", 1), (1, "eat", 1), (2, "eat", 1)]
    assert session.project.history("Bo") == (2, 0)


def test_a_change_of_many_clips_is_undone_in_a_job_too(session, jobs):
    before = [row.labels for row in session.table]
    editing.label(session, [row.id for row in session.table.rows], "eat")
    jobs.run()
    undoing.take_back(session)
    assert session.changes.begun == "undo"
    jobs.run()
    assert [row.labels for row in session.table] == before
    assert (own(session), session.project.history("Bo")) == ([], (0, 1))


def test_a_long_change_that_is_refused_is_told_and_one_that_was_not_begun_is_made_at_the_end(session, jobs):
    refused, ids = [], [row.id for row in session.table.rows]
    session.changes.refused.connect(lambda change, error: refused.append((change.what, type(error))))
    editing.clear(session, ids[:2])
    jobs.run()
    assert refused == [("no label on 2 clips", ConsentNeeded)]
    assert not session.changes
    editing.label(session, ids, "eat")
    session.changes.aside = None
    settle(session)
    assert len(own(session)) == 3


def test_what_was_changed_while_a_long_change_was_made_is_kept(session, jobs):
    first, second, _ = session.table.rows
    editing.label(session, [first.id, second.id], "eat")
    _, change = jobs.given[0]
    make = change.make

    def make_and_meanwhile(project) -> None:
        make(project)
        project.update_clip(first.id, end=first.end - 4)
        session.reread_clips([first.id])

    change.make = make_and_meanwhile
    jobs.run()
    assert session.table.rows[0].end == first.end - 4
    assert session.table.rows[0].labels[-1] == session.table.rows[1].labels[-1] == "eat"
