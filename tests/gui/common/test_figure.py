"""A figure of the reports in a real window."""

import pytest
from matplotlib.figure import Figure
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.common.figure import CellsView
from actiondiff_gui.report.style import look, new_figure, styled

CALLS: list[tuple] = []


@styled
def squares(*values) -> Figure:
    CALLS.append((*values, look()))
    figure = new_figure(2, "no heading in the window")
    figure.add_axes((0.2, 0.2, 0.8, 0.8), xlim=(-0.5, 1.5), ylim=(1.5, -0.5), xticks=[], yticks=[])
    figure.set_layout_engine("none")
    return figure


@pytest.fixture
def view(pets):
    CALLS.clear()
    view = CellsView(pets, lambda row, column: f"cell {row} {column}", names=True)
    view.resize(200, 100)
    yield view
    view.close()
    view.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_it_is_drawn_when_it_is_seen_and_again_when_its_room_or_the_colours_are_others(view, pets, wait):
    view.show_figure(squares, 1, words="one square")
    for _ in range(20):
        QTest.qWait(5)
    assert CALLS == [], "nobody sees it"
    view.show()
    wait(lambda: view.drawn)
    assert len(CALLS) == 1
    assert view.toolTip() == view.accessibleDescription() == "one square"
    view.show_figure(squares, 1)
    QTest.qWait(50)
    assert len(CALLS) == 1, "the same is not drawn again"
    dark = CALLS[-1][-1]
    view.resize(300, 100)
    wait(lambda: view.drawn and view.grab().width() == 300)
    assert CALLS[-1][-1].width == pytest.approx(1.5 * dark.width, rel=1e-3)
    pets.viewer.theme = "light"
    wait(lambda: view.drawn)
    light = CALLS[-1][-1]
    assert (light.ink, light.ground) != (dark.ink, dark.ground)
    ground = view.grab().toImage().pixelColor(1, 1)
    assert ground.name() == light.ground
    view.show_figure(squares, 2)
    wait(lambda: view.drawn)
    assert CALLS[-1][0] == 2


def test_its_cells_are_clicked_and_explained(view, wait):
    clicked = []
    view.clicked.connect(lambda *cell: clicked.append(cell))
    view.full = lambda row, column: (row, column) != (0, 0)
    view.show_cells(2, squares)
    view.show()
    wait(lambda: view.drawn)
    box = view.cell_rect(1, 0)
    assert (box.left(), box.width(), box.height()) == pytest.approx((40, 80, 40), abs=1)
    assert box.top() == pytest.approx(40, abs=1)
    left = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for point in (QPoint(80, 60), QPoint(30, 60), QPoint(80, 20), QPoint(80, 95)):
        QTest.mouseClick(view, *left, point)
    assert clicked == [(1, 0), (1, -1)], "an empty cell and the margin show nothing"
    assert view.cell_at(QPointF(80, 95)) is None
    QTest.mouseMove(view, QPoint(80, 60))
    assert view.cursor().shape() == Qt.CursorShape.PointingHandCursor
    QTest.mouseMove(view, QPoint(80, 20))
    assert view.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_a_figure_that_cannot_be_drawn_is_a_problem_and_the_next_one_is_drawn(view, pets, wait):
    view.show_figure(lambda: 1 / 0)
    view.show()
    wait(lambda: pets.jobs.problems)
    assert "drawing a figure" in pets.jobs.problems[0]
    view.show_figure(squares, 1)
    wait(lambda: view.drawn)


def test_another_project_takes_it_away(view, pets, wait):
    view.show_figure(squares, 1)
    view.show()
    wait(lambda: view.drawn)
    pets.session.close_project()
    assert not view.drawn
