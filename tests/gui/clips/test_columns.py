"""Columns of the table of clips: chosen, moved, remembered, written as they are shown."""

import csv
import shutil

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFileDialog, QMenu

from actiondiff_gui.gui.clips.state.columns import KeptColumns, shown_table
from actiondiff_gui.gui.session.clip_list import ClipList
from actiondiff_gui.gui.session.clip_table import ClipRow, ClipTable
from actiondiff_gui.gui.session.preferences import Preferences
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project


@pytest.fixture
def dock(pets, wait):
    from actiondiff_gui.gui.clips.dock import ClipsDock

    dock = ClipsDock(pets)
    pets.viewer.window.add_dock_widget(dock, name="clips")
    wait(lambda: dock.view.clips.rowCount() == 3)
    return dock


def test_columns_are_shown_hidden_and_moved_and_stay_so_in_the_next_window(dock, home):
    view = dock.view
    assert "start" not in view.shown_columns()
    view.show_column("start", True)
    view.show_column("said_by", False)
    header = view.header
    keys = [column.key for column in view.clips.columns]
    header.moveSection(header.visualIndex(keys.index("start")), 1)
    assert view.shown_columns()[:3] == ["picture", "start", "label"]
    assert "said_by" not in view.shown_columns()
    kept = KeptColumns(Preferences(home))
    assert kept.is_shown("start")
    assert not kept.is_shown("said_by")
    assert kept.ordered(keys)[:2] == ["picture", "start"]
    dock._show_all()
    assert view.shown_columns()[:3] == ["picture", "start", "label"]


def test_what_is_shown_is_written_in_its_order():
    rows = [
        ClipRow("1", "v", "a.mp4", 50, 100, 25.0, ("walk",), subject="dam"),
        ClipRow("2", "v", "a.mp4", 100_000, 100_025, 25.0, ("=eat",), unsure=True),
    ]
    listed = ClipList.of_all(ClipTable(rows))
    text = shown_table(
        listed, ["start", "end", "frames", "label", "subject"], ["Start", "End", "Frames", "Label", "Subject"]
    )
    assert text.splitlines() == [
        "Start,End,Frames,Label,Subject",
        "0:02.00,0:04.00,50 to 99,walk,dam",
        "1:06:40.00,1:06:41.00,100000 to 100024,'=eat (unsure),",
    ]


def test_a_column_that_is_new_stands_after_the_one_before_it(tmp_path):
    kept = KeptColumns(Preferences(tmp_path))
    kept.keep_order(["picture", "video", "label"])
    assert kept.ordered(["picture", "label", "facet:cage", "video"]) == [
        "picture",
        "video",
        "label",
        "facet:cage",
    ]


@pytest.fixture
def mice(host, tmp_path, videos, wait):
    """Return a Clips dock with bouts of ``cage 1/mouse.mp4`` and ``cage 2/mouse.mp4``, each at frames 12, 2 and 7."""
    from actiondiff_gui.gui.clips.dock import ClipsDock

    places = [tmp_path / "films" / f"cage {n}" / "mouse.mp4" for n in (1, 2)]
    for video, place in zip(videos, places, strict=False):
        place.parent.mkdir(parents=True)
        shutil.copy(video, place)
    with Project.create(tmp_path / "p.actiondiff") as project:
        run(import_videos(project, places))
        project.remove_clip([clip.id for clip in project.clips()])
        for video in project.videos():
            for start in (12, 2, 7):
                project.label(project.add_clip(video.id, start, start + 3).id, "walk", by="Ada")
    host.session.open_project(tmp_path / "p.actiondiff")
    dock = ClipsDock(host)
    host.viewer.window.add_dock_widget(dock, name="clips")
    host.window.resize(1400, 800)
    host.window.show()
    wait(lambda: dock.view.clips.rowCount() == 6)
    return dock


def click_header(view, key: str) -> None:
    section = [column.key for column in view.clips.columns].index(key)
    x = view.header.sectionViewportPosition(section) + 10
    view.horizontalScrollBar().setValue(0)
    QTest.mouseClick(
        view.header.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        QPoint(x, view.header.height() // 2),
    )


def choose_column(view, title: str) -> None:
    """Tick a column in the menu of the header, as a right click opens it."""
    view._ask_columns(QPoint(5, 5))
    menu = next(menu for menu in view.findChildren(QMenu) if menu.isVisible())
    entry = next(action for action in menu.actions() if action.text() == title)
    QTest.mouseClick(
        menu,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        menu.actionGeometry(entry).center(),
    )


def lines(view) -> list[tuple[str, int]]:
    rows = [view.clips.row(line) for line in range(view.clips.rowCount())]
    return [(view.clips.text_of(row, "video"), row.start) for row in rows]


ONE, TWO = "mouse.mp4 (cage 1)", "mouse.mp4 (cage 2)"


def test_bouts_are_sorted_by_time_within_a_recording_and_recordings_of_one_name_told_apart(mice):
    view = mice.view
    choose_column(view, "Start")
    assert "start" in view.shown_columns()
    click_header(view, "start")
    assert lines(view) == [(ONE, 2), (ONE, 7), (ONE, 12), (TWO, 2), (TWO, 7), (TWO, 12)]
    click_header(view, "start")
    assert lines(view) == [(ONE, 12), (ONE, 7), (ONE, 2), (TWO, 12), (TWO, 7), (TWO, 2)]
    assert [mice.filter_bar.video.itemText(n) for n in (1, 2)] == [ONE, TWO]


def test_what_is_listed_is_exported_in_the_shown_columns_and_order(mice, tmp_path, monkeypatch):
    view = mice.view
    for title in ("Start", "Labelled by", "Length"):
        choose_column(view, title)
    click_header(view, "start")
    click_header(view, "start")
    out = tmp_path / "listed.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), "Tables (*.csv)"))
    choose_column(view, "Export the listed clips...")
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == ["Label", "Start", "Video"]
    assert [(row["Video"], row["Start"]) for row in rows] == [
        *((ONE, f"0:{frame / 24:05.2f}") for frame in (12, 7, 2)),
        *((TWO, f"0:{frame / 24:05.2f}") for frame in (12, 7, 2)),
    ]


def test_the_list_is_gone_through_by_keys_and_the_player_follows(mice, wait):
    view, session = mice.view, mice.session
    ids = [view.clips.id_at(line) for line in range(6)]
    view.setFocus()
    for key, line in (
        (Qt.Key.Key_End, 5),
        (Qt.Key.Key_Up, 4),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Down, 1),
        (Qt.Key.Key_PageDown, 5),
    ):
        QTest.keyClick(view, key)
        assert session.current == ids[line], key
        assert session.selection == (ids[line],)
        row = session.table.get(ids[line])
        assert (session.video, session.frame) == (row.video_id, row.start)
    QTest.keyClick(view, Qt.Key.Key_Home, Qt.KeyboardModifier.ShiftModifier)
    assert set(session.selection) == set(ids)


def test_columns_chosen_by_the_menu_are_there_in_the_next_window(mice, wait):
    from actiondiff_gui.gui.clips.dock import ClipsDock

    choose_column(mice.view, "End")
    choose_column(mice.view, "Length")
    again = ClipsDock(mice.host)
    again.show()
    wait(lambda: again.view.clips.rowCount() == 6)
    assert "end" in again.view.shown_columns()
    assert "seconds" not in again.view.shown_columns()
    again.close()
    again.deleteLater()
