"""Conversion of another tool's bouts of one video to clips: frames, facets, and notes on irregularities."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project import checks
from actiondiff_gui.project.formats.imports.entry import Entry
from actiondiff_gui.project.formats.imports.measure import MeasuredVideo
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.contents import EVENT, POINT_EVENT, ForeignTable, Stretch
from actiondiff_gui.project.formats.writers.frame_times import PAST_END_S, ROUNDED_S, FrameTimes
from actiondiff_gui.project.records import Video

FPS_DIFFERS = 0.01
"""A frame rate that differs by a larger share is another one; a smaller one matters where it adds up to a frame."""
LONGEST_FACET = 500


def compare_rates(
    table: ForeignTable,
    name: str,
    path: Path,
    stretches: Sequence[Stretch],
    film: MeasuredVideo | Video,
    notes: ProblemList,
) -> list[Stretch]:
    """Compare frame rate and rows of a table with its video; frames that are counted from 1 are counted from 0.

    Raises
    ------
    ProjectError
        The table has rows about frames, or times, that the video does not have.
    """
    fps, count = film.fps, film.frame_count
    length = float(film.timestamps[-1]) + 1 / fps if isinstance(film, MeasuredVideo) else count / fps
    last_row = table.last_times.get(name, 0.0)
    if last_row > length + PAST_END_S:
        raise ProjectError(
            f"the table has rows up to {last_row:g} s, and {path.name} ends at {length:g} s. None of its bouts were imported; check "
            "that it is the same video, and that the times are seconds."
        )
    told = table.fps.get(name)
    line = min((s.line for s in stretches if s.line is not None), default=None)
    last = max((s.end for s in stretches if s.unit == "seconds"), default=0.0)
    off = 0.0 if told is None or told <= 0 else abs(told / fps - 1)
    counted = max((s.end for s in stretches if s.unit == "frames"), default=0.0)
    if told and off * counted >= 1:
        reason = (
            f"the table says {told:g} frames/s for {path.name}, which has {fps:.3f}. Its numbers of frames were taken for those "
            f"of the video; if they were counted at {told:g} frames/s, the last bout is {round(counted * abs(fps / told - 1))} frames off."
        )
        notes.append(Problem(table.path, line, reason))
    elif off > FPS_DIFFERS:
        reason = (
            f"the table says {told:g} frames/s for {path.name}, which has {fps:.3f}. Times in seconds were used; check "
            "that it is the same video."
        )
        notes.append(Problem(table.path, line, reason))
    elif off * last * fps >= 1 and off * fps > 0.0006:  # BORIS writes three decimals
        reason = (
            f"the table says {told:g} frames/s for {path.name}, which has {fps:.3f} ({100 * off:.1f} % apart). Times in seconds "
            f"were used; if they were counted with {told:g} frames/s, the last bout is {round(off * last * fps)} frames off."
        )
        notes.append(Problem(table.path, line, reason))
    return _counted(table, name, path, list(stretches), count, notes)


def _counted(
    table: ForeignTable, name: str, path: Path, stretches: list[Stretch], count: int, notes: ProblemList
) -> list[Stretch]:
    if name not in table.numbers:
        if table.rows.get(name, count) != count:
            reason = f"the file is about a video of {table.rows[name]:,} frames, and {path.name} has {count:,}. Check that it is the same video."
            notes.append(Problem(table.path, None, reason))
        return stretches
    (first, last), rows = table.numbers[name], table.rows[name]
    if first == 1 and last == count:
        reason = f"the rows are numbered from 1 to {last:,}, and {path.name} has {count:,} frames. Row 1 was taken for its first frame."
        notes.append(Problem(table.path, None, reason))
        return [replace(s, start=s.start - 1, end=s.end - 1) for s in stretches]
    if last >= count:
        which = (
            f"{rows:,} rows"
            if first == 0 and last == rows - 1
            else f"rows about frames {first:,} to {last:,}"
        )
        raise ProjectError(
            f"the table has {which} and {path.name} {count:,} frames. None of its bouts were imported; check that it is the same "
            "video, and that no frames were left out."
        )
    if rows != count or first:
        which = (
            f"Row n was taken for frame n (frames {first:,} to {last:,})"
            if first == 0 and last == rows - 1
            else f"They are about frames {first:,} to {last:,}"
        )
        reason = (
            f"the table has {rows:,} rows and {path.name} {count:,} frames. {which}; check that it is the same video, and that no "
            "frames were left out."
        )
        if first == 1:
            reason += " If the tool calls the first frame 1, all is one frame late."
        notes.append(Problem(table.path, None, reason))
    return stretches


def entries_of(
    table: ForeignTable,
    stretches: Iterable[Stretch],
    actions: Mapping[str, str | None],
    points: bool,
    video_facets: Mapping[str, str],
    film: MeasuredVideo | Video,
    problems: ProblemList,
    notes: ProblemList,
) -> list[Entry]:
    """Return the clips of one video under one of its names, each with its own facets (see :func:`with_facets`).

    Parameters
    ----------
    table : ForeignTable
    stretches : iterable of Stretch
        In the time or the frames of this video.
    actions : mapping
        The action of each behaviour, None for one that is left out.
    points : bool
        Whether events without a duration become clips of one frame.
    video_facets : mapping
        What holds for the whole video, and so is no facet of a clip.
    film : MeasuredVideo or Video
        A video whose file is there, or what the project knows of one whose file is not.
    problems, notes : ProblemList
        Are added to.
    """
    if isinstance(film, MeasuredVideo):
        times = FrameTimes.of_file(film.timestamps, film.fps)
    else:
        times = FrameTimes.of_rate(film.fps, film.frame_count)
    entries: list[Entry] = []
    spans: dict[tuple[Any, ...], list[tuple[int, int, int | None]]] = {}
    dots: dict[str, int] = {}
    left_out: dict[str, int] = {}
    for stretch in stretches:
        action = actions.get(stretch.behaviour)
        if action is None:
            continue
        if stretch.point and not points:
            left_out[stretch.behaviour] = left_out.get(stretch.behaviour, 0) + 1
            continue
        try:
            start, end = _frames(stretch, times, table.path, notes)
            facets = {key: value for key, value in stretch.facets.items() if key not in video_facets}
            if stretch.point:
                facets[EVENT] = POINT_EVENT
                dots[stretch.behaviour] = dots.get(stretch.behaviour, 0) + 1
            entry = Entry(
                stretch.line,
                *checks.bounds(start, end, times.count),
                {checks.action_name(action): stretch.value},
                checks.optional_text(stretch.subject, "The subject"),
                facets=facets,
            )
        except ProjectError as error:
            problems.append(Problem(table.path, stretch.line, str(error)))
            continue
        entries.append(entry)
        if not stretch.point and stretch.value > 0:
            spans.setdefault((action, entry.subject), []).append((entry.start, entry.end, entry.line))
    for (action, _), its in spans.items():
        _overlapping(table.path, action, its, notes)
    for behaviour, number in dots.items():
        many = (
            "event without a duration became a clip"
            if number == 1
            else "events without a duration became clips"
        )
        reason = f"{behaviour}: {number:,} {many} of one frame with the facet {EVENT} = {POINT_EVENT}."
        notes.append(Problem(table.path, None, reason))
    for behaviour, number in left_out.items():
        many = "event without a duration was" if number == 1 else "events without a duration were"
        reason = f"{behaviour}: {number:,} {many} left out, as chosen."
        notes.append(Problem(table.path, None, reason))
    return entries


def _frames(stretch: Stretch, times: FrameTimes, path: Path, notes: ProblemList) -> tuple[int, int]:
    if not (math.isfinite(stretch.start) and math.isfinite(stretch.end)):
        raise ProjectError(
            f"{stretch} has no begin or no end that is a number. It was left out; correct its times."
        )
    if stretch.unit == "frames":
        start, end = int(stretch.start), int(stretch.end)
        if end <= start:
            raise ProjectError(
                f"{stretch} is marked from frame {start:,} to frame {end - 1:,}, and so ends before it begins. It was left out; "
                "correct it."
            )
        if start >= times.count:
            raise ProjectError(
                f"{stretch} is marked in frames {start:,} to {end - 1:,}, but the video has {times.count:,} frames. "
                "It was left out."
            )
        if end > times.count:
            reason = f"{stretch} reaches beyond the last frame of the video and was ended there."
            notes.append(Problem(path, stretch.line, reason))
        return start, min(end, times.count)
    last = float(times.edges[-1])
    if stretch.start > last + ROUNDED_S:
        raise ProjectError(
            f"{stretch} starts at {stretch.start:g} s, behind the end of the video at {last:g} s. It was left out; check the time, "
            "and that it is the right video."
        )
    start = times.edge(stretch.start)
    end = times.edge(min(stretch.end, last))
    if stretch.end > last + 0.5 * (last - times.edges[-2]):
        reason = f"{stretch} stops at {stretch.end:g} s, behind the end of the video at {last:g} s, and was ended there."
        notes.append(Problem(path, stretch.line, reason))
    if stretch.point:
        start = min(times.shown(stretch.start), times.count - 1)
        return start, start + 1
    if end <= start:
        start = min(start, times.count - 1)
        end = start + 1
        reason = f"{stretch} at {stretch.start:g} s is shorter than a frame; it became a bout of one frame."
        notes.append(Problem(path, stretch.line, reason))
    return start, end


def _overlapping(
    path: Path, action: str, spans: list[tuple[int, int, int | None]], notes: ProblemList
) -> None:
    spans.sort(key=lambda span: span[:2])
    reach, reach_line = -1, None
    for start, end, line in spans:
        if start < reach:
            other = f" (line {reach_line})" if reach_line is not None else ""
            reason = f"{action} overlaps another bout of the same action{other}. Both were imported."
            notes.append(Problem(path, line, reason))
        if end > reach:
            reach, reach_line = end, line


def with_facets(entries: Sequence[Entry], path: Path, notes: ProblemList) -> list[Entry]:
    """Return the entries with facets that a clip can hold; bouts that share a clip share its facets, with the action in front."""
    said: dict[tuple[Any, ...], dict[str, list[dict[str, str]]]] = {}
    for entry in entries:
        (action,) = entry.labels
        facets = {key: facet_text(value) for key, value in entry.facets.items()}
        said.setdefault(entry.extent, {}).setdefault(action, []).append(facets)
    shared = {extent: shared_facets(by_action) for extent, by_action in said.items()}
    cut = sum(len(value) > LONGEST_FACET for entry in entries for value in entry.facets.values())
    if cut:
        notes.append(Problem(path, None, f"{cut:,} comments were cut after {LONGEST_FACET} characters."))
    return [replace(entry, facets=shared[entry.extent]) for entry in entries]


def facet_text(value: str) -> str:
    """Text as a facet holds it: one line of at most 500 characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())[:LONGEST_FACET].strip()


def shared_facets(by_action: Mapping[str, Sequence[Mapping[str, str]]]) -> dict[str, str]:
    """Return the facets of one clip that stands for bouts of several actions: "walk: fast; sniff: slow" where they differ."""
    out = {}
    keys = dict.fromkeys(key for its in by_action.values() for facets in its for key in facets)
    for key in keys:
        values = {
            action: " / ".join(dict.fromkeys(facets[key] for facets in its if facets.get(key)))
            for action, its in by_action.items()
        }
        if len(set(values.values())) == 1:
            text = next(iter(values.values()))
        else:
            text = "; ".join(f"{action}: {value}" for action, value in values.items() if value)
        if text:
            out[key] = text[:LONGEST_FACET].strip()
    return out


def own_facet(value: str, action: str, others: Iterable[str]) -> str:
    """Return a shared clip's facet for one action, "" for none: the reverse of :func:`shared_facets`."""
    names = [action, *others]
    starts = sorted(
        (start, name)
        for name in names
        for start in [0 if value.startswith(f"{name}: ") else value.find(f"; {name}: ") + 2]
        if (start == 0 and value.startswith(f"{name}: ")) or start >= 2
    )
    if len(names) < 2 or not starts or starts[0][0] != 0:
        return value
    for n, (start, name) in enumerate(starts):
        if name == action:
            end = starts[n + 1][0] - 2 if n + 1 < len(starts) else len(value)
            return value[start + len(name) + 2 : end]
    return ""
