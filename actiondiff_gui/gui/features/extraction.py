"""Start and outcome of feature extraction, for all docks of a window."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.features.cost import Pace
from actiondiff_gui.gui.features.state.extracting import Extraction, extraction_job
from actiondiff_gui.gui.services.jobs import RunningJob
from actiondiff_gui.gui.session.preferences import batch_size, worker_settings

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


def start_extraction(
    host: "Host", timesteps: Sequence[str], layers: Sequence[int], clip_ids: Sequence[str] | None = None
) -> RunningJob:
    """Compute the missing features at the session's address, for all clips or ``clip_ids``.

    ``session.features_changed`` tells when it is over. What was computed is kept however it ends.

    Parameters
    ----------
    timesteps : sequence of str
        Keys such as ``"t20"``.
    layers : sequence of int
        Layer numbers.

    Raises
    ------
    ActionDiffError
        If no project is open, or nothing was chosen.
    """
    return extractions(host).start(timesteps, layers, clip_ids)


def extractions(host: "Host") -> "Extractions":
    """Return the extractions of a window."""
    found = host.findChild(Extractions)
    return found if found is not None else Extractions(host)


class Extractions(QObject):
    """The extraction that is running or ran last.

    Signals: ``changed`` when it began, reported or ended.

    Attributes
    ----------
    job : RunningJob or None
    latest : Extraction or None
    paces : dict
        Measurements made so far, by what they hold for.
    problem : str
        The sentence that ended it, "" if it went through or was stopped.
    """

    changed = Signal()

    def __init__(self, host: "Host") -> None:
        super().__init__(host)
        self.host = host
        self.job: RunningJob | None = None
        self.latest: Extraction | None = None
        self.problem = ""
        self.paces: dict[tuple, Pace] = {}
        self._ended: RunningJob | None = None
        host.jobs.changed.connect(self._follow)
        host.jobs.meanwhile = self.words
        host.session.project_changed.connect(self._forget)

    @property
    def running(self) -> bool:
        """Whether an extraction is queued or running."""
        return self.job is not None and not self.job.finished

    def words(self) -> str:
        """Say that features are being computed, and how far that is; "" while none are."""
        if not self.running:
            return ""
        progress = self.job.progress
        far = f" ({progress.done:,} of {progress.total:,})" if progress.total else ""
        return f"Features are being computed now{far}."

    @property
    def ending(self) -> str:
        """Outcome of the last extraction; "" while one runs, or before the first."""
        if self.job is None or self.running or self.latest is None:
            return ""
        return self.problem or self.latest.ending(stopped=self.job.state == "stopped")

    def start(
        self, timesteps: Sequence[str], layers: Sequence[int], clip_ids: Sequence[str] | None = None
    ) -> RunningJob:
        """See :func:`start_extraction`."""
        session = self.host.session
        project = session.needed()
        if not timesteps or not layers:
            raise ActionDiffError("Choose at least one timestep and one layer.")
        if (clip_ids is not None and not clip_ids) or not len(session.table):
            raise ActionDiffError("There are no clips to compute features of. Choose or add some.")
        extraction = Extraction(
            session.address,
            tuple(timesteps),
            tuple(layers),
            batch_size(session.preferences),
            worker_settings(session.preferences),
        )
        ids = None if clip_ids is None else list(clip_ids)
        self.latest, self.problem = extraction, ""
        self.job = self.host.jobs.start(
            lambda: extraction_job(session.loaded, project, extraction, ids),
            f"computing features ({extraction.where})"
            if extraction.where.elsewhere
            else "computing features",
            done=lambda _: self._finish(),
            failed=self._fail,
            lane="heavy",
        )
        slurm = extraction.where.slurm
        self.job.stop_hint = (
            "Stop watching; the jobs of SLURM go on" if slurm else "Stop; finished clips are kept"
        )
        self.changed.emit()
        return self.job

    def _fail(self, text: str) -> None:
        self.problem = text
        self.host.jobs.add_problem(text)
        self._finish()

    def _follow(self) -> None:
        if self.job is None or self.host.closed:
            return
        if self.job.state == "stopped" and self._ended is not self.job:
            self._finish()
        elif not self.job.finished:
            self.changed.emit()

    def _finish(self) -> None:
        self._ended = self.job
        for text in self.latest.failures.values():
            if text not in self.host.jobs.problems:
                self.host.jobs.problems.append(text)
        if self.host.session.project is not None:
            self.host.session.features_changed.emit()
        self.host.tell(self.ending)
        self.changed.emit()

    def _forget(self) -> None:
        if self.job is not None:
            self.job.stop()
        self.job, self.latest, self.problem = None, None, ""
        self.changed.emit()
