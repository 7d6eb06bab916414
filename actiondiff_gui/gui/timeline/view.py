"""Timeline widget: follows the session and shows one recording.

What does not change while a video plays is painted once into a picture; only the cursor, and bouts that are
not ended yet, are painted over it at every frame. Changes are laid out once, when the layout is asked for or painted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, QLineF, QRect, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap
from qtpy.QtWidgets import QScrollBar, QWidget

from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.session.frame_weights import FrameWeights
from actiondiff_gui.gui.session.subjects import subjects
from actiondiff_gui.gui.timeline.bout_drawing import band_of
from actiondiff_gui.gui.timeline.cursor import flag, paint_cursor
from actiondiff_gui.gui.timeline.painter import overview_picture, paint
from actiondiff_gui.gui.timeline.scene import Scene, TimelineStyle, lane_colours
from actiondiff_gui.gui.timeline.sound_lane import SOUND_HEIGHT
from actiondiff_gui.gui.timeline.state.arrangement import Arrangement, Wanted
from actiondiff_gui.gui.timeline.state.lane_geometry import TimelineLayout
from actiondiff_gui.gui.timeline.state.lanes import CLIP, LABEL, PREDICTION, Lanes
from actiondiff_gui.gui.timeline.state.time_axis import TimeAxis, clock
from actiondiff_gui.gui.timeline.weights import HEIGHT
from actiondiff_gui.video.sound import Waveform

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

EMPTY = "Select a clip to see its video's labels and predictions."
HOW = "Shift-drag to mark a bout, or press an action's key at its start."
ZOOM = 0.8
NARROWEST, WIDEST = 76, 150
"""Pixels for the names of the lanes."""


class TimelineView(QWidget):
    """Lanes of the session's video, with ruler, cursor and overview.

    Attributes
    ----------
    dragging : bool
        Whether a drag goes on; the view then stays where it is.

    Signals: ``clips_moved`` when another clip may lie under the pointer now, so that no drag can go on.
    """

    clips_moved = Signal()

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.axis = TimeAxis.whole(1, 1)
        self._arrangement = Arrangement()
        self._moved: tuple[int, int, int] | None = None
        self._draft: tuple[int, int, int] | None = None
        self._stale: set[str] | None = None
        """Clips to lay out again; None: all."""
        self._parts: TimelineLayout | None = None
        """The layout without scrolling; None where something has changed since."""
        self.collapsing = not host.session.preferences.get("empty_lanes")
        self.by_subject = bool(host.session.preferences.get("lanes_by_subject"))
        self.with_waveform = not host.session.preferences.get("no_waveform")
        self._marks: list[int] | None = None
        self._picture: QPixmap | None = None
        self._small: tuple[tuple, np.ndarray] | None = None
        self._cursor_at = 0
        self.dragging = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(240, 74)
        self.scroll = QScrollBar(Qt.Orientation.Vertical, self)
        self.scroll.hide()
        self.scroll.valueChanged.connect(self.repaint_all)
        session = self.session
        host.keyboard.changed.connect(self.repaint_all)
        host.sound.changed.connect(self._sound_changed)
        listen(
            self,
            (session.video_changed, self._video_changed),
            (session.clips_changed, self._clips_changed),
            (session.actions_changed, self._clips_changed),
            (session.selection_changed, self._selection_changed),
            (session.current_changed, self.repaint_all),
            (session.frame_changed, self._frame_changed),
            (session.bouts_changed, self._bouts_changed),
            (session.subject_changed, self._subject_changed),
            (session.marks_changed, self._marks_changed),
            (session.weights_changed, self._room_changed),
            (host.viewer.events.theme, self.repaint_all),
        )
        self._video_changed(session.video)

    def sizeHint(self) -> QSize:
        """Leave room for a few lanes."""
        return QSize(800, 150)

    # What is shown

    @property
    def lanes(self) -> Lanes:
        """Present lanes, laid out again where something has changed."""
        if self._parts is None:
            self._lay_out()
        return self._arrangement.lanes

    @property
    def parts(self) -> TimelineLayout:
        """Present layout, made again where something has changed."""
        return replace(self._parts or self._lay_out(), scrolled=self.scroll.value())

    def _lay_out(self) -> TimelineLayout:
        """Lay out what has changed, and fit the names, the scroll bar and the axis to it."""
        kept = self._arrangement
        fresh = self.session.table.known(self._stale or ())
        if self._stale is None or (fresh and not kept.update(fresh)):
            self._arrange()
        self._stale = set()
        parts = self._layout_of(len(kept.lanes), kept.lanes.bars.has(PREDICTION))
        wanted = max(map(QFontMetrics(self.font()).horizontalAdvance, self._lane_names(kept.lanes))) + 34
        parts.names = max(NARROWEST, min(wanted, WIDEST, self.width() // 3))
        bar = self.scroll.sizeHint().width() if parts.hidden and self.session.video else 0
        self.axis = self.axis.resized(self.width() - parts.names - bar)
        parts.width = parts.names + self.axis.width
        self._parts = parts
        self.scroll.setVisible(bool(bar))
        self.scroll.setRange(0, parts.hidden)
        self.scroll.setPageStep(parts.view)
        self.scroll.setSingleStep(parts.lane_height)
        self.scroll.setGeometry(self.width() - bar, parts.head, bar, parts.view)
        return parts

    def _arrange(self) -> None:
        """Find the lanes of the video's clips."""
        session = self.session
        rows = session.table.of_video(session.video) if session.video else []
        whose = None
        if self.by_subject:
            whose = [each.name for each in subjects(session)]
            if not whose or not session.subject or any(not row.subject for row in rows):
                whose.append("")
        actions = tuple(action.name for action in session.actions)
        wanted = Wanted(session.video, actions, None if whose is None else tuple(whose), self.collapsing)
        predicted = any(row.prediction for row in rows)
        self._arrangement.lay_out(
            rows, wanted, self._begun(), lambda lanes: self._layout_of(lanes, predicted).hidden
        )

    def _layout_of(self, lanes: int, predicted: bool) -> TimelineLayout:
        """Return the layout of a number of lanes in the whole widget, with the narrowest names."""
        return TimelineLayout(
            self.width(),
            self.height(),
            NARROWEST,
            lanes,
            weights=HEIGHT if self.weights is not None else 0,
            predicted=predicted,
            sound=SOUND_HEIGHT if self.waveform is not None else 0,
        )

    def _begun(self) -> set[tuple[str, str]]:
        """Return actions and subject of the bouts that are open."""
        return {(action, self.session.subject) for action in self.session.open_bouts}

    def set_collapsing(self, on: bool) -> None:
        """Hide the lanes of actions without bouts where not all fit; remembered on this computer."""
        self.collapsing = on
        self.session.preferences.set("empty_lanes", None if on else True)
        self._clips_changed()

    def set_by_subject(self, on: bool) -> None:
        """Show each subject's bouts in lanes of their own, or those of all together; remembered on this computer."""
        self.by_subject = on
        self.session.preferences.set("lanes_by_subject", True if on else None)
        self._clips_changed()

    def _subject_changed(self) -> None:
        if self.by_subject:
            self._clips_changed()

    def _bouts_changed(self) -> None:
        if self._arrangement.shows(self._begun()):
            self.repaint_all()
        else:
            self._clips_changed()

    def _selection_changed(self, clip_ids: Sequence[str]) -> None:
        """Scroll to the lane of the only selected clip."""
        lanes = self.lanes
        place = lanes.index_of.get(clip_ids[0]) if len(clip_ids) == 1 else None
        if place is not None and self.scroll.isVisible():
            mine = lanes.bars.lane[lanes.bars.row == place]
            if len(mine):
                parts, lane = self.parts, int(mine.min())
                top = lane * parts.lane_height
                if not self.scroll.value() <= top <= self.scroll.value() + parts.view - parts.lane_height:
                    self.scroll.setValue(top - (parts.view - parts.lane_height) // 2)
        self.repaint_all()

    @property
    def weights(self) -> FrameWeights | None:
        """Frame weights of a clip of this video, where they were asked for."""
        weights = self.session.frame_weights
        return weights if weights is not None and weights.video == self.session.video else None

    @property
    def waveform(self) -> Waveform | None:
        """Waveform of the recording, where it has sound and its lane is not hidden."""
        return self.host.sound.waveform if self.with_waveform else None

    def set_waveform(self, on: bool) -> None:
        """Show the waveform of recordings with sound, or hide it; remembered on this computer."""
        self.with_waveform = on
        self.session.preferences.set("no_waveform", None if on else True)
        self._clips_changed()

    @property
    def fps(self) -> float:
        """Frames per second of the video."""
        return self.host.player.fps

    def scene(self) -> Scene:
        """Return everything to paint except the cursor."""
        lanes = self.lanes
        if self._moved is not None:
            lanes = lanes.moved(*self._moved)
        colours = lane_colours(lanes, self.session.colour_of)
        return Scene(
            lanes,
            self.axis,
            self.parts,
            TimelineStyle.of(self.host.viewer),
            colours,
            self._lane_names(self.lanes),
            self.fps,
            self.chosen(),
            lanes.index_of.get(self.session.current, -1),
            self._overview(self.lanes, colours),
            self.weights,
            self.waveform,
        )

    def _overview(self, lanes: Lanes, colours: list[str]) -> np.ndarray:
        made_of = (lanes, self.axis.count, self.axis.width, tuple(colours))
        if self._small is None or self._small[0] != made_of:
            self._small = (made_of, overview_picture(*made_of))
        return self._small[1]

    def chosen(self) -> np.ndarray:
        """Return which of the video's clips are selected, ``[rows]``."""
        return self.session.selection.have([row.id for row in self.lanes.rows])

    def _lane_names(self, lanes: Lanes) -> list[str]:
        keys = self.host.keyboard.action_keys
        names = [
            f"{keys[name]}  {name}" if name in keys else name or subject or "no subject"
            for name, subject in zip(lanes.names, lanes.subjects, strict=True)
        ]
        return [*names, "no label"]

    def lane_name(self, lane: int) -> str:
        """Return what stands at the left of a lane, without its key."""
        lanes = self.lanes
        if lane >= lanes.clips_lane:
            return "Unlabelled clips"
        return lanes.names[lane] or lanes.subjects[lane] or "no subject"

    def show_axis(self, axis: TimeAxis) -> None:
        """Show another range."""
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
        """Draw one clip with edges that are being dragged; None: with its own."""
        self._moved = None if place is None else (place, start, end)
        self.repaint_all()

    def show_draft(self, draft: tuple[int, int, int] | None) -> None:
        """Draw a bout that is being drawn: lane, first frame, and the frame after the last one."""
        self._draft = draft
        self.update()

    def repaint_all(self, *_: object) -> None:
        """Schedule a full repaint."""
        self._picture = None
        self.update()

    # The session changed

    def _video_changed(self, video_id: str | None) -> None:
        video = self.session.videos.get(video_id)
        self._marks = None
        self.axis = TimeAxis.whole(video.frame_count if video is not None else 1, self.axis.width)
        self._clips_changed()

    def _clips_changed(self, clip_ids: Iterable[str] | None = None) -> None:
        if clip_ids is None:
            # Indices of clips have changed.
            self.clips_moved.emit()
            self._stale, self._moved, self._draft = None, None, None
        elif self._stale is not None:
            self._stale.update(clip for clip in clip_ids if clip in self._arrangement.lanes.index_of)
        self._parts = None
        self.repaint_all()

    def _sound_changed(self) -> None:
        if self._parts is None or bool(self._parts.sound) != (self.waveform is not None):
            self._clips_changed()

    def _room_changed(self) -> None:
        self._stale = self._parts = None
        self.repaint_all()

    def _frame_changed(self, frame: int) -> None:
        if not self.dragging:
            self.show_axis(self.axis.holding(frame, ahead=self.host.player.playing))
        dirty = self._cursor_box(self._cursor_at).united(self._cursor_box(frame))
        if self.session.open_bouts or dirty.width() < 400:
            self.update(dirty)
        else:
            self.update(self._cursor_box(self._cursor_at))
            self.update(self._cursor_box(frame))
        self._cursor_at = frame

    # Painting

    def resizeEvent(self, event: QEvent) -> None:
        """Keep the visible range."""
        self._room_changed()

    def paintEvent(self, event) -> None:
        """Show the cached picture, and over it the parts that move during playback."""
        if self._parts is None:
            self._lay_out()
        painter = QPainter(self)
        if self.session.video is None:
            style = TimelineStyle.of(self.host.viewer)
            painter.fillRect(self.rect(), style.back)
            painter.setPen(style.quiet)
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
        picture.fill(TimelineStyle.of(self.host.viewer).back)
        painter = QPainter(picture)
        painter.setFont(self.font())
        scene = self.scene()
        paint(painter, scene)
        if not len(scene.lanes.bars):
            painter.setPen(scene.style.quiet)
            room = QRectF(scene.parts.names + 12, scene.parts.head, scene.axis.width - 24, scene.parts.view)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, HOW)
        painter.end()
        return picture

    def _paint_over(self, painter: QPainter) -> None:
        style, parts, frame = TimelineStyle.of(self.host.viewer), self.parts, self.session.frame
        bottom = parts.height - parts.overview
        painter.save()
        painter.setClipRect(QRectF(parts.names, parts.head, self.axis.width, bottom - parts.head))
        for action, begun in self.session.open_bouts.items():
            lane = self.lanes.lane_of(action, self.session.subject)
            if lane is not None:
                first, last = sorted((begun, frame))
                self._paint_stretch(painter, style, lane, first, last + 1)
        if self._draft is not None:
            self._paint_stretch(painter, style, *self._draft)
        painter.restore()
        self._paint_marks(painter, style)
        paint_cursor(painter, style, parts, self.axis, frame, self._readout(frame))

    def _paint_marks(self, painter: QPainter, style: TimelineStyle) -> None:
        """Draw the looped range as a line on the ruler, and bookmarks as small flags."""
        parts, axis = self.parts, self.axis
        painter.save()
        painter.setClipRect(QRectF(parts.names, 0, axis.width, parts.ruler))
        if self.session.loop_range is not None:
            first, last = self.session.loop_range
            left, right = parts.names + axis.x(first), parts.names + axis.x(last + 1)
            painter.fillRect(QRectF(left, parts.ruler - 4, max(2.0, right - left), 3), style.text)
        painter.setPen(QPen(style.text, 1.5))
        for frame in self._bookmarks():
            x = parts.names + axis.x(frame + 0.5)
            painter.drawLine(QLineF(x, 1, x, parts.ruler - 1))
            painter.fillRect(QRectF(x, 1, 6, 5), style.text)
        painter.restore()

    def _bookmarks(self) -> list[int]:
        if self._marks is None:
            self._marks = self.session.bookmarks
        return self._marks

    def _marks_changed(self) -> None:
        self._marks = None
        self.update()

    def _paint_stretch(
        self, painter: QPainter, style: TimelineStyle, lane: int, start: int, end: int
    ) -> None:
        parts = self.parts
        kind = CLIP if lane == self.lanes.clips_lane else LABEL
        y, height = band_of(kind, parts.top(lane), parts.lane_height)
        x, to = parts.names + self.axis.x(start), parts.names + self.axis.x(end)
        box = QRectF(x, y, max(2.0, to - x), height)
        base = QColor(lane_colours(self.lanes, self.session.colour_of)[lane])
        shade = QColor(base)
        shade.setAlpha(140)
        painter.fillRect(box, shade)
        painter.setPen(QPen(base, 1))
        painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))

    def _readout(self, frame: int) -> str:
        return f"{clock(frame / self.fps)}   {frame}"

    def _cursor_box(self, frame: int) -> QRect:
        parts, begun = self.parts, self.session.open_bouts.values()
        first, last = min([frame, *begun]), max([frame, *begun])
        left = parts.names + self.axis.x(first)
        box = QRectF(left - 2, 0, (last + 1 - first) * self.axis.scale + 4, self.height())
        cut = box.intersected(QRectF(self.rect()))
        readout = flag(self.font(), parts, self.axis, frame, self._readout(frame))
        return cut.united(readout).toAlignedRect().adjusted(-2, 0, 2, 0)
