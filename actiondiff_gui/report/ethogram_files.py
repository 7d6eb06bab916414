"""Export of an ethogram: bouts in the formats of other tools, tables of numbers, figures."""

import glob
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.ethogram.agreement import Agreement
from actiondiff_gui.ethogram.counted import watched_frames
from actiondiff_gui.ethogram.jobs import Ethogram
from actiondiff_gui.ethogram.settings import WHOLE
from actiondiff_gui.ethogram.source import Source, named, read_bouts
from actiondiff_gui.ethogram.tables import agreement_rows, budget_rows, transition_rows
from actiondiff_gui.outputs import Output, output
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.ethograms import listed_subjects
from actiondiff_gui.project.formats.writers.bouts import delimiter_of
from actiondiff_gui.project.formats.writers.named_bout import NamedBout, Told, names_of, told, write_text
from actiondiff_gui.project.formats.writers.registry import WRITERS, Asked
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Video
from actiondiff_gui.report_folder import ReportFolder
from actiondiff_gui.tables import table_text

BORIS, BORIS_PROJECT = "boris", "boris-project"


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
    counted: str = WHOLE,
) -> Job[Exported]:
    """Write the bouts of all videos or of ``video_ids``.

    Parameters
    ----------
    project, source, video_ids
    kind : str
        A key of :data:`~actiondiff_gui.project.formats.writers.registry.WRITERS`.
    path : Path or Output
        A file; or a folder that there is, into which a file for each recording with a bout is written, named like
        the recording. Formats with one recording in a file need a folder for several.
    every_seconds : float, optional
        For tables of frames: times so far apart instead of frames.
    counted : str
        Which frames somebody looked at, see :mod:`~actiondiff_gui.ethogram.counted`; the others are -1 for DeepEthogram.

    Raises
    ------
    ActionDiffError
        There is nothing to write, or the disk refuses.
    """
    if kind == BORIS and output(path).name.casefold().endswith((".boris", ".boris.gz")):
        kind = BORIS_PROJECT  # BORIS refuses a table of that name
    if kind not in WRITERS:
        raise AnalysisError(f"There is no format {kind!r}. Choose one of {', '.join(WRITERS)}.")
    writer = WRITERS[kind]
    yield Progress(0, 0, "reading bouts")
    bouts = read_bouts(project, source, video_ids)
    if not len(bouts):
        raise AnalysisError(
            f"There are no bouts to export: no labels or predictions match ({source.words()})."
        )
    spoken = named(bouts, {clip.id: clip.facets for clip in project.clips()})
    by_video: dict[str, list[NamedBout]] = {}
    for bout in spoken:
        by_video.setdefault(bout.video, []).append(bout)
    videos = [video for video in project.videos() if video.id in by_video]
    out = bout_outputs(path, kind, videos)
    if writer.alone and isinstance(out, Output) and len(videos) > 1:
        raise AnalysisError(
            f"There are bouts in {len(videos)} recordings, and a file of this format ({writer.words}) is of one. Choose a "
            "folder that is there, or one recording."
        )
    out.check()
    facets = {recording.id: recording.facets for recording in bouts.recordings}
    watched = {} if counted == WHOLE else watched_frames(bouts, counted)
    recordings: list[Told] = []
    for done, video in enumerate(videos):
        yield Progress(done, len(videos), f"reading the times of {video.path.name}")
        (one,) = told([video], by_video[video.id], facets)
        recordings.append(replace(one, watched=watched.get(video.id)))
    recordings = _with_names(recordings, videos)
    asked = Asked(
        list(bouts.actions), source.words(), every_seconds, project.actions(), listed_subjects(project)
    )
    files, notes = [], _notes(recordings, bouts.joined, writer.subjects)
    parts = [[one] for one in recordings] if isinstance(out, ReportFolder) else [recordings]
    for done, part in enumerate(parts):
        yield Progress(done, len(parts), f"writing {part[0].name}")
        file = out / f"{part[0].name}{writer.ending}" if isinstance(out, ReportFolder) else out
        notes += writer.notes(part, file)
        files.append(writer.write(part, asked, file))
    return Exported(tuple(files), len(spoken), tuple(dict.fromkeys(notes)))


def bout_outputs(path: Path | Output, kind: str, videos: Sequence[Video]) -> Output | ReportFolder:
    """Return the outputs of :func:`export_bouts_job`: a file, or in an existing folder a file for each of ``videos``."""
    out = output(path)
    if not out.path.is_dir():
        return out
    names = [glob.escape(f"{name}{WRITERS[kind].ending}") for name in names_of(videos).values()]
    return ReportFolder(out.path, f"export {kind}", names, force=out.force, known=out.known)


def _with_names(recordings: Sequence[Told], videos: Sequence[Video]) -> list[Told]:
    names = names_of(videos)
    return [replace(recording, name=names[recording.video.id]) for recording in recordings]


def _notes(recordings: Sequence[Told], joined: int, subjects: bool) -> list[str]:
    notes = []
    if joined:
        notes.append(f"Bouts joined to one of the same action and subject that they overlap: {joined:,}.")
    guessed = [recording.name for recording in recordings if not recording.times.exact]
    if guessed:
        notes.append(
            f"The videos of {len(guessed)} recordings cannot be read now (first: {guessed[0]}); their times follow from "
            "the mean frame rate."
        )
    if not subjects and any(bout.subject for recording in recordings for bout in recording.bouts):
        notes.append("A table of frames knows no subjects: a frame is 1 where any subject shows the action.")
    return notes


def write_budget(ethogram: Ethogram, path: str | os.PathLike[str]) -> Path:
    """Write the time budget as CSV."""
    return _table(path, budget_rows(ethogram.budget))


def write_transitions(
    ethogram: Ethogram, path: str | os.PathLike[str], action_colours: Mapping[str, str] | None = None
) -> Path:
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
    return save(transitions_figure(found, subtitle=subtitle, action_colours=action_colours), path)


def write_raster(
    ethogram: Ethogram,
    path: str | os.PathLike[str],
    action_colours: Mapping[str, str] | None = None,
    by_action: bool = False,
) -> Path:
    """Write the raster as PNG or SVG."""
    from actiondiff_gui.report.ethograms import raster_figure
    from actiondiff_gui.report.style import save

    bouts = ethogram.bouts
    if not len(bouts):
        raise AnalysisError(
            f"There are no bouts to draw: no labels or predictions match ({ethogram.source.words()})."
        )
    names = {int(index) for index in bouts.recording}
    subtitle = f"{ethogram.source.words()}; {len(bouts):,} bouts in {len(names)} recording{'' if len(names) == 1 else 's'}"
    return save(raster_figure(bouts, action_colours, subtitle=subtitle, by_action=by_action), path)


def write_agreement(found: Agreement, path: str | os.PathLike[str]) -> Path:
    """Agreement action by action as CSV."""
    return _table(path, agreement_rows(found))


def _table(path: str | os.PathLike[str], rows: Sequence[Sequence[str]]) -> Path:
    return write_text(path, table_text(rows, delimiter_of(path)))
