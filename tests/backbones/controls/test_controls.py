"""Pixels, motion, optical flow and untrained copies as backbones."""

import numpy as np
import pytest
import torch

from actiondiff_gui.backbones.controls.names import copy_of, is_control
from actiondiff_gui.backbones.controls.offers import controls_of
from actiondiff_gui.backbones.protocol import NO_TIMESTEP, Backbone, EncodeSettings
from actiondiff_gui.backbones.registry import load_backbone, needed_offer
from actiondiff_gui.errors import BackboneError


def tokens(backbone, frames, layer=1):
    encoded = backbone.encode(frames[None], [0], EncodeSettings(backbone.resolution))
    return backbone.features(encoded, backbone.default_timestep, [layer])[layer][0].mean(dim=(-2, -1)).numpy()


def frames(count=16, side=128):
    return np.zeros((count, side, side, 3), np.uint8)


def test_pixels_are_the_mean_colours_of_fields():
    pictures = frames()
    pictures[:, 16:32, :16, 0] = 255

    found = tokens(load_backbone("pixels", "cpu"), pictures).reshape(16, 3, 8, 8)

    expected = np.zeros((3, 8, 8))
    expected[0, 1, 0] = 1
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), atol=1e-6)


def test_motion_sees_change_and_the_way_it_goes():
    across = np.linspace(0, 4 * np.pi, 128)
    pictures = np.stack(
        [np.broadcast_to(128 + 100 * np.sin(across - 0.2 * t), (128, 128)) for t in range(16)]
    )
    pictures = pictures[..., None].repeat(3, axis=-1).astype(np.uint8)
    backbone = load_backbone("motion", "cpu")

    energy, flow = tokens(backbone, pictures), tokens(backbone, pictures, 2).reshape(16, 4, 4, 4)

    assert energy[0].max() == 0
    assert energy[1:].min() > 0
    right, left, down, up = flow[1:].mean(axis=(0, 2, 3))
    assert right > 5 * left
    assert max(down, up) < 0.05 * right
    assert tokens(backbone, frames()).max() == 0


def texture(seed=0):
    """Return a picture of blots with structure in all directions, 128 x 128."""
    random = torch.Generator().manual_seed(seed)
    blots = torch.rand(1, 1, 20, 20, generator=random)
    large = torch.nn.functional.interpolate(blots, (192, 192), mode="bicubic", align_corners=False)
    return (large[0, 0].clamp(0, 1) * 255).numpy()


def test_flow_is_how_far_and_which_way_a_shifted_picture_went():
    whole = texture()
    # In the small picture of 64 x 64: 1.5 pixels to the right and 0.5 up with each frame.
    pictures = np.stack([whole[8 + t : 136 + t, 56 - 3 * t : 184 - 3 * t] for t in range(16)])
    pictures = pictures[..., None].repeat(3, axis=-1).astype(np.uint8)
    backbone = load_backbone("flow", "cpu")

    grid, whole_frame = tokens(backbone, pictures), tokens(backbone, pictures, 2)

    right, down, length = grid.reshape(16, 3, 4, 4)[1:, :, 1:3, 1:3].mean(axis=(0, 2, 3))
    assert right == pytest.approx(1.5, abs=0.1)
    assert down == pytest.approx(-0.5, abs=0.1)
    assert length == pytest.approx(np.hypot(1.5, 0.5), abs=0.1)
    speeds, ways, energy = np.split(whole_frame[1:].mean(axis=0), [10, 18])
    assert speeds.sum() == pytest.approx(1, abs=1e-5)
    assert speeds[5] > 0.6  # 1.5 to 2 pixels
    assert ways.argmax() == 7  # to the right and a little up
    assert energy[0] == pytest.approx(np.hypot(1.5, 0.5), abs=0.2)
    assert grid[0].max() == whole_frame[0].max() == 0
    assert tokens(backbone, frames()).max() == 0


def test_flow_of_flat_and_flickering_pictures_is_finite():
    pictures = frames()
    pictures[::2] = 255
    pictures[5, 30:90, 30:90] = 7
    for layer in (1, 2):
        assert np.isfinite(tokens(load_backbone("flow", "cpu"), pictures, layer)).all()


@pytest.mark.parametrize("name", ["pixels", "motion", "flow"])
def test_the_simple_ones_are_backbones(name):
    backbone = load_backbone(name, "cpu")
    assert isinstance(backbone, Backbone)
    assert backbone.default_timestep == NO_TIMESTEP
    pair = np.random.default_rng(0).integers(0, 255, (2, 16, 40, 60, 3), dtype=np.uint8)
    settings = EncodeSettings(backbone.resolution)
    both = backbone.features(backbone.encode(pair, [0, 1], settings), NO_TIMESTEP, [1])[1]
    alone = backbone.features(backbone.encode(pair[1:], [1], settings), NO_TIMESTEP, [1])[1]
    assert both.shape == (2, 16, backbone.layers[0].channels, 1, 1)
    torch.testing.assert_close(both[1:], alone)


def test_an_untrained_copy_keeps_vae_and_image_encoder_and_draws_the_unet_alone(svd_folder, backbone):
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    copy = load_backbone(f"{svd_folder}:untrained:7", "cpu")
    again = load_backbone(f"{svd_folder}:untrained:7", "cpu")
    other = load_backbone(f"{svd_folder}:untrained", "cpu")

    assert torch.equal(torch.random.get_rng_state(), before)
    assert (copy.layers, copy.schedule, copy.window) == (backbone.layers, backbone.schedule, backbone.window)
    assert copy.id == f"{svd_folder.name}:untrained:7"
    assert copy.digest == again.digest
    assert len({copy.digest, other.digest, backbone.digest}) == 3
    pictures = np.random.default_rng(0).integers(0, 255, (1, backbone.window, 32, 32, 3), dtype=np.uint8)
    settings = EncodeSettings(backbone.resolution)
    mine, trained = (each.encode(pictures, [3], settings) for each in (copy, backbone))
    torch.testing.assert_close(mine.latents, trained.latents, rtol=0, atol=0)
    torch.testing.assert_close(mine.condition, trained.condition, rtol=0, atol=0)
    torch.testing.assert_close(mine.clip, trained.clip, rtol=0, atol=0)
    one, two, three, four = (tokens(b, pictures[0], 9) for b in (copy, again, other, backbone))
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - three).max() > 1e-3
    assert np.abs(one - four).max() > 1e-3


def test_a_random_copy_draws_all_networks_and_has_another_digest(svd_folder, backbone):
    copy = load_backbone(f"{svd_folder}:random:7", "cpu")
    again = load_backbone(f"{svd_folder}:random:7", "cpu")
    strict = load_backbone(f"{svd_folder}:untrained:7", "cpu")

    assert copy.id == f"{svd_folder.name}:random:7"
    assert copy.digest == again.digest
    assert len({copy.digest, strict.digest, backbone.digest}) == 3
    # The UNet is drawn first, so both kinds have the same one; what stands before it tells them apart.
    for name, values in strict.unet.state_dict().items():
        torch.testing.assert_close(values, copy.unet.state_dict()[name], rtol=0, atol=0)
    for part in ("vae", "image_encoder"):
        drawn, trained = (getattr(each, part).state_dict() for each in (copy, backbone))
        assert any(not torch.equal(drawn[name], trained[name]) for name in trained)
    # The folder of this test was drawn from seed 0 and trained for nothing.
    pictures = np.random.default_rng(0).integers(0, 255, (backbone.window, 32, 32, 3), dtype=np.uint8)
    from_zero = tokens(load_backbone(f"{svd_folder}:random", "cpu"), pictures, 9)
    np.testing.assert_allclose(from_zero, tokens(backbone, pictures, 9), atol=1e-5)


def test_a_copy_without_its_time_axis_has_an_untrained_twin_too(svd_folder):
    copy = load_backbone(f"{svd_folder}-spatial:untrained", "cpu")
    assert copy.id == f"{svd_folder.name}-spatial:untrained"
    assert copy.spatial


def test_what_is_a_control_and_what_a_backbone_is_compared_with():
    assert copy_of("tiny:untrained") == ("tiny", ":untrained", 0)
    assert copy_of("a:untrained:12") == ("a", ":untrained", 12)
    assert copy_of("a:random:12") == ("a", ":random", 12)
    wrong = ("tiny", ":untrained", ":random", "tiny:untrained:x", "tiny:untrainedx", "tiny:random:")
    assert [name for name in wrong if is_control(name)] == []
    assert controls_of("tiny") == ("tiny:untrained", "pixels", "motion", "flow")
    assert controls_of("owner/model") == ("pixels", "motion", "flow")
    assert controls_of("pixels") == ("motion", "flow")
    with pytest.raises(BackboneError, match="No random copy of owner/model"):
        load_backbone("owner/model:random", "cpu")
    with pytest.raises(BackboneError, match="No untrained copy of pixels"):
        load_backbone("pixels:untrained", "cpu")


def test_an_untrained_copy_of_weights_elsewhere_says_that_they_are_downloaded():
    copy, trained = needed_offer("svd-xt:untrained"), needed_offer("svd-xt")
    assert copy.first_bytes(False) == trained.first_bytes(False)
    assert needed_offer("svd-xt:random").first_bytes(False) == 0
