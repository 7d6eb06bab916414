"""Calibration of confidences: reliability diagram and expected calibration error."""

from typing import Any

import numpy as np

from actiondiff_gui.evaluation.metrics import hits_of

BINS = 10


def confidences(
    probabilities: np.ndarray, truth: np.ndarray, known: np.ndarray, single_label: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Confidence of each answer ``[M]`` and whether it was right ``[M]`` bool.

    Where clips show one action each: of the most probable action of each clip. Otherwise: of every action in every clip
    where it is known.
    """
    if single_label:
        scored = truth.any(axis=1)
        return probabilities.max(axis=1)[scored].astype(float), hits_of(probabilities, truth)[scored] > 0
    return probabilities[known].astype(float), truth[known]


def reliability(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> dict[str, Any]:
    """Return how often answers are right, by their confidence (Guo et al. 2017, "On calibration of modern neural networks").

    Returns
    -------
    dict
        ``error``: the expected calibration error, the mean distance between confidence and share of correct predictions over
        ``bins`` equal bins, weighted by their answers; NaN without any. ``bins``: those with answers, as ``low``,
        ``high``, ``answers``, mean ``confidence`` and share ``right``.
    """
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    rows = []
    for n in range(bins):
        here = bin_of == n
        if here.any():
            rows.append(
                {
                    "low": n / bins,
                    "high": (n + 1) / bins,
                    "answers": int(here.sum()),
                    "confidence": float(confidence[here].mean()),
                    "right": float(right[here].mean()),
                }
            )
    total = sum(row["answers"] for row in rows)
    gap = sum(row["answers"] * abs(row["confidence"] - row["right"]) for row in rows)
    return {"error": gap / total if total else float("nan"), "bins": rows}
