"""Backups dialog: lists the backups of a project, restores one, and sets how often they are made."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from actiondiff_gui.gui.session.preferences import backup_every, set_backup_every
from actiondiff_gui.project.backups.making import Backup, back_up_job, list_backups

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_HOW_OFTEN = (
    ("every 15 minutes", 15),
    ("every hour", 60),
    ("every four hours", 240),
    ("once a day", 1440),
    ("never", 0),
)
_SAFE = "The present state is backed up first."


class BackupsDialog(QDialog):
    """Backups of the project at ``path``, newest first; ``put_back`` restores the chosen one."""

    def __init__(self, host: "Host", path: Path, put_back: Callable[[Path, Backup], None]) -> None:
        super().__init__(host.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.host, self.path, self._put_back = host, path, put_back
        self.setWindowTitle(f"Backups of {path.name}")
        self.resize(560, 380)
        self.list = QTreeWidget()
        self.list.setHeaderLabels(["Made", "Clips", "Labels", "Why"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.said = QLabel("Looking for backups...")
        self.said.setWordWrap(True)
        self.restore, self.make = QPushButton("Restore"), QPushButton("Back up now")
        for button in (self.restore, self.make):
            button.setAutoDefault(False)
        self.restore.setEnabled(False)
        self.often = QComboBox()
        for words, minutes in _HOW_OFTEN:
            self.often.addItem(words, minutes)
        self._show_often()
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        below = QHBoxLayout()
        below.addWidget(self.restore)
        below.addWidget(self.make)
        below.addStretch(1)
        below.addWidget(QLabel("Back up automatically"))
        below.addWidget(self.often)
        column = QVBoxLayout(self)
        column.addWidget(self.list, 1)
        column.addWidget(self.said)
        column.addLayout(below)
        column.addWidget(close)
        self.restore.clicked.connect(host.guarded(self._restore))
        self.make.clicked.connect(host.guarded(self._make))
        self.often.activated.connect(host.guarded(self._keep_often))
        self.list.itemSelectionChanged.connect(self._show_buttons)
        close.rejected.connect(self.close)
        self.look()

    def look(self) -> None:
        """List the backups again."""
        path = self.path
        self.host.jobs.run(
            lambda: list_backups(path), "looking for backups", done=self._show, quiet=True, stays=True
        )

    def chosen(self) -> Backup | None:
        """Return the backup that is chosen in the list."""
        items = self.list.selectedItems()
        return items[0].data(0, Qt.ItemDataRole.UserRole) if items else None

    def _show(self, backups: list[Backup]) -> None:
        self.list.clear()
        for backup in backups:
            made = backup.made.astimezone().strftime("%Y-%m-%d %H:%M:%S")
            item = QTreeWidgetItem([made, _count(backup.clips), _count(backup.labels), backup.why])
            item.setData(0, Qt.ItemDataRole.UserRole, backup)
            for column in (1, 2):
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setToolTip(0, str(backup.path))
            self.list.addTopLevelItem(item)
        if backups:
            self.list.setCurrentItem(self.list.topLevelItem(0))
        self.said.setText(_SAFE if backups else "No backups yet. One is made when the project has changed.")
        self._show_buttons()

    def _show_buttons(self) -> None:
        self.restore.setEnabled(self.chosen() is not None)

    def _restore(self) -> None:
        backup = self.chosen()
        if backup is not None:
            self._put_back(self.path, backup)
            self.close()

    def _make(self) -> None:
        path = self.path

        def done(made: Backup | None) -> None:
            self.look()
            if made is None:
                self.host.tell("The newest backup is up to date, so no other was made.")

        self.host.jobs.start(lambda: back_up_job(path, "asked for"), "making a backup", done=done)

    def _show_often(self) -> None:
        every = backup_every(self.host.session.preferences)
        minutes = int(every.total_seconds() // 60) if every else 0
        if self.often.findData(minutes) < 0:
            self.often.addItem(f"every {minutes} minutes", minutes)
        self.often.setCurrentIndex(self.often.findData(minutes))

    def _keep_often(self) -> None:
        set_backup_every(self.host.session.preferences, timedelta(minutes=self.often.currentData()))


def _count(number: int) -> str:
    return "?" if number < 0 else f"{number:,}"
