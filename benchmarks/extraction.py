"""Time per window, against the released procedure written out with the same networks.

The released procedure encodes every frame three times per timestep (latents, condition, and the condition of
the unconditional half), and runs the whole UNet on both halves. Ours encodes twice per window however many
timesteps there are, runs one half, and leaves the UNet after the last layer asked for.

With --pooling it measures instead what the change beside the mean costs: both from one pass, against the mean alone.

    python benchmarks/extraction.py --model sample_data/tiny --threads 2
    python benchmarks/extraction.py --model sample_data/tiny --threads 1 --pooling --repeats 40
    python benchmarks/extraction.py --model svd-xt --device cuda --precision bfloat16   (random weights, full size)
"""

import argparse
import gc
import math
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from actiondiff_gui.backbones.protocol import EncodeSettings
from actiondiff_gui.backbones.svd.backbone import DTYPES, SVDBackbone, strip_unet, strip_vae
from actiondiff_gui.backbones.svd.configs import random_parts
from actiondiff_gui.backbones.svd.inputs import clip_inputs, resize_frames
from actiondiff_gui.features.pooling import pooled_windows

PAPER_TIMESTEPS = (0, 5, 10, 15, 20, 25, 29)


def whole_parts(model: str, precision: str, device: str) -> tuple:
    """UNet, VAE and image encoder with all their parts."""
    dtype = DTYPES[precision]
    if model in ("svd", "svd-xt"):
        return random_parts(model, dtype, device, whole=True)
    from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
    from transformers import CLIPVisionModelWithProjection

    folder = Path(model)
    parts = (
        UNetSpatioTemporalConditionModel.from_pretrained(folder / "unet"),
        AutoencoderKLTemporalDecoder.from_pretrained(folder / "vae"),
        CLIPVisionModelWithProjection.from_pretrained(folder / "image_encoder"),
    )
    return tuple(part.to(device, dtype).requires_grad_(False).eval() for part in parts)


@torch.inference_mode()
def released(
    parts: tuple, frames: np.ndarray, sigmas: list[float], resolution: tuple[int, int], layer: str
) -> list:
    """Run the released procedure: per timestep three VAE passes, both halves, the whole UNet, one hook."""
    unet, vae, image_encoder = parts
    device, dtype = unet.conv_in.weight.device, unet.conv_in.weight.dtype
    tokens = []
    for sigma in sigmas:
        pixels = resize_frames(torch.from_numpy(frames).to(device), resolution)
        latents = encoded(vae, pixels, sample=True) * vae.config.scaling_factor
        noisy = pixels + 0.02 * torch.randn_like(pixels)
        condition = encoded(vae, noisy)
        unconditional = torch.zeros_like(encoded(vae, noisy))
        size = image_encoder.config.image_size
        clip = image_encoder(clip_inputs(pixels, size).to(dtype)).image_embeds[:1]
        scaled = (latents / math.sqrt(sigma**2 + 1)).to(dtype)
        both = torch.stack([torch.cat([scaled, c.to(dtype)], dim=1) for c in (unconditional, condition)])
        context = torch.stack([torch.zeros_like(clip), clip])
        ids = torch.tensor([[6.0, 127.0, 0.02]] * 2, device=device)
        kept = []
        hook = unet.get_submodule(layer).register_forward_hook(
            lambda _m, _i, out, kept=kept: kept.append(out[0] if isinstance(out, tuple) else out)
        )
        unet(both, torch.full((2,), 0.25 * math.log(sigma), device=device), context, ids)
        hook.remove()
        tokens.append(kept[0].unflatten(0, (2, -1))[1].float().mean(dim=(-2, -1)).cpu())
    return tokens


def encoded(vae: torch.nn.Module, pixels: torch.Tensor, sample: bool = False) -> torch.Tensor:
    """One VAE pass over all frames, eight full-size frames at a time, as the extractor does."""
    chunk = max(1, 8 * 576 * 1024 // (pixels.shape[-1] * pixels.shape[-2]))
    out = []
    for part in pixels.split(chunk):
        posterior = vae.encode(part.to(vae.quant_conv.weight.dtype)).latent_dist
        out.append((posterior.sample() if sample else posterior.mode()).float())
    return torch.cat(out)


def ours(backbone: SVDBackbone, frames: np.ndarray, steps: list, layer: int) -> list:
    """Run the extractor: what timesteps share once, then one forward pass for each."""
    encoded = backbone.encode(frames[None], [0], EncodeSettings(backbone.resolution))
    return [backbone.features(encoded, step, [layer])[layer].mean(dim=(-2, -1)).cpu() for step in steps]


def price_of_change(backbone: SVDBackbone, frames: np.ndarray, repeats: int) -> None:
    """Time the networks once, and both ways of pooling the same maps; print what the change adds to the whole.

    The shortest of several times tells most where other programs run too.
    """
    cuda = backbone.device.startswith("cuda")

    def clock() -> float:
        if cuda:
            torch.cuda.synchronize()
        return time.perf_counter() if cuda else time.process_time()

    print("| timesteps | layers | networks, s | mean, s | mean and change, s | both against the mean alone |")
    print("|---|---|---|---|---|---|")
    every, count = [layer.index for layer in backbone.layers], len(frames)
    for indices, layers in (((20,), [9]), ((20,), every), (PAPER_TIMESTEPS, every)):
        steps = [backbone.schedule[i] for i in indices if i < len(backbone.schedule)]
        times = []
        for _ in range(repeats + 1):
            spent = np.zeros(3)
            began = clock()
            encoded = backbone.encode(frames[None], [0], EncodeSettings(backbone.resolution))
            spent[0] += clock() - began
            for step in steps:
                marks = [clock()]
                maps = list(backbone.features(encoded, step, layers).values())
                marks.append(clock())
                for each in maps:
                    each.float().mean(dim=(-2, -1)).cpu().numpy()
                marks.append(clock())
                for each in maps:
                    pooled_windows(each, [count])
                marks.append(clock())
                spent += np.diff(marks)
            times.append(spent)
        network, mean, both = np.min(times[1:], axis=0)
        ratio = (network + both) / (network + mean)
        print(
            f"| {len(steps)} | {len(layers)} | {network:.4f} | {mean:.5f} | {both:.5f} | {ratio:.4f} |",
            flush=True,
        )


def measured(run: Callable[[], object], repeats: int, device: str) -> tuple[float, float, float]:
    """Return the median seconds, TFLOP, and peak bytes of ``run``."""
    run()
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    peak = (
        torch.cuda.max_memory_allocated()
        if device == "cuda"
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    )
    with FlopCounterMode(display=False) as counter:
        run()
    return statistics.median(times), counter.get_total_flops() / 1e12, peak


def ceiling(device: str, dtype: torch.dtype) -> float:
    """TFLOP/s of a large matrix product."""
    side = 8192 if device == "cuda" else 1536
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    best = 0.0
    for _ in range(8):
        began = time.perf_counter()
        a @ b
        if device == "cuda":
            torch.cuda.synchronize()
        best = max(best, 2 * side**3 / (time.perf_counter() - began) / 1e12)
    return best


def main() -> None:
    """Measure both procedures for one and for seven timesteps and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--model", default="sample_data/tiny", help="a pipeline folder, or svd / svd-xt (random weights)"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="float32", choices=list(DTYPES))
    parser.add_argument("--layer", type=int, default=9)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument(
        "--pooling", action="store_true", help="measure what the change beside the mean costs"
    )
    wanted = parser.parse_args()
    if wanted.threads:
        torch.set_num_threads(wanted.threads)
    parts = whole_parts(wanted.model, wanted.precision, wanted.device)
    backbone = SVDBackbone(
        *parts, id=wanted.model, digest="", device=wanted.device, precision=wanted.precision
    )
    height, width = backbone.resolution
    frames = np.random.default_rng(0).integers(0, 255, (backbone.window, height, width, 3), dtype=np.uint8)
    where = (
        torch.cuda.get_device_name() if wanted.device == "cuda" else f"{torch.get_num_threads()} CPU threads"
    )
    if wanted.pooling:
        strip_unet(parts[0])
        strip_vae(parts[1])
        print(
            f"{wanted.model}, {backbone.window} frames of {height} x {width}, {wanted.precision}, {where}\n"
        )
        price_of_change(backbone, frames, wanted.repeats)
        return
    name = backbone.layers[wanted.layer - 1].name
    top = ceiling(wanted.device, DTYPES[wanted.precision])
    print(
        f"{wanted.model}, {backbone.window} frames of {height} x {width}, layer {wanted.layer}, {wanted.precision}, {where}"
    )
    print(f"ceiling: {top:.3g} TFLOP/s in a matrix product\n")
    print("| timesteps | procedure | s per window | TFLOP | share of ceiling | peak GB |")
    print("|---|---|---|---|---|---|")
    rows = {}
    for indices in ((20,), PAPER_TIMESTEPS):
        steps = [backbone.schedule[i] for i in indices if i < len(backbone.schedule)]
        run = lambda s=steps: released(parts, frames, [t.sigma for t in s], (height, width), name)  # noqa: E731
        rows["released", len(indices)] = measured(run, wanted.repeats, wanted.device)
    strip_unet(parts[0])
    strip_vae(parts[1])
    gc.collect()
    for indices in ((20,), PAPER_TIMESTEPS):
        steps = [backbone.schedule[i] for i in indices if i < len(backbone.schedule)]
        rows["ours", len(indices)] = measured(
            lambda s=steps: ours(backbone, frames, s, wanted.layer), wanted.repeats, wanted.device
        )
    for count in (1, len(PAPER_TIMESTEPS)):
        for kind in ("released", "ours"):
            seconds, flops, peak = rows[kind, count]
            print(
                f"| {count} | {kind} | {seconds:.3f} | {flops:.3f} | {flops / seconds / top:.0%} | {peak / 1e9:.2f} |"
            )
    print()
    for count in (1, len(PAPER_TIMESTEPS)):
        ratio = rows["released", count][0] / rows["ours", count][0]
        print(f"{count} timestep{'s' * (count > 1)}: ours is {ratio:.1f} times as fast.")
    if wanted.device != "cuda":
        print(
            "On a CPU the peak is that of the whole process so far, and says little of the second procedure."
        )


if __name__ == "__main__":
    main()
