"""Collapsible section of a dock for parts that are rarely needed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget
from superqt import QCollapsible

from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.theme import colour, triangle

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_ANY_HEIGHT = 16_777_215


class Folded(QCollapsible):
    """Collapsible section; its content is made when it is first opened.

    Attributes
    ----------
    inner : QWidget or None
        What ``make()`` gave; None before.
    """

    def __init__(self, host: "Host", title: str, make: Callable[[], QWidget]) -> None:
        super().__init__(title)
        self.host, self._make = host, make
        self.inner: QWidget | None = None
        self.setDuration(0)
        self.layout().setContentsMargins(0, 0, 0, 0)
        self.layout().setSpacing(2)
        self.content().layout().setContentsMargins(0, 0, 0, 0)
        self.toggled.connect(host.guarded(self._toggled))
        listen(self, (host.viewer.events.theme, self._follow_theme))
        self._follow_theme()

    def _toggled(self, unfolded: bool) -> None:
        if unfolded and self.inner is None:
            self.inner = self._make()
            self.addWidget(self.inner)
        if unfolded:
            # What is inside may grow later.
            self.content().setMaximumHeight(_ANY_HEIGHT)

    def _follow_theme(self, _: object = None) -> None:
        text, back = colour(self.host.viewer, "text"), colour(self.host.viewer, "foreground").name()
        self.setExpandedIcon(triangle(text, down=True))
        self.setCollapsedIcon(triangle(text, down=False))
        self.toggleButton().setStyleSheet(
            f"QPushButton, QPushButton:checked {{ background: {back}; color: {text.name()}; "
            "text-align: left; border: none; outline: none; padding: 4px; }"
        )
