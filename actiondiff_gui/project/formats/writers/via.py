"""Writer of VIA 3 projects (.json): a temporal segment for each bout."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actiondiff_gui.project.formats.readers.contents import EVENT
from actiondiff_gui.project.formats.writers.clip_table import written_path
from actiondiff_gui.project.formats.writers.named_bout import NamedBout, Told, write_text

SEGMENT = "FILE1_Z2_XY0"
"""VIA's word for what an attribute belongs to: one file, two times, no region."""
TEXT, SELECT = 1, 4
VIDEO, LOCAL = 4, 1
BEHAVIOUR, SUBJECT = "behaviour", "subject"


def write_via(recordings: Sequence[Told], actions: Sequence[str], path: str | os.PathLike[str]) -> Path:
    """Write all recordings to one project.

    The action is an attribute with all actions as its options; subject and facets of bouts are attributes of text.
    A segment without a length is an event without a duration. VIA asks for videos by the names of their files.
    """
    bouts = [bout for told in recordings for bout in told.bouts]
    options = {
        action: str(n) for n, action in enumerate(dict.fromkeys([*actions, *(b.action for b in bouts)]))
    }
    named = [SUBJECT] if any(bout.subject for bout in bouts) else []
    named += sorted({key for bout in bouts for key in bout.facets} - {EVENT})
    ids = {name: str(n) for n, name in enumerate(named, 2)}
    attributes = {"1": _attribute(BEHAVIOUR, SELECT, {n: action for action, n in options.items()})}
    attributes |= {n: _attribute(name, TEXT, {}) for name, n in ids.items()}
    files: dict[str, dict[str, Any]] = {}
    metadata: dict[str, dict[str, Any]] = {}
    for number, recording in enumerate(recordings, 1):
        view = str(number)
        name = _file_name(recording, recordings, Path(path).absolute().parent)
        files[view] = {"fid": view, "fname": name, "type": VIDEO, "loc": LOCAL, "src": ""}
        for bout in recording.bouts:
            metadata[f"{view}_{len(metadata):08d}"] = _segment(recording, bout, view, options, ids)
    made = {
        "project": {
            "pid": "__VIA_PROJECT_ID__",
            "rev": "__VIA_PROJECT_REV_ID__",
            "rev_timestamp": "__VIA_PROJECT_REV_TIMESTAMP__",
            "pname": Path(path).stem,
            "creator": "ActionDiff GUI",
            "created": int(1000 * datetime.now(UTC).timestamp()),
            "data_format_version": "3.1.1",
            "vid_list": list(files),
        },
        "config": {
            "file": {"loc_prefix": {"1": "", "2": "", "3": "", "4": ""}},
            "ui": {
                "file_content_align": "center",
                "file_metadata_editor_visible": True,
                "spatial_metadata_editor_visible": False,
                "temporal_segment_metadata_editor_visible": True,
                "spatial_region_label_attribute_id": "",
                "gtimeline_visible_row_count": "4",
            },
        },
        "attribute": attributes,
        "file": files,
        "metadata": metadata,
        "view": {view: {"fid_list": [view]} for view in files},
    }
    return write_text(path, json.dumps(made, ensure_ascii=False))


def _attribute(name: str, kind: int, options: dict[str, str]) -> dict[str, Any]:
    return {
        "aname": name,
        "anchor_id": SEGMENT,
        "type": kind,
        "desc": "",
        "options": options,
        "default_option_id": "",
    }


def _segment(
    recording: Told, bout: NamedBout, view: str, options: dict[str, str], ids: dict[str, str]
) -> dict[str, Any]:
    start, end = (round(recording.times.seconds(at), 6) for at in (bout.start, bout.end))
    said = {**bout.facets, SUBJECT: bout.subject} if bout.subject else bout.facets
    values = {ids[key]: value for key, value in said.items() if key in ids}
    return {
        "vid": view,
        "flg": 0,
        "z": [start, start if bout.point else end],
        "xy": [],
        "av": {"1": options[bout.action], **values},
    }


def _file_name(recording: Told, recordings: Sequence[Told], folder: Path) -> str:
    """Return the name of a video's file; with folders where another one has it."""
    name = recording.video.path.name
    same = [told for told in recordings if told.video.path.name.casefold() == name.casefold()]
    return name if len(same) == 1 else written_path(recording.video.path, folder)
