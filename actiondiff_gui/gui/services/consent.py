"""Confirmation that is asked for before another annotator's work is changed."""

from collections.abc import Callable

from qtpy.QtWidgets import QMessageBox, QWidget

from actiondiff_gui.errors import ConsentNeeded


def ask_consent(parent: QWidget, error: ConsentNeeded, guarded: Callable[[Callable], Callable]) -> None:
    """Ask the question of an error, and continue where the answer is yes; ``guarded`` reports further errors."""
    box = QMessageBox(QMessageBox.Icon.Question, "Labels of another annotator", str(error), parent=parent)
    box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No)
    box.setDefaultButton(QMessageBox.StandardButton.No)
    yes = box.button(QMessageBox.StandardButton.Yes)
    yes.clicked.connect(lambda _=False: guarded(error.go_on)())
    box.finished.connect(box.deleteLater)
    box.open()
