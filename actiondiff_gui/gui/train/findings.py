"""Problems found before a training: sentences with a mark, and the button that helps."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from actiondiff_gui.classifier.training.checking import Finding
from actiondiff_gui.gui.common.theme import mute
from actiondiff_gui.gui.features.run import Sentence, warning_colour

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

BUTTONS = {"features": "Compute features", "label": "Label clips", "domain": "Set facets"}
_MOST = 5


class Findings(QWidget):
    """Problems found by a check, blocking ones first.

    Signals: ``fix(what)`` when a button is pressed.
    """

    fix = Signal(str)

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._host = host
        self.shown: tuple[Finding, ...] = ()
        self._lines: list[tuple[QWidget, QLabel, Sentence, QPushButton]] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(3)
        self.more = QLabel()
        mute(self.more)
        self._column.addWidget(self.more)

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Show these problems."""
        self.shown = tuple(findings)
        shown = self.shown[:_MOST]
        while len(self._lines) < len(shown):
            self._add_line()
        offered: set[str] = set()
        stop, warn = "#e05252", warning_colour(self._host.viewer)
        for index, (line, mark, text, button) in enumerate(self._lines):
            line.setVisible(index < len(shown))
            if index >= len(shown):
                continue
            finding = shown[index]
            mark.setText("✕" if finding.blocks else "!")
            mark.setStyleSheet(
                f"color: {stop if finding.blocks else warn}; font-weight: bold; padding: 0px; margin: 0px;"
            )
            mark.setToolTip("Must be fixed first" if finding.blocks else "Note")
            text.setText(finding.text)
            wanted = finding.fix in BUTTONS and finding.fix not in offered
            button.setVisible(wanted)
            if wanted:
                offered.add(finding.fix)
                button.setText(BUTTONS[finding.fix])
                # A long sentence beside it must not squeeze its words.
                button.setMinimumWidth(button.sizeHint().width())
                button.setProperty("fix", finding.fix)
        rest = len(self.shown) - len(shown)
        self.more.setText(f"and {rest} more" if rest else "")
        self.more.setToolTip("\n".join(finding.text for finding in self.shown[_MOST:]))
        self.more.setVisible(bool(rest))

    def button(self, fix: str) -> QPushButton | None:
        """Return the button that fixes ``fix``, if there is one."""
        return next((b for _, _, _, b in self._lines if not b.isHidden() and b.property("fix") == fix), None)

    def _add_line(self) -> None:
        line, mark, text, button = QWidget(), QLabel(), Sentence(), QPushButton()
        mark.setFixedWidth(self.fontMetrics().horizontalAdvance("✕") + 4)
        mark.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(text, 1)
        row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        button.clicked.connect(self._pressed)
        self._lines.append((line, mark, text, button))
        self._column.insertWidget(len(self._lines) - 1, line)

    def _pressed(self) -> None:
        self.fix.emit(self.sender().property("fix"))
