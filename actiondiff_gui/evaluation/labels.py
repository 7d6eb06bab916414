"""Classification targets from a project's labels."""

from typing import Any

import numpy as np


def labelled(labels: np.ndarray) -> np.ndarray:
    """``[N]`` bool: whether anybody said anything about the clip. ``labels`` is ``[N, K]`` of 1, 0, -1."""
    said: np.ndarray = (labels != 0).any(axis=1)
    return said


def answered(answers: np.ndarray) -> np.ndarray:
    """Return where an array of names holds one and not None; bool, of the same shape."""
    nothing: Any = None
    given: np.ndarray = np.not_equal(answers, nothing)
    return given


def is_single_label(labels: np.ndarray) -> bool:
    """Return whether clips show one of several actions, and never two (``labels`` ``[N, K]``).

    A clip of which is only said what it does *not* show does not count either way - unless a single action
    is shown at all: then it is an answer of its own, yes or no.
    """
    shown = labels == 1
    detector = shown.any(axis=0).sum() == 1 and (labelled(labels) & ~shown.any(axis=1)).any()
    return bool(labels.shape[1] > 1 and shown.any() and (shown.sum(axis=1) <= 1).all() and not detector)


def targets(labels: np.ndarray, unlabelled_as_negative: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Truth and what is known of it.

    Parameters
    ----------
    labels : ndarray
        ``[N, K]``: 1 shown, -1 a person said it is not shown, 0 not labelled.
    unlabelled_as_negative : bool
        Whether 0 means "not shown" in a clip that has any label. The paper's data sets are read so. A
        clip without any label says nothing either way.

    Returns
    -------
    truth : ndarray
        ``[N, K]`` bool.
    known : ndarray
        ``[N, K]`` bool: where ``truth`` may be learned from or scored.
    """
    known = labels != 0
    if unlabelled_as_negative:
        known = np.repeat(known.any(axis=1)[:, None], labels.shape[1], axis=1)
    return labels == 1, known
