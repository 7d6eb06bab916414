"""Class evidence of a classifier by position and by frame, and the most influential frames."""

from dataclasses import dataclass

import numpy as np
import torch

from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.classifier.models.transformer_head import TransformerHead
from actiondiff_gui.classifier.torch_errors import errors_translated
from actiondiff_gui.classifier.training.batches import shorten
from actiondiff_gui.errors import ClassifierError

CELLS_PER_CALL = 4096


def evidence_map(classifier: TrainedClassifier, map_: np.ndarray) -> np.ndarray:
    """Return the probability of every action where each frame's token is replaced by the feature at one position.

    As in the paper's heat maps (arXiv 2509.08908): the un-pooled features of one grid cell over time take the
    place of the spatial means, so the classifier answers for that position alone. It was trained on means, so the
    values tell positions apart and are no calibrated probabilities.

    Parameters
    ----------
    classifier : TrainedClassifier
    map_ : ndarray
        ``[T, C, h, w]`` of the clip at the classifier's address.

    Returns
    -------
    ndarray
        ``[h, w, K]`` float32.

    Raises
    ------
    ClassifierError
        If the channels are not those of the classifier.
    """
    if map_.ndim != 4 or map_.shape[1] != classifier.head.channels:
        raise ClassifierError(
            f"The classifier reads tokens of {classifier.head.channels} channels, not maps of the shape "
            f"{list(map_.shape)}. Compute the map at [{classifier.address}]."
        )
    _, channels, height, width = map_.shape
    cells = map_.astype(np.float32).reshape(len(map_), channels, -1).transpose(2, 0, 1)
    answers = [
        classifier.head.proba(list(cells[at : at + CELLS_PER_CALL]))
        for at in range(0, len(cells), CELLS_PER_CALL)
    ]
    return np.concatenate(answers).reshape(height, width, -1)


@dataclass(frozen=True)
class DecidingFrames:
    """How much each token of a clip counted.

    Attributes
    ----------
    tokens : ndarray
        ``[L]`` int, which of the clip's tokens were read.
    attention : ndarray
        ``[layers, L]`` float32: attention of the class token in each layer, mean over heads. With what it
        pays to itself each layer's sum is 1.
    rollout : ndarray
        ``[L]`` float32, attention rollout through all layers; sums to 1.
    """

    tokens: np.ndarray
    attention: np.ndarray
    rollout: np.ndarray


@torch.inference_mode()
def deciding_frames(classifier: TrainedClassifier, tokens: np.ndarray) -> DecidingFrames:
    """Attention of the class token, and its rollout (Abnar and Zuidema 2020, arXiv 2005.00928, section 3).

    Rollout follows attention through the layers, half of each layer's way being the residual connection.

    Parameters
    ----------
    classifier : TrainedClassifier
        With a transformer head.
    tokens : ndarray
        ``[L, C]`` of one clip at the classifier's address.

    Raises
    ------
    ClassifierError
        If the head is no transformer, or the channels are not its.
    """
    head = classifier.head
    if not isinstance(head, TransformerHead):
        raise ClassifierError(
            f"A {head.kind} head has no attention. Train a transformer to see which frames decided."
        )
    if tokens.ndim != 2 or tokens.shape[1] != head.channels or not len(tokens):
        raise ClassifierError(
            f"The classifier reads tokens of {head.channels} channels, not an array of the shape {list(tokens.shape)}."
        )
    read = np.round(np.linspace(0, len(tokens) - 1, min(len(tokens), head.max_tokens))).astype(int)
    model = head.model
    device = model.cls_token.device
    with errors_translated("looking at the classifier's attention"):
        values = torch.from_numpy(head.normalisation(shorten(tokens, head.max_tokens)))[None].to(device)
        x, padding = model.embed(values, torch.ones(values.shape[:2], dtype=torch.bool, device=device))
        rollout = torch.eye(x.shape[1], device=device)
        rows = []
        for layer in model.encoder.layers:
            _, weights = layer.self_attn(x, x, x, key_padding_mask=padding, need_weights=True)
            rows.append(weights[0, 0, 1:])
            rollout = (weights[0] + torch.eye(x.shape[1], device=device)) / 2 @ rollout
            x = layer(x, src_key_padding_mask=padding)
        share = rollout[0, 1:]
    return DecidingFrames(
        read, torch.stack(rows).float().cpu().numpy(), (share / share.sum()).float().cpu().numpy()
    )
