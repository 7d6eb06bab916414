"""Forward pass through the network, up to the deepest requested layer."""

import torch
from torch import nn

from actiondiff_gui.backbones.frozen import FrozenBackbone


class TemplateBackbone(FrozenBackbone):
    """Each frame by itself, through one or two convolutions."""

    def __init__(self, shape, **about):
        super().__init__(shape, **about)
        generator = torch.Generator().manual_seed(0)
        self.network = nn.Module()
        self.network.blocks = nn.ModuleList([nn.Conv2d(3, 16, 4, 4), nn.Conv2d(16, 32, 2, 2)])
        for weights in self.network.parameters():
            nn.init.normal_(weights.requires_grad_(False), std=0.2, generator=generator)
        self.network.to(self.device, self.dtype).eval()

    def walk(self, pixels, layers):
        """Return the maps ``[B, T, C, h, w]`` of ``layers`` for normalised pixels ``[B, T, 3, H, W]``."""
        hidden, maps = pixels.flatten(0, 1), {}
        for number, block in enumerate(self.network.blocks[: max(layers)], start=1):
            hidden = block(hidden)
            if number in layers:
                maps[number] = hidden.unflatten(0, pixels.shape[:2])
        return maps
