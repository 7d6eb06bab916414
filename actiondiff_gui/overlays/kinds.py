"""Kinds of overlays; each is a job that computes the maps it needs or takes them from the cache."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from actiondiff_gui.backbones.protocol import Timestep, resolve_timestep
from actiondiff_gui.backbones.reading import layers_text
from actiondiff_gui.classifier.deciding import DecidingFrames, deciding_frames, evidence_map
from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.maps import ClipMap, MapMemory
from actiondiff_gui.overlays.feature_colours import FeatureColours, centre_of, similarity
from actiondiff_gui.overlays.overlay import Overlay, limits_of
from actiondiff_gui.progress import Job, Progress


@dataclass(frozen=True)
class Point:
    """A position in a clip's video: frame, and row and column in pixels of the upright frame."""

    frame: int
    row: float
    column: float


def spatial_attention(
    memory: MapMemory, clip: ClipSource, timestep: Timestep, layer: int, point: Point, head: int | None = None
) -> Job[Overlay]:
    """Return where each frame of the clicked window attends from the clicked position; mean over heads, or one head.

    Raises
    ------
    BackboneError
        If the layer has no attention, the point lies outside what the backbone saw, or there is no such head.
    """
    yield Progress(0, 1, "computing attention")
    cell = _cell(memory, clip, layer, point)
    found = memory.attention(clip, timestep, layer, "spatial", point.frame, cell)
    values = _head(found.weights, head)
    which = "mean over heads" if head is None else f"head {head}"
    title, address = f"attention from the clicked point, {which}", address_of(timestep, layer)
    yield Progress(1, 1)
    return Overlay("attention", title, found.frames, values, limits_of(values), found.placement, address)


def temporal_attention(
    memory: MapMemory, clip: ClipSource, timestep: Timestep, layer: int, point: Point, head: int | None = None
) -> Job[tuple[np.ndarray, np.ndarray]]:
    """Return which frames the clicked position attends to: frames ``[T]`` and weights ``[T]``, which sum to 1 in a full window."""
    yield Progress(0, 1, "computing attention")
    cell = _cell(memory, clip, layer, point)
    found = memory.attention(clip, timestep, layer, "temporal", point.frame, cell)
    yield Progress(1, 1)
    return found.frames, _head(found.weights, head)[found.nearest]


def feature_similarity(
    memory: MapMemory,
    clips: Sequence[ClipSource],
    timestep: Timestep,
    layer: int,
    clicked: int,
    point: Point,
    frame: int | None = None,
) -> Job[list[Overlay]]:
    """Return the similarity of every position of all ``clips`` to the point in the clip number ``clicked``, on one scale.

    With ``frame``, only the window around it is used; the point lies in it then.
    """
    maps: list[ClipMap] = []
    for clip in clips:
        maps.append((yield from memory.maps_job(clip, timestep, layer, frame)))
    cell = _cell(memory, clips[clicked], layer, point)
    own = maps[clicked]
    vector = own.values[own.nearest(point.frame), :, cell[0], cell[1]].astype(np.float32)
    centre = centre_of([each.values for each in maps])
    found = [similarity(each.values, vector, centre) for each in maps]
    title, address = "similarity to the clicked point", address_of(timestep, layer)
    return [
        Overlay("similarity", title, each.frames, values, (-1.0, 1.0), each.placement, address)
        for each, values in zip(maps, found, strict=True)
    ]


def feature_colours(
    memory: MapMemory,
    clips: Sequence[ClipSource],
    timesteps: Sequence[Timestep],
    layer: int,
    frame: int | None = None,
) -> Job[list[list[Overlay]]]:
    """Return the first three principal components as red, green and blue: for each timestep one overlay per clip.

    Colours are fitted over all clips of a timestep, so within it they mean the same everywhere; two
    timesteps have spaces of their own and their colours are not comparable one to one. With ``frame``, only the
    window around it is used.
    """
    rows = []
    for timestep in timesteps:
        maps: list[ClipMap] = []
        for clip in clips:
            maps.append((yield from memory.maps_job(clip, timestep, layer, frame)))
        paint = FeatureColours.fit([each.values for each in maps])
        address = address_of(timestep, layer)
        rows.append(
            [
                Overlay(
                    "colours",
                    "feature colours",
                    each.frames,
                    paint(each.values),
                    (0.0, 1.0),
                    each.placement,
                    address,
                )
                for each in maps
            ]
        )
    return rows


def class_evidence(
    memory: MapMemory, clips: Sequence[ClipSource], classifier: TrainedClassifier, action: str
) -> Job[list[Overlay]]:
    """Return where a classifier finds evidence for ``action``, one overlay per clip on one scale.

    Raises
    ------
    BackboneError
        If the classifier does not know the action.
    """
    if action not in classifier.classes:
        raise BackboneError(
            f"The classifier does not know {action!r}. Its actions: {', '.join(classifier.classes)}."
        )
    at = classifier.address.reading
    timestep = resolve_timestep(memory.backbone, at.timestep)
    overlays = []
    for clip in clips:
        found = yield from memory.cells_job(clip, timestep, at.layers, at.pooling)
        values = evidence_map(classifier, found.values)[..., classifier.classes.index(action)]
        repeated = np.repeat(values[None], len(found.frames), axis=0)
        title, address = f"evidence for {action}", f"{timestep}, {layers_text(at.layers, at.pooling)}"
        overlays.append(
            Overlay("evidence", title, found.frames, repeated, (0.0, 1.0), found.placement, address)
        )
    return on_one_scale(overlays)


def on_one_scale(overlays: Sequence[Overlay]) -> list[Overlay]:
    """Overlays of one kind with the limits that suit all of them together."""
    scale = limits_of(np.concatenate([each.values.ravel() for each in overlays]))
    return [replace(each, limits=scale) for each in overlays]


def address_of(timestep: Timestep, layer: int) -> str:
    """Return the address of an overlay, in words."""
    return f"{timestep}, layer {layer}"


def frames_that_decided(
    memory: MapMemory, clip: ClipSource, classifier: TrainedClassifier
) -> Job[tuple[np.ndarray, DecidingFrames]]:
    """Frames ``[L]`` of the video whose tokens the classifier read, and how much each counted."""
    at = classifier.address.reading
    timestep = resolve_timestep(memory.backbone, at.timestep)
    found = yield from memory.cells_job(clip, timestep, at.layers, at.pooling)
    decided = deciding_frames(classifier, found.values.astype(np.float32).mean((2, 3)))
    return found.frames[decided.tokens], decided


def _cell(memory: MapMemory, clip: ClipSource, layer: int, point: Point) -> tuple[int, int]:
    cell = memory.placement(clip, layer).cell(point.row, point.column)
    if cell is None:
        raise BackboneError(
            f"The point at row {point.row:.0f}, column {point.column:.0f} lies outside what the backbone saw of the "
            "clip. Click inside the picture, or inside the region of interest."
        )
    return cell


def _head(weights: np.ndarray, head: int | None) -> np.ndarray:
    """Mean over heads, or one head, of ``[T, heads, ...]``."""
    if head is None:
        mean: np.ndarray = weights.mean(axis=1)
        return mean
    if not 0 <= head < weights.shape[1]:
        raise BackboneError(f"There is no head {head}: the layer has heads 0 to {weights.shape[1] - 1}.")
    return weights[:, head]
