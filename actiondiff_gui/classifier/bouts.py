"""Bouts from per-token probabilities: thresholds, smoothing, start and end frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.errors import ClassifierError


@dataclass(frozen=True)
class Bout:
    """An action from frame ``start`` up to, not including, frame ``end``.

    ``confidence`` is the mean probability of the action over these frames; 1 for a person's bouts.
    """

    label: str
    start: int
    end: int
    confidence: float = 1.0


@dataclass(frozen=True)
class BoutSettings:
    """How probabilities become bouts.

    Attributes
    ----------
    threshold : float
        Least probability of a frame of a bout.
    min_length : int
        Shorter bouts are dropped, frames.
    max_gap : int
        Bouts of one action no further apart than this are one, frames.
    smoothing : int
        Length of the centred moving mean taken first, frames; 1 for none.

    Raises
    ------
    ClassifierError
        A value makes no sense.
    """

    threshold: float = 0.5
    min_length: int = 1
    max_gap: int = 0
    smoothing: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise ClassifierError(f"The threshold is {self.threshold}; it must lie between 0 and 1.")
        for name, least in (("min_length", 1), ("max_gap", 0), ("smoothing", 1)):
            if getattr(self, name) < least:
                raise ClassifierError(
                    f"The setting {name!r} is {getattr(self, name)}; at least {least} is needed."
                )


def smoothed(probabilities: np.ndarray, frames: int) -> np.ndarray:
    """Centred moving mean over ``frames`` frames of ``[T, K]``, float64.

    At the edges and beside frames without an answer (NaN) it is the mean of what there is; frames without
    an answer stay without. An even length reaches one frame further back than ahead.
    """
    values = probabilities.astype(np.float64)
    if frames == 1 or not len(values):
        return values
    known = ~np.isnan(values)
    before, after = frames // 2, frames - frames // 2
    low = np.maximum(np.arange(len(values)) - before, 0)
    high = np.minimum(np.arange(len(values)) + after, len(values))
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(np.where(known, values, 0), axis=0)])
    counts = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(known, axis=0)])
    mean = (sums[high] - sums[low]) / np.maximum(counts[high] - counts[low], 1)
    return np.where(known, mean, np.nan)


def find_bouts(
    probabilities: np.ndarray,
    classes: Sequence[str],
    settings: BoutSettings | None = None,
    single_label: bool = True,
    first_frame: int = 0,
) -> list[Bout]:
    """Bouts in the probabilities of every frame, by start.

    Smooth; keep frames that reach the threshold; join bouts across small gaps; drop short ones; and join
    again, since a dropped one may have kept two apart.

    Parameters
    ----------
    probabilities : ndarray
        ``[T, K]``; NaN where a frame has no answer.
    classes : sequence of str
        Names of the K actions.
    settings : BoutSettings
        Default: as it stands.
    single_label : bool
        Only the most probable action of a frame counts, and bouts never overlap: a gap in which another
        action has a bout is not closed. Otherwise every action is looked at by itself.
    first_frame : int
        Frame number of the first row.
    """
    settings = settings or BoutSettings()
    if probabilities.ndim != 2 or probabilities.shape[1] != len(classes):
        raise ClassifierError(
            f"There are probabilities of shape {list(probabilities.shape)} for {len(classes)} actions: "
            "predict again."
        )
    if not len(probabilities):
        return []
    smooth = np.nan_to_num(smoothed(probabilities, settings.smoothing), nan=-1.0)
    active = smooth >= settings.threshold
    if single_label:
        best = np.zeros_like(active)
        best[np.arange(len(best)), smooth.argmax(axis=1)] = True
        active &= best
    runs = [(a, b, k) for k in range(len(classes)) for a, b in runs_of(active[:, k])]
    if single_label:
        runs = _tidy(sorted(runs), settings)
    else:
        runs = [r for k in range(len(classes)) for r in _tidy([r for r in runs if r[2] == k], settings)]
    # float32 sums drift over long bouts
    values = probabilities.astype(np.float64)
    return [
        Bout(classes[k], first_frame + a, first_frame + b, float(np.nanmean(values[a:b, k])))
        for a, b, k in sorted(runs)
    ]


def runs_of(active: np.ndarray) -> list[tuple[int, int]]:
    """Start and exclusive end of every run of True in ``active`` [T]."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


Run = tuple[int, int, int]


def _tidy(runs: list[Run], settings: BoutSettings) -> list[Run]:
    joined = _join(runs, settings.max_gap)
    return _join([r for r in joined if r[1] - r[0] >= settings.min_length], settings.max_gap)


def _join(runs: list[Run], max_gap: int) -> list[Run]:
    out: list[Run] = []
    for start, end, k in runs:
        if out and out[-1][2] == k and start - out[-1][1] <= max_gap:
            out[-1] = (out[-1][0], end, k)
        else:
            out.append((start, end, k))
    return out
