"""What happens when in the current video? Player, and below it a lane for each action over the whole recording."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from actiondiff_gui.widgets.player_bar import PlayerBar
from actiondiff_gui.widgets.timeline_view import TimelineView

if TYPE_CHECKING:
    from actiondiff_gui.widgets.host import Host


class TimelineDock(QWidget):
    """The player's bar over the timeline."""

    def __init__(self, host: "Host") -> None:
        super().__init__()
        self.host = host
        self.player_bar = PlayerBar(host)
        self.view = TimelineView(host)
        self.zoom = _ZoomButtons(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.player_bar)
        column.addWidget(self.view, 1)
        host.session.video_changed.connect(self._video_changed)
        self._video_changed(host.session.video)

    def _video_changed(self, video_id: str | None) -> None:
        self.zoom.setVisible(video_id is not None)


class _ZoomButtons(QWidget):
    """Out, in, and all, in the corner between names and ruler."""

    def __init__(self, view: TimelineView) -> None:
        super().__init__(view)
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 1, 0, 0)
        row.setSpacing(1)
        for text, tip, run in (
            ("−", "See more of the video (wheel down)", lambda: view.zoom(-2)),
            ("+", "See it closer, at the cursor (wheel up)", lambda: view.zoom(2)),
            ("Fit", "See the whole video", view.fit),
        ):
            button = QToolButton()
            button.setText(text)
            button.setToolTip(tip)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setFixedHeight(18)
            button.setMinimumWidth(18)
            button.setAutoRepeat(text != "Fit")
            button.clicked.connect(lambda _=False, f=run: f())
            row.addWidget(button)
        self.adjustSize()
