"""Reader of BORIS project files (JSON, compressed or not)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.imports.facet_names import facet_name
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.boris_events import POINT, START, STOP, Event, paired
from actiondiff_gui.project.formats.readers.boris_media import agreed, modifiers_of, tell, without_offset_0
from actiondiff_gui.project.formats.readers.boris_table import NOBODY
from actiondiff_gui.project.formats.readers.contents import (
    BORIS_PROJECT,
    CATEGORY,
    OFFSET,
    Clock,
    ForeignTable,
)
from actiondiff_gui.project.formats.readers.json_file import read_json
from actiondiff_gui.project.formats.tables.cells import read_offset


def read_boris_project(path: Path, unite_case: bool = False) -> ForeignTable:
    """Read the events of all observations of videos. State events toggle: the first one starts a bout.

    Raises
    ------
    ProjectError
        The file is no BORIS project.
    """
    project = read_json(path, "a BORIS project")
    try:
        ethogram = {str(b["code"]).strip(): b for b in project["behaviors_conf"].values()}
        points = {code: "point" in str(b["type"]).lower() for code, b in ethogram.items()}
        observations = dict(project["observations"])
    except (KeyError, TypeError, AttributeError, ValueError):
        raise ProjectError(
            f"{path} is JSON, but no BORIS project: it has no list of behaviours and observations. Choose another file."
        ) from None
    categories = {code: str(b.get("category") or "") for code, b in ethogram.items()}
    reader = _Reader(path, points, categories, unite_case)
    for name, observation in observations.items():
        try:
            reader.observation(str(name), observation)
        except ProjectError as error:
            reader.problems.append(Problem(path, None, str(error)))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError):
            reason = f"observation {name!r} is not as BORIS writes it. It was left out; open and save the project in BORIS."
            reader.problems.append(Problem(path, None, reason))
    found = paired(reader.events, path, unite_case)
    reader.problems += found.problems
    facets = agreed(reader.said_of, path, reader.notes)
    return ForeignTable(
        path,
        BORIS_PROJECT,
        tuple(found.stretches),
        tuple(dict.fromkeys([*points, *(s.behaviour for s in found.stretches)])),
        tuple(reader.videos),
        reader.fps,
        facets=facets,
        observations=len(observations),
        spellings=found.spellings,
        problems=reader.problems.sealed(),
        notes=reader.notes.sealed(),
    )


@dataclass
class _Reader:
    path: Path
    points: Mapping[str, bool]
    categories: Mapping[str, str]
    unite_case: bool = False
    events: list[Event] = field(default_factory=list)
    problems: ProblemList = field(default_factory=ProblemList)
    notes: ProblemList = field(default_factory=ProblemList)
    videos: dict[str, None] = field(default_factory=dict)
    fps: dict[str, float] = field(default_factory=dict)
    said_of: dict[str, dict[str, dict[str, None]]] = field(default_factory=dict)

    def observation(self, name: str, observation: dict[str, Any]) -> None:
        """Read the events of one observation."""
        files = _files(observation)
        if not files:
            kind = str(observation.get("type") or "").lower()
            why = (
                "is a live observation"
                if kind == "live"
                else "is of images"
                if kind == "images"
                else "has no video"
            )
            raise ProjectError(
                f"observation {name!r} {why}. It was left out; only events of videos are read."
            )
        lengths, rates = _lengths(observation, files)
        try:
            offset = _seconds(observation.get("time offset") or 0)
        except ProjectError as error:
            reason = f"observation {name!r}: its time offset cannot be read: {error} It was left out; correct the offset in BORIS."
            raise ProjectError(reason) from None
        said = {
            facet_name(str(key)): str(value).strip()
            for key, value in (observation.get("independent_variables") or {}).items()
            if str(key).strip() and str(value or "").strip()
        }
        said[OFFSET] = f"{offset:g}"
        for file, rate in zip(files, rates, strict=True):
            self.videos.setdefault(file)
            if rate is not None:
                self.fps.setdefault(file, rate)
            tell(self.said_of, file, said)
        said = without_offset_0(said)
        begins = _creation_times(observation, files)
        clock = Clock(name, files, lengths, None, begins) if len(files) > 1 else None
        shift = offset + (begins[0] if begins and clock is None else 0.0)
        self._events(name, observation["events"], files[0], clock, shift, said)

    def _events(
        self, name: str, rows: list[Any], file: str, clock: Clock | None, offset: float, said: dict[str, str]
    ) -> None:
        open_: set[tuple[Any, ...]] = set()
        unknown: dict[str, int] = {}
        known = []
        for number, row in enumerate(rows, 1):
            try:
                subject, code = _text(row[1]), _text(row[2])
                subject = "" if subject.casefold() == NOBODY else subject
                modifiers, comment = (_text(row[n]) if len(row) > n else "" for n in (3, 4))
                time = _seconds(row[0])
                if not code:
                    raise ProjectError("no behaviour")
            except (ProjectError, KeyError, TypeError, ValueError, IndexError, OverflowError):
                # State events toggle: without one of them, bouts and the time between them change places.
                raise ProjectError(
                    f"observation {name!r}: event {number:,} of {len(rows):,} has no time or no behaviour. The observation was left "
                    "out; correct the event in BORIS."
                ) from None
            known.append((time - offset, subject, code, modifiers, comment))
        for time, subject, code, modifiers, comment in sorted(known, key=lambda event: event[:3]):
            key = (subject, code.casefold() if self.unite_case else code, modifiers)
            if self.points.get(code, True):
                what = POINT
            else:
                what = STOP if key in open_ else START
                open_ ^= {key}
            if time < 0:
                reason = f"observation {name!r}: {code} at {time + offset:g} s lies before the begin of the media. "
                reason += "It was left out; check the time and the time offset in BORIS."
                self.problems.append(Problem(self.path, None, reason))
                continue
            if code not in self.points:
                unknown[code] = unknown.get(code, 0) + 1
            category = self.categories.get(code, "")
            parts = modifiers_of(modifiers)
            facets = {**said, **({CATEGORY: category} if category else {})}
            self.events.append(
                Event(
                    None,
                    name,
                    file if clock is None else "",
                    subject or None,
                    code,
                    parts,
                    what,
                    time,
                    comment,
                    facets,
                    clock,
                )
            )
        for code, count in unknown.items():
            reason = (
                f"observation {name!r}: {code!r} is not in the list of behaviours, so its {count} events were taken for events "
                "without a duration, as BORIS does."
            )
            self.notes.append(Problem(self.path, None, reason))


def _files(observation: dict[str, Any]) -> tuple[str, ...]:
    """Media files of the first player; before version 4 a list held one file for each player."""
    files = observation.get("file") or {}
    first = files[:1] if isinstance(files, list) else files.get("1") or []
    return tuple(str(file) for file in ([first] if isinstance(first, str) else first))


def _lengths(
    observation: dict[str, Any], files: tuple[str, ...]
) -> tuple[tuple[float | None, ...], list[float | None]]:
    """Seconds and frame rate of each file, None where the project does not know them."""
    info = observation.get("media_info") or {}
    lengths = [_positive((info.get("length") or {}).get(file)) for file in files]
    rates = [_positive((info.get("fps") or {}).get(file)) for file in files]
    old = list((observation.get("media_file_info") or {}).values())
    if len(files) == 1 and len(old) == 1 and lengths[0] is None:  # version 2 kept them by a checksum
        length = _positive(old[0].get("video_length"))
        frames = _positive(old[0].get("nframe"))
        lengths = [length and length / 1000]
        rates = [frames / lengths[0] if frames and lengths[0] else None]
    return tuple(lengths), rates


def _creation_times(observation: dict[str, Any], files: tuple[str, ...]) -> tuple[float, ...]:
    """Return when each file begins, where BORIS counted from the times at which they were recorded."""
    if not observation.get("media_creation_date_as_offset"):
        return ()
    times = (observation.get("media_info") or {}).get("media_creation_time") or {}
    return tuple(float(times[file]) for file in files)


def _seconds(value: Any) -> float:
    """Seconds of a number, or of text such as ``"00:00:05.5"``; raises ProjectError for no finite number."""
    seconds = read_offset(value, ";") if isinstance(value, str) else float(value)
    if not math.isfinite(seconds):
        raise ProjectError(f"{value!r} is no time in seconds. Write a number.")
    return seconds


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _positive(value: object) -> float | None:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or value <= 0
    ):
        return None
    return float(value)
