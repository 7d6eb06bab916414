"""Columns of the table of clips: chosen, moved, remembered, written as they are shown."""

import pytest

from actiondiff_gui.gui.clips.state.columns import KeptColumns, shown_table
from actiondiff_gui.gui.session.clip_list import ClipList
from actiondiff_gui.gui.session.clip_table import ClipRow, ClipTable
from actiondiff_gui.gui.session.preferences import Preferences


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
