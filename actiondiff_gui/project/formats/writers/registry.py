"""Registry of bout writers in the order in which they are offered; each is imported when it is used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from actiondiff_gui.outputs import Output
    from actiondiff_gui.project.formats.writers.named_bout import Told
    from actiondiff_gui.project.records import Action


@dataclass(frozen=True)
class Asked:
    """Options of an export, besides the recordings.

    Attributes
    ----------
    actions : sequence of str
        All actions in their order, those without a bout too.
    words : str
        Whose bouts they are.
    every_seconds : float, optional
        For a table of 0 and 1: times so far apart instead of frames.
    ethogram : sequence of Action
        What the project knows of the actions besides their names.
    subjects : sequence of (str, str)
        Subjects that the project lists, with their keys.
    """

    actions: Sequence[str]
    words: str = ""
    every_seconds: float | None = None
    ethogram: Sequence[Action] = ()
    subjects: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Writer:
    """One format.

    Attributes
    ----------
    kind : str
        Its key in :data:`WRITERS`.
    words : str
        What a person reads.
    ending : str
        Follows the name of a recording in the name of its file.
    write : callable
        Takes recordings, what was asked, and the file.
    alone : bool
        Whether a file holds one recording.
    subjects : bool
        Whether the format knows subjects.
    notes : callable
        Takes recordings and the file; gives sentences about what does not come out as it is.
    """

    kind: str
    words: str
    ending: str
    write: Callable[[Sequence[Told], Asked, Output], Path]
    alone: bool = False
    subjects: bool = True
    notes: Callable[[Sequence[Told], Output], list[str]] = lambda recordings, path: []

    @property
    def suffix(self) -> str:
        """Ending of its files, without the dot."""
        return self.ending.rsplit(".", 1)[1]


def _bouts(recordings: Sequence[Told], asked: Asked, path: Output) -> Path:
    from actiondiff_gui.project.formats.writers.bouts import write_bouts

    return write_bouts(recordings, path)


def _boris(recordings: Sequence[Told], asked: Asked, path: Output) -> Path:
    from actiondiff_gui.project.formats.writers.bouts import write_boris

    return write_boris(recordings, path, asked.words)


def _boris_project(recordings: Sequence[Told], asked: Asked, path: Output) -> Path:
    from actiondiff_gui.project.formats.writers.boris_project import write_boris_project

    return write_boris_project(recordings, asked.actions, path, asked.words, asked.ethogram, asked.subjects)


def _boris_notes(recordings: Sequence[Told], path: Output) -> list[str]:
    from actiondiff_gui.project.formats.writers.boris_project import AS_POINT

    kinds: dict[str, set[bool]] = {}
    for recording in recordings:
        for bout in recording.bouts:
            kinds.setdefault(bout.action, set()).add(bout.point)
    both = [action for action, kind in kinds.items() if len(kind) == 2]
    notes = _milliseconds("BORIS", recordings)
    if both:
        notes.append(
            f"A behaviour of BORIS has a duration or has none, so the events without one of {', '.join(both)} are called "
            f"{both[0] + AS_POINT!r} and so on."
        )
    return notes


def _milliseconds(tool: str, recordings: Sequence[Told]) -> list[str]:
    fast = [recording.name for recording in recordings if recording.video.fps > 500]
    if not fast:
        return []
    return [
        f"{tool} keeps milliseconds, and {len(fast)} recordings have more than 500 frames/s (first: {fast[0]}): bouts may come "
        "back a frame off."
    ]


def _frames(recordings: Sequence[Told], asked: Asked, path: Output) -> Path:
    from actiondiff_gui.project.formats.writers.frame_table import write_frames

    return write_frames(recordings[0], asked.actions, path, asked.every_seconds)


def _deepethogram(recordings: Sequence[Told], asked: Asked, path: Output) -> Path:
    from actiondiff_gui.project.formats.writers.frame_table import write_deepethogram

    return write_deepethogram(recordings[0], asked.actions, path)


def _simba(recordings: Sequence[Told], asked: Asked, path: Output) -> Path:
    from actiondiff_gui.project.formats.writers.frame_table import write_simba

    return write_simba(recordings[0], asked.actions, path)


def _simba_notes(recordings: Sequence[Told], path: Output) -> list[str]:
    from actiondiff_gui.project.formats.writers.frame_table import simba_features

    if all(simba_features(recording, path) is not None for recording in recordings):
        return []
    return [
        "SimBA trains on pose and features in front of the labels, which are not in this table. Write it into the folder "
        "targets_inserted of a project of SimBA that has the video in features_extracted; or let SimBA append the bouts itself: "
        "format BORIS tabular events, as CSV."
    ]


def _elan(recordings: Sequence[Told], asked: Asked, path: Output) -> Path:
    from actiondiff_gui.project.formats.writers.elan import write_elan

    return write_elan(recordings[0], path)


def _via(recordings: Sequence[Told], asked: Asked, path: Output) -> Path:
    from actiondiff_gui.project.formats.writers.via import write_via

    return write_via(recordings, asked.actions, path)


def _nwb(recordings: Sequence[Told], asked: Asked, path: Output) -> Path:
    from actiondiff_gui.project.formats.writers.nwb import write_nwb

    return write_nwb(recordings[0], asked.actions, path, asked.words)


WRITERS: dict[str, Writer] = {
    writer.kind: writer
    for writer in (
        Writer("bouts", "Bouts (CSV)", ".csv", _bouts),
        Writer("boris", "BORIS tabular events", ".tsv", _boris),
        Writer("boris-project", "BORIS project", ".boris", _boris_project, notes=_boris_notes),
        Writer("frames", "0 and 1 for each frame (CSV)", ".csv", _frames, alone=True, subjects=False),
        Writer(
            "deepethogram",
            "DeepEthogram labels",
            "_labels.csv",
            _deepethogram,
            alone=True,
            subjects=False,
        ),
        Writer("simba", "SimBA targets", ".csv", _simba, alone=True, subjects=False, notes=_simba_notes),
        Writer(
            "elan",
            "ELAN annotations",
            ".eaf",
            _elan,
            alone=True,
            notes=lambda recordings, path: _milliseconds("ELAN", recordings),
        ),
        Writer("via", "VIA 3 project", ".json", _via),
        Writer("nwb", "NWB (ndx-ethogram)", ".nwb", _nwb, alone=True),
    )
}
