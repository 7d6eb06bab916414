"""Feature maps before spatial pooling, and attention, of one clip.

Maps are large, so they are computed on demand and cached in memory only, the latest ones.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from actiondiff_gui.backbones.protocol import Backbone, EncodeSettings, Timestep
from actiondiff_gui.backbones.reading import Pooling
from actiondiff_gui.errors import BackboneError, FeatureStoreError
from actiondiff_gui.features.clips import ClipSource, Window, clip_windows, padded, window_seed
from actiondiff_gui.features.cropping import crop
from actiondiff_gui.features.placement import Placement, placement
from actiondiff_gui.features.pooling import cell_tokens
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.progress import Job, Progress

MOST_BYTES = 1 << 30
ENCODED_KEPT = 32
MOST_ATTENTION_BYTES = 160_000_000
"""What goes into attention that was asked for lately; a window more must make room first."""
ATTENTION_KEPT = 32

_MapKey = tuple[str, str, int] | tuple[str, str, int, int]
"""Clip, timestep and layer; and the window, where it is one alone."""


@dataclass(frozen=True)
class ClipMap:
    """Maps of one clip at one timestep and layer.

    Attributes
    ----------
    values : ndarray
        ``[T, C, h, w]`` float16.
    frames : ndarray
        ``[T]`` int64, the frame of the video each map comes from.
    placement : Placement
        Where the cells lie in the video's upright frame.
    """

    values: np.ndarray
    frames: np.ndarray
    placement: Placement

    def nearest(self, frame: int) -> int:
        """Return the index of the map that is nearest to a frame of the video."""
        return int(np.abs(self.frames - frame).argmin())


@dataclass(frozen=True)
class AttentionMap:
    """Attention from one position, in all frames of a window.

    Attributes
    ----------
    weights : ndarray
        float32 ``[T, heads, h, w]`` within each frame, or ``[T, heads, T]`` over the frames of the window, the frame
        that looks first.
    frames : ndarray
        ``[T]`` int64, the frames of the video.
    nearest : int
        Number of the frame that is nearest to the one that was asked for.
    placement : Placement
    cell : tuple of int
        Row and column that was asked from.
    """

    weights: np.ndarray
    frames: np.ndarray
    nearest: int
    placement: Placement
    cell: tuple[int, int]


class MapMemory:
    """Maps and attention of clips through one backbone; what was computed lately is answered from memory.

    May be used from several threads; they wait for each other.

    Parameters
    ----------
    backbone : Backbone
    settings : ExtractionSettings
    most_bytes : int
        Memory for maps.

    Attributes
    ----------
    pace : float or None
        Seconds that a window took lately, from the video to the map.
    """

    def __init__(
        self, backbone: Backbone, settings: ExtractionSettings, most_bytes: int = MOST_BYTES
    ) -> None:
        self.backbone, self.settings, self._most = backbone, settings, most_bytes
        self._maps: OrderedDict[_MapKey, ClipMap] = OrderedDict()
        self._pictures: dict[str, tuple[int, int]] = {}
        self._encoded: OrderedDict[tuple[str, int], tuple[Any, tuple[int, int]]] = OrderedDict()
        self._attention: OrderedDict[tuple[str, int, str, int, str], Any] = OrderedDict()
        self._lock = threading.RLock()
        self.pace: float | None = None

    def has(self, clip: ClipSource, timestep: Timestep, layer: int) -> bool:
        """Return whether the maps of a clip are in memory."""
        return (clip.key, timestep.key, layer) in self._maps

    def windows(self, clip: ClipSource) -> list[Window]:
        """Return the windows of a clip."""
        stride = self.settings.stride or self.backbone.stride
        return clip_windows(clip, stride, self.backbone.window, self.settings.max_seconds)

    def maps_job(
        self, clip: ClipSource, timestep: Timestep, layer: int, frame: int | None = None
    ) -> Job[ClipMap]:
        """Compute the maps of a clip, window by window, or take them from memory.

        With ``frame``, of the one window alone whose frames come nearest to it.

        Raises
        ------
        FeatureStoreError
            If they would take more memory than there is for all maps.
        BackboneError, VideoError
            If the network fails or the video cannot be read.
        """
        key: _MapKey = (clip.key, timestep.key, layer)
        windows = self.windows(clip)
        if frame is not None and key not in self._maps:
            windows = [self._window_at(clip, frame)[0]]
            key = (*key, windows[0].number)
        if key in self._maps:
            self._maps.move_to_end(key)
            yield Progress(len(windows), len(windows))
            return self._maps[key]
        parts = []
        for done, window in enumerate(windows):
            yield Progress(done, len(windows), f"computing maps of {clip.path.name}")
            began = time.perf_counter()
            with self._lock:
                parts.append(self._window_map(clip, window, timestep, layer, len(windows)))
            self.pace = time.perf_counter() - began
        values = np.concatenate([part for part, _ in parts])
        where = parts[0][1]
        frames = np.concatenate([np.array(window.frames, np.int64) for window in windows])
        found = ClipMap(values, frames, where)
        with self._lock:
            self._maps[key] = found
            while (
                sum(each.values.nbytes for each in self._maps.values()) > self._most and len(self._maps) > 1
            ):
                self._maps.popitem(last=False)
        yield Progress(len(windows), len(windows))
        return found

    def cells_job(
        self, clip: ClipSource, timestep: Timestep, layers: Sequence[int], pooling: Pooling
    ) -> Job[ClipMap]:
        """Return the features of each cell, whose mean over all cells is the token: the layers side by side, with their change.

        The layers of a network have grids of their own; they are averaged onto the coarsest, that of the deepest layer.
        Raises as :meth:`maps_job`.
        """
        maps: list[ClipMap] = []
        for layer in layers:
            maps.append((yield from self.maps_job(clip, timestep, layer)))
        last = maps[-1]
        if len(maps) == 1 and pooling == "mean":
            return last
        real = [len(window.frames) for window in self.windows(clip)]
        return replace(
            last, values=cell_tokens([each.values for each in maps], last.placement.grid, real, pooling)
        )

    def attends(
        self, clip: ClipSource, timestep: Timestep, layer: int, kind: str, frame: int, cell: tuple[int, int]
    ) -> bool:
        """Return whether a question to :meth:`attention` is answered without the network."""
        rows = self._attention.get(
            (clip.key, self._window_at(clip, frame)[0].number, timestep.key, layer, kind)
        )
        return rows is not None and rows.ready(*cell)

    def walk(
        self, clip: ClipSource, frame: int, timestep: Timestep, layers: Sequence[int]
    ) -> tuple[dict[int, np.ndarray], np.ndarray]:
        """Return maps ``[T, C, h, w]`` float32 of several layers in one forward pass, and the frames ``[T]`` of the video they are of.

        They are of the window whose frames come nearest to ``frame``, and are not kept.

        Raises
        ------
        BackboneError, VideoError
            If the network fails or the video cannot be read.
        """
        from actiondiff_gui.backbones.torch_errors import as_backbone_errors

        window, _ = self._window_at(clip, frame)
        with self._lock:
            encoded, _ = self._encode(clip, window)
            with as_backbone_errors(f"computing maps of {clip.path.name}"):
                found = self.backbone.features(encoded, timestep, list(layers))
                frames = np.array(window.frames, np.int64)
                maps = {n: each[0, : len(frames)].float().cpu().numpy() for n, each in found.items()}
        return maps, frames

    def attention(
        self, clip: ClipSource, timestep: Timestep, layer: int, kind: str, frame: int, cell: tuple[int, int]
    ) -> AttentionMap:
        """Attention from one cell, in the window whose frames come nearest to ``frame`` of the video.

        The first question to a window and layer walks the network; further ones are answered from memory, but for
        maps too large to be kept.

        Raises
        ------
        BackboneError
            If the backbone or the layer has no attention of that kind.
        """
        if not hasattr(self.backbone, "attention"):
            raise BackboneError(f"The backbone {self.backbone.id} offers no attention. Choose another one.")
        from actiondiff_gui.backbones.torch_errors import as_backbone_errors

        window, offset = self._window_at(clip, frame)
        key = (clip.key, window.number, timestep.key, layer, kind)
        with self._lock, as_backbone_errors(f"computing the attention of {clip.path.name}"):
            encoded, picture = self._encode(clip, window)
            rows = self._attention.pop(key, None)
            if rows is None:
                rows = self.backbone.attention(encoded, timestep, layer, kind)
            # Room is made before the question, so that old and new are never held together.
            while self._attention and (
                sum(each.nbytes for each in self._attention.values()) + rows.nbytes > MOST_ATTENTION_BYTES
                or len(self._attention) >= ATTENTION_KEPT
            ):
                self._attention.popitem(last=False)
            self._attention[key] = rows
            weights = rows.at(*cell)
        where = self._placement(clip, picture, layer)
        frames = np.array(window.frames, np.int64)
        # The black frames that fill up the last window are no frames of the clip.
        weights = weights[: len(frames)]
        if kind == "temporal":
            weights = weights[..., : len(frames)]
        return AttentionMap(weights, frames, offset, where, cell)

    def placement(self, clip: ClipSource, layer: int) -> Placement:
        """Return the position of a layer's cells in a clip's video; looks into the video if it has to."""
        if clip.key not in self._pictures:
            from actiondiff_gui.video.reader import VideoReader

            with VideoReader(clip.path) as reader:
                self._pictures[clip.key] = (reader.height, reader.width)
        return self._placement(clip, self._pictures[clip.key], layer)

    def _window_at(self, clip: ClipSource, frame: int) -> tuple[Window, int]:
        found = [
            (abs(shown - frame), window.number, offset)
            for window in self.windows(clip)
            for offset, shown in enumerate(window.frames)
        ]
        _, number, offset = min(found)
        return self.windows(clip)[number], offset

    def _window_map(
        self, clip: ClipSource, window: Window, timestep: Timestep, layer: int, windows: int
    ) -> tuple[np.ndarray, Placement]:
        from actiondiff_gui.backbones.torch_errors import as_backbone_errors

        encoded, picture = self._encode(clip, window)
        where = self._placement(clip, picture, layer)
        channels = next(each.channels for each in self.backbone.layers if each.index == layer)
        needed = windows * self.backbone.window * channels * where.grid[0] * where.grid[1] * 2
        if needed > self._most:
            raise FeatureStoreError(
                f"The maps of {clip.path.name} at layer {layer} would take {needed / 1e9:.1f} GB. Choose a shorter "
                "clip, or a deeper layer, whose maps are smaller."
            )
        with as_backbone_errors(f"computing maps of {clip.path.name}"):
            maps = self.backbone.features(encoded, timestep, [layer])[layer]
            values = maps[0, : len(window.frames)].half().cpu().numpy()
        return values, where

    def _encode(self, clip: ClipSource, window: Window) -> tuple[Any, tuple[int, int]]:
        key = (clip.key, window.number)
        if key not in self._encoded:
            from actiondiff_gui.backbones.torch_errors import as_backbone_errors
            from actiondiff_gui.video.reader import VideoReader

            with VideoReader(clip.path) as reader:
                frames = crop(reader.read_many(window.frames), clip)
                picture = self._pictures[clip.key] = (reader.height, reader.width)
            settings = self.settings.encode_settings(self.backbone, *frames.shape[1:3])
            frames = padded(frames, self.backbone.window)
            with as_backbone_errors(f"computing maps of {clip.path.name}"):
                encoded = self.backbone.encode(frames[None], [window_seed(clip, window)], settings)
            self._encoded[key] = (encoded, picture)
            while len(self._encoded) > ENCODED_KEPT:
                self._encoded.popitem(last=False)
        self._encoded.move_to_end(key)
        return self._encoded[key]

    def _placement(self, clip: ClipSource, picture: tuple[int, int], layer: int) -> Placement:
        height, width = picture
        seen = picture
        if clip.roi is not None:
            x, y, w, h = clip.roi
            seen = (min(height, y + h) - max(0, y), min(width, x + w) - max(0, x))
        settings: EncodeSettings = self.settings.encode_settings(self.backbone, *seen)
        reduction = next(each.reduction for each in self.backbone.layers if each.index == layer)
        return placement(picture, clip.roi, settings.resolution, reduction)
