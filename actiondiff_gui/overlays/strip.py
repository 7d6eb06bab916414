"""Feature colours of one frame at several timesteps and layers, comparable with each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.backbones.protocol import Timestep
from actiondiff_gui.embedding.alignment import procrustes
from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.cropping import crop
from actiondiff_gui.features.maps import MapMemory
from actiondiff_gui.overlays.feature_colours import FeatureColours
from actiondiff_gui.progress import Job, Progress

MOST_BYTES = 1 << 28
"""Maps held at once; with larger ones only the frame asked for is shown, and not its window."""

TALLEST = 270
"""Pixels of the frame's own picture."""

CellKey = tuple[str, int]


@dataclass(frozen=True, eq=False)
class FrameStrip:
    """Pictures of the frames of one window, at every timestep and layer.

    Attributes
    ----------
    clip : str
        Id of the clip.
    frames : ndarray
        ``[T]`` int64, frames of the video.
    seen : ndarray
        ``[T, H, W, 3]`` uint8, what the backbone got to see, made smaller.
    colours : dict of (str, int) to ndarray
        For each timestep and layer ``[T, h, w, 3]`` uint8.
    timesteps, layers : tuple
    """

    clip: str
    frames: np.ndarray
    seen: np.ndarray
    colours: dict[CellKey, np.ndarray]
    timesteps: tuple[str, ...]
    layers: tuple[int, ...]

    def nearest(self, frame: int) -> int:
        """Return the index of the picture nearest to a frame of the video."""
        return int(np.abs(self.frames - frame).argmin())

    def covers(self, frame: int) -> bool:
        """Return whether a frame lies in the stretch that the pictures are of."""
        step = int(np.diff(self.frames).min()) if len(self.frames) > 1 else 1
        return bool(self.frames[0] - step < frame < self.frames[-1] + step)


def strip_job(
    memory: MapMemory, clip: ClipSource, frame: int, timesteps: Sequence[Timestep], layers: Sequence[int]
) -> Job[FrameStrip]:
    """Walk the network once for each timestep, and colour all layers' maps of the window around ``frame``.

    Raises
    ------
    BackboneError, VideoError
        If the network fails or the video cannot be read.
    """
    maps: dict[CellKey, np.ndarray] = {}
    kept: np.ndarray | None = None
    frames = np.zeros(0, np.int64)
    for done, timestep in enumerate(timesteps):
        yield Progress(done, len(timesteps) + 1, f"computing maps at {timestep.key}")
        found, frames = memory.walk(clip, frame, timestep, layers)
        if kept is None:
            size = sum(each.nbytes for each in found.values()) * len(timesteps)
            nearest = np.abs(frames - frame).argmin()
            kept = np.arange(len(frames)) if size <= MOST_BYTES else np.array([nearest])
        for layer, each in found.items():
            maps[timestep.key, layer] = each[kept]
    yield Progress(len(timesteps), len(timesteps) + 1, "colouring")
    keys = tuple(step.key for step in timesteps)
    colours = comparable_colours(maps, keys, tuple(layers))
    frames = frames[kept]
    return FrameStrip(clip.id, frames, _seen(clip, frames), colours, keys, tuple(layers))


def comparable_colours(
    maps: dict[CellKey, np.ndarray], timesteps: Sequence[str], layers: Sequence[int]
) -> dict[CellKey, np.ndarray]:
    """Colours ``[T, h, w, 3]`` uint8 of maps ``[T, C, h, w]``.

    Within a layer, colours of all timesteps stand for the same three directions of its features: the first principal
    components of all its maps together, each timestep centred and scaled as a whole before, for its level says
    nothing of positions. Layers have different features, so the three directions of each are turned to agree with
    those of the layer before as far as they can.
    """
    colours: dict[CellKey, np.ndarray] = {}
    before: np.ndarray | None = None
    for layer in layers:
        even = [_even(maps[step, layer]) for step in timesteps]
        paint = FeatureColours.fit(even)
        spread = np.where(paint.high > paint.low, paint.high - paint.low, 1)
        along = np.stack(
            [
                np.einsum("tchw,kc->thwk", each - paint.mean[None, :, None, None], paint.axes) / spread
                for each in even
            ]
        )
        if before is not None:
            turn = procrustes(_flat(along), _flat(_shrunk(before, along.shape[2:4])), scaling=False)
            along = (along - turn.centre) @ turn.turn
        before = along
        low, high = np.percentile(_flat(along), (1, 99), axis=0)
        scaled = np.clip((along - low) / np.where(high > low, high - low, 1), 0, 1)
        for step, each in zip(timesteps, scaled, strict=True):
            colours[step, layer] = np.round(each * 255).astype(np.uint8)
    return colours


def _even(map_: np.ndarray) -> np.ndarray:
    """Return a map whose cells have mean 0 over all positions, and of length 1 in the mean."""
    centred: np.ndarray = map_ - map_.mean(axis=(0, 2, 3), keepdims=True)
    size = np.sqrt((centred**2).sum(axis=1).mean())
    return centred / size if size > 0 else centred


def _flat(along: np.ndarray) -> np.ndarray:
    return along.reshape(-1, along.shape[-1])


def _shrunk(along: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Return the cells of ``[S, T, H, W, 3]`` nearest to those of a grid of ``h`` x ``w`` over the same picture."""
    rows, columns = (
        np.minimum(((np.arange(count) + 0.5) * size / count).astype(int), size - 1)
        for count, size in zip(grid, along.shape[2:4], strict=True)
    )
    return along[:, :, rows][:, :, :, columns]


def _seen(clip: ClipSource, frames: np.ndarray) -> np.ndarray:
    from actiondiff_gui.video.reader import VideoReader

    with VideoReader(clip.path) as reader:
        pictures = crop(reader.read_many([int(frame) for frame in frames]), clip)
    step = -(-pictures.shape[1] // TALLEST)
    return np.ascontiguousarray(pictures[:, ::step, ::step])
