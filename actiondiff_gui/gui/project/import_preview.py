"""Preview of an import: a list of the first bouts, and the first and last frame of one."""

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPalette
from qtpy.QtWidgets import (
    QGridLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

from actiondiff_gui.gui.common.listening import if_there
from actiondiff_gui.gui.common.theme import colour, hint
from actiondiff_gui.gui.project.state.importing import Bout, Planned, pictures_job
from actiondiff_gui.gui.timeline.state.time_axis import clock

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_WIDTH, _HEIGHT = 640, 480
_KEY = "import pictures"


class ImportPreview(QWidget):
    """The first bouts of a plan; choosing one shows its first and last frame, decoded in the background.

    Attributes
    ----------
    list : QTreeWidget
    first, last : FramePicture
    """

    def __init__(self, host: "Host") -> None:
        super().__init__()
        self.host = host
        self._bouts: list[Bout] = []
        self.list = QTreeWidget()
        self.list.setColumnCount(4)
        self.list.setHeaderLabels(["Label", "Video", "First frame", "Last frame"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAllColumnsShowFocus(True)
        self.list.setStyleSheet("QTreeView::item { padding: 2px 3px; }")
        header = self.list.header()
        header.setStretchLastSection(False)
        for column in range(4):
            mode = QHeaderView.ResizeMode.Stretch if column < 2 else QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(column, mode)
        self.list.currentItemChanged.connect(host.guarded(self._chosen))
        ground = colour(host.viewer, "foreground")
        self.first, self.last = FramePicture(ground, "First frame"), FramePicture(ground, "Last frame")
        self.first_said, self.last_said = hint("First frame"), hint("Last frame")
        self.trouble = QLabel()
        self.trouble.setWordWrap(True)
        self.trouble.hide()
        grid = QGridLayout()
        for column, (said, picture) in enumerate(
            ((self.first_said, self.first), (self.last_said, self.last))
        ):
            said.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            grid.addWidget(picture, 0, column)
            grid.addWidget(said, 1, column)
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list, 2)
        column.addLayout(grid, 3)
        column.addWidget(self.trouble)

    def show_planned(self, planned: Planned | None) -> None:
        """Show the bouts of a plan, and keep looking at the same line of the table; none without a plan."""
        at = self.list.currentItem()
        at = self._bouts[self.list.indexOfTopLevelItem(at)] if at is not None else None
        self._bouts = planned.bouts() if planned is not None else []
        with signals_blocked(self.list):
            self.list.clear()
            for bout in self._bouts:
                item = QTreeWidgetItem([bout.actions or "no label", bout.path.name, *_frames(bout)])
                item.setToolTip(0, _told(bout))
                item.setToolTip(1, str(bout.path))
                for column in (2, 3):
                    item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.list.addTopLevelItem(item)
        same = (n for n, bout in enumerate(self._bouts) if at is not None and bout.line == at.line)
        if self._bouts:
            self.list.setCurrentItem(self.list.topLevelItem(next(same, 0)))
        else:
            self._chosen()

    def _chosen(self, *_: object) -> None:
        row = self.list.indexOfTopLevelItem(self.list.currentItem()) if self.list.currentItem() else -1
        self.trouble.hide()
        self.host.jobs.leave(_KEY)
        if not 0 <= row < len(self._bouts):
            self._show(None, None, "", "")
            return
        bout = self._bouts[row]
        start, end = _frames(bout)
        self._show(None, None, f"First frame: {start}", f"Last frame: {end}")
        self.host.jobs.start(
            lambda: pictures_job(bout, _WIDTH, _HEIGHT),
            "reading frames",
            done=if_there(self._came),
            failed=if_there(self._failed),
            key=_KEY,
            quiet=True,
        )

    def _show(self, first: np.ndarray | None, last: np.ndarray | None, *said: str) -> None:
        self.first.show_pixels(first)
        self.last.show_pixels(last)
        for label, text in zip((self.first_said, self.last_said), said, strict=False):
            label.setText(text)

    def _came(self, found: tuple[np.ndarray, np.ndarray]) -> None:
        self._show(*found)

    def _failed(self, sentence: str) -> None:
        self.trouble.setText(sentence)
        self.trouble.show()


class FramePicture(QWidget):
    """One frame, as large as fits."""

    def __init__(self, ground: QColor, name: str) -> None:
        super().__init__()
        self.image: QImage | None = None
        self._ground, self._name = ground, name
        self.setMinimumSize(160, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Return a size in which actions can be told apart."""
        return QSize(280, 210)

    def show_pixels(self, pixels: np.ndarray | None) -> None:
        """Show uint8 ``[h, w, 3]``, or nothing."""
        if pixels is None:
            self.image = None
        else:
            height, width = pixels.shape[:2]
            # The copy owns its memory; QImage alone would point into the array.
            self.image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self.update()

    def paintEvent(self, _event: object) -> None:
        """Paint the frame in the middle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), self._ground)
        if self.image is not None:
            size = self.image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            box = self.rect()
            box.setSize(size)
            box.moveCenter(self.rect().center())
            painter.drawImage(box, self.image)
        else:
            painter.setPen(self.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._name)
        painter.end()


def _frames(bout: Bout) -> tuple[str, str]:
    """Return the first and last frame with their times."""
    return tuple(f"{frame:,} ({clock(frame / bout.fps)})" for frame in (bout.start, bout.end - 1))


def _told(bout: Bout) -> str:
    parts = [bout.actions or "no label"]
    parts += [f"of {bout.subject}"] if bout.subject else []
    parts += [f"line {bout.line:,}"] if bout.line is not None else []
    return ", ".join(parts)
