"""Inputs of SVD's networks: frames and CLIP images, resized as in the paper's extractor."""

import torch
from torch import Tensor
from torch.nn import functional as F

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
"""Channel statistics of CLIP's training images (Radford et al. 2021, released preprocessing)."""


def resize_frames(frames: Tensor, resolution: tuple[int, int]) -> Tensor:
    """Resize uint8 frames ``[N, H, W, 3]`` bilinearly with aligned corners to float32 ``[N, 3, h, w]`` in [-1, 1]."""
    pixels = frames.permute(0, 3, 1, 2).to(torch.float32)
    if pixels.shape[-2:] != resolution:
        pixels = F.interpolate(pixels, size=resolution, mode="bilinear", align_corners=True)
    return pixels / 127.5 - 1


def clip_inputs(frames: Tensor, size: int = 224) -> Tensor:
    """Turn frames ``[N, 3, h, w]`` in [-1, 1] into CLIP's inputs ``[N, 3, size, size]``.

    When shrinking, a Gaussian blur of sigma (factor - 1) / 2 comes first along each axis; then bicubic
    interpolation with aligned corners; then CLIP's channel statistics. SVD's authors resize this way.
    """
    height, width = frames.shape[-2:]
    if max(height, width) > size:
        frames = _blur(frames, dim=2, factor=height / size)
        frames = _blur(frames, dim=3, factor=width / size)
    frames = F.interpolate(frames, size=(size, size), mode="bicubic", align_corners=True)
    mean = torch.tensor(CLIP_MEAN, device=frames.device).view(1, 3, 1, 1)
    std = torch.tensor(CLIP_STD, device=frames.device).view(1, 3, 1, 1)
    return ((frames + 1) / 2 - mean) / std


def _blur(frames: Tensor, dim: int, factor: float) -> Tensor:
    sigma = max((factor - 1) / 2, 0.001)
    taps = int(max(4 * sigma, 3))
    taps += 1 - taps % 2
    at = torch.arange(taps, dtype=torch.float32, device=frames.device) - taps // 2
    kernel = torch.exp(-(at**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    shape = (1, 1, taps, 1) if dim == 2 else (1, 1, 1, taps)
    half = taps // 2
    margins = (0, 0, half, half) if dim == 2 else (half, half, 0, 0)
    channels = frames.shape[1]
    # Reflection cannot reach past the far edge; repeating the edge is the same for a constant border.
    mode = "reflect" if half < frames.shape[dim] else "replicate"
    padded = F.pad(frames, margins, mode=mode)
    return F.conv2d(padded, kernel.view(shape).expand(channels, 1, *shape[2:]), groups=channels)
