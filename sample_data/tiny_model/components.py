"""Initialisation of the VAE's encoder with principal components of patches.

With 24 components of 8 x 8 pixels a frame keeps its limbs; a VAE of this size that begins at random loses them for
the first thousands of steps, and nothing that is learned on its latents can bring them back.

The encoder's residual branches begin at zero, its strided convolutions gather 2 x 2 cells, and its last normalisation
is made linear: GroupNorm divides by the spread of a group of two channels, so beside each component stands a channel
that is large in the last row and column of the latents and zero elsewhere. It fixes the spread, and the last
convolution takes it away again.
"""

import numpy as np
import torch
from diffusers import AutoencoderKLTemporalDecoder
from torch import Tensor, nn

LARGE = 30.0
"""Height of the channel that fixes the spread; components have a deviation of 1 there."""
STEEP, OFFSET = 2.0, 8.0
"""Affine part of the normalisation: SiLU is linear around the offset."""
POWER = 0.5
"""Latents are components divided by this power of their deviation, so that fine ones are not drowned in noise."""
LOG_VARIANCE = -10.0
"""Of the posterior, whose mode is what is used."""


def components(patches: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean ``[C]`` and the first ``count`` principal components ``[count, C]`` of ``[N, C]``.

    The sign is fixed by the largest entry, so that every machine gives the same.
    """
    mean = patches.mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov((patches - mean).T))
    kept = vectors.T[::-1][:count]
    largest = np.take_along_axis(kept, np.abs(kept).argmax(axis=1)[:, None], axis=1)
    return mean, kept * np.sign(largest)


def gathered(cells: np.ndarray) -> np.ndarray:
    """Put 2 x 2 cells of ``[N, H, W, C]`` into one: ``[N, H / 2, W / 2, 4 C]``, row by row."""
    n, h, w, c = cells.shape
    blocks = cells.reshape(n, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 2, 4, 5)
    return blocks.reshape(n, h // 2, w // 2, 4 * c)


@torch.no_grad()
def begin_as_components(vae: AutoencoderKLTemporalDecoder, frames: np.ndarray) -> None:
    """Set the encoder of ``vae`` to components of ``frames`` ``[N, H, W, 3]`` in [-1, 1].

    All levels but the last must have the same channels, and the last twice 32.

    Raises
    ------
    ValueError
        If the latents have more channels than there are groups to spare.
    """
    encoder, count = vae.encoder, vae.config.latent_channels
    last = vae.config.block_out_channels[-1]
    groups = encoder.conv_norm_out.num_groups
    if last != 2 * groups or count >= groups:
        raise ValueError(f"{count} components do not fit into {last} channels in {groups} groups.")
    _begin_at_zero(encoder)
    one = encoder.conv_in.out_channels - 1  # a channel that is 1 everywhere
    _clear(encoder.conv_in)
    encoder.conv_in.weight[:3, :, 1, 1] = torch.eye(3)
    encoder.conv_in.bias[one] = 1
    cells, levels = frames, [block.downsamplers[0].conv for block in encoder.down_blocks[:-1]]
    for number, conv in enumerate(levels):
        blocks = gathered(cells)
        flat = blocks.reshape(-1, blocks.shape[-1])
        final = number == len(levels) - 1
        kept = min(count if final else one, flat.shape[1])
        mean, rows = components(flat, kept)
        cells = (blocks - mean) @ rows.T
        _clear(conv)
        conv.weight[:kept, : rows.shape[1] // 4, :2, :2] = _taps(rows)
        conv.bias[:kept] = _tensor(-rows @ mean)
        conv.bias[one] = 1
        if final:
            # It sees nothing beyond the last row and column, and so tells where they are.
            conv.weight[one, one, 2, 2] = -1
    _finish(vae, cells, one)


def _finish(vae: AutoencoderKLTemporalDecoder, cells: np.ndarray, one: int) -> None:
    """Lay components and the large channel beside each other, and read the components back after the SiLU."""
    encoder, (_, height, width, count) = vae.encoder, cells.shape
    spread = cells.std(axis=(0, 1, 2))
    share = (height + width - 1) / (height * width)
    lay = encoder.down_blocks[-1].resnets[0].conv_shortcut
    _clear(lay)
    for group in range(encoder.conv_norm_out.num_groups):
        if group < count:
            lay.weight[2 * group, group] = float(1 / spread[group])
        else:
            lay.weight[2 * group, one] = -LARGE
        lay.weight[2 * group + 1, one] = LARGE
    encoder.conv_norm_out.weight.fill_(STEEP)
    encoder.conv_norm_out.bias.fill_(OFFSET)
    mean = LARGE * share / 2
    deviation = ((1 + LARGE**2 * share) / 2 - mean**2) ** 0.5
    out = encoder.conv_out
    _clear(out)
    for group in range(count):
        wanted = float(spread[group] ** (1 - POWER))
        out.weight[group, 2 * group, 1, 1] = wanted * deviation / STEEP
        out.weight[group, 2 * group + 1, 1, 1] = -wanted * deviation / STEEP
        back = wanted * LARGE * share**0.5 / STEEP
        out.weight[group, 2 * count + 1, 1, 1] = back
        out.bias[group] = -back * OFFSET
    out.bias[count:] = LOG_VARIANCE
    _clear(vae.quant_conv)
    vae.quant_conv.weight[:, :, 0, 0] = torch.eye(2 * count)


def _begin_at_zero(encoder: nn.Module) -> None:
    for module in encoder.modules():
        if type(module).__name__ == "ResnetBlock2D":
            _clear(module.conv2)
        if type(module).__name__ == "Attention":
            _clear(module.to_out[0])


def _clear(layer: nn.Module) -> None:
    layer.weight.zero_()
    layer.bias.zero_()


def _taps(rows: np.ndarray) -> Tensor:
    """Rows ``[K, 4 C]`` over gathered cells as taps ``[K, C, 2, 2]`` of a convolution."""
    return _tensor(rows.reshape(len(rows), 2, 2, -1).transpose(0, 3, 1, 2))


def _tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
