"""What would another tool's table add to a project, and where does it contradict what is there?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project import checks
from actiondiff_gui.project.formats.entry import Entry, measured_or_reason
from actiondiff_gui.project.formats.foreign import ForeignTable, Stretch
from actiondiff_gui.project.formats.frame_times import FrameTimes
from actiondiff_gui.project.formats.measure import MeasuredVideo, measure_video
from actiondiff_gui.project.formats.report import Problem, ProblemList, Problems
from actiondiff_gui.project.formats.video_match import beside, match_videos
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Clip, Label, Video

FPS_DIFFERS = 0.01
"""Frame rates that differ by a smaller share are the same, written with fewer digits."""


@dataclass(frozen=True)
class Choice:
    """How a person wants another tool's table to be read.

    Attributes
    ----------
    actions : mapping of str to str or None
        The action that a behaviour becomes, None to leave it out. Others become the action of that name, or
        one whose name differs only by capitals and spaces.
    videos : mapping of str to str
        Ids of videos for media files whose names do not tell.
    points : bool
        Whether events without a duration become bouts of one frame, or are left out.
    """

    actions: Mapping[str, str | None] = field(default_factory=dict)
    videos: Mapping[str, str] = field(default_factory=dict)
    points: bool = True


@dataclass(frozen=True)
class VideoPlan:
    """The clips to be added to one video; ``measured`` is None for one whose file is not there."""

    path: Path
    video: Video | None
    measured: MeasuredVideo | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Plan:
    """All that an import would do.

    Attributes
    ----------
    table : ForeignTable
    actions : dict of str to str or None
        The action of each behaviour, None for one that is left out.
    videos : tuple of VideoPlan
    problems, notes : Problems
        What cannot go in, and what goes in with something to know about it.
    matched : dict of str to (str or None)
        For each media file as written the id of its video, "" for one that would be added, None for none.
    """

    table: ForeignTable
    actions: dict[str, str | None]
    videos: tuple[VideoPlan, ...]
    problems: Problems
    notes: Problems
    matched: dict[str, str | None] = field(default_factory=dict)

    @property
    def bouts(self) -> int:
        """How many bouts would go in."""
        return sum(len(plan.entries) for plan in self.videos)


def plan_job(
    project: Project,
    table: ForeignTable,
    choice: Choice | None = None,
    measure: Callable[[Path], MeasuredVideo] = measure_video,
) -> Job[Plan]:
    """Look up videos, turn times into frames and compare with what is labelled; nothing is changed."""
    choice = choice or Choice()
    problems, notes = ProblemList(table.problems), ProblemList(table.notes)
    actions = actions_of(table, [action.name for action in project.actions()], choice, notes)
    found, reasons = match_videos(table.videos, project.videos(), choice.videos)
    lines = _first_lines(table)
    groups: dict[str, list[Stretch]] = {name: [] for name in table.videos}
    for stretch in table.stretches:
        groups.setdefault(stretch.video, []).append(stretch)
    plans: dict[Path, VideoPlan] = {}
    matched: dict[str, str | None] = {}
    for done, (name, stretches) in enumerate(groups.items()):
        yield Progress(done, len(groups), f"comparing {name}")
        video = found.get(name)
        path = video.path if video is not None else beside(name, table.path.parent)
        matched[name] = video.id if video is not None else None if path is None else ""
        if path is None:
            reason = reasons[name]
            problems += (Problem(table.path, s.line, reason) for s in stretches)
            if not stretches:
                problems.append(Problem(table.path, None, reason))
            continue
        measured = measured_or_reason(path, measure)
        if isinstance(measured, str):
            if video is None:
                problems += (Problem(table.path, s.line, measured) for s in stretches)
                continue
            notes.append(
                Problem(
                    table.path,
                    lines.get(name),
                    f"{path.name} cannot be read, so times became frames by its mean rate of {video.fps:g} frames/s.",
                )
            )
            measured = None
        elif video is not None and measured.fingerprint != video.fingerprint:
            reason = f"{path} is not the file that was added to the project. Its bouts were left out."
            problems += (Problem(table.path, s.line, reason) for s in stretches)
            continue
        _compare_rates(table, name, path, video, measured, lines.get(name), notes)
        entries = _entries(table, stretches, actions, choice.points, video, measured, problems, notes)
        if video is not None:
            _conflicts(project, table.path, video, entries, notes)
        before = plans.get(path)
        plans[path] = VideoPlan(path, video, measured, (*(before.entries if before else ()), *entries))
    yield Progress(len(groups), len(groups), "compared")
    return Plan(
        table,
        actions,
        tuple(plans.values()),
        problems.sealed(by_line=True),
        notes.sealed(by_line=True),
        matched,
    )


def alike(name: str) -> str:
    """A name without regard to capitals, spaces, hyphens and underscores."""
    return "".join(c for c in name.casefold() if c not in " \t_-")


def actions_of(
    table: ForeignTable, known: Sequence[str], choice: Choice, notes: ProblemList
) -> dict[str, str | None]:
    """The action that each behaviour becomes; those joined by likeness are noted."""
    out: dict[str, str | None] = {}
    near = {alike(name): name for name in reversed(known)}
    for behaviour in table.behaviours:
        if behaviour in choice.actions:
            out[behaviour] = choice.actions[behaviour]
            continue
        name = " ".join(behaviour.split())
        out[behaviour] = name if name in known else near.setdefault(alike(name), name)
        if out[behaviour] != behaviour:
            reason = f"{behaviour!r} was taken for the action {out[behaviour]!r}, which differs by capitals or spaces only."
            notes.append(Problem(table.path, None, reason))
    for behaviour, action in out.items():
        if action is None:
            notes.append(Problem(table.path, None, f"{behaviour!r} was left out, as chosen."))
    return out


def _first_lines(table: ForeignTable) -> dict[str, int | None]:
    lines: dict[str, int | None] = {}
    for stretch in table.stretches:
        lines.setdefault(stretch.video, stretch.line)
    return lines


def _compare_rates(
    table: ForeignTable,
    name: str,
    path: Path,
    video: Video | None,
    measured: MeasuredVideo | None,
    line: int | None,
    notes: ProblemList,
) -> None:
    fps = measured.fps if measured is not None else video.fps
    count = measured.frame_count if measured is not None else video.frame_count
    told = table.fps.get(name)
    if told is not None and told > 0 and abs(told / fps - 1) > FPS_DIFFERS:
        reason = (
            f"the table says {told:g} frames/s for {path.name}, which has {fps:.3f}. Times in seconds were used; check "
            "that it is the same video."
        )
        notes.append(Problem(table.path, line, reason))
    rows = table.rows.get(name)
    if rows is not None and rows != count:
        reason = (
            f"the table has {rows:,} rows and {path.name} {count:,} frames. Row n was taken for frame n; check that it "
            "is the same video, and that no frames were left out."
        )
        notes.append(Problem(table.path, None, reason))


def _entries(
    table: ForeignTable,
    stretches: Iterable[Stretch],
    actions: Mapping[str, str | None],
    points: bool,
    video: Video | None,
    measured: MeasuredVideo | None,
    problems: ProblemList,
    notes: ProblemList,
) -> list[Entry]:
    if measured is not None:
        times = FrameTimes.of_file(measured.timestamps, measured.fps)
    else:
        times = FrameTimes.of_rate(video.fps, video.frame_count)
    entries: list[Entry] = []
    said: dict[tuple, list[tuple[int, int, int | None]]] = {}
    for stretch in stretches:
        action = actions.get(stretch.behaviour)
        if action is None:
            continue
        if stretch.point and not points:
            reason = f"{stretch.behaviour} is an event without a duration. It was left out, as chosen."
            notes.append(Problem(table.path, stretch.line, reason))
            continue
        try:
            start, end = _frames(stretch, times, table.path, notes)
            entry = Entry(
                stretch.line,
                *checks.bounds(start, end, times.count),
                {checks.action_name(action): 1},
                checks.optional_text(stretch.subject, "The subject"),
            )
        except ProjectError as error:
            problems.append(Problem(table.path, stretch.line, str(error)))
            continue
        entries.append(entry)
        said.setdefault((action, entry.subject), []).append((entry.start, entry.end, entry.line))
    for (action, _), spans in said.items():
        _overlapping(table.path, action, spans, notes)
    return entries


def _frames(stretch: Stretch, times: FrameTimes, path: Path, notes: ProblemList) -> tuple[int, int]:
    if stretch.unit == "frames":
        start, end = int(stretch.start), int(stretch.end)
        if start >= times.count:
            raise ProjectError(
                f"{stretch.behaviour} is marked in rows {start:,} to {end - 1:,}, but the video has {times.count:,} frames. "
                "It was left out."
            )
        if end > times.count:
            reason = f"{stretch.behaviour} reaches beyond the last frame of the video and was ended there."
            notes.append(Problem(path, stretch.line, reason))
        return start, min(end, times.count)
    start, end = times.edge(stretch.start), times.edge(stretch.end)
    if start == times.count and stretch.start > times.edges[-1]:
        raise ProjectError(
            f"{stretch.behaviour} starts at {stretch.start:g} s, behind the end of the video at {times.edges[-1]:g} s. "
            "It was left out."
        )
    if stretch.end > times.edges[-1] + 0.5 * (times.edges[-1] - times.edges[-2]):
        reason = f"{stretch.behaviour} stops at {stretch.end:g} s, a little behind the end of the video, and was ended there."
        notes.append(Problem(path, stretch.line, reason))
    if end <= start:
        start = min(start, times.count - 1)
        end = start + 1
        what = "an event without a duration" if stretch.point else "shorter than a frame"
        notes.append(
            Problem(path, stretch.line, f"{stretch.behaviour} is {what}; it became a bout of one frame.")
        )
    return start, end


def _overlapping(
    path: Path, action: str, spans: list[tuple[int, int, int | None]], notes: ProblemList
) -> None:
    spans.sort(key=lambda span: span[:2])
    reach, reach_line = -1, None
    for start, end, line in spans:
        if start < reach:
            other = f" (line {reach_line})" if reach_line is not None else ""
            reason = f"{action} overlaps another bout of the same action{other}. Both went in."
            notes.append(Problem(path, line, reason))
        if end > reach:
            reach, reach_line = end, line


def _conflicts(
    project: Project, path: Path, video: Video, entries: Sequence[Entry], notes: ProblemList
) -> None:
    """Note which new bouts lie over clips that somebody labelled otherwise; neighbours that overlap a little are counted."""
    by = path.name
    clips = project.clips(video_id=video.id)
    said: dict[str, list[Label]] = {}
    for label in project.labels([clip.id for clip in clips], ("person", "import")) if clips else ():
        said.setdefault(label.clip_id, []).append(label)
    known: list[Clip] = [clip for clip in clips if clip.id in said]
    if not known:
        return
    starts = np.array([clip.start for clip in known])
    reach = np.maximum.accumulate(np.array([clip.end for clip in known]))
    touched = 0
    for entry in entries:
        (action,) = entry.labels
        first = int(np.searchsorted(reach, entry.start, "right"))
        last = int(np.searchsorted(starts, entry.end, "left"))
        found, edge = None, False
        for clip in known[first:last]:
            common = min(clip.end, entry.end) - max(clip.start, entry.start)
            apart = None not in (clip.subject, entry.subject) and clip.subject != entry.subject
            reason = None if common <= 0 or apart else _contradiction(action, clip, said[clip.id], by)
            if reason and 2 * common > min(clip.end - clip.start, entry.end - entry.start):
                found = found or reason
            elif reason:
                edge = True
        if found:
            notes.append(Problem(path, entry.line, found))
        elif edge:
            touched += 1
    if touched:
        reason = (
            f"bouts that overlap one of {video.path.name} that is labelled otherwise, by less than half of the shorter one: "
            f"{touched:,}. Both are kept."
        )
        notes.append(Problem(path, None, reason))


def _contradiction(action: str, clip: Clip, said: Sequence[Label], by: str) -> str | None:
    others = [label for label in said if not (label.source == "import" and label.by == by)]
    if any(label.value == 1 and label.action == action for label in others):
        return None
    for label in others:
        who = label.by or label.source
        if label.action == action:
            return (
                f"{who} said that frames {clip.start} to {clip.end - 1} do not show {action}. Both are kept."
            )
        if label.value == 1:
            return f"{who} labelled frames {clip.start} to {clip.end - 1} {label.action}, the table {action}. Both are kept."
    return None
