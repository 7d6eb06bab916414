"""Simple heads on the tokens of a clip, and the names of all heads: linear, nearest neighbours, majority, transformer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.evaluation.classifiers import PROBES, Simple
from actiondiff_gui.features.summary import summary_vectors

SIMPLE = (*PROBES, "majority")
"""Heads that are fitted at once; "transformer" is trained epoch by epoch."""
HEAD_KINDS = ("transformer", *SIMPLE)
SIMPLE_NAMES = {"neighbours": "knn"}
"""Names that earlier versions gave to heads, with those of today."""


@dataclass(frozen=True)
class SimpleHead:
    """A simple classifier on the summary of a clip's tokens over time.

    Attributes
    ----------
    channels : int
        Channels C of the tokens.
    model : Simple
        Of D features: the channels, several times where the summary has several parts.
    summary : str
        One of :data:`~actiondiff_gui.features.summary.SUMMARIES`.
    """

    channels: int
    model: Simple
    summary: str = "mean"

    @property
    def kind(self) -> str:
        """``"linear"``, ``"knn"`` or ``"majority"``."""
        return self.model.kind

    def proba(self, tokens: Sequence[np.ndarray]) -> np.ndarray:
        """Probabilities ``[N, K]`` float32."""
        return self.model.proba(summary_vectors(tokens, self.summary))
