"""Writer of ELAN files (.eaf): a tier for each action and subject, with referring tiers for remarks."""

import mimetypes
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from actiondiff_gui.project.formats.readers.contents import EVENT, POINT_EVENT
from actiondiff_gui.project.formats.writers.clip_table import written_path
from actiondiff_gui.project.formats.writers.named_bout import NamedBout, Told, write_text

REMARK = "Remark"
"""Type of the tiers that refer to annotations, one remark for each."""


def tier_of(action: str, subject: str | None) -> str:
    """Return the name of the tier of an action and subject."""
    return f"{action} ({subject})" if subject else action


def remarks_tier(key: str, tier: str) -> str:
    """Return the name of the tier that holds a facet of the annotations of ``tier``, in ELAN's own way of naming such tiers."""
    return f"{key}@{tier}"


def write_elan(recording: Told, path: str | os.PathLike[str]) -> Path:
    """Write the bouts of one recording.

    An annotation's value is the action, its tier's participant the subject. Facets of bouts stand in tiers that refer
    to it. Events without a duration last one frame there, and the facet ``event`` tells them.
    """
    from pympi import Eaf

    eaf = Eaf(author="")
    eaf.remove_tier("default")
    video = recording.video.path
    kind = mimetypes.guess_type(video.name)[0] or "video/*"
    beside = Path(written_path(video, Path(path).absolute().parent))
    near = None if beside.is_absolute() else f"./{beside.as_posix().removeprefix('./')}"
    eaf.add_linked_file(video.as_uri(), relpath=near, mimetype=kind)
    eaf.add_linguistic_type(REMARK, "Symbolic_Association", timealignable=False)
    tiers: dict[tuple[str, str | None, bool], str] = {}
    taken: dict[str, str] = {}
    for bout in recording.bouts:
        # What overlaps may not share a tier, and a point may lie in a bout of its own action.
        index = (bout.action, bout.subject, bout.point)
        if index not in tiers:
            tiers[index] = _free(tier_of(bout.action, bout.subject), eaf.tiers)
            eaf.add_tier(tiers[index], part=_plain(bout.subject or "") or None)
        tier = tiers[index]
        begin = recording.times.milliseconds(bout.start)
        end = max(begin + 1, recording.times.milliseconds(bout.end))
        eaf.add_annotation(tier, begin, end, _plain(bout.action))
        annotation = f"a{eaf.maxaid}"
        for key, value in _remarks(bout).items():
            name = remarks_tier(key, tier)
            if name not in taken:
                taken[name] = _free(name, eaf.tiers)
                eaf.add_tier(taken[name], REMARK, parent=tier)
            remark = eaf.generate_annotation_id()
            eaf.annotations[remark] = taken[name]
            eaf.tiers[taken[name]][1][remark] = (annotation, _plain(value), None, None)
    return write_text(path, _text(eaf))


def _remarks(bout: NamedBout) -> Mapping[str, str]:
    facets = {key: value for key, value in bout.facets.items() if key != EVENT}
    return {**facets, EVENT: POINT_EVENT} if bout.point else facets


def _free(name: str, taken: Mapping[str, object]) -> str:
    name, number = _plain(name), 1
    free = name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free


def _plain(text: str) -> str:
    """Text without the signs that XML cannot hold."""
    return "".join(c if c.isprintable() else " " for c in text)


def _text(eaf: Any) -> str:
    from pympi.Elan import to_string

    written: str = to_string(eaf, encoding="unicode")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + written
