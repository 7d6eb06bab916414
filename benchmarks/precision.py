"""Error, time and memory of bfloat16 and float16, with the same weights as float32.

For each layer: how far are the spatial means of the features (the classifier's tokens) from those in float32, as a
share of their size? And how long does a window take at one timestep, with how much memory (the float32 weights stay there)?

    python benchmarks/precision.py --model svd-xt --device cuda      (random weights, full size)
    python benchmarks/precision.py --model sample_data/tiny
"""

import argparse
import copy
import time

import numpy as np
import torch
from extraction import whole_parts

from actiondiff_gui.backbones.diffusers_family import vae_dtype
from actiondiff_gui.backbones.protocol import EncodeSettings
from actiondiff_gui.backbones.svd.backbone import DTYPES, SVDBackbone, strip_unet, strip_vae

TIMESTEPS = (0, 20)


def main() -> None:
    """Print the table of errors and the one of seconds and memory."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="sample_data/tiny", help="a pipeline folder, svd or svd-xt")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precisions", default="bfloat16,float16")
    wanted = parser.parse_args()
    whole = whole_parts(wanted.model, "float32", wanted.device)
    strip_unet(whole[0])
    strip_vae(whole[1])
    found = {}
    for precision in ("float32", *wanted.precisions.split(",")):
        parts = whole if precision == "float32" else cast(whole, DTYPES[precision])
        found[precision] = measured(parts, wanted.model, wanted.device, precision)
    print(f"{wanted.model}, torch {torch.__version__}, {_device(wanted.device)}\n")
    print("| precision | layer | " + " | ".join(f"t{t}: relative error" for t in TIMESTEPS) + " |")
    print("|---|---|" + "---:|" * len(TIMESTEPS))
    exact = found.pop("float32")
    for precision, (tokens, _, _) in found.items():
        for layer in exact[0][TIMESTEPS[0]]:
            errors = [relative(tokens[t][layer], exact[0][t][layer]) for t in TIMESTEPS]
            print(f"| {precision} | {layer} | " + " | ".join(f"{e:.2g}" for e in errors) + " |")
    print(
        "\n| precision | s per window, one timestep, all layers | peak GB | of it weights |\n|---|---:|---:|---:|"
    )
    for precision, (_, seconds, memory) in {"float32": exact, **found}.items():
        print(f"| {precision} | {seconds:.3f} | " + " | ".join(f"{m / 1e9:.2f}" for m in memory) + " |")


def cast(parts: tuple, dtype: torch.dtype) -> tuple:
    """Return copies of UNet, VAE and image encoder as the backbone loads them: the VAE stays in float32 beside float16."""
    return tuple(
        copy.deepcopy(part).to(kind)
        for part, kind in zip(parts, (dtype, vae_dtype(dtype), dtype), strict=True)
    )


@torch.inference_mode()
def measured(parts: tuple, model: str, device: str, precision: str) -> tuple:
    """Tokens by timestep and layer, seconds of a window that was seen before, bytes at most and of the weights."""
    backbone = SVDBackbone(*parts, id=model, digest="", device=device, precision=precision)
    height, width = backbone.resolution
    frames = np.random.default_rng(0).integers(0, 255, (backbone.window, height, width, 3), dtype=np.uint8)
    layers = [layer.index for layer in backbone.layers]
    tokens = {t: _tokens(backbone, frames, t, layers) for t in TIMESTEPS}
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    began = time.perf_counter()
    _tokens(backbone, frames, TIMESTEPS[-1], layers)
    seconds = time.perf_counter() - began
    weights = sum(p.numel() * p.element_size() for part in parts for p in part.parameters())
    peak = torch.cuda.max_memory_allocated() if device == "cuda" else float("nan")
    return tokens, seconds, (peak, weights)


def _tokens(backbone: SVDBackbone, frames: np.ndarray, timestep: int, layers: list[int]) -> dict:
    encoded = backbone.encode(frames[None], [0], EncodeSettings(backbone.resolution))
    maps = backbone.features(encoded, backbone.schedule[timestep], layers)
    return {layer: maps[layer].float().mean(dim=(-2, -1)).cpu() for layer in layers}


def relative(got: torch.Tensor, exact: torch.Tensor) -> float:
    """Size of the difference as a share of the exact values' size."""
    return float((got - exact).norm() / exact.norm())


def _device(name: str) -> str:
    return torch.cuda.get_device_name() if name == "cuda" else f"{torch.get_num_threads()} CPU threads"


if __name__ == "__main__":
    main()
