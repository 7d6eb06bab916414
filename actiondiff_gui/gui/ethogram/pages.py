"""Raster, time budget and transitions pages of the ethogram dock."""

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

from actiondiff_gui.ethogram.bouts import Bouts
from actiondiff_gui.ethogram.budget import FACET, RECORDING, SUBJECT
from actiondiff_gui.ethogram.jobs import Ethogram
from actiondiff_gui.ethogram.settings import EthogramSettings
from actiondiff_gui.ethogram.transitions import Transitions
from actiondiff_gui.gui.common.figure import CellsView
from actiondiff_gui.gui.common.theme import hint
from actiondiff_gui.gui.ethogram.raster import EthogramRaster
from actiondiff_gui.gui.ethogram.state.columns import budget_columns
from actiondiff_gui.gui.ethogram.table import NumbersTable
from actiondiff_gui.gui.forms.setting_fields import field_of
from actiondiff_gui.settings import setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from actiondiff_gui.gui.host import Host


class RasterPage(QWidget):
    """Raster of bouts with a legend of the colours."""

    def __init__(self, host: "Host") -> None:
        super().__init__()
        self.host = host
        self.view = EthogramRaster(host)
        self.alone = QCheckBox("actions of the open recording")
        self.alone.setToolTip(
            "A row for each action of the recording in the player, instead of one for each recording"
        )
        self.whole = QPushButton("Show all")
        self.whole.setToolTip("Show the whole duration (the wheel zooms)")
        self.whole.clicked.connect(host.guarded(lambda _=False: self.view.fit()))
        self.alone.toggled.connect(host.guarded(lambda _: self._show()))
        self._bouts: Bouts | None = None
        self._video: str | None = None
        self.legend = QLabel()
        self.legend.setWordWrap(True)
        self.none = hint("These recordings have no bouts.")
        self.none.setWordWrap(True)
        top = QHBoxLayout()
        top.addWidget(self.alone)
        top.addStretch(1)
        top.addWidget(self.whole)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.none)
        column.addWidget(self.view, 1)
        column.addWidget(self.legend)

    def show_bouts(self, bouts: Bouts, video: str | None) -> None:
        """Show bouts; ``video`` is the open one."""
        other, self._bouts, self._video = video != self._video, bouts, video
        self._show()
        if other:
            self.view.show_row(video)

    def show_alone(self, alone: bool) -> None:
        """Show the actions of the open recording, or all recordings."""
        self.alone.setChecked(alone)

    def _show(self) -> None:
        if self._bouts is None:
            return
        there = self._video is not None and any(r.id == self._video for r in self._bouts.recordings)
        self.alone.setEnabled(there or self.alone.isChecked())
        self.view.show_bouts(self._bouts, self._video if self.alone.isChecked() else None)
        missing = self.alone.isChecked() and not there
        self.none.setText(
            "Open a recording to see its actions." if missing else "These recordings have no bouts."
        )
        self.none.setVisible(missing or not len(self._bouts))
        self._explain()

    def _explain(self) -> None:
        bouts = self._bouts
        used = [bouts.actions[k] for k in sorted({int(k) for k in bouts.action})]
        colour_of = self.host.session.colour_of
        parts = [f'<span style="color:{colour_of(a)}">■</span>&nbsp;{escape(a)}' for a in used]
        if bouts.predicted.any() and not bouts.predicted.all():
            parts.append("lighter: predicted")
        self.legend.setText("&nbsp; ".join(parts))
        self.legend.setVisible(bool(parts))


class BudgetPage(QWidget):
    """Time budget table, grouped and counted as chosen.

    Signals: ``chosen(counted, by)``; ``asked(group, action)`` for a double-clicked row.
    """

    chosen = Signal(str, str)
    asked = Signal(str, str)

    def __init__(self, host: "Host") -> None:
        super().__init__()
        choose = host.guarded(lambda _=None: self._choose())
        self.by, self.counted = QComboBox(), field_of(setting(EthogramSettings, "counted"), choose)
        self.by.setToolTip("Group the table by recording, subject or a facet")
        self.by.activated.connect(choose)
        for box in (self.by, self.counted.native):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.table = NumbersTable(host)
        self.table.setToolTip("Double-click a row to select its clips everywhere")
        self.table.doubleClicked.connect(host.guarded(self._ask))
        top = QHBoxLayout()
        for text, box in (("by", self.by), (self.counted.each.setting.label, self.counted.native)):
            top.addWidget(hint(text))
            top.addWidget(box, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.table, 1)

    def show_ethogram(self, found: Ethogram, facets: list[str], domain: str | None) -> None:
        """Show the time budget."""
        offered = [("", "nothing"), (RECORDING, "recording"), (SUBJECT, "subject")]
        offered += [(FACET + key, f"{key} (domain)" if key == domain else key) for key in facets]
        with signals_blocked(self.by):
            self.by.clear()
            for data, text in offered:
                self.by.addItem(text, data)
            self.by.setCurrentIndex(max(0, self.by.findData(found.by)))
        self.counted.show(found.counted)
        rows = [row for row in found.budget if row.count or not found.by]
        self.table.set(rows, budget_columns(rows, found.by))

    def _choose(self) -> None:
        self.chosen.emit(self.counted.value(), self.by.currentData())

    def _ask(self, index) -> None:
        row = self.table.numbers.rows[index.row()]
        self.asked.emit(row.group, row.action)


class TransitionsPage(QWidget):
    """Transitions between actions.

    Signals: ``chosen(with_own)``.
    """

    chosen = Signal(bool)

    def __init__(self, host: "Host") -> None:
        super().__init__()
        self.host = host
        self._found: Ethogram | None = None
        self.own = field_of(
            setting(EthogramSettings, "with_own"),
            host.guarded(lambda: self.chosen.emit(self.own.value())),
        )
        self.counts = QComboBox()
        self.counts.addItem("shares of a row", False)
        self.counts.addItem("counts", True)
        self.map = CellsView(host, self.cell_words)
        self.map.full = self._counted
        self.map.setMinimumSize(220, 160)
        self.words = hint("")
        self.words.setWordWrap(True)
        self.counts.activated.connect(host.guarded(lambda _: self._show()))
        top = QHBoxLayout()
        top.addWidget(self.counts)
        top.addStretch(1)
        top.addWidget(self.own.native)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.map, 1)
        column.addWidget(self.words)

    def show_ethogram(self, found: Ethogram) -> None:
        """Show other transitions."""
        self._found = found
        self.own.show(found.transitions.with_own)
        self._show()

    def _show(self) -> None:
        if self._found is None:
            return
        found = self._found.transitions
        colours = {name: self.host.session.colour_of(name) for name in found.actions}
        self.map.show_cells(len(found.actions), _draw, found, bool(self.counts.currentData()), colours)
        total = int(found.counts.sum())
        words = [
            f"{total:,} transitions, in order of bout onset, within a recording and subject."
            if total
            else "No recording has two counted bouts, so there are no transitions."
        ]
        if found.own and not found.with_own:
            words.append(
                f"{found.own:,} from an action to itself are left out; shares are of changes between actions."
            )
        if found.overlapping:
            words.append(f"In {found.overlapping:,} the second bout begins before the first ends.")
        self.words.setText(" ".join(words))

    def _counted(self, row: int, column: int) -> bool:
        return bool(self._found.transitions.counts[row, column])

    def cell_words(self, row: int, column: int) -> str:
        """Return the meaning of a cell."""
        found = self._found.transitions
        one, two = found.actions[row], found.actions[column]
        if row == column and not found.with_own:
            return f"Transitions from {one} to itself are left out."
        out = int(found.counts[row].sum())
        if not out:
            return f"No counted bout follows {one}."
        count = int(found.counts[row, column])
        return (
            f"{count:,} of {out:,} transitions out of {one} lead to {two} ({found.shares[row, column]:.1%})."
        )


def _draw(found: Transitions, as_counts: bool, colours: Mapping[str, str]) -> "Figure":
    from actiondiff_gui.report.ethograms import transitions_figure

    return transitions_figure(found, as_counts=as_counts, action_colours=colours)
