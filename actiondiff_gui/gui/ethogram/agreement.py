"""Agreement page: the choice of two sources and of frames, and the agreement between them."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

from actiondiff_gui.ethogram.agreement import Agreement
from actiondiff_gui.ethogram.settings import EthogramSettings
from actiondiff_gui.gui.common.theme import hint
from actiondiff_gui.gui.ethogram.state.columns import agreement_columns, headline
from actiondiff_gui.gui.ethogram.state.computing import EthogramChoice, Seen, fitting, sources
from actiondiff_gui.gui.ethogram.table import NumbersTable
from actiondiff_gui.gui.forms.setting_fields import field_of
from actiondiff_gui.settings import setting

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class AgreementPage(QWidget):
    """Chooses two sources and shows how well they agree.

    Signals: ``chosen`` when who, frames or overlap changed; ``asked`` to compare.
    """

    chosen = Signal()
    asked = Signal()

    def __init__(self, host: "Host") -> None:
        super().__init__()
        choose = host.guarded(lambda _=None: self.chosen.emit())
        self.first, self.second = QComboBox(), QComboBox()
        self.frames, self.overlap = (
            field_of(setting(EthogramSettings, name), choose) for name in ("frames", "overlap")
        )
        self.first.setToolTip("Reference for precision and recall")
        self.second.setToolTip("Source compared with the reference")
        self.compare = QPushButton("Compare")
        for box in (self.first, self.second, self.frames.native):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for box in (self.first, self.second):
            box.activated.connect(choose)
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
            (
                ("reference", self.first),
                ("compared", self.second),
                (self.frames.each.setting.label, self.frames.native),
            )
        ):
            grid.addWidget(hint(text), row, 0)
            grid.addWidget(box, row, 1)
        last = QHBoxLayout()
        last.addWidget(hint(self.overlap.each.setting.label))
        last.addWidget(self.overlap.native)
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
        """List the sources that can be compared, with the closest match to the choice selected."""
        offered = seen.sources() if seen.alone else sources(seen.models, seen.raters, both=False)
        first = fitting(choice.first, seen.models, seen.raters)
        second = fitting(choice.second, seen.models, seen.raters)
        if first == second:
            second = next((s for s in offered if s != first and s.kind != "labels"), second)
        for box, source in ((self.first, first), (self.second, second)):
            with signals_blocked(box):
                box.clear()
                for one in offered:
                    box.addItem(one.words(), one)
                index = offered.index(source) if source in offered else -1
                box.setCurrentIndex(index)
        self.frames.show(choice.frames)
        self.overlap.show(choice.overlap)
        self.compare.setEnabled(not seen.alone and len(offered) > 1 and first != second)

    def show_result(self, found: Agreement | None, words: str) -> None:
        """Show the agreement; None where nothing has been compared yet, with ``words`` that say why."""
        self.line.setVisible(found is not None and found.frames > 0)
        self.table.setVisible(found is not None and found.frames > 0)
        self.words.setText(words)
        if found is not None:
            self.line.setText(headline(found))
            both = [row for row in found.actions if row.first_bouts or row.second_bouts]
            self.table.set(both, agreement_columns())
