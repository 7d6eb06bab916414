"""Results of a project check: lists the problems and repairs what can be repaired."""

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QApplication, QDialog, QDialogButtonBox, QLabel, QTextEdit, QVBoxLayout

from actiondiff_gui.health.findings import Report

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class CheckDialog(QDialog):
    """Problems, repairs, and what is fine. It does not block the window."""

    def __init__(self, host: "Host", report: Report, repair: Callable[[Path], None]) -> None:
        super().__init__(host.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.host, self.report, self._repair = host, report, repair
        self.setWindowTitle(f"Check of {report.project.name}")
        self.resize(620, 400)
        self.said = QLabel(report.summary().replace(" --repair fixes", " Repair fixes"))
        self.said.setWordWrap(True)
        self.list = QTextEdit()
        self.list.setReadOnly(True)
        self.list.setHtml("".join(f"<p><b>{title}</b><br>{escape(text)}</p>" for title, text in self._told()))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        copy = buttons.addButton("Copy the list", QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(host.guarded(self._copy))
        self.mend = buttons.addButton("Repair", QDialogButtonBox.ButtonRole.ActionRole)
        self.mend.setEnabled(any(each.mend is not None for each in report.problems))
        self.mend.clicked.connect(host.guarded(self._mend))
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addWidget(self.said)
        column.addWidget(self.list, 1)
        column.addWidget(buttons)

    def _told(self) -> list[tuple[str, str]]:
        report = self.report
        return [
            *((each.part.capitalize(), each.sentence) for each in report.problems),
            *(("Repaired", f"{each.sentence} {each.mended}") for each in report.mended),
            *(("Note", note) for note in report.notes),
            *((each.part.capitalize(), each.text) for each in report.fine),
        ]

    def _copy(self) -> None:
        QApplication.clipboard().setText("\n".join(f"{title}: {text}" for title, text in self._told()))

    def _mend(self) -> None:
        self._repair(self.report.project)
        self.close()
