"""Reader of .annot files of Bento and of the Caltech Behavior Annotator.

Bento writes seconds, and before 2020 frames; both tools count frames from 1 and mean the last one, too.
"""

import re
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.contents import BENTO, CALTECH, ForeignTable, Stretch
from actiondiff_gui.project.formats.readers.reader import Options, Reader, Unsaid
from actiondiff_gui.project.formats.tables.cells import Unit
from actiondiff_gui.project.formats.tables.runs import without_nothing

CHANNEL = "channel"
"""Facet: the channel or stream that an annotation stands in."""
MOST_BYTES = 1 << 27


def read_bento(path: Path, options: Options) -> ForeignTable:
    """Read all channels of an .annot file.

    Raises
    ------
    ProjectError
        The file is none of Bento's, or names no movie and none is given.
    """
    lines = _lines(path, "Bento")
    head: dict[str, str] = {}
    rows: list[tuple[int, str, str, str, str]] = []
    problems = ProblemList()
    channel = behaviour = ""
    for number, line in enumerate(lines, 1):
        text = line.strip()
        named = re.fullmatch(r"([A-Za-z][A-Za-z() ]*):\s*(.*)", text)
        found = re.fullmatch(r"(.+?)-{5,}", text)
        if found:
            channel, behaviour = found[1].strip(), ""
        elif text.startswith(">"):
            behaviour = text[1:].strip()
        elif not channel and named:
            head[named[1].strip().casefold()] = named[2].strip()
        elif not channel and head and list(head.values())[-1] == "" and "movie" in list(head)[-1]:
            head[list(head)[-1]] = text
        elif channel and behaviour and text and not text.casefold().startswith("start"):
            parts = text.split()
            if len(parts) < 2 or not all(
                re.fullmatch(r"\d+(\.\d+)?([eE][+-]?\d+)?", part) for part in parts[:2]
            ):
                reason = f"{text[:60]!r} is no begin and end of {behaviour}. The line was left out."
                problems.append(Problem(path, number, reason))
                continue
            rows.append((number, channel, behaviour, parts[0], parts[1]))
    if not channel:
        raise ProjectError(
            f"{path} is not as Bento writes it, or is cut off: it holds no channel with annotations. Save the annotations in Bento again."
        )
    movies = head.get("movie file(s)", "")
    video = options.video or re.split(r"\s*;\s*|(?<=\.\w{3})\s+", movies)[0].strip()
    if not video:
        raise Unsaid(f"{path} of Bento names no movie. Say which video it is about (--video NAME).", "video")
    seconds = any("time" in key for key in head) or any("." in cell for row in rows for cell in row[3:])
    first = 0 if head.get("annotation start frame") == "0" else 1
    stretches = []
    for number, channel, behaviour, begin, end in rows:
        start, stop = float(begin), float(end)
        if not seconds:
            start, stop = start - first, stop - first + 1
        if start < 0 or stop < start:
            reason = f"{behaviour} from {begin} to {end} does not lie in the video. The line was left out."
            problems.append(Problem(path, number, reason))
            continue
        unit: Unit = "seconds" if seconds else "frames"
        stretches.append(
            Stretch(
                number,
                video,
                behaviour,
                start,
                stop,
                unit,
                None,
                seconds and start == stop,
                {CHANNEL: channel},
            )
        )
    fps = _number(head.get("annotation framerate", ""))
    return _table(path, BENTO, stretches, video, {video: fps} if fps else {}, problems)


def read_caltech(path: Path, options: Options) -> ForeignTable:
    """Read all streams of the Caltech Behavior Annotator's text file.

    Raises
    ------
    ProjectError
        The file is not as that tool writes it.
    """
    lines = _lines(path, "the Caltech Behavior Annotator")
    video = options.video or re.sub(r"_annot$", "", path.stem)
    problems, stretches, stream = ProblemList(), [], ""
    for number, line in enumerate(lines, 1):
        text = line.strip()
        head = re.match(r"(S\d+):\s*start", text, re.IGNORECASE)
        row = re.fullmatch(r"(\d+)\s+(\d+)\s+(.+)", text)
        if head:
            stream = head[1].upper()
        elif stream and row and int(row[1]) >= 1:
            start, end = int(row[1]) - 1, int(row[2])
            stretches.append(
                Stretch(number, video, row[3].strip(), start, end, "frames", facets={CHANNEL: stream})
            )
        elif stream and text.strip("-"):
            reason = f"{text[:60]!r} is no start, end and type. The line was left out."
            problems.append(Problem(path, number, reason))
    if not stream:
        raise ProjectError(f"{path} of the Caltech Behavior Annotator has no line S1: start end type.")
    return _table(path, CALTECH, stretches, video, {}, problems)


def _lines(path: Path, tool: str) -> list[str]:
    try:
        if regular_file(path, ProjectError, f"a file of {tool}").stat().st_size > MOST_BYTES:
            raise ProjectError(f"{path} is too large for a file of {tool}. Choose another file.")
        return path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror or error}.") from error


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _table(
    path: Path, kind: str, stretches: list[Stretch], video: str, fps: dict[str, float], problems: ProblemList
) -> ForeignTable:
    notes = ProblemList()
    kept = without_nothing(stretches, path, notes)
    return ForeignTable(
        path,
        kind,
        kept,
        tuple(dict.fromkeys(s.behaviour for s in kept)),
        (video,),
        fps,
        problems=problems.sealed(),
        notes=notes.sealed(),
    )


READERS = (
    Reader(BENTO, lambda peek: peek.text.casefold().startswith("bento annotation file"), read_bento),
    Reader(CALTECH, lambda peek: peek.text.casefold().startswith("caltech behavior annotator"), read_caltech),
)
