"""Which bouts do START and STOP rows make? Pairs of events, and what is wrong with those that have none."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from actiondiff_gui.project.formats.foreign import Stretch
from actiondiff_gui.project.formats.report import Problem, ProblemList

START, STOP, POINT = "START", "STOP", "POINT"


@dataclass(frozen=True, slots=True)
class Event:
    """One row of an observation: what happened when, in seconds of the media file."""

    line: int | None
    observation: str
    video: str
    subject: str | None
    behaviour: str
    modifiers: str
    what: str
    time: float


def paired(events: Iterable[Event], path: Path) -> tuple[list[Stretch], ProblemList]:
    """Pair each START with the next STOP of the same observation, subject, behaviour and modifiers.

    A STOP at the time of a START belongs to the bout before it if the file says so by its order. What has no
    partner is left out and reported.
    """
    groups: dict[tuple, list[Event]] = {}
    for event in events:
        key = (event.observation, event.subject, event.behaviour, event.modifiers)
        groups.setdefault(key, []).append(event)
    stretches, problems = [], ProblemList()
    for group in groups.values():
        group.sort(key=lambda event: event.time)
        opened: Event | None = None
        for event in group:
            if event.what == POINT:
                stretches.append(_stretch(event, event, point=True))
            elif event.what == START:
                if opened is not None:
                    problems.append(_alone(path, opened, f"before the next START in line {event.line}"))
                opened = event
            elif opened is None:
                reason = f"{event.behaviour} stops at {event.time:g} s without a START before it. The row was left out."
                problems.append(Problem(path, event.line, reason))
            else:
                if opened.video == event.video:
                    stretches.append(_stretch(opened, event))
                else:
                    reason = (
                        f"{event.behaviour} starts in {opened.video} and stops in {event.video} (line {event.line}). "
                        "A bout lies in one video; it was left out."
                    )
                    problems.append(Problem(path, opened.line, reason))
                opened = None
        if opened is not None:
            problems.append(_alone(path, opened, "in the file"))
    stretches.sort(key=lambda s: (s.line is None, s.line))
    return stretches, problems


def _stretch(first: Event, last: Event, point: bool = False) -> Stretch:
    return Stretch(
        first.line,
        first.video,
        first.behaviour,
        first.time,
        last.time,
        "seconds",
        first.subject,
        point,
    )


def _alone(path: Path, event: Event, where: str) -> Problem:
    return Problem(
        path,
        event.line,
        f"{event.behaviour} starts at {event.time:g} s and has no STOP {where}. The row was left out.",
    )
