"""Are pixels, motion and untrained copies what they say they are?"""

import numpy as np
import pytest
import torch

from actiondiff_gui.backbones.controls import controls_of, is_control, untrained_of
from actiondiff_gui.backbones.protocol import NO_TIMESTEP, Backbone, EncodeSettings
from actiondiff_gui.backbones.registry import load_backbone
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


@pytest.mark.parametrize("name", ["pixels", "motion"])
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


def test_an_untrained_copy_is_the_architecture_with_other_weights(svd_folder, backbone):
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    copy = load_backbone(f"{svd_folder}:untrained", "cpu")
    again = load_backbone(f"{svd_folder}:untrained", "cpu")
    other = load_backbone(f"{svd_folder}:untrained:1", "cpu")

    assert torch.equal(torch.random.get_rng_state(), before)
    assert (copy.layers, copy.schedule, copy.window) == (backbone.layers, backbone.schedule, backbone.window)
    assert copy.id == f"{svd_folder.name}:untrained"
    assert copy.digest == again.digest
    assert len({copy.digest, other.digest, backbone.digest}) == 3
    pictures = np.random.default_rng(0).integers(0, 255, (backbone.window, 32, 32, 3), dtype=np.uint8)
    one, two, three, trained = (tokens(b, pictures, 9) for b in (copy, again, other, backbone))
    np.testing.assert_array_equal(one, two)
    assert np.isfinite(three).all()
    assert np.abs(three - trained).max() > 1e-3
    # The folder of this test was drawn from the same seed and trained for nothing.
    np.testing.assert_allclose(one, trained, atol=1e-5)


def test_what_is_a_control_and_what_a_backbone_is_compared_with():
    assert untrained_of("tiny:untrained") == ("tiny", 0)
    assert untrained_of("a:untrained:12") == ("a", 12)
    assert [n for n in ("tiny", ":untrained", "tiny:untrained:x", "tiny:untrainedx") if is_control(n)] == []
    assert controls_of("tiny") == ("tiny:untrained", "pixels", "motion")
    assert controls_of("owner/model") == ("pixels", "motion")
    assert controls_of("pixels") == ("motion",)
    with pytest.raises(BackboneError, match="No untrained copy of owner/model"):
        load_backbone("owner/model:untrained", "cpu")
