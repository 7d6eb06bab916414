"""Prediction of actions in clips and along long recordings."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.classifier.training.batches import check_clips
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.features.tokens import FeatureAddress
from actiondiff_gui.progress import Job, Progress

PER_REPORT = 128
"""Clips or windows that are classified between two reports."""


@dataclass(frozen=True)
class RecordingPrediction:
    """Probabilities along a recording.

    Attributes
    ----------
    starts, ends : ndarray
        ``[L]``: the frames each token stands for, end exclusive. A token stands for the frames up to the
        next one, but for no more than the usual step: frames that were not extracted have no answer.
    probabilities : ndarray
        ``[L, K]`` float32, the mean over all windows that cover the token.
    classes : tuple of str
        Names of the K actions.
    single_label : bool
        Whether exactly one action at a time is meant.
    """

    starts: np.ndarray
    ends: np.ndarray
    probabilities: np.ndarray
    classes: tuple[str, ...]
    single_label: bool

    def per_frame(self, first: int | None = None, end: int | None = None) -> np.ndarray:
        """``[end - first, K]`` float32, NaN in frames without an answer.

        Parameters
        ----------
        first, end : int, optional
            Frames, end exclusive; by default all that the tokens stand for.
        """
        first = int(self.starts[0]) if first is None else first
        end = int(self.ends[-1]) if end is None else end
        frames = np.arange(first, end)
        token = np.searchsorted(self.starts, frames, side="right") - 1
        out = self.probabilities[np.maximum(token, 0)]
        out[(token < 0) | (frames >= self.ends[token])] = np.nan
        return out


def window_starts(length: int, window: int, hop: int) -> np.ndarray:
    """First tokens of the windows over ``length`` tokens: every ``hop``, and one that ends with the last.

    Where there are fewer tokens than a window, one window holds them all.
    """
    last = max(length - window, 0)
    return np.unique(np.append(np.arange(0, last + 1, hop), last))


def token_spans(frames: np.ndarray) -> tuple[np.ndarray, list[slice]]:
    """Frames each token stands for, and the stretches of tokens without a hole between them.

    Parameters
    ----------
    frames : ndarray
        ``[L]``, rising.

    Returns
    -------
    ends : ndarray
        ``[L]``, exclusive: the next token's frame, or the usual (median) step further.
    stretches : list of slice
        Runs of tokens no further apart than one and a half usual steps.
    """
    steps = np.diff(frames)
    usual = max(int(np.median(steps)), 1) if len(steps) else 1
    holes = np.flatnonzero(steps > 1.5 * usual)
    ends = np.append(frames[1:], frames[-1] + usual)
    ends[holes] = frames[holes] + usual
    edges = [0, *(holes + 1), len(frames)]
    return ends, [slice(int(a), int(b)) for a, b in pairwise(edges)]


def predict_recording_job(
    classifier: TrainedClassifier,
    tokens: np.ndarray,
    frames: Sequence[int] | np.ndarray,
    address: FeatureAddress,
    window: int = 16,
    hop: int = 4,
) -> Job[RecordingPrediction]:
    """Slide a window over a recording and average the answers of all windows that cover a token.

    Windows never reach across a hole in the extracted frames.

    Parameters
    ----------
    classifier : TrainedClassifier
        What to ask.
    tokens : ndarray
        ``[L, C]`` in time order.
    frames : array of int
        ``[L]``, the frame each token was computed from, rising.
    address : FeatureAddress
        Where the tokens come from.
    window, hop : int
        In tokens; a window about as long as the training clips answers best.

    Raises
    ------
    ClassifierError
        The features come from another address or are damaged, the frames do not fit them, or window and
        hop make no sense.
    """
    classifier.check_address(address)
    check_clips(["of the recording"], [tokens], classifier.head.channels)
    frames = np.asarray(frames, dtype=np.int64)
    if frames.shape != (len(tokens),) or (np.diff(frames) <= 0).any():
        raise ClassifierError(
            f"The recording has {len(tokens)} tokens and {frames.size} frame numbers; there must be one "
            "rising frame number for each token. Extract the recording's features again."
        )
    if not 1 <= hop <= window:
        raise ClassifierError(
            f"A window of {window} tokens every {hop} was asked for: the hop must lie between 1 and "
            "the window."
        )
    ends, stretches = token_spans(frames)
    spans = [
        (stretch.start + int(start), min(stretch.start + int(start) + window, stretch.stop))
        for stretch in stretches
        for start in window_starts(stretch.stop - stretch.start, window, hop)
    ]
    total = np.zeros((len(tokens), len(classifier.classes)))
    covered = np.zeros(len(tokens), int)
    for done in range(0, len(spans), PER_REPORT):
        yield Progress(done, len(spans), "classifying windows")
        part = spans[done : done + PER_REPORT]
        answers = classifier.head.proba([tokens[a:b] for a, b in part])
        for (a, b), answer in zip(part, answers, strict=True):
            total[a:b] += answer
            covered[a:b] += 1
    yield Progress(len(spans), len(spans), "classified")
    mean = (total / covered[:, None]).astype(np.float32)
    return RecordingPrediction(frames, ends, mean, classifier.classes, classifier.single_label)
