"""The VAE of SVD on a GPU: channels last, with group normalisation and SiLU fused.

Channels last alone makes convolutions faster and group normalisation slower, so both come together, compiled where that works.
:func:`settle` measures what pays on the device at hand, and leaves the VAE as it is where nothing does.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from actiondiff_gui.backbones.svd.encoding import FrameEncoder

WORTH = 40
"""Windows from which on measuring and compiling, some ten seconds, can pay."""
FASTER = 0.95
"""Share of the time as it was that another way must stay below."""
CLOSE = 0.02
"""Largest difference of the latents, as a share of their spread, that another way may make."""


def group_norm_silu(x: Tensor, weight: Tensor, bias: Tensor, groups: int, eps: float) -> Tensor:
    """Compute ``silu(group_norm(x))`` for ``[N, C, H, W]`` that lies channels last; sums and products in float32."""
    n, channels, height, width = x.shape
    rows = x.permute(0, 2, 3, 1).reshape(n, height * width, groups, channels // groups).float()
    variance, mean = torch.var_mean(rows, dim=(1, 3), correction=0, keepdim=True)
    scale = torch.rsqrt(variance + eps) * weight.float().view(1, 1, groups, -1)
    shift = bias.float().view(1, 1, groups, -1) - mean * scale
    out = F.silu(rows * scale + shift).to(x.dtype)
    return out.reshape(n, height, width, channels).permute(0, 3, 1, 2)


class NormSiLU(nn.Module):
    """A group normalisation and the SiLU behind it."""

    def __init__(self, norm: nn.GroupNorm, compute: Callable[..., Tensor]) -> None:
        super().__init__()
        self.norm, self._compute = norm, compute

    def forward(self, x: Tensor) -> Tensor:
        """As the two modules one after the other."""
        norm = self.norm
        return self._compute(x, norm.weight, norm.bias, norm.num_groups, norm.eps)


def fuse(encoder: Any, compute: Callable[..., Tensor] = group_norm_silu) -> Callable[[], None]:
    """Put each group normalisation of a VAE's encoder and the SiLU behind it into one module; returns what undoes it."""
    from diffusers.models.resnet import ResnetBlock2D

    undo: list[tuple[nn.Module, str, nn.Module]] = []

    def put(module: nn.Module, name: str, new: nn.Module) -> None:
        undo.append((module, name, getattr(module, name)))
        setattr(module, name, new)

    for block in [each for each in encoder.modules() if isinstance(each, ResnetBlock2D)]:
        if isinstance(block.nonlinearity, nn.SiLU) and block.upsample is None and block.downsample is None:
            for name in ("norm1", "norm2"):
                put(block, name, NormSiLU(getattr(block, name), compute))
            put(block, "nonlinearity", nn.Identity())
    if isinstance(encoder.conv_act, nn.SiLU):
        put(encoder, "conv_norm_out", NormSiLU(encoder.conv_norm_out, compute))
        put(encoder, "conv_act", nn.Identity())

    def back() -> None:
        for module, name, old in reversed(undo):
            setattr(module, name, old)

    return back


def channels_last(encoder: FrameEncoder, on: bool = True) -> None:
    """Let the VAE's encoder run channels last, or as before."""
    layout = torch.channels_last if on else torch.contiguous_format
    encoder.vae.encoder.to(memory_format=layout)  # type: ignore[attr-defined]
    encoder.channels_last = on


def settle(encoder: FrameEncoder, resolution: tuple[int, int], windows: int) -> dict[str, float]:
    """Measure the ways to run the VAE on this GPU with some frames, and let it run in the fastest one.

    Parameters
    ----------
    windows : int
        How many there are to compute; for a few nothing is tried.

    Returns
    -------
    dict of str to float
        Seconds of each way for the frames tried; empty where nothing was.
    """
    if not encoder.device.startswith("cuda") or windows < WORTH:
        return {}
    torch.backends.cudnn.benchmark = True
    dtype = encoder.vae.quant_conv.weight.dtype
    pixels = torch.rand(2, 3, *resolution, device=encoder.device).to(dtype) * 2 - 1
    expected = encoder.posterior_mode(pixels)
    found = {"as it is": _seconds(encoder, pixels)}
    ways: dict[str, Callable[..., Tensor]] = {"fused": group_norm_silu}
    with suppress(Exception):
        ways["fused, compiled"] = torch.compile(group_norm_silu, dynamic=True)
    for name, compute in ways.items():
        # Whatever a compiler or a driver raises, the unchanged VAE works.
        with suppress(Exception), way(encoder, compute):
            if torch.allclose(
                encoder.posterior_mode(pixels), expected, rtol=0, atol=CLOSE * float(expected.std())
            ):
                found[name] = _seconds(encoder, pixels)
    best = min(found, key=lambda name: found[name])
    if best != "as it is" and found[best] < FASTER * found["as it is"]:
        channels_last(encoder)
        fuse(encoder.vae.encoder, ways[best])
    return found


@contextmanager
def way(encoder: FrameEncoder, compute: Callable[..., Tensor]) -> Iterator[None]:
    """Run the VAE channels last and fused within the block."""
    with ExitStack() as undo:
        undo.callback(channels_last, encoder, False)
        channels_last(encoder)
        undo.callback(fuse(encoder.vae.encoder, compute))
        yield


def _seconds(encoder: FrameEncoder, pixels: Tensor) -> float:
    """Return the shortest of three times, after one run that warms up."""
    best = float("inf")
    for _ in range(4):
        torch.cuda.synchronize()
        began = time.perf_counter()
        encoder.posterior_mode(pixels)
        torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
    return best
