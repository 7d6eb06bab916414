"""Real mouse events on a timeline."""

from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent, QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.timeline.bout_drawing import band_of
from actiondiff_gui.gui.timeline.state.lanes import LABEL

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


def point(view, frame: float, lane: int | str, kind: int = LABEL) -> QPoint:
    """Return the pixel of a position in frames, in the middle of a lane's bars, on the "ruler" or the "overview"."""
    parts = view.parts
    if lane == "ruler":
        y = parts.ruler / 2
    elif lane == "overview":
        y = parts.height - parts.overview / 2
    else:
        top, height = band_of(kind, parts.top(lane), parts.lane_height)
        y = top + height / 2
    return QPointF(parts.names + view.axis.x(frame), y).toPoint()


def drag(view, start: QPoint, *way: QPoint, button=LEFT, held=NONE, release: bool = True) -> None:
    QTest.mousePress(view, button, held, start)
    for stop in way:
        move(view, stop, button, held)
    if release:
        QTest.mouseRelease(view, button, held, way[-1] if way else start)


def move(view, to: QPoint, button=LEFT, held=NONE) -> None:
    # QTest.mouseMove tells no buttons.
    where = QPointF(to)
    event = QMouseEvent(
        QEvent.Type.MouseMove, where, QPointF(view.mapToGlobal(to)), Qt.MouseButton.NoButton, button, held
    )
    QApplication.sendEvent(view, event)


def wheel(view, at: QPoint, notches: int, held=NONE) -> None:
    event = QWheelEvent(
        QPointF(at),
        QPointF(view.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        held,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)
