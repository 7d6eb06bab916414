"""Actions button: lists the actions of a training with check boxes."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QMenu, QPushButton, QSizePolicy, QWidgetAction

from actiondiff_gui.gui.common import theme

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class ActionsButton(QPushButton):
    """Button with the chosen actions, which opens a list of all of them with their counts.

    Signals: ``ticked(names)``, where () stands for all of them.
    """

    ticked = Signal(tuple)

    def __init__(self, host: "Host") -> None:
        super().__init__()
        self.host, self.session = host, host.session
        self.setStyleSheet("text-align: left; padding-left: 6px;")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Actions to distinguish")
        self.setMenu(QMenu(self))
        self.ticks: dict[str, QCheckBox] = {}
        self._chosen: tuple[str, ...] = ()
        self._counts: dict[str, int] = {}
        self.menu().aboutToShow.connect(host.guarded(self.fill))

    def show_chosen(self, chosen: tuple[str, ...], counts: dict[str, int]) -> None:
        """Show these actions as chosen, () for all."""
        self._chosen, self._counts = chosen, counts
        names, count = [name for name in chosen if name], len(self.session.actions)
        text = ", ".join(names) or "none"
        if not chosen:
            text = f"all {count} actions" if count else "no actions yet"
        room = max(160, self.width() - 40)
        self.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room))

    def fill(self) -> None:
        """List the actions."""
        menu = self.menu()
        menu.clear()
        self.ticks = {}
        for action in self.session.actions:
            tick = QCheckBox(f"{action.name}  ({self._counts.get(action.name, 0):,} clips)")
            tick.setIcon(theme.swatch(action.colour))
            tick.setChecked(not self._chosen or action.name in self._chosen)
            entry = QWidgetAction(menu)
            entry.setDefaultWidget(tick)
            menu.addAction(entry)
            tick.toggled.connect(self.host.guarded(self._toggled))
            self.ticks[action.name] = tick

    def _toggled(self, *_: object) -> None:
        chosen = tuple(name for name, tick in self.ticks.items() if tick.isChecked())
        # Nothing at all is not the same as everything.
        self._chosen = () if len(chosen) == len(self.ticks) else chosen or ("",)
        self.ticked.emit(self._chosen)
