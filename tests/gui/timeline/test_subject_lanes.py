"""Lanes of subjects, chosen in the timeline's menu; bouts are drawn into them by the mouse."""

from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.session import coding, editing
from actiondiff_gui.gui.session.subjects import Subject, keep_subjects
from actiondiff_gui.gui.timeline.menu import empty_menu
from actiondiff_gui.gui.timeline.state.lanes import LABEL, grouped
from tests.gui.timeline.timeline_window import SHIFT, drag, point


def choose(view, text: str) -> None:
    """Trigger an entry below *Lanes of subjects*."""
    (lanes,) = (entry.menu() for entry in empty_menu(view).actions() if entry.text() == "Lanes of subjects")
    next(entry for entry in lanes.actions() if entry.text() == text).trigger()


def bars_of(view, clip: str) -> set[tuple[str, str | None]]:
    lanes = view.lanes
    mine = lanes.bars.lane[lanes.bars.row == lanes.index_of[clip]].tolist()
    return {(lanes.names[lane], lanes.subjects[lane]) for lane in mine}


def test_groups_have_a_heading_and_leave_out_what_was_not_said():
    assert grouped(["walk", "eat"], ["Rex", "Tom"]) == (
        ["", "walk", "eat", "", "walk", "eat"],
        ["Rex", "Rex", "Rex", "Tom", "Tom", "Tom"],
    )
    assert grouped(["walk", "eat"], ["Rex", "Tom", ""], {("eat", "Tom")}) == (["", "eat"], ["Tom", "Tom"])


def test_the_menu_groups_the_lanes_by_subject_and_puts_them_together_again(timeline, pets):
    view, session = timeline.view, pets.session
    view.setFixedSize(1000, 300)
    keep_subjects(session, [Subject("Rex", "v"), Subject("Tom", "w")])
    row = session.table.rows[1]
    assert view.lanes.names == ("walk", "eat")
    choose(view, "Grouped by subject")
    assert view.lanes.names == ("", "walk", "eat") * 3
    assert view.lanes.subjects == (*("Rex",) * 3, *("Tom",) * 3, *("",) * 3)
    assert bars_of(view, row.id) == {("walk", "")}
    coding.set_subject(session, [row.id], "Tom")
    assert bars_of(view, row.id) == {("walk", "Tom")}
    assert view.scene().names[:3] == ["Rex", "1  walk", "2  eat"]
    choose(view, "All subjects together")
    assert view.lanes.names == ("walk", "eat")
    assert bars_of(view, row.id) == {("walk", None)}


def test_a_bout_drawn_in_a_lane_of_a_subject_is_that_subjects(timeline, pets):
    view, session = timeline.view, pets.session
    view.setFixedSize(1000, 300)
    keep_subjects(session, [Subject("Rex"), Subject("Tom")])
    choose(view, "Grouped by subject")
    lane = view.lanes.lane_of("eat", "Tom")
    drag(view, point(view, 32.5, lane), point(view, 36.5, lane), held=SHIFT)
    row = session.table.get(session.selection[0])
    assert (row.subject, row.labels, row.start, row.end) == ("Tom", ("eat",), 32, 37)
    # The heading above the lanes takes no bout.
    clips = len(session.table)
    drag(view, point(view, 32.5, 0), point(view, 36.5, 0), held=SHIFT)
    assert len(session.table) == clips


def test_keys_mark_bouts_in_the_lane_of_the_chosen_subject(timeline, pets, wait):
    view, session, window = timeline.view, pets.session, pets.window
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    keep_subjects(session, [Subject("Rex", "V"), Subject("Tom", "W")])
    choose(view, "Grouped by subject")
    session.open_video(session.video, 31)
    session.select([])
    QTest.keyClick(window, Qt.Key.Key_W)
    assert session.subject == "Tom"
    QTest.keyClick(window, Qt.Key.Key_2)
    lane = view.lanes.lane_of("eat", "Tom")
    session.seek(36)
    background = view.grab().toImage().pixelColor(point(view, 38, lane)).name()
    assert view.grab().toImage().pixelColor(point(view, 34, lane)).name() != background
    QTest.keyClick(window, Qt.Key.Key_2)
    row = session.table.get(session.selection[0])
    assert (row.subject, row.labels) == ("Tom", ("eat",))
    assert bars_of(view, row.id) == {("eat", "Tom")}


def test_lanes_of_subjects_without_bouts_are_hidden_where_not_all_fit(timeline, pets):
    view, session = timeline.view, pets.session
    keep_subjects(session, [Subject(f"animal {n}") for n in range(6)])
    choose(view, "Grouped by subject")
    assert view.lanes.names == ("", "walk")
    assert view.lanes.subjects == ("", "")
    session.set_subject("animal 4")
    editing.add_bout(session, "eat", 31, 35)
    assert view.lanes.subjects == ("animal 4", "animal 4", "", "")
    view.set_collapsing(False)
    assert len(view.lanes.names) == 7 * 3
    QApplication.processEvents()


def test_the_lane_of_the_chosen_bout_is_scrolled_to_among_those_of_subjects(timeline, pets):
    view, session = timeline.view, pets.session
    view.set_collapsing(False)
    keep_subjects(session, [Subject(f"animal {n}") for n in range(6)])
    choose(view, "Grouped by subject")
    clip = editing.add_bout(session, "eat", 31, 35, subject="animal 5")
    session.select([])
    view.scroll.setValue(0)
    session.select([clip], seen=session.in_open_video)
    lane = view.lanes.lane_of("eat", "animal 5")
    top, parts = view.parts.top(lane), view.parts
    assert parts.head <= top <= parts.height - parts.overview - parts.lane_height
    assert view.childAt(point(view, 33, lane, LABEL)) is None
