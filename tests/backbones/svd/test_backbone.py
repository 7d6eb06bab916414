"""SVD backbone: only needed parts are loaded, and features are a pure function of their inputs."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.utils.flop_counter import FlopCounterMode

from actiondiff_gui.backbones.identity import describe, description_of
from actiondiff_gui.backbones.protocol import Backbone, EncodeSettings, Timestep, resolve_timestep
from actiondiff_gui.backbones.registry import available, load_backbone
from actiondiff_gui.backbones.svd.backbone import SVDBackbone
from actiondiff_gui.backbones.svd.configs import random_parts
from actiondiff_gui.backbones.weights.files import digest_files, model_files
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.resources import sample_data

SETTINGS = EncodeSettings((32, 32))


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 255, (3, 4, 40, 56, 3), dtype=np.uint8)


def test_it_describes_itself_as_data(backbone):
    assert isinstance(backbone, Backbone)
    assert backbone.window == 4
    assert backbone.resolution == (32, 32)
    assert backbone.multiple == 16
    assert [layer.index for layer in backbone.layers] == list(range(1, 14))
    assert [layer.channels for layer in backbone.layers] == [32] * 7 + [64] * 6
    assert [layer.reduction for layer in backbone.layers] == [2, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16, 16, 16]
    assert len(backbone.schedule) == 30
    assert backbone.schedule[0].sigma == pytest.approx(700)
    assert backbone.schedule[20].sigma == pytest.approx(1.66, abs=0.005)
    assert backbone.schedule[29].sigma == pytest.approx(0.002)


def test_parts_that_features_never_need_are_not_even_read(svd_folder, tmp_path):
    folder = tmp_path / "without"
    shutil.copytree(svd_folder, folder)
    for part, dropped in (("unet", ("up_blocks.", "conv_norm_out.", "conv_out.")), ("vae", ("decoder.",))):
        file = folder / part / "diffusion_pytorch_model.safetensors"
        tensors = load_file(file)
        kept = {name: tensor for name, tensor in tensors.items() if not name.startswith(dropped)}
        assert len(kept) < len(tensors)
        save_file(kept, file)
    loaded = load_backbone(str(folder), device="cpu")
    names = [name for part in (loaded.unet, loaded.vae) for name, _ in part.named_parameters()]
    assert names
    assert not [n for n in names if n.startswith(("up_blocks", "conv_norm_out", "conv_out", "decoder"))]
    assert not [n for n, p in loaded.unet.named_parameters() if p.is_meta or p.requires_grad]


def test_features_do_not_depend_on_batch_or_order(backbone, frames):
    together = backbone.features(backbone.encode(frames, [1, 2, 3], SETTINGS), backbone.schedule[20], [2, 9])
    turned = backbone.features(backbone.encode(frames[::-1], [3, 2, 1], SETTINGS), backbone.schedule[20], [9])
    alone = backbone.features(backbone.encode(frames[1:2], [2], SETTINGS), backbone.schedule[20], [2, 9])
    for other in (turned[9][1], alone[9][0]):
        assert torch.allclose(together[9][1], other, rtol=1e-4, atol=1e-5)
    assert torch.allclose(together[2][1], alone[2][0], rtol=1e-4, atol=1e-5)


def test_the_seed_changes_only_the_augmentation_noise(backbone, frames):
    one, other = (backbone.encode(frames[:1], [seed], SETTINGS) for seed in (1, 2))
    assert torch.equal(one.latents, other.latents)
    assert torch.equal(one.clip, other.clip)
    assert not torch.equal(one.condition, other.condition)


def test_a_timestep_is_the_same_by_index_and_by_sigma(backbone, frames):
    encoded = backbone.encode(frames[:1], [1], SETTINGS)
    by_index = resolve_timestep(backbone, "t12")
    by_sigma = resolve_timestep(backbone, f"sigma={by_index.sigma!r}")
    assert (by_index.index, by_sigma.index) == (12, None)
    found, same = (backbone.features(encoded, t, [5])[5] for t in (by_index, by_sigma))
    assert torch.allclose(found, same, rtol=1e-4, atol=1e-5)


def test_a_sigma_has_as_many_digits_as_its_name_shows(backbone):
    one, other = (resolve_timestep(backbone, f"sigma=1.234567{digit}") for digit in (1, 2))
    assert one == other
    assert resolve_timestep(backbone, one.key) == one


@pytest.mark.parametrize("wanted", ["30", "-1", "t99", "warm", "sigma=0", "sigma=nan", "sigma=x"])
def test_a_timestep_that_does_not_exist_is_refused(backbone, wanted):
    with pytest.raises(BackboneError):
        resolve_timestep(backbone, wanted)


def test_noise_is_added_only_in_the_noised_regime_and_its_draws_are_averaged(backbone, frames):
    step = backbone.schedule[15]
    released = backbone.features(backbone.encode(frames[:1], [1], SETTINGS), step, [9])[9]
    draws = {
        n: backbone.features(
            backbone.encode(frames[:1], [1], EncodeSettings((32, 32), "noised", n)), step, [9]
        )[9]
        for n in (1, 2)
    }
    assert not torch.allclose(released, draws[1], rtol=1e-2)
    first = draws[1]
    second = 2 * draws[2] - first
    assert not torch.allclose(first, second, rtol=1e-2)
    again = backbone.features(
        backbone.encode(frames[:1], [1], EncodeSettings((32, 32), "noised", 2)), step, [9]
    )[9]
    assert torch.equal(draws[2], again)


def test_at_almost_no_noise_the_regimes_agree(backbone, frames):
    clean = Timestep(None, 1e-5)
    released = backbone.features(backbone.encode(frames[:1], [1], SETTINGS), clean, [9])[9]
    noised = backbone.features(
        backbone.encode(frames[:1], [1], EncodeSettings((32, 32), "noised")), clean, [9]
    )[9]
    assert torch.allclose(released, noised, rtol=1e-2, atol=1e-3)


def test_bfloat16_stays_close_to_float32(svd_folder, backbone, frames):
    half = load_backbone(str(svd_folder), device="cpu", precision="bfloat16")
    step = backbone.schedule[20]
    exact = backbone.features(backbone.encode(frames[:1], [1], SETTINGS), step, [9])[9].mean(dim=(-2, -1))
    rough = half.features(half.encode(frames[:1], [1], SETTINGS), step, [9])[9].mean(dim=(-2, -1))
    assert rough.dtype == torch.float32
    assert ((exact - rough).norm() / exact.norm()).item() < 0.05


def test_other_resolutions_give_other_grids(backbone, frames):
    encoded = backbone.encode(frames[:1], [1], EncodeSettings((32, 64)))
    assert backbone.features(encoded, backbone.schedule[20], [9])[9].shape == (1, 4, 64, 4, 8)
    with pytest.raises(BackboneError, match="multiples of 16"):
        backbone.encode(frames[:1], [1], EncodeSettings((30, 32)))


@pytest.mark.parametrize("layers", [[], [0], [14], [3, 99]])
def test_layers_that_do_not_exist_are_refused(backbone, frames, layers):
    with pytest.raises(BackboneError, match="layers 1 to 13"):
        backbone.features(backbone.encode(frames[:1], [1], SETTINGS), backbone.schedule[0], layers)


def damaged(svd_folder, tmp_path, how: str):
    folder = tmp_path / how
    shutil.copytree(svd_folder, folder)
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    if how == "truncated":
        file.write_bytes(file.read_bytes()[:-1000])
    elif how == "garbage":
        file.write_bytes(b"\x80\x04pickle" * 100)
    elif how == "missing tensor":
        tensors = load_file(file)
        del tensors["conv_in.weight"]
        save_file(tensors, file)
    elif how == "wrong shape":
        tensors = load_file(file)
        tensors["conv_in.weight"] = torch.zeros(3, 3)
        save_file(tensors, file)
    elif how == "only pickles":
        file.rename(file.with_name("diffusion_pytorch_model.bin"))
    elif how == "escaping shard":
        file.rename(file.with_name("elsewhere.safetensors"))
        index = {"weight_map": {"conv_in.weight": "../vae/diffusion_pytorch_model.safetensors"}}
        file.with_suffix(".safetensors.index.json").write_text(json.dumps(index))
    elif how == "no configuration":
        (folder / "vae" / "config.json").unlink()
    elif how == "broken configuration":
        (folder / "unet" / "config.json").write_text("{")
    elif how == "other model":
        (folder / "unet" / "config.json").write_text('{"_class_name": "UNet2DConditionModel"}')
    elif how == "impossible configuration":
        config = json.loads((folder / "unet" / "config.json").read_text())
        (folder / "unet" / "config.json").write_text(json.dumps(config | {"block_out_channels": [32]}))
    return folder


@pytest.mark.parametrize(
    "how",
    [
        "truncated",
        "garbage",
        "missing tensor",
        "wrong shape",
        "only pickles",
        "escaping shard",
        "no configuration",
        "broken configuration",
        "other model",
        "impossible configuration",
    ],
)
def test_a_damaged_folder_is_refused_in_a_sentence_that_names_it(svd_folder, tmp_path, how):
    folder = damaged(svd_folder, tmp_path, how)
    with pytest.raises(BackboneError) as refusal:
        load_backbone(str(folder), device="cpu")
    assert str(folder) in str(refusal.value)
    assert str(refusal.value).endswith((".", ")", "..."))


def test_other_weights_have_another_digest(svd_folder, backbone, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(svd_folder, folder)
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    tensors["conv_in.weight"][0, 0, 0, 0] += 1
    save_file(tensors, file)
    assert load_backbone(str(folder), device="cpu").digest != backbone.digest


def test_an_unknown_name_is_answered_with_the_choices():
    with pytest.raises(BackboneError, match=r"tiny.*svd-xt"):
        load_backbone("sdv", device="cpu")
    assert {"tiny", "svd", "svd-xt"} <= {entry.id for entry in available()}


def test_a_hub_model_without_a_network_gives_a_sentence(tmp_path):
    program = (
        "from actiondiff_gui.backbones.registry import load_backbone\n"
        "from actiondiff_gui.errors import BackboneError\n"
        "try:\n    load_backbone('svd-xt', device='cpu')\nexcept BackboneError as error:\n    print('SENTENCE', error)\n"
    )
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert (
        "SENTENCE The model stabilityai/stable-video-diffusion-img2vid-xt is not on this computer"
        in done.stdout
    )


@pytest.mark.parametrize(("device", "precision"), [("cpu", "float16"), ("cpu", "int8"), ("abacus", "auto")])
def test_an_unsound_device_or_precision_is_refused(svd_folder, device, precision):
    with pytest.raises(BackboneError):
        load_backbone(str(svd_folder), device=device, precision=precision)


def test_svd_xt_at_full_size_costs_no_more_than_what_is_asked_for():
    """Counted on the meta device, at 576 x 1024 and 25 frames: no guidance half, up blocks or decoder."""
    parts = random_parts("svd-xt", torch.bfloat16, "meta")
    svd_xt = SVDBackbone(*parts, id="svd-xt", digest="", device="meta", precision="bfloat16")
    window = np.zeros((1, 25, 576, 1024, 3), np.uint8)
    with FlopCounterMode(display=False) as shared:
        encoded = svd_xt.encode(window, [0], EncodeSettings(svd_xt.resolution))
    assert 130 < shared.get_total_flops() / 1e12 < 8.4 + 2 * 65.2 + 0.05
    for layers, most in (([9], 27.1), (list(range(1, 14)), 29.0)):
        with FlopCounterMode(display=False) as walked:
            maps = svd_xt.features(encoded, svd_xt.schedule[20], layers)
        assert most - 1 < walked.get_total_flops() / 1e12 < most
        assert maps[9].shape == (1, 25, 1280, 18, 32)


def noted(svd_folder, tmp_path, **notes):
    folder = shutil.copytree(svd_folder, tmp_path / "noted", dirs_exist_ok=True)
    (folder / "actiondiff.json").write_text(json.dumps(notes))
    return folder


def test_group_norms_are_those_of_the_released_code_unless_the_folder_says_otherwise(
    backbone, svd_folder, tmp_path, frames
):
    folder = noted(svd_folder, tmp_path, norms="diffusers")
    as_built = load_backbone(str(folder), device="cpu", precision="float32")
    # The digest that all versions gave these files, so that features computed by them are found.
    assert as_built.digest == digest_files(model_files(svd_folder))
    assert backbone.digest != as_built.digest
    one, other = (
        each.features(each.encode(frames[:1], [1], SETTINGS), each.schedule[20], [9])[9]
        for each in (backbone, as_built)
    )
    apart = ((one - other).norm() / other.norm()).item()
    assert 0 < apart < 1e-3
    assert load_backbone("tiny", device="cpu").digest == digest_files(model_files(sample_data("tiny")))


def test_a_folder_names_what_is_usual_for_it(svd_folder, tmp_path):
    folder = noted(svd_folder, tmp_path, timestep=25, layers=[3, 6], pooling="mean+change")
    about = describe(str(folder))
    loaded = load_backbone(str(folder), device="cpu")
    for each in (about, description_of(loaded)):
        assert (each.default_timestep.key, each.usual_layers, each.default_pooling) == (
            "t25",
            (3, 6),
            "mean+change",
        )
    assert about.default_layer == loaded.default_layer == 6


@pytest.mark.parametrize(
    "notes",
    [
        {"norms": "1e-5"},
        {"layers": [6, 3]},
        {"layers": [99]},
        {"timestep": 30},
        {"pooling": "max"},
        {"colour": 1},
    ],
)
def test_notes_that_make_no_sense_are_refused(svd_folder, tmp_path, notes):
    with pytest.raises(BackboneError, match=r"actiondiff\.json"):
        describe(str(noted(svd_folder, tmp_path, **notes)))
