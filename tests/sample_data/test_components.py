"""Principal components in the VAE's encoder, fixed while the decoder learns."""

import numpy as np
import pytest
import torch

from sample_data.tiny_model.components import begin_as_components, components, gathered
from sample_data.tiny_model.networks import Shape, new_vae
from sample_data.tiny_model.pool import to_pixels
from sample_data.tiny_model.steps import load_checkpoint
from sample_data.tiny_model.train_vae import begin_vae, train_decoder
from sample_data.world import render_batch, sample_spec


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    specs = [sample_spec(100_500 + i, "moving") for i in range(40)]
    return render_batch(specs, 2, 64, stride=8).numpy()


@pytest.mark.parametrize(("side", "count"), [(8, 24), (16, 4)])
def test_latents_restore_frames_by_a_linear_map_nearly_as_well_as_components_do(frames, side, count):
    vae = new_vae(0, Shape(latent_side=side, latent_channels=count)).eval()
    colours = frames.astype(np.float64) / 127.5 - 1
    begin_as_components(vae, colours[:, 0])
    with torch.no_grad():
        latents = [vae.encode(to_pixels(frames[:, k])).latent_dist.mode() for k in (0, 1)]
    cells = colours
    for _ in range({8: 3, 16: 2}[side]):
        cells = gathered(cells.reshape(-1, *cells.shape[-3:]))
    patches = cells.reshape(len(frames), 2, -1, cells.shape[-1])
    codes = [z.permute(0, 2, 3, 1).reshape(-1, count).double().numpy() for z in latents]
    codes = [np.c_[code, np.ones(len(code))] for code in codes]
    back = np.linalg.lstsq(codes[0], patches[:, 0].reshape(-1, patches.shape[-1]), rcond=None)[0]
    other = patches[:, 1].reshape(-1, patches.shape[-1])
    off = np.square(codes[1] @ back - other).mean()
    mean, rows = components(patches[:, 0].reshape(-1, patches.shape[-1]), count)
    best = np.square((other - mean) @ rows.T @ rows + mean - other).mean()
    assert best < 0.2 * other.var()
    assert off < 1.35 * best


def test_more_components_than_groups_are_refused():
    vae = new_vae(0, Shape(latent_side=8, latent_channels=32))
    with pytest.raises(ValueError, match="32 components do not fit"):
        begin_as_components(vae, np.zeros((2, 64, 64, 3)))


def test_the_decoder_learns_and_the_encoder_stays(frames, tmp_path):
    shape = Shape(latent_side=8, latent_channels=4)
    begin_vae(frames, tmp_path, seed=0, shape=shape)
    before = load_checkpoint(tmp_path / "vae.pt")["average"]["vae"]
    common = {"batch": 2, "seed": 0, "device": "cpu", "shape": shape}
    train_decoder(frames, tmp_path, steps=2, **common)
    after = load_checkpoint(tmp_path / "vae.pt")
    assert after["step"] == 2
    changed = {
        name.split(".")[0] for name, value in after["vae"].items() if not torch.equal(value, before[name])
    }
    assert changed == {"decoder"}
