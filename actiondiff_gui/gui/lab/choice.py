"""Choice of the timesteps and layers to compare, and the switch between the pages of the lab."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget, QWidgetAction

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.identity import describe
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.common import theme
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.features.lists import CheckedList, layer_rows, timestep_rows
from actiondiff_gui.gui.lab.state.comparing import LabChoice, kept_choice, read_choice, usual_choice

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class Lab(QObject):
    """Timesteps and layers that all pages of a lab compare; stored in the project.

    Signals: ``changed``.

    Attributes
    ----------
    choice : LabChoice
    about : Description or None
        What the backbone offers; None while that is not known.
    """

    changed = Signal()

    def __init__(self, host: "Host", parent: QObject) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.choice = LabChoice()
        self.about: Description | None = None
        self._of: tuple | None = None
        session = self.session
        listen(self, (session.project_changed, self._read), (session.address_changed, self._read))
        self._read()

    def set(self, **changes: object) -> None:
        """Compare other timesteps or layers."""
        from dataclasses import replace

        choice = replace(self.choice, **changes)
        if choice != self.choice:
            self.choice = choice
            if self.session.project is not None:
                self.session.keep_setting("lab", kept_choice(choice))
            self.changed.emit()

    def _read(self) -> None:
        project, name = self.session.project, self.session.address.backbone
        try:
            self.about = describe(name)
        except ActionDiffError:
            self.about = None
        of = (project, name, self.about is None)
        if of == self._of:
            return
        self._of = of
        if self.about is None:
            self.choice = LabChoice()
        else:
            self.choice = (
                read_choice(project, self.about) if project is not None else usual_choice(self.about)
            )
        self.changed.emit()


class ChoiceButtons(QWidget):
    """ "7 timesteps" and "13 layers", each with a list to choose from."""

    def __init__(self, host: "Host", lab: Lab) -> None:
        super().__init__()
        self.host, self.lab = host, lab
        self.timesteps = CheckedList(
            host,
            "Timesteps",
            ("", "noise", "stored"),
            (
                ("the paper's 7", "The seven timesteps of the paper's search", self._paper),
                ("all", "Every timestep of the schedule", self._all_timesteps),
            ),
        )
        self.layers = CheckedList(
            host,
            "Layers",
            ("", "position in the network", "channels", "grid", "stored"),
            (("all", "Every layer", self._all_layers),),
        )
        self.buttons = (QToolButton(), QToolButton())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._menus = []
        for button, chosen, width in (
            (self.buttons[0], self.timesteps, 300),
            (self.buttons[1], self.layers, 450),
        ):
            chosen.setFixedSize(width, 330)
            chosen.setContentsMargins(6, 6, 6, 6)
            menu = QMenu(button)
            action = QWidgetAction(menu)
            action.setDefaultWidget(chosen)
            menu.addAction(action)
            button.setMenu(menu)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            menu.aboutToHide.connect(host.guarded(self._take))
            self._menus.append(menu)
            row.addWidget(button)
        self.buttons[0].setToolTip("Which timesteps are compared")
        self.buttons[1].setToolTip("Which layers are compared")
        listen(self, (lab.changed, self._show), (host.stored_steps.changed, self._show_stored))
        self._filled: object = None
        self._show()

    def _show(self) -> None:
        about, choice = self.lab.about, self.lab.choice
        if self._filled is not about:
            self._filled = about
            self.timesteps.fill(timestep_rows(about) if about is not None else ())
            self.layers.fill(layer_rows(about) if about is not None else ())
        self.timesteps.check(choice.timesteps)
        self.layers.check(choice.layers)
        self._show_stored()
        # Two spaces keep the text clear of the arrow that napari's style paints over the button's edge.
        for button, count, word in (
            (self.buttons[0], len(choice.timesteps), "timestep"),
            (self.buttons[1], len(choice.layers), "layer"),
        ):
            button.setText(f"{count} {word}{'s' * (count != 1)}  ")
            button.setEnabled(about is not None)

    def _show_stored(self) -> None:
        """Show how much is stored of each timestep at all layers that are compared, and of each layer likewise."""
        words, choice = self.host.stored_steps.words, self.lab.choice
        for step in self.timesteps.row_keys():
            self.timesteps.set_text(step, 2, words([step], choice.layers))
        for layer in self.layers.row_keys():
            self.layers.set_text(layer, 4, words(choice.timesteps, [layer]))

    def _take(self) -> None:
        steps, layers = self.timesteps.checked(), self.layers.checked()
        if not steps or not layers:
            self.host.tell("Choose at least one timestep and one layer.")
        self.lab.set(
            timesteps=tuple(steps) or self.lab.choice.timesteps,
            layers=tuple(layers) or self.lab.choice.layers,
        )
        self._show()

    def _paper(self) -> None:
        self.timesteps.check(usual_choice(self.lab.about).timesteps)

    def _all_timesteps(self) -> None:
        self.timesteps.check(self.timesteps.row_keys())

    def _all_layers(self) -> None:
        self.layers.check(self.layers.row_keys())


class Switch(QWidget):
    """Buttons side by side, one of which is pressed. Signals: ``chosen(index)``."""

    chosen = Signal(int)

    def __init__(self, host: "Host", titles: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.host = host
        self.group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.buttons = []
        for index, (title, tip) in enumerate(titles):
            button = QPushButton(title)
            button.setCheckable(True)
            button.setToolTip(tip)
            self.group.addButton(button, index)
            row.addWidget(button)
            self.buttons.append(button)
        self.buttons[0].setChecked(True)
        self.group.idClicked.connect(host.guarded(lambda index: self.chosen.emit(index)))
        listen(self, (host.viewer.events.theme, self._follow_theme))
        self._follow_theme()

    def choose(self, index: int) -> None:
        """Press a button."""
        self.buttons[index].setChecked(True)
        self.chosen.emit(index)

    def _follow_theme(self, _: object = None) -> None:
        viewer = self.host.viewer
        plain, on = theme.colour(viewer, "foreground").name(), theme.colour(viewer, "current")
        white = "white" if on.lightness() < 160 else "black"
        last = len(self.buttons) - 1
        for index, button in enumerate(self.buttons):
            left, right = (3 if index == 0 else 0), (3 if index == last else 0)
            button.setStyleSheet(
                f"QPushButton {{ background: {plain}; padding: 3px 8px; border-radius: 0px; margin: 0 1px 0 0;"
                f"border-top-left-radius: {left}px; border-bottom-left-radius: {left}px;"
                f"border-top-right-radius: {right}px; border-bottom-right-radius: {right}px; }}"
                f"QPushButton:hover {{ background: {theme.colour(viewer, 'primary').name()}; }}"
                f"QPushButton:checked {{ background: {on.name()}; color: {white}; }}"
            )
