"""Copies of a backbone with untrained weights: only its feature network, or all of its networks.

The first is the stricter control. A good encoder of pictures (a VAE, an image encoder) gives an untrained network
features that classify actions well, so a copy without a trained encoder overestimates the gain of the backbone.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from actiondiff_gui.backbones.controls.names import RANDOM, UNTRAINED, Copy
from actiondiff_gui.backbones.svd.backbone import DTYPES, SVDBackbone, strip_unet, strip_vae
from actiondiff_gui.backbones.svd.configs import SVD_CLIP, SVD_UNET, SVD_VAE, WINDOWS
from actiondiff_gui.backbones.svd.family import svd_folder
from actiondiff_gui.backbones.svd.notes import Notes, read_notes
from actiondiff_gui.backbones.weights.files import read_configs
from actiondiff_gui.errors import BackboneError

SAMPLED = 256
"""Values of each tensor that the digest looks at: another version of the libraries may draw others."""


def untrain(backbone: Any, seed: int = 0) -> Any:
    """Draw the feature network of a loaded backbone again from ``seed``; encoders before that network stay trained.

    Of a model of the SVD family VAE and image encoder stay as they were trained and the UNet alone is drawn. An image
    or video backbone without an encoder before it (DINO, EfficientNet, VideoMAE, V-JEPA 2) is a feature network as a
    whole: nothing of it stays trained. A plugin's backbone says how its network is drawn with ``fresh_network``
    (docs/plugins.md).

    The weights are drawn on the CPU in float32, so that every device and precision starts from the same values; the
    random state of the process is left as it was. The digest is made of the trained backbone's, the kind of the copy
    and the values drawn.

    Raises
    ------
    BackboneError
        If the backbone does not say how its network is drawn.
    """
    if not hasattr(backbone, "fresh_network"):
        raise BackboneError(
            f"No untrained copy of {backbone.id} can be made: it does not say which of its networks makes the features "
            "and how that is drawn. Compare it with pixels, motion and flow instead."
        )
    network = getattr(backbone, backbone.feature_network)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        drawn = backbone.fresh_network().state_dict()
    # Only what is run; what was cut off the trained network is drawn and let go.
    drawn = {key: drawn[key] for key in network.state_dict()}
    network.load_state_dict(drawn)
    backbone.digest = _digest(f"{UNTRAINED}|{backbone.digest}|{seed}", drawn)
    backbone.id += Copy(backbone.id, UNTRAINED, seed).suffix
    return backbone


def random_copy(name: str, seed: int = 0, *, device: str = "cpu", precision: str = "float32") -> SVDBackbone:
    """Return the networks of a backbone of the SVD family, all freshly drawn from ``seed``. Nothing is downloaded.

    Image encoder, VAE and UNet are all untrained; they are drawn as those of :func:`untrain` are.

    Parameters
    ----------
    name : str
        ``"tiny"``, ``"svd"``, ``"svd-xt"``, or a folder in diffusers format.

    Raises
    ------
    BackboneError
        If its architecture is not known here.
    """
    id, configs, notes = _architecture(name)
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
        raise BackboneError(f"The configuration of {name} is not a valid network: {error}.") from error
    strip_unet(parts[0])
    strip_vae(parts[1])
    # What was drawn before the other kind had a name keeps its digest, and so its stored features.
    states = [part.state_dict() for part in parts]
    about = f"{json.dumps(configs, sort_keys=True, default=str)}|{seed}"
    digest = _digest("|".join(filter(None, (about, notes.mark))), *states)
    dtype = DTYPES[precision]
    # SVD's VAE overflows in float16.
    dtypes = (dtype, torch.float32 if dtype == torch.float16 else dtype, dtype)
    # torch's own way to a device: that of diffusers warns of casts that are no trouble here.
    parts = tuple(
        nn.Module.to(part, device, kind).requires_grad_(False).eval()
        for part, kind in zip(parts, dtypes, strict=True)
    )
    id += Copy(name, RANDOM, seed).suffix
    return SVDBackbone(*parts, id=id, digest=digest, device=device, precision=precision, notes=notes)


def _architecture(name: str) -> tuple[str, Mapping[str, Mapping[str, Any]], Notes]:
    if name in WINDOWS:
        unet = {**SVD_UNET, "num_frames": WINDOWS[name]}
        return name, {"unet": unet, "vae": SVD_VAE, "image_encoder": SVD_CLIP}, Notes()
    found = svd_folder(name)
    if found is None:
        raise BackboneError(
            f"No random copy of {name} can be made: only the architectures of tiny, svd, svd-xt and of folders in "
            "diffusers format are known here."
        )
    id, folder = found
    return id, read_configs(Path(folder)), read_notes(Path(folder))


def _digest(about: str, *states: Mapping[str, torch.Tensor]) -> str:
    digest = hashlib.sha256(about.encode())
    for state in states:
        for name, tensor in sorted(state.items()):
            digest.update(name.encode())
            digest.update(tensor.flatten()[:SAMPLED].float().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]
