import math

import numpy as np
import pytest
import torch

from actiondiff_gui.backbones.attention import attention_module
from actiondiff_gui.backbones.protocol import EncodeSettings
from actiondiff_gui.backbones.svd.walk import walk
from actiondiff_gui.errors import BackboneError


@pytest.fixture(scope="module")
def encoded(backbone):
    frames = np.random.default_rng(0).integers(0, 255, (2, 4, 40, 48, 3), dtype=np.uint8)
    return backbone.encode(frames, [1, 2], EncodeSettings(backbone.resolution))


def full_softmax(backbone, encoded, timestep, layer, kind):
    """All attention weights of one layer, written out: [batch, heads, S, S]."""
    place = next(each for each in backbone.layers if each.index == layer)
    attention = attention_module(backbone.unet, place, kind)
    seen = []

    def processor(attn, hidden_states, encoder_hidden_states=None, attention_mask=None, **_):
        batch, length, _ = hidden_states.shape
        heads = attn.heads
        q, k, v = (
            to(hidden_states).view(batch, length, heads, -1).transpose(1, 2)
            for to in (attn.to_q, attn.to_k, attn.to_v)
        )
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
        seen.append(weights)
        out = (weights @ v).transpose(1, 2).reshape(batch, length, -1)
        return attn.to_out[1](attn.to_out[0](out))

    before = attention.processor
    attention.set_processor(processor)
    try:
        with torch.inference_mode():
            walk(backbone.unet, encoded.latents, encoded.condition, encoded.clip, timestep.sigma, [layer])
    finally:
        attention.set_processor(before)
    return seen[0].numpy()


@pytest.mark.parametrize("layer", [2, 6, 9, 13])
def test_spatial_rows_are_the_softmax_of_queries_and_keys(backbone, encoded, layer):
    step = backbone.schedule[20]
    rows = backbone.attention(encoded, step, layer, "spatial", window=1)
    whole = full_softmax(backbone, encoded, step, layer, "spatial")
    height, width = rows.grid
    for frame, row, column in ((0, 0, 0), (3, height - 1, width // 2)):
        weights = rows.row(frame, row, column)
        assert weights.shape == (rows.heads, height, width)
        expected = whole[4 + frame, :, row * width + column].reshape(weights.shape)
        np.testing.assert_allclose(weights, expected, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(weights.sum((1, 2)), 1, rtol=1e-5)


@pytest.mark.parametrize("layer", [3, 8, 13])
def test_temporal_rows_are_the_softmax_over_frames_at_one_place(backbone, encoded, layer):
    step = backbone.schedule[10]
    rows = backbone.attention(encoded, step, layer, "temporal", window=0)
    whole = full_softmax(backbone, encoded, step, layer, "temporal")
    height, width = rows.grid
    for frame, row, column in ((0, 0, 0), (2, height - 1, width - 1)):
        weights = rows.row(frame, row, column)
        assert weights.shape == (rows.heads, 4)
        np.testing.assert_allclose(weights, whole[row * width + column, :, frame], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-5)


@pytest.mark.parametrize("kind", ["spatial", "temporal"])
def test_inputs_too_large_to_be_kept_give_the_same_rows_by_another_walk(backbone, encoded, kind):
    step = backbone.schedule[20]
    kept, walked = (backbone.attention(encoded, step, 6, kind, window=1) for _ in range(2))
    walked.kept, walked.nbytes = False, 0
    assert kept.kept
    assert kept.nbytes > 0
    for row, column in ((0, 0), (1, 3)):
        np.testing.assert_array_equal(walked.at(row, column), kept.at(row, column))
    assert walked._inputs is None


def test_a_kept_window_answers_further_points_without_the_network(backbone, encoded, monkeypatch):
    rows = backbone.attention(encoded, backbone.schedule[20], 6, "spatial")
    first = rows.at(0, 0)
    monkeypatch.setattr("actiondiff_gui.backbones.svd.backbone.walk", None)
    assert not np.array_equal(rows.at(1, 2), first)
    assert rows.at(0, 0) is first


def test_the_network_is_left_at_the_attention_that_was_asked_for(backbone, encoded, monkeypatch):
    def never(*_, **__):
        raise AssertionError("the asked attention itself was computed")

    module = attention_module(backbone.unet, backbone.layers[5], "spatial")
    monkeypatch.setattr(module, "forward", never)
    assert backbone.attention(encoded, backbone.schedule[20], 6, "spatial").at(0, 0).shape[0] == 4


def test_after_a_query_the_network_is_bit_for_bit_what_it_was(backbone, encoded):
    step = backbone.schedule[20]
    before = {k: v.clone() for k, v in backbone.unet.state_dict().items()}
    plain = backbone.features(encoded, step, [9])[9]
    processors = dict(backbone.unet.attn_processors)
    backbone.attention(encoded, step, 9, "spatial").row(0, 0, 0)
    assert dict(backbone.unet.attn_processors) == processors
    assert not any(module._forward_pre_hooks for module in backbone.unet.modules())
    assert torch.equal(backbone.features(encoded, step, [9])[9], plain)
    for name, value in backbone.unet.state_dict().items():
        assert torch.equal(value, before[name])


def test_a_walk_that_fails_leaves_no_hook_behind(backbone, encoded, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError("the middle of the network fails")

    monkeypatch.setattr(backbone.unet.mid_block, "forward", fails)
    with pytest.raises(Exception, match="fails"):
        backbone.attention(encoded, backbone.schedule[0], 13, "spatial").row(0, 0, 0)
    assert not any(module._forward_pre_hooks for module in backbone.unet.modules())


def test_noise_draws_are_averaged(backbone):
    frames = np.random.default_rng(1).integers(0, 255, (1, 4, 32, 32, 3), dtype=np.uint8)
    step = backbone.schedule[15]

    def rows(draws):
        settings = EncodeSettings(backbone.resolution, "noised", draws)
        return backbone.attention(backbone.encode(frames, [7], settings), step, 6, "spatial").row(1, 2, 1)

    one, two = rows(1), rows(2)
    assert not np.allclose(one, two, atol=1e-6)
    np.testing.assert_allclose(two.sum((1, 2)), 1, rtol=1e-5)


@pytest.mark.parametrize(("layer", "kind"), [(1, "spatial"), (4, "temporal"), (11, "spatial")])
def test_a_layer_without_attention_is_refused_with_the_ones_that_have_it(backbone, encoded, layer, kind):
    with pytest.raises(BackboneError, match=r"has no attention\. Choose one of 2, 3, 5, 6, 8, 9, 13"):
        backbone.attention(encoded, backbone.schedule[0], layer, kind)


def test_cross_attention_is_not_offered(backbone, encoded):
    with pytest.raises(BackboneError, match="spatial, temporal"):
        backbone.attention(encoded, backbone.schedule[0], 9, "cross")


def test_a_place_outside_the_map_is_refused(backbone, encoded):
    rows = backbone.attention(encoded, backbone.schedule[0], 9, "spatial")
    with pytest.raises(BackboneError, match="There is no row 99"):
        rows.row(0, 99, 0)
    with pytest.raises(BackboneError, match="There is no frame 4"):
        rows.row(4, 0, 0)
