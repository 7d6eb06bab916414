"""Trained transformer head: probabilities of clips."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from actiondiff_gui.classifier.models.network import ActionTransformer
from actiondiff_gui.classifier.torch_errors import errors_translated, usable_device
from actiondiff_gui.classifier.training.batches import pad, shorten
from actiondiff_gui.evaluation.normalisation import Normalisation

TOKENS_PER_BATCH = 8192
"""Tokens, padding included, that go through the network at once."""


@dataclass(frozen=True)
class TransformerHead:
    """A transformer with what its tokens are normalised by.

    Attributes
    ----------
    model : ActionTransformer
        In evaluation mode.
    normalisation : Normalisation
        Of the tokens' channels.
    max_tokens : int
        Longer clips are read at this many evenly spaced tokens.
    softmax : bool
        Softmax over the actions, or a sigmoid for each.
    temperature : float
        Logits are divided by it (Guo et al. 2017, "On calibration of modern neural networks").
    """

    model: ActionTransformer
    normalisation: Normalisation
    max_tokens: int
    softmax: bool
    temperature: float = 1.0
    kind = "transformer"

    @property
    def channels(self) -> int:
        """Channels of the tokens it reads."""
        return self.model.channels

    def to(self, device: str) -> "TransformerHead":
        """Return a copy that computes on ``device``."""
        target = usable_device(device)
        with errors_translated(f"moving the classifier to {device}"):
            return replace(self, model=copy.deepcopy(self.model).to(target))

    def logits(self, tokens: Sequence[np.ndarray]) -> np.ndarray:
        """Logits ``[N, K]`` float32 before the temperature.

        Clips of similar length share a batch; how much padding a clip gets does not change its logits
        beyond rounding.
        """
        return self._applied(tokens, self.model, self.model.classes)

    def represent(self, tokens: Sequence[np.ndarray]) -> np.ndarray:
        """Return the class token of each clip after the last layer, ``[N, width]`` float32."""
        return self._applied(tokens, self.model.represent, self.model.width)

    def _applied(
        self,
        tokens: Sequence[np.ndarray],
        answer: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        size: int,
    ) -> np.ndarray:
        lengths = np.array([min(len(t), self.max_tokens) for t in tokens])
        order = np.argsort(lengths, kind="stable")
        out = np.zeros((len(tokens), size), np.float32)
        device = self.model.cls_token.device
        start = 0
        while start < len(order):
            stop = start + 1
            while stop < len(order) and (stop + 1 - start) * lengths[order[stop]] <= TOKENS_PER_BATCH:
                stop += 1
            rows = order[start:stop]
            batch, mask = pad([self.normalisation(shorten(tokens[i], self.max_tokens)) for i in rows])
            with errors_translated("applying the classifier"), torch.inference_mode():
                answers = answer(torch.from_numpy(batch).to(device), torch.from_numpy(mask).to(device))
                out[rows] = answers.float().cpu().numpy()
            start = stop
        return out

    def proba(self, tokens: Sequence[np.ndarray]) -> np.ndarray:
        """Probabilities ``[N, K]`` float32 of clips with tokens ``[L, C]`` each."""
        return probabilities(self.logits(tokens) / np.float32(self.temperature), self.softmax)


def probabilities(logits: np.ndarray, softmax: bool) -> np.ndarray:
    """Softmax over the last axis, or the sigmoid of every value; float32."""
    values = torch.from_numpy(np.ascontiguousarray(logits, np.float32))
    return (values.softmax(dim=-1) if softmax else values.sigmoid()).numpy()
