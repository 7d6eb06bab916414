"""One row for each recording: name, place, length, bouts, share labelled, predictions, metadata."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.project.records import Video

_FEW = 50


@dataclass(frozen=True, slots=True)
class VideoRow:
    """A recording as the table shows it.

    Attributes
    ----------
    id, name : str
    folder : Path
    frames : int
    fps : float
    bouts : int
        Clips that somebody labelled.
    labelled : float
        Share of its frames in labelled clips, 0 to 1.
    predictions : int
        Clips with a prediction.
    missing : bool
        Whether its file was not where it should be when it was last looked for.
    changed : bool
        Whether its file holds another content than when it was added.
    facets : dict of str to str
        Metadata of the whole recording.
    """

    id: str
    name: str
    folder: Path
    frames: int
    fps: float
    bouts: int = 0
    labelled: float = 0.0
    predictions: int = 0
    missing: bool = False
    changed: bool = False
    facets: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def state(self) -> str:
        """``"missing"``, ``"changed"`` or ``"there"``."""
        return "missing" if self.missing else "changed" if self.changed else "there"

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.fps


def rows_of(
    videos: Iterable[Video],
    clips: Iterable[ClipRow],
    missing: Collection[str] = frozenset(),
    changed: Collection[str] = frozenset(),
) -> list[VideoRow]:
    """Return the recordings in the order of the project, with the counts of their clips."""
    bouts: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    predicted: Counter[str] = Counter()
    for row in clips:
        if row.labels or row.denied:
            bouts[row.video_id].append((row.start, row.end))
        if row.prediction:
            predicted[row.video_id] += 1
    return [
        VideoRow(
            video.id,
            video.path.name,
            video.path.parent,
            video.frame_count,
            video.fps,
            len(bouts.get(video.id, ())),
            covered(bouts.get(video.id, ())) / video.frame_count,
            predicted[video.id],
            video.id in missing,
            video.id in changed,
            video.facets,
        )
        for video in videos
    ]


def covered(stretches: Sequence[tuple[int, int]]) -> int:
    """Return how many frames lie in one or more of some ranges, each a first frame and an end frame."""
    if len(stretches) < _FEW:  # for which arrays take longer to make than to use
        total = reach = 0
        for start, end in sorted(stretches):
            total += max(0, end - max(start, reach))
            reach = max(reach, end)
        return total
    starts, ends = np.array(sorted(stretches), np.int64).T
    reach = np.maximum.accumulate(ends)
    before = np.concatenate([[starts[0]], reach[:-1]])
    return int(np.maximum(reach - np.maximum(starts, before), 0).sum())


def shared_folder(rows: Sequence[VideoRow]) -> Path:
    """Return the innermost folder that contains all recordings; an empty path where there is none."""
    folders = {row.folder for row in rows}
    if not folders:
        return Path()
    parts = [folder.parts for folder in folders]
    same = 0
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        same += 1
    return Path(*parts[0][:same]) if same else Path()


def folder_text(row: VideoRow, shared: Path) -> str:
    """Return the folder of a recording relative to the shared folder; the shared folder's name for itself."""
    try:
        inner = row.folder.relative_to(shared)
    except ValueError:
        return str(row.folder)
    return str(inner) if inner.parts else (shared.name or str(shared))


def length_text(seconds: float) -> str:
    """Return a duration as ``"0:04.2"``, ``"12:30"``, ``"2:05:00"``."""
    if seconds < 60:
        return f"0:{seconds:04.1f}"
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def natural(text: str) -> str:
    """Return a sort key of a text in which numbers are ordered by value."""
    return re.sub("[0-9]+", lambda number: number[0].zfill(12), text.casefold())


SORTS: dict[str, Callable[[VideoRow], object]] = {
    "name": lambda row: natural(row.name),
    "folder": lambda row: natural(str(row.folder)),
    "length": lambda row: row.seconds,
    "fps": lambda row: row.fps,
    "bouts": lambda row: row.bouts,
    "labelled": lambda row: row.labelled,
    "predictions": lambda row: row.predictions,
    "state": lambda row: ("missing", "changed", "there").index(row.state),
}


def arranged(
    rows: Sequence[VideoRow],
    text: str = "",
    key: str = "",
    descending: bool = False,
    shared: Path = Path(),
) -> list[VideoRow]:
    """Return the rows that contain all words of ``text``, sorted by a column; ``""``: as they are in the project.

    Of folders only what is below ``shared`` is searched.
    """
    words = text.casefold().split()

    texts: dict[Path, str] = {}

    def searched(row: VideoRow) -> str:
        if row.folder not in texts:
            texts[row.folder] = folder_text(row, shared)
        state = "" if row.state == "there" else row.state
        return "\n".join((row.name, texts[row.folder], state, *row.facets.values())).casefold()

    found = [row for row in rows if all(word in searched(row) for word in words)] if words else list(rows)
    if key:
        value = SORTS.get(key) or (lambda row: natural(row.facets.get(key[6:], "")))
        found.sort(key=value, reverse=descending)  # type: ignore[arg-type]
    return found
