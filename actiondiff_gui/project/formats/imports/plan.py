"""Preview of an import: what another tool's table would add to a project, and conflicts with existing clips."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.formats.imports.behaviours import actions_of
from actiondiff_gui.project.formats.imports.entries import compare_rates, entries_of, facet_text, with_facets
from actiondiff_gui.project.formats.imports.entry import Entry, measured_or_reason
from actiondiff_gui.project.formats.imports.measure import MeasuredVideo, measure_video
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList, Problems
from actiondiff_gui.project.formats.imports.video_match import beside, match_videos
from actiondiff_gui.project.formats.readers.contents import NAMES, ForeignTable, Stretch
from actiondiff_gui.project.formats.readers.observation_clock import placed
from actiondiff_gui.project.paths import absolute
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Clip, Label, Video

if TYPE_CHECKING:
    from actiondiff_gui.project.formats.imports.clip_rows import ClipRows


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
    files : mapping of str to Path
        Files on this computer for media files that are elsewhere than the names say.
    outside : bool
        Whether a table of clips may name videos outside its own folder with "..".
    """

    actions: Mapping[str, str | None] = field(default_factory=dict)
    videos: Mapping[str, str] = field(default_factory=dict)
    points: bool = True
    files: Mapping[str, Path] = field(default_factory=dict)
    outside: bool = False


@dataclass(frozen=True)
class VideoPlan:
    """The clips and facets to be added to one video; ``measured`` is None for one whose file is not there."""

    path: Path
    video: Video | None
    measured: MeasuredVideo | None
    entries: tuple[Entry, ...]
    facets: Mapping[str, str] = field(default_factory=dict)
    source_group: str | None = None


@dataclass(frozen=True)
class Plan:
    """All that an import would do.

    Attributes
    ----------
    table : ForeignTable or ClipRows
    actions : dict of str to str or None
        The action of each behaviour, None for one that is left out.
    videos : tuple of VideoPlan
    problems, notes : Problems
        What cannot go in, and what goes in with something to know about it.
    matched : dict of str to (str or None)
        For each media file as written the id of its video, "" for one that would be added, None for none.
    """

    table: "ForeignTable | ClipRows"
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
    actions = actions_of(table, [action.name for action in project.actions()], choice.actions, notes)
    if not table.stretches and not problems:
        reason = f"it holds no bout ({NAMES[table.kind]}), so there is nothing to import."
        notes.append(Problem(table.path, None, reason))
    films = _Films(table, project.videos(), choice, measure)
    for done, name in enumerate(table.videos):
        yield Progress(done, len(table.videos), f"measuring {name}")
        films.measured(name)
    stretches, lost, told = placed(table.stretches, films.length, table.path)
    problems += lost
    notes += told
    groups: dict[str, list[Stretch]] = {name: [] for name in table.videos}
    for stretch in stretches:
        groups.setdefault(stretch.video, []).append(stretch)
    plans: dict[Path, VideoPlan] = {}
    for done, (name, its) in enumerate(groups.items()):
        yield Progress(done, len(groups), f"comparing {name}")
        path, video = films.paths.get(name), films.found.get(name)
        first = min((s.line for s in its if s.line is not None), default=None)
        found = films.measured(name)
        measured = None if isinstance(found, str) else found
        # What the times of bouts are counted by.
        film = measured or video
        if path is None or film is None:
            problems += _left_out(table, its, str(found))
            continue
        if measured is None:
            reason = f"{path.name} cannot be read, so times became frames by its mean rate of {film.fps:g} frames/s."
            notes.append(Problem(table.path, first, reason))
        elif video is not None and measured.fingerprint != video.fingerprint:
            problems += _left_out(
                table, its, f"{path} is not the file that was added to the project. Its bouts were left out."
            )
            continue
        try:
            its = compare_rates(table, name, path, its, film, notes)
        except ProjectError as error:
            problems.append(Problem(table.path, None, str(error)))
            continue
        facets = _facets(table, name, video, notes)
        known = table.facets.get(name, {})
        entries = entries_of(table, its, actions, choice.points, known, film, problems, notes)
        if video is not None:
            _conflicts(project, table.path, video, entries, notes)
        before = plans.get(path)
        if before is not None:
            entries, facets = [*before.entries, *entries], {**before.facets, **facets}
        plans[path] = VideoPlan(path, video, measured, tuple(entries), facets)
    whole = [  # a video may go by several names
        replace(plan, entries=tuple(with_facets(plan.entries, table.path, notes))) for plan in plans.values()
    ]
    yield Progress(len(groups), len(groups), "compared")
    return Plan(
        table,
        actions,
        tuple(whole),
        problems.sealed(by_line=True),
        notes.sealed(by_line=True),
        films.matched(),
    )


def _left_out(table: ForeignTable, stretches: Sequence[Stretch], reason: str) -> Iterator[Problem]:
    """Return one problem for each line with bouts of a video, or one without a line."""
    lines = dict.fromkeys(stretch.line for stretch in stretches) or [None]
    return (Problem(table.path, line, reason) for line in lines)


class _Films:
    """The video that each name of a table means, measured once."""

    def __init__(
        self,
        table: ForeignTable,
        videos: Sequence[Video],
        choice: Choice,
        measure: Callable[[Path], MeasuredVideo],
    ) -> None:
        self.found, self.reasons = match_videos(table.videos, videos, choice.videos)
        by_path = {video.path: video for video in videos}
        self.paths: dict[str, Path | None] = {}
        path: Path | None
        for name in table.videos:
            if name in choice.files:
                path = absolute(choice.files[name])
                self.found.pop(name, None)
                if path in by_path:
                    self.found[name] = by_path[path]
            else:
                video = self.found.get(name)
                path = video.path if video is not None else beside(name, table.path.parent)
            self.paths[name] = path
        self._measure = measure
        self._known: dict[Path, MeasuredVideo | str] = {}

    def measured(self, name: str) -> MeasuredVideo | str:
        """Return the measured video, or why there is none."""
        path = self.paths.get(name)
        if path is None:
            return self.reasons.get(name, f"the table names no video {name!r} elsewhere.")
        if path not in self._known:
            self._known[path] = measured_or_reason(path, self._measure)
        return self._known[path]

    def length(self, name: str) -> tuple[float, float] | None:
        """Seconds and frame rate, from the file or as the project keeps them."""
        known = self.measured(name)
        if isinstance(known, MeasuredVideo):
            return float(known.timestamps[-1]) + 1 / known.fps, known.fps
        video = self.found.get(name)
        return None if video is None else (video.frame_count / video.fps, video.fps)

    def matched(self) -> dict[str, str | None]:
        """For each name the id of its video, "" for one that would be added, None for none."""
        return {
            name: self.found[name].id if name in self.found else None if path is None else ""
            for name, path in self.paths.items()
        }


def _facets(table: ForeignTable, name: str, video: Video | None, notes: ProblemList) -> dict[str, str]:
    """Facets for the whole video; what the project says otherwise stays."""
    out = {}
    for key, value in table.facets.get(name, {}).items():
        value = facet_text(value)
        known = None if video is None else video.facets.get(key)
        if video is not None and known is not None and known != value:
            reason = f"{video.path.name} has {key} {known!r} in the project and {value!r} in the table. The project's was kept."
            notes.append(Problem(table.path, None, reason))
        elif value:
            out[key] = value
    return out


def _conflicts(
    project: Project, path: Path, video: Video, entries: Sequence[Entry], notes: ProblemList
) -> None:
    """Note which new bouts lie over clips that are labelled otherwise; neighbours that overlap a little are counted."""
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
