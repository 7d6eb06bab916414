"""Region of interest of a clip, or of a subject in a recording: one rectangle over the video, in a layer of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtGui import QKeySequence, QShortcut

from actiondiff_gui.errors import ProjectBusyError, ProjectError
from actiondiff_gui.gui.session import editing
from actiondiff_gui.project.recordings import Box, region

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

    from actiondiff_gui.gui.player.player import Player
    from actiondiff_gui.gui.services.context import WindowContext
    from actiondiff_gui.project.records import Video

LAYER = "region of interest"
COLOUR, SUBJECT_COLOUR = "#F0E442", "#56B4E9"
"""Of the region of a clip, and of that of a subject."""


@dataclass(frozen=True, slots=True)
class _Of:
    """What a box is drawn for: clips, a subject in a recording, or a function that takes it."""

    clips: Sequence[str] = ()
    video: str = ""
    subject: str = ""
    then: Callable[[Box], object] | None = None


class Region(QObject):
    """Shows the region of the current clip, or of the chosen subject, and lets the user draw another one.

    Of the two it is that of what was chosen last, if there is one.

    The layer has two dimensions, so that it lies over every frame of the video, which has three.

    Attributes
    ----------
    drawing : bool
        Whether a box is to be drawn now.
    layer : napari.layers.Shapes or None
        The layer, once it was needed.

    Signals: ``cancellable(bool)`` when Escape begins, or ceases, to cancel the drawing.
    """

    cancellable = Signal(bool)

    def __init__(self, host: "WindowContext", player: "Player") -> None:
        super().__init__(host)
        self.host, self.session, self.player = host, host.session, player
        self.layer = None
        self.drawing = False
        self._of = _Of()
        self._subject_last = False
        self._ours = False
        self._escape = QShortcut(QKeySequence("Escape"), host.window)
        self._escape.setEnabled(False)
        self._escape.activated.connect(self.cancel)
        self._escape.activatedAmbiguously.connect(self.cancel)
        player.moved.connect(self.show)
        self.session.current_changed.connect(self._current_changed)
        self.session.clips_reread.connect(self._clips_reread)
        self.session.subject_changed.connect(self._subject_changed)
        self.session.video_changed.connect(self._video_changed)

    @property
    def viewer(self) -> "Viewer":
        """The viewer that it shows its layer in."""
        return self.host.viewer

    def draw(self) -> None:
        """Let the user draw a box that becomes the region of the chosen clips; asked twice, take the region away.

        Raises
        ------
        ProjectError
            If no clip is open, or no picture of its video is on screen.
        """
        session = self.session
        if session.current is None:
            raise ProjectError(
                "Select a clip first, then draw a box around the area in which the animal stays."
            )
        ids = session.selection if session.current in session.selection else (session.current,)
        self._draw(_Of(ids), "box")

    def draw_of_subject(self) -> None:
        """Let the user draw the region of the chosen subject in the open recording; asked twice, take it away.

        Raises
        ------
        ProjectError
            If no video or subject is chosen, or no picture of the video is on screen.
        """
        session = self.session
        video = session.needed_video()
        if not session.subject:
            raise ProjectError(
                "Choose a subject first, by its key or in the list beside the action keys; then draw its region. "
                "Project menu > Subjects... adds subjects."
            )
        self._draw(_Of(video=video, subject=session.subject), "subject_box")

    def _draw(self, of: _Of, command: str) -> None:
        session = self.session
        if self.drawing:
            again = of == self._of
            self._end()
            if again and self._box_of(of) is not None:
                self._set(of, None)
            self.show()
            if again:
                return
        if why := session.why_no_picture():
            raise ProjectError(why)
        area = f"{of.subject} stays in this recording" if of.subject else "the animal stays"
        self._begin(
            of,
            f"Drag a box around the area in which {area}. Escape cancels; "
            f"{self.host.keys.key(command)} again removes the region.",
        )

    def ask_box(self, words: str, then: Callable[[Box], object]) -> None:
        """Let the user draw a box that changes no region: ``then`` gets its x, y, width and height in pixels of the video.

        Raises
        ------
        ProjectError
            If no picture of a video is on screen.
        """
        if why := self.session.why_no_picture():
            raise ProjectError(why)
        if self.drawing:
            self._end()
        self._begin(_Of(video=self.session.video, then=then), words)

    def _begin(self, of: _Of, words: str) -> None:
        self.player.pause()
        self._of, self.drawing = of, True
        self._set_box(None)
        self.layer.visible = True
        self.layer.mode = "add_rectangle"
        self.viewer.layers.selection.active = self.layer
        self._escape.setEnabled(True)
        self.cancellable.emit(True)
        self.host.tell(words)

    def cancel(self) -> None:
        """Leave the region as it was."""
        if self.drawing:
            asked = self._of.then
            self._end()
            # A box under way is napari's until the button is released, and dropped then.
            if self.layer is not None and self.layer._is_creating:
                self.layer.visible = False
            else:
                self.show()
            self.host.tell("The region is unchanged." if asked is None else "No box was drawn.")

    def show(self) -> None:
        """Show the region of the current clip or of the chosen subject, or nothing where there is none."""
        session = self.session
        if self.drawing or self.host.closed:
            return
        try:
            box, self._of = None, _Of()
            for of in self._candidates():
                if (box := self._box_of(of)) is not None:
                    self._of = of
                    break
        except ProjectBusyError:
            session.changes.look_later("region", self.show)
            return
        if box is None and not self._is_there():
            return
        self._set_box(box)
        self.layer.visible = box is not None
        if self.player.layer is not None:
            self.viewer.layers.selection.active = self.player.layer

    def _candidates(self) -> list[_Of]:
        """Return what the region of may be shown, first what was chosen last."""
        session = self.session
        if session.project is None:
            return []
        row, found = session.current_row, []
        if row is not None and row.has_roi:
            found.append(_Of((row.id,)))
        if session.video is not None and session.subject:
            found.insert(0 if self._subject_last else len(found), _Of((), session.video, session.subject))
        return found

    def _box_of(self, of: _Of) -> Box | None:
        project = self.session.needed()
        if of.subject:
            return region(project, of.video, of.subject)
        boxes = (clip.roi for clip in project.clips(i for i in of.clips if i in self.session.table))
        return next((box for box in boxes if box is not None), None)

    def _set(self, of: _Of, box: Box | None) -> None:
        if of.then is not None:
            self.host.guarded(of.then)(box)
        elif of.subject:
            self.host.guarded(editing.set_subject_region)(self.session, of.video, of.subject, box)
        elif of.clips:
            self.host.guarded(editing.set_roi)(self.session, of.clips, box)

    def close(self) -> None:
        """Stop listening."""
        self._escape.setEnabled(False)
        self.session.subject_changed.disconnect(self._subject_changed)
        self.session.video_changed.disconnect(self._video_changed)
        self.session.current_changed.disconnect(self._current_changed)
        self.session.clips_reread.disconnect(self._clips_reread)

    def _current_changed(self, _: str | None) -> None:
        if self.drawing and self._of.clips and self.session.current not in self._of.clips:
            self._end()
        if self.session.current is not None:
            self._subject_last = False
        self.show()

    def _subject_changed(self) -> None:
        if self.drawing and self._of.subject not in ("", self.session.subject):
            self._end()
        self._subject_last = bool(self.session.subject)
        self.show()

    def _video_changed(self, video_id: str | None) -> None:
        if self.drawing and self._of.video not in ("", video_id):
            self._end()
        self.show()

    def _clips_reread(self, clip_ids: tuple[str, ...] | None) -> None:
        if clip_ids is None or self.session.current in clip_ids or self.session.subject:
            self.show()

    def _end(self) -> None:
        self.drawing = False
        self._escape.setEnabled(False)
        self.cancellable.emit(False)
        if self._is_there():
            self.layer.mode = "pan_zoom"

    def _is_there(self) -> bool:
        return self.layer is not None and self.layer in self.viewer.layers

    def _set_box(self, box: Box | None) -> None:
        video = self.session.videos.get(self.session.video)
        if not self._is_there():
            self.layer = self.viewer.add_shapes(
                name=LAYER, ndim=2, edge_color=COLOUR, face_color="transparent", opacity=0.9
            )
            self.layer.events.data.connect(self._data_changed)
        # Widths are in pixels of the video.
        self.layer.current_edge_width = max(1, round((video.height if video is not None else 480) / 160))
        self._ours = True
        try:
            self.layer.selected_data = set()
            self.layer.data = []
            self.layer.current_edge_color = SUBJECT_COLOUR if self._of.subject else COLOUR
            if box is not None:
                corners = moved(corners_of(box), self.player.layer, self.layer)
                self.layer.add_rectangles(corners, edge_width=self.layer.current_edge_width)
                self.layer.selected_data = set()
        finally:
            self._ours = False

    def _data_changed(self, event) -> None:
        # napari says "added" when the button is released, and goes on with the shape after that.
        if not self._ours and getattr(event.action, "value", "") in ("added", "changed"):
            QTimer.singleShot(0, self._take)

    def _take(self) -> None:
        if self.host.closed or not self._is_there():
            return
        session, of = self.session, self._of
        wanted = (self.drawing or self.layer.visible) and of != _Of()
        box = (
            box_of(moved(self.layer.data[-1], self.layer, self.player.layer), session.videos[session.video])
            if wanted and len(self.layer.data)
            else None
        )
        self._end()
        if box is not None:
            self._set(of, box)
        self.show()


def box_of(corners: np.ndarray, video: "Video") -> Box | None:
    """Return the box x, y, width, height in whole pixels around ``corners`` ``[n, 2]`` (row, column), inside the picture.

    None where nothing of it lies inside, or where it is a mere click.
    """
    # Pixel centres lie at whole numbers, so the box's edges lie half a pixel before and behind them.
    (top, left), (bottom, right) = corners[:, -2:].min(0) + 0.5, corners[:, -2:].max(0) + 0.5
    if bottom - top < 2 or right - left < 2:
        return None
    left, top = max(0, round(left)), max(0, round(top))
    right, bottom = min(video.width, round(right)), min(video.height, round(bottom))
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None


def moved(points: np.ndarray, here: "Layer", there: "Layer | None") -> np.ndarray:
    """Return positions ``[n, 2]`` (row, column) of one layer in the coordinates of another; unchanged where there is none."""
    if there is None or here is None:
        return points
    return np.array([there.world_to_data(here.data_to_world(place))[-2:] for place in points[:, -2:]])


def corners_of(box: Box) -> np.ndarray:
    """Return the corners ``[4, 2]`` (row, column) of a box x, y, width, height, around its pixels."""
    x, y, width, height = box
    top, left, bottom, right = y - 0.5, x - 0.5, y + height - 0.5, x + width - 0.5
    return np.array([[top, left], [top, right], [bottom, right], [bottom, left]])
