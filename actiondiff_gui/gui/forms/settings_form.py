"""Forms made by magicgui from settings dataclasses: one field for each declared setting."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.common.theme import hint
from actiondiff_gui.gui.forms.setting_fields import ChoiceField, Field, SwitchField, TypedField, field_of
from actiondiff_gui.settings import described


class SettingsForm(QWidget):
    """The declared settings of a dataclass with their fields.

    Signals: ``edited`` when the user changed one.

    Attributes
    ----------
    fields : dict of str to Field
        By the settings' names.

    Parameters
    ----------
    settings : object
        The settings that are shown first; their class is the form's.
    only : sequence of str
        Settings with a field, all by default. The others keep the values shown last.
    line : bool
        Put the fields side by side in one quiet line instead of under each other.
    """

    edited = Signal()

    def __init__(self, settings: Any, only: Sequence[str] = (), line: bool = False) -> None:
        super().__init__()
        self.kind = type(settings)
        self._settings = settings
        self.mates: tuple[SettingsForm, ...] = (self,)
        self.fields: dict[str, Field] = {
            each.name: field_of(each, self._edited)
            for each in described(self.kind)
            if not only or each.name in only
        }
        if line:
            self._lay_in_line()
        else:
            self._lay_in_rows()
        self.show_settings(settings)

    def _lay_in_rows(self) -> None:
        self.rows = QFormLayout(self)
        self.rows.setContentsMargins(12, 2, 8, 4)
        self.rows.setVerticalSpacing(4)
        self.rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self.rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for field in self.fields.values():
            if isinstance(field, SwitchField):
                self.rows.addRow(field.native)
            else:
                told = field.each.setting
                unit = f" ({told.unit})" if told.unit and isinstance(field, TypedField) else ""
                self.rows.addRow(told.label + unit, field.native)
                self.rows.labelForField(field.native).setToolTip(told.help)

    def _lay_in_line(self) -> None:
        self.rows = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for field in self.fields.values():
            if not isinstance(field, SwitchField):
                row.addWidget(hint(field.each.setting.label))
            row.addWidget(field.native, int(isinstance(field, ChoiceField)))

    def showEvent(self, event: QShowEvent) -> None:
        """Align with the forms around, now that the style of the window is known."""
        super().showEvent(event)
        labels = [label for form in self.mates if form.rows is not None for label in form.labels()]
        for label in labels:
            label.ensurePolished()
        widest = max((label.sizeHint().width() for label in labels), default=0)
        for label in labels:
            label.setMinimumWidth(widest)

    def labels(self) -> list[QWidget]:
        """Return the labels in front of the fields."""
        found = (self.rows.labelForField(field.native) for field in self.fields.values())
        return [label for label in found if label is not None]

    def _edited(self) -> None:
        self._show_rows()
        self.edited.emit()

    def show_settings(self, settings: Any) -> None:
        """Show other settings, without a signal."""
        self._settings = settings
        for name, field in self.fields.items():
            field.show(getattr(settings, name))
        self._show_rows()

    def _show_rows(self) -> None:
        for name, field in self.fields.items():
            if self.rows is not None:
                self.rows.setRowVisible(field.native, self._counts(name))

    def _counts(self, name: str) -> bool:
        """Return whether a setting has an effect beside the others."""
        only = self.fields[name].each.setting.only
        return not only or only[0] not in self.fields or self.fields[only[0]].widget.value == only[1]

    def settings(self) -> Any:
        """Return the settings of the fields. A setting that an edit hid has its default again.

        Raises
        ------
        ActionDiffError
            A field cannot be read, or a value makes no sense.
        """
        values: dict[str, Any] = {}
        for name, field in self.fields.items():
            if self._counts(name):
                values[name] = field.value()
            elif getattr(self._settings, field.each.setting.only[0]) == field.each.setting.only[1]:
                values[name] = field.each.default
        return replace(self._settings, **values)


def aligned(*forms: SettingsForm) -> None:
    """Align the left edges of the fields of forms that stand below each other."""
    for form in forms:
        form.mates = forms


def ask_settings(parent: QWidget, title: str, settings: Any, only: Sequence[str] = ()) -> Any | None:
    """Ask for settings in a small window; None if it was closed. Invalid settings are explained and asked for again."""
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    form, said = SettingsForm(settings, only), QLabel()
    said.setWordWrap(True)
    said.hide()
    buttons = QDialogButtonBox(
        QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=dialog
    )
    column = QVBoxLayout(dialog)
    for widget in (form, said, buttons):
        column.addWidget(widget)
    found = []

    def take() -> None:
        try:
            found.append(form.settings())
        except ActionDiffError as error:
            said.setText(str(error))
            said.show()
            return
        dialog.accept()

    buttons.accepted.connect(take)
    buttons.rejected.connect(dialog.reject)
    dialog.exec()
    dialog.deleteLater()
    return found[0] if found else None
