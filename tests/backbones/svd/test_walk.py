"""Partial forward pass through the UNet, against the released code and diffusers' own forward."""

import pytest
import torch
from safetensors.torch import load_file

from actiondiff_gui.backbones.schedule import karras_sigmas
from actiondiff_gui.backbones.svd.backbone import set_released_norms
from actiondiff_gui.backbones.svd.inputs import clip_inputs, resize_frames
from actiondiff_gui.backbones.svd.shape import layers_of
from actiondiff_gui.backbones.svd.walk import FPS_ID, MOTION_BUCKET, NOISE_AUGMENTATION, walk


def relative_error(found: torch.Tensor, wanted: torch.Tensor) -> float:
    return ((found - wanted).norm() / wanted.norm()).item()


@pytest.fixture(scope="module")
def whole_unet(svd_folder):
    from diffusers import UNetSpatioTemporalConditionModel

    return UNetSpatioTemporalConditionModel.from_pretrained(svd_folder / "unet").eval()


def inputs(
    batch: int = 2, frames: int = 4, same_clip: bool = False
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(1)
    latents = torch.randn(batch, frames, 4, 16, 24, generator=random)
    condition = torch.randn(batch, frames, 4, 16, 24, generator=random)
    clip = torch.randn(batch, 1 if same_clip else frames, 32, generator=random)
    return latents, condition, clip.expand(batch, frames, 32)


@torch.no_grad()
@pytest.mark.parametrize(("norms", "tolerance"), [("diffusers", 1e-3), ("released", 1e-5)])
def test_all_layers_match_the_released_code(golden, norms, tolerance):
    from diffusers import UNetSpatioTemporalConditionModel

    unet = UNetSpatioTemporalConditionModel.from_pretrained(golden / "unet").eval()
    if norms == "released":
        set_released_norms(unet)
    case = load_file(golden / "unet_case.safetensors")
    sigmas = karras_sigmas(30)
    assert torch.allclose(torch.from_numpy(sigmas).float(), case["sigmas"], rtol=1e-5)
    z, condition, clip = (case[name][None] for name in ("z", "cond_latents", "clip"))
    for index in (0, 10, 20, 29):
        maps = walk(unet, z, condition, clip, float(sigmas[index]), range(1, 14))
        for layer in range(1, 14):
            assert relative_error(maps[layer][0], case[f"t{index}.layer{layer}"]) < tolerance


def test_frames_and_clip_inputs_match_the_released_code(golden):
    case = load_file(golden / "preprocess_case.safetensors")
    frames = resize_frames(case["video"], (64, 96))
    assert torch.allclose(frames, case["frames"], atol=1e-5)
    assert torch.allclose(clip_inputs(frames[:3]), case["clip_from_frames"], atol=1e-4)
    enlarged = torch.nn.functional.interpolate(frames[:2], (576, 1024), mode="bilinear", align_corners=True)
    assert torch.allclose(clip_inputs(enlarged), case["clip_from_576x1024"], atol=1e-4)


@torch.no_grad()
def test_the_walk_matches_the_forward_of_diffusers_where_all_frames_share_a_token(whole_unet):
    latents, condition, clip = inputs(same_clip=True)
    sigma = 1.66
    layers = layers_of(whole_unet.config, 2)
    seen = {}
    for layer in layers:
        module = whole_unet.get_submodule(layer.name)
        module.register_forward_hook(
            lambda _m, _i, out, n=layer.index: seen.__setitem__(n, out[0] if isinstance(out, tuple) else out)
        )
    scaled = torch.cat([latents / (sigma**2 + 1) ** 0.5, condition], dim=2)
    ids = torch.tensor([[FPS_ID, MOTION_BUCKET, NOISE_AUGMENTATION]]).expand(2, -1)
    time = 0.25 * torch.log(torch.tensor([sigma, sigma]))
    whole_unet(scaled, time, clip[:, :1], ids)
    wanted = dict(seen)
    maps = walk(whole_unet, latents, condition, clip, sigma, range(1, 14))
    assert len(layers) == 13
    for layer in layers:
        found = maps[layer.index]
        assert found.shape[2] == layer.channels
        assert found.shape[-1] * layer.reduction == 24 * 2 or layer.reduction > 8
        assert relative_error(found.flatten(0, 1), wanted[layer.index]) < 1e-5


@torch.no_grad()
def test_nothing_after_the_last_layer_asked_for_is_run(whole_unet):
    latents, condition, clip = inputs(batch=1)
    ran = []
    for name, module in whole_unet.named_modules():
        if name.startswith(("down_blocks", "mid_block", "up_blocks", "conv_out")) and not list(
            module.children()
        ):
            module.register_forward_hook(lambda _m, _i, _o, n=name: ran.append(n))
    walk(whole_unet, latents, condition, clip, 1.0, [3])
    assert ran
    assert all(n.startswith(("down_blocks.0.resnets", "down_blocks.0.attentions")) for n in ran)


@torch.no_grad()
def test_each_frame_brings_its_own_token(whole_unet):
    latents, condition, clip = inputs(batch=1)
    before = walk(whole_unet, latents, condition, clip, 1.0, [2])[2]
    other = clip.clone()
    other[:, 3] += 1
    after = walk(whole_unet, latents, condition, other, 1.0, [2])[2]
    assert not torch.allclose(before[:, 3], after[:, 3])


@torch.no_grad()
def test_windows_of_a_batch_do_not_mix(whole_unet):
    latents, condition, clip = inputs(batch=2)
    both = walk(whole_unet, latents, condition, clip, 1.0, [13])[13]
    alone = walk(whole_unet, latents[1:], condition[1:], clip[1:], 1.0, [13])[13]
    assert relative_error(both[1:], alone) < 1e-5
