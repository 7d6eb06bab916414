"""Pooling of a layer's map to a token: spatial mean, and mean absolute change over time.

The mean is the paper's token. Motion within the frame hardly changes it, because what leaves one cell enters another;
the change, stored beside it for each channel, does capture it: the spatial mean of ``|f[t + 1] - f[t]|`` of the map ``f``.

Both are taken window by window, so that they are a function of clip and settings alone. The last frame of a window has
no next one there and repeats the change of the frame before it; a window of a single frame has change 0. Black frames
that fill up the last window of a clip never enter: its last real frame is taken for the last of the window. Windows do
not overlap, so the changes of a clip stand one after the other like its means. Of several noise draws the maps are
averaged first. Where a backbone gives two frames one map (a tubelet of a video transformer), the change within the pair
is 0; where it gives a vector instead of a map, the mean over space is over one cell: the absolute difference of vectors.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from actiondiff_gui.backbones.reading import Pooling

if TYPE_CHECKING:
    from torch import Tensor


DIFFERENCES = 16_000_000
"""So many numbers are subtracted at once."""


def pooled_windows(maps: "Tensor", real: Sequence[int]) -> list[np.ndarray]:
    """Tokens of the windows of a batch.

    Parameters
    ----------
    maps : Tensor
        ``[B, T, C, h, w]``.
    real : sequence of int
        For each window how many of its frames, from the first on, are of the clip; at least 1.

    Returns
    -------
    list of ndarray
        For each window ``[real, 2 C]`` float32: the mean, and behind it the change.
    """
    import torch

    maps = maps.float()
    means = maps.mean(dim=(-2, -1)).cpu().numpy()
    last = max(real) - 1
    # The differences of all frames of large maps at once would take as much memory as the maps.
    at_once = max(1, DIFFERENCES // max(1, maps[:, 0].numel()))
    steps = [
        (maps[:, t + 1 : min(t + at_once, last) + 1] - maps[:, t : min(t + at_once, last)])
        .abs_()
        .mean(dim=(-2, -1))
        for t in range(0, last, at_once)
    ]
    changes = torch.cat(steps, dim=1).cpu().numpy() if steps else means[:, :0]
    return [
        np.concatenate([mean[:count], _to_the_end(change[: count - 1])], axis=1)
        for mean, change, count in zip(means, changes, real, strict=True)
    ]


def cell_tokens(
    maps: Sequence[np.ndarray], grid: tuple[int, int], real: Sequence[int], pooling: Pooling
) -> np.ndarray:
    """Return features whose spatial mean is the token: maps of several layers, and their change, on one grid.

    Parameters
    ----------
    maps : sequence of ndarray
        ``[T, C, h, w]`` of one clip at each layer.
    grid : tuple of int
        Height and width onto which they are averaged.
    real : sequence of int
        Frames of each window of the clip; they sum up to T.

    Returns
    -------
    ndarray
        ``[T, C1 + C2 + ..., *grid]`` float16, in the order of an address's tokens.
    """
    import torch

    parts = []
    for values in maps:
        each = torch.from_numpy(values).float()
        kinds = [each]
        if pooling == "mean+change":
            windows = np.split(each.numpy(), np.cumsum(real)[:-1])
            changes = [_to_the_end(np.abs(np.diff(window, axis=0))) for window in windows]
            kinds.append(torch.from_numpy(np.concatenate(changes)))
        parts += [torch.nn.functional.adaptive_avg_pool2d(kind, grid).half() for kind in kinds]
    return torch.cat(parts, dim=1).numpy()


def _to_the_end(change: np.ndarray) -> np.ndarray:
    """Return changes ``[T - 1, ...]`` from each frame to the next as one for each of the T frames."""
    last = change[-1:] if len(change) else np.zeros((1, *change.shape[1:]), change.dtype)
    return np.concatenate([change, last])
