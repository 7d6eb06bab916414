"""Timeline dock: the player, and below it a lane for each action over the whole recording."""

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from actiondiff_gui.gui.common.icons import icon
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.theme import colour, mixed
from actiondiff_gui.gui.player.bar import PlayerBar
from actiondiff_gui.gui.timeline.mouse import Mouse
from actiondiff_gui.gui.timeline.view import TimelineView

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class TimelineDock(QWidget):
    """The player's bar over the timeline."""

    def __init__(self, host: "Host") -> None:
        super().__init__()
        self.host = host
        self.player_bar = PlayerBar(host)
        self.view = TimelineView(host)
        self.mouse = Mouse(self.view)
        self.zoom = _ZoomButtons(host, self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.player_bar)
        column.addWidget(self.view, 1)
        listen(self, (host.session.video_changed, self._video_changed))
        self._video_changed(host.session.video)

    def _video_changed(self, video_id: str | None) -> None:
        self.zoom.setVisible(video_id is not None)


class _ZoomButtons(QWidget):
    """Buttons to zoom out, in, and to all, in the corner between names and ruler."""

    def __init__(self, host: "Host", view: TimelineView) -> None:
        super().__init__(view)
        self.host = host
        self.setObjectName("zoom")
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 1, 0, 1)
        row.setSpacing(0)
        self.buttons: dict[str, QToolButton] = {}
        for name, tip, run in (
            ("slower", "Zoom out (wheel down)", lambda: view.zoom(-2)),
            ("faster", "Zoom in (wheel up)", lambda: view.zoom(2)),
            ("fit", "Show the whole video", view.fit),
        ):
            button = QToolButton()
            button.setToolTip(tip)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setIconSize(QSize(13, 13))
            button.setFixedSize(20, 18)
            button.setAutoRepeat(name != "fit")
            button.clicked.connect(lambda _=False, f=run: f())
            row.addWidget(button)
            self.buttons[name] = button
        listen(self, (host.viewer.events.theme, self._show_theme))
        self._show_theme()
        self.adjustSize()

    def _show_theme(self, _: object = None) -> None:
        back, text = colour(self.host.viewer, "background"), colour(self.host.viewer, "text")
        self.setStyleSheet(
            f"#zoom QToolButton {{ background: {back.name()}; border: none; border-radius: 3px; padding: 0; }}"
            f"#zoom QToolButton:hover {{ background: {mixed(back, text, 0.16).name()}; }}"
        )
        for name, button in self.buttons.items():
            button.setIcon(icon(name, colour(self.host.viewer, "icon")))
