"""Contract tests of a small randomly initialised Stable Diffusion in the released format, and comparison with the library."""

import json

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from actiondiff_gui.backbones.protocol import EncodeSettings
from actiondiff_gui.testing import PROMISES, Bench


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("sd21")
    torch.manual_seed(0)
    UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(32, 32, 64, 64),
        attention_head_dim=(2, 2, 4, 4),
        cross_attention_dim=32,
        layers_per_block=2,
        use_linear_projection=True,
    ).save_pretrained(path / "unet")
    AutoencoderKL(
        block_out_channels=(32, 32),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        layers_per_block=1,
        latent_channels=4,
    ).save_pretrained(path / "vae")
    DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear").save_pretrained(
        path / "scheduler"
    )
    CLIPTextModel(
        CLIPTextConfig(
            vocab_size=300,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=9,
            bos_token_id=256,
            eos_token_id=257,
        )
    ).save_pretrained(path / "text_encoder")
    tokenizer = path / "tokenizer"
    tokenizer.mkdir()
    letters = {chr(33 + n): n for n in range(94)}
    (tokenizer / "vocab.json").write_text(
        json.dumps(letters | {"<|startoftext|>": 256, "<|endoftext|>": 257})
    )
    (tokenizer / "merges.txt").write_text("#version: 0.2\n")
    (tokenizer / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "CLIPTokenizer", "pad_token": "!", "model_max_length": 9})
    )
    return path


@pytest.fixture(scope="module")
def bench(folder):
    return Bench(str(folder))


@pytest.mark.parametrize("promise", PROMISES)
def test_contract(bench, promise):
    PROMISES[promise](bench)


def test_the_walk_is_the_librarys_own_forward(folder, bench):
    own = bench.backbone
    whole = UNet2DConditionModel.from_pretrained(folder / "unet")
    vae = AutoencoderKL.from_pretrained(folder / "vae")
    scheduler = DDPMScheduler.from_pretrained(folder / "scheduler")
    frames = bench.windows(1)
    encoded = own.encode(frames, [7], EncodeSettings(own.resolution, "noised"))
    step = own.schedule[13]
    level = int(np.linspace(999, 0, 30).round()[13])
    # The library's own latents, noise and scaling.
    with torch.inference_mode():
        pixels = torch.from_numpy(frames[0]).movedim(-1, 1).float() / 127.5 - 1
        latents = vae.encode(pixels).latent_dist.mode() * vae.config.scaling_factor
        noise = (next(own._inputs(encoded, step)) * (1 + step.sigma**2) ** 0.5 - encoded.pixels) / step.sigma
        noisy = scheduler.add_noise(latents, noise[0], torch.tensor([level]))
        seen, handles = {}, []
        for layer in own.layers:
            part = whole.get_submodule(layer.name)
            handles.append(
                part.register_forward_hook(lambda _m, _a, out, n=layer.index: seen.__setitem__(n, out))
            )
        whole(noisy, level, encoder_hidden_states=own.text.expand(len(noisy), -1, -1))
        for handle in handles:
            handle.remove()
    maps = own.features(encoded, step, bench.layers)
    assert sorted(seen) == bench.layers
    for layer, out in seen.items():
        out = out[0] if isinstance(out, tuple) else out
        torch.testing.assert_close(maps[layer][0], out, atol=1e-4, rtol=1e-3)


def test_the_text_is_what_the_models_own_encoder_makes_of_nothing(folder, bench):
    tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    encoder = CLIPTextModel.from_pretrained(folder / "text_encoder")
    tokens = tokenizer("", padding="max_length", max_length=9, return_tensors="pt").input_ids
    assert tokens.tolist() == [[256, 257, 0, 0, 0, 0, 0, 0, 0]]
    with torch.inference_mode():
        torch.testing.assert_close(bench.backbone.text, encoder(tokens).last_hidden_state)


def test_only_what_is_run_stays_in_memory(bench):
    names = [name for part in bench.networks().values() for name, _ in part.named_parameters()]
    assert names
    assert not [n for n in names if n.startswith(("up_blocks", "conv_out", "decoder", "post_quant", "text"))]
    assert set(bench.networks()) == {"unet", "vae"}


def test_what_is_downloaded_in_half_precision_is_enough(folder, tmp_path):
    """Only the files that the patterns name, in half precision, as the hub's client would choose them."""
    import shutil

    from actiondiff_sd21 import FAMILY

    from actiondiff_gui.backbones.registry import find_offer, load_backbone

    for file in folder.rglob("*.safetensors"):
        half = file.with_name(f"{file.stem}.fp16.safetensors")
        (tmp_path / "all" / file.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(file, tmp_path / "all" / file.parent.name / half.name)
    shutil.copytree(folder, tmp_path / "all", dirs_exist_ok=True)
    chosen = tmp_path / "chosen"
    for pattern in FAMILY.patterns(half=True):
        for file in (tmp_path / "all").glob(pattern):
            (chosen / file.parent.name).mkdir(parents=True, exist_ok=True)
            shutil.copy(file, chosen / file.parent.name)
    names = {file.name for file in chosen.rglob("*.safetensors")}
    assert names == {"diffusion_pytorch_model.fp16.safetensors", "model.fp16.safetensors"}
    assert FAMILY.is_whole(chosen, half=True)
    assert not FAMILY.is_whole(chosen, half=False)
    backbone = load_backbone(str(chosen), "cpu", "bfloat16")
    assert (backbone.digest, backbone.precision) == (find_offer(str(chosen)).digest(True)[0], "bfloat16")
    (chosen / "scheduler" / "scheduler_config.json").unlink()
    assert not FAMILY.is_whole(chosen, half=True)


def test_a_frame_does_not_see_the_others(bench):
    frames = bench.windows(1)
    other = frames.copy()
    other[0, 1:] = 0
    one, two = (bench.maps(each, [9])[9] for each in (frames, other))
    np.testing.assert_allclose(one[0, 0], two[0, 0], rtol=1e-4, atol=1e-5)


def test_the_schedule_is_the_released_models_own():
    from actiondiff_gui.backbones.identity import describe

    said = describe("sd21")
    alphas = DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear").alphas_cumprod
    expected = [float(((1 - alphas[i]) / alphas[i]) ** 0.5) for i in (999, 310, 0)]
    found = [said.schedule[i].sigma for i in (0, 20, 29)]
    np.testing.assert_allclose(found, expected, rtol=1e-3)
    assert (said.resolution, len(said.layers)) == ((768, 768), 13)
