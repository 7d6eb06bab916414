"""Actions button: lists the actions of a training with check boxes."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QMenu, QPushButton, QSizePolicy, QSpinBox, QWidgetAction
from superqt.utils import signals_blocked

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
            text = f"all {len(self._with_clips()) or count} actions" if count else "no actions yet"
        room = max(160, self.width() - 40)
        self.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room))

    def _with_clips(self, at_least: int = 1) -> list[str]:
        names = (action.name for action in self.session.actions)
        return [name for name in names if self._counts.get(name, 0) >= at_least]

    def _tick_frequent(self, at_least: int) -> None:
        """Tick the actions with so many clips or more, and no others."""
        wanted = set(self._with_clips(at_least))
        for name, tick in self.ticks.items():
            with signals_blocked(tick):
                tick.setChecked(name in wanted)
        self._toggled()

    def fill(self) -> None:
        """List the actions; those without a clip are not ticked unless somebody did."""
        menu = self.menu()
        menu.clear()
        self.ticks = {}
        self.least = QSpinBox()
        self.least.setRange(1, max(1, *self._counts.values(), 1))
        self.least.setPrefix("at least ")
        self.least.setSuffix(" clips")
        self.least.valueChanged.connect(self.host.guarded(self._tick_frequent))
        first = QWidgetAction(menu)
        first.setDefaultWidget(self.least)
        menu.addAction(first)
        for action in self.session.actions:
            tick = QCheckBox(f"{action.name}  ({self._counts.get(action.name, 0):,} clips)")
            tick.setIcon(theme.swatch(action.colour))
            some = self._counts.get(action.name, 0) > 0 or not self._with_clips()
            tick.setChecked(action.name in self._chosen if self._chosen else some)
            entry = QWidgetAction(menu)
            entry.setDefaultWidget(tick)
            menu.addAction(entry)
            tick.toggled.connect(self.host.guarded(self._toggled))
            self.ticks[action.name] = tick

    def _toggled(self, *_: object) -> None:
        chosen = tuple(name for name, tick in self.ticks.items() if tick.isChecked())
        # Nothing at all is not the same as everything.
        everything = set(chosen) == set(self._with_clips() or self.ticks)
        self._chosen = () if everything else chosen or ("",)
        self.ticked.emit(self._chosen)
