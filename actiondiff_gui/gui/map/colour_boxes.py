"""Boxes that choose what the colours and shapes of clips on maps stand for."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QWidget
from superqt.utils import signals_blocked

from actiondiff_gui.gui.common.theme import hint
from actiondiff_gui.gui.map.state.colours import (
    ACTION,
    CONFIDENCE,
    FACET,
    LENGTH,
    PREDICTION,
    RECORDING,
    RIGHT,
    SAID_BY,
    START,
    SUBJECT,
)

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_ALIKE, _DOMAIN = "", "domain"
_COLOURS = {
    ACTION: "action",
    PREDICTION: "prediction",
    CONFIDENCE: "confidence",
    RIGHT: "model right or wrong",
    SAID_BY: "labelled by",
    RECORDING: "recording",
    SUBJECT: "subject",
    START: "start in the recording",
    LENGTH: "length",
}


class ColourBoxes(QWidget):
    """Colours and shapes. Signals: ``chosen`` when the user chose another meaning."""

    chosen = Signal()

    def __init__(self, host: "Host") -> None:
        super().__init__()
        self.session = host.session
        self.colour_by, self.shape_by = QComboBox(), QComboBox()
        self.colour_by.setToolTip("What colours stand for")
        self.shape_by.setToolTip("What shapes stand for")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for text, box in (("colour", self.colour_by), ("shape", self.shape_by)):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.activated.connect(host.guarded(lambda _: self.chosen.emit()))
            row.addWidget(hint(text))
            row.addWidget(box, 1)

    @property
    def facet(self) -> str | None:
        """The facet that shapes stand for, None for none."""
        chosen = self.shape_by.currentData()
        return (self.session.domain if chosen == _DOMAIN else chosen) or None

    def copy(self, other: "ColourBoxes") -> None:
        """Choose what ``other`` has chosen."""
        self.fill()
        for mine, its in ((self.colour_by, other.colour_by), (self.shape_by, other.shape_by)):
            mine.setCurrentIndex(max(0, mine.findData(its.currentData())))

    def fill(self) -> None:
        """List what colours and shapes can stand for; the chosen entries stay chosen."""
        facets, domain = self.session.table.facet_keys(), self.session.domain
        colours = list(_COLOURS.items())
        colours[1:1] = [(FACET + facet, facet) for facet in facets]
        shapes = [(_DOMAIN, f"{domain} (domain)")] if domain else []
        shapes += [(facet, facet) for facet in facets if facet != domain]
        shapes.append((_ALIKE, "all alike"))
        for box, entries in ((self.colour_by, colours), (self.shape_by, shapes)):
            chosen = box.currentData()
            with signals_blocked(box):
                box.clear()
                for data, text in entries:
                    box.addItem(text, data)
                box.setCurrentIndex(max(0, box.findData(chosen)))
