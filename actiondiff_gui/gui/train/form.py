"""Page "New" of the train dock: what is trained, and how it is tested."""

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

from actiondiff_gui.classifier.training.checking import Finding
from actiondiff_gui.classifier.training.plan import TESTS, TrainingPlan
from actiondiff_gui.classifier.training.presets import PRESETS
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.common import theme
from actiondiff_gui.gui.common.folded import Folded
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.scrolled import scrolled
from actiondiff_gui.gui.features.run import Sentence
from actiondiff_gui.gui.forms.setting_fields import field_of
from actiondiff_gui.gui.forms.settings_form import SettingsForm, aligned
from actiondiff_gui.gui.map.state import clip_maps
from actiondiff_gui.gui.train.actions import ActionsButton
from actiondiff_gui.gui.train.domains import HELD, TRAIN, DomainTable
from actiondiff_gui.gui.train.findings import Findings
from actiondiff_gui.gui.train.presets import preset_box
from actiondiff_gui.gui.train.watcher import PlanWatcher
from actiondiff_gui.settings import setting

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class TrainForm(QWidget):
    """Settings of a training, their check, and the start button.

    Signals: ``train_asked(plan)``.
    """

    train_asked = Signal(object)

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.watcher = PlanWatcher(host, self)
        self._build()
        self.watcher.changed.connect(host.guarded(self._show))
        self.watcher.stale.connect(self._disable)
        listen(self, (host.viewer.events.theme, self._follow_theme))
        self._follow_theme()
        self._show()

    def _build(self) -> None:
        host = self.host
        self.what = Sentence()
        self.actions, self.domains, self.findings = ActionsButton(host), DomainTable(), Findings(host)
        self.test, self.preset = QComboBox(), preset_box()
        self.kind = field_of(
            setting(TrainingPlan, "head"), host.guarded(lambda: self.watcher.want(head=self.kind.value()))
        )
        self.head = self.kind.native
        self.head.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.test.setToolTip(setting(TrainingPlan, "test").setting.help)
        self.preset.setToolTip(
            "Training settings of the transformer: by the number of clips, or as in the paper"
        )
        self.choosing = field_of(
            setting(TrainingPlan, "automatic"),
            host.guarded(lambda: self.watcher.want(automatic=self.choosing.value())),
        )
        self.automatic = self.choosing.native
        self.advanced = Folded(host, "More settings", self._make_advanced)
        self.forecast = Sentence()
        self.button = QPushButton("Train")
        self.button.setObjectName("train")
        self.button.setMinimumHeight(30)
        self._lay_out()
        self.actions.ticked.connect(host.guarded(lambda names: self.watcher.want(classes=names)))
        self.test.activated.connect(host.guarded(lambda n: self.watcher.want(test=self.test.itemData(n))))
        self.preset.activated.connect(host.guarded(self._choose_preset))
        self.domains.ticked.connect(host.guarded(self._choose_domains))
        self.findings.fix.connect(host.guarded(self._fix))
        self.button.clicked.connect(host.guarded(self._train))

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(8, 6, 8, 4)
        column.setSpacing(6)
        column.addWidget(self.what)
        column.addLayout(_rows(("actions", self.actions), ("tested on", self.test)))
        column.addWidget(self.domains)
        column.addLayout(_rows(("", self.automatic), ("head", self.head), ("settings", self.preset)))
        column.addWidget(self.advanced)
        column.addStretch(1)
        foot = QVBoxLayout()
        foot.setContentsMargins(8, 2, 8, 6)
        foot.setSpacing(5)
        for widget in (self.findings, self.forecast, self.button):
            foot.addWidget(widget)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(scrolled(inner), 1)
        outer.addLayout(foot)

    def _make_advanced(self) -> QWidget:
        checked, choices = self.watcher.checked, self.watcher.choices
        self.how = SettingsForm(choices.how, only=("folds", "validation", "summary", "compare"))
        self.probes = SettingsForm(choices.how.probes, only=("neighbours", "inverse_regularisation"))
        self.settings = SettingsForm(checked.plan.settings if checked else PRESETS["small-data"])
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for form, choose in (
            (self.how, self._choose_how),
            (self.probes, self._choose_how),
            (self.settings, self._choose_settings),
        ):
            form.edited.connect(self.host.guarded(choose))
            column.addWidget(form)
        aligned(self.how, self.probes, self.settings)
        return inner

    # What the user does

    def _choose_domains(self) -> None:
        self.watcher.want(train_domains=self.domains.chosen(TRAIN), test_domains=self.domains.chosen(HELD))

    def _choose_preset(self, index: int) -> None:
        self.watcher.want(preset=self.preset.itemData(index), settings=None)

    def _choose_how(self) -> None:
        try:
            self.watcher.want(how=replace(self.how.settings(), probes=self.probes.settings()))
        except ActionDiffError as error:
            self.watcher.fail(str(error))

    def _choose_settings(self) -> None:
        try:
            self.watcher.want(settings=self.settings.settings())
        except ActionDiffError as error:
            self.watcher.fail(str(error))

    def _fix(self, what: str) -> None:
        if what == "features":
            from actiondiff_gui.gui.features.extraction import start_extraction

            address, checked = clip_maps.spelled_out(self.session.address), self.watcher.checked
            missing = checked.check.missing if checked else None
            start_extraction(self.host, [address.timestep], address.layers, missing or None)
        else:
            self.session.show_dock.emit("Clips")

    def _train(self, _: bool = False) -> None:
        checked = self.watcher.checked
        if checked is not None and not checked.check.blocked:
            self.train_asked.emit(checked.plan)

    def showEvent(self, event) -> None:
        """Catch up with changes while it was hidden."""
        super().showEvent(event)
        self.watcher.set_seen(True)

    def hideEvent(self, event) -> None:
        """Check nothing while it is hidden."""
        super().hideEvent(event)
        self.watcher.set_seen(False)

    # Showing it

    def _disable(self) -> None:
        # What is on screen holds until it was looked again, but nothing can be started by it.
        self.button.setEnabled(False)

    def _show(self) -> None:
        if self.host.closed:
            return
        checked, choices = self.watcher.checked, self.watcher.choices
        words = clip_maps.address_text(clip_maps.spelled_out(self.session.address), backbone=True)
        self.what.setText(f"Trains a classifier on your labels and the features of {words}.")
        self.actions.show_chosen(choices.classes, checked.actions if checked else {})
        self._show_test()
        self.choosing.show(choices.automatic)
        self.kind.show(choices.head)
        with signals_blocked(self.preset):
            self.preset.setCurrentIndex(max(0, self.preset.findData(choices.preset)))
        transformer = choices.head == "transformer"
        self.preset.setEnabled(transformer)
        changed = choices.settings is not None and transformer
        self.advanced.setText("More settings (changed)" if changed else "More settings")
        if checked is not None and self.advanced.inner is not None and choices.settings is None:
            self.settings.show_settings(checked.plan.settings)
        self._show_check()

    def _show_test(self) -> None:
        facet, checked = self.session.domain, self.watcher.checked
        kinds = [(k, t) for k, t in TESTS.items() if facet or k in ("recordings", "nothing")]
        kind = checked.plan.test if checked else self.watcher.choices.test
        with signals_blocked(self.test):
            self.test.clear()
            for name, text in kinds:
                self.test.addItem(
                    text.replace("domains", f"values of {facet}").replace("domain", facet or ""), name
                )
            self.test.setCurrentIndex(max(0, self.test.findData(kind)))
        shown = bool(facet and checked and checked.domains)
        self.domains.setVisible(shown)
        if not shown:
            return
        train = checked.plan.train_domains
        if checked.plan.test == "nothing" and not train:
            train = tuple(domain.name for domain in checked.domains)
        ticks = (checked.plan.test in ("domains", "nothing"), checked.plan.test == "domains")
        self.domains.show_domains(facet, checked.domains, train, checked.plan.test_domains, ticks)

    def _show_check(self) -> None:
        checked, trouble = self.watcher.checked, self.watcher.trouble
        found = [Finding(trouble, True)] if trouble else checked.check.findings if checked else ()
        self.findings.show_findings(found)
        told = "" if trouble else self.watcher.forecast()
        self.forecast.setText(told)
        self.forecast.setVisible(bool(told))
        able = checked is not None and not checked.check.blocked and not self.watcher.query.waiting
        self.button.setEnabled(able)

    def _follow_theme(self, _: object = None) -> None:
        viewer = self.host.viewer
        self.button.setStyleSheet(theme.accent(viewer, "train"))
        self.domains.setStyleSheet(theme.check_boxes(viewer, "QTableView"))
        self.findings.show_findings(self.findings.shown)


def _rows(*rows: tuple[str, QWidget]) -> QFormLayout:
    form = QFormLayout()
    form.setVerticalSpacing(4)
    for words, widget in rows:
        if words:
            form.addRow(words, widget)
        else:
            form.addRow(widget)
    return form
