"""Optical flow as a backbone without a network: coarse motion of the whole picture."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from actiondiff_gui.backbones.controls.pixels import COARSE, GREY, SimpleBackbone, fields
from actiondiff_gui.backbones.protocol import Layer

RADIUS, WARPS = 5, 3
"""Half-width in pixels of the window in which the flow is constant, and refinements at each scale."""
SPEEDS = (0.0, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.5, 7.0, np.inf)
"""Bins of the length of the flow, in pixels of the small picture from one frame of a window to the next."""
DIRECTIONS = 8


class FlowBackbone(SimpleBackbone):
    """How everything in the picture moves from one frame of a window to the next.

    The flow is that of iterative Lucas-Kanade (Le Besnerais and Champagnat 2005), as scikit-image computes it on
    brightness at 64 x 64 pixels. Layer 1 is its mean to the right, downwards and in length over 4 x 4 fields. Layer 2
    forgets where: the share of the picture that moves at each of 10 speeds, the energy that goes each of 8 ways, and
    the energy in all (as roots). The first frame of a window has none before it and gets zeros.
    """

    id = "flow"
    layers = (
        Layer(1, "optical flow, 4 x 4 fields", 3 * COARSE**2, 64),
        Layer(2, "speeds and directions of the whole picture", len(SPEEDS) - 1 + DIRECTIONS + 1, 64),
    )

    def _layer(self, pictures: Tensor, layer: int) -> Tensor:
        grey = (pictures.cpu().float() * torch.tensor(GREY)[:, None, None]).sum(dim=2).numpy()
        with ThreadPoolExecutor(max_workers=torch.get_num_threads()) as pool:
            flows = torch.from_numpy(np.stack(list(pool.map(optical_flow, grey)))).to(self.device)
        length = flows.square().sum(dim=2).sqrt()
        if layer == 1:
            return fields(torch.cat([flows, length[:, :, None]], dim=2), COARSE)
        energy = length.square()
        edges = torch.tensor(SPEEDS, device=self.device, dtype=length.dtype)
        speed = torch.bucketize(length, edges, right=True) - 1
        way = (
            torch.atan2(flows[:, :, 1], flows[:, :, 0]) / (2 * torch.pi) % 1 * DIRECTIONS
        ).long() % DIRECTIONS
        area = (-2, -1)
        shares = [(speed == bin).float().mean(area) for bin in range(len(SPEEDS) - 1)]
        ways = [(energy * (way == each)).mean(area).sqrt() for each in range(DIRECTIONS)]
        found = torch.stack([*shares, *ways, energy.mean(area).sqrt()], dim=2)
        found[:, 0] = 0
        return found


def optical_flow(grey: np.ndarray) -> np.ndarray:
    """Flow ``[T, 2, h, w]`` float32 in pixels, to the right and downwards, that leads to each frame of ``[T, h, w]``.

    That of the first frame is 0.
    """
    from skimage.registration import optical_flow_ilk

    # A flat patch has no gradient; the method then divides by nearly 0.
    bound = max(grey.shape[1:]) / 2
    flows = [np.zeros((2, *grey.shape[1:]), np.float32)]
    for before, after in pairwise(grey):
        found = optical_flow_ilk(before, after, radius=RADIUS, num_warp=WARPS)[::-1]
        flows.append(np.clip(np.nan_to_num(found, posinf=0, neginf=0), -bound, bound).astype(np.float32))
    return np.stack(flows)
