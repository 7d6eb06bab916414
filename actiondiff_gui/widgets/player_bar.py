"""How is playing steered by mouse, and what would the action keys do now?"""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from actiondiff_gui.session.commands import ACTION_KEYS
from actiondiff_gui.session.time_axis import clock
from actiondiff_gui.widgets.theme import swatch

if TYPE_CHECKING:
    from actiondiff_gui.widgets.host import Host


class PlayerBar(QWidget):
    """Buttons of the player, the frame and time shown, and one button per action with its key."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session, self.player = host, host.session, host.player
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 4, 6, 2)
        row.setSpacing(3)
        for command, text in (
            ("previous", "|<"),
            ("frame_back", "<"),
            ("play", "Play"),
            ("frame_on", ">"),
            ("next", ">|"),
            ("slower", "-"),
            ("faster", "+"),
            ("loop", "Loop"),
        ):
            button = QToolButton()
            button.setText(text)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, c=command: host.keyboard.run(c))
            self.buttons[command] = button
            row.addWidget(button)
            if command == "slower":
                self.speed = QLabel()
                self.speed.setAlignment(Qt.AlignmentFlag.AlignCenter)
                self.speed.setMinimumWidth(self.fontMetrics().horizontalAdvance("0.25x "))
                row.addWidget(self.speed)
        self.buttons["loop"].setCheckable(True)
        self.where = QLabel()
        self.where.setMinimumWidth(self.fontMetrics().horizontalAdvance("frame 000000  00:00:00.00 "))
        row.addWidget(self.where)
        self.what = QLabel()
        self.what.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row.addWidget(self.what, 1)
        self._actions = QHBoxLayout()
        self._actions.setSpacing(2)
        row.addLayout(self._actions)
        self.help = QPushButton("Keys")
        self.help.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.help.clicked.connect(lambda: host.keyboard.run("help"))
        row.addWidget(self.help)
        self.player.changed.connect(self._show)
        host.keyboard.changed.connect(self._show_actions)
        self.session.frame_changed.connect(self._show_frame)
        self.session.current_changed.connect(self._show)
        self.session.video_changed.connect(self._show)
        self.session.bouts_changed.connect(self._show)
        self.session.actions_changed.connect(self._show_actions)
        self._show_actions()

    def _show_actions(self) -> None:
        while self._actions.count():
            self._actions.takeAt(0).widget().deleteLater()
        self.action_buttons: dict[str, QToolButton] = {}
        for number, action in enumerate(self.session.actions[:ACTION_KEYS], 1):
            key = self.host.keys.key(f"action_{number}")
            button = QToolButton()
            button.setText(f"{key} {action.name}")
            button.setIcon(swatch(action.colour))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, n=number: self.host.keyboard.run(f"action_{n}"))
            self.action_buttons[action.name] = button
            self._actions.addWidget(button)
        for command, button in self.buttons.items():
            button.setToolTip(f"{_TIPS[command]} ({self.host.keys.key(command)})")
        self._show()

    def _show(self, *_: object) -> None:
        self.buttons["play"].setText("Pause" if self.player.playing else "Play")
        self.speed.setText(f"{self.player.speed:g}x")
        self.buttons["loop"].setChecked(self.session.looping)
        opened = self.session.video is not None
        for command, button in self.buttons.items():
            button.setEnabled(opened or command in ("next", "previous", "slower", "faster"))
        row = self.session.current_row
        labels = row.labels if row is not None and self.session.looping else ()
        for action, button in self.action_buttons.items():
            button.setEnabled(opened)
            button.setChecked(action in self.session.open_bouts or action in labels)
        self._show_frame(self.session.frame)
        self.what.setText(self._sentence())

    def _sentence(self) -> str:
        if self.session.video is None:
            return "Choose a clip to play it."
        if self.session.open_bouts:
            return f"Open bout: {', '.join(self.session.open_bouts)}. The same key ends it."
        if self.session.current is not None and self.session.looping:
            return "Digits label this clip."
        return "A digit starts a bout here."

    def _show_frame(self, frame: int) -> None:
        if self.session.video is None:
            self.where.setText("")
            return
        self.where.setText(f"frame {frame}  {clock(frame / self.player.fps)}")


_TIPS = {
    "previous": "Previous clip",
    "frame_back": "One frame back",
    "play": "Play or pause",
    "frame_on": "One frame on",
    "next": "Next clip",
    "slower": "Slower",
    "faster": "Faster",
    "loop": "Keep to the clip, or play on",
}
