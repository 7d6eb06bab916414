"""What does the architecture alone give? A copy of a backbone as it was before it learned anything."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from actiondiff_gui.backbones.controls import UNTRAINED
from actiondiff_gui.backbones.registry import svd_folder
from actiondiff_gui.backbones.svd import DTYPES, SVDBackbone, strip_unet, strip_vae
from actiondiff_gui.backbones.svd_configs import SVD_CLIP, SVD_UNET, SVD_VAE, WINDOWS
from actiondiff_gui.backbones.weight_files import read_configs
from actiondiff_gui.errors import BackboneError

SAMPLED = 256
"""Values of each tensor that the digest looks at: another version of the libraries may draw others."""


def untrained_copy(
    name: str, seed: int = 0, *, device: str = "cpu", precision: str = "float32"
) -> SVDBackbone:
    """The networks of a backbone of the SVD family, freshly drawn from ``seed``. Nothing is downloaded.

    Image encoder, VAE and UNet are all untrained. They are drawn on the CPU in float32, so that every device and
    precision starts from the same values; the random state of the process is left as it was.

    Parameters
    ----------
    name : str
        ``"tiny"``, ``"svd"``, ``"svd-xt"``, or a folder in diffusers format.

    Raises
    ------
    BackboneError
        If its architecture is not known here.
    """
    id, configs = _architecture(name)
    from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            parts = (
                UNetSpatioTemporalConditionModel.from_config(configs["unet"]),
                AutoencoderKLTemporalDecoder.from_config(configs["vae"]),
                CLIPVisionModelWithProjection(CLIPVisionConfig.from_dict(configs["image_encoder"])),
            )
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BackboneError(f"The configuration of {name} makes no network: {error}.") from error
    strip_unet(parts[0])
    strip_vae(parts[1])
    digest = _digest(configs, parts, seed)
    dtype = DTYPES[precision]
    # SVD's VAE overflows in float16.
    dtypes = (dtype, torch.float32 if dtype == torch.float16 else dtype, dtype)
    # torch's own way to a device: that of diffusers warns of casts that are no trouble here.
    parts = tuple(
        nn.Module.to(part, device, kind).requires_grad_(False).eval()
        for part, kind in zip(parts, dtypes, strict=True)
    )
    id += UNTRAINED + (f":{seed}" if seed else "")
    return SVDBackbone(*parts, id=id, digest=digest, device=device, precision=precision)


def _architecture(name: str) -> tuple[str, dict[str, Mapping[str, Any]]]:
    if name in WINDOWS:
        unet = {**SVD_UNET, "num_frames": WINDOWS[name]}
        return name, {"unet": unet, "vae": SVD_VAE, "image_encoder": SVD_CLIP}
    found = svd_folder(name)
    if found is None:
        raise BackboneError(
            f"No untrained copy of {name} can be made: only the architectures of tiny, svd, svd-xt and of folders in "
            "diffusers format are known here."
        )
    id, folder = found
    return id, read_configs(Path(folder))


def _digest(configs: Mapping[str, Mapping[str, Any]], parts: tuple[nn.Module, ...], seed: int) -> str:
    digest = hashlib.sha256(f"{json.dumps(configs, sort_keys=True, default=str)}|{seed}".encode())
    for part in parts:
        for name, tensor in sorted(part.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.flatten()[:SAMPLED].float().numpy().tobytes())
    return digest.hexdigest()[:16]
