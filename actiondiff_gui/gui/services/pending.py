"""Changes that wait because the project is in use: retried, shown, and asked about on closing."""

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer
from qtpy.QtWidgets import QMessageBox

from actiondiff_gui.errors import ConsentNeeded
from actiondiff_gui.faults import keep_details
from actiondiff_gui.gui.common.guard import sentence
from actiondiff_gui.gui.session.changes import Change

if TYPE_CHECKING:
    from actiondiff_gui.gui.services.context import WindowContext
    from actiondiff_gui.project.project import Project

_AGAIN_MS = 200


class Pending(QObject):
    """Retries the queued changes of one window until they are made."""

    def __init__(self, host: "WindowContext") -> None:
        super().__init__(host)
        self.host, self.changes = host, host.session.changes
        self._timer = QTimer(self)
        self._timer.setInterval(_AGAIN_MS)
        self._timer.timeout.connect(host.guarded(self.try_again))
        self.changes.aside = self._make_aside
        self.changes.changed.connect(self._changed)
        self.changes.refused.connect(self._refused)

    def try_again(self) -> bool:
        """Make the changes that can be made now; False where some still wait."""
        project = self.host.session.project
        return project is None or self.changes.try_again(project)

    def _make_aside(self, project: "Project", change: Change) -> None:
        """Make a long change in a job."""

        def make() -> BaseException | None:
            try:
                change.make(project)
            except Exception as error:
                return error
            return None

        over = self.changes.over
        self.host.jobs.run(
            make, f"saving {change.what}", done=lambda error: over(change, error), quiet=True, stays=True
        )

    def may_close(self) -> bool:
        """Return whether the window may close: nothing waits, or the user discards what does."""
        if self.host.closed or self.try_again() or not len(self.changes):
            return True
        box = QMessageBox(
            QMessageBox.Icon.Warning,
            "Pending changes",
            f"{self.changes.sentence()} They are not in the project yet: {_listed(self.changes.words())}.",
            parent=self.host.window,
        )
        box.setInformativeText("Wait, and they are saved as soon as it is free.")
        wait = box.addButton("Wait", QMessageBox.ButtonRole.RejectRole)
        leave = box.addButton("Discard them and close", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(wait)
        box.exec()
        if box.clickedButton() is not leave:
            return self.try_again()
        self.changes.forget()
        return True

    def end(self) -> None:
        """Stop; changes that still wait, where nobody could be asked, are written to the log file."""
        self._timer.stop()
        self.changes.aside = None  # a long change whose job was stopped before it began is made now
        if not self.try_again() and len(self.changes):
            keep_details(
                f"The window was closed while the project {self.host.session.needed().path} was in use. "
                f"Not made: {'; '.join(self.changes.words())}."
            )
        self.changes.forget()
        self.changes.changed.disconnect(self._changed)
        self.changes.refused.disconnect(self._refused)

    def _changed(self) -> None:
        if not self.changes:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def _refused(self, change: Change | None, error: BaseException) -> None:
        if change is None or isinstance(error, ConsentNeeded):
            self.host.tell_error(error)
        else:
            self.host.jobs.add_problem(f"Not saved after waiting: {change.what}. {sentence(error)}")


def _listed(words: list[str]) -> str:
    return "; ".join(words) if len(words) <= 5 else "; ".join([*words[:4], f"and {len(words) - 4} more"])
