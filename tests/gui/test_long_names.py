"""A long action name is shortened wherever it stands, and never pushes numbers off the screen."""

import pytest
from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import QApplication, QWidget

LONG = "investigating the novel object with the nose while standing on the hind legs at the wall"
NAMES = (LONG, f"{LONG} again")
DOCK = 480
"""Width of a dock in a window of 1280 pixels."""


@pytest.fixture
def named(pets, wait):
    """Return the three videos labelled with two long names that end differently, half of them predicted too."""
    project = pets.session.project
    for old, new in zip(("walk", "eat"), NAMES, strict=True):
        project.update_action(old, new_name=new)
    clips = [clip.id for clip in project.clips()]
    project.label(clips[2], NAMES[1], by="Ada")
    project.add_labels([(clip, NAMES[0], 1, 0.9) for clip in clips], source="model", by="m")
    pets.session.reread()
    yield pets
    for _ in range(3):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()


def shown(widget: QWidget, width: int, height: int = 560) -> QWidget:
    widget.resize(width, height)
    widget.show()
    QApplication.processEvents()
    return widget


def test_in_the_tables_of_the_ethogram_numbers_stay_in_sight(named, wait):
    from actiondiff_gui.gui.ethogram.dock import EthogramDock

    dock = shown(EthogramDock(named), DOCK)
    wait(lambda: dock.seen is not None and dock.stack.currentWidget() is dock.page)
    for page, table in ((dock.budget, dock.budget.table), (dock.agreement, dock.agreement.table)):
        dock.tabs.setCurrentWidget(page)
        if page is dock.agreement:
            page.compare.click()
            wait(lambda: dock.compared is not None)
        QApplication.processEvents()
        model = table.model()
        assert model.index(0, 0).data() in NAMES
        assert model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole) == model.index(0, 0).data()
        numbers = [n for n, column in enumerate(model.columns) if column.number]
        seen = [n for n in numbers if table.visualRect(model.index(0, n)).right() < table.viewport().width()]
        assert len(seen) >= 3, page
        # It would not, with the name in full.
        assert table.sizeHintForColumn(0) > table.viewport().width()
    dock.close()
    dock.deleteLater()


def test_in_the_table_of_clips_the_numbers_stand_where_they_always_do(named, wait):
    from actiondiff_gui.gui.clips.dock import ClipsDock

    dock = shown(ClipsDock(named), DOCK)
    wait(lambda: dock.view.clips.rowCount() == 3)
    label = [column.key for column in dock.view.clips.columns].index("label")
    assert dock.view.columnWidth(label) < DOCK / 2
    dock.close()
    dock.deleteLater()


def test_results_of_a_training_show_names_and_numbers(named, wait):
    from actiondiff_gui.gui.common.figure import CellsView
    from actiondiff_gui.gui.train.figures import confusion
    from actiondiff_gui.gui.train.results import _fill, _table

    table = _table(["action", "clips", "precision", "recall", "F1"])
    _fill(table, [[name, "12", "100 (90–100)", "100 (90–100)", "100 (90–100)"] for name in NAMES])
    shown(table, DOCK - 40, table.height())
    assert table.visualItemRect(table.item(0, 4)).right() < table.viewport().width()
    assert table.item(1, 0).toolTip() == NAMES[1]
    matrix = CellsView(named, lambda row, column: "")
    colours = dict(zip(NAMES, ("#0072b2", "#e69f00"), strict=True))
    matrix.show_cells(2, confusion, [[3, 1], [0, 4]], colours)
    shown(matrix, DOCK - 40, 200)
    wait(lambda: matrix.drawn)
    assert matrix.cell_rect(1, 1).right() <= matrix.width()
    assert matrix.cell_rect(1, 1).width() > 30
    for widget in (table, matrix):
        widget.close()
        widget.deleteLater()


def test_the_bar_of_the_player_keeps_its_time_and_frame(named, wait):
    from actiondiff_gui.gui.player.bar import PlayerBar

    bar = shown(PlayerBar(named), 1280, 40)
    named.session.open_video(named.session.table.rows[1].video_id)
    wait(lambda: not named.player.why_no_picture())
    QApplication.processEvents()
    strip = bar.actions
    assert strip.geometry().right() <= bar.width()
    buttons = list(strip.buttons.values())
    assert all(button.text().startswith(key) for button, key in zip(buttons, "12", strict=True))
    assert strip.x() > bar.width() / 4
    bar.close()
    bar.deleteLater()


def test_a_legend_of_the_map_keeps_the_counts_in_sight(named):
    from qtpy.QtGui import QColor

    from actiondiff_gui.gui.map.legend import Entry, MapLegend

    legend = MapLegend()
    entries = [Entry("action", name, name, 12_345, "#0072b2", "disc") for name in NAMES]
    legend.show_groups([("action", entries)], QColor("black"))
    shown(legend, DOCK, 80)
    for (_, name), button in legend.entries.items():
        right = button.mapTo(legend, button.rect().topRight()).x()
        assert right <= legend.viewport().width()
        assert button.fontMetrics().horizontalAdvance(button.text()) < button.width()
        assert button.text().endswith("12345")
        assert button.toolTip().startswith(name)
    legend.close()
    legend.deleteLater()
