"""Which lanes a timeline has: those of all actions or of each subject's, without the empty ones where not all fit."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.timeline.state.lanes import Lanes, grouped, said_in

Said = set[tuple[str, str]]
"""Pairs of action and subject."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What lanes are made for.

    Attributes
    ----------
    video : str or None
    actions : tuple of str
        Of the project, in order.
    subjects : tuple of str or None
        Whose bouts have lanes of their own, in order; None: those of all subjects lie together.
    collapsing : bool
        Whether lanes without bouts are hidden where not all fit.
    """

    video: str | None
    actions: tuple[str, ...]
    subjects: tuple[str, ...] | None
    collapsing: bool


class Arrangement:
    """The lanes of one timeline, kept up to date.

    Attributes
    ----------
    lanes : Lanes
    complete : bool
        Whether each action has its lane, so that none is hidden.
    """

    def __init__(self) -> None:
        self.lanes = Lanes.of((), ())
        self.complete = True
        self._made_for: tuple[Wanted, bool] | None = None

    def lay_out(self, rows: list[ClipRow], wanted: Wanted, begun: Said, hidden: Callable[[int], int]) -> None:
        """Lay out all clips of a video; where the same lanes will do, only the new ones among them.

        Parameters
        ----------
        rows : list of ClipRow
        wanted : Wanted
        begun : set of (str, str)
            Actions and subjects of bouts that are open, which have a lane in any case.
        hidden : callable
            Returns how many pixels of a number of lanes do not fit.
        """
        every = len(self._pairs(wanted, None)[0])
        collapsed = wanted.collapsing and hidden(every + 1) > 0
        if (wanted, collapsed) == self._made_for and self._add(rows, begun, collapsed):
            return
        self._made_for = wanted, collapsed
        names, whose = self._pairs(wanted, said_in(rows) | begun if collapsed else None)
        self.complete = len(names) == every
        self.lanes = Lanes.of(rows, names, whose)

    def update(self, rows: Iterable[ClipRow]) -> bool:
        """Read some clips again; False where that needs other lanes, which the next :meth:`lay_out` makes."""
        rows = list(rows)
        if not self.shows(said_in(rows)):
            self._made_for = None
            return False
        self.lanes = self.lanes.updated(rows)
        return True

    def shows(self, said: Said) -> bool:
        """Return whether each of these has a lane."""
        together = self._made_for is None or self._made_for[0].subjects is None
        return (self.complete and together) or self.lanes.hold(said)

    def _add(self, rows: list[ClipRow], begun: Said, collapsed: bool) -> bool:
        """Lay out only the rows that are new; False where that would need other lanes."""
        lanes, fresh = self.lanes.with_rows(rows)
        if not self.shows(said_in(fresh) | begun):
            return False
        open_actions = {action for action, _ in begun}
        if collapsed and any(action not in open_actions for action, _ in lanes.empty()):
            return False
        self.lanes = lanes
        return True

    @staticmethod
    def _pairs(wanted: Wanted, said: Said | None) -> tuple[list[str], list[str]]:
        """Return actions and subjects of the lanes, only of what is ``said`` where that is given; no subjects: of all."""
        if wanted.subjects is not None:
            return grouped(wanted.actions, wanted.subjects, said)
        names = None if said is None else {action for action, _ in said}
        return [name for name in wanted.actions if names is None or name in names], []
