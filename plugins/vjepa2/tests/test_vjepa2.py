"""Contract tests of a small randomly initialised V-JEPA 2 in the released format, and comparison with the library."""

import numpy as np
import pytest
import torch
from transformers import VJEPA2Config, VJEPA2Model

from actiondiff_gui.backbones.protocol import NO_TIMESTEP, EncodeSettings
from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.testing import PROMISES, Bench


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    config = VJEPA2Config(
        hidden_size=48,
        num_hidden_layers=3,
        num_attention_heads=2,
        mlp_ratio=2,
        crop_size=32,
        patch_size=8,
        frames_per_clip=16,
        pred_hidden_size=24,
        pred_num_attention_heads=2,
        pred_num_hidden_layers=1,
        pred_num_mask_tokens=2,
    )
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("vjepa2")
    VJEPA2Model(config).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def bench(folder):
    return Bench(str(folder))


@pytest.mark.parametrize("promise", PROMISES)
def test_contract(bench, promise):
    PROMISES[promise](bench)


def test_the_walk_is_the_librarys_own_forward(folder, bench):
    whole = VJEPA2Model.from_pretrained(folder)
    encoded = bench.backbone.encode(bench.windows(2), [0, 1], bench.settings)
    maps = bench.backbone.features(encoded, NO_TIMESTEP, [1, 2, 3, 4])
    seen, handles = {}, []
    for layer in bench.backbone.layers:
        part = whole.encoder.get_submodule(layer.name)
        handles.append(
            part.register_forward_hook(lambda _m, _a, out, n=layer.index: seen.__setitem__(n, out))
        )
    with torch.inference_mode():
        whole(encoded.pixels, skip_predictor=True)
    for handle in handles:
        handle.remove()
    for layer, tokens in seen.items():
        tokens = tokens[0] if isinstance(tokens, tuple) else tokens
        positions = tokens.reshape(2, 8, 4, 4, 48).movedim(-1, 2)
        torch.testing.assert_close(maps[layer][:, ::2], positions, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(maps[layer][:, 1::2], positions, atol=1e-4, rtol=1e-4)


def test_the_predictor_is_not_loaded(bench):
    names = [name for name, _ in bench.backbone.network.named_parameters()]
    assert names
    assert not [name for name in names if "predictor" in name]


def test_an_oblong_picture_keeps_each_places_row_and_column(bench):
    """The library's blocks, told rows and columns of the oblong grid, give the same."""
    settings = EncodeSettings((16, 48))
    encoded = bench.backbone.encode(bench.windows(1), [0], settings)
    maps = bench.backbone.features(encoded, NO_TIMESTEP, [3])[3]
    assert maps.shape[-2:] == (2, 6)
    whole = VJEPA2Model.from_pretrained(bench.offer.source)
    for block in whole.encoder.layer:
        block.attention.get_position_ids = lambda x, masks=None: (
            torch.arange(x.size(1)) // 12,
            torch.arange(x.size(1)) % 12 // 6,
            torch.arange(x.size(1)) % 6,
        )
    with torch.inference_mode():
        hidden = whole.encoder.embeddings(encoded.pixels)
        for block in whole.encoder.layer:
            hidden = block(hidden)[0]
    torch.testing.assert_close(
        maps[:, ::2], hidden.reshape(1, 8, 2, 6, 48).movedim(-1, 2), atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize("kind", ["spatial", "temporal"])
def test_attention_rows_are_the_librarys_own_weights(folder, bench, kind):
    encoded = bench.backbone.encode(bench.windows(1), [0], bench.settings)
    eager = VJEPA2Model.from_pretrained(folder, attn_implementation="eager")
    seen = []
    attention = eager.encoder.layer[1].attention
    attention.register_forward_hook(lambda _m, _a, out: seen.append(out[1]))
    with torch.inference_mode():
        eager(encoded.pixels, skip_predictor=True)
    weights = seen[0][0, :, 3 * 16 + 2 * 4 + 1].reshape(2, 8, 4, 4)
    expected = weights[:, 3] if kind == "spatial" else weights[:, :, 2, 1].repeat_interleave(2, dim=1)
    expected = expected / expected.flatten(1).sum(1).view(-1, *[1] * (expected.ndim - 1))
    row = bench.backbone.attention(encoded, NO_TIMESTEP, 2, kind).row(7, 2, 1)
    np.testing.assert_allclose(row, expected.numpy(), rtol=1e-3, atol=1e-5)


def test_a_released_name_offers_its_layers_without_a_download():
    from actiondiff_gui.backbones.identity import describe

    said = describe("vjepa2-giant-384")
    assert (said.window, said.resolution, len(said.layers), said.layers[-1].channels) == (
        16,
        (384, 384),
        41,
        1408,
    )


def test_the_folder_is_read_by_this_plugin_in_half_precision(folder):
    half = load_backbone(str(folder), "cpu", "bfloat16")
    assert next(half.network.parameters()).dtype == torch.bfloat16
