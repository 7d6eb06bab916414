"""Writer of BORIS project files (.boris), which BORIS opens, corrects and exports."""

import gzip
import json
import math
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from string import ascii_lowercase, digits
from typing import Any

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.outputs import output
from actiondiff_gui.project.formats.readers.contents import CATEGORY, OFFSET
from actiondiff_gui.project.formats.writers.bouts import comment_of, events_of, offset_of
from actiondiff_gui.project.formats.writers.clip_table import written_path
from actiondiff_gui.project.formats.writers.named_bout import NamedBout, Told

VERSION = "7.0"
"""Of the project format, since BORIS 7.5."""
PLAYERS = 8
STATE, POINT = "State event", "Point event"
AS_POINT = " (point)"
"""Is put behind an action that has bouts and events without a duration: in BORIS a behaviour is one or the other."""
NO_MODIFIER = "None"
"""BORIS's own word where a behaviour has modifiers and an event none."""


def write_boris_project(
    recordings: Sequence[Told], actions: Sequence[str], path: str | os.PathLike[str], description: str = ""
) -> Path:
    """Write a project with an observation for each recording; packed where the name ends with ``.gz``.

    Parameters
    ----------
    recordings : sequence of Told
    actions : sequence of str
        All become behaviours, also those without a bout, so that predictions can be corrected to any of them.
    path : Path
        Media are named by their path from its folder where they lie in it.
    description : str
        Of the project.

    Raises
    ------
    OutputError
        Nothing may be written there.
    ProjectError
        The disk refuses.
    """
    out = output(path)
    kinds = _Kinds(recordings, actions)
    made = {
        "time_format": "hh:mm:ss",
        "project_date": datetime.now().isoformat(timespec="seconds"),
        "project_name": out.name.split(".")[0],
        "project_description": description,
        "project_format_version": VERSION,
        "subjects_conf": _subjects(recordings),
        "behaviors_conf": kinds.behaviours(),
        "observations": {told.name: _observation(told, kinds, out.parent) for told in recordings},
        "behavioral_categories": sorted({category for category in kinds.categories.values() if category}),
        "behavioral_categories_config": {},
        "independent_variables": _variables(recordings),
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }
    data = json.dumps(made, ensure_ascii=True, indent=1).encode()
    try:
        with out.written() as part:
            part.write_bytes(gzip.compress(data) if out.name.casefold().endswith(".gz") else data)
    except OSError as error:
        raise ProjectError(
            f"The BORIS project {out} cannot be written: {error.strerror or error}. Check that its folder exists and may be "
            "written to."
        ) from error
    return out.path


class _Kinds:
    """What BORIS knows of each behaviour: state or point, its category and its sets of modifiers."""

    def __init__(self, recordings: Sequence[Told], actions: Sequence[str]) -> None:
        bouts = [bout for told in recordings for bout in told.bouts]
        states = {bout.action for bout in bouts if not bout.point}
        dots = {bout.action for bout in bouts if bout.point}
        self.both = states & dots
        self.types: dict[str, str] = {}
        for action in dict.fromkeys([*actions, *(bout.action for bout in bouts)]):
            self.types[action] = POINT if action in dots - states else STATE
        self.types |= {action + AS_POINT: POINT for action in self.types if action in self.both}
        self.categories: dict[str, str] = {}
        self.modifiers: dict[str, list[dict[str, None]]] = {}
        for bout in bouts:
            code = self.code(bout)
            self.categories[code] = self.categories.get(code) or bout.facets.get(CATEGORY, "")
            sets = self.modifiers.setdefault(code, [])
            for n, value in enumerate(bout.modifiers):
                if n == len(sets):
                    sets.append({})
                if value:
                    sets[n].setdefault(_modifier(value))

    def code(self, bout: NamedBout) -> str:
        """Return the behaviour that a bout is coded as."""
        return bout.action + AS_POINT if bout.point and bout.action in self.both else bout.action

    def modified(self, bout: NamedBout) -> str:
        """Return modifiers as an event has them: one for each set of its behaviour."""
        values = [*bout.modifiers, *[""] * len(self.modifiers[self.code(bout)])]
        return "|".join(_modifier(v) or NO_MODIFIER for v in values[: len(self.modifiers[self.code(bout)])])

    def behaviours(self) -> dict[str, dict[str, Any]]:
        """Return the ethogram, with a keyboard key for each behaviour as long as there are any."""
        free = list(ascii_lowercase + digits)
        out = {}
        for number, (code, kind) in enumerate(self.types.items()):
            key = next((c for c in [*code.casefold(), *free] if c in free), "")
            if key:
                free.remove(key)
            sets = {
                str(n): {
                    "name": "",
                    "description": "",
                    "type": 0,
                    "ask at stop": False,
                    "values": list(values),
                }
                for n, values in enumerate(self.modifiers.get(code, []))
            }
            out[str(number)] = {
                "type": kind,
                "key": key,
                "code": code,
                "description": "",
                "color": "",
                "category": self.categories.get(code, ""),
                "modifiers": sets,
                "excluded": "",
                "coding map": "",
            }
        return out


def _modifier(value: str) -> str:
    """Return a modifier without the sign that BORIS separates modifiers by."""
    return value.replace("|", "/").strip()


def _subjects(recordings: Sequence[Told]) -> dict[str, dict[str, Any]]:
    names = dict.fromkeys(bout.subject for told in recordings for bout in told.bouts if bout.subject)
    return {str(n): {"key": "", "name": name, "description": ""} for n, name in enumerate(names)}


def _variables(recordings: Sequence[Told]) -> dict[str, dict[str, Any]]:
    names = sorted({key for told in recordings for key in told.facets} - {OFFSET})
    return {
        str(n): {"label": name, "description": "", "type": "text", "default value": "", "possible values": ""}
        for n, name in enumerate(names)
    }


def _observation(recording: Told, kinds: _Kinds, folder: Path) -> dict[str, Any]:
    media = written_path(recording.video.path, folder)
    offset = offset_of(recording)
    seconds = recording.times.seconds
    events = [
        [
            round(recording.times.milliseconds(at) / 1000 + offset, 3),
            bout.subject or "",
            kinds.code(bout),
            kinds.modified(bout),
            comment_of(bout, what),
            at,
        ]
        for at, what, bout in events_of(recording.bouts)
    ]
    length = math.ceil(round(seconds(recording.times.count) * 1000, 6)) / 1000  # no event lies behind it
    return {
        "file": {str(n + 1): [media] if n == 0 else [] for n in range(PLAYERS)},
        "type": "MEDIA",
        "date": datetime.now().isoformat(timespec="milliseconds"),
        "description": "",
        "time offset": offset,
        "events": events,
        "observation time interval": [0, 0],
        "independent_variables": {k: v for k, v in recording.facets.items() if k != OFFSET},
        "media_info": {
            "length": {media: length},
            "fps": {media: recording.video.fps},
            "hasVideo": {media: True},
            "hasAudio": {media: False},
            "offset": {"1": 0.0},
        },
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "media_creation_date_as_offset": False,
        "media_scan_sampling_duration": 0,
        "image_display_duration": 1,
        "close_behaviors_between_videos": False,
        "plot_data": {},
    }
