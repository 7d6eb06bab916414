"""Conversion of observation time to the time of a media file, for observations of several files."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.contents import Clock, Stretch

TOLERANCE_S = 0.5
"""Lengths of all files together may differ by so much from what the table says, for each file."""
BOUNDARY_S = 0.1
"""Where two files meet, BORIS may name either for a time this near to the edge."""
ROUNDED_S = 0.002
"""BORIS cuts lengths and times to milliseconds."""

Length = Callable[[str], tuple[float, float] | None]
"""Seconds and frame rate of a media file as written, None where it is not known."""


def placed(
    stretches: Iterable[Stretch], length_of: Length, path: Path
) -> tuple[list[Stretch], ProblemList, ProblemList]:
    """Stretches in the time of their own media file, problems, and notes.

    A stretch that runs over the end of a file is split. An observation whose files cannot be measured is left out,
    with one problem.
    """
    spans: dict[Clock, list[tuple[float, float]] | None] = {}
    out, problems, notes = [], ProblemList(), ProblemList()
    for stretch in stretches:
        clock = stretch.clock
        if clock is None:
            out.append(stretch)
            continue
        if clock not in spans:
            try:
                spans[clock] = _spans(clock, length_of)
            except ProjectError as error:
                spans[clock] = None
                problems.append(Problem(path, stretch.line, str(error)))
        known = spans[clock]
        if known is None:
            continue
        try:
            pieces = _pieces(stretch, clock, known, length_of)
        except ProjectError as error:
            problems.append(Problem(path, stretch.line, str(error)))
            continue
        if len(pieces) > 1:
            reason = (
                f"observation {clock.observation!r}: {stretch.behaviour} runs from {stretch.start:g} to {stretch.end:g} s over "
                f"the end of {' and of '.join(piece.video for piece in pieces[:-1])}. It was split into {len(pieces)} bouts."
            )
            notes.append(Problem(path, stretch.line, reason))
        out += pieces
    return out, problems, notes


def _spans(clock: Clock, length_of: Length) -> list[tuple[float, float]]:
    """Return when each file begins and ends."""
    lengths: list[float] = []
    for file, told in zip(clock.files, clock.lengths, strict=True):
        known = (told, 0.0) if told is not None else length_of(file)
        if known is None and len(lengths) + 1 == len(clock.files) and clock.total is None:
            known = (math.inf, 0.0)  # when the last file begins is known all the same
        if known is None:
            raise ProjectError(
                f"observation {clock.observation!r} runs through {len(clock.files)} videos, and the file does not tell how "
                f"long {file!r} is. Its events were left out. Add that video to the project, or lay it beside the table, and "
                "import again."
            )
        lengths.append(known[0])
    if clock.begins:
        return [(begin, begin + length) for begin, length in zip(clock.begins, lengths, strict=True)]
    ends = list(accumulate(lengths))
    told = clock.total if None in clock.lengths else None
    if told is not None and abs(ends[-1] - told) > TOLERANCE_S * len(lengths):
        raise ProjectError(
            f"observation {clock.observation!r} lasts {told:g} s, but its videos {', '.join(clock.files)} last "
            f"{ends[-1]:.3f} s together, so it cannot be told when each of them begins. Its events were left out. Check "
            "that these are the same videos and that none is missing, or export the events again from a newer BORIS."
        )
    return list(zip([0.0, *ends[:-1]], ends, strict=True))


def _pieces(
    stretch: Stretch, clock: Clock, spans: Sequence[tuple[float, float]], length_of: Length
) -> list[Stretch]:
    if stretch.start < spans[0][0] - ROUNDED_S:
        raise ProjectError(
            f"observation {clock.observation!r}: {stretch.behaviour} at {stretch.start:g} s lies before the first video. It was "
            "left out; check the time offset in BORIS."
        )
    pieces: list[tuple[float, Stretch]] = []
    for index, (file, (begin, end)) in enumerate(zip(clock.files, spans, strict=True)):
        if index + 1 == len(spans):  # what lies behind the last file is met where its frames are known
            end = max(end, stretch.end)
        first, stop = max(stretch.start, begin), min(stretch.end, end)
        point = stretch.end == stretch.start
        if stop > first or (point and begin <= first and (first < end or index + 1 == len(spans))):
            piece = replace(stretch, video=file, start=first - begin, end=stop - begin, clock=None)
            pieces.append((stop - first, piece))
            if point:
                break
    _check_file(stretch, clock, pieces)
    if not pieces:
        raise ProjectError(
            f"observation {clock.observation!r}: {stretch.behaviour} at {stretch.start:g} s lies in none of its videos. It was "
            "left out; check the creation times of the videos in BORIS."
        )
    kept = [piece for length, piece in pieces if length > _half_frame(piece.video, length_of)]
    return kept or [max(pieces, key=lambda piece: piece[0])[1]]


def _check_file(stretch: Stretch, clock: Clock, pieces: Sequence[tuple[float, Stretch]]) -> None:
    """Raise unless the file that the table names is the one that the time lies in, or a neighbour at whose edge it lies."""
    named = stretch.video
    if not clock.names_files or named not in clock.files or not pieces:
        return
    first = pieces[0][1]
    if first.video == named or any(piece.video == named for _, piece in pieces):
        return
    if first.start <= BOUNDARY_S:
        return
    raise ProjectError(
        f"observation {clock.observation!r}: the table names {named} for {stretch.behaviour} at {stretch.start:g} s, but "
        f"that time lies in {first.video}, as the videos follow each other. It was left out; check the times and the order "
        "of the videos in BORIS."
    )


def _half_frame(file: str, length_of: Length) -> float:
    known = length_of(file)
    return 0.5 / known[1] if known is not None and known[1] > 0 else ROUNDED_S
