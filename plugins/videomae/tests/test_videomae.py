"""Contract tests of small randomly initialised VideoMAE models in the released format, and comparison with the library."""

import numpy as np
import pytest
import torch
from transformers import VideoMAEConfig, VideoMAEForPreTraining, VideoMAEForVideoClassification, VideoMAEModel

from actiondiff_gui.backbones.protocol import NO_TIMESTEP
from actiondiff_gui.testing import PROMISES, Bench


def saved(path, kind, **options):
    config = VideoMAEConfig(
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=48,
        image_size=32,
        patch_size=8,
        num_frames=8,
        decoder_hidden_size=16,
        decoder_num_hidden_layers=1,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=16,
        **options,
    )
    torch.manual_seed(0)
    kind(config).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """As the released pre-trained checkpoints: with a decoder, which is not to be loaded."""
    return saved(tmp_path_factory.mktemp("videomae"), VideoMAEForPreTraining, use_mean_pooling=False)


@pytest.fixture(scope="module")
def bench(folder):
    return Bench(str(folder))


@pytest.mark.parametrize("promise", PROMISES)
def test_contract(bench, promise):
    PROMISES[promise](bench)


def hooked(whole, layers, pixels):
    seen, handles = {}, []
    for layer in layers:
        part = whole.get_submodule(layer.name)
        handles.append(
            part.register_forward_hook(lambda _m, _a, out, n=layer.index: seen.__setitem__(n, out))
        )
    with torch.inference_mode():
        whole(pixels)
    for handle in handles:
        handle.remove()
    return seen


def check_walk(bench, whole):
    encoded = bench.backbone.encode(bench.windows(2), [0, 1], bench.settings)
    maps = bench.backbone.features(encoded, NO_TIMESTEP, bench.layers)
    for layer, tokens in hooked(whole, bench.backbone.layers, encoded.pixels).items():
        positions = tokens.reshape(2, 4, 4, 4, 32).movedim(-1, 2)
        torch.testing.assert_close(maps[layer][:, ::2], positions, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(maps[layer][:, 1::2], positions, atol=1e-4, rtol=1e-4)


def test_the_walk_is_the_librarys_own_forward(folder, bench):
    assert len(bench.layers) == 4
    check_walk(bench, VideoMAEModel.from_pretrained(folder))


def test_a_model_finished_as_a_classifier_is_read_without_its_head(tmp_path):
    path = saved(tmp_path / "kinetics", VideoMAEForVideoClassification, use_mean_pooling=True)
    bench = Bench(str(path))
    assert len(bench.layers) == 3
    check_walk(bench, VideoMAEForVideoClassification.from_pretrained(path).videomae)


def test_the_decoder_is_not_loaded(bench):
    names = [name for name, _ in bench.backbone.network.named_parameters()]
    assert names
    assert not [name for name in names if "decoder" in name or "classifier" in name]


@pytest.mark.parametrize("kind", ["spatial", "temporal"])
def test_attention_rows_are_the_librarys_own_weights(folder, bench, kind):
    encoded = bench.backbone.encode(bench.windows(1), [0], bench.settings)
    eager = VideoMAEModel.from_pretrained(folder, attn_implementation="eager")
    seen = []
    eager.encoder.layer[1].attention.attention.register_forward_hook(lambda _m, _a, out: seen.append(out[1]))
    with torch.inference_mode():
        eager(encoded.pixels)
    weights = seen[0][0, :, 3 * 16 + 2 * 4 + 1].reshape(2, 4, 4, 4)
    expected = weights[:, 3] if kind == "spatial" else weights[:, :, 2, 1].repeat_interleave(2, dim=1)
    expected = expected / expected.flatten(1).sum(1).view(-1, *[1] * (expected.ndim - 1))
    row = bench.backbone.attention(encoded, NO_TIMESTEP, 2, kind).row(7, 2, 1)
    np.testing.assert_allclose(row, expected.numpy(), rtol=1e-3, atol=1e-5)
