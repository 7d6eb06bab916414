"""Writers of one-hot tables with a row for each frame, in the variants of DeepEthogram and SimBA too."""

import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.readers.frame_table import BACKGROUND
from actiondiff_gui.project.formats.tables.table import find_table
from actiondiff_gui.project.formats.writers.bouts import delimiter_of
from actiondiff_gui.project.formats.writers.named_bout import NamedBout, Told, write_text
from actiondiff_gui.tables import table_text


def one_hot(bouts: Sequence[NamedBout], actions: Sequence[str], count: int) -> np.ndarray:
    """``[count, K]`` int8: 1 in the frames of an action's bouts, whoever the subject is."""
    out = np.zeros((count, len(actions)), np.int8)
    index = {action: k for k, action in enumerate(actions)}
    for bout in bouts:
        out[bout.start : bout.end, index[bout.action]] = 1
    return out


def write_frames(
    recording: Told, actions: Sequence[str], path: str | os.PathLike[str], every_seconds: float | None = None
) -> Path:
    """Write a row for each frame, counted from 0 in the column ``frame``, and a column of 0 and 1 for each action.

    With ``every_seconds`` the rows are that far apart and begin with ``time`` in seconds, as in BORIS's binary
    table: 1 for what is shown at that moment.

    Raises
    ------
    ProjectError
        The step makes no sense, or the disk refuses.
    """
    hot = one_hot(recording.bouts, actions, recording.times.count)
    if every_seconds is None:
        counted = np.column_stack([np.arange(len(hot)), hot])
        return _write(path, ["frame", *actions], counted.tolist())
    if not (math.isfinite(every_seconds) and every_seconds >= 0.001):
        raise ProjectError("The rows of a frame table must lie at least 0.001 s apart.")
    edges = recording.times.edges
    steps = int(np.ceil(edges[-1] / every_seconds - 1e-9))
    times = np.arange(steps) * every_seconds
    # A time is rounded when it is written, and a frame that begins there is meant.
    frame = np.clip(np.searchsorted(edges, times + 0.0005, side="right") - 1, 0, len(hot) - 1)
    rows = [[f"{t:.3f}", *shown] for t, shown in zip(times, hot[frame].tolist(), strict=True)]
    return _write(path, ["time", *actions], rows)


def write_deepethogram(recording: Told, actions: Sequence[str], path: str | os.PathLike[str]) -> Path:
    """DeepEthogram's ``<video>_labels.csv``: a nameless frame counter, ``background``, and the actions.

    Frames in which nobody looked are -1 in all columns, and DeepEthogram does not train on them.
    """
    hot = one_hot(recording.bouts, actions, recording.times.count)
    background = (hot.max(axis=1, initial=0) == 0).astype(np.int8)
    hot = np.column_stack([background, hot])
    hot[~_watched(recording)] = -1
    return _write(path, ["", BACKGROUND, *actions], np.column_stack([np.arange(len(hot)), hot]).tolist())


def write_simba(recording: Told, actions: Sequence[str], path: str | os.PathLike[str]) -> Path:
    """SimBA's ``targets_inserted/<video>.csv``: a nameless frame counter, and a column of 0 and 1 for each action.

    SimBA trains on what stands in front of them: written into the folder ``targets_inserted`` of a project of SimBA,
    the table begins with the columns of the video's file in ``features_extracted``.

    Raises
    ------
    ProjectError
        That file has another number of rows than the video has frames, or cannot be read.
    """
    hot = one_hot(recording.bouts, actions, recording.times.count)
    features = simba_features(recording, path)
    if features is None:
        return _write(path, ["", *actions], np.column_stack([np.arange(len(hot)), hot]).tolist())
    table = find_table(features, lambda names: True, "at least two columns", within=1)
    if len(table.rows) != len(hot):
        raise ProjectError(
            f"{features} of SimBA has {len(table.rows):,} rows and {recording.video.path.name} {len(hot):,} frames. Nothing was "
            "written; check that it is the same video, or write to a folder outside of the project of SimBA."
        )
    kept = [index for index, name in enumerate(table.columns) if name not in actions]
    header = [*(table.columns[index] for index in kept), *actions]
    rows = [
        [*(cells[index] for index in kept), *shown]
        for (_, cells), shown in zip(table.rows, hot.tolist(), strict=True)
    ]
    return _write(path, header, rows)


def simba_features(recording: Told, path: str | os.PathLike[str]) -> Path | None:
    """Return the video's table of features where ``path`` lies in the folder ``targets_inserted`` of a project of SimBA."""
    folder = Path(path).absolute().parent
    features = folder.with_name("features_extracted") / f"{recording.name}.csv"
    return features if folder.name == "targets_inserted" and features.is_file() else None


def _watched(recording: Told) -> np.ndarray:
    """Return whether all actions were observed in a frame, ``[T]`` bool."""
    count = recording.times.count
    if recording.watched is None:
        return np.ones(count, bool)
    out = np.zeros(count, bool)
    for start, end in recording.watched:
        out[start:end] = True
    for bout in recording.bouts:
        out[bout.start : bout.end] = True
    return out


def _write(path: str | os.PathLike[str], header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    # Other tools read these tables and must find each action under its own name.
    text = table_text([header, *rows], delimiter_of(path), for_spreadsheets=False)
    return write_text(path, text)
