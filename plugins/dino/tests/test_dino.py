"""Contract tests of small randomly initialised DINO models in the released format, and comparison with the library."""

import numpy as np
import pytest
import torch

from actiondiff_gui.backbones.protocol import NO_TIMESTEP, EncodeSettings
from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.testing import PROMISES, Bench

KINDS = ("dinov2", "dinov2_with_registers", "dinov3_vit")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Save a small model of each kind and return its folder."""
    import transformers as library

    made = {}

    def make(kind):
        if kind not in made:
            name = {
                "dinov2": "Dinov2",
                "dinov2_with_registers": "Dinov2WithRegisters",
                "dinov3_vit": "DINOv3ViT",
            }[kind]
            config = getattr(library, f"{name}Config")(
                hidden_size=32,
                num_hidden_layers=3,
                num_attention_heads=2,
                intermediate_size=64,
                mlp_ratio=2,
                image_size=28,
                patch_size=7,
            )
            torch.manual_seed(0)
            made[kind] = tmp_path_factory.mktemp(kind)
            getattr(library, f"{name}Model")(config).save_pretrained(made[kind])
        return made[kind]

    return make


@pytest.fixture(scope="module", params=KINDS)
def bench(folder, request):
    return Bench(str(folder(request.param)))


@pytest.mark.parametrize("promise", PROMISES)
def test_contract(bench, promise):
    PROMISES[promise](bench)


@pytest.mark.parametrize("kind", KINDS)
def test_the_walk_is_the_librarys_own_forward(folder, kind):
    backbone = load_backbone(str(folder(kind)), "cpu", "float32")
    frames = np.random.default_rng(0).integers(0, 255, (2, backbone.window, 30, 40, 3), dtype=np.uint8)
    encoded = backbone.encode(frames, [0, 1], EncodeSettings((28, 42)))
    maps = backbone.features(encoded, NO_TIMESTEP, [1, 2, 3, 4])
    seen, handles = {}, []
    for layer in backbone.layers:
        part = backbone.network.get_submodule(layer.name)
        handles.append(
            part.register_forward_hook(lambda _m, _a, out, n=layer.index: seen.__setitem__(n, out))
        )
    with torch.inference_mode():
        backbone.network(encoded.pixels.flatten(0, 1))
    for handle in handles:
        handle.remove()
    for layer, tokens in seen.items():
        positions = tokens[:, -4 * 6 :].reshape(2, backbone.window, 4, 6, 32).movedim(-1, 2)
        torch.testing.assert_close(maps[layer], positions, atol=1e-4, rtol=1e-4)


def test_attention_rows_are_the_librarys_own_weights(folder):
    from transformers import Dinov2Model

    backbone = load_backbone(str(folder("dinov2")), "cpu", "float32")
    frames = np.random.default_rng(0).integers(0, 255, (1, backbone.window, 28, 28, 3), dtype=np.uint8)
    encoded = backbone.encode(frames, [0], EncodeSettings((28, 28)))
    eager = Dinov2Model.from_pretrained(folder("dinov2"), attn_implementation="eager")
    with torch.inference_mode():
        whole = eager(encoded.pixels[0], output_attentions=True).attentions[1]
    rows = backbone.attention(encoded, NO_TIMESTEP, 2, "spatial")
    expected = whole[3, :, 1 + 2 * 4 + 1, 1:]
    expected = (expected / expected.sum(dim=1, keepdim=True)).reshape(2, 4, 4)
    np.testing.assert_allclose(rows.row(3, 2, 1), expected.numpy(), rtol=1e-3, atol=1e-5)
    with pytest.raises(BackboneError, match="no temporal attention"):
        backbone.attention(encoded, NO_TIMESTEP, 2, "temporal")


def test_weights_that_lack_are_named(folder, tmp_path):
    import shutil

    from safetensors.torch import load_file, save_file

    broken = shutil.copytree(folder("dinov2"), tmp_path / "broken")
    tensors = load_file(broken / "model.safetensors")
    tensors.pop(next(name for name in tensors if "norm1.weight" in name))
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BackboneError, match=r"1 tensors are missing .*norm1"):
        load_backbone(str(broken), "cpu", "float32")
