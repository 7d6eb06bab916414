"""Do two agree? Who is compared with whom, over which frames, and what came of it."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

from actiondiff_gui.ethogram.agreement import FRAMES, Agreement
from actiondiff_gui.session.ethogram import EthogramChoice, Seen, fitting, sources
from actiondiff_gui.session.ethogram_columns import agreement_columns, headline
from actiondiff_gui.widgets.ethogram_table import NumbersTable
from actiondiff_gui.widgets.theme import hint

if TYPE_CHECKING:
    from actiondiff_gui.widgets.host import Host

_FRAMES = {
    "all": "all frames of recordings both spoke of",
    "first": "frames the first one spoke of",
    "shared": "frames both spoke of",
}


class AgreementPage(QWidget):
    """Chooses two sources and shows how well they agree.

    Signals: ``chosen`` when who, frames or overlap changed; ``asked`` to compare.
    """

    chosen = Signal()
    asked = Signal()

    def __init__(self, host: "Host") -> None:
        super().__init__()
        self.first, self.second, self.frames = QComboBox(), QComboBox(), QComboBox()
        self.first.setToolTip("Taken for the truth where precision and recall are told apart")
        self.second.setToolTip("What is measured against it")
        for key, text in _FRAMES.items():
            self.frames.addItem(text, key)
            self.frames.setItemData(self.frames.count() - 1, FRAMES[key], Qt.ItemDataRole.ToolTipRole)
        self.overlap = QDoubleSpinBox()
        self.overlap.setRange(0.05, 1.0)
        self.overlap.setSingleStep(0.05)
        self.overlap.setToolTip(
            "Two bouts are paired if their common frames are this share of all frames of both"
        )
        self.compare = QPushButton("Compare")
        for box in (self.first, self.second, self.frames):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.activated.connect(host.guarded(lambda _: self.chosen.emit()))
        self.overlap.valueChanged.connect(host.guarded(lambda _: self.chosen.emit()))
        self.compare.clicked.connect(host.guarded(lambda _=False: self.asked.emit()))
        self.line, self.words = QLabel(), hint("")
        font = self.line.font()
        font.setBold(True)
        self.line.setFont(font)
        for label in (self.line, self.words):
            label.setWordWrap(True)
        self.table = NumbersTable(host)
        grid = QGridLayout()
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for row, (text, box) in enumerate(
            (("taken for true", self.first), ("compared", self.second), ("counted", self.frames))
        ):
            grid.addWidget(hint(text), row, 0)
            grid.addWidget(box, row, 1)
        last = QHBoxLayout()
        last.addWidget(hint("bouts overlap by"))
        last.addWidget(self.overlap)
        last.addStretch(1)
        last.addWidget(self.compare)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(5)
        column.addLayout(grid)
        column.addLayout(last)
        column.addWidget(self.line)
        column.addWidget(self.table, 1)
        column.addWidget(self.words)

    def show_choice(self, choice: EthogramChoice, seen: Seen) -> None:
        """List who can be compared, with the choice that fits."""
        offered = sources(seen.models, seen.raters, both=False)
        first = fitting(choice.first, seen.models, seen.raters)
        second = fitting(choice.second, seen.models, seen.raters)
        if first == second:
            second = next((s for s in offered if s != first and s.kind != "labels"), second)
        for box, source in ((self.first, first), (self.second, second)):
            with signals_blocked(box):
                box.clear()
                for one in offered:
                    box.addItem(one.words(), one)
                place = offered.index(source) if source in offered else -1
                box.setCurrentIndex(place)
        with signals_blocked(self.frames):
            self.frames.setCurrentIndex(self.frames.findData(choice.frames))
        with signals_blocked(self.overlap):
            self.overlap.setValue(choice.overlap)
        self.compare.setEnabled(len(offered) > 1 and first != second)

    def show_result(self, found: Agreement | None, words: str) -> None:
        """Show what came of it; None where nothing has been compared yet, with ``words`` that say why."""
        self.line.setVisible(found is not None and found.frames > 0)
        self.table.setVisible(found is not None and found.frames > 0)
        self.words.setText(words)
        if found is not None:
            self.line.setText(headline(found))
            both = [row for row in found.actions if row.first_bouts or row.second_bouts]
            self.table.set(both, agreement_columns())
