"""Loss, schedule and mixup against their formulas."""

import math

import pytest
import torch

from actiondiff_gui.classifier.training.losses import focal_loss, learning_rate_at, mix


def test_focal_loss_by_hand():
    logits, truth = torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, 0.0]])
    wrong = 1 / (1 + math.exp(-2.0))
    by_hand = [0.5**2 * math.log(2), wrong**2 * -math.log(1 - wrong)]
    known = torch.ones(1, 2)
    assert focal_loss(logits, truth, known, 0.25, 2).item() == pytest.approx(0.25 * sum(by_hand) / 2)
    only_first = focal_loss(logits, truth, torch.tensor([[1.0, 0.0]]), 1.0, 2).item()
    assert only_first == pytest.approx(by_hand[0])


def test_focal_loss_with_gamma_0_is_binary_cross_entropy():
    logits, truth = torch.randn(5, 3), torch.randint(0, 2, (5, 3)).float()
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, truth)
    assert torch.allclose(focal_loss(logits, truth, torch.ones(5, 3), 1.0, 0.0), expected)


def test_what_is_not_known_has_no_gradient():
    logits = torch.zeros(2, 2, requires_grad=True)
    known = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    focal_loss(logits, torch.ones(2, 2), known, 1.0, 2.0).backward()
    assert (logits.grad != 0).tolist() == [[True, False], [False, True]]


def test_the_learning_rate_rises_then_falls_to_zero():
    rates = [learning_rate_at(s, 150, 40, 1e-3) for s in range(151)]
    assert rates[39] == pytest.approx(1e-3)
    assert rates[:40] == sorted(rates[:40])
    assert rates[40:] == sorted(rates[40:], reverse=True)
    assert rates[95] == pytest.approx(5e-4)
    assert rates[150] == pytest.approx(0, abs=1e-12)


def test_mixup_of_clips_of_different_lengths():
    batch = torch.tensor([[[1.0], [1.0], [1.0]], [[5.0], [0.0], [0.0]]])
    mask = torch.tensor([[True, True, True], [True, False, False]])
    mixed, real = mix(batch, mask, torch.tensor([1, 0]), 0.75)
    assert mixed[0, :, 0].tolist() == [2.0, 0.75, 0.75]
    assert mixed[1, :, 0].tolist() == [4.0, 0.25, 0.25]
    assert real.all()
