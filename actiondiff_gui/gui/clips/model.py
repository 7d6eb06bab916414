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
)
from actiondiff_gui.gui.session.clip_list import ClipList
from actiondiff_gui.gui.session.clip_table import ClipRow, ClipTable

NUMBERS = ("start", "end", "seconds", "frames", "confidence")
"""Columns of numbers, which are right-aligned."""

_FEW = 64
"""So many edited clips are compared with their neighbours; of more the whole order is worked out again."""
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
        self.columns: list[Column] = columns_of((), ())
        self.listed = ClipList.of_all(self.table)
        self.filter = ClipFilter()
        self.sort_key, self.descending = "", False
        self._edited: set[str] = set()
        self.names: dict[str, str] = {}

    # What Qt asks

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of lines."""
        return 0 if parent.isValid() else len(self.listed)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole):
        """Return the text of a cell, for screen readers, tooltips and tests."""
        if not index.isValid():
            return None
        key = self.columns[index.column()].key
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text_of(self.row(index.row()), key)
        if role == Qt.ItemDataRole.TextAlignmentRole and key in NUMBERS:
            return _RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            row = self.row(index.row())
            return f"{self.text_of(row, key)}, {_tip(row, key)}" if key == "video" else _tip(row, key)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Return the title of a column."""
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

    def text_of(self, row: ClipRow, key: str) -> str:
        """Return the text of a cell; videos of one name are told apart by their folders."""
        return self.names.get(row.video_id, row.video_name) if key == "video" else cell_text(row, key)

    def row(self, line: int) -> ClipRow:
        """Return the clip in a line."""
        return self.listed.row(line)

    def id_at(self, line: int) -> str:
        """Return the id of the clip in a line."""
        return self.row(line).id

    def line(self, clip_id: str | None) -> int:
        """Return the line of a clip, -1 where it is not listed."""
        return self.listed.line(clip_id)

    def lines(self, clip_ids: Iterable[str]) -> np.ndarray:
        """Return the lines ``[n]`` of those of the clips that are listed, ascending."""
        return self.listed.lines(clip_ids)

    # What is shown

    def show_table(self, table: ClipTable) -> None:
        """Show other clips, with the present filter and order."""
        self.table = table
        self._replace(columns_of(table.held(), table.facet_keys()))

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

    def clips_reread(self) -> None:
        """Show other columns, where clips have other facets, or predictions now."""
        columns = columns_of(self.table.held(), self.table.facet_keys())
        if columns != self.columns:
            self._replace(columns)

    def clips_changed(self, clip_ids: Iterable[str]) -> None:
        """Show changes to some clips, each in the line where it stands."""
        ids = list(clip_ids)
        self._edited.update(ids)
        lines = self.listed.lines(ids)
        if len(lines):
            last = self.index(int(lines[-1]), len(self.columns) - 1)
            self.dataChanged.emit(self.index(int(lines[0]), 0), last)

    def stale(self) -> bool:
        """Return whether edits have made the filter or the order out of date."""
        if self.filter.empty and not self.sort_key:
            return False
        if len(self._edited) > _FEW:
            return not np.array_equal(self._wanted_order(self.columns), self.listed.order)
        return any(self._is_misplaced(clip_id) for clip_id in self._edited if clip_id in self.table)

    def _is_misplaced(self, clip_id: str) -> bool:
        """Whether a clip passes the filter and is not listed, or the other way round, or does not belong between its neighbours."""
        place, line = np.array([self.table.place(clip_id)]), self.line(clip_id)
        if len(passing(self.table, self.filter, place)) != (line >= 0):
            return True
        if line < 0 or not self._is_sorted(self.columns):
            return False
        near = self.listed.order[max(0, line - 1) : line + 2]
        return not np.array_equal(ordered(self.table, np.sort(near), self.sort_key, self.descending), near)

    def _is_sorted(self, columns: list[Column]) -> bool:
        return bool(self.sort_key) and any(column.key == self.sort_key for column in columns)

    def _wanted_order(self, columns: list[Column]) -> np.ndarray:
        places = passing(self.table, self.filter)
        if self._is_sorted(columns):
            places = ordered(self.table, places, self.sort_key, self.descending)
        return places

    def _replace(self, columns: list[Column]) -> None:
        order = self._wanted_order(columns)
        self._edited.clear()
        self.beginResetModel()
        self.columns, self.listed = columns, ClipList(self.table, order, self.sort_key, self.descending)
        self.endResetModel()


def _tip(row: ClipRow, key: str) -> str | None:
    if key == "video":
        return f"frames {row.start} to {row.end - 1}"
    if key in ("prediction", "confidence") and row.prediction:
        return f"Top prediction of {row.model}: {row.prediction}"
    if key in ("review", "said_by") and row.answer is not None:
        return answer_text(row)
    if key == "label" and (row.denied or ", " in row.said_by):
        denied = f"; not {', '.join(row.denied)}" if row.denied else ""
        return f"{row.label or 'No label'}{denied}; by {row.said_by}"
    return cell_text(row, key) or None


_HEADER_TIPS = {
    "picture": "The clip's middle frame",
    "confidence": "Confidence of the prediction",
    "start": "Start in its video",
    "end": "End in its video",
    "seconds": "Length in seconds",
    "frames": "First and last frame",
    "subject": "Subject of the bout",
    "review": "Answer given in a review",
}
