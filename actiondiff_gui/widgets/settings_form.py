"""Forms made by magicgui from settings dataclasses: one field for each declared setting."""

from collections.abc import Mapping
from contextlib import contextmanager
from typing import Any

from magicgui.widgets import CheckBox, ComboBox, Container, LineEdit, SpinBox, Widget
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.settings import Described, described


class SettingsForm(QWidget):
    """Every declared setting of a dataclass with a field.

    Signals: ``edited`` when the user changed one.

    Parameters
    ----------
    settings : object
        The settings that are shown first; their class is the form's.
    but : tuple of str
        Settings without a field; they keep the values shown last.
    """

    edited = Signal()

    def __init__(self, settings: Any, but: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._kind = type(settings)
        self._settings = settings
        self._quiet = False
        self.described = {each.name: each for each in described(self._kind) if each.name not in but}
        self.fields: dict[str, Widget] = {name: _field(each) for name, each in self.described.items()}
        self._form = Container(widgets=list(self.fields.values()), labels=True)
        self._form.margins = (12, 0, 0, 0)
        self._form.native.layout().setSpacing(2)
        for field in self.fields.values():
            field.changed.connect(self._edited)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._form.native)
        self.show_settings(settings)

    def _edited(self, *_: object) -> None:
        if not self._quiet:
            self.edited.emit()

    @contextmanager
    def _quietly(self):
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    def show_settings(self, settings: Any) -> None:
        """Show other settings, without a signal."""
        self._settings = settings
        with self._quietly():
            for name, each in self.described.items():
                _show(self.fields[name], each, getattr(settings, name))

    def values(self) -> Mapping[str, Any]:
        """What the fields say, by name.

        Raises
        ------
        ActionDiffError
            A field cannot be read.
        """
        return {name: _read(self.fields[name], each) for name, each in self.described.items()}

    def settings(self) -> Any:
        """The settings that the fields say.

        Raises
        ------
        ActionDiffError
            A value makes no sense.
        """
        kept = {each.name: getattr(self._settings, each.name) for each in described(self._kind)}
        return self._kind(**{**kept, **self.values()})


class OptionalField(Container):
    """A number that may be left out: a tick for leaving it out, and the number."""

    def __init__(self, each: Described, number: Widget) -> None:
        self.left_out = CheckBox(text=each.setting.none or "none", tooltip=each.setting.help)
        self.number = number
        super().__init__(
            widgets=[self.left_out, number],
            layout="horizontal",
            labels=False,
            label=each.setting.label,
            tooltip=each.setting.help,
        )
        self.margins = (0, 0, 0, 0)
        self.left_out.changed.connect(lambda out: setattr(self.number, "enabled", not out))


def _field(each: Described) -> Widget:
    about = {"label": _label(each), "tooltip": each.setting.help}
    match each.kind:
        case "switch":
            return CheckBox(**about)
        case "choice":
            return ComboBox(choices=[(each.setting.words.get(c, c), c) for c in each.choices], **about)
        case "size":
            return LineEdit(**about)
        case "whole":
            number = SpinBox(min=int(each.setting.low), max=int(each.setting.high), **about)
        case _:
            # A spin box rounds to its decimals, and a learning rate of 3e-7 must stay what it is.
            number = LineEdit(**about)
    return OptionalField(each, number) if each.optional else number


def _label(each: Described) -> str:
    return f"{each.setting.label} ({each.setting.unit})" if each.setting.unit else each.setting.label


def _show(field: Widget, each: Described, value: Any) -> None:
    if isinstance(field, OptionalField):
        field.left_out.value = value is None
        field.number.enabled = value is not None
        field = field.number
        if value is None:
            return
    if each.kind == "size" and not isinstance(value, str):
        value = f"{value[0]}x{value[1]}"
    field.value = str(_short(value)) if isinstance(field, LineEdit) else value


def _short(value: Any) -> Any:
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else value


def _read(field: Widget, each: Described) -> Any:
    if isinstance(field, OptionalField):
        if field.left_out.value:
            return None
        field = field.number
    value = field.value
    if not isinstance(field, LineEdit):
        return value
    text = value.strip()
    try:
        if each.kind == "size":
            return text if text in each.choices else tuple(int(side) for side in text.lower().split("x"))
        return float(text)
    except ValueError:
        raise ActionDiffError(f"{each.setting.label}: {text!r:.60} cannot be read as a number.") from None
