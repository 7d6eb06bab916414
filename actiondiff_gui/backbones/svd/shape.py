"""Layers and timesteps of an SVD model from its configuration alone, without weights or torch."""

from collections.abc import Mapping
from typing import Any

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.protocol import Layer, Timestep
from actiondiff_gui.backbones.schedule import karras_sigmas
from actiondiff_gui.backbones.svd.notes import Notes
from actiondiff_gui.errors import BackboneError

USUAL_BLOCKS = ("CrossAttnDownBlockSpatioTemporal",) * 3 + ("DownBlockSpatioTemporal",)
"""Down blocks of SVD's UNet where a configuration does not name them (diffusers' default)."""


def svd_shape(unet: Mapping[str, Any], vae: Mapping[str, Any], notes: Notes | None = None) -> Description:
    """Read the shape from the configurations of the UNet and the VAE, and from what the folder says of itself.

    Raises
    ------
    BackboneError
        If a value makes no sense.
    """
    notes = notes or Notes()
    try:
        reduction = 2 ** (len(vae["block_out_channels"]) - 1)
        blocks = tuple(unet.get("down_block_types") or USUAL_BLOCKS)
        window = int(unet.get("num_frames") or 25)
        side = int(unet.get("sample_size") or 96) * reduction
        layers = layers_of(unet, reduction)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BackboneError(
            f"The configuration is not a valid network of the SVD family: {error!r}."
        ) from error
    steps = 25 if window == 14 else 30
    schedule = tuple(Timestep(i, float(s)) for i, s in enumerate(karras_sigmas(steps)))
    usual = round(20 / 30 * steps) if notes.timestep is None else notes.timestep
    if not 0 <= usual < steps or not {*notes.layers} <= {layer.index for layer in layers}:
        raise BackboneError(
            f"The usual timestep {usual} or layers {list(notes.layers)} are none of this model. Correct its actiondiff.json."
        )
    return Description(
        window=window,
        stride=4,
        multiple=reduction * 2 ** (len(blocks) - 1),
        # SVD's UNet says 96 (768 pixels) but was finished, and is used, at 576 x 1024.
        resolution=(576, 1024) if side == 768 else (side, side),
        schedule=schedule,
        layers=layers,
        default_timestep=schedule[usual],
        default_layer=notes.layers[-1] if notes.layers else min(9, layers[-1].index),
        default_layers=notes.layers,
        default_pooling=notes.pooling,
        generator=notes.noise,
    )


def layers_of(unet: Mapping[str, Any], vae_reduction: int) -> tuple[Layer, ...]:
    """Describe the layers of a UNet from its input convolution to its mid block, numbered from 1."""
    blocks = tuple(unet.get("down_block_types") or USUAL_BLOCKS)
    widths = tuple(unet.get("block_out_channels") or (320, 640, 1280, 1280))
    each = unet.get("layers_per_block", 2)
    counts = [each] * len(blocks) if isinstance(each, int) else list(each)
    given = unet.get("num_attention_heads", (5, 10, 20, 20))
    heads = [given] * len(blocks) if isinstance(given, int) else list(given)
    layers = [Layer(1, "conv_in", widths[0], vae_reduction)]
    reduction = vae_reduction
    for b, (block, width, count) in enumerate(zip(blocks, widths, counts, strict=True)):
        attends = block.startswith("CrossAttn")
        kind = "attentions" if attends else "resnets"
        for r in range(count):
            name = f"down_blocks.{b}.{kind}.{r}"
            layers.append(Layer(len(layers) + 1, name, width, reduction, heads[b] if attends else 0))
        if b + 1 < len(blocks):
            reduction *= 2
            layers.append(Layer(len(layers) + 1, f"down_blocks.{b}.downsamplers.0", width, reduction))
    layers.append(Layer(len(layers) + 1, "mid_block", widths[-1], reduction, heads[-1]))
    return tuple(layers)
