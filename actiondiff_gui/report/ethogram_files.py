"""How does an ethogram reach the disk? Bouts in the formats of other tools, tables of numbers, figures."""

import glob
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.ethogram.agreement import Agreement
from actiondiff_gui.ethogram.jobs import Ethogram
from actiondiff_gui.ethogram.source import Source, named, read_bouts
from actiondiff_gui.ethogram.tables import agreement_rows, budget_rows, transition_rows
from actiondiff_gui.outputs import Output, output
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.formats.boris_project_export import AS_POINT, write_boris_project
from actiondiff_gui.project.formats.bout_export import delimiter_of, write_boris, write_bouts
from actiondiff_gui.project.formats.frame_table_export import write_deepethogram, write_frames
from actiondiff_gui.project.formats.named_bout import NamedBout, Told, names_of, told, write_text
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Video
from actiondiff_gui.report_folder import ReportFolder
from actiondiff_gui.tables import table_text

BOUTS, BORIS, BORIS_PROJECT, FRAME_TABLE, DEEPETHOGRAM = (
    "bouts",
    "boris",
    "boris-project",
    "frames",
    "deepethogram",
)
FORMATS = {
    BOUTS: "Bouts (CSV)",
    BORIS: "BORIS tabular events",
    BORIS_PROJECT: "BORIS project",
    FRAME_TABLE: "0 and 1 for each frame (CSV)",
    DEEPETHOGRAM: "DeepEthogram labels",
}
"""Formats of bouts, in words."""
ENDINGS = {
    BOUTS: ".csv",
    BORIS: ".tsv",
    BORIS_PROJECT: ".boris",
    FRAME_TABLE: ".csv",
    DEEPETHOGRAM: "_labels.csv",
}


@dataclass(frozen=True)
class Exported:
    """What was written: the files, how many bouts, and what should be known of them."""

    files: tuple[Path, ...]
    bouts: int
    notes: tuple[str, ...] = ()


def export_bouts_job(
    project: Project,
    source: Source,
    kind: str,
    path: Path | Output,
    video_ids: Sequence[str] | None = None,
    every_seconds: float | None = None,
) -> Job[Exported]:
    """Write the bouts of all videos or of ``video_ids``.

    Parameters
    ----------
    project, source, video_ids
    kind : str
        A key of :data:`FORMATS`.
    path : Path or Output
        A file; or a folder that there is, into which a file for each recording with a bout is written, named like
        the recording. Tables of frames of several recordings need a folder.
    every_seconds : float, optional
        For tables of frames: times so far apart instead of frames.

    Raises
    ------
    ActionDiffError
        There is nothing to write, or the disk refuses.
    """
    if kind == BORIS and output(path).name.casefold().endswith((".boris", ".boris.gz")):
        kind = BORIS_PROJECT  # BORIS refuses a table of that name
    yield Progress(0, 0, "reading bouts")
    bouts = read_bouts(project, source, video_ids)
    if not len(bouts):
        raise AnalysisError(f"There are no bouts to export: nobody said anything ({source.words()}).")
    spoken = named(bouts, {clip.id: clip.facets for clip in project.clips()})
    by_video: dict[str, list[NamedBout]] = {}
    for bout in spoken:
        by_video.setdefault(bout.video, []).append(bout)
    videos = [video for video in project.videos() if video.id in by_video]
    out = bout_outputs(path, kind, videos)
    frames = kind in (FRAME_TABLE, DEEPETHOGRAM)
    if frames and isinstance(out, Output) and len(videos) > 1:
        raise AnalysisError(
            f"There are bouts in {len(videos)} recordings, and a table of frames is of one. Choose a folder that is "
            "there, or one recording."
        )
    out.check()
    facets = {recording.id: recording.facets for recording in bouts.recordings}
    recordings: list[Told] = []
    for done, video in enumerate(videos):
        yield Progress(done, len(videos), f"reading the times of {video.path.name}")
        recordings += told([video], by_video[video.id], facets)
    recordings = _with_names(recordings, videos)
    actions = list(bouts.actions)
    write = _writer(kind, actions, every_seconds, source.words())
    files = []
    if isinstance(out, ReportFolder):
        for done, recording in enumerate(recordings):
            yield Progress(done, len(recordings), f"writing {recording.name}")
            files.append(write([recording], out / f"{recording.name}{ENDINGS[kind]}"))
    else:
        files.append(write(recordings, out))
    notes = _notes(recordings, bouts.joined, frames)
    if kind == BORIS_PROJECT:
        notes += _boris_notes(recordings)
    return Exported(tuple(files), len(spoken), tuple(notes))


def bout_outputs(path: Path | Output, kind: str, videos: Sequence[Video]) -> Output | ReportFolder:
    """What :func:`export_bouts_job` writes to: a file, or in a folder that is there a file for each of ``videos``."""
    out = output(path)
    if not out.path.is_dir():
        return out
    names = [glob.escape(f"{name}{ENDINGS[kind]}") for name in names_of(videos).values()]
    return ReportFolder(out.path, f"export {kind}", names, force=out.force, known=out.known)


def _with_names(recordings: Sequence[Told], videos: Sequence) -> list[Told]:
    names = names_of(videos)
    return [replace(recording, name=names[recording.video.id]) for recording in recordings]


def _writer(
    kind: str, actions: Sequence[str], every_seconds: float | None, words: str
) -> Callable[[Sequence[Told], Output], Path]:
    if kind == BOUTS:
        return write_bouts
    if kind == BORIS:
        return lambda recordings, path: write_boris(recordings, path, words)
    if kind == BORIS_PROJECT:
        return lambda recordings, path: write_boris_project(recordings, actions, path, words)
    if kind == FRAME_TABLE:
        return lambda recordings, path: write_frames(recordings[0], actions, path, every_seconds)
    if kind == DEEPETHOGRAM:
        return lambda recordings, path: write_deepethogram(recordings[0], actions, path)
    raise AnalysisError(f"There is no format {kind!r}. Choose one of {', '.join(FORMATS)}.")


def _notes(recordings: Sequence[Told], joined: int, frames: bool) -> list[str]:
    notes = []
    if joined:
        notes.append(f"Bouts joined to one of the same action and subject that they overlap: {joined:,}.")
    guessed = [recording.name for recording in recordings if not recording.times.exact]
    if guessed:
        notes.append(
            f"The videos of {len(guessed)} recordings cannot be read now (first: {guessed[0]}); their times follow from "
            "the mean frame rate."
        )
    if frames and any(bout.subject for recording in recordings for bout in recording.bouts):
        notes.append("A table of frames knows no subjects: a frame is 1 where any subject shows the action.")
    return notes


def _boris_notes(recordings: Sequence[Told]) -> list[str]:
    kinds: dict[str, set[bool]] = {}
    for recording in recordings:
        for bout in recording.bouts:
            kinds.setdefault(bout.action, set()).add(bout.point)
    both = [action for action, kind in kinds.items() if len(kind) == 2]
    fast = [recording.name for recording in recordings if recording.video.fps > 500]
    notes = []
    if both:
        notes.append(
            f"A behaviour of BORIS has a duration or has none, so the events without one of {', '.join(both)} are called "
            f"{both[0] + AS_POINT!r} and so on."
        )
    if fast:
        notes.append(
            f"BORIS keeps milliseconds, and {len(fast)} recordings have more than 500 frames/s (first: {fast[0]}): bouts may come "
            "back a frame off."
        )
    return notes


def write_budget(ethogram: Ethogram, path: str | os.PathLike[str]) -> Path:
    """The time budget as CSV."""
    return _table(path, budget_rows(ethogram.budget))


def write_transitions(ethogram: Ethogram, path: str | os.PathLike[str]) -> Path:
    """Transitions as CSV, or as a figure where ``path`` ends with .png or .svg."""
    if Path(path).suffix.casefold() not in (".png", ".svg"):
        return _table(path, transition_rows(ethogram.transitions))
    from actiondiff_gui.report.ethograms import transitions_figure
    from actiondiff_gui.report.style import save

    found = ethogram.transitions
    own = "with" if found.with_own else "without"
    subtitle = (
        f"{ethogram.source.words()}; {int(found.counts.sum()):,} transitions, {own} those to the same action"
    )
    return save(transitions_figure(found, subtitle=subtitle), path)


def write_raster(
    ethogram: Ethogram,
    path: str | os.PathLike[str],
    action_colours: Mapping[str, str] | None = None,
    by_action: bool = False,
) -> Path:
    """The raster as PNG or SVG."""
    from actiondiff_gui.report.ethograms import raster_figure
    from actiondiff_gui.report.style import save

    bouts = ethogram.bouts
    if not len(bouts):
        raise AnalysisError(f"There are no bouts to draw: nobody said anything ({ethogram.source.words()}).")
    names = {int(place) for place in bouts.recording}
    subtitle = f"{ethogram.source.words()}; {len(bouts):,} bouts in {len(names)} recording{'' if len(names) == 1 else 's'}"
    return save(raster_figure(bouts, action_colours, subtitle=subtitle, by_action=by_action), path)


def write_agreement(found: Agreement, path: str | os.PathLike[str]) -> Path:
    """Agreement action by action as CSV."""
    return _table(path, agreement_rows(found))


def _table(path: str | os.PathLike[str], rows: Sequence[Sequence[str]]) -> Path:
    return write_text(path, table_text(rows, delimiter_of(path)))
