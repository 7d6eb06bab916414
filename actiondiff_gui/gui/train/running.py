"""Progress of a training: its curves, what it does now, and the way to end it with the best so far."""

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from actiondiff_gui.classifier.training.plan import HEADS
from actiondiff_gui.gui.common.figure import FigureView
from actiondiff_gui.gui.features.run import Sentence
from actiondiff_gui.gui.train.figures import curves, curves_words
from actiondiff_gui.gui.train.maker import Trainer

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class RunningPage(QWidget):
    """Progress of the running training."""

    def __init__(self, host: "Host", trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.trainer = host, trainer
        self.title, self.progress = Sentence(), Sentence()
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.curves = FigureView(host)
        self.curves.setMinimumHeight(170)
        self.enough = QPushButton("Stop and keep the best")
        self.enough.setToolTip("Stop now; the best epoch so far is tested and saved")
        buttons = QHBoxLayout()
        buttons.addWidget(self.enough)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(6)
        column.addWidget(self.title)
        column.addWidget(self.curves, 1)
        column.addWidget(self.progress)
        column.addLayout(buttons)
        column.addStretch(1)
        self.enough.clicked.connect(host.guarded(lambda _=False: trainer.enough()))

    def show_state(self) -> None:
        """Show the progress."""
        run, job = self.trainer.run, self.trainer.job
        if run is None or job is None:
            return
        plan = run.plan
        self.title.setText(f"Training: {HEADS[plan.head]}")
        self.curves.setVisible(plan.head == "transformer")
        history, metric = [vars(point) for point in run.points], run.metric_name
        words = curves_words(history, metric)
        self.curves.show_figure(curves, history, metric, run.best_epoch, plan.settings.epochs, words=words)
        self.enough.setEnabled(run.stage in ("training", "testing") and not run.enough and bool(run.points))
        self.enough.setVisible(plan.head == "transformer" or plan.test not in ("domains", "nothing"))
        if job.stopping:
            told = "Stopping..."
        elif job.state == "waiting":
            told = "Waiting for another job..."
        elif run.enough and run.stage != "scoring":
            told = "Ending with the best epoch so far..."
        else:
            message = job.progress.message or "starting"
            told = f"{message[:1].upper()}{message[1:]}..."
        self.progress.setText(told)
