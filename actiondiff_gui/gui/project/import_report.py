"""Report of an import: what was left out, and why."""

import re
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QApplication, QDialog, QDialogButtonBox, QLabel, QTextEdit, QVBoxLayout

from actiondiff_gui.project.formats.imports.report import ImportReport, Problem, Problems

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

MOST_LISTED = 300
MOST_LINES = 8


class ImportReportDialog(QDialog):
    """What was added, and each file or line that was not, with its reason. It does not block the window."""

    def __init__(self, host: "Host", report: ImportReport) -> None:
        super().__init__(host.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.host, self.report = host, report
        self.setWindowTitle("Import report")
        self.resize(600, 400)
        count = report.problems.total
        missing = f"{count:,} {'entry' if count == 1 else 'entries'} could not be imported:"
        self.said = QLabel(f"{added(report)}. {missing if count else 'Remarks:'}")
        self.said.setWordWrap(True)
        self.list = QTextEdit()
        self.list.setReadOnly(True)
        self.list.setHtml(_page(report))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        copy = buttons.addButton("Copy the list", QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(host.guarded(self._copy))
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addWidget(self.said)
        column.addWidget(self.list, 1)
        column.addWidget(buttons)

    def text(self) -> str:
        """Return the whole report as plain lines."""
        parts = [f"{added(self.report)}.", *_lines(self.report.problems)]
        if self.report.notes:
            parts += ["There is something to know:", *_lines(self.report.notes)]
        return "\n".join(parts)

    def _copy(self, *_: object) -> None:
        QApplication.clipboard().setText(self.text())


def added(report: ImportReport) -> str:
    """Return what an import added, in words: "3 videos, 1 clip and no labels added"."""
    counts = ((report.videos_added, "video"), (report.clips_added, "clip"), (report.labels_added, "label"))
    words = [f"{n or 'no':{',' if n else ''}} {what}{'' if n == 1 else 's'}" for n, what in counts]
    text = f"{words[0]}, {words[1]} and {words[2]} added"
    return text[:1].upper() + text[1:]


def for_window(sentence: str) -> str:
    """Return a sentence without the command line options that it names: "Say which video (--video NAME)."."""
    return re.sub(r" \(--[a-z-]+( [A-Z]+)?\)", "", sentence)


def grouped(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    """Return location and reason of each problem; lines of a file with the same reason are grouped."""
    lines: dict[tuple, list[int]] = {}
    for problem in problems:
        found = lines.setdefault((problem.file, problem.reason), [])
        if problem.line is not None:
            found.append(problem.line)
    told = []
    for (file, reason), numbers in lines.items():
        location = file.name
        if numbers:
            few = ", ".join(map(str, numbers[:MOST_LINES]))
            rest = f" and {len(numbers) - MOST_LINES:,} more" if len(numbers) > MOST_LINES else ""
            location += f", line{'' if len(numbers) == 1 else 's'} {few}{rest}"
        told.append((location, for_window(reason)))
    return told


def _page(report: ImportReport) -> str:
    parts = listed(report.problems)
    if report.notes:
        parts += ["<p>Remarks:</p>", *listed(report.notes)]
    return "".join(parts)


def _lines(problems: Problems) -> list[str]:
    return [*map(str, problems), *([f"and {problems.more:,} more."] if problems.more else [])]


def listed(problems: Problems) -> list[str]:
    """Return problems as paragraphs of HTML, the first hundreds of them, and how many more there are."""
    told = grouped(problems)
    parts = [
        f"<p><b>{escape(location)}</b><br>{escape(reason)}</p>" for location, reason in told[:MOST_LISTED]
    ]
    if len(told) > MOST_LISTED:
        parts.append(f"<p>And {len(told) - MOST_LISTED:,} more: copy the list to see them.</p>")
    if problems.more:
        parts.append(f"<p>And {problems.more:,} more, of which only the number is known.</p>")
    return parts
