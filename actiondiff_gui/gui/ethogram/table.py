"""Table of numbers whose columns explain themselves and sort by a click."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from actiondiff_gui.gui.common.theme import swatch
from actiondiff_gui.gui.ethogram.state.columns import Column, sorted_rows

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_SHARE, _LEAST = 0.4, 70
"""Share of the width that texts may take in all, and the least width of one in pixels."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class NumbersModel(QAbstractTableModel):
    """Rows of dataclasses under columns; ``rows`` are in the order that is shown."""

    def __init__(self, colour_of, parent=None) -> None:
        super().__init__(parent)
        self.colour_of = colour_of
        self.rows: list = []
        self.columns: list[Column] = []
        self._given: list = []
        self._sorted: tuple[int, bool] | None = None

    def set(self, rows: Sequence, columns: Sequence[Column]) -> None:
        """Show other rows, sorted as before where the columns are the same."""
        self.beginResetModel()
        if [c.title for c in columns] != [c.title for c in self.columns]:
            self._sorted = None
        self._given, self.columns = list(rows), list(columns)
        self._order()
        self.endResetModel()

    def _order(self) -> None:
        if self._sorted is None or self._sorted[0] >= len(self.columns):
            self.rows = list(self._given)
        else:
            index, descending = self._sorted
            self.rows = sorted_rows(self._given, self.columns[index], descending)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 for the order given."""
        self.beginResetModel()
        self._sorted = None if column < 0 else (column, order == Qt.SortOrder.DescendingOrder)
        self._order()
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole):
        """Return titles, and their explanations as tooltips."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.number else _LEFT
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole):
        """Return texts, and a swatch beside an action."""
        if not index.isValid():
            return None
        column, row = self.columns[index.column()], self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == Qt.ItemDataRole.ToolTipRole and not column.number:
            return column.text(row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.number else _LEFT
        if role == Qt.ItemDataRole.DecorationRole and column.title == "Action":
            return swatch(self.colour_of(row.action))
        return None


class NumbersTable(QTableView):
    """A table of numbers."""

    def __init__(self, host: "Host") -> None:
        super().__init__()
        # A bound method: a closure over the dock would keep it.
        self.numbers = NumbersModel(host.session.colour_of, self)
        self.setModel(self.numbers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self._titles: list[str] = []

    def set(self, rows: Sequence, columns: Sequence[Column]) -> None:
        """Show other rows."""
        self.numbers.set(rows, columns)
        titles = [column.title for column in columns]
        if titles != self._titles:
            self._titles = titles
            self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.resizeColumnsToContents()
        self._leave_room()

    def resizeEvent(self, event) -> None:
        """Leave room for the numbers."""
        super().resizeEvent(event)
        self._leave_room()

    def _leave_room(self) -> None:
        """Give no text more than its share of the width, so that long names do not push the numbers out of sight."""
        texts = [n for n, column in enumerate(self.numbers.columns) if not column.number]
        for section in texts:
            room = max(_LEAST, int(_SHARE * self.viewport().width() / len(texts)))
            self.setColumnWidth(section, min(max(self.sizeHintForColumn(section), _LEAST), room))
