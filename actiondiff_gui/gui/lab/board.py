"""Scoreboards of the lab: those computed since the project was opened, and the one that is being computed."""

import hashlib
import json
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from actiondiff_gui.gui.common.listening import listen, when_destroyed
from actiondiff_gui.gui.lab.choice import Lab
from actiondiff_gui.gui.lab.state.board import BoardAsked, BoardRun, fitting_seconds, play_job, report_job
from actiondiff_gui.gui.lab.state.comparing import GridRun
from actiondiff_gui.gui.lab.state.paces import keep_pace, pace

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host
    from actiondiff_gui.report_folder import ReportFolder

MOST_KEPT = 6
MOST_FINISHED = 20
FINISHED = "scoreboards"
"""Setting of a project: keys of the scoreboards that were finished, the latest last."""


class LabBoard(QObject):
    """Boards computed since the project was opened; fitted results are stored on disk and found again.

    Signals: ``changed`` when a cell came, or playing began or ended; ``reported(path)`` when a report was written.

    Attributes
    ----------
    problem : str
        Why the last one could not be played.
    """

    changed = Signal()
    reported = Signal(object)

    def __init__(self, host: "Host", lab: Lab) -> None:
        super().__init__(lab)
        self.host, self.session, self.lab = host, host.session, lab
        self.problem = ""
        self.job = None
        self._runs: OrderedDict[BoardAsked, BoardRun] = OrderedDict()
        self._recalled: set[str] = set()
        self._keys = (f"lab board {id(self)}", f"lab report {id(self)}")
        for key in self._keys:
            when_destroyed(self, host.jobs.leave, key)
        listen(
            self,
            (self.session.project_changed, self._forget),
            (self.session.clips_changed, self._clips_changed),
        )
        host.jobs.changed.connect(self._jobs_changed)

    def asked(self, methods: tuple[str, ...], heads: tuple[str, ...], seeds: int) -> BoardAsked | None:
        """Return the board of the present address, domain and choice."""
        session = self.session
        if session.project is None or not self.lab.choice.timesteps:
            return None
        address = replace(session.address, timestep="", layers=())
        # The measure belongs to the grid.
        choice = replace(self.lab.choice, measure="")
        return BoardAsked(session.project, address, session.domain, choice, methods, heads, seeds)

    def run_of(self, asked: BoardAsked | None) -> BoardRun | None:
        """Return the requested board, if it was computed or is being computed."""
        return self._runs.get(asked) if asked is not None else None

    @property
    def playing(self) -> bool:
        """Whether a board is being computed."""
        return self.job is not None and not self.job.finished

    def seconds(self, asked: BoardAsked, clips: int, domains: int) -> float:
        """Return the approximate time of fitting, in seconds."""
        slowness = pace(self.session.preferences, _pace_of(asked)) or 1.0
        return slowness * fitting_seconds(asked, clips, domains)

    def recall(self, asked: BoardAsked, known: GridRun) -> None:
        """Compute a board again that was finished on the same labels, before the window was last closed; once.

        Its fits are read from the disk.
        """
        key = _key(asked, known.fingerprint)
        if self.playing or key in self._recalled or known.lacking:
            return
        self._recalled.add(key)
        if key in self._finished():
            self.play(asked, known, stored=True)

    def _finished(self) -> list[str]:
        kept = self.session.needed().setting(FINISHED, [])
        return [key for key in kept if isinstance(key, str)] if isinstance(kept, list) else []

    def play(self, asked: BoardAsked, known: GridRun | None = None, stored: bool = False) -> None:
        """Compute a board, in place of one that is being computed.

        Parameters
        ----------
        known : GridRun, optional
            Tells of clips and domains.
        stored : bool
            Whether its fits are read from the disk: that tells nothing about how long fits take.
        """
        clips, domains = (known.clips, known.domains) if known is not None else (0, ())
        key = _key(asked, known.fingerprint) if known is not None and known.fingerprint else ""
        run, loaded = BoardRun(asked, tuple(domains)), self.session.loaded
        self.problem = ""
        self._runs[asked] = run
        self._runs.move_to_end(asked)
        while len(self._runs) > MOST_KEPT:
            self._runs.popitem(last=False)

        def done(_: BoardRun) -> None:
            usual = fitting_seconds(asked, clips, len(domains)) if clips and domains else 0
            if usual and not stored:
                keep_pace(self.session.preferences, _pace_of(asked), run.fitted_in / usual)
            if key and self.session.project is asked.project:
                finished = [kept for kept in self._finished() if kept != key]
                asked.project.set_setting(FINISHED, [*finished, key][-MOST_FINISHED:])
            self.changed.emit()

        self.job = self.host.jobs.start(
            lambda: play_job(loaded, run),
            "computing the scoreboard",
            done=done,
            failed=lambda text: self._failed(run, text),
            key=self._keys[0],
            lane="heavy",
        )
        self.changed.emit()

    def report(self, asked: BoardAsked, folder: "ReportFolder") -> None:
        """Write the report into a folder."""
        loaded = self.session.loaded
        self.host.jobs.start(
            lambda: report_job(loaded, asked, folder),
            "writing the report",
            done=self.reported.emit,
            key=self._keys[1],
            lane="heavy",
        )

    def _failed(self, run: BoardRun, text: str) -> None:
        self._runs.pop(run.asked, None)
        self.problem = text
        self.changed.emit()

    def _jobs_changed(self) -> None:
        if self.job is not None:
            self.changed.emit()
            if self.job is not None and self.job.finished:
                self.job = None

    def _clips_changed(self, _: object) -> None:
        # Labels or clips are others now: what is shown would be of the old ones.
        self.host.jobs.leave(self._keys[0])
        self._runs.clear()
        self.job = None
        self.changed.emit()

    def _forget(self) -> None:
        for key in self._keys:
            self.host.jobs.leave(key)
        self._runs.clear()
        self._recalled.clear()
        self.job, self.problem = None, ""
        self.changed.emit()


def _pace_of(asked: BoardAsked) -> str:
    return f"scoreboard {' '.join(asked.heads)}"


def _key(asked: BoardAsked, fingerprint: str) -> str:
    choice = asked.choice
    parts = (str(asked.address), asked.domain, asked.methods, asked.heads, asked.seeds)
    named = json.dumps([*parts, choice.timesteps, choice.layers, choice.summary, fingerprint], default=str)
    return hashlib.sha256(named.encode()).hexdigest()[:16]
