"""Progress of a training: curves, time left, and two ways to end it."""

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from actiondiff_gui.classifier.training.plan import HEADS
from actiondiff_gui.features.cost import duration_text
from actiondiff_gui.gui.features.run import Sentence
from actiondiff_gui.gui.train.curves import Curves
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
        self.curves = Curves(host)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(12)
        self.enough = QPushButton("Stop and keep the best")
        self.enough.setToolTip("Stop now; the best epoch so far is tested and saved")
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Cancel; no model is saved")
        buttons = QHBoxLayout()
        buttons.addWidget(self.enough)
        buttons.addWidget(self.cancel)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(6)
        column.addWidget(self.title)
        column.addWidget(self.curves, 1)
        column.addWidget(self.bar)
        column.addWidget(self.progress)
        column.addLayout(buttons)
        column.addStretch(1)
        self.enough.clicked.connect(host.guarded(lambda _=False: trainer.enough()))
        self.cancel.clicked.connect(host.guarded(lambda _=False: trainer.cancel()))

    def show_state(self) -> None:
        """Show the progress."""
        run, job = self.trainer.run, self.trainer.job
        if run is None or job is None:
            return
        plan = run.plan
        self.title.setText(f"Training: {HEADS[plan.head]}")
        self.curves.setVisible(plan.head == "transformer")
        metric = run.metric_name
        self.curves.show_points(run.points, plan.settings.epochs, metric, run.best_epoch)
        total = job.progress.total
        self.bar.setRange(0, total)
        self.bar.setValue(min(job.progress.done, total))
        self.enough.setEnabled(run.stage in ("training", "testing") and not run.enough and bool(run.points))
        self.enough.setVisible(plan.head == "transformer" or plan.test not in ("domains", "nothing"))
        self.cancel.setEnabled(not job.stopping)
        if job.stopping:
            told = "Stopping..."
        elif job.state == "waiting":
            told = "Waiting for another job..."
        elif run.enough and run.stage != "scoring":
            told = "Ending with the best epoch so far..."
        else:
            message = job.progress.message or "starting"
            told = f"{message[:1].upper()}{message[1:]}"
            left = job.seconds_left()
            told += (
                f", about {duration_text(left)} left"
                if left is not None and run.stage != "scoring"
                else "..."
            )
        self.progress.setText(told)
