"""Form fields of single settings: magicgui widgets made and read by the setting's declaration."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import Any

from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, LineEdit, Slider, Widget
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.settings import Described

WIDTH, NARROW = 150, 96
"""Width of a number and least width of a choice in pixels; of a number beside another one."""
_CUSTOM, _INSET = "custom", 28


class Field:
    """The field of a setting.

    Attributes
    ----------
    native : QWidget
        What is laid out.
    widget : Widget
        What magicgui made.
    """

    native: QWidget
    widget: Widget

    def __init__(self, each: Described, edited: Callable[[], object]) -> None:
        self.each, self._shown = each, (None, None)
        self._build()
        self.native.setToolTip(each.setting.help)
        for widget in self._widgets():
            widget.changed.connect(lambda _: edited())

    def _build(self) -> None:
        raise NotImplementedError

    def _widgets(self) -> Sequence[Widget]:
        return (self.widget,)

    def show(self, value: Any) -> None:
        """Show a value, without a signal."""
        with self._silent():
            self._put(value)
            self._shown = (self._said(), value)

    @contextmanager
    def _silent(self) -> Iterator[None]:
        with ExitStack() as blocked:
            for widget in self._widgets():
                blocked.enter_context(widget.changed.blocked())
            yield

    def value(self) -> Any:
        """Return the value of the field; exactly the value that was shown where nobody changed it, however it is rounded.

        Raises
        ------
        ActionDiffError
            It cannot be read.
        """
        said, (shown, value) = self._said(), self._shown
        return value if said == shown else self._read(said)

    def _put(self, value: Any) -> None:
        self.widget.value = value

    def _said(self) -> Any:
        return self.widget.value

    def _read(self, said: Any) -> Any:
        return said

    def say_none(self, words: str) -> None:
        """Say in other words what leaving it out means."""


class SwitchField(Field):
    """A check box with the label beside it."""

    def _build(self) -> None:
        self.widget = CheckBox(text=self.each.setting.label)
        self.native = self.widget.native


class ChoiceField(Field):
    """A choice of one of several values, each with its label."""

    def _build(self) -> None:
        self._offered: tuple[str, ...] = self.each.choices
        # A function: a box asks anew for its choices when it gets another parent.
        self.widget = ComboBox(choices=self._choices)
        self.native = self.widget.native
        _as_wide_as_its_choices(self.native)
        self.widget.changed.connect(lambda _: self._tell())
        self.offer(self.each.choices)

    def _choices(self, _: Widget) -> list[tuple[str, str]]:
        words = self.each.setting.words
        return [(words.get(choice, choice), choice) for choice in self._offered]

    def offer(self, choices: Sequence[str]) -> None:
        """List these choices; the chosen one stays."""
        chosen = self.widget.value
        self._offered = tuple(dict.fromkeys([*choices, *([] if chosen is None else [chosen])]))
        with self._silent():
            self.widget.reset_choices()
        for index in range(self.native.count()):
            tip = self.each.setting.tips.get(self._offered[index])
            self.native.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)

    def _put(self, value: str) -> None:
        if value not in self._offered:
            self.offer([*self._offered, value])
        self.widget.value = value
        self._tell()

    def _tell(self) -> None:
        self.native.setToolTip(self.each.setting.tips.get(self.widget.value, self.each.setting.help))


class NumberField(Field):
    """A number with its unit and limits; the step below the lowest means that it is left out, where it may be."""

    def _build(self) -> None:
        told = self.each.setting
        self._times = 100 if told.percent else 1
        low, high, step = (self._times * v for v in (told.low, told.high, told.step or 1))
        digits = 0
        if self.each.kind == "number":
            digits = _decimals(step) if told.percent else max(_decimals(step), min(2, _decimals(step) + 1))
        self.widget = FloatSpinBox()
        spin = self.native = self.widget.native
        spin.setKeyboardTracking(False)
        spin.setDecimals(digits)
        spin.setRange((0 if low > 0 else low - step) if self.each.optional else low, high)
        spin.setSingleStep(step)
        spin.setSuffix(" %" if told.percent else f" {told.unit}" if told.unit else "")
        spin.setFixedWidth(WIDTH)
        if self.each.optional:
            self.say_none(told.none or "none")

    def say_none(self, words: str) -> None:
        """Say in other words what leaving it out means."""
        self.native.setSpecialValueText(words)

    def _put(self, value: float | None) -> None:
        self.widget.value = self.native.minimum() if value is None else value * self._times

    def _said(self) -> float:
        # What is being typed counts too.
        self.native.interpretText()
        return self.widget.value

    def _read(self, said: float) -> float | None:
        if self.each.optional and said == self.native.minimum():
            return None
        return said / self._times if self.each.kind == "number" else round(said)


class SliderField(Field):
    """A share as a slider from 0 to 100."""

    def _build(self) -> None:
        told = self.each.setting
        self.widget = Slider(min=round(100 * told.low), max=round(100 * told.high), readout=False)
        self.native = self.widget.native

    def _put(self, value: float) -> None:
        self.widget.value = round(100 * value)

    def _read(self, said: int) -> float:
        return said / 100


class TypedField(Field):
    """A typed number of any size: a spin box would round a learning rate of 3e-7 to its decimals."""

    def _build(self) -> None:
        self.widget = LineEdit()
        self.native = self.widget.native
        self.native.setFixedWidth(WIDTH)
        # Where the text of a spin box begins.
        self.native.setTextMargins(_INSET, 0, 0, 0)
        self.say_none(self.each.setting.none)

    def say_none(self, words: str) -> None:
        """Say in other words what leaving it out means."""
        self.native.setPlaceholderText(words)

    def _put(self, value: float | None) -> None:
        self.widget.value = (
            "" if value is None else f"{value:g}" if float(f"{value:g}") == value else str(value)
        )

    def _read(self, said: str) -> float | None:
        if self.each.optional and not said.strip():
            return None
        try:
            return float(said)
        except ValueError:
            raise ActionDiffError(
                f"{self.each.setting.label}: {said.strip()!r:.60} cannot be read as a number."
            ) from None


class TextField(Field):
    """A typed text. An edit is finished with Return or by leaving the field: most texts are not valid while they are typed."""

    def __init__(self, each: Described, edited: Callable[[], object]) -> None:
        super().__init__(each, edited)
        self.native.editingFinished.connect(edited)

    def _widgets(self) -> Sequence[Widget]:
        return ()

    def _build(self) -> None:
        self.widget = LineEdit()
        self.native = self.widget.native
        self.native.setMinimumWidth(WIDTH)
        self.native.setPlaceholderText(next(iter(self.each.setting.examples), ""))

    def _read(self, said: str) -> str:
        return said.strip()


class SizeField(Field):
    """One of several sizes, or height and width in pixels."""

    def _build(self) -> None:
        told = self.each.setting
        self.widget = ComboBox(
            choices=[*((told.words.get(c, c), c) for c in self.each.choices), ("custom...", _CUSTOM)]
        )
        self.sides = (FloatSpinBox(), FloatSpinBox())
        _as_wide_as_its_choices(self.widget.native)
        self._custom = QWidget()
        pair = QHBoxLayout(self._custom)
        for side in self.sides:
            side.native.setKeyboardTracking(False)
            side.native.setDecimals(0)
            side.native.setRange(told.low, told.high)
            side.native.setFixedWidth(NARROW)
        for part in (self.sides[0].native, QLabel("x"), self.sides[1].native):
            pair.addWidget(part)
        pair.addStretch(1)
        self.native = QWidget()
        # Under each other: side by side they are wider than a dock.
        lines = QVBoxLayout(self.native)
        for layout in (pair, lines):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(4)
        lines.addWidget(self.widget.native)
        lines.addWidget(self._custom)
        for index, choice in enumerate(self.each.choices):
            self.widget.native.setItemData(index, told.tips.get(choice), Qt.ItemDataRole.ToolTipRole)
        self.widget.changed.connect(lambda _: self._show_sides())
        self._show_sides()

    def _widgets(self) -> Sequence[Widget]:
        return (self.widget, *self.sides)

    def fit(self, usual: tuple[int, int], multiple: int) -> None:
        """Step by ``multiple``, from ``usual`` height and width, which show until others are chosen."""
        for side, value in zip(self.sides, usual, strict=True):
            side.native.setSingleStep(multiple)
            side.native.setToolTip(f"In pixels, a multiple of {multiple}")
            if self.widget.value != _CUSTOM:
                with self._silent():
                    side.value = value

    def _show_sides(self) -> None:
        self._custom.setVisible(self.widget.value == _CUSTOM)
        tip = self.each.setting.tips.get(self.widget.value, self.each.setting.help)
        self.widget.native.setToolTip(tip)

    def _put(self, value: str | tuple[int, int]) -> None:
        self.widget.value = value if isinstance(value, str) else _CUSTOM
        if not isinstance(value, str):
            for side, pixels in zip(self.sides, value, strict=True):
                side.value = pixels
        self._show_sides()

    def _said(self) -> Any:
        for side in self.sides:
            side.native.interpretText()
        return self.widget.value, *(side.value for side in self.sides)

    def _read(self, said: tuple) -> str | tuple[int, int]:
        return (round(said[1]), round(said[2])) if said[0] == _CUSTOM else said[0]


def field_of(each: Described, edited: Callable[[], object]) -> Field:
    """Return the field of a setting, which calls ``edited`` when the user changes it."""
    if each.kind == "number":
        told = each.setting
        return (SliderField if told.slider else NumberField if told.step else TypedField)(each, edited)
    if each.kind == "text" and not each.choices:
        return TextField(each, edited)
    kinds = {"switch": SwitchField, "choice": ChoiceField, "text": ChoiceField, "size": SizeField}
    return kinds.get(each.kind, NumberField)(each, edited)


def _as_wide_as_its_choices(box: QComboBox) -> None:
    box.setMinimumWidth(WIDTH)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)


def _decimals(value: float) -> int:
    """Return the number of digits after the point that ``value`` is written with."""
    return max(0, -int(Decimal(f"{value:.9g}").normalize().as_tuple().exponent))
