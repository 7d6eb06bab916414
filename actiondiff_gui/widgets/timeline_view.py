"""How is a recording seen and edited on a timeline? Follows the session, and turns the mouse into its changes.

What does not change while a video plays is painted once into a picture; only the cursor, and bouts that are
not ended yet, are painted over it at every frame.
"""

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFontMetrics, QKeySequence, QMouseEvent, QPainter, QPen, QPixmap, QShortcut
from qtpy.QtWidgets import QScrollBar, QToolTip, QWidget

from actiondiff_gui.session.commands import ACTION_KEYS
from actiondiff_gui.session.lanes import CLIP, DENIED, LABEL, PREDICTION, Hit, Lanes, Places, hit
from actiondiff_gui.session.time_axis import TimeAxis, clock
from actiondiff_gui.widgets import timeline_gestures as gestures
from actiondiff_gui.widgets.timeline_menu import bar_menu, bar_words, empty_menu
from actiondiff_gui.widgets.timeline_painter import (
    Look,
    Scene,
    band_of,
    lane_colours,
    overview_picture,
    paint,
    small,
)

if TYPE_CHECKING:
    from actiondiff_gui.widgets.host import Host

EMPTY = "Choose a clip, and its video lies here with everything said of it."
HOW = "Shift and drag to mark a bout, or press an action's key where it begins."
ZOOM = 0.8
NARROWEST, WIDEST = 76, 150
"""Pixels for the names of the lanes."""


class TimelineView(QWidget):
    """Lanes of the session's video, with ruler, cursor and overview."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.axis = TimeAxis.whole(1, 1)
        self.gesture: gestures.Gesture | None = None
        self._lanes = Lanes.of((), ())
        self._moved: tuple[int, int, int] | None = None
        self._draft: tuple[int, int, int] | None = None
        self._stale: set[str] | None = None
        self._picture: QPixmap | None = None
        self._small: tuple[tuple, np.ndarray] | None = None
        self._button = Qt.MouseButton.NoButton
        self._cursor_at = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(240, 74)
        self.scroll = QScrollBar(Qt.Orientation.Vertical, self)
        self.scroll.hide()
        self.scroll.valueChanged.connect(self.repaint_all)
        self._escape = QShortcut(QKeySequence("Escape"), self)
        self._escape.setEnabled(False)
        self._escape.activated.connect(self.cancel)
        self._escape.activatedAmbiguously.connect(self.cancel)
        session = self.session
        session.video_changed.connect(self._video_changed)
        session.clips_changed.connect(self._clips_changed)
        session.actions_changed.connect(self._actions_changed)
        session.selection_changed.connect(self._marks_changed)
        session.current_changed.connect(self._marks_changed)
        session.frame_changed.connect(self._frame_changed)
        session.bouts_changed.connect(self.repaint_all)
        host.keyboard.changed.connect(self.repaint_all)
        host.viewer.events.theme.connect(self._theme_changed)
        self._video_changed(session.video)

    def sizeHint(self) -> QSize:
        """Room for a few lanes."""
        return QSize(800, 150)

    # What is shown

    @property
    def lanes(self) -> Lanes:
        """The lanes as they are now, laid out again where clips changed since they were last asked for."""
        if self._stale is None:
            rows = self.session.table.of_video(self.session.video) if self.session.video else ()
            self._lanes = Lanes.of(rows, (action.name for action in self.session.actions))
        elif self._stale:
            rows = [self.session.table.get(clip) for clip in self._stale]
            self._lanes = self._lanes.updated(row for row in rows if row is not None)
        self._stale = set()
        return self._lanes

    @property
    def places(self) -> Places:
        """Where everything lies."""
        return Places(
            self.axis.width + self._names_width,
            self.height(),
            self._names_width,
            len(self.lanes),
            self.scroll.value(),
        )

    @property
    def fps(self) -> float:
        """Frames per second of the video."""
        return self.host.player.fps

    def scene(self) -> Scene:
        """Everything to be painted but the cursor."""
        lanes = self.lanes
        if self._moved is not None:
            lanes = lanes.moved(*self._moved)
        colours = lane_colours(lanes, self.session.colour_of)
        return Scene(
            lanes,
            self.axis,
            self.places,
            Look.of(self.host.viewer),
            colours,
            self._lane_names(),
            self.fps,
            self.chosen(),
            lanes.places.get(self.session.current, -1),
            self._overview(self.lanes, colours),
        )

    def _overview(self, lanes: Lanes, colours: list[str]) -> np.ndarray:
        made_of = (lanes, self.axis.count, self.axis.width, tuple(colours))
        if self._small is None or self._small[0] != made_of:
            self._small = (made_of, overview_picture(*made_of))
        return self._small[1]

    def chosen(self) -> np.ndarray:
        """Which of the video's clips are selected, ``[rows]``."""
        lanes = self.lanes
        mask = np.zeros(len(lanes.rows), bool)
        mask[[lanes.places[clip] for clip in self.session.selection if clip in lanes.places]] = True
        return mask

    def _lane_names(self) -> list[str]:
        key = self.host.keys.key
        names = [
            f"{key(f'action_{n}')}  {name}" if n <= ACTION_KEYS else name
            for n, name in enumerate(self.lanes.names, 1)
        ]
        return [*names, "no label"]

    def show_axis(self, axis: TimeAxis) -> None:
        """Show another stretch."""
        if axis != self.axis:
            self.axis = axis
            self.repaint_all()

    def fit(self) -> None:
        """Show the whole video."""
        self.show_axis(self.axis.fitted())

    def zoom(self, steps: float, x: float | None = None) -> None:
        """Zoom in (above 0) or out, at a pixel of the lanes, or at the cursor where it is visible."""
        if x is None:
            at = self.axis.x(self.session.frame + 0.5)
            x = at if 0 <= at <= self.axis.width else self.axis.width / 2
        self.show_axis(self.axis.zoomed(ZOOM**steps, x))

    def show_clip(self, clip_id: str | None) -> None:
        """Zoom to a clip of this video."""
        row = self.session.table.get(clip_id)
        if row is not None and row.video_id == self.session.video:
            self.show_axis(self.axis.around(row.start, row.end))

    def show_moved(self, place: int | None, start: int = 0, end: int = 0) -> None:
        """Draw one clip with other edges than it has; None: as they are."""
        self._moved = None if place is None else (place, start, end)
        self.repaint_all()

    def show_draft(self, draft: tuple[int, int, int] | None) -> None:
        """Draw a bout that is not there yet: lane, first frame, and the frame after the last one."""
        self._draft = draft
        self.update()

    def repaint_all(self, *_: object) -> None:
        """Paint everything anew, soon."""
        self._picture = None
        self.update()

    # The session changed

    def _video_changed(self, video_id: str | None) -> None:
        video = self.session.videos.get(video_id)
        self._end_gesture()
        self._stale, self._moved, self._draft = None, None, None
        self.axis = TimeAxis.whole(video.frame_count if video is not None else 1, self.axis.width)
        self._layout()

    def _clips_changed(self, clip_ids: tuple[str, ...] | None) -> None:
        if clip_ids is None:
            self._stale, self._moved = None, None
        elif self._stale is not None:
            self._stale.update(clip for clip in clip_ids if clip in self._lanes.places)
        self._layout()

    def _actions_changed(self) -> None:
        self._clips_changed(None)

    def _marks_changed(self, _: object) -> None:
        self.repaint_all()

    def _theme_changed(self, _: object = None) -> None:
        self.repaint_all()

    def _frame_changed(self, frame: int) -> None:
        if self.gesture is None:
            self.show_axis(self.axis.holding(frame, ahead=self.host.player.playing))
        dirty = self._cursor_box(self._cursor_at).united(self._cursor_box(frame))
        if self.session.open_bouts or dirty.width() < 400:
            self.update(dirty)
        else:
            self.update(self._cursor_box(self._cursor_at))
            self.update(self._cursor_box(frame))
        self._cursor_at = frame

    # Layout and painting

    def _layout(self) -> None:
        metrics = QFontMetrics(self.font())
        wanted = max((metrics.horizontalAdvance(name) for name in self._lane_names()), default=0) + 34
        self._names_width = max(NARROWEST, min(wanted, WIDEST, self.width() // 3))
        places = Places(self.width(), self.height(), self._names_width, len(self.lanes))
        bar = self.scroll.sizeHint().width() if places.hidden and self.session.video else 0
        self.scroll.setVisible(bool(bar))
        self.scroll.setRange(0, places.hidden)
        self.scroll.setPageStep(places.view)
        self.scroll.setSingleStep(places.lane_height)
        self.scroll.setGeometry(self.width() - bar, places.ruler, bar, places.view)
        self.axis = self.axis.resized(self.width() - self._names_width - bar)
        self.repaint_all()

    def resizeEvent(self, event: QEvent) -> None:
        """Keep the visible stretch."""
        self._layout()

    def paintEvent(self, event) -> None:
        """Show the picture, and over it what moves while the video plays."""
        painter = QPainter(self)
        if self.session.video is None:
            look = Look.of(self.host.viewer)
            painter.fillRect(self.rect(), look.back)
            painter.setPen(look.quiet)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, EMPTY)
            return
        if self._picture is None:
            self._picture = self._painted()
        painter.drawPixmap(0, 0, self._picture)
        self._paint_over(painter)

    def _painted(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Look.of(self.host.viewer).back)
        painter = QPainter(picture)
        painter.setFont(self.font())
        scene = self.scene()
        paint(painter, scene)
        if not len(scene.lanes.bars):
            painter.setPen(scene.look.quiet)
            room = QRectF(
                scene.places.names + 12, scene.places.ruler, scene.axis.width - 24, scene.places.view
            )
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, HOW)
        painter.end()
        return picture

    def _paint_over(self, painter: QPainter) -> None:
        look, places, frame = Look.of(self.host.viewer), self.places, self.session.frame
        left, bottom = places.names, places.height - places.overview
        painter.save()
        painter.setClipRect(QRectF(left, places.ruler, self.axis.width, bottom - places.ruler))
        for action, begun in self.session.open_bouts.items():
            if action in self.lanes.names:
                first, last = sorted((begun, frame))
                self._paint_stretch(painter, look, self.lanes.names.index(action), first, last + 1)
        if self._draft is not None:
            self._paint_stretch(painter, look, *self._draft)
        painter.restore()
        if not self.axis.begin <= frame + 0.5 <= self.axis.end:
            return
        x = round(left + self.axis.x(frame + 0.5))
        flag = self._flag(frame)
        if self.axis.scale >= 4:
            glow = QColor(look.mark)
            glow.setAlpha(50)
            painter.fillRect(
                QRectF(left + self.axis.x(frame), places.ruler, self.axis.scale, places.view), glow
            )
        painter.fillRect(QRectF(x, places.ruler - 2, 1, places.height - places.ruler + 2), look.text)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.mark)
        painter.drawRoundedRect(flag, 3, 3)
        painter.setFont(small(self.font()))
        painter.setPen(QColor("white") if look.mark.lightness() < 170 else QColor("black"))
        painter.drawText(flag, Qt.AlignmentFlag.AlignCenter, self._readout(frame))

    def _paint_stretch(self, painter: QPainter, look: Look, lane: int, start: int, end: int) -> None:
        places = self.places
        kind = CLIP if lane == self.lanes.clips_lane else LABEL
        y, height = band_of(kind, places.top(lane), places.lane_height)
        x, to = places.names + self.axis.x(start), places.names + self.axis.x(end)
        box = QRectF(x, y, max(2.0, to - x), height)
        base = QColor(lane_colours(self.lanes, self.session.colour_of)[lane])
        shade = QColor(base)
        shade.setAlpha(140)
        painter.fillRect(box, shade)
        painter.setPen(QPen(base, 1))
        painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))

    def _readout(self, frame: int) -> str:
        return f"{clock(frame / self.fps)}   {frame}"

    def _flag(self, frame: int) -> QRectF:
        width = QFontMetrics(small(self.font())).horizontalAdvance(self._readout(frame)) + 14
        names, right = self._names_width, self._names_width + self.axis.width
        x = names + self.axis.x(frame + 0.5) - width / 2
        return QRectF(round(max(names, min(x, right - width))), 1, width, 17)

    def _cursor_box(self, frame: int) -> QRect:
        begins = list(self.session.open_bouts.values())
        lows = min([frame, *begins])
        highs = max([frame + 1, *(begun + 1 for begun in begins)])
        left = self._names_width + self.axis.x(lows)
        box = QRectF(left - 2, 0, (highs - lows) * self.axis.scale + 4, self.height())
        return box.united(self._flag(frame)).toAlignedRect().adjusted(-2, 0, 2, 0)

    # The mouse

    def under(self, point: QPointF) -> Hit | None:
        """The bar under a point of the widget."""
        places = self.places
        lane = places.lane(point.y())
        if lane is None or places.zone(point.x(), point.y()) != "lanes":
            return None
        split, _ = band_of(PREDICTION, places.top(lane), places.lane_height)
        kinds = (PREDICTION, LABEL, DENIED, CLIP) if point.y() >= split else (LABEL, DENIED, CLIP, PREDICTION)
        return hit(self.lanes, lane, point.x() - places.names, self.axis, self.chosen(), kinds)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a gesture, or select the bar under the pointer."""
        if self.session.video is not None and self.gesture is None:
            self.host.guarded(self._press)(event)

    def _press(self, event: QMouseEvent) -> None:
        point, places = event.position(), self.places
        x, zone = point.x() - places.names, places.zone(point.x(), point.y())
        held = event.modifiers()
        found = self.under(point)
        if event.button() == Qt.MouseButton.MiddleButton:
            self._begin(gestures.Panning(self, x))
            self._button = Qt.MouseButton.MiddleButton
        elif event.button() != Qt.MouseButton.LeftButton or zone == "names":
            return
        elif zone == "overview":
            self._begin(gestures.Overview(self, x))
        elif zone == "ruler":
            self._begin(gestures.Seeking(self, x))
        elif found is not None and not held & Qt.KeyboardModifier.AltModifier:
            self._press_bar(found, held)
        elif held & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier):
            lane = places.lane(point.y())
            if lane is not None:
                self._begin(gestures.Drawing(self, lane, x))
        else:
            self._begin(gestures.Seeking(self, x))

    def _press_bar(self, found: Hit, held: Qt.KeyboardModifier) -> None:
        clip = self.lanes.rows[found.row].id
        if held & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier):
            kept = tuple(i for i in self.session.selection if i != clip)
            self.session.select(kept if clip in self.session.selection else (*kept, clip))
            return
        if clip not in self.session.selection or found.part == "body":
            self.session.select([clip])
        if found.part != "body":
            self._begin(gestures.MovingEdge(self, found.row, found.part))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the gesture, or show what a press would do."""
        if self.gesture is not None:
            self.host.guarded(self.gesture.move)(event.position().x() - self._names_width)
        elif self.session.video is not None:
            self._show_pointer(event)

    def _show_pointer(self, event: QMouseEvent) -> None:
        point = event.position()
        zone, found = self.places.zone(point.x(), point.y()), self.under(point)
        shape = Qt.CursorShape.ArrowCursor
        if found is not None:
            shape = (
                Qt.CursorShape.PointingHandCursor if found.part == "body" else Qt.CursorShape.SizeHorCursor
            )
        elif zone == "lanes" and event.modifiers() & (
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier
        ):
            shape = Qt.CursorShape.CrossCursor
        self.setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the gesture and keep what it did."""
        if self.gesture is not None and event.button() == self._button:
            gesture = self.gesture
            self._end_gesture()
            self.host.guarded(gesture.finish)()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Play the clip under the pointer in a loop."""
        found = self.under(event.position()) if self.session.video is not None else None
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self._end_gesture()
            self.session.open_clip(self.lanes.rows[found.row].id)
            self.host.player.play()
        else:
            self.mousePressEvent(event)

    def _begin(self, gesture: gestures.Gesture) -> None:
        self.gesture, self._button = gesture, Qt.MouseButton.LeftButton
        self._escape.setEnabled(True)
        QToolTip.hideText()

    def _end_gesture(self) -> None:
        self.gesture = None
        self._escape.setEnabled(False)

    def cancel(self) -> None:
        """Give up the gesture; nothing of it is kept."""
        if self.gesture is not None:
            gesture = self.gesture
            self._end_gesture()
            gesture.cancel()

    def wheelEvent(self, event) -> None:
        """Zoom at the pointer; pan with Shift or sideways; over the names scroll the lanes."""
        event.accept()
        if self.session.video is None or self.gesture is not None:
            return
        turned, point = event.angleDelta(), event.position()
        if self.places.zone(point.x(), point.y()) == "names":
            self.scroll.setValue(self.scroll.value() - round(turned.y() / 120 * self.places.lane_height))
        elif turned.x() or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            notches = (turned.x() or turned.y()) / 120
            self.show_axis(self.axis.moved(-notches * (self.axis.end - self.axis.begin) / 8))
        else:
            self.zoom(turned.y() / 120, point.x() - self._names_width)

    def contextMenuEvent(self, event) -> None:
        """Offer what can be done with the clip under the pointer."""
        if self.session.video is None or self.gesture is not None:
            return
        found = self.under(QPointF(event.pos()))
        if found is None:
            menu = empty_menu(self)
        else:
            row = self.lanes.rows[found.row]
            if row.id not in self.session.selection:
                self.session.select([row.id])
            lane = self.places.lane(event.pos().y())
            menu = bar_menu(self, row, self.lanes.names[lane] if lane < self.lanes.clips_lane else "")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def event(self, event: QEvent) -> bool:
        """Tell of the bar under the pointer what it is."""
        if event.type() == QEvent.Type.ToolTip:
            point = QPointF(event.pos())
            found = self.under(point) if self.session.video is not None and self.gesture is None else None
            words = self._name_words(point)
            if found is not None:
                lane = self.places.lane(point.y())
                row = self.lanes.rows[found.row]
                words = bar_words(
                    row, found.kind, self.lanes.names[lane] if lane < self.lanes.clips_lane else ""
                )
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def _name_words(self, point: QPointF) -> str:
        lane = self.places.lane(point.y())
        if self.session.video is None or lane is None or self.places.zone(point.x(), point.y()) != "names":
            return ""
        return self.lanes.names[lane] if lane < self.lanes.clips_lane else "Clips that nobody labelled yet"
