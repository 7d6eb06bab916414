"""Table model of the clips: a filtered and sorted order over the session's rows, without copying them."""

from collections.abc import Iterable

import numpy as np
from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt

from actiondiff_gui.gui.clips.state.filtering import (
    ClipFilter,
    Column,
    answer_text,
    cell_text,
    columns_of,
    ordered,
    passing,
    searched_text,
)
from actiondiff_gui.gui.session.clip_list import ClipList
from actiondiff_gui.gui.session.clip_table import ClipRow, ClipTable

NUMBERS = ("start", "end", "seconds", "frames", "confidence")
"""Columns of numbers, which stand at the right."""

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ClipsModel(QAbstractTableModel):
    """The clips that pass a filter, sorted.

    Attributes
    ----------
    table : ClipTable
    columns : list of Column
    listed : ClipList
        Which of them stand in which lines.
    filter : ClipFilter
    sort_key : str
        Column sorted by; "" for the project's own order, by video and start.
    descending : bool
    """

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self.table = ClipTable()
        self.columns: list[Column] = columns_of([], [])
        self.listed = ClipList.of_all(self.table)
        self.filter = ClipFilter()
        self.sort_key, self.descending = "", False
        self._texts: list[str] | None = None

    # What Qt asks

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Lines that are shown."""
        return 0 if parent.isValid() else len(self.listed)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Columns that are shown."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole):
        """Text of a cell, for what does not paint it: screen readers, tips, tests."""
        if not index.isValid():
            return None
        key = self.columns[index.column()].key
        if role == Qt.ItemDataRole.DisplayRole:
            return cell_text(self.row(index.row()), key)
        if role == Qt.ItemDataRole.TextAlignmentRole and key in NUMBERS:
            return _RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(self.row(index.row()), key)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Titles of the columns."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if self.columns[section].key in NUMBERS else _LEFT
        if role == Qt.ItemDataRole.ToolTipRole:
            return _HEADER_TIPS.get(self.columns[section].key, "Click to sort")
        return None

    # What the table asks

    def row(self, line: int) -> ClipRow:
        """The clip in a line."""
        return self.listed.row(line)

    def id_at(self, line: int) -> str:
        """Id of the clip in a line."""
        return self.row(line).id

    def ids_at(self, lines: range) -> list[str]:
        """Ids of the clips in a stretch of lines."""
        rows = self.table.rows
        return [rows[place].id for place in self.listed.order[lines.start : lines.stop].tolist()]

    def line(self, clip_id: str | None) -> int:
        """The line of a clip, -1 where it is not shown."""
        return self.listed.line(clip_id)

    def lines(self, clip_ids: Iterable[str]) -> np.ndarray:
        """Lines ``[n]`` of those of the clips that are shown, ascending."""
        return self.listed.lines(clip_ids)

    # What is shown

    def show_table(self, table: ClipTable) -> None:
        """Show other clips, by the filter and order that are in force."""
        self.table, self._texts = table, None
        self._replace(columns_of(table.rows, table.facet_keys()))

    def set_filter(self, wanted: ClipFilter) -> None:
        """Show the clips that pass ``wanted``."""
        if wanted != self.filter:
            self.filter = wanted
            self._replace(self.columns)

    def set_sort(self, key: str, descending: bool = False) -> None:
        """Sort by a column, or by video and start where ``key`` is ""."""
        if (key, descending) != (self.sort_key, self.descending):
            self.sort_key, self.descending = key, descending
            self._replace(self.columns)

    def apply_again(self) -> None:
        """Filter and sort again, after labels or facets have changed."""
        self._replace(self.columns)

    def clips_changed(self, clip_ids: Iterable[str]) -> None:
        """Show changes to some clips, each in the line where it stands."""
        ids = list(clip_ids)
        if self._texts is not None:
            for clip_id in ids:
                place = self.table.place(clip_id)
                self._texts[place] = searched_text(self.table.rows[place])
        columns = columns_of(self.table.rows, self.table.facet_keys())
        if columns != self.columns:
            self._replace(columns)
            return
        lines = self.lines(ids)
        if len(lines):
            last = self.index(int(lines[-1]), len(columns) - 1)
            self.dataChanged.emit(self.index(int(lines[0]), 0), last)

    def stale(self) -> bool:
        """Whether clips have changed so that filter and sorting would now give other lines."""
        if self.filter.empty and not self.sort_key:
            return False
        return not np.array_equal(self._wanted_order(self.columns), self.listed.order)

    def _wanted_order(self, columns: list[Column]) -> np.ndarray:
        places = passing(self.table.rows, self.filter, self._searched)
        if self.sort_key and any(column.key == self.sort_key for column in columns):
            places = ordered(self.table.rows, places, self.sort_key, self.descending)
        return places

    def _searched(self) -> list[str]:
        if self._texts is None:
            self._texts = [searched_text(row) for row in self.table.rows]
        return self._texts

    def _replace(self, columns: list[Column]) -> None:
        order = self._wanted_order(columns)
        self.beginResetModel()
        self.columns, self.listed = columns, ClipList(self.table, order, self.sort_key, self.descending)
        self.endResetModel()


def _tip(row: ClipRow, key: str) -> str | None:
    if key == "video":
        return f"{row.video_name}, frames {row.start} to {row.end - 1}"
    if key in ("prediction", "confidence") and row.prediction:
        return f"{row.model} holds {row.prediction} for most likely"
    if key in ("review", "said_by") and row.answer is not None:
        return answer_text(row)
    if key == "label" and (row.denied or ", " in row.said_by):
        denied = f"; not {', '.join(row.denied)}" if row.denied else ""
        return f"{row.label or 'No label'}{denied}; said by {row.said_by}"
    return cell_text(row, key) or None


_HEADER_TIPS = {
    "picture": "The clip's middle frame",
    "confidence": "How sure the model is of its prediction",
    "start": "Where it starts in its video",
    "end": "Where it ends in its video",
    "seconds": "Length in seconds",
    "frames": "First and last frame",
    "subject": "Who acts",
    "review": "What was answered when the clip was asked in a review",
}
