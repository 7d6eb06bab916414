"""Action buttons beside the player's: names are shortened, then hidden, then the strip scrolls."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QRect, QSize, Qt
from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QScrollArea, QSizePolicy, QToolButton, QWidget

from actiondiff_gui.gui.common.icons import icon
from actiondiff_gui.gui.common.theme import colour, swatch

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

SHORTEST = 26
"""Pixels below which a name is left out, since a single letter does not help."""
ARROW = 16
MARGINS = 34
"""Pixels of a button beside its text: colour, and room around both."""


class ActionStrip(QWidget):
    """One button per action with a key: its key, colour and name, pressed while the action holds here."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host = host
        self.buttons: dict[str, QToolButton] = {}
        self._keys: dict[str, str] = {}
        self._shown: list[tuple[str, str, str]] = []
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self._group.idClicked.connect(self._press)
        self._inner = QWidget()
        self._inner.setObjectName("strip")
        self._row = QHBoxLayout(self._inner)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(3)
        self._area = QScrollArea(self)
        self._area.setObjectName("strip")
        self._area.setWidget(self._inner)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.viewport().installEventFilter(self)
        self._arrows = (self._arrow("frame_back", -1), self._arrow("frame_on", 1))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._wanted = QSize(0, 24)

    def _arrow(self, name: str, way: int) -> QToolButton:
        button = QToolButton(self)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setAutoRepeat(True)
        button.setToolTip("More actions")
        button.clicked.connect(lambda _=False: self._scroll(way * 60))
        button.hide()
        return button

    def set_actions(self, actions) -> None:
        """Show those of ``actions`` that have a key."""
        keys = self.host.keyboard.action_keys
        shown = [(a.name, a.colour, keys[a.name]) for a in actions if a.name in keys]
        if shown == self._shown:
            return
        self._shown = shown
        while self._row.count():
            self._row.takeAt(0).widget().deleteLater()
        self.buttons, self._keys = {}, {}
        for number, (name, shade, key) in enumerate(shown, 1):
            button = QToolButton()
            button.setIcon(swatch(shade))
            button.setIconSize(QSize(12, 12))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setCheckable(True)
            button.setToolTip(f"{name} ({key}): labels the selected clips, or starts and ends a bout")
            self._group.addButton(button, number)
            self.buttons[name], self._keys[name] = button, key
            self._row.addWidget(button)
        self.measure()

    def measure(self) -> None:
        """Measure the names again, for another font or style."""
        self._wanted = QSize(self._write(10_000), 24)
        self.updateGeometry()
        self._fit()

    def _press(self, number: int) -> None:
        name = list(self.buttons)[number - 1]
        self.host.guarded(self.host.keyboard.press_action)(name)

    def show_arrows(self) -> None:
        """Paint the arrows in the theme's colour."""
        for button, name in zip(self._arrows, ("frame_back", "frame_on"), strict=True):
            button.setIcon(icon(name, colour(self.host.viewer, "icon")))

    def _write(self, room: int) -> int:
        """Give names ``room`` pixels; returns the width of all buttons."""
        metrics, total = self.fontMetrics(), 0
        for name, button in self.buttons.items():
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room) if room else ""
            button.setText(f"{self._keys[name]} {text}".rstrip())
            button.setFixedWidth(metrics.horizontalAdvance(button.text()) + MARGINS)
            total += button.width() + self._row.spacing()
        return max(0, total - self._row.spacing())

    def _fit(self) -> None:
        total = self._write(10_000)
        if total > self.width():
            total = self._shorten()
        scrolls = total > self.width()
        # Placed by hand: in a layout the arrows would change the room that was just measured.
        side = ARROW if scrolls else 0
        room = QRect(side, 0, self.width() - 2 * side, self.height())
        # napari's style gives it a frame, which would cover the edges of the buttons.
        frame = self._area.frameWidth()
        self._area.setGeometry(room.adjusted(-frame, -frame, frame, frame))
        self._inner.resize(total, self.height())
        for button, x in zip(self._arrows, (0, self.width() - ARROW), strict=True):
            button.setGeometry(x, 0, ARROW, self.height())
            button.setVisible(scrolls)

    def _shorten(self) -> int:
        """Give the names as much room as they can share; returns the width of all buttons."""
        metrics = self.fontMetrics()
        beside = sum(MARGINS + metrics.horizontalAdvance(f"{key} ") + 3 for key in self._keys.values())
        names = [metrics.horizontalAdvance(name) for name in self.buttons]
        room = common_room(names, self.width() - beside)
        return self._write(room if room >= SHORTEST else 0)

    def _scroll(self, by: int) -> None:
        bar = self._area.horizontalScrollBar()
        bar.setValue(bar.value() + by)

    def eventFilter(self, watched: QWidget, event: QEvent) -> bool:
        """Let the wheel scroll sideways."""
        if event.type() == QEvent.Type.Wheel:
            turned = event.angleDelta()
            self._scroll(-(turned.x() or turned.y()) // 2)
            return True
        return False

    def showEvent(self, event: QEvent) -> None:
        """Measure in the font that is shown."""
        self.measure()

    def resizeEvent(self, event: QEvent) -> None:
        """Choose how much of the names is shown."""
        self._fit()

    def sizeHint(self) -> QSize:
        """Leave room for all names in full."""
        return self._wanted

    def minimumSizeHint(self) -> QSize:
        """Leave room for a few keys."""
        return QSize(min(self._wanted.width(), 80), 24)


def common_room(names: Sequence[int], space: int) -> int:
    """Return the largest width that several names may share within ``space`` pixels; shorter ones leave the rest to others."""
    left, waiting = space, sorted(names)
    while waiting and waiting[0] <= left // len(waiting):
        left -= waiting.pop(0)
    return max(0, left // len(waiting)) if waiting else max(names, default=0)
