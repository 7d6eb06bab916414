"""Pairing of BORIS's START and STOP events to bouts, and the errors of unpaired ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.contents import COMMENT, COMMENT_STOP, MODIFIER, Clock, Stretch

START, STOP, POINT = "START", "STOP", "POINT"


@dataclass(frozen=True, slots=True)
class Event:
    """One row of an observation: what happened when.

    Attributes
    ----------
    line : int or None
    observation : str
    video : str
        Media file as written, "" where none is named.
    subject : str or None
    behaviour : str
    modifiers : tuple of str
    what : str
        START, STOP or POINT.
    time : float
        In seconds of ``clock``, or of the video without one.
    comment : str
    facets : mapping of str to str
        What else is said of the bout.
    clock : Clock, optional
    """

    line: int | None
    observation: str
    video: str
    subject: str | None
    behaviour: str
    modifiers: tuple[str, ...]
    what: str
    time: float
    comment: str = ""
    facets: Mapping[str, str] = field(default_factory=dict)
    clock: Clock | None = None

    def __str__(self) -> str:
        of = f"observation {self.observation!r}: " if self.observation else ""
        return f"{of}{self.behaviour}"


@dataclass(frozen=True)
class Paired:
    """Bouts, what found no partner, and names that differ by capitals only and for that reason found none."""

    stretches: list[Stretch]
    problems: ProblemList
    spellings: tuple[tuple[str, ...], ...] = ()


def paired(events: Iterable[Event], path: Path, unite_case: bool = False, tool: str = "BORIS") -> Paired:
    """Pair each START with the next STOP of the same observation, subject, behaviour and modifiers.

    Of events at one time a STOP ends what is open before a START opens the next. What has no partner is left out and
    reported; where the partner is written with other capitals that is said once, unless ``unite_case`` joins them.
    """
    events = list(events)
    if unite_case:
        events = _united(events)
    groups: dict[tuple[Any, ...], list[Event]] = {}
    for event in events:
        where = event.clock or event.video
        key = (event.observation, where, event.subject, event.behaviour, event.modifiers)
        groups.setdefault(key, []).append(event)
    stretches: list[Stretch] = []
    alone = _Alone(path, events, tool)
    for group in groups.values():
        opened: Event | None = None
        for event in _in_order(group):
            if event.what == POINT:
                stretches.append(_stretch(event, event, point=True))
            elif event.what == START:
                if opened is not None:
                    alone.add(opened, f" before the next START{_line(event)}")
                opened = event
            elif opened is None:
                alone.add(event)
            else:
                stretches.append(_stretch(opened, event))
                opened = None
        if opened is not None:
            alone.add(opened, " in the file")
    stretches.sort(key=lambda s: (s.line is None, s.line))
    return Paired(stretches, alone.told(), alone.spellings())


def _in_order(group: list[Event]) -> Iterable[Event]:
    """By time; of several at one time in the order that leaves the fewest without a partner."""
    group.sort(key=lambda event: event.time)
    opened = False
    for _, same in groupby(group, key=lambda event: event.time):
        waiting = list(same)
        while waiting:
            wanted = STOP if opened else START
            event = next((e for e in waiting if e.what == wanted), waiting[0])
            waiting.remove(event)
            opened = opened if event.what == POINT else event.what == START
            yield event


def _stretch(first: Event, last: Event, point: bool = False) -> Stretch:
    said = {f"{MODIFIER}{n + 1}": value for n, value in enumerate(first.modifiers) if value}
    if first.comment:
        said[COMMENT] = first.comment
    if last.comment and not point:
        said[COMMENT_STOP] = last.comment
    return Stretch(
        first.line,
        first.video,
        first.behaviour,
        first.time,
        last.time,
        "seconds",
        first.subject,
        point,
        {**first.facets, **said} if said else first.facets,
        first.clock,
        observation=first.observation,
    )


def _line(event: Event) -> str:
    return f" at {event.time:g} s" if event.line is None else f" in line {event.line}"


class _Alone:
    """Events without a partner: a problem for each, or one for all whose partner may be written with other capitals."""

    def __init__(self, path: Path, events: Iterable[Event], tool: str) -> None:
        self._path, self._tool = path, tool
        self._problems = ProblemList()
        written: dict[str, dict[str, None]] = {}
        for event in events:
            written.setdefault(event.behaviour.casefold(), {}).setdefault(event.behaviour)
        self._several = {name: tuple(spelt) for name, spelt in written.items() if len(spelt) > 1}
        self._lost: dict[str, None] = {}
        self._count = 0
        self._first: int | None = None

    def add(self, event: Event, where: str = "") -> None:
        """Tell of an event; ``where`` is where its partner was looked for."""
        name = event.behaviour.casefold()
        if name in self._several:
            self._lost.setdefault(name)
            self._count += 1
            if event.line is not None:
                self._first = event.line if self._first is None else min(self._first, event.line)
            return
        does = f"starts at {event.time:g} s and has no STOP{where}"
        missing = STOP
        if event.what == STOP:
            does, missing = f"stops at {event.time:g} s without a START before it", START
        reason = f"{event} {does}. The row was left out; add the {missing} in {self._tool} and export again."
        self._problems.append(Problem(self._path, event.line, reason))

    def spellings(self) -> tuple[tuple[str, ...], ...]:
        """Return the names in several spellings whose events found no partner."""
        return tuple(self._several[name] for name in self._lost)

    def told(self) -> ProblemList:
        """All problems."""
        if self._lost:
            spelt = "; ".join(" and ".join(map(repr, names)) for names in self.spellings())
            reason = (
                f"behaviours differ by capitals only ({spelt}), and {self._count} of their events find no partner of the same "
                "spelling. These were left out. If each is one behaviour, read them as one (--unite-case)."
            )
            self._problems.append(Problem(self._path, self._first, reason))
        return self._problems


def _united(events: Sequence[Event]) -> list[Event]:
    """Every name in the spelling that its first event has."""
    first: dict[str, str] = {}
    return [
        replace(event, behaviour=first.setdefault(event.behaviour.casefold(), event.behaviour))
        for event in events
    ]
