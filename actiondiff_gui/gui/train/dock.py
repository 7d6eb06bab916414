"""Train dock: train a model, see its results, apply it."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.classifier.training.plan import TrainingPlan
from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.saving import ask_file
from actiondiff_gui.gui.features.run import Sentence, warning_colour
from actiondiff_gui.gui.project import menu as projects
from actiondiff_gui.gui.train.form import TrainForm
from actiondiff_gui.gui.train.models_compare import ComparePage
from actiondiff_gui.gui.train.models_page import ModelsPage
from actiondiff_gui.gui.train.results import ResultsPage
from actiondiff_gui.gui.train.running import RunningPage

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class TrainDock(QWidget):
    """Pages "New" and "Models"; a running training or a model's results are shown in place of them.

    Attributes
    ----------
    form, running, models, results, compare
        The pages.
    """

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.trainer, self.keeper = host.trainer, host.models
        self._wanted = ""
        self._build()
        listen(
            self, (self.trainer.changed, self._training_changed), (self.keeper.changed, self._models_changed)
        )
        self.trainer.trained.connect(self._show_trained)
        listen(
            self,
            (self.session.project_changed, self._project_changed),
            (self.session.clips_changed, self._clips_changed),
        )
        self._project_changed()

    def _build(self) -> None:
        host = self.host
        self.new, self.kept = QPushButton("New"), QPushButton("Models")
        self.switch = QButtonGroup(self)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 8, 0)
        bar.setSpacing(0)
        for button in (self.new, self.kept):
            button.setCheckable(True)
            button.setMinimumWidth(90)
            self.switch.addButton(button)
            bar.addWidget(button)
        bar.addStretch(1)
        self.new.setChecked(True)
        self.trouble = Sentence()
        self.trouble.setContentsMargins(8, 0, 8, 0)
        self.empty, self.form = EmptyPage(), TrainForm(host)
        self.running, self.results = RunningPage(host, self.trainer), ResultsPage(host)
        self.models, self.compare = ModelsPage(host, self.keeper), ComparePage(host)
        self.stack = QStackedWidget()
        for page in (self.empty, self.form, self.running, self.models, self.results, self.compare):
            self.stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(bar)
        column.addWidget(self.trouble)
        column.addWidget(self.stack, 1)
        self.switch.buttonClicked.connect(host.guarded(self._switched))
        self.form.train_asked.connect(host.guarded(self._train))
        self.models.results_asked.connect(host.guarded(self.show_results))
        self.models.compare_asked.connect(host.guarded(self._show_comparison))
        self.models.report_asked.connect(host.guarded(self.ask_report))
        self.models.new_asked.connect(host.guarded(self._show_new))
        self.results.back.connect(host.guarded(self.show_models))
        self.results.apply_asked.connect(host.guarded(self.show_models))
        self.results.report_asked.connect(host.guarded(self.ask_report))
        self.compare.back.connect(host.guarded(self.show_models))

    # Which page

    def _switched(self, *_: object) -> None:
        if self.kept.isChecked():
            self.show_models()
        else:
            self._show_new()

    def _show_new(self) -> None:
        self.new.setChecked(True)
        self._show()

    def show_models(self, name: str = "") -> None:
        """Go to the list of models, and select one of them."""
        self.kept.setChecked(True)
        self.stack.setCurrentWidget(self.models)
        if name:
            self.models.choose(name)
        self._show()

    def show_results(self, name: str) -> None:
        """Show the results of a model."""
        row = self.keeper.get(name)
        if row is None or row.model.about is None:
            return
        self.kept.setChecked(True)
        self.results.show_model(row.model)
        self.stack.setCurrentWidget(self.results)

    def _show_comparison(self, names: list[str]) -> None:
        rows = [row for row in map(self.keeper.get, names) if row is not None]
        self.compare.show_models([row.model for row in rows])
        self.stack.setCurrentWidget(self.compare)

    def _show(self) -> None:
        """Show the page that fits the present state."""
        if self.host.closed:
            return
        session = self.session
        ready = session.project is not None and len(session.table) > 0
        for button in (self.new, self.kept):
            button.setVisible(session.project is not None)
        if session.project is None or (not ready and self.new.isChecked()):
            self._show_empty()
            self.stack.setCurrentWidget(self.empty)
        elif self.new.isChecked():
            self.stack.setCurrentWidget(self.running if self.trainer.running else self.form)
        elif self.stack.currentWidget() not in (self.models, self.results, self.compare):
            self.stack.setCurrentWidget(self.models)
        self._show_trouble()

    def _show_trouble(self) -> None:
        text = self.trainer.trouble if self.new.isChecked() else ""
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))
        self.trouble.setStyleSheet(f"color: {warning_colour(self.host.viewer)};")

    def _show_empty(self) -> None:
        host = self.host
        if self.session.project is None:
            self.empty.set(
                "Train a small classifier on the clips that you labelled. Open a project first.",
                (
                    ("Try the sample", partial(projects.open_sample, host)),
                    ("Open a project...", partial(projects.ask_open, host)),
                ),
            )
        else:
            self.empty.set(
                "Training needs labelled clips, and this project has no clips yet.",
                (
                    ("Add videos...", partial(projects.ask_videos, host)),
                    ("Import a table...", partial(projects.ask_table, host)),
                ),
            )

    # What happens

    def _train(self, plan: TrainingPlan) -> None:
        self.trainer.start(plan)
        self._show()

    def _training_changed(self) -> None:
        if self.host.closed:
            return
        if self.trainer.running:
            self.running.show_state()
        on_new = self.stack.currentWidget() in (self.form, self.running)
        if on_new or self.new.isChecked():
            self._show()

    def _show_trained(self, name: str) -> None:
        # The list is read again first; then the results are shown, unless the user went elsewhere.
        if self.new.isChecked():
            self._wanted = name

    def _models_changed(self) -> None:
        if self._wanted and self.keeper.get(self._wanted) is not None:
            name, self._wanted = self._wanted, ""
            self.show_results(name)
        elif self.stack.currentWidget() is self.results and self.keeper.get(self.results.name) is None:
            self.show_models()

    def _project_changed(self) -> None:
        self._wanted = ""
        self.new.setChecked(True)
        self._show()

    def _clips_changed(self, ids: object) -> None:
        if ids is None:
            self._show()

    # The report

    def ask_report(self, name: str) -> None:
        """Ask for a file and write a report on a model to it."""
        from actiondiff_gui.classifier.models.library import load_model

        project = self.session.needed()
        path = ask_file(
            self.host, "Training report", project.path.parent / f"{name}.html", ["Pages (*.html)"]
        )
        if path is None:
            return

        def write() -> Path:
            from actiondiff_gui.report.training import write_training_report

            return write_training_report(load_model(project, name), name, project.path.name, path)

        self.host.jobs.run(
            write, "writing the report", done=lambda done: self.host.tell(f"The report is in {done}.")
        )
