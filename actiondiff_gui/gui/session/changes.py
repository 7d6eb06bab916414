"""Changes to a project that another program is using: queued and made in their order.

A change is a function of the project that holds all it needs: the clips, the frame and the annotator of the moment of the key.
It runs in one transaction at once; where the project is busy it waits and is tried again, and what comes after waits behind it.
What the window shows follows when the change is in the project. A long change is made in a job of the window, which goes on
meanwhile: until it is over, it is the first that waits.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from actiondiff_gui.errors import ProjectBusyError
from actiondiff_gui.project.storage.exclusive_use import at_once

if TYPE_CHECKING:
    from actiondiff_gui.project.project import Project

_GO_ON_S = 0.03
"""Approximate limit of one retry, so that many queued changes do not freeze the window."""


def nothing(*_: Any) -> None:
    """Do nothing."""


@dataclass(eq=False)
class Change:
    """One change of the project.

    Attributes
    ----------
    what : str
        In a few words: ``"walk on 2 clips"``; "" for a look at the project that changes nothing.
    do : callable
        Changes the project and returns a result.
    then : callable
        Shows the result, once it is in the project.
    dropped : callable
        Called where it waited and will not be made: it was withdrawn, or refused.
    by : str
        Whose change it is.
    record : bool or None
        As for :meth:`~actiondiff_gui.project.project.Project.transaction`.
    long : bool
        Whether it takes so long that it is made in a job, where the window has some.
    begun : bool
        Whether it is being made by a job.
    made : bool
        Whether it is in the project.
    result : object
        What ``do`` returned.
    """

    what: str
    do: Callable[["Project"], Any]
    then: Callable[[Any], object] = nothing
    dropped: Callable[[], object] = nothing
    by: str = ""
    record: bool | None = True
    long: bool = False
    begun: bool = field(default=False, init=False)
    made: bool = field(default=False, init=False)
    result: Any = field(default=None, init=False)

    def make(self, project: "Project") -> None:
        """Make the change, in one transaction."""
        with project.transaction(self.record, self.by):
            result = self.do(project)
        self.made, self.result = True, result


class Changes:
    """Queued changes of one session, oldest first.

    Signals: ``changed`` when some begin or cease to wait; ``refused(change or None, error)`` for one that waited
    and cannot be made, or shown.

    Attributes
    ----------
    late : bool
        Whether a change is being made that had to wait, so that the window may show something else by now.
    who : str
        Who uses the project, for which they wait.
    aside : callable or None
        Makes a long change of a project in a job, and calls :meth:`over` in the window's thread; None: there are no jobs.
    """

    changed = Signal()
    refused = Signal(object, object)

    def __init__(self) -> None:
        self._waiting: list[Change] = []
        self._looks: dict[str, Callable[[], object]] = {}
        self.late = False
        self.who = "another program"
        self.aside: Callable[[Project, Change], object] | None = None

    def __len__(self) -> int:
        return sum(not change.begun for change in self._waiting)

    def __bool__(self) -> bool:
        return bool(self._waiting or self._looks)

    @property
    def begun(self) -> str:
        """The long change that is being made, in words; "" where none is."""
        return next((change.what for change in self._waiting if change.begun), "")

    def words(self) -> list[str]:
        """Return the queued changes in words, oldest first; not the one that is being made."""
        return [change.what for change in self._waiting if not change.begun]

    def sentence(self) -> str:
        """Return which changes wait and for what; "" where none do."""
        count, begun = len(self), self.begun
        wait = "1 change waits" if count == 1 else f"{count} changes wait"
        if begun:
            return f"Being saved: {begun}." + f" {wait} until then." * bool(count)
        if count:
            return f"{wait}: {self.who} is using the project."
        return (
            f"{self.who} is using the project; what is shown may have changed.".capitalize() if self else ""
        )

    def make(self, project: "Project", change: Change) -> Change:
        """Make a change now, or queue it where the project is busy or others wait.

        Raises
        ------
        ProjectError
            It makes no sense, or cannot be written; nothing was changed.
        """
        aside = change.long and self.aside is not None
        if not self._waiting and not aside:
            try:
                change.make(project)
            except ProjectBusyError as error:
                self.who = error.who
        if change.made:
            change.then(change.result)
        else:
            self._waiting.append(change)
            if aside and change is self._waiting[0]:
                self._try_first(project)
            self.changed.emit()
        return change

    def look_later(self, what: str, look: Callable[[], object]) -> None:
        """Call ``look`` when the project can be read again; a later call for the same ``what`` replaces it."""
        self._looks[what] = look
        self.changed.emit()

    def try_again(self, project: "Project") -> bool:
        """Make queued changes, as far as the project is free; False where some are left."""
        end = monotonic() + _GO_ON_S
        self.late = True
        try:
            with at_once():
                while self._waiting and monotonic() < end:
                    if not self._try_first(project):
                        return False
                if not self._waiting:
                    self._look_again()
        finally:
            self.late = False
        return not self

    def _try_first(self, project: "Project") -> bool:
        change = self._waiting[0]
        if change.long and self.aside is not None:
            if not change.begun:
                change.begun = True
                self.aside(project, change)
            return False
        try:
            if not change.made:
                change.make(project)
        except ProjectBusyError as error:
            self.who = error.who
            return False
        except Exception as error:
            self._waiting.pop(0)
            change.dropped()
            self.refused.emit(change, error)
        else:
            self._waiting.pop(0)
            change.then(change.result)
        self.changed.emit()
        return True

    def over(self, change: Change, error: BaseException | None) -> None:
        """Show a long change that a job has made; or tell why it could not, or wait where the project was busy all the time."""
        change.begun = False
        if isinstance(error, ProjectBusyError):
            self.who = error.who
        elif change in self._waiting:
            self._waiting.remove(change)
        else:  # all changes were dropped, since the window closes
            return
        self.changed.emit()
        if change.made:
            self.late = True
            try:
                change.then(change.result)
            finally:
                self.late = False
        elif error is not None and change not in self._waiting:
            change.dropped()
            self.refused.emit(change, error)

    def _look_again(self) -> None:
        looks, self._looks = self._looks, {}
        for look in looks.values():
            try:
                look()
            except Exception as error:
                self.refused.emit(None, error)
        if looks:
            self.changed.emit()

    def withdraw(self) -> Change | None:
        """Remove the last queued change that could be undone; None where there is none."""
        found = next(
            (change for change in reversed(self._waiting) if change.record and not change.begun), None
        )
        if found is not None:
            self._waiting.remove(found)
            found.dropped()
            self.changed.emit()
        return found

    def forget(self) -> None:
        """Drop all queued changes; one that is being made is made all the same."""
        self._waiting, self._looks = [], {}
        self.changed.emit()
