"""Empty page of a dock: one sentence, and the buttons that lead on."""

from collections.abc import Callable, Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget


class EmptyPage(QWidget):
    """One sentence in the middle, with buttons below it."""

    def __init__(
        self,
        sentence: str = "",
        buttons: Sequence[tuple[str, Callable[[], object]]] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.sentence = QLabel(sentence)
        self.sentence.setWordWrap(True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(24, 12, 24, 12)
        self._column.addStretch(2)
        self._column.addWidget(self.sentence)
        self._column.addSpacing(8)
        self.buttons: dict[str, QPushButton] = {}
        # Buttons are used again, not deleted: what they do is held in plain sight of Python's collector.
        self._made: list[QPushButton] = []
        self._runs: list[Callable[[], object]] = []
        self._row = QVBoxLayout()
        self._column.addLayout(self._row)
        self._column.addStretch(3)
        self.set(sentence, buttons)

    def set(self, sentence: str, buttons: Sequence[tuple[str, Callable[[], object]]] = ()) -> None:
        """Show another sentence and other buttons."""
        self.sentence.setText(sentence)
        self._runs = [run for _, run in buttons]
        while len(self._made) < len(buttons):
            button, index = QPushButton(), len(self._made)
            button.setMinimumWidth(150)
            button.setMaximumWidth(260)
            button.clicked.connect(lambda _=False, n=index: self._runs[n]())
            self._row.addWidget(button, alignment=Qt.AlignmentFlag.AlignHCenter)
            self._made.append(button)
        self.buttons = {}
        for number, button in enumerate(self._made):
            button.setVisible(number < len(buttons))
            if number < len(buttons):
                button.setText(buttons[number][0])
                self.buttons[buttons[number][0]] = button
