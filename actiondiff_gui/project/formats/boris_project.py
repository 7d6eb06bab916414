"""What do the events in a BORIS project file (JSON) say?"""

import json
import math
from pathlib import Path
from typing import Any

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.project.formats.boris_events import POINT, START, STOP, Event, paired
from actiondiff_gui.project.formats.foreign import BORIS_PROJECT, ForeignTable
from actiondiff_gui.project.formats.report import Problem, ProblemList

MOST_BYTES = 1 << 28


def read_boris_project(path: Path) -> ForeignTable:
    """Read the events of all observations of videos. State events toggle: the first one starts a bout.

    Raises
    ------
    ProjectError
        The file is no BORIS project.
    """
    project = _json(path)
    try:
        kinds = {b["code"]: "point" in b["type"].lower() for b in project["behaviors_conf"].values()}
        observations = dict(project["observations"])
    except (KeyError, TypeError, AttributeError):
        raise ProjectError(
            f"{path} is JSON, but no BORIS project: it has no list of behaviours and observations. Choose another file."
        ) from None
    events: list[Event] = []
    problems = ProblemList()
    notes = ProblemList()
    videos: dict[str, None] = {}
    fps: dict[str, float] = {}
    for name, observation in observations.items():
        try:
            events += _events(path, str(name), observation, kinds, problems, videos, fps, notes)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
            problems.append(
                Problem(
                    path,
                    None,
                    f"observation {name!r} cannot be understood ({str(error)[:200]!r}). It was left out.",
                )
            )
    stretches, unpaired = paired(events, path)
    problems += unpaired
    return ForeignTable(
        path,
        BORIS_PROJECT,
        tuple(stretches),
        tuple(dict.fromkeys([*kinds, *(s.behaviour for s in stretches)])),
        tuple(videos),
        fps,
        problems=problems.sealed(),
        notes=notes.sealed(),
    )


def _json(path: Path) -> Any:
    try:
        if regular_file(path, ProjectError, "a BORIS project").stat().st_size > MOST_BYTES:
            raise ProjectError(f"{path} is too large for a BORIS project. Export its events as a table.")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise ProjectError(f"{path} is not the JSON of a BORIS project: {error}.") from error


def _events(
    path: Path,
    name: str,
    observation: dict,
    kinds: dict[str, bool],
    problems: ProblemList,
    videos: dict[str, None],
    fps: dict[str, float],
    notes: ProblemList,
) -> list[Event]:
    files = [str(file) for file in (observation.get("file") or {}).get("1", [])]
    if not files:
        problems.append(Problem(path, None, f"observation {name!r} has no video. It was left out."))
        return []
    info = observation.get("media_info") or {}
    lengths = [float((info.get("length") or {}).get(file, math.nan)) for file in files]
    for file in files:
        videos.setdefault(file)
        rate = (info.get("fps") or {}).get(file)
        if isinstance(rate, int | float) and math.isfinite(rate):
            fps.setdefault(file, float(rate))
    if float(observation.get("time offset") or 0):
        notes.append(
            Problem(path, None, f"observation {name!r} has a time offset. Times were taken as they stand.")
        )
    out: list[Event] = []
    open_: set[tuple] = set()
    rows = sorted(observation["events"], key=lambda event: float(event[0]))
    for event in rows:
        time, subject, code, modifiers = float(event[0]), str(event[1]), str(event[2]), str(event[3])
        if not math.isfinite(time) or time < 0:
            problems.append(
                Problem(
                    path, None, f"observation {name!r} has an event of {code} at {time} s. It was left out."
                )
            )
            continue
        place = 0
        while place + 1 < len(files) and time > lengths[place]:
            time -= lengths[place]
            place += 1
        if math.isnan(time) or (len(files) > 1 and any(math.isnan(value) for value in lengths)):
            raise ValueError("the lengths of its videos are not known")
        key = (subject, code, modifiers)
        if kinds.get(code, False):
            what = POINT
        elif key in open_:
            what = STOP
            open_.discard(key)
        else:
            what = START
            open_.add(key)
        out.append(Event(None, name, files[place], subject or None, code, modifiers, what, time))
    return out
