"""Contract tests of a small randomly initialised Wan 2.1 in the released format, and comparison with the library."""

import numpy as np
import pytest
import torch
from actiondiff_wan21 import flow_sigmas
from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanTransformer3DModel

from actiondiff_gui.backbones.protocol import EncodeSettings, Timestep
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.testing import PROMISES, Bench


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("wan21")
    torch.manual_seed(0)
    WanTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=24,
        in_channels=4,
        out_channels=4,
        text_dim=16,
        freq_dim=32,
        ffn_dim=64,
        num_layers=3,
        rope_max_seq_len=32,
    ).save_pretrained(path / "transformer")
    AutoencoderKLWan(
        base_dim=8,
        z_dim=4,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        latents_mean=[-0.1, 0.2, 0.0, 0.3],
        latents_std=[0.5, 0.6, 0.7, 0.8],
    ).save_pretrained(path / "vae")
    UniPCMultistepScheduler(
        flow_shift=3.0, use_flow_sigmas=True, prediction_type="flow_prediction"
    ).save_pretrained(path / "scheduler")
    return path


@pytest.fixture(scope="module")
def bench(folder):
    return Bench(str(folder), resolution=(32, 32))


@pytest.mark.parametrize("promise", PROMISES)
def test_contract(bench, promise):
    PROMISES[promise](bench)


@pytest.fixture(scope="module")
def whole(folder):
    return WanTransformer3DModel.from_pretrained(folder / "transformer").eval()


def test_the_walk_is_the_librarys_own_forward(folder, bench, whole):
    """Latents, mixture and blocks; the library is given 512 tokens of zeros, as its pipeline pads."""
    own, step = bench.backbone, bench.backbone.schedule[12]
    frames = bench.windows(1)
    encoded = own.encode(frames, [7], bench.settings)
    vae = AutoencoderKLWan.from_pretrained(folder / "vae")
    seen, handles = {}, []
    for layer in own.layers:
        part = whole.get_submodule(layer.name)
        handles.append(
            part.register_forward_hook(lambda _m, _a, out, n=layer.index: seen.__setitem__(n, out))
        )
    with torch.inference_mode():
        pixels = torch.from_numpy(frames).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
        mean, std = (
            torch.tensor(each).view(1, 4, 1, 1, 1)
            for each in (vae.config.latents_mean, vae.config.latents_std)
        )
        latents = (vae.encode(pixels).latent_dist.mode() - mean) / std
        whole((1 - step.sigma) * latents, torch.tensor([1000 * step.sigma]), torch.zeros(1, 512, 16))
    for handle in handles:
        handle.remove()
    maps = own.features(encoded, step, bench.layers)
    assert sorted(seen) == bench.layers
    for layer, tokens in seen.items():
        expected = tokens.reshape(1, 7, 2, 2, 48).movedim(-1, 2)
        torch.testing.assert_close(maps[layer][:, [0, 1, 5, 9, 13, 17, 21]], expected, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(maps[layer][:, [0, 4, 8, 12, 16, 20, 24]], expected, atol=1e-4, rtol=1e-4)


def test_with_noise_the_shares_of_picture_and_noise_add_up(bench):
    own, sigma = bench.backbone, 0.25
    encoded = own.encode(bench.windows(1), [7], EncodeSettings(bench.resolution, "noised"))
    mixed = [next(own._inputs(encoded, Timestep(None, each))) for each in (sigma, 1.0)]
    torch.testing.assert_close(mixed[0], (1 - sigma) * encoded.pixels + sigma * mixed[1])
    with pytest.raises(BackboneError, match="share of noise"):
        own.features(encoded, Timestep(None, 1.5), [1])


def test_the_schedule_is_the_released_schedulers_own(folder, bench):
    scheduler = UniPCMultistepScheduler.from_pretrained(folder / "scheduler")
    scheduler.set_timesteps(30)
    np.testing.assert_allclose([t.sigma for t in bench.backbone.schedule], scheduler.sigmas[:-1], rtol=1e-4)
    np.testing.assert_allclose(flow_sigmas(30, 3.0) * 1000, scheduler.timesteps, atol=1.0)


@pytest.mark.parametrize("kind", ["spatial", "temporal"])
def test_attention_rows_are_those_of_the_library(bench, whole, kind):
    """The library's own queries and keys, taken where it hands them to its attention function."""
    import diffusers.models.transformers.transformer_wan as library

    own, step = bench.backbone, bench.backbone.schedule[12]
    encoded = own.encode(bench.windows(1), [7], bench.settings)
    found = []
    usual = library.dispatch_attention_fn

    def look(query, key, *args, **options):
        found.append((query, key))
        return usual(query, key, *args, **options)

    library.dispatch_attention_fn = look
    try:
        with torch.inference_mode():
            latents = encoded.pixels.transpose(1, 2) * (1 - step.sigma)
            whole(latents, torch.tensor([1000 * step.sigma]), torch.zeros(1, 512, 16))
    finally:
        library.dispatch_attention_fn = usual
    query, key = found[2]  # Each block attends to itself, then to the text.
    weights = torch.einsum("hd,shd->hs", query[0, 3 * 4 + 2], key[0]) / 24**0.5
    weights = weights.softmax(dim=1).reshape(2, 7, 2, 2)
    expected = weights[:, 3] if kind == "spatial" else weights[:, own.times, 1, 0]
    expected = expected / expected.flatten(1).sum(1).view(-1, *[1] * (expected.ndim - 1))
    row = own.attention(encoded, step, 2, kind).row(10, 1, 0)
    np.testing.assert_allclose(row, expected.numpy(), rtol=1e-3, atol=1e-5)


def test_only_what_is_run_is_loaded(bench):
    names = [name for part in bench.networks().values() for name, _ in part.named_parameters()]
    assert names
    assert not [n for n in names if n.startswith(("proj_out", "scale_shift_table", "decoder", "post_quant"))]


def test_a_released_name_offers_its_blocks_without_a_download():
    from actiondiff_gui.backbones.identity import describe

    said = describe("wan21-1.3b")
    assert (said.resolution, len(said.layers), said.layers[-1].channels) == ((480, 832), 30, 1536)
    assert said.grid(said.layer(15)) == (30, 52)
