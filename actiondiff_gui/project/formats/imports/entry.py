"""Insertion of one video's clips, from a table or folder, into a project.

All clips of one video are added together, in one transaction, so that an import that is stopped leaves whole
videos. A clip that the project has already (same frames, subject and region of interest) is not added
again: it gets the labels and facets.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.project.formats.imports.measure import MeasuredVideo
from actiondiff_gui.project.formats.imports.report import ImportReport, Problem, ProblemList
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.recordings import region
from actiondiff_gui.project.records import Clip

Extent = tuple[int, int, str | None, tuple[int, int, int, int] | None]
"""First frame, end frame, subject and region of interest: what tells one clip of a video from another."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One clip as a source tells it, with checked values.

    Attributes
    ----------
    line : int or None
        Line of the table it comes from.
    start, end : int
        First frame, and the frame after the last one.
    labels : mapping of str to int
        For each action 1 (shown) or -1 (not shown).
    subject, roi, facets
        As in :class:`~actiondiff_gui.project.records.Clip`; ``facets`` are the clip's own.
    """

    line: int | None
    start: int
    end: int
    labels: Mapping[str, int]
    subject: str | None = None
    roi: tuple[int, int, int, int] | None = None
    facets: Mapping[str, str] = field(default_factory=dict)

    @property
    def extent(self) -> Extent:
        """What tells it from the other clips of its video."""
        return self.start, self.end, self.subject, self.roi


@dataclass
class Tally:
    """What an import has added so far; ``known`` are the ids of the videos the project has, ``places`` where they lay."""

    known: set[str]
    places: dict[str, Path] = field(default_factory=dict)
    clips: int = 0
    videos: int = 0
    labels: int = 0
    problems: ProblemList = field(default_factory=ProblemList)
    notes: ProblemList = field(default_factory=ProblemList)

    def report(self, by_line: bool = False) -> ImportReport:
        """Return the sums as a report, the problems as they were found or in the order of their lines."""
        return ImportReport(
            self.clips, self.videos, self.labels, self.problems.sealed(by_line), self.notes.sealed(by_line)
        )

    def failed(self) -> tuple[str, ...]:
        """Return the problems as sentences."""
        return tuple(map(str, self.problems))


def enter(
    project: Project,
    path: Path,
    measured: MeasuredVideo,
    entries: Sequence[Entry],
    tally: Tally,
    *,
    table: Path,
    by: str,
    source_group: str | None = None,
    video_facets: Mapping[str, str] | None = None,
) -> None:
    """Put a video and its clips into the project and count them in ``tally``.

    Parameters
    ----------
    path, measured
        The video file.
    entries : sequence of Entry
        Its clips. An entry that contradicts an earlier one is left out and reported.
    table : Path
        File to name in problems.
    by : str
        Name of the import, kept with each label.
    source_group : str, optional
        Source group of the video; None leaves it as it is.
    video_facets : mapping, optional
        Facets of the whole video.

    Raises
    ------
    ProjectError
        The project cannot take the video; nothing of it went in.
    """
    agreed, problems = _without_contradictions(entries, table)
    added_clips = added_labels = 0
    if tally.known and not tally.places:
        tally.places = {video.id: video.path for video in project.videos()}
    with project.transaction(record=False):
        video = project.add_video(
            path,
            frame_count=measured.frame_count,
            fps=measured.fps,
            width=measured.width,
            height=measured.height,
            fingerprint=measured.fingerprint,
            source_group=source_group,
            facets=video_facets,
        )
        if source_group is not None and source_group != video.source_group:
            project.set_source_group(video.id, source_group)
        for key, value in (video_facets or {}).items():
            if video.facets.get(key) != value:
                project.set_video_facet(video.id, key, value)
        inherited = {**video.facets, **(video_facets or {})}
        agreed = _with_regions(project, video.id, agreed)

        clips: dict[Extent, Clip] = {}
        for clip in reversed(project.clips(video_id=video.id)):
            clips[clip.start, clip.end, clip.subject, clip.roi] = clip
        new: dict[Extent, dict[str, str]] = {}
        for entry in agreed:
            if entry.extent not in clips:
                own = {k: v for k, v in entry.facets.items() if inherited.get(k) != v}
                new[entry.extent] = {**new.get(entry.extent, {}), **own}
        if new:
            added = project.add_clips(video.id, [(*extent, own) for extent, own in new.items()])
            clips |= dict(zip(new, added, strict=True))
            added_clips = len(new)

        facets: dict[tuple[str, str], list[str]] = {}
        labels: dict[tuple[str, str], int] = {}
        for entry in agreed:
            clip = clips[entry.extent]
            for key, value in entry.facets.items():
                if clip.facets.get(key) != value:
                    facets.setdefault((key, value), []).append(clip.id)
            labels |= {(clip.id, action): value for action, value in entry.labels.items()}
        for (key, value), ids in facets.items():
            project.set_facet(ids, key, value)
        rows = [(clip_id, action, value, None) for (clip_id, action), value in labels.items()]
        added_labels = project.add_labels(rows, source="import", by=by)

    before = tally.places.get(video.id)
    if before is not None and before != video.path:
        said = f"{before.name} of this project, which is gone from {before.parent}, lies here now."
        tally.notes += (Problem(video.path, None, said),)
        tally.places[video.id] = video.path
    tally.clips += added_clips
    tally.labels += added_labels
    tally.videos += video.id not in tally.known
    tally.known.add(video.id)
    tally.problems += problems


def _with_regions(project: Project, video_id: str, entries: list[Entry]) -> list[Entry]:
    """Return the entries of subjects for which a region was drawn in the recording with that, where they state none."""
    subjects = {entry.subject for entry in entries if entry.subject and entry.roi is None}
    regions = {subject: region(project, video_id, subject) for subject in subjects}
    if not any(regions.values()):
        return entries
    return [
        replace(entry, roi=regions.get(entry.subject or "")) if entry.roi is None else entry
        for entry in entries
    ]


def _without_contradictions(entries: Sequence[Entry], table: Path) -> tuple[list[Entry], ProblemList]:
    said: dict[Extent, dict[tuple[str, str], tuple[int | str, int | None]]] = {}
    agreed, problems = [], ProblemList()
    for entry in entries:
        known = said.setdefault(entry.extent, {})
        claims: dict[tuple[str, str], int | str] = {
            **{("label", action): value for action, value in entry.labels.items()},
            **{("facet", key): value for key, value in entry.facets.items()},
        }
        contradicted = next((c for c, value in claims.items() if c in known and known[c][0] != value), None)
        if contradicted is None:
            agreed.append(entry)
            known |= {claim: (value, entry.line) for claim, value in claims.items() if claim not in known}
        else:
            kind, name = contradicted
            line = known[contradicted][1]
            where = "another bout" if line is None else f"line {line}"
            reason = (
                f"its {kind} {name} contradicts {where}, which is about the same clip (frames {entry.start} to {entry.end - 1}). "
                "The earlier one was kept; correct one of them."
            )
            problems.append(Problem(table, entry.line, reason))
    return agreed, problems


def measured_or_reason(path: Path, measure: Callable[[Path], MeasuredVideo]) -> MeasuredVideo | str:
    """Return the measured video, or one sentence that says why it cannot be had."""
    try:
        return measure(path)
    except ActionDiffError as error:
        return str(error)
    except OSError as error:
        return f"{path} cannot be read: {error.strerror or error}."
