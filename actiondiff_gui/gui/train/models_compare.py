"""Comparison of two or more models side by side."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.classifier.models.library import KeptModel
from actiondiff_gui.gui.features.run import Sentence
from actiondiff_gui.gui.train.state.models import Comparison, compare

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class ComparePage(QWidget):
    """A table with a column for each model.

    Signals: ``back``.
    """

    back = Signal()

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: Comparison | None = None
        self.leave = QToolButton()
        self.leave.setText("‹ back")
        self.leave.setAutoRaise(True)
        self.note = Sentence()
        self.table = QTableWidget()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        head = QHBoxLayout()
        head.addWidget(self.leave)
        head.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 8, 6)
        column.addLayout(head)
        column.addWidget(self.note)
        column.addWidget(self.table, 1)
        self.leave.clicked.connect(host.guarded(lambda _=False: self.back.emit()))

    def show_models(self, models: Sequence[KeptModel]) -> None:
        """Show these models."""
        self.shown = found = compare(models)
        self.note.setText(found.note)
        self.note.setVisible(bool(found.note))
        self.table.setColumnCount(len(found.names))
        self.table.setHorizontalHeaderLabels(found.names)
        self.table.setRowCount(len(found.rows))
        self.table.setVerticalHeaderLabels([title for title, _ in found.rows])
        self.table.verticalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        for index, (_, texts) in enumerate(found.rows):
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if len(set(texts)) > 1:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                self.table.setItem(index, column, item)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
