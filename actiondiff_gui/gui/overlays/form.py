"""Form of the overlays dock: holds the choices and computes nothing."""

from collections.abc import Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QComboBox, QFormLayout, QLabel, QSizePolicy, QWidget
from superqt.utils import signals_blocked

from actiondiff_gui.gui.forms.setting_fields import field_of
from actiondiff_gui.gui.overlays.state.kinds import ALL, ONE, OVERLAY_KINDS, SOME, OverlayKind
from actiondiff_gui.overlays.overlay import NO_CROSS_ATTENTION, OverlaySettings
from actiondiff_gui.settings import setting

CURRENT, SELECTION = "current", "selection"
FILE = "file"
"""What the list of models holds besides their names."""


class OverlayForm(QWidget):
    """Overlay, clips, timesteps, head, model, action, opacity: a row is shown only where it matters.

    Signals: ``opacity_changed``.
    """

    opacity_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = QComboBox()
        for kind in OVERLAY_KINDS:
            self.kind.addItem(kind.title, kind.id)
        # Listed so that its explanation can be found.
        self.kind.addItem("Cross-attention (not informative)", "")
        self.kind.setItemData(len(OVERLAY_KINDS), NO_CROSS_ATTENTION, Qt.ItemDataRole.ToolTipRole)
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.clips = QComboBox()
        self.clips.addItem("the open clip", CURRENT)
        self.clips.addItem("the selected clips, side by side", SELECTION)
        self.timesteps = QComboBox()
        self.head = QComboBox()
        self.model = QComboBox()
        self.action = QComboBox()
        self.measure = QComboBox()
        self.opacity = field_of(setting(OverlaySettings, "opacity"), self.opacity_changed.emit)
        self.opacity.show(OverlaySettings.opacity)
        self.rows = QFormLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.addRow("Overlay", self.kind)
        self.rows.addRow("", self.about)
        for label, box in (
            ("Clips", self.clips),
            ("Timesteps", self.timesteps),
            ("Attention head", self.head),
            ("Model", self.model),
            ("Action", self.action),
            ("Measure", self.measure),
            (self.opacity.each.setting.label.capitalize(), self.opacity.native),
        ):
            self.rows.addRow(label, box)
        for box in (self.kind, self.clips, self.timesteps, self.head, self.model, self.action, self.measure):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_timesteps(0, 0)
        self.set_heads(0)
        self.set_models(())
        self.set_measures(0)
        self.show_rows()

    @property
    def chosen(self) -> OverlayKind | None:
        """The overlay that is chosen; None where it is not available."""
        index = self.kind.currentIndex()
        return OVERLAY_KINDS[index] if 0 <= index < len(OVERLAY_KINDS) else None

    def choose(self, kind: str) -> None:
        """Choose an overlay."""
        self.kind.setCurrentIndex(self.kind.findData(kind))

    @property
    def many_clips(self) -> bool:
        """Whether the selected clips are shown beside the open one."""
        kind = self.chosen
        return bool(kind and kind.many_clips and self.clips.currentData() == SELECTION)

    @property
    def steps(self) -> str:
        """Which timesteps are shown."""
        kind = self.chosen
        return self.timesteps.currentData() if kind and kind.many_timesteps else ONE

    def show_rows(self) -> None:
        """Show the rows that matter for the chosen overlay."""
        kind = self.chosen
        self.about.setText(kind.about if kind is not None else NO_CROSS_ATTENTION)
        for box, needed in (
            (self.clips, kind and kind.many_clips),
            (self.timesteps, kind and kind.many_timesteps and self.timesteps.count() > 1),
            (self.head, kind and kind.heads),
            (self.model, kind and kind.model),
            (self.action, kind and kind.action),
            (self.measure, kind and kind.measure),
            (self.opacity.native, kind and kind.painted),
        ):
            self.rows.setRowVisible(box, bool(needed))

    def set_timesteps(self, some: int, every: int) -> None:
        """Offer so many timesteps of the paper, and all of them; fewer than two are not offered."""
        choices = [("this timestep", ONE)]
        if some > 1:
            choices.append((f"the paper's {_word(some)}, side by side", SOME))
        if every > some > 1:
            choices.append((f"all {every}, this frame as a sheet", ALL))
        _refill(self.timesteps, choices)

    def set_heads(self, heads: int) -> None:
        """Offer the mean over so many heads, and each of them."""
        _refill(self.head, [("mean over heads", None), *((f"head {n}", n) for n in range(heads))])

    def set_models(self, names: Sequence[str]) -> None:
        """Offer the project's models, and any file."""
        _refill(self.model, [("", ""), *((name, name) for name in names), ("From a file...", FILE)])

    def set_measures(self, layers: int) -> None:
        """Offer rollout through a transformer's layers, and the class token in each of them."""
        choices = [("rollout through all layers", None)]
        _refill(self.measure, choices + [(f"class token in layer {n + 1}", n) for n in range(layers)])

    def set_actions(self, names: Sequence[str]) -> None:
        """Offer the actions of the chosen model."""
        _refill(self.action, [(name, name) for name in names])


def _refill(box: QComboBox, choices: Sequence[tuple]) -> None:
    """List other choices in a box, without a signal; the chosen one stays where it is among them."""
    if [(box.itemText(n), box.itemData(n)) for n in range(box.count())] == list(choices):
        return
    kept = box.currentData()
    with signals_blocked(box):
        box.clear()
        for text, data in choices:
            box.addItem(text, data)
        index = next((n for n, (_, data) in enumerate(choices) if data == kept), 0)
        box.setCurrentIndex(index)


def _word(count: int) -> str:
    words = ("two", "three", "four", "five", "six", "seven", "eight", "nine")
    return words[count - 2] if 2 <= count < len(words) + 2 else str(count)
