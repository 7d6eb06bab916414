"""What is to be trained, and how is it tested? The page "New" of the train dock."""

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, QTimer, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from actiondiff_gui.classifier.plan import HEADS, TrainingPlan
from actiondiff_gui.classifier.presets import PRESETS
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.session import clip_maps
from actiondiff_gui.session.training_choices import Look, Wish, look_job
from actiondiff_gui.widgets import theme
from actiondiff_gui.widgets.features_run import Sentence
from actiondiff_gui.widgets.listening import listen, when_destroyed
from actiondiff_gui.widgets.train_domains import HELD, TRAIN, DomainTable
from actiondiff_gui.widgets.train_findings import Findings
from actiondiff_gui.widgets.train_maker import PLAN
from actiondiff_gui.widgets.train_settings import Folded, SettingsForm, preset_box

if TYPE_CHECKING:
    from actiondiff_gui.widgets.host import Host

SOON_MS = 150
_TESTS = (
    ("domains", "hold out what is ticked"),
    ("each-domain", "leave out each {facet} in turn"),
    ("within-domains", "cross-validate within each {facet}"),
    ("recordings", "cross-validate over recordings"),
    ("nothing", "nothing: learn from all labels"),
)


class TrainForm(QWidget):
    """Choices, the check of them, and the button.

    Signals: ``train_asked(plan)``.

    Attributes
    ----------
    wish : Wish
        What was chosen.
    look : Look or None
        What is there and what is wrong; None while nothing is known.
    trouble : str
        Why nothing can be said.
    """

    train_asked = Signal(object)

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.wish, self.look, self.trouble = Wish(), None, ""
        self._inventory = None
        self._key = f"check training {id(self)}"
        self._build()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(host.guarded(self._look_now))
        session = self.session
        listen(
            self,
            (session.clips_changed, self._stale),
            (session.actions_changed, self._stale_too),
            (session.domain_changed, self._domain_changed),
            (session.address_changed, self._stale_too),
            (session.features_changed, self._stale_too),
            (session.project_changed, self._project_changed),
            (host.viewer.events.theme, self._follow_theme),
        )
        when_destroyed(self, host.jobs.leave, self._key)
        self._project_changed()
        self._follow_theme()

    # Making it

    def _build(self) -> None:
        host = self.host
        self.what = Sentence()
        self.actions = QPushButton()
        self.actions.setStyleSheet("text-align: left; padding-left: 6px;")
        self.actions.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.actions.setToolTip("The actions to tell apart")
        self.actions.setMenu(QMenu(self.actions))
        self.actions.menu().aboutToShow.connect(host.guarded(self._fill_actions))
        self._ticks: dict[str, QCheckBox] = {}
        self.test = QComboBox()
        self.test.setToolTip("On which clips it is tested, none of which it learns from")
        self.domains = DomainTable()
        self.head = QComboBox()
        for name, words in HEADS.items():
            self.head.addItem(words, name)
        self.head.setToolTip(
            "The transformer sees the order of frames; the others only their mean, and train at once"
        )
        self.preset = preset_box()
        self.preset.setToolTip(
            "Training settings of the transformer: by the number of clips, or as in the paper"
        )
        self.advanced = Folded("More settings", theme.colour(host.viewer, "text"), self._make_advanced)
        form = QFormLayout()
        form.setVerticalSpacing(4)
        form.addRow("actions", self.actions)
        form.addRow("tested on", self.test)
        self.findings = Findings(host)
        below = QFormLayout()
        below.setVerticalSpacing(4)
        below.addRow("head", self.head)
        below.addRow("settings", self.preset)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(8, 6, 8, 4)
        column.setSpacing(6)
        column.addWidget(self.what)
        column.addLayout(form)
        column.addWidget(self.domains)
        column.addLayout(below)
        column.addWidget(self.advanced)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        self.forecast = Sentence()
        self.button = QPushButton("Train")
        self.button.setObjectName("train")
        self.button.setMinimumHeight(30)
        foot = QVBoxLayout()
        foot.setContentsMargins(8, 2, 8, 6)
        foot.setSpacing(5)
        foot.addWidget(self.findings)
        foot.addWidget(self.forecast)
        foot.addWidget(self.button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(scroll, 1)
        outer.addLayout(foot)
        self.test.activated.connect(host.guarded(self._choose_test))
        self.domains.ticked.connect(host.guarded(self._choose_domains))
        self.head.activated.connect(host.guarded(self._choose_head))
        self.preset.activated.connect(host.guarded(self._choose_preset))
        self.findings.fix.connect(host.guarded(self._fix))
        self.button.clicked.connect(host.guarded(self._train))

    def _make_advanced(self) -> QWidget:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        top = QFormLayout()
        top.setContentsMargins(12, 0, 0, 0)
        top.setVerticalSpacing(2)
        self.compare = QCheckBox("fit simpler heads too, to see what it is worth")
        self.compare.setChecked(self.wish.compare)
        self.folds, self.validation = QSpinBox(), QSpinBox()
        self.folds.setRange(2, 50)
        self.folds.setValue(self.wish.folds)
        self.folds.setToolTip("Parts of a cross-validation")
        self.validation.setRange(0, 80)
        self.validation.setSuffix(" %")
        self.validation.setValue(round(100 * self.wish.validation))
        self.validation.setToolTip(
            "Share of the training clips that choose the epoch and calibrate; whole recordings"
        )
        for widget in (self.folds, self.validation):
            widget.setKeyboardTracking(False)
            widget.valueChanged.connect(self.host.guarded(self._choose_numbers))
        self.compare.toggled.connect(self.host.guarded(self._choose_numbers))
        top.addRow(self.compare)
        top.addRow("folds", self.folds)
        top.addRow("validation", self.validation)
        self.settings = SettingsForm(self.look.plan.settings if self.look else PRESETS["small-data"])
        self.settings.edited.connect(self.host.guarded(self._choose_settings))
        column.addLayout(top)
        column.addWidget(self.settings)
        return inner

    # What the user does

    def _choose_test(self, place: int) -> None:
        self._want(test=self.test.itemData(place))

    def _choose_domains(self) -> None:
        self._want(train_domains=self.domains.chosen(TRAIN), test_domains=self.domains.chosen(HELD))

    def _choose_head(self, place: int) -> None:
        self._want(head=self.head.itemData(place))

    def _choose_preset(self, place: int) -> None:
        self._want(preset=self.preset.itemData(place), settings=None)

    def _choose_numbers(self, *_: object) -> None:
        self._want(
            folds=self.folds.value(),
            validation=self.validation.value() / 100,
            compare=self.compare.isChecked(),
        )

    def _choose_settings(self) -> None:
        try:
            self._want(settings=self.settings.settings())
        except ClassifierError as error:
            self.trouble, self.look = str(error), None
            self._show()

    def _fill_actions(self) -> None:
        menu = self.actions.menu()
        menu.clear()
        self._ticks = {}
        counts = self.look.actions if self.look else {}
        for action in self.session.actions:
            tick = QCheckBox(f"{action.name}  ({counts.get(action.name, 0):,} clips)")
            tick.setIcon(theme.swatch(action.colour))
            tick.setChecked(not self.wish.classes or action.name in self.wish.classes)
            tick.setContentsMargins(8, 2, 8, 2)
            entry = QWidgetAction(menu)
            entry.setDefaultWidget(tick)
            menu.addAction(entry)
            tick.toggled.connect(self.host.guarded(self._choose_actions))
            self._ticks[action.name] = tick

    def _choose_actions(self, *_: object) -> None:
        chosen = tuple(name for name, tick in self._ticks.items() if tick.isChecked())
        self._want(classes=() if len(chosen) == len(self._ticks) else chosen or ("",))

    def _want(self, **changes: object) -> None:
        self.wish = replace(self.wish, **changes)
        self.refresh()

    def _fix(self, what: str) -> None:
        if what == "features":
            from actiondiff_gui.widgets.extraction import start_extraction

            address = clip_maps.spelled_out(self.session.address)
            missing = self.look.check.missing if self.look else None
            start_extraction(self.host, [address.timestep], [address.layer], missing or None)
        else:
            self.session.show_dock.emit("Clips")

    def _train(self, _: bool = False) -> None:
        if self.look is not None and not self.look.check.blocked:
            self.train_asked.emit(self.look.plan)

    # Following the session

    def refresh(self) -> None:
        """Look again soon; what is on screen holds until then, but nothing can be started by it."""
        self.button.setEnabled(False)
        if self.isVisible():
            self._soon.start(SOON_MS)

    def showEvent(self, event) -> None:
        """Catch up with what happened while it was hidden."""
        super().showEvent(event)
        self.refresh()

    def _stale(self, _: object) -> None:
        self.refresh()

    def _stale_too(self) -> None:
        self.refresh()

    def _domain_changed(self) -> None:
        # The ticks were of another facet.
        if self.look is not None and self.look.facet != self.session.domain:
            self.wish = replace(self.wish, train_domains=None, test_domains=None)
        self.refresh()

    def _project_changed(self) -> None:
        self.look, self.trouble, self._inventory, self.wish = None, "", None, Wish()
        project = self.session.project
        if project is not None:
            try:
                plan = TrainingPlan.from_dict(project.setting(PLAN))
                if plan.domain == self.session.domain:
                    self.wish = Wish.of(plan)
            except ClassifierError:
                pass
        self._show()
        self.refresh()

    def _look_now(self) -> None:
        session = self.session
        project = session.project
        if project is None or self.host.closed or not self.isVisible():
            return
        rows, actions = list(session.table.rows), [action.name for action in session.actions]
        address, facet, wish, inventory = session.address, session.domain, self.wish, self._inventory
        self.host.jobs.start(
            lambda: look_job(project, session.loaded, address, rows, actions, facet, wish, inventory),
            "checking the training clips",
            done=self._seen,
            failed=self._not_seen,
            key=self._key,
            quiet=True,
        )

    def _seen(self, look: Look) -> None:
        self.look, self.trouble, self._inventory = look, "", look.inventory
        self._show()

    def _not_seen(self, text: str) -> None:
        self.look, self.trouble = None, text
        self._show()

    # Showing it

    def _show(self) -> None:
        if self.host.closed:
            return
        look = self.look
        words = clip_maps.in_words(clip_maps.spelled_out(self.session.address), backbone=True)
        self.what.setText(
            f"Learns from your labels to name actions, by the features of {words} (the bar above)."
        )
        self._show_actions()
        self._show_test()
        with QSignalBlocker(self.head):
            self.head.setCurrentIndex(self.head.findData(self.wish.head))
        with QSignalBlocker(self.preset):
            self.preset.setCurrentIndex(max(0, self.preset.findData(self.wish.preset)))
        simple = self.wish.head != "transformer"
        self.preset.setEnabled(not simple)
        changed = self.wish.settings is not None and not simple
        self.advanced.button.setText("More settings (changed)" if changed else "More settings")
        if look is not None and self.advanced.content is not None and self.wish.settings is None:
            self.settings.show_settings(look.plan.settings)
        self._show_check()

    def _show_actions(self) -> None:
        chosen = [name for name in self.wish.classes if name]
        count = len(self.session.actions)
        if not self.wish.classes:
            text = f"all {count} actions" if count else "no actions yet"
        else:
            text = ", ".join(chosen) if chosen else "none"
        room = max(160, self.actions.width() - 30)
        self.actions.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room))

    def _show_test(self) -> None:
        facet = self.session.domain
        kinds = [(k, t) for k, t in _TESTS if facet or k in ("recordings", "nothing")]
        kind = self.look.plan.test if self.look else self.wish.test
        with QSignalBlocker(self.test):
            self.test.clear()
            for name, text in kinds:
                self.test.addItem(text.format(facet=facet), name)
            self.test.setCurrentIndex(max(0, self.test.findData(kind)))
        shown = bool(facet and self.look and self.look.domains)
        self.domains.setVisible(shown)
        if shown:
            plan = self.look.plan
            train = plan.train_domains
            if plan.test == "nothing" and not train:
                train = tuple(d.name for d in self.look.domains)
            self.domains.show_domains(
                facet,
                self.look.domains,
                train,
                plan.test_domains,
                (plan.test in ("domains", "nothing"), plan.test == "domains"),
            )

    def _show_check(self) -> None:
        look = self.look
        if self.trouble:
            from actiondiff_gui.classifier.checking import Finding

            self.findings.show_findings([Finding(self.trouble, True)])
            self.forecast.setText("")
            self.button.setEnabled(False)
            return
        self.findings.show_findings(look.check.findings if look else ())
        if look is None:
            self.forecast.setText("Checking...")
        elif look.check.blocked:
            self.forecast.setText("")
        else:
            self.forecast.setText(_forecast(look))
        self.forecast.setVisible(bool(self.forecast.text()))
        self.button.setEnabled(look is not None and not look.check.blocked)

    def _follow_theme(self, _: object = None) -> None:
        viewer = self.host.viewer
        self.button.setStyleSheet(theme.accent(viewer, "train"))
        self.advanced.set_ink(theme.colour(viewer, "text"))
        if self.look is not None:
            self.findings.show_findings(self.look.check.findings)


def _forecast(look: Look) -> str:
    check, plan = look.check, look.plan
    learn = check.train if plan.head == "transformer" else check.train + check.validation
    parts = [f"{learn:,} clips to learn from"]
    if plan.head == "transformer" and check.validation:
        parts.append(f"{check.validation:,} to choose the epoch")
    parts.append(f"{check.test:,} to test on" if check.test else "none to test on")
    return ", ".join(parts) + "."
