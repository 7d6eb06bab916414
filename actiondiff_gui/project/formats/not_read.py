"""Forms of known tools' files that are not read, each with a sentence about that tool.

They are recognised by marks that hold in every language of the tool, such as the endings of The Observer's columns.
"""

import re
from collections.abc import Sequence

from actiondiff_gui.project.formats.readers.contents import NAMES, VIA
from actiondiff_gui.project.formats.readers.reader import Peek

_JABS = {"num_frames", "unfragmented_labels", "external_identities", "track_labels", "identity_names"}
_VIA_3 = ("project", "config", "attribute", "file", "metadata", "view")
_JSON_MARKS = {
    "behaviors_conf": "BORIS",
    "_via_": "VIA 2",
    "anchor_id": "VIA 3",
    "vid_list": "VIA 3",
    "num_frames": "JABS",
    "unfragmented_labels": "JABS",
    "class_names": "FERAL",
}
_BORIS = (".boris", ".gz")
_OBSERVER = re.compile(r".+_(dmy|mdy|ymd|hmsf?|sf)(_hmsf?)?")
"""Columns of dates and times end with their form, whatever the language."""
_ETHOVISION_TIMES = {"recording time", "trial time", "aufnahmezeit", "versuchszeit"}


def said_of_document(peek: Peek) -> str | None:
    """Return a sentence about a file that is no table, and is in no form that is read; None for others."""
    for told in (_elan, _bento, _packed, _damaged_json, _json):
        sentence = told(peek)
        if sentence is not None:
            return f"{peek.path} {sentence}"
    return None


def said_of_table(peek: Peek) -> str | None:
    """Return a sentence about a table of a known tool that no reader of that tool took; None for others."""
    for told in (_via_table, _observer, _ethovision, _boris):
        sentence = told(peek)
        if sentence is not None:
            return f"{peek.path} {sentence}"
    return None


def said_of_positions(peek: Peek) -> str | None:
    """Return a sentence about a table of poses without behaviours; None for others."""
    header = peek.header(_positions, within=3)
    if header is None:
        return None
    return (
        f"{peek.path} holds positions of body parts, as DeepLabCut and SimBA write them, and no column of 0 and 1 for a behaviour. "
        "Choose SimBA's table in the folder targets_inserted, or the labels of another tool."
    )


def _positions(names: Sequence[str]) -> bool:
    return names[0] == "bodyparts" or (
        any(name.endswith("_x") for name in names) and any(name.endswith("_y") for name in names)
    )


# Files that are no tables


def _elan(peek: Peek) -> str | None:
    if peek.suffix == ".etf":
        return (
            "is a template of ELAN, which holds no annotations. Choose the .eaf file that was made with it."
        )
    if peek.suffix == ".eaf" and peek.text.strip("\0 \n\r\t") and peek.xml_root != "ANNOTATION_DOCUMENT":
        return (
            "is called .eaf, but it is not as ELAN writes it: it begins with no ANNOTATION_DOCUMENT. Open the annotations in ELAN and "
            "save them again."
        )
    return None


def _bento(peek: Peek) -> str | None:
    first = peek.text.lstrip().casefold()
    if peek.suffix == ".annot" and first and not first.startswith(("bento annotation", "caltech behavior")):
        return (
            "is called .annot, but it is not as Bento writes it: its first line is not 'Bento annotation file'. Save the "
            "annotations in Bento again."
        )
    return None


def _packed(peek: Peek) -> str | None:
    if peek.suffix == ".opf" and peek.head.startswith(b"PK"):
        return "is a project of Datavyu. Open it in Datavyu and export its columns as CSV."
    if peek.head.startswith(b"\x89HDF\r\n\x1a\n") and peek.suffix != ".nwb":
        return (
            "is an HDF5 file, of which only NWB (called .nwb) is read. Of results of keypoint-MoSeq or VAME choose the tables "
            "(.csv) or the arrays of motifs (.npy)."
        )
    return None


def _damaged_json(peek: Peek) -> str | None:
    if peek.json is not None or not peek.text.lstrip().startswith(("{", "[")) or peek.suffix in _BORIS:
        return None
    tool = next((tool for mark, tool in _JSON_MARKS.items() if f'"{mark}' in peek.text), "")
    of = f" of {tool}" if tool else ""
    return f"is JSON{of} that is damaged or cut off. Copy it again, or save it again in {tool or 'its tool'}."


def _json(peek: Peek) -> str | None:
    made = peek.json
    if not isinstance(made, dict) or "behaviors_conf" in made:
        return None
    if any(str(key).startswith("_via_") for key in made) or _is_image_list(made):
        return (
            "is of VIA 2 or older, which annotates pictures and knows no times. Annotate the video with VIA 3 (for audio and video) "
            "and save its project."
        )
    via = [key for key in _VIA_3 if key in made]
    lacks = [key for key in _VIA_3[2:] if key not in made]
    if len(via) > 2 and lacks:
        return f"is a {NAMES[VIA]} that has no {_or(lacks)}. Save the project in VIA 3 again (not an export of it)."
    if ({*made} & _JABS or _has_blocks(made.get("labels"))) and not {"file", "num_frames", "labels"} <= {
        *made
    }:
        lacks = [key for key in ("file", "num_frames", "labels") if key not in made]
        return (
            f"is of another version of JABS{_version(made)}: it has no {_or(lacks)}. Open the project in a JABS of today and take the "
            "file from its folder jabs/annotations."
        )
    if "class_names" in made and "labels" not in made:
        return "is of FERAL, but holds no labels. Choose the file of the labels."
    if "categories" in made and ("items" in made or "images" in made):
        return "holds annotations of single pictures (COCO or Datumaro). If they were made with CVAT, export them as CVAT for video 1.1."
    return None


def _is_image_list(made: dict[str, object]) -> bool:
    """Return whether it is an export of VIA 1 or 2: pictures with their regions."""
    entries = list(made.values())[:10]
    return bool(entries) and all(isinstance(e, dict) and {"filename", "regions"} <= {*e} for e in entries)


def _has_blocks(labels: object) -> bool:
    """Return whether labels are blocks from ``start`` to ``end`` by identity and behaviour, as JABS keeps them."""
    for level in range(2):
        if not isinstance(labels, dict) or not labels:
            return False
        labels = next(iter(labels.values())) if level == 0 else next((v for v in labels.values() if v), None)
    return isinstance(labels, list) and isinstance(labels[0], dict) and {"start", "end"} <= {*labels[0]}


def _version(made: dict[str, object]) -> str:
    version = made.get("version")
    return f" (version {version})" if isinstance(version, int | str) else ""


# Tables


def _via_table(peek: Peek) -> str | None:
    if peek.text.casefold().startswith("# exported using vgg image annotator"):
        return "is a table that VIA 3 exports. Save the project itself in VIA 3 (.json), which holds all that is read."
    if peek.header(lambda names: {"filename", "region_attributes"} <= {*names}, within=1):
        return (
            "is a table of VIA 2, which annotates pictures and knows no times. Annotate the video with VIA 3 (for audio and video) and "
            "save its project."
        )
    return None


def _observer(peek: Peek) -> str | None:
    header = peek.header(lambda names: sum(bool(_OBSERVER.fullmatch(name)) for name in names) > 1)
    if header is None:
        return None
    needed = {"Behavior": "behavior", "Event_Type": "event_type"}
    lacks = [shown for shown, name in needed.items() if name not in header]
    if not any(name.startswith("time_relative") for name in header):
        lacks.insert(0, "Time_Relative_sf")
    return (
        f"is a table of The Observer XT, but has no {_or(lacks)}, or names them in another language than English. Export the events "
        "with these columns, and rename what is in another language (State start, State stop, Point in Event_Type)."
    )


def _ethovision(peek: Peek) -> str | None:
    lines = peek.header(lambda names: len(names) > 1 and _counts_lines(names), within=1)
    within = int(lines[1]) if lines is not None else 1
    header = peek.header(
        lambda names: sum(map(bool, names)) > 2 or len({*names} & _ETHOVISION_TIMES) > 1,
        within=max(within, 1),
    )
    if header is None or (lines is None and not {*header} & _ETHOVISION_TIMES):
        return None
    needed = ("Recording time", "Behavior", "Event")
    lacks = [name for name in needed if name.casefold() not in header]
    return (
        f"is a table of EthoVision XT, but has no {_or(lacks)}: it holds tracks, or is in another language than English. Export "
        "the manual scoring, and rename what is in another language: these columns, and State start, State stop and Point event "
        "in Event."
    )


def _counts_lines(names: Sequence[str]) -> bool:
    """Return whether it is EthoVision's first line, in any language: how many lines stand above the values."""
    return names[0].endswith(":") and names[1].isdecimal() and 3 < int(names[1]) < 200


def _boris(peek: Peek) -> str | None:
    header = peek.header(
        lambda names: "observation id" in names or any(n.startswith("total number of occur") for n in names)
    )
    if header is None:
        return None
    return (
        "is a table of BORIS, but does not tell when each behaviour begins and ends (columns Behavior, Behavior type and Time, or Start (s) and "
        "Stop (s)). Export tabular events or aggregated events from BORIS, or choose its project (.boris)."
    )


def _or(names: Sequence[str]) -> str:
    *first, last = (repr(name) for name in names)
    return f"{', '.join(first)} or {last}" if first else last
