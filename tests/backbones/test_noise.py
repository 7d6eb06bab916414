"""Is the noise a pure function of window, frame, draw and place, and is it normal?"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from actiondiff_gui.backbones.noise import FrameNoise, noised_latents, philox, philox_normal
from actiondiff_gui.backbones.protocol import EncodeSettings
from actiondiff_gui.backbones.torch_errors import as_backbone_errors
from actiondiff_gui.errors import BackboneError

# Of the reference implementation's own tests (Random123, kat_vectors, philox4x32 10).
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_the_words_are_those_of_the_reference(counter, key, expected):
    words = [torch.tensor([int(word, 16)]) for word in counter.split()]
    first, second = (int(word, 16) for word in key.split())
    assert [f"{int(word):08x}" for word in philox(words, (first, second))] == expected.split()


def test_a_frame_has_its_noise_whatever_else_is_drawn():
    whole = philox_normal(2**63 + 7, 2, range(6), (3, 5, 7))
    assert whole.shape == (6, 3, 5, 7)
    assert torch.equal(whole[4:5], philox_normal(2**63 + 7, 2, range(4, 5), (3, 5, 7)))
    others = [philox_normal(seed, stream, range(6), (3, 5, 7)) for seed, stream in ((7, 2), (2**63 + 7, 3))]
    for other in (*others, whole.roll(1, 0)):
        assert not torch.isclose(whole, other).any()


def test_it_is_normal():
    drawn = philox_normal(11, 0, range(4), (250_000,)).double()
    assert abs(drawn.mean()) < 4e-3
    assert abs(drawn.var() - 1) < 6e-3
    assert abs((drawn**4).mean() - 3) < 0.04
    # Neighbours come from one counter, and frames from neighbouring ones.
    for shifted in (drawn.roll(1, 1), drawn.roll(2, 1), drawn.roll(1, 0)):
        assert abs((drawn * shifted).mean()) < 4e-3


def test_the_former_kind_draws_what_it_drew():
    expected = np.random.Generator(np.random.Philox(key=[9, 3])).standard_normal((5, 2, 3), dtype=np.float32)
    noise = FrameNoise("numpy", 9, 3, "cpu", 5)
    assert np.array_equal(noise.at(range(2, 4), (2, 3)).numpy(), expected[2:4])
    assert np.array_equal(noise.at(range(5), (2, 3)).numpy(), expected)


@pytest.mark.parametrize("kind", ["numpy", "philox"])
def test_draws_are_the_same_for_all_sigmas(kind):
    settings = EncodeSettings((8, 8), "noised", 2, generator=kind)
    latents = torch.zeros(2, 3, 4, 2, 2)
    low, high = (list(noised_latents(latents, (1, 2), settings, sigma)) for sigma in (1.0, 5.0))
    assert len(low) == 2
    assert not torch.isclose(low[0], low[1]).any()
    assert not torch.isclose(low[0][0], low[0][1]).any()
    assert torch.allclose(torch.stack(low) * 5, torch.stack(high))


def frames_of(backbone, windows=2):
    shape = (windows, backbone.window, *backbone.resolution, 3)
    return np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)


def test_a_condition_without_noise_is_the_latents_in_one_pass(backbone, monkeypatch):
    frames, settings = frames_of(backbone), EncodeSettings(backbone.resolution, generator="philox")
    passes = []
    monkeypatch.setattr(backbone.vae.encoder, "forward", counting(backbone.vae.encoder.forward, passes))
    noised = backbone.encode(frames, (1, 2), settings)
    assert sum(passes) == 2 * 2 * backbone.window
    passes.clear()
    plain = backbone.encode(frames, (1, 2), replace(settings, condition="plain"))
    assert sum(passes) == 2 * backbone.window
    assert torch.equal(plain.latents, noised.latents)
    assert torch.equal(plain.condition * backbone.vae.config["scaling_factor"], plain.latents)
    assert not torch.equal(plain.condition, noised.condition)
    # The kind of noise changes the condition and nothing else.
    former = backbone.encode(frames, (1, 2), replace(settings, generator="numpy"))
    assert torch.equal(former.latents, noised.latents)
    assert not torch.equal(former.condition, noised.condition)


def counting(forward, passes):
    def counted(pixels):
        passes.append(len(pixels))
        return forward(pixels)

    return counted


def small(forward, most):
    """A network on a device that holds ``most`` things at a time."""

    def limited(given, *args, **kwargs):
        if len(given) > most:
            raise torch.OutOfMemoryError(f"out of memory with {len(given)}")
        return forward(given, *args, **kwargs)

    return limited


@pytest.fixture
def own_backbone(svd_folder):
    """A backbone that remembers no other test's lack of memory."""
    from actiondiff_gui.backbones.registry import load_backbone

    return load_backbone(str(svd_folder), "cpu", "float32")


@pytest.mark.parametrize("kind", ["numpy", "philox"])
def test_where_memory_is_short_fewer_frames_and_windows_go_at_a_time(own_backbone, kind, monkeypatch):
    backbone, frames = own_backbone, frames_of(own_backbone, 3)
    settings, step = EncodeSettings(backbone.resolution, generator=kind), backbone.schedule[20]
    whole = backbone.encode(frames, (1, 2, 3), settings)
    maps = backbone.features(whole, step, [4, 9])
    assert backbone.remark == ""
    monkeypatch.setattr(backbone.vae.encoder, "forward", small(backbone.vae.encoder.forward, 1))
    pieces = backbone.encode(frames, (1, 2, 3), settings)
    for name in ("latents", "condition", "clip"):
        assert torch.allclose(getattr(whole, name), getattr(pieces, name), rtol=1e-4, atol=1e-5)
    assert "1 frames at a time" in backbone.remark
    limit = backbone.window
    monkeypatch.setattr(backbone.unet.conv_in, "forward", small(backbone.unet.conv_in.forward, limit))
    again = backbone.features(pieces, step, [4, 9])
    assert backbone._windows.most == 1
    for layer in (4, 9):
        assert torch.allclose(maps[layer], again[layer], rtol=1e-3, atol=1e-4)


def test_where_memory_is_too_short_for_one_frame_it_is_said(own_backbone, monkeypatch):
    monkeypatch.setattr(own_backbone.vae.encoder, "forward", small(own_backbone.vae.encoder.forward, 0))
    with pytest.raises(BackboneError, match="memory"), as_backbone_errors("trying"):
        own_backbone.encode(frames_of(own_backbone), (1, 2), EncodeSettings(own_backbone.resolution))
