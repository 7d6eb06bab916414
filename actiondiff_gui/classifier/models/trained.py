"""A trained classifier and the feature address that it applies to."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Union, cast

import numpy as np

from actiondiff_gui.classifier.training.batches import check_clips
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.features.tokens import FeatureAddress, TokenSet

if TYPE_CHECKING:
    import pandas as pd

    from actiondiff_gui.classifier.models.heads import SimpleHead
    from actiondiff_gui.classifier.models.transformer_head import TransformerHead

Head = Union["TransformerHead", "SimpleHead"]
"""What stands on the frozen features and answers with probabilities."""


@dataclass(frozen=True)
class TrainedClassifier:
    """A fitted head with everything that says what it is and where it may be used.

    Attributes
    ----------
    head : Head
        The fitted transformer, linear, neighbours or majority head.
    classes : tuple of str
        Names of the K actions.
    address : FeatureAddress
        Where the features it was trained on come from.
    single_label : bool
        Whether its probabilities sum to 1 over the actions (one is true) or stand for themselves.
    training_clips : int
        How many clips it was trained on.
    settings : dict
        What it was trained with.
    metrics : dict
        What was measured in training; JSON values only.
    extraction : dict
        How the features were extracted, given by the caller; JSON values only.
    """

    head: Head
    classes: tuple[str, ...]
    address: FeatureAddress
    single_label: bool
    training_clips: int
    settings: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    extraction: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Kind of the head."""
        return self.head.kind

    @property
    def scores(self) -> "pd.DataFrame":
        """What held-out clips gave: columns ``head, score, value, low, high``, with 95 % intervals; empty if none were."""
        import pandas as pd

        heads = (self.metrics.get("results") or {}).get("heads") or {}
        rows = [
            {"head": head, "score": score, **{key: found.get(key) for key in ("value", "low", "high")}}
            for head, scores in heads.items()
            for score, found in scores.items()
        ]
        return pd.DataFrame(rows, columns=["head", "score", "value", "low", "high"])

    def to(self, device: str) -> "TrainedClassifier":
        """Return the same classifier, computing on ``device``; only the transformer cares.

        Raises
        ------
        ClassifierError
            There is no such device here.
        """
        move = getattr(self.head, "to", None)
        return self if move is None else replace(self, head=move(device))

    def check_address(self, address: FeatureAddress) -> None:
        """Refuse features from elsewhere.

        The backbone's name may differ: the digest tells whether its weights and settings are the same.

        Raises
        ------
        ClassifierError
            ``address`` is not the one it was trained on.
        """
        if (address.digest, address.reading) != (self.address.digest, self.address.reading):
            raise ClassifierError(
                f"This classifier was trained on features of [{self.address}] and cannot read features of "
                f"[{address}]: extract the clips' features as in training, or train a new classifier."
            )

    def predict_proba(self, tokens: TokenSet) -> np.ndarray:
        """Probabilities ``[N, K]`` float32, columns in the order of ``self.classes``.

        Raises
        ------
        ClassifierError
            The features come from another address, or are damaged.
        """
        self.check_address(tokens.address)
        check_clips(tokens.clip_ids, tokens.tokens, self.head.channels)
        if not len(tokens):
            return np.zeros((0, len(self.classes)), np.float32)
        return self.head.proba(tokens.tokens)

    def represent(self, tokens: TokenSet) -> np.ndarray:
        """Clips as the transformer sees them, ``[N, width]`` float32, for a map of what it has learned.

        Raises
        ------
        ClassifierError
            The features come from another address or are damaged, or the head is no transformer.
        """
        if self.head.kind != "transformer":
            raise ClassifierError(
                f"A {self.kind} head has no representation of its own: map the features instead, or train a "
                "transformer."
            )
        self.check_address(tokens.address)
        check_clips(tokens.clip_ids, tokens.tokens, self.head.channels)
        # isinstance would need its class, which loads torch.
        head = cast("TransformerHead", self.head)
        return head.represent(tokens.tokens)
