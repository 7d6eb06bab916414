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
from actiondiff_gui.project.formats.writers.bouts import comment_of, events_of, modifier, offset_of
from actiondiff_gui.project.formats.writers.clip_table import written_path
from actiondiff_gui.project.formats.writers.named_bout import NamedBout, Told
from actiondiff_gui.project.records import Action

VERSION = "7.0"
"""Of the project format, since BORIS 7.5."""
PLAYERS = 8
STATE, POINT = "State event", "Point event"
AS_POINT = " (point)"
"""Is put behind an action that has bouts and events without a duration: in BORIS a behaviour is one or the other."""
NO_MODIFIER = "None"
"""BORIS's own word where a behaviour has modifiers and an event none."""


def write_boris_project(
    recordings: Sequence[Told],
    actions: Sequence[str],
    path: str | os.PathLike[str],
    description: str = "",
    ethogram: Sequence[Action] = (),
    subjects: Sequence[tuple[str, str]] = (),
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
    ethogram : sequence of Action
        Keys, kinds, categories, modifiers and exclusions of behaviours, as far as they are known.
    subjects : sequence of (str, str)
        Names and keys of subjects besides those that bouts have.

    Raises
    ------
    OutputError
        Nothing may be written there.
    ProjectError
        The disk refuses.
    """
    out = output(path)
    kinds = _Kinds(recordings, actions, ethogram)
    made = {
        "time_format": "hh:mm:ss",
        "project_date": datetime.now().isoformat(timespec="seconds"),
        "project_name": out.name.split(".")[0],
        "project_description": description,
        "project_format_version": VERSION,
        "subjects_conf": _subjects(recordings, subjects),
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

    def __init__(
        self, recordings: Sequence[Told], actions: Sequence[str], ethogram: Sequence[Action] = ()
    ) -> None:
        self.known = {action.name: action for action in ethogram}
        bouts = [bout for told in recordings for bout in told.bouts]
        states = {bout.action for bout in bouts if not bout.point}
        dots = {bout.action for bout in bouts if bout.point}
        self.both = states & dots
        self.types: dict[str, str] = {}
        for action in dict.fromkeys([*actions, *(bout.action for bout in bouts)]):
            point = action in dots or (action in self.known and self.known[action].point)
            self.types[action] = POINT if point and action not in states else STATE
        self.types |= {action + AS_POINT: POINT for action in self.types if action in self.both}
        self.categories: dict[str, str] = {}
        self.modifiers: dict[str, list[dict[str, None]]] = {}
        for known in ethogram:
            self.categories[known.name] = known.category
            self.modifiers[known.name] = [
                dict.fromkeys(modifier(value) for value in each.values) for each in known.modifiers
            ]
        for bout in bouts:
            code = self.code(bout)
            self.categories[code] = self.categories.get(code) or bout.facets.get(CATEGORY, "")
            sets = self.modifiers.setdefault(code, [])
            for n, value in enumerate(bout.modifiers):
                if n == len(sets):
                    sets.append({})
                for each in self._parts(code, n, value):
                    sets[n].setdefault(modifier(each))

    def _parts(self, code: str, place: int, value: str) -> list[str]:
        """Return the choices that a modifier of several stands for; a number is no choice."""
        kind = self._kind(code, place)
        if not value or kind == "number":
            return []
        return value.split(",") if kind == "multiple" else [value]

    def _kind(self, code: str, place: int) -> str:
        known = self.known.get(code.removesuffix(AS_POINT))
        return known.modifiers[place].kind if known is not None and place < len(known.modifiers) else "single"

    def _excluded(self, code: str) -> str:
        group = self.known[code].group if code in self.known else ""
        return ",".join(a.name for a in self.known.values() if group and a.group == group and a.name != code)

    def code(self, bout: NamedBout) -> str:
        """Return the behaviour that a bout is coded as."""
        return bout.action + AS_POINT if bout.point and bout.action in self.both else bout.action

    def modified(self, bout: NamedBout) -> str:
        """Return modifiers as an event has them: one for each set of its behaviour."""
        values = [*bout.modifiers, *[""] * len(self.modifiers[self.code(bout)])]
        return "|".join(modifier(v) or NO_MODIFIER for v in values[: len(self.modifiers[self.code(bout)])])

    def _name(self, code: str, place: int) -> str:
        known = self.known.get(code.removesuffix(AS_POINT))
        return known.modifiers[place].name if known is not None and place < len(known.modifiers) else ""

    def behaviours(self) -> dict[str, dict[str, Any]]:
        """Return the ethogram, with a keyboard key for each behaviour as long as there are any."""
        own = {code: boris_key(action.key) for code, action in self.known.items() if boris_key(action.key)}
        free = [c for c in ascii_lowercase + digits if c not in own.values()]
        out = {}
        for number, (code, kind) in enumerate(self.types.items()):
            key = own.get(code) or next((c for c in [*code.casefold(), *free] if c in free), "")
            if key in free:
                free.remove(key)
            sets = {
                str(n): {
                    "name": self._name(code, n),
                    "description": "",
                    "type": _MODIFIER_TYPES[self._kind(code, n)],
                    "ask at stop": False,
                    "values": list(values),
                }
                for n, values in enumerate(self.modifiers.get(code, []))
            }
            out[str(number)] = {
                "type": kind,
                "key": key,
                "code": code,
                "description": self.known[code].description if code in self.known else "",
                "color": self.known[code].colour if code in self.known else "",
                "category": self.categories.get(code, ""),
                "modifiers": sets,
                "excluded": self._excluded(code),
                "coding map": "",
            }
        return out


_MODIFIER_TYPES = {"single": 0, "multiple": 1, "number": 2}


def boris_key(key: str) -> str:
    """Return a key, as Qt writes it, as BORIS does: ``a``, or ``A`` for Shift+A; "" for one that BORIS cannot have."""
    plain = key.removeprefix("Shift+")
    if len(plain) != 1:
        return plain if plain.startswith("F") and plain[1:].isdigit() and plain == key else ""
    return plain.upper() if plain != key else plain.lower()


def _subjects(
    recordings: Sequence[Told], listed: Sequence[tuple[str, str]] = ()
) -> dict[str, dict[str, Any]]:
    keys = dict(listed)
    shown = (bout.subject for told in recordings for bout in told.bouts if bout.subject)
    names = dict.fromkeys([*keys, *shown])
    return {
        str(n): {"key": boris_key(keys.get(name, "")), "name": name, "description": ""}
        for n, name in enumerate(names)
    }


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
