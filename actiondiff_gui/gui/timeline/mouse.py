"""Mouse handling of the timeline: starts gestures, and shows menus and tooltips."""

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, QPointF, Qt
from qtpy.QtGui import QKeySequence, QMouseEvent, QShortcut
from qtpy.QtWidgets import QToolTip

from actiondiff_gui.gui.timeline import gestures
from actiondiff_gui.gui.timeline.bout_drawing import band_of
from actiondiff_gui.gui.timeline.menu import bar_menu, bar_words, empty_menu
from actiondiff_gui.gui.timeline.state.lanes import CLIP, DENIED, LABEL, PREDICTION, Hit, hit
from actiondiff_gui.gui.timeline.weights import weight_words

if TYPE_CHECKING:
    from actiondiff_gui.gui.timeline.view import TimelineView

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
DRAWS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier
ADDS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


class Mouse(QObject):
    """The mouse over one timeline.

    Attributes
    ----------
    gesture : Gesture or None
        What the pressed button does.
    """

    def __init__(self, view: "TimelineView") -> None:
        super().__init__(view)
        self.view, self.host, self.session = view, view.host, view.session
        self._gesture: gestures.Gesture | None = None
        self._button = Qt.MouseButton.NoButton
        self._escape = QShortcut(QKeySequence("Escape"), view)
        self._escape.setEnabled(False)
        self._escape.activated.connect(self.cancel)
        self._escape.activatedAmbiguously.connect(self.cancel)
        self._hears = {
            QEvent.Type.MouseButtonPress: self._press,
            QEvent.Type.MouseMove: self._move,
            QEvent.Type.MouseButtonRelease: self._release,
            QEvent.Type.MouseButtonDblClick: self._double_click,
            QEvent.Type.Wheel: self._wheel,
            QEvent.Type.ContextMenu: self._menu,
            QEvent.Type.ToolTip: self._tip,
        }
        view.installEventFilter(self)
        view.clips_moved.connect(self.end)

    @property
    def gesture(self) -> "gestures.Gesture | None":
        """Gesture of the pressed button."""
        return self._gesture

    @gesture.setter
    def gesture(self, gesture: "gestures.Gesture | None") -> None:
        self._gesture = gesture
        self.view.dragging = gesture is not None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the view's mouse events while a video is open."""
        hear = self._hears.get(event.type())
        if hear is None or watched is not self.view:
            return False
        if self.session.video is not None:
            self.host.guarded(hear)(event)
        return True

    def under(self, point: QPointF) -> Hit | None:
        """Return the bar under a point of the view."""
        view = self.view
        parts = view.parts
        lane = parts.lane(point.y())
        if lane is None or parts.zone(point.x(), point.y()) != "lanes":
            return None
        split, _ = band_of(PREDICTION, parts.top(lane), parts.lane_height)
        kinds = (PREDICTION, LABEL, DENIED, CLIP) if point.y() >= split else (LABEL, DENIED, CLIP, PREDICTION)
        return hit(view.lanes, lane, point.x() - parts.names, view.axis, view.chosen(), kinds)

    def _drawn_in(self, point: QPointF) -> int | None:
        """Return the lane in which a bout can be drawn at a point; None outside, and on the heading of a subject."""
        parts = self.view.parts
        lane = parts.lane(point.y()) if parts.zone(point.x(), point.y()) == "lanes" else None
        return None if lane is None or self.view.lanes.is_heading(lane) else lane

    def end(self) -> None:
        """Forget the gesture."""
        self.gesture = None
        self._escape.setEnabled(False)
        self.host.keyboard.set_cancellable(False)

    def cancel(self) -> None:
        """Cancel the gesture without changes."""
        if self.gesture is not None:
            gesture = self.gesture
            self.end()
            gesture.cancel()

    def _begin(self, gesture: gestures.Gesture, button: Qt.MouseButton = LEFT) -> None:
        self.gesture, self._button = gesture, button
        self._escape.setEnabled(True)
        self.host.keyboard.set_cancellable(True)
        QToolTip.hideText()

    def _press(self, event: QMouseEvent) -> None:
        if self.gesture is not None:
            return
        view, point, held = self.view, event.position(), event.modifiers()
        parts = view.parts
        x, zone = point.x() - parts.names, parts.zone(point.x(), point.y())
        if event.button() == MIDDLE:
            self._begin(gestures.Panning(view, x), MIDDLE)
        elif event.button() != LEFT or zone == "names":
            return
        elif zone == "overview":
            self._begin(gestures.Overview(view, x))
        elif zone in ("ruler", "sound", "weights"):
            self._begin(gestures.Seeking(view, x))
        elif (found := self.under(point)) is not None and not held & Qt.KeyboardModifier.AltModifier:
            self._press_bar(found, held, x)
        elif held & DRAWS and (lane := self._drawn_in(point)) is not None:
            self._begin(gestures.Drawing(view, lane, x))
        else:
            self._begin(gestures.Seeking(view, x))

    def _press_bar(self, found: Hit, held: Qt.KeyboardModifier, x: float) -> None:
        clip, chosen = self.view.lanes.rows[found.row].id, self.session.selection
        if held & ADDS:
            self._select(chosen.toggled(clip))
            return
        if clip not in chosen or found.part == "body":
            self._select([clip])
        if found.part != "body":
            self._begin(gestures.MovingEdge(self.view, found.row, found.part, x))

    def _select(self, clip_ids) -> None:
        self.session.select(clip_ids, seen=self.session.in_open_video)

    def _move(self, event: QMouseEvent) -> None:
        if self.gesture is not None:
            self.gesture.move(event.position().x() - self.view.parts.names)
            return
        point = event.position()
        found = self.under(point)
        shape = Qt.CursorShape.ArrowCursor
        if found is not None:
            body = found.part == "body"
            shape = Qt.CursorShape.PointingHandCursor if body else Qt.CursorShape.SizeHorCursor
        elif event.modifiers() & DRAWS and self._drawn_in(point) is not None:
            shape = Qt.CursorShape.CrossCursor
        self.view.setCursor(shape)

    def _release(self, event: QMouseEvent) -> None:
        if self.gesture is not None and event.button() == self._button:
            gesture = self.gesture
            self.end()
            gesture.finish()

    def _double_click(self, event: QMouseEvent) -> None:
        found = self.under(event.position())
        if found is None or event.button() != LEFT:
            self._press(event)
            return
        self.end()
        self.session.open_clip(self.view.lanes.rows[found.row].id)
        self.host.player.play()

    def _wheel(self, event) -> None:
        view, turned, point = self.view, event.angleDelta(), event.position()
        event.accept()
        if self.gesture is not None:
            return
        if view.parts.zone(point.x(), point.y()) == "names":
            view.scroll.setValue(view.scroll.value() - round(turned.y() / 120 * view.parts.lane_height))
        elif turned.x() or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            notches = (turned.x() or turned.y()) / 120
            view.show_axis(view.axis.moved(-notches * (view.axis.end - view.axis.begin) / 8))
        else:
            view.zoom(turned.y() / 120, point.x() - view.parts.names)

    def _menu(self, event) -> None:
        if self.gesture is not None:
            return
        point = QPointF(event.pos())
        found = self.under(point)
        if found is None:
            menu = empty_menu(self.view)
        else:
            row = self.view.lanes.rows[found.row]
            if row.id not in self.session.selection:
                self._select([row.id])
            menu = bar_menu(self.view, row, self._action(point))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _tip(self, event) -> None:
        point, words = QPointF(event.pos()), ""
        view, parts = self.view, self.view.parts
        lane = parts.lane(point.y())
        if view.weights is not None and parts.weights_top <= point.y() < parts.head:
            words = weight_words(view.weights, view.axis.position(point.x() - parts.names))
        elif lane is not None and self.gesture is None:
            found = self.under(point)
            if found is not None:
                words = bar_words(self.view.lanes.rows[found.row], found.kind, self._action(point))
            elif self.view.parts.zone(point.x(), point.y()) == "names":
                words = self._action(point) or view.lane_name(lane)
        QToolTip.showText(event.globalPos(), words, self.view)

    def _action(self, point: QPointF) -> str:
        lane, lanes = self.view.parts.lane(point.y()), self.view.lanes
        return lanes.names[lane] if lane is not None and lane < lanes.clips_lane else ""
