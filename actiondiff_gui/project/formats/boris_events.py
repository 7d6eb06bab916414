"""Which bouts do START and STOP rows make? Pairs of events, and what is wrong with those that have none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from actiondiff_gui.project.formats.foreign import COMMENT, COMMENT_STOP, MODIFIER, Clock, Stretch
from actiondiff_gui.project.formats.report import Problem

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
    problems: list[Problem]
    spellings: tuple[tuple[str, ...], ...] = ()


def paired(events: Iterable[Event], path: Path, unite_case: bool = False) -> Paired:
    """Pair each START with the next STOP of the same observation, subject, behaviour and modifiers.

    Of events at one time a STOP ends what is open before a START opens the next. What has no partner is left out and
    reported; where the partner is written with other capitals that is said once, unless ``unite_case`` joins them.
    """
    events = list(events)
    if unite_case:
        events = _united(events)
    groups: dict[tuple, list[Event]] = {}
    for event in events:
        where = event.clock or event.video
        key = (event.observation, where, event.subject, event.behaviour, event.modifiers)
        groups.setdefault(key, []).append(event)
    stretches: list[Stretch] = []
    alone: list[tuple[Event, str]] = []
    for group in groups.values():
        opened: Event | None = None
        for event in _in_order(group):
            if event.what == POINT:
                stretches.append(_stretch(event, event, point=True))
            elif event.what == START:
                if opened is not None:
                    alone.append((opened, f" before the next START{_line(event)}"))
                opened = event
            elif opened is None:
                alone.append((event, ""))
            else:
                stretches.append(_stretch(opened, event))
                opened = None
        if opened is not None:
            alone.append((opened, " in the file"))
    stretches.sort(key=lambda s: (s.line is None, s.line))
    spellings, alone, problems = _misspelt(events, alone, path)
    problems += [Problem(path, event.line, _alone(event, where)) for event, where in alone]
    return Paired(stretches, problems, spellings)


def _in_order(group: Sequence[Event]) -> Iterable[Event]:
    """By time; of several at one time in the order that leaves the fewest without a partner."""
    times: dict[float, list[Event]] = {}
    for event in group:
        times.setdefault(event.time, []).append(event)
    opened = False
    for time in sorted(times):
        waiting = times[time]
        while waiting:
            wanted = STOP if opened else START
            event = next((e for e in waiting if e.what == wanted), waiting[0])
            waiting.remove(event)
            opened = opened if event.what == POINT else event.what == START
            yield event


def _stretch(first: Event, last: Event, point: bool = False) -> Stretch:
    facets = dict(first.facets)
    facets |= {f"{MODIFIER}{n + 1}": value for n, value in enumerate(first.modifiers) if value}
    if first.comment:
        facets[COMMENT] = first.comment
    if last.comment and not point:
        facets[COMMENT_STOP] = last.comment
    return Stretch(
        first.line,
        first.video,
        first.behaviour,
        first.time,
        last.time,
        "seconds",
        first.subject,
        point,
        facets,
        first.clock,
    )


def _alone(event: Event, where: str) -> str:
    if event.what == START:
        return (
            f"{event} starts at {event.time:g} s and has no STOP{where}. The row was left out; add the STOP in BORIS and "
            "export again."
        )
    return (
        f"{event} stops at {event.time:g} s without a START before it. The row was left out; add the START in BORIS and "
        "export again."
    )


def _line(event: Event) -> str:
    return f" at {event.time:g} s" if event.line is None else f" in line {event.line}"


def _misspelt(
    events: Sequence[Event], alone: Sequence[tuple[Event, str]], path: Path
) -> tuple[tuple[tuple[str, ...], ...], list[tuple[Event, str]], list[Problem]]:
    """Names written in several ways whose events found no partner, the other events without one, and one problem for all."""
    written: dict[str, dict[str, None]] = {}
    for event in events:
        written.setdefault(event.behaviour.casefold(), {}).setdefault(event.behaviour)
    several = {name: tuple(spellings) for name, spellings in written.items() if len(spellings) > 1}
    lost: dict[str, list[Event]] = {}
    for event, _ in alone:
        if event.behaviour.casefold() in several:
            lost.setdefault(event.behaviour.casefold(), []).append(event)
    problems = []
    if lost:
        spelt = "; ".join(" and ".join(map(repr, several[name])) for name in lost)
        without = [event for its in lost.values() for event in its]
        reason = (
            f"behaviours differ by capitals only ({spelt}), and {len(without)} of their events find no partner of the same "
            "spelling. These were left out. If each is one behaviour, read them as one (--unite-case)."
        )
        first = min((event.line for event in without if event.line is not None), default=None)
        problems.append(Problem(path, first, reason))
    kept = [(event, where) for event, where in alone if event.behaviour.casefold() not in lost]
    return tuple(several[name] for name in lost), kept, problems


def _united(events: Sequence[Event]) -> list[Event]:
    """Every name in the spelling that its first event has."""
    first: dict[str, str] = {}
    return [
        replace(event, behaviour=first.setdefault(event.behaviour.casefold(), event.behaviour))
        for event in events
    ]
