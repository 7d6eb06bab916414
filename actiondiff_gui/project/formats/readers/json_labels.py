"""Readers of the JSON files of JABS, FERAL and VIA 3."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.imports.facet_names import bout_facet
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.contents import (
    COMMENT,
    FERAL,
    JABS,
    NAMES,
    VIA,
    ForeignTable,
    Stretch,
)
from actiondiff_gui.project.formats.readers.json_file import read_json
from actiondiff_gui.project.formats.readers.reader import Options, Peek, Reader
from actiondiff_gui.project.formats.tables.runs import runs, without_nothing

_SUBJECTS = ("subject", "individual", "animal", "identity", "id", "who", "person")
_BEHAVIOURS = ("behaviour", "behavior", "action", "activity", "label", "event")


def read_jabs(path: Path, made: Any, options: Options) -> ForeignTable:
    """Labels of JABS: behaviours shown and not shown by each identity, and annotations; both ends are in the bout."""
    video = options.video or made["file"].strip()
    stretches = []
    whole = made.get("unfragmented_labels") or made["labels"]
    for identity, behaviours in whole.items():
        for behaviour, blocks in behaviours.items():
            for block in blocks:
                value = 1 if _truth(block.get("present", True)) else -1
                stretches.append(_frames(video, behaviour, block, str(identity), value=value))
    for note in made.get("annotations") or []:
        who = note.get("identity")
        comment = str(note.get("description") or "")
        facets = {COMMENT: comment} if comment else {}
        stretches.append(_frames(video, note["tag"], note, None if who is None else str(who), facets))
    table = _table(path, JABS, stretches, [video])
    return replace(table, rows={video: _whole(made["num_frames"])})


def _frames(
    video: str,
    behaviour: Any,
    block: dict[str, Any],
    who: str | None,
    facets: dict[str, Any] | None = None,
    value: int = 1,
) -> Stretch:
    start, end = _whole(block["start"]), _whole(block["end"]) + 1
    return Stretch(None, video, str(behaviour), start, end, "frames", who, facets=facets or {}, value=value)


def _whole(value: Any) -> int:
    """Return a whole number, also one that is written as 3.0 or as text; raises ValueError for anything else."""
    number = int(value)
    if isinstance(value, bool) or number != float(value):
        raise ValueError(value)
    return number


def _truth(value: Any) -> bool:
    """Return what true and false, or 1 and 0, say; raises ValueError for anything else."""
    if value not in (0, 1):
        raise ValueError(value)
    return bool(value)


def read_feral(path: Path, made: Any, options: Options) -> ForeignTable:
    """Labels of FERAL: a class for each frame, or a 0 or 1 for each class; probabilities are refused."""
    named = made["class_names"]
    pairs = enumerate(named) if isinstance(named, list) else named.items()
    names = {int(number): str(name) for number, name in pairs}
    stretches: list[Stretch] = []
    problems = ProblemList()
    rows = {}
    for video, frames in made["labels"].items():
        rows[video] = len(frames)
        several = bool(frames) and isinstance(frames[0], list)
        if not several:
            frames = [_whole(c) for c in frames]
        known = set(range(len(frames[0]))) if several else set(frames)
        for number in sorted(known - set(names)):
            reason = f"class {number} of {video} has no name in class_names. Its frames were left out."
            problems.append(Problem(path, None, reason))
        for number, name in names.items():
            shown = (_truth(row[number]) for row in frames) if several else (c == number for c in frames)
            for on, start, end in runs(shown):
                if on:
                    stretches.append(Stretch(None, video, name, start, end, "frames"))
    notes = ProblemList()
    kept = without_nothing(stretches, path, notes)
    behaviours = [name for name in names.values() if any(s.behaviour == name for s in kept)]
    table = _table(path, FERAL, list(kept), list(made["labels"]), notes, behaviours, problems)
    numbers = {video: (0, count - 1) for video, count in rows.items() if count}
    return replace(table, rows=rows, numbers=numbers)


def read_via(path: Path, made: Any, options: Options) -> ForeignTable:
    """Temporal segments of VIA 3: an attribute named like a behaviour, or the first, is the behaviour, others are facets."""
    files = {str(fid): _written(str(file.get("fname") or file["src"])) for fid, file in made["file"].items()}
    views = {str(vid): [files[str(fid)] for fid in view["fid_list"]] for vid, view in made["view"].items()}
    attributes = {str(aid): attribute for aid, attribute in made["attribute"].items()}
    problems, notes, stretches = ProblemList(), ProblemList(), []
    untimed = 0
    for name, entry in made["metadata"].items():
        times = [float(time) for time in entry.get("z") or []]
        if not times or (entry.get("xy") and len(times) == 1):
            untimed += 1
            continue
        said = {
            aid: texts
            for aid, value in (entry.get("av") or {}).items()
            if (texts := _values(attributes[aid], value))
        }
        by_name = {str(attributes[aid]["aname"]).strip().casefold(): aid for aid in said}
        what = next((by_name[n] for n in _BEHAVIOURS if n in by_name), None)
        who = next((by_name[n] for n in _SUBJECTS if n in by_name), None)
        what = what or next((aid for aid in said if aid != who), None)
        if what is None or not all(map(math.isfinite, times)) or times[0] < 0 or times[-1] < times[0]:
            reason = f"segment {name} at {times[0]:g} s names no behaviour or no time in the video. It was left out."
            problems.append(Problem(path, None, reason))
            continue
        facets = {
            bout_facet(str(attributes[aid]["aname"]), "VIA"): ", ".join(texts)
            for aid, texts in said.items()
            if aid not in (what, who)
        }
        for behaviour in said[what]:
            video = views[str(entry["vid"])][0]
            stretches.append(
                Stretch(
                    None,
                    video,
                    behaviour,
                    times[0],
                    times[-1],
                    "seconds",
                    ", ".join(said[who]) if who else None,
                    len(times) == 1 or times[0] == times[-1],
                    facets,
                )
            )
    if untimed:
        notes.append(
            Problem(
                path, None, f"{untimed} regions or remarks without a begin and an end in time were not read."
            )
        )
    return _table(path, VIA, stretches, list(dict.fromkeys(files.values())), notes, problems=problems)


def _written(name: str) -> str:
    """Return the path of a file that VIA may know by its address."""
    return unquote(urlsplit(name).path) if "://" in name else name


def _values(attribute: dict[str, Any], value: Any) -> list[str]:
    """Return the chosen options of an attribute, as texts: several where several boxes are ticked."""
    options = attribute.get("options") or {}
    chosen = [part.strip() for part in str(value).split(",")] if options else [str(value)]
    texts = [" ".join(str(options.get(part, part)).split()) for part in chosen]
    return [text for text in texts if text]


def _table(
    path: Path,
    kind: str,
    stretches: list[Stretch],
    videos: list[str],
    notes: ProblemList | None = None,
    behaviours: list[str] | None = None,
    problems: ProblemList | None = None,
) -> ForeignTable:
    return ForeignTable(
        path,
        kind,
        tuple(stretches),
        tuple(behaviours or dict.fromkeys(s.behaviour for s in stretches)),
        tuple(videos),
        problems=(problems or ProblemList()).sealed(),
        notes=(notes or ProblemList()).sealed(),
    )


def _reader(kind: str, keys: tuple[str, ...], read: Callable[[Path, Any, Options], ForeignTable]) -> Reader:
    """Return a reader of JSON files whose object has these keys."""

    def fits(peek: Peek) -> bool:
        return isinstance(peek.json, dict) and all(key in peek.json for key in keys)

    def guarded(path: Path, options: Options) -> ForeignTable:
        made = read_json(path, f"a file of {NAMES[kind].split()[0]}")
        try:
            return read(path, made, options)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
            version = made.get("version") if isinstance(made, dict) else None
            of = f" in its version {version}" if isinstance(version, int | str) else ""
            what = f"{error} is missing" if isinstance(error, KeyError) else "its parts have another form"
            raise ProjectError(
                f"{path} is not as {NAMES[kind].split()[0]} writes it{of}: {what}. Save it there again, or choose another format."
            ) from None

    return Reader(kind, fits, guarded)


READERS = (
    _reader(JABS, ("file", "num_frames", "labels"), read_jabs),
    _reader(FERAL, ("class_names", "labels"), read_feral),
    _reader(VIA, ("metadata", "attribute", "view", "file"), read_via),
)
