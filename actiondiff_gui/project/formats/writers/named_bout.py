"""Bouts and recordings as the writers take them."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from actiondiff_gui.errors import ActionDiffError, ProjectError
from actiondiff_gui.outputs import output
from actiondiff_gui.project.formats.imports.measure import measure_video
from actiondiff_gui.project.formats.readers.contents import EVENT, MODIFIER, POINT_EVENT, of_bout
from actiondiff_gui.project.formats.writers.frame_times import FrameTimes
from actiondiff_gui.project.records import Video


@dataclass(frozen=True, slots=True)
class NamedBout:
    """One bout of an action.

    Attributes
    ----------
    video : str
        Id of its video.
    start, end : int
        First frame, and the frame after the last one.
    action : str
    subject : str or None
    said_by : str
        Who labelled it, or the model that predicted it.
    predicted : bool
    confidence : float or None
        Of a prediction.
    facets : mapping of str to str
        What is said of this bout alone: comment, modifiers, category, and whether it is an event without a duration.
    """

    video: str
    start: int
    end: int
    action: str
    subject: str | None = None
    said_by: str = ""
    predicted: bool = False
    confidence: float | None = None
    facets: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def point(self) -> bool:
        """Whether it is an event without a duration, which a clip of one frame stands for."""
        return self.facets.get(EVENT) == POINT_EVENT and self.end == self.start + 1

    @property
    def modifiers(self) -> list[str]:
        """Modifiers by their numbers, "" for one that is not given."""
        numbers = [
            int(key[len(MODIFIER) :]) for key in self.facets if key.startswith(MODIFIER) and of_bout(key)
        ]
        return [self.facets.get(f"{MODIFIER}{n + 1}", "") for n in range(min(max(numbers, default=0), 99))]


@dataclass(frozen=True)
class Told:
    """A recording with its bouts, ready to be written.

    Attributes
    ----------
    video : Video
    name : str
        Name of the file without its ending, made different where two videos share it.
    times : FrameTimes
    bouts : tuple of NamedBout
        By start.
    facets : mapping of str to str
    watched : tuple of (int, int), optional
        Stretches of frames in which somebody looked for all actions; None for all frames.
    """

    video: Video
    name: str
    times: FrameTimes
    bouts: tuple[NamedBout, ...]
    facets: Mapping[str, str] = field(default_factory=dict)
    watched: tuple[tuple[int, int], ...] | None = None


def times_of(video: Video) -> FrameTimes:
    """Return when the frames of a video begin: from its file, or by its mean frame rate where the file is not there."""
    try:
        measured = measure_video(video.path)
    except (ActionDiffError, OSError):
        return FrameTimes.of_rate(video.fps, video.frame_count)
    if measured.fingerprint != video.fingerprint or measured.frame_count != video.frame_count:
        return FrameTimes.of_rate(video.fps, video.frame_count)
    return FrameTimes.of_file(measured.timestamps, measured.fps)


def told(
    videos: Sequence[Video],
    bouts: Iterable[NamedBout],
    facets: Mapping[str, Mapping[str, str]] | None = None,
    times: Callable[[Video], FrameTimes] = times_of,
) -> list[Told]:
    """Return recordings with their bouts, in the order of ``videos``; ``facets`` by the id of the video."""
    names = names_of(videos)
    of: dict[str, list[NamedBout]] = {video.id: [] for video in videos}
    for bout in bouts:
        of[bout.video].append(bout)
    return [
        Told(
            video,
            names[video.id],
            times(video),
            tuple(sorted(of[video.id], key=lambda b: (b.start, b.end, b.action, b.subject or ""))),
            (facets or {}).get(video.id, video.facets),
        )
        for video in videos
    ]


def names_of(videos: Sequence[Video]) -> dict[str, str]:
    """Return a name for each video that no other has: its file's, with folders or a number where needed."""
    out: dict[str, str] = {}
    taken: set[str] = set()
    stems = [video.path.stem.casefold() for video in videos]
    for video in videos:
        name = video.path.stem
        if stems.count(name.casefold()) > 1:
            name = f"{video.path.parent.name}_{name}"
        free, number = name, 1
        while free.casefold() in taken:
            number += 1
            free = f"{name}_{number}"
        taken.add(free.casefold())
        out[video.id] = free
    return out


def write_text(path: str | os.PathLike[str], text: str, encoding: str = "utf-8") -> Path:
    """Write a table, which appears whole or not at all.

    Raises
    ------
    OutputError
        Nothing may be written there.
    ProjectError
        The disk refuses.
    """
    try:
        with output(path).written() as part:
            part.write_text(text, encoding=encoding, newline="")
    except OSError as error:
        raise ProjectError(
            f"The table {path} cannot be written: {error.strerror or error}. Check that its folder exists and may be "
            "written to."
        ) from error
    return Path(path)
