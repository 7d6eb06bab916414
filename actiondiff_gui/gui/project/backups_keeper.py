"""Automatic backups: a check each minute, in a job."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer

from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.session.preferences import backup_every
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.backups.making import Backup, back_up_job, is_due

if TYPE_CHECKING:
    from actiondiff_gui.gui.services.context import WindowContext

FIRST_LOOK_MS, LOOK_MS = 5_000, 60_000


class BackupsKeeper(QObject):
    """Makes a backup of the open project when one is due; a failure is reported once."""

    def __init__(self, host: "WindowContext") -> None:
        super().__init__(host)
        self.host = host
        self._told = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        listen(self, (host.session.project_changed, self._begin))

    def look(self) -> None:
        """Make a backup if one is due."""
        project, every = self.host.session.project, backup_every(self.host.session.preferences)
        self._timer.setInterval(LOOK_MS)
        if project is None or every is None or self.host.closed:
            return
        path = project.path
        self.host.jobs.start(
            lambda: due_job(path, every), "making a backup", failed=self._failed, key="backup", quiet=True
        )

    def close(self) -> None:
        """Stop making backups."""
        self._timer.stop()

    def _begin(self) -> None:
        self._told = False
        self._timer.stop()
        if self.host.session.project is not None:
            self._timer.start(FIRST_LOOK_MS)

    def _failed(self, sentence: str) -> None:
        if not self._told:
            self._told = True
            self.host.jobs.add_problem(sentence)


def due_job(path: Path, every: timedelta) -> Job[Backup | None]:
    """Make a backup of the project at ``path`` if one is due."""
    yield Progress(0, 0, "looking for backups")
    return (yield from back_up_job(path)) if is_due(path, every) else None
