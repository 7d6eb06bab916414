"""Drags on the timeline: one object per gesture, from the press of the button to its release."""

from typing import TYPE_CHECKING

from actiondiff_gui.gui.session import editing

if TYPE_CHECKING:
    from actiondiff_gui.gui.timeline.view import TimelineView

LEAST = 3
"""Pixels that the pointer moves before a press counts as a drag that changes something."""


class Seeking:
    """Drag that shows the frame under the pointer."""

    def __init__(self, view: "TimelineView", x: float) -> None:
        self.view = view
        self.move(x)

    def move(self, x: float) -> None:
        """Show the frame under the pointer."""
        self.view.session.seek(self.view.axis.frame(x))

    def finish(self) -> None:
        """Keep the frame that is shown."""

    def cancel(self) -> None:
        """Keep the frame that is shown."""


class MovingEdge:
    """Drag of one edge of a clip, while the video shows the frame at it; stored once, at release."""

    def __init__(self, view: "TimelineView", index: int, edge: str, x: float) -> None:
        self.view, self.index, self.edge = view, index, edge
        self.row = view.lanes.rows[index]
        self.start, self.end = self.row.start, self.row.end
        self.frame = view.session.frame
        self.pressed, self.moving = x, False
        # The edge keeps its distance to the pointer.
        self.beside = x - view.axis.x(self.start if edge == "start" else self.end)

    def move(self, x: float) -> None:
        """Draw the clip with the edge here."""
        if not self.moving and abs(x - self.pressed) < LEAST:
            return
        self.moving = True
        self.view.host.player.pause()
        border = self.view.axis.border(x - self.beside)
        if self.edge == "start":
            self.start = min(border, self.row.end - 1)
        else:
            self.end = max(border, self.row.start + 1)
        self.view.show_moved(self.index, self.start, self.end)
        self.view.session.seek(self.start if self.edge == "start" else self.end - 1)

    def finish(self) -> None:
        """Keep the edge, as one step that can be undone."""
        session = self.view.session
        self.view.show_moved(None)
        if (self.start, self.end) != (self.row.start, self.row.end):
            editing.set_edges(session, self.row.id, start=self.start, end=self.end)

    def cancel(self) -> None:
        """Leave the clip as it was, and go back to the frame that was shown."""
        self.view.show_moved(None)
        self.view.session.seek(self.frame)


class Drawing:
    """Drag that draws a new bout in a lane, or a clip in the lane of unlabelled ones; stored at release."""

    def __init__(self, view: "TimelineView", lane: int, x: float) -> None:
        self.view, self.lane = view, lane
        self.first = self.last = view.axis.frame(x)
        self.frame = view.session.frame
        self.pressed, self.moving = x, False

    def move(self, x: float) -> None:
        """Let the bout reach to here."""
        if not self.moving and abs(x - self.pressed) < LEAST:
            return
        self.moving = True
        self.view.host.player.pause()
        self.last = self.view.axis.frame(x)
        self.view.show_draft((self.lane, *self.stretch))
        self.view.session.seek(self.last)

    @property
    def stretch(self) -> tuple[int, int]:
        """First frame, and the frame after the last one."""
        first, last = sorted((self.first, self.last))
        return first, last + 1

    def finish(self) -> None:
        """Add the clip, if the pointer was moved at all."""
        view = self.view
        view.show_draft(None)
        if not self.moving:
            return
        lanes = view.lanes
        if self.lane < lanes.clips_lane:
            editing.add_bout(
                view.session, lanes.names[self.lane], *self.stretch, subject=lanes.subjects[self.lane]
            )
        else:
            editing.add_clip(view.session, *self.stretch)

    def cancel(self) -> None:
        """Add nothing, and go back to the frame that was shown."""
        self.view.show_draft(None)
        self.view.session.seek(self.frame)


class Panning:
    """Drag that moves the visible range."""

    def __init__(self, view: "TimelineView", x: float) -> None:
        self.view, self.x, self.axis = view, x, view.axis

    def move(self, x: float) -> None:
        """Move what is visible as far as the pointer."""
        self.view.show_axis(self.axis.moved((self.x - x) / self.axis.scale))

    def finish(self) -> None:
        """Keep the visible range."""

    def cancel(self) -> None:
        """Restore the visible range."""
        self.view.show_axis(self.axis)


class Overview:
    """Drag on the overview that centres the visible range at the pointer."""

    def __init__(self, view: "TimelineView", x: float) -> None:
        self.view, self.axis = view, view.axis
        self.move(x)

    def move(self, x: float) -> None:
        """Show what lies around here."""
        axis = self.view.axis
        span = axis.end - axis.begin
        self.view.show_axis(axis.spanning(x / axis.width * axis.count - span / 2, span))

    def finish(self) -> None:
        """Keep the visible range."""

    def cancel(self) -> None:
        """Restore the visible range."""
        self.view.show_axis(self.axis)


Gesture = Seeking | MovingEdge | Drawing | Panning | Overview
