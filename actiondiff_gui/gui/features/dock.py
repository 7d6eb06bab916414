"""Features dock: choose features, see what they will take, and compute them."""

from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.backbones.description import Description, known_timestep, short_name
from actiondiff_gui.backbones.identity import describe, description_of, remember
from actiondiff_gui.backbones.registry import find_offer
from actiondiff_gui.backbones.schedule import paper_indices
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.common.listening import listen, when_destroyed
from actiondiff_gui.gui.common.scrolled import scrolled
from actiondiff_gui.gui.common.theme import hint
from actiondiff_gui.gui.features.backbone_box import BackboneBox, about, check_name
from actiondiff_gui.gui.features.coverage import OutlookWatcher
from actiondiff_gui.gui.features.extraction import start_extraction
from actiondiff_gui.gui.features.lists import CheckedList, layer_rows, timestep_rows
from actiondiff_gui.gui.features.run import RunPanel
from actiondiff_gui.gui.features.settings import FeatureSettings
from actiondiff_gui.gui.features.state.extracting import Scope, network_job, scope_ids
from actiondiff_gui.gui.features.workers import Workers
from actiondiff_gui.gui.project import menu as projects

if TYPE_CHECKING:
    from actiondiff_gui.backbones.protocol import Backbone
    from actiondiff_gui.gui.host import Host

SCOPES: dict[Scope, tuple[str, str]] = {
    "all": ("All", "All clips of the project"),
    "selected": ("Selected", "The clips selected in any dock"),
    "labelled": ("Labelled", "The clips that have a label"),
}


class FeaturesDock(QStackedWidget):
    """Computes features of clips at chosen timesteps and layers."""

    def __init__(self, host: "Host") -> None:
        super().__init__()
        self.host, self.session = host, host.session
        self.description: Description | None = None
        self._custom_timesteps = self._custom_layers = False
        self._shown_backbone: object = None
        self.watcher = OutlookWatcher(host, self)
        self.empty = EmptyPage()
        self.addWidget(self.empty)
        self.page = QWidget()
        self.addWidget(self.page)
        self._build_choices()
        self.run_panel = RunPanel(host, self.watcher)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(8)
        column.addLayout(self._top)
        column.addWidget(self.timesteps, 3)
        column.addWidget(self.layers, 2)
        column.addWidget(self.settings)
        column.addWidget(self.workers)
        self.scroll = scroll = scrolled(inner)
        self._reveal = QTimer(self)
        self._reveal.setSingleShot(True)
        self._reveal.setInterval(350)
        self._reveal.timeout.connect(lambda: scroll.verticalScrollBar().setValue(10_000))
        self.settings.toggled.connect(self._reveal_settings)
        self.workers.toggled.connect(self._reveal_settings)
        outer = QVBoxLayout(self.page)
        outer.setContentsMargins(8, 6, 6, 6)
        outer.setSpacing(4)
        outer.addWidget(scroll, 1)
        outer.addWidget(self.run_panel)
        self.run_panel.compute.connect(host.guarded(self.compute))
        self.watcher.changed.connect(host.guarded(self._show_outlook))
        session = self.session
        listen(
            self,
            (session.project_changed, self._show_page),
            (session.clips_changed, self._show_clips),
            (session.selection_changed, self._show_clips),
            (session.address_changed, self._show_address),
        )
        self._load_key = f"load {id(self)}"
        when_destroyed(self, host.jobs.leave, self._load_key)
        self._show_page()
        self._show_address()

    def _build_choices(self) -> None:
        host = self.host
        self.scopes = QButtonGroup(self)
        scope_row = QHBoxLayout()
        scope_row.setSpacing(10)
        self.scope_buttons: dict[Scope, QRadioButton] = {}
        for scope, (text, tip) in SCOPES.items():
            button = QRadioButton(text)
            button.setToolTip(tip)
            button.clicked.connect(host.guarded(self._choice_changed))
            self.scopes.addButton(button)
            self.scope_buttons[scope] = button
            scope_row.addWidget(button)
        scope_row.addStretch(1)
        self.scope_buttons["all"].setChecked(True)
        self.backbone = BackboneBox(host)
        self.backbone.chosen.connect(host.guarded(self.use_backbone))
        self.about = hint("")
        self.about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._top = QGridLayout()
        self._top.setHorizontalSpacing(10)
        self._top.setVerticalSpacing(5)
        self._top.setColumnStretch(1, 1)
        self._top.addWidget(QLabel("Clips"), 0, 0)
        self._top.addLayout(scope_row, 0, 1)
        self._top.addWidget(QLabel("Backbone"), 1, 0)
        self._top.addWidget(self.backbone, 1, 1)
        self._top.addWidget(self.about, 2, 1)
        self.timesteps = CheckedList(
            host,
            "Timesteps",
            ("", "noise", "computed"),
            (
                (
                    "as in the bar",
                    "Always the timestep of the address bar",
                    self.follow_timestep,
                ),
                ("the paper's 7", "The seven timesteps of the paper's search", self.choose_paper),
                ("all", "Every timestep of the schedule", self.choose_all_timesteps),
            ),
        )
        self.layers = CheckedList(
            host,
            "Layers",
            ("", "position in the network", "channels", "grid"),
            (
                ("as in the bar", "Always the layer of the address bar", self.follow_layer),
                ("all", "Every layer", self.choose_all_layers),
            ),
        )
        self.timesteps.setMinimumHeight(120)
        self.layers.setMinimumHeight(94)
        self.settings = FeatureSettings(host)
        self.workers = Workers(host)
        self.workers.problem.connect(host.guarded(self._say_problem))
        self.timesteps.changed.connect(host.guarded(self._timesteps_chosen))
        self.layers.changed.connect(host.guarded(self._layers_chosen))

    # What is chosen

    @property
    def scope(self) -> Scope:
        """Which clips are to be computed."""
        return next(scope for scope, button in self.scope_buttons.items() if button.isChecked())

    def follow_timestep(self) -> None:
        """Choose the address bar's timestep, and follow it."""
        self._custom_timesteps = False
        self._check_address()
        self._choice_changed()

    def choose_paper(self) -> None:
        """Choose the paper's seven timesteps."""
        if self.description is not None:
            schedule = self.description.schedule
            keys = [schedule[index].key for index in paper_indices(len(schedule))]
            self._check_timesteps(keys or self.timesteps.row_keys())

    def choose_all_timesteps(self) -> None:
        """Choose every timestep."""
        self._check_timesteps(self.timesteps.row_keys())

    def follow_layer(self) -> None:
        """Choose the address bar's layer, and follow it."""
        self._custom_layers = False
        self._check_address()
        self._choice_changed()

    def choose_all_layers(self) -> None:
        """Choose every layer."""
        self.layers.check(self.layers.row_keys())
        self._layers_chosen()

    def compute(self) -> None:
        """Compute the chosen features that are missing."""
        self.run_panel.own_problem = ""
        outlook = self.watcher.outlook
        if self.description is None and outlook is not None and outlook.about is None:
            self._load()
            return
        try:
            self.workers.store()
        except ActionDiffError as error:
            self._say_problem(str(error))
            return
        start_extraction(
            self.host, self.timesteps.checked(), self.layers.checked(), scope_ids(self.session, self.scope)
        )

    def _check_timesteps(self, keys) -> None:
        self.timesteps.check(keys)
        self._timesteps_chosen()

    def _timesteps_chosen(self) -> None:
        self._custom_timesteps = True
        self._choice_changed()

    def _layers_chosen(self) -> None:
        self._custom_layers = True
        self._choice_changed()

    def _choice_changed(self, *_: object) -> None:
        self.run_panel.own_problem = ""
        self.watcher.choose(self.timesteps.checked(), self.layers.checked(), self.scope)

    # The backbone

    def use_backbone(self, name: str) -> None:
        """Make ``name`` the backbone of the address; if it is invalid, say why and change nothing."""
        try:
            check_name(name)
        except ActionDiffError as error:
            self._say_problem(str(error))
            self.backbone.show_address()
            return
        self._say_problem("")
        if name != self.session.address.backbone:
            self.session.set_address(backbone=name, timestep="", layers=(), pooling="")
        else:
            self._show_address()

    def _say_problem(self, text: str) -> None:
        self.run_panel.own_problem = text
        self.run_panel.show_state()

    def _load(self) -> None:
        project, address, loaded = self.session.needed(), self.session.address, self.session.loaded
        self.host.jobs.start(
            lambda: network_job(loaded, project, address),
            f"loading {short_name(address.backbone)}",
            done=lambda network: self._loaded(address.backbone, network),
            failed=self._say_problem,
            key=self._load_key,
            lane="heavy",
        )

    def _loaded(self, name: str, network: "Backbone") -> None:
        remember(name, description_of(network))
        self.session.address_changed.emit()

    # What is shown

    def _reveal_settings(self, unfolded: bool) -> None:
        if unfolded:
            self._reveal.start()

    def _show_page(self) -> None:
        host = self.host
        if self.session.project is None:
            self.empty.set(
                "Features are a frozen network's representation of each clip. They are computed once and stored; "
                "maps and classifiers use them. Open a project first.",
                (
                    ("Try the sample", lambda: projects.open_sample(host)),
                    ("Add videos...", lambda: projects.ask_videos(host)),
                    ("Open a project...", lambda: projects.ask_open(host)),
                ),
            )
        elif not len(self.session.table):
            self.empty.set(
                "This project has no clips yet. Add videos or a table of clips, or mark bouts in a recording.",
                (
                    ("Add videos...", lambda: projects.ask_videos(host)),
                    ("Import a table...", lambda: projects.ask_table(host)),
                ),
            )
        else:
            self.setCurrentWidget(self.page)
            return
        self.setCurrentWidget(self.empty)

    def _show_clips(self, _: object = None) -> None:
        self._show_page()
        counts = {
            "all": len(self.session.table),
            "selected": len(self.session.selection),
            "labelled": sum(row.labelled for row in self.session.table),
        }
        for scope, button in self.scope_buttons.items():
            button.setText(f"{SCOPES[scope][0]} {counts[scope]:,}")

    def _show_address(self) -> None:
        self.backbone.show_address()
        name = self.session.address.backbone
        try:
            self.description = describe(name)
        except ActionDiffError:
            self.description = None
        if self._shown_backbone != (name, self.description is None):
            self._shown_backbone = (name, self.description is None)
            self._custom_timesteps = self._custom_layers = False
            self._fill_lists()
        title = self.description.title if self.description is not None else ""
        self.about.setText(title)
        offer = find_offer(name)
        self.about.setToolTip(title if offer is None else about(offer))
        self.about.setVisible(bool(title))
        self.settings.show_address(self.description)
        self._check_address()
        self._choice_changed()

    def _fill_lists(self) -> None:
        about = self.description
        self.timesteps.fill(timestep_rows(about) if about is not None else ())
        self.layers.fill(layer_rows(about) if about is not None else ())
        # A backbone without timesteps has one row, which is always checked: nothing to choose.
        self.timesteps.setVisible(about is None or bool(about.schedule))

    def _check_address(self) -> None:
        about, address = self.description, self.session.address
        if about is None:
            return
        step = known_timestep(about, address.timestep)
        if step.key not in self.timesteps.row_keys():
            self.timesteps.fill(timestep_rows(about, step))
        if not self._custom_timesteps:
            self.timesteps.check([step.key])
        if not self._custom_layers:
            self.layers.check(address.layers or about.usual_layers)

    def _show_outlook(self) -> None:
        outlook = self.watcher.outlook
        if outlook is None:
            return
        self.settings.show_devices(outlook.devices)
        if self.description is None and outlook.about is not None:
            remember(outlook.address.backbone, outlook.about)
            self.session.address_changed.emit()
            return
        coverage = outlook.coverage
        for key in self.timesteps.row_keys():
            text = ""
            if coverage is not None and key in coverage.there:
                there = coverage.there[key]
                text = (
                    ""
                    if not there and key not in self.timesteps.checked()
                    else f"{there:,} of {coverage.clips:,}"
                )
            self.timesteps.set_text(key, 2, text)

    def showEvent(self, event) -> None:
        """Start looking up the coverage."""
        super().showEvent(event)
        self.watcher.set_seen(True)

    def hideEvent(self, event) -> None:
        """Stop looking up the coverage."""
        super().hideEvent(event)
        self.watcher.set_seen(False)
