"""Forward pass through the blocks of EfficientNet-Lite0, without its classifier."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.frozen import FrozenBackbone
from actiondiff_gui.errors import BackboneError


class Stages(nn.Module):
    """The network as a row of stations: stem, blocks, head."""

    def __init__(self) -> None:
        super().__init__()
        from efficientnet_lite_pytorch import EfficientNet

        whole = EfficientNet.from_name("efficientnet-lite0")
        self.stem = nn.Sequential(whole._conv_stem, whole._bn0, nn.ReLU6())
        self.blocks = whole._blocks
        self.head = nn.Sequential(whole._conv_head, whole._bn1, nn.ReLU6())

    def load(self, state: dict[str, Tensor]) -> None:
        """Take the weights, named as the library names them, less those of the classifier."""
        names = {
            "_conv_stem": "stem.0",
            "_bn0": "stem.1",
            "_blocks": "blocks",
            "_conv_head": "head.0",
            "_bn1": "head.1",
        }
        own = {}
        for name, values in state.items():
            part, _, rest = name.partition(".")
            if part in names:
                own[f"{names[part]}.{rest}"] = values
        self.load_state_dict(own, strict=True)


def load(file: Path, shape: Description, **about: str) -> "EfficientNetBackbone":
    """Load the released weights."""
    network = Stages()
    try:
        # Of a file in pickle format only tensors are taken, and the file is known by its digest.
        network.load(torch.load(file, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, ValueError) as error:
        raise BackboneError(f"{file} cannot be read ({error}). Install its package again.") from error
    return EfficientNetBackbone(network, shape, **about)


class EfficientNetBackbone(FrozenBackbone):
    """Maps of the stem, each block and the head."""

    # Of 255: TensorFlow's released Lite models see (values - 127) / 128.
    mean, std = (127 / 255,) * 3, (128 / 255,) * 3

    def __init__(self, network: nn.Module, shape: Description, **about: str) -> None:
        super().__init__(shape, **about)
        self.network = network.to(self.device, self.dtype).requires_grad_(False).eval()

    def fresh_network(self) -> nn.Module:
        """Return the network before training, as its package draws it."""
        return Stages()

    def walk(self, pixels: Tensor, layers: Sequence[int]) -> dict[int, Tensor]:
        """Frames are the batch of the network."""
        hidden, maps = pixels.flatten(0, 1), {}
        stations = [self.network.stem, *self.network.blocks, self.network.head]
        for number, station in enumerate(stations[: max(layers)], start=1):
            hidden = station(hidden)
            if number in layers:
                maps[number] = hidden.unflatten(0, pixels.shape[:2])
        return maps
