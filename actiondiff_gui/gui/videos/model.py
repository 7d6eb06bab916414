"""The recordings as a table of Qt: texts, pictures, tips."""

from collections.abc import Sequence

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QSize, Qt
from qtpy.QtGui import QBrush, QColor

from actiondiff_gui.gui.common.thumbnails import Thumbnails, key_of_video
from actiondiff_gui.gui.videos.state.listing import (
    VideoRow,
    arranged,
    folder_text,
    length_text,
    shared_folder,
)

PICTURE = QSize(54, 40)
_COLUMNS = (
    ("picture", ""),
    ("name", "Video"),
    ("folder", "Folder"),
    ("state", "File"),
    ("length", "Length"),
    ("fps", "Frames/s"),
    ("bouts", "Bouts"),
    ("labelled", "Labelled"),
    ("predictions", "Predicted"),
)
NUMBERS = ("length", "fps", "bouts", "labelled", "predictions")
_TIPS = {
    "folder": "Relative to the folder that contains all videos",
    "state": "Whether the file was found, and is the one that was added",
    "bouts": "Labelled clips",
    "labelled": "Share of the frames in labelled clips",
    "predictions": "Clips with a prediction",
}
_WRONG = QColor("#D55E00")
CHANGED = (
    "The file holds another video than the one that was added, so clips and labels may lie wrong. "
    "Bring the original back, or press Find... to locate it. To use this file instead, remove the video and add it again."
)


class VideosModel(QAbstractTableModel):
    """The recordings that pass a search, sorted."""

    def __init__(self, thumbnails: Thumbnails, parent=None) -> None:
        super().__init__(parent)
        self.thumbnails = thumbnails
        self.every: list[VideoRow] = []
        self.rows: list[VideoRow] = []
        self.columns: list[tuple[str, str]] = list(_COLUMNS)
        self.text, self.key, self.descending = "", "", False
        self._shared = shared_folder([])
        self._lines: dict[str, int] = {}
        thumbnails.ready.connect(self._picture_came)

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of lines."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def show_rows(self, rows: Sequence[VideoRow]) -> None:
        """Show other recordings, with the present search and order."""
        self.every = list(rows)
        fields = sorted({key for row in rows for key in row.facets})
        self._shared = shared_folder(self.every)
        self._arrange([*_COLUMNS, *((f"facet:{key}", key) for key in fields)])

    def change_rows(self, rows: Sequence[VideoRow]) -> None:
        """Show some of the recordings as they are now."""
        new = {row.id: row for row in rows}
        before = [row for row in self.every if row.id in new]
        self.every = [new.get(row.id, row) for row in self.every]
        if self.text or self.key or [row.facets for row in before] != [new[row.id].facets for row in before]:
            self.show_rows(self.every)
            return
        for row in rows:
            line = self.line(row.id)
            if line >= 0:
                self.rows[line] = row
                self.dataChanged.emit(self.index(line, 0), self.index(line, len(self.columns) - 1))

    def search(self, text: str) -> None:
        """Show only recordings that hold all words of a text."""
        self.text = text
        self._arrange(self.columns)

    def sort_by(self, key: str, descending: bool) -> None:
        """Sort by a column; "" for the order of the project."""
        self.key, self.descending = key, descending
        self._arrange(self.columns)

    def _arrange(self, columns: list[tuple[str, str]]) -> None:
        self.beginResetModel()
        self.columns = columns
        self.rows = arranged(self.every, self.text, self.key, self.descending, self._shared)
        self._lines = {row.id: line for line, row in enumerate(self.rows)}
        self.endResetModel()

    def line(self, video_id: str | None) -> int:
        """Return the line of a recording, -1 where it is not listed."""
        return self._lines.get(video_id or "", -1)

    def _picture_came(self, key: str) -> None:
        line = (
            self._lines.get(key.removeprefix(key_of_video("")), -1)
            if key.startswith(key_of_video(""))
            else -1
        )
        if line >= 0:
            place = self.index(line, 0)
            self.dataChanged.emit(place, place)

    def text_of(self, row: VideoRow, key: str) -> str:
        """Return the text of a cell."""
        if key.startswith("facet:"):
            return row.facets.get(key[6:], "")
        return {
            "picture": lambda: "",
            "name": lambda: row.name,
            "folder": lambda: folder_text(row, self._shared),
            "state": lambda: row.state,
            "length": lambda: length_text(row.seconds),
            "fps": lambda: f"{row.fps:.4g}",
            "bouts": lambda: f"{row.bouts:,}" if row.bouts else "",
            "labelled": lambda: f"{row.labelled:.0%}" if row.bouts else "",
            "predictions": lambda: f"{row.predictions:,}" if row.predictions else "",
        }[key]()

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole):
        """Return text, picture, tooltip, alignment or colour of a cell."""
        if not index.isValid():
            return None
        row, key = self.rows[index.row()], self.columns[index.column()][0]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text_of(row, key)
        if role == Qt.ItemDataRole.DecorationRole and key == "picture" and not row.missing:
            image = self.thumbnails.of_video(row.id)
            if image is not None:
                size = PICTURE
                return image.scaled(
                    size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
                )
        if role == Qt.ItemDataRole.ForegroundRole and key == "state" and row.state != "there":
            return QBrush(_WRONG)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if key in NUMBERS else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            gone = "missing: " if row.missing else ""
            told = f"{gone}{row.folder / row.name}\n{row.frames:,} frames, {row.fps:.4g} a second"
            return f"{told}\n{CHANGED}" if row.state == "changed" else told
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole):
        """Return the title of a column."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        key, title = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return title
        if role == Qt.ItemDataRole.ToolTipRole:
            return _TIPS.get(key, "Click to sort")
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if key in NUMBERS else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None
