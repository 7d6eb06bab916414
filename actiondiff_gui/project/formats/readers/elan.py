"""Reader of ELAN files (.eaf).

An annotation is a bout. Its value is the behaviour, or its tier's name where it has no value; the tier's participant is the
subject, and a tier of another name than its behaviour is kept as a facet. Annotations of tiers that refer to it become facets of their own.
"""

import contextlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.project.formats.imports.facet_names import bout_facet
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.contents import ELAN, EVENT, POINT_EVENT, ForeignTable, Stretch
from actiondiff_gui.project.formats.readers.reader import Options, Reader, Unsaid
from actiondiff_gui.project.formats.writers.elan import tier_of

TIER = "tier"


def read_elan(path: Path, options: Options) -> ForeignTable:
    """Read the time-aligned tiers.

    Raises
    ------
    ProjectError
        The file is none of ELAN's, or names no video and none is given.
    """
    from pympi import Eaf

    try:
        regular_file(path, ProjectError, "a file of ELAN")
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror or error}.") from error
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            eaf = Eaf(str(path))
        media = eaf.media_descriptors
        tiers = {name: eaf.get_parameters_for_tier(name) for name in eaf.get_tier_names()}
        slots, between = dict(eaf.timeslots), 0
        for name in tiers:
            between += _set_between(eaf.tiers[name][0].values(), slots)
        more = _remarks(eaf)
    except Exception as error:  # pympi raises whatever the XML makes it stumble over
        what = (
            f"{error} is missing"
            if isinstance(error, KeyError)
            else "its XML is damaged, cut off or of another form"
        )
        raise ProjectError(f"{path} is not as ELAN writes it: {what}. Open and save it in ELAN.") from error
    video, origin = _video(media)
    video = options.video or video
    if not video:
        raise Unsaid(
            f"{path} of ELAN is linked to no video. Say which one it is about (--video NAME).", "video"
        )
    problems, notes, stretches = ProblemList(), ProblemList(), []
    if between:
        reason = f"{between:,} times are not set in ELAN. The stretch around them was divided evenly, as ELAN shows it."
        notes.append(Problem(path, None, reason))
    for name, parameters in tiers.items():
        subject = parameters.get("PARTICIPANT") or None
        for annotation, (first, last, value, *_) in eaf.tiers[name][0].items():
            behaviour = " ".join((value or "").split()) or name
            begin, end = slots.get(first), slots.get(last)
            if begin is None or end is None or not -origin <= begin <= end:
                reason = f"tier {name!r}: {behaviour} from {begin} to {end} ms does not lie in the video. It was left out."
                problems.append(Problem(path, None, reason))
                continue
            # A tier that is named after its only behaviour, as those that are written here, says nothing more.
            facets = {} if name in (behaviour, tier_of(behaviour, subject)) else {TIER: name}
            facets |= {key: " / ".join(values) for key, values in more.get(annotation, {}).items()}
            start, stop = (begin + origin) / 1000, (end + origin) / 1000
            stretches.append(
                Stretch(None, video, behaviour, start, stop, "seconds", subject, begin == end, facets)
            )
    return ForeignTable(
        path,
        ELAN,
        tuple(sorted(stretches, key=lambda s: s.start)),
        tuple(dict.fromkeys(s.behaviour for s in stretches)),
        (video,),
        problems=problems.sealed(),
        notes=notes.sealed(),
    )


def _set_between(annotations: Iterable[tuple[Any, ...]], slots: dict[str, int | None]) -> int:
    """Give times to the slots of a tier that have none, evenly between those that have; returns how many."""
    waiting: list[str] = []
    start, found = 0, 0
    for first, last, *_ in annotations:
        begin, end = slots.get(first), slots.get(last)
        if not waiting and begin is not None:
            start = begin
        if end is None:
            waiting.append(last)
        elif waiting:
            step = (end - start) / (len(waiting) + 1)
            slots |= {slot: round(start + n * step) for n, slot in enumerate(waiting, 1)}
            found, waiting = found + len(waiting), []
    return found


def _remarks(eaf: Any) -> dict[str, dict[str, list[str]]]:
    """For each annotation with times, by its id, what annotations say that refer to it, or to one that does."""
    refers = {aid: ref for tier in eaf.tiers.values() for aid, (ref, *_) in tier[1].items()}
    out: dict[str, dict[str, list[str]]] = {}
    for name, (_, remarks, parameters, *_) in eaf.tiers.items():
        for aid, (_, value, *_) in remarks.items():
            root, seen = aid, set()
            while root in refers and root not in seen:
                seen.add(root)
                root = refers[root]
            text = " ".join((value or "").split())
            if text:
                key = _remark(name.removesuffix(f"@{parameters.get('PARENT_REF', '')}"), text)
                out.setdefault(root, {}).setdefault(key, []).append(text)
    return out


def _remark(name: str, value: str) -> str:
    """Return the facet for a remark; the mark that is written here for an event without a duration becomes one again."""
    return EVENT if (name, value) == (EVENT, POINT_EVENT) else bout_facet(name, "ELAN")


def _video(media: list[dict[str, str]]) -> tuple[str, int]:
    """Path of the first video that is linked, and milliseconds of it that lie before ELAN's time 0."""
    films = [m for m in media if m.get("MIME_TYPE", "").startswith("video")] or media
    if not films:
        return "", 0
    url = films[0].get("RELATIVE_MEDIA_URL") or films[0].get("MEDIA_URL") or ""
    written = unquote(urlsplit(url).path) if "://" in url else unquote(url.removeprefix("file:"))
    return written, int(films[0].get("TIME_ORIGIN") or 0)


READER = Reader(ELAN, lambda peek: peek.xml_root == "ANNOTATION_DOCUMENT", read_elan)
