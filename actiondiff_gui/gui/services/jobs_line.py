"""Jobs line below every dock: what runs, how far, how long still, and what went wrong."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QListWidget,
    QMenu,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.features.cost import duration_text
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.one_line import NOTICE_MS, OneLine
from actiondiff_gui.gui.services.jobs import RunningJob

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class JobsLine(QWidget):
    """The oldest running job with a bar and a stop button, and the number of problems."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.jobs = host, host.jobs
        self.text = OneLine()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(110)
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop this job; finished work is kept")
        self.problems = QPushButton()
        self.problems.setToolTip("Show what went wrong and what to do about it")
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 2, 6, 4)
        for widget in (self.text, self.bar, self.stop, self.problems):
            row.addWidget(widget, 1 if widget is self.text else 0)
        self.stop.clicked.connect(self._stop)
        self.problems.clicked.connect(self._show_problems)
        self.jobs.changed.connect(self._show)
        self.jobs.shown_by(self)
        self.changes = host.session.changes
        self._said = ""
        self._now: tuple[object, ...] = ()
        self._fading = QTimer(self)
        self._fading.setSingleShot(True)
        self._fading.timeout.connect(self._fade)
        listen(
            self,
            (host.session.notice, self._notice),
            (host.session.project_closing, self._fade),
            (self.changes.changed, self._show),
        )
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Take the height of a job's button for good: a map above must not be drawn anew when a job comes or goes."""
        super().showEvent(event)
        margins = self.layout().contentsMargins()
        self.setMinimumHeight(self.stop.sizeHint().height() + margins.top() + margins.bottom())

    def _shown(self) -> RunningJob | None:
        return next((job for job in self.jobs.active() if not job.quiet and job.state == "running"), None)

    def _notice(self, text: str) -> None:
        self._said = text
        self._fading.start(NOTICE_MS)
        self._show()

    def _fade(self) -> None:
        """Take a sentence away that may not hold any more, after a while or with its project."""
        self._notice("")

    def _show(self) -> None:
        job, count = self._shown(), len(self.jobs.problems)
        total, done = (job.progress.total, job.progress.done) if job is not None else (0, 0)
        may_stop = job is not None and (not job.stopping or len(self._stoppable()) > 1)
        hint = job.stop_hint if job is not None else ""
        now = (self._sentence(job), job is not None, total, min(done, total), may_stop, hint, count)
        if now == self._now:  # most jobs are quiet, and of all of them this is told
            return
        self._now = now
        self.text.setText(now[0])
        self.bar.setVisible(job is not None)
        self.stop.setVisible(job is not None)
        self.stop.setEnabled(may_stop)
        self.stop.setToolTip(hint)
        if job is not None:
            # Qt paints a bar at once for each new value, and with it what waits to be painted around it.
            self.bar.setUpdatesEnabled(False)
            self.bar.setRange(0, total)
            self.bar.setValue(min(done, total))
            self.bar.setUpdatesEnabled(True)
        self.problems.setVisible(bool(count))
        self.problems.setText("1 problem" if count == 1 else f"{count} problems")

    def _sentence(self, job: RunningJob | None) -> str:
        if self.changes:
            return " ".join((self.changes.sentence(), "; ".join(self.changes.words()))).strip()
        if job is None:
            return self._said or "Every change is saved when it is made."
        parts = [job.title[:1].upper() + job.title[1:]]
        if job.progress.total:
            parts.append(f"{job.progress.done}/{job.progress.total}")
        if job.stopping:
            parts.append("stopping")
        elif (left := job.seconds_left()) is not None:
            parts.append(f"{duration_text(left)} left")
        if waiting := sum(j.state == "waiting" for j in self.jobs.active()):
            parts.append(f"{waiting} waiting")
        return ", ".join(parts)

    def _stoppable(self) -> list[RunningJob]:
        return [job for job in self.jobs.active() if not job.quiet and not job.stopping]

    def _stop(self) -> None:
        """Stop the only job; of several ask which."""
        jobs = self._stoppable()
        if len(jobs) == 1:
            self._stop_one(jobs[0])
        elif jobs:
            self._menu = menu = QMenu(self)
            for job in jobs:
                entry = menu.addAction(f"Stop {job.title}{' (waiting)' * (job.state == 'waiting')}")
                entry.triggered.connect(lambda _=False, job=job: self._stop_one(job))
            menu.popup(self.stop.mapToGlobal(self.stop.rect().topLeft()))

    def _stop_one(self, job: RunningJob) -> None:
        self.jobs.stop(job)
        self._show()

    def _show_problems(self) -> None:
        ProblemsDialog(self.host, self.jobs.problems, self).open()


class ProblemsDialog(QDialog):
    """A list of sentences on what went wrong."""

    def __init__(self, host: "Host", problems: list[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Problems")
        self.resize(640, 320)
        self.list = QListWidget()
        self.list.setWordWrap(True)
        self.list.addItems(problems)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        clear = buttons.addButton("Clear the list", QDialogButtonBox.ButtonRole.ResetRole)
        clear.clicked.connect(host.jobs.dismiss_problems)
        clear.clicked.connect(self.close)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addWidget(self.list)
        column.addWidget(buttons)
