"""Second view of a recording: another video of the same time, beside the first one and in step with it."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QPushButton,
)

from actiondiff_gui.errors import ActionDiffError, ProjectBusyError, ProjectError
from actiondiff_gui.gui.common.garbage import quick_removal
from actiondiff_gui.gui.player.video_axes import MOST_AT_ONCE, ShownVideo
from actiondiff_gui.project.recordings import MOST_OFFSET, SecondView, second_view, set_second_view
from actiondiff_gui.video.frame_index import FrameIndex
from actiondiff_gui.video.indexing import index_job
from actiondiff_gui.video.reader import VideoReader

if TYPE_CHECKING:
    from actiondiff_gui.gui.player.player import Player
    from actiondiff_gui.gui.services.context import WindowContext
    from actiondiff_gui.gui.session.session import Session

GAP = 0.02
"""Space between both videos, as a share of the first one's width."""


def frames_beside(first: FrameIndex, second: FrameIndex, offset: float) -> npt.NDArray[np.int64]:
    """Return for each frame of the first video the one of the second that is shown at its time, -1 where there is none.

    Parameters
    ----------
    first, second : FrameIndex
        Of N and M frames.
    offset : float
        Seconds by which the second began later.

    Returns
    -------
    ndarray
        ``[N]``: the last frame of the second that has begun by then; its last one lasts as long as its mean frame.
    """
    times = first.timestamps - offset
    shown = second.timestamps
    # Times of both are rounded to the units of their files.
    found = np.searchsorted(shown, times + 1e-3, "right") - 1
    over = times >= shown[-1] + 1.0 / second.fps
    return np.where(over, -1, found).astype(np.int64)


class BesideVideo(ShownVideo):
    """The frames of a second video at the numbers of the first; black where it has none.

    Parameters
    ----------
    reader : VideoReader
    frames : ndarray
        ``[N]``: what :func:`frames_beside` returned.
    """

    def __init__(self, reader: VideoReader, frames: npt.NDArray[np.int64]) -> None:
        super().__init__(reader)
        self._frames = frames
        self.shape = (len(frames), *self.shape[1:])

    def __getitem__(self, key: Any) -> np.ndarray:
        """Index frames as :class:`ShownVideo` does, by the numbers of the first video."""
        time, rest = self._split(key)
        wanted = self._frames[time]
        if np.ndim(wanted) == 0:
            if wanted < 0:
                return np.zeros(self.shape[1:], np.uint8)[rest]
            return np.asarray(self._reader.view(int(wanted)))[rest]
        if len(wanted) > MOST_AT_ONCE:
            return super().__getitem__(key)
        return np.stack([self[(number, *rest)] for number in np.arange(len(self))[time]])


class Beside(QObject):
    """Shows the second view of the session's video at the right of it.

    Attributes
    ----------
    layer : napari.layers.Image or None
        The layer of the second video while it is shown.

    Signals: ``changed`` when there is another layer, or none.
    """

    changed = Signal()

    def __init__(self, host: "WindowContext", player: "Player") -> None:
        super().__init__(host)
        self.host, self.session, self.player = host, host.session, player
        self.layer: Any = None
        self._reader: VideoReader | None = None
        self._wanted: tuple[str, SecondView] | None = None
        player.changed.connect(self.show)
        player.moved.connect(self._place)
        self.session.clips_reread.connect(self._clips_reread)
        layers = host.viewer.layers.events
        layers.removed.connect(self._layer_removed)
        for event in (layers.inserted, layers.removed):
            event.connect(self._place)

    def show(self) -> None:
        """Show the second view that is chosen for the open recording, or none."""
        session, index = self.session, self.player.index
        if self.host.closed:
            return
        wanted = None
        if index is not None and session.project is not None and session.video is not None:
            try:
                view = second_view(session.project, session.video)
            except ProjectBusyError:
                session.changes.look_later("second view", self.show)
                return
            wanted = None if view is None else (session.video, view)
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self.host.jobs.leave("second view")
        if wanted is None:
            self._drop()
            return
        path = session.videos[wanted[1].video].path
        self.host.jobs.start(
            lambda: index_job(path),
            f"opening {path.name} beside it",
            done=lambda other: self._opened(wanted, other),
            failed=lambda text: self._failed(wanted, text),
            key="second view",
        )

    def close(self) -> None:
        """Close the second video and listen to nothing more."""
        self.session.clips_reread.disconnect(self._clips_reread)
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _clips_reread(self, clip_ids: object) -> None:
        if clip_ids is None:  # as after undo
            self.show()

    def _failed(self, wanted: tuple[str, SecondView], text: str) -> None:
        if wanted == self._wanted:
            self._drop()
            self.host.jobs.add_problem(f"The second view is not shown. {text}")

    def _opened(self, wanted: tuple[str, SecondView], index: FrameIndex) -> None:
        first = self.player.index
        if wanted != self._wanted or first is None or self.host.closed:
            return
        video = self.session.videos[wanted[1].video]
        try:
            reader = VideoReader(video.path, index)
        except ActionDiffError as error:
            self._failed(wanted, str(error))
            return
        before, self._reader = self._reader, reader
        data = BesideVideo(reader, frames_beside(first, index, wanted[1].offset))
        name = f"second view: {video.path.name}"
        if self.layer is None:
            layer = self.host.viewer.add_image(data, name=name, rgb=True)
            # It stays on top: napari may draw with what is gone once the lowest of several layers was removed.
            self.host.viewer.layers.selection.active = self.player.layer
            layer.help = self.host.viewer.help = ""
            self.layer = layer
            self.changed.emit()
        else:
            self.layer.data, self.layer.name = data, name
        if before is not None:
            before.close()
        self._place()
        self.host.viewer.reset_view()

    def _place(self, _: object = None) -> None:
        """Lay the second video at the right of the first one, and of overlays beside that, as high as it."""
        first = self.player.layer
        if self.layer is None or first is None or self.host.closed:
            return
        _, height, width, _ = first.data.shape
        scale = height / self.layer.data.shape[1]
        shown = [layer for layer in self.host.viewer.layers if layer.visible and layer is not self.layer]
        edges = np.array([layer.extent.world[1][-1] for layer in shown], float)
        right = edges[np.isfinite(edges)].max(initial=0.0)  # a layer without anything in it has none
        edge = max(width, first.world_to_data((0, 0, right))[-1] + 0.5) + GAP * width
        self.layer.scale = first.scale * (1, scale, scale)
        # Pixel centres lie at whole numbers, so that the first one lies half a pixel inside the edge.
        self.layer.translate = first.data_to_world((0, (scale - 1) / 2, edge - 0.5 + scale / 2))

    def _drop(self) -> None:
        layer, self.layer = self.layer, None
        self.changed.emit()
        if layer is not None and layer in self.host.viewer.layers:
            with quick_removal():
                self.host.viewer.layers.remove(layer)
            if self.player.layer is not None:
                self.host.viewer.reset_view()
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _layer_removed(self, event: Any) -> None:
        """Close the second video where the user deletes its layer; it is shown again when the recording is opened again."""
        if event.value is self.layer and self.layer is not None and not self.host.closed:
            self.layer = None
            self._drop()


class SecondViewDialog(QDialog):
    """Asks which recording is the second view of the open one, and by how much later it began."""

    def __init__(self, host: "WindowContext") -> None:
        super().__init__(host.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        session = host.session
        self.host, self.video = host, session.needed_video()
        others = [v for v in session.videos.values() if v.id != self.video]
        if not others:
            raise ProjectError("This project has no other recording. Add the video of the second view first.")
        name = session.videos[self.video].path.name
        self.setWindowTitle(f"Second view of {name}")
        self.which, self.offset = QComboBox(), QDoubleSpinBox()
        self.which.setMaximumWidth(360)
        for video in others:
            self.which.addItem(f"{video.path.name}  ({video.path.parent.name})", video.id)
        self.offset.setRange(-MOST_OFFSET, MOST_OFFSET)
        self.offset.setDecimals(3)
        self.offset.setSingleStep(0.1)
        self.offset.setSuffix(" s")
        known = second_view(session.needed(), self.video)
        if known is not None:
            self.which.setCurrentIndex(max(0, self.which.findData(known.video)))
            self.offset.setValue(known.offset)
        said = QLabel(
            "It is shown at the right and follows the playhead. Labels always go to the first recording. "
            "The offset is how many seconds later the second one began; below 0: earlier."
        )
        said.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.none = QPushButton("No second view")
        self.none.setAutoDefault(False)
        self.none.setEnabled(known is not None)
        buttons.addButton(self.none, QDialogButtonBox.ButtonRole.ResetRole)
        form = QFormLayout(self)
        form.addRow("Recording", self.which)
        form.addRow("Offset", self.offset)
        form.addRow(said)
        form.addRow(buttons)
        buttons.accepted.connect(
            lambda: self._keep(SecondView(self.which.currentData(), self.offset.value()))
        )
        buttons.rejected.connect(self.reject)
        self.none.clicked.connect(lambda: self._keep(None))

    def _keep(self, view: SecondView | None) -> None:
        self.host.guarded(keep_second_view)(self.host.session, self.video, view)
        self.accept()


def keep_second_view(session: "Session", video: str, view: SecondView | None) -> None:
    """Choose the second view of a recording, as one step that can be undone; None for none."""
    session.change(
        "the second view",
        lambda project: set_second_view(project, video, view),
        lambda _: session.reread_video(video),
    )


def ask_second_view(host: "WindowContext") -> None:
    """Ask for the second view of the open recording."""
    SecondViewDialog(host).open()
