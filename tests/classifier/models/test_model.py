"""Transformer network against the released one, and independence of padding."""

from pathlib import Path

import numpy as np
import pytest
import torch

from actiondiff_gui.classifier.models.network import ActionTransformer, head_count, sinusoidal_positions

GOLDEN = Path(__file__).parents[4] / "shared" / "golden" / "classifier_case.safetensors"


def test_the_network_equals_the_released_one():
    if not GOLDEN.exists():
        pytest.skip(f"the released classifier's case is not at {GOLDEN}")
    from safetensors.torch import load_file

    case = load_file(GOLDEN)
    weights = {k.removeprefix("weights."): v for k, v in case.items() if k.startswith("weights.")}
    model = ActionTransformer(64, 5, layers=3, heads=8)
    model.load_state_dict(weights)
    with torch.no_grad():
        logits = model.eval()(case["tokens"], case["mask"])
    assert (logits - case["logits"]).abs().max() < 1e-5


@pytest.mark.parametrize(("width", "heads"), [(64, 8), (36, 6), (7, 7), (13, 1), (2, 2), (1280, 8)])
def test_the_number_of_heads_divides_the_width(width, heads):
    assert head_count(width, 8) == heads
    assert ActionTransformer(width, 2, layers=1)(torch.randn(1, 3, width), torch.ones(1, 3)).shape == (1, 2)


def test_positions_follow_the_published_formula():
    codes = sinusoidal_positions(50, 6)
    assert codes[0].tolist() == [0, 1, 0, 1, 0, 1]
    expected = np.sin(7 / 10000 ** (2 / 6)), np.cos(7 / 10000 ** (2 / 6))
    assert codes[7, 2:4].numpy() == pytest.approx(expected, abs=1e-5)
    assert sinusoidal_positions(4, 5).shape == (4, 5)


@pytest.mark.parametrize("width", [None, 12])
def test_a_clips_logits_do_not_depend_on_padding_or_what_stands_in_it(width):
    torch.manual_seed(0)
    model = ActionTransformer(16, 3, layers=2, width=width).eval()
    clip = torch.randn(1, 5, 16)
    with torch.no_grad():
        alone = model(clip, torch.ones(1, 5))
        for filling in (0.0, 1e6, float("nan")):
            batch = torch.full((3, 40, 16), filling)
            batch[1, :5] = clip
            mask = torch.zeros(3, 40)
            mask[1, :5] = 1
            assert torch.allclose(model(batch, mask)[1], alone[0], atol=1e-5)


def test_the_order_of_tokens_matters():
    torch.manual_seed(0)
    model = ActionTransformer(16, 3, layers=1).eval()
    clip = torch.randn(1, 8, 16)
    with torch.no_grad():
        forward, backward = model(clip, torch.ones(1, 8)), model(clip.flip(1), torch.ones(1, 8))
    assert (forward - backward).abs().max() > 1e-3


def test_layers_start_with_different_weights():
    first, second = ActionTransformer(16, 3, layers=2).encoder.layers
    assert not torch.equal(first.linear1.weight, second.linear1.weight)


def test_class_token_attention_can_be_followed_from_the_embedding():
    torch.manual_seed(0)
    model = ActionTransformer(16, 3, layers=2).eval()
    clip, mask = torch.randn(1, 6, 16), torch.ones(1, 6)
    with torch.no_grad():
        x, padding = model.embed(clip, mask)
        for layer in model.encoder.layers:
            _, attention = layer.self_attn(x, x, x, key_padding_mask=padding, need_weights=True)
            assert attention[0, 0].sum() == pytest.approx(1, abs=1e-5)
            x = layer(x, src_key_padding_mask=padding)
        logits = model.classifier(model.encoder.norm(x)[:, 0])
        assert torch.allclose(logits, model(clip, mask), atol=1e-5)
