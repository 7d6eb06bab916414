"""Loss, mixup and learning-rate schedule of a training."""

import math

import torch
from torch.nn import functional as F


def focal_loss(
    logits: torch.Tensor, truth: torch.Tensor, known: torch.Tensor, alpha: float, gamma: float
) -> torch.Tensor:
    """Focal loss on the sigmoid of each logit, mean over what is known.

    Lin et al. 2017, "Focal loss for dense object detection", equation 4, with alpha on positives and
    negatives alike.

    Parameters
    ----------
    logits, truth, known : Tensor
        ``[B, K]``; ``truth`` is 0 or 1, and counts where ``known`` is 1.
    alpha, gamma : float
        Weight, and how little what is already right counts.
    """
    bce = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    loss = alpha * (1 - torch.exp(-bce)) ** gamma * bce
    return (loss * known).sum() / known.sum().clamp(min=1)


def learning_rate_at(step: int, steps: int, warmup: int, peak: float) -> float:
    """Linear rise to ``peak`` over ``warmup`` steps, then half a cosine that reaches 0 at ``steps``."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(steps - warmup, 1)))


def mix(
    batch: torch.Tensor, mask: torch.Tensor, partner: torch.Tensor, share: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mixup of padded clips (Zhang et al. 2018): ``share`` of each, the rest from its partner.

    Parameters
    ----------
    batch, mask : Tensor
        ``[B, L, C]`` with zeros where ``mask`` [B, L] is False.
    partner : Tensor
        ``[B]``, the row each clip is mixed with.
    share : float
        Between 0 and 1.

    Returns
    -------
    batch, mask : Tensor
        A position is real where either clip has a token; beyond the end of the shorter one its part is zero.
    """
    return share * batch + (1 - share) * batch[partner], mask | mask[partner]
