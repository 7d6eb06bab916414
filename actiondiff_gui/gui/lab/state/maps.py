"""Maps of one set of clips at several timesteps or layers, aligned to each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from actiondiff_gui.backbones.reading import Reading
from actiondiff_gui.embedding.alignment import between, procrustes
from actiondiff_gui.embedding.maps import MapSettings
from actiondiff_gui.embedding.process import EmbedProcess
from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.evaluation.study.grid import CellKey
from actiondiff_gui.gui.lab.state.comparing import store_job
from actiondiff_gui.gui.map.state.colours import point_size
from actiondiff_gui.gui.map.state.mapping import clip_vectors_job
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project

FEWEST = 0.5
"""A map with features of fewer clips than this share of the best one is left empty instead of costing the others clips."""

GAP, TITLE = 8, 17
"""Pixels between panels, and of a panel's title."""


@dataclass(frozen=True)
class SeriesAsked:
    """Which series of maps is requested.

    Attributes
    ----------
    project : Project
    address : Address
        Backbone, pooling and settings; it names no timestep and no layers.
    pairs : tuple of (str, int)
        Timestep and layer of each map, in the order in which they stand.
    settings : MapSettings
    clips : tuple of str
        Clips asked for.
    """

    project: Project
    address: Address
    pairs: tuple[CellKey, ...]
    settings: MapSettings
    clips: tuple[str, ...]


@dataclass(eq=False)
class MapSeries:
    """Maps of the same clips, added one by one by a job's thread and shown by the window.

    Attributes
    ----------
    asked : SeriesAsked
    clip_ids : tuple of str
        The N clips on all maps; empty until the features were read.
    maps : dict of int to ndarray
        For the number of a pair ``[N, 2]``, laid onto the map before.
    empty : dict of int to str
        Pairs without a map, and why.
    left_out : int
        Clips that are on no map because they lack features at some of the pairs.
    notes : tuple of str
    pooling : str
        Of all maps.
    finished : bool
    """

    asked: SeriesAsked
    clip_ids: tuple[str, ...] = ()
    maps: dict[int, np.ndarray] = field(default_factory=dict)
    empty: dict[int, str] = field(default_factory=dict)
    left_out: int = 0
    notes: tuple[str, ...] = ()
    pooling: str = "mean"
    finished: bool = False

    def at(self, where: float) -> np.ndarray:
        """Return positions ``[N, 2]`` interpolated between the maps: 0 the first, 0.5 half-way to the second."""
        return between([self.maps[n] for n in sorted(self.maps)], where)

    def bounds(self) -> tuple[np.ndarray, float]:
        """Return the centre ``[2]`` and the side of a square around all maps."""
        points = np.concatenate(list(self.maps.values()))
        low, high = points.min(axis=0), points.max(axis=0)
        return (low + high) / 2, float(max((high - low).max(), 1e-6))


def series_job(loaded: LoadedFeatures, series: MapSeries, process: EmbedProcess) -> Job[MapSeries]:
    """Make the maps of ``series`` one after the other, each initialised from and aligned to the one before.

    Raises
    ------
    ActionDiffError
        If no clip has features at any of the pairs, or features are damaged.
    """
    asked = series.asked
    yield Progress(0, 0, "reading features")
    process.prepare(asked.settings.method)
    known, store = yield from store_job(loaded, asked.project, asked.address)
    series.pooling = asked.address.pooling or known.default_pooling
    found = {}
    for number, (step, layer) in enumerate(asked.pairs):
        ids, order, vectors, _, _ = yield from clip_vectors_job(
            asked.project, store, Reading(step, (layer,), series.pooling), asked.clips
        )
        found[number] = (ids, order, vectors)
    most = max((len(ids) for ids, _, _ in found.values()), default=0)
    if not most:
        raise AnalysisError("No clip has features at any of these timesteps and layers. Compute them first.")
    used = {n: each for n, each in found.items() if len(each[0]) >= max(2, FEWEST * most)}
    for number, (ids, _, _) in found.items():
        if number not in used:
            series.empty[number] = (
                "no features" if not ids else f"features of {len(ids)} of {most} clips only"
            )
    common = set.intersection(*(set(ids) for ids, _, _ in used.values()))
    series.left_out = len(set().union(*(ids for ids, _, _ in used.values()))) - len(common)
    clip_ids = tuple(clip for clip in asked.clips if clip in common)
    if len(clip_ids) < 2:
        raise AnalysisError(
            "Fewer than two clips have features at all of these timesteps and layers. Compute what is missing, or "
            "choose fewer timesteps."
        )
    before, notes = None, []
    for done, (number, (ids, order, vectors)) in enumerate(used.items()):
        step, layer = asked.pairs[number]
        yield Progress(done, len(used), f"mapping {step}, layer {layer}")
        row = {clip: n for n, clip in enumerate(ids)}
        rows = [row[clip] for clip in clip_ids]
        names = [order[n] for n in rows]
        job = process.job(vectors[rows], names, asked.settings, start=before)
        laid_out = yield from _counted(job, done, len(used))
        points = laid_out.coordinates[:, :2].astype(np.float64)
        before = points if before is None else procrustes(points, before)(points)
        notes += [note for note in laid_out.notes if note not in notes]
        series.clip_ids, series.notes = clip_ids, tuple(notes)
        series.maps[number] = before.astype(np.float32)
    series.finished = True
    yield Progress(len(used), len(used))
    return series


def _counted(job: Job, done: int, total: int) -> Job:
    try:
        while True:
            yield Progress(done, total, next(job).message)
    except StopIteration as stop:
        return stop.value
    finally:
        job.close()


def pairs_across(
    kind: str, timesteps: Sequence[str], layers: Sequence[int], here: CellKey
) -> tuple[CellKey, ...]:
    """Return the cells compared: all ``timesteps`` at the layer of ``here``, or all ``layers`` at its timestep."""
    if kind == "layers":
        return tuple((here[0], layer) for layer in layers)
    return tuple((step, here[1]) for step in timesteps)


# Where panels and points stand, in pixels


@dataclass(frozen=True)
class Panels:
    """Squares side by side: ``corners`` ``[K, 2]`` of their lower left (y upwards), ``side`` and the whole ``size``."""

    corners: np.ndarray
    side: float
    size: tuple[float, float]

    def place(
        self, number: int, points: np.ndarray, middle: np.ndarray, span: float, margin: float
    ) -> np.ndarray:
        """Return the positions of the points ``[N, 2]`` of a map in panel ``number``."""
        room = max(self.side - 2 * margin, 1.0)
        return self.corners[number] + self.side / 2 + (points - middle) * (room / span)


def arranged(count: int, width: float, height: float) -> Panels:
    """Return the layout whose number of columns makes ``count`` panels largest in ``width`` x ``height`` pixels."""
    count = max(count, 1)

    def side(columns: int) -> float:
        rows = -(-count // columns)
        return min((width - GAP * (columns + 1)) / columns, (height - (GAP + TITLE) * rows - GAP) / rows)

    columns = max(range(1, count + 1), key=lambda n: (side(n), -n))
    rows = -(-count // columns)
    edge = max(side(columns), 20.0)
    # What is left over goes around, not between.
    left = max((width - columns * edge - (columns - 1) * GAP) / 2, 0)
    top = max((height - rows * (edge + TITLE) - (rows - 1) * GAP) / 2, 0)
    slots = [divmod(number, columns) for number in range(count)]
    corners = [
        (
            left + column * (edge + GAP),
            height - top - TITLE - edge - row * (edge + TITLE + GAP),
        )
        for row, column in slots
    ]
    return Panels(np.array(corners, np.float64), float(edge), (float(width), float(height)))


def panel_point_size(count: int, side: float) -> float:
    """Return the diameter in pixels of points in panels of ``side`` pixels."""
    return float(np.clip(point_size(count) * side / 220, 4.0, 10.0))
