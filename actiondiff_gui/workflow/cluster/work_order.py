"""Orders: all that another process needs to compute some clips of a project as this one would."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from actiondiff_gui.backbones.offers import folder_named
from actiondiff_gui.backbones.protocol import Backbone
from actiondiff_gui.backbones.reading import Pooling
from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.errors import ClusterError
from actiondiff_gui.features.clips import ClipSource, Unit
from actiondiff_gui.features.extraction import extract_job, plan, window_count
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import Job, run


@dataclass(frozen=True)
class Order:
    """The features that are wanted, in values that any process can read.

    Attributes
    ----------
    root : Path
        The project's folder of features.
    backbone, device, precision : str
        As for :func:`~actiondiff_gui.backbones.registry.load_backbone`.
    settings : ExtractionSettings
    timesteps : tuple of str
        Keys such as "t20".
    layers : tuple of int
    pooling : {"mean", "mean+change"}
    digest : str
        Of the features; a process that would compute other ones says so and computes none.
    batch_size : int or None
        Windows per pass.
    """

    root: Path
    backbone: str
    device: str
    precision: str
    settings: ExtractionSettings
    timesteps: tuple[str, ...]
    layers: tuple[int, ...]
    pooling: Pooling
    digest: str
    batch_size: int | None = None


@dataclass(frozen=True)
class Done:
    """What came of some clips.

    Attributes
    ----------
    computed : tuple of str
        Ids of the clips that were computed.
    failed : dict of str to str
        For each clip that failed, why.
    windows : int
        Windows computed.
    seconds : float
        How long it took, without loading the network.
    """

    computed: tuple[str, ...] = ()
    failed: dict[str, str] = field(default_factory=dict)
    windows: int = 0
    seconds: float = 0.0


def order_of(features: FeatureSet, units: Sequence[Unit], batch_size: int | None = None) -> Order:
    """Return the order for ``units`` of a feature set, all its timesteps and layers together."""
    provenance = features.store.provenance
    folder = folder_named(features.backbone.removesuffix("-spatial"))
    backbone = features.backbone
    if folder is not None:
        # Another process may be at home in another folder.
        backbone = str(folder) + ("-spatial" if backbone.endswith("-spatial") else "")
    return Order(
        root=features.store.folder.parent.resolve(),
        backbone=backbone,
        device=features.device,
        # What "auto" stands for is decided once: on a GPU it would be another address than on a CPU.
        precision=str(provenance.values.get("precision", features.precision)),
        settings=features.settings,
        timesteps=tuple(dict.fromkeys(step.key for unit in units for step in unit.timesteps)),
        layers=tuple(sorted({layer for unit in units for layer in unit.layers})),
        pooling=features.pooling,
        digest=provenance.digest,
        batch_size=batch_size,
    )


def compute(order: Order, clips: Sequence[ClipSource]) -> Done:
    """Compute what of an order lacks of ``clips``; may be repeated. Runs in the other process.

    Raises
    ------
    ActionDiffError
        The network cannot be loaded, or is another one here, or nothing can be kept.
    """
    return run(compute_job(order, clips))


def compute_job(order: Order, clips: Sequence[ClipSource]) -> Job[Done]:
    """:func:`compute` step by step."""
    network = _network(order)
    provenance = Provenance.of(network, order.settings)
    if provenance.digest != order.digest:
        raise ClusterError(
            f"{order.backbone} on this machine gives features {provenance.digest}, and {order.digest} are wanted: other weights, "
            "another precision, or another version of this program. Let all machines have the same."
        )
    store = TokenStore(order.root, provenance)
    began = time.perf_counter()
    units = plan(clips, network, store, order.timesteps, order.layers, order.pooling)
    windows = window_count(units, network, order.settings)
    report = yield from extract_job(units, network, order.settings, store, order.batch_size)
    return Done(report.computed, report.failed, windows, time.perf_counter() - began)


_loaded: dict[tuple[str, str, str], Backbone] = {}


def _network(order: Order) -> Backbone:
    """Load the network, which stays in this process until another one is needed."""
    key = (order.backbone, order.device, order.precision)
    if key not in _loaded:
        _loaded.clear()
        _loaded[key] = load_backbone(*key)
    return _loaded[key]
