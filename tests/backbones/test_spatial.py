"""SVD without temporal layers: the same spatial layers, and no influence from frame to frame."""

import numpy as np
import pytest
import torch

from actiondiff_gui.backbones.identity import identify
from actiondiff_gui.backbones.protocol import EncodeSettings
from actiondiff_gui.backbones.registry import available, load_backbone
from actiondiff_gui.backbones.svd.walk import walk
from actiondiff_gui.errors import BackboneError

SETTINGS = EncodeSettings((32, 32))
LAYERS = list(range(1, 14))


@pytest.fixture(scope="module")
def spatial(svd_folder):
    return load_backbone(f"{svd_folder}-spatial", "cpu", "float32")


@pytest.fixture(scope="module")
def frames():
    return np.random.default_rng(3).integers(0, 255, (1, 4, 40, 56, 3), dtype=np.uint8)


def test_a_frame_is_seen_without_the_others_and_with_them_in_the_whole_model(spatial, backbone, frames):
    other = frames.copy()
    other[0, 1:] = np.random.default_rng(4).integers(0, 255, other[0, 1:].shape, dtype=np.uint8)
    for model, alike in ((spatial, True), (backbone, False)):
        one, two = (
            model.features(model.encode(each, [1], SETTINGS), model.schedule[20], LAYERS)
            for each in (frames, other)
        )
        for layer in LAYERS:
            same = torch.allclose(one[layer][0, 0], two[layer][0, 0], rtol=1e-5, atol=1e-6)
            assert same == (alike or layer == 1), layer
            assert not torch.allclose(one[layer][0, 1], two[layer][0, 1], rtol=1e-2)


def test_it_is_the_network_with_every_mixer_set_to_spatial_by_hand(spatial, backbone, frames):
    """A mixer's weight of the spatial branch is the sigmoid of its factor: 1 for a very large one."""
    encoded = spatial.encode(frames, [1], SETTINGS)
    found = spatial.features(encoded, spatial.schedule[20], LAYERS)
    mixers = {
        name: p for name, p in backbone.unet.named_parameters() if name.endswith("time_mixer.mix_factor")
    }
    assert len(mixers) == 8 + 2 + 7  # of 8 and 2 convolutions and 7 attentions, from the top to the middle
    before = {name: each.clone() for name, each in mixers.items()}
    try:
        for each in mixers.values():
            each.fill_(100.0)
        whole = backbone.encode(frames, [1], SETTINGS)
        expected = walk(
            backbone.unet, whole.latents, whole.condition, whole.clip, spatial.schedule[20].sigma, LAYERS
        )
    finally:
        for name, each in mixers.items():
            each.copy_(before[name])
    for layer in LAYERS:
        torch.testing.assert_close(found[layer], expected[layer], rtol=1e-5, atol=1e-6)


def test_temporal_weights_are_not_even_loaded(spatial, backbone):
    def weights(model):
        return sum(p.numel() for p in model.unet.parameters())

    assert not [
        name for name, _ in spatial.unet.named_parameters() if "temporal" in name or "time_mixer" in name
    ]
    assert weights(spatial) < 0.8 * weights(backbone)


def test_its_features_have_an_address_of_their_own(spatial, backbone, svd_folder):
    assert spatial.digest != backbone.digest
    assert spatial.id == f"{backbone.id}-spatial"
    identity = identify(f"{svd_folder}-spatial", "cpu", "float32")
    assert (identity.digest, identity.id) == (spatial.digest, spatial.id)
    assert identity.layers == backbone.layers


def test_it_is_offered_for_the_released_models_and_the_sample():
    names = {offer.id: offer for offer in available()}
    assert {"tiny-spatial", "svd-spatial", "svd-xt-spatial"} <= set(names)
    assert names["tiny-spatial"].is_here(False)
    assert names["svd-xt-spatial"].source == names["svd-xt"].source


def test_attention_is_spatial_only(spatial, frames):
    encoded = spatial.encode(frames, [1], SETTINGS)
    row = spatial.attention(encoded, spatial.schedule[20], 9, "spatial").row(1, 0, 0)
    np.testing.assert_allclose(row.sum(axis=(1, 2)), 1, rtol=1e-5)
    with pytest.raises(BackboneError, match="temporal layers are switched off"):
        spatial.attention(encoded, spatial.schedule[20], 9, "temporal")
