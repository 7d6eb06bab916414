"""One feature address of a project: tokens are read from disk, and a network is loaded only to compute them.

Command line, windows and the library all use it, so that features which were computed on another machine can be
mapped, studied and trained on where the weights are absent.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.identity import describe, description_of, identify
from actiondiff_gui.backbones.offers import Sketch
from actiondiff_gui.backbones.protocol import Backbone, Timestep, check_layers, resolve_timestep
from actiondiff_gui.backbones.reading import Pooling, Reading, checked_pooling
from actiondiff_gui.backbones.registry import choose_device, choose_precision, find_offer, load_backbone
from actiondiff_gui.errors import BackboneError, FeatureStoreError
from actiondiff_gui.features.clips import Unit
from actiondiff_gui.features.cost import Cost, Pace, count_and_measure, measure, scaled
from actiondiff_gui.features.dataset import ProjectTokens, clip_sources, features_folder
from actiondiff_gui.features.extraction import ExtractionReport, extract_job, plan
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.features.stored_sets import StoredFeatures, stored_features
from actiondiff_gui.features.tokens import FeatureAddress, TokenSet
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project

Load = Callable[[str, str, str], Backbone]
"""Loads a backbone by name, device and precision."""


class FeatureSet:
    """The features of a project's clips at one address.

    Parameters
    ----------
    project : Project
    backbone : str
        A name that :func:`~actiondiff_gui.backbones.registry.available` lists, a model's folder or a hub id. Its weights
        need not be here where features are stored.
    timestep : Timestep, int or str, optional
        ``20``, ``"t20"`` or ``"sigma=1.5"``; by default the backbone's.
    layers : int or sequence of int, optional
        Layers whose tokens stand side by side, whatever the order they are named in; by default the backbone's.
    pooling : {"mean", "mean+change"}, optional
        What of each layer's map makes a token, see :mod:`~actiondiff_gui.features.pooling`; by default as is usual for
        the backbone. Computed and kept are both.
    settings : ExtractionSettings, optional
        How frames are chosen and shown to the backbone.
    device, precision : str
        "auto", or as for :func:`~actiondiff_gui.backbones.registry.load_backbone`. With precision "auto", stored features
        of any precision are taken where there are none of the one that this machine would compute in.
    load : callable, optional
        Loads the network where something is to be computed; by default
        :func:`~actiondiff_gui.backbones.registry.load_backbone`.

    Attributes
    ----------
    description : Description
        What the backbone offers: schedule, layers, usual timestep and layer.
    timestep : Timestep
    layers : tuple of int
    pooling : str

    Raises
    ------
    BackboneError
        There is no such backbone, it has no such timestep or layer, or there is no such pooling.
    """

    def __init__(
        self,
        project: Project,
        backbone: str = "tiny",
        timestep: Timestep | int | str | None = None,
        layers: int | Sequence[int] = (),
        pooling: Pooling | None = None,
        *,
        settings: ExtractionSettings | None = None,
        device: str = "auto",
        precision: str = "auto",
        load: Load = load_backbone,
    ) -> None:
        self.project, self.backbone = project, backbone
        self.settings = settings or ExtractionSettings()
        self.device, self.precision = device, precision
        self._load = load
        self._network: Backbone | None = None
        self._several = False
        self._provenance, about = self._resolved()
        if about is None:
            # Only the loaded network can tell what this backbone is.
            about = description_of(self.network())
        self._settle()
        self.description = about
        asked = [layers] if isinstance(layers, int) else list(layers)
        self.layers = check_layers(self.description, asked or self.description.usual_layers)
        self.pooling = checked_pooling(pooling or self.description.default_pooling)
        self.timestep = (
            self.description.default_timestep
            if timestep is None or timestep == ""
            else resolve_timestep(self.description, timestep)
        )

    @property
    def known(self) -> bool:
        """Whether it is known, without loading the network, where the tokens lie."""
        return self._provenance is not None

    @property
    def store(self) -> TokenStore:
        """Where the tokens lie.

        Raises
        ------
        FeatureStoreError
            Neither are the weights here nor are features of these settings stored, or several kinds of them are.
        """
        if self._provenance is None:
            # Features may have been computed or copied since.
            self._provenance, _ = self._resolved(needed=True)
            assert self._provenance is not None
            self._settle()
        return TokenStore(features_folder(self.project), self._provenance)

    @property
    def channels(self) -> int:
        """Length of a token."""
        each = sum(self.description.layer(layer).channels for layer in self.layers)
        return each if self.pooling == "mean" else 2 * each

    @property
    def reading(self) -> Reading:
        """Timestep, layers and pooling."""
        return Reading(self.timestep.key, self.layers, self.pooling)

    @property
    def address(self) -> FeatureAddress:
        """Backbone, digest, timestep, layers and pooling."""
        provenance = self.store.provenance
        return FeatureAddress(provenance.backbone, provenance.digest, *self.reading)

    def network(self, anew: bool = False) -> Backbone:
        """Return the backbone, loaded (and downloaded, where it has to be) at the first call.

        Parameters
        ----------
        anew : bool
            Whatever is stored, let this be the set of what the network gives as it is loaded here: for a backbone that
            does not tell what it is before it is loaded.

        Raises
        ------
        BackboneError
            It cannot be loaded, or gives other features than those of this set.
        """
        if self._network is None:
            known = None if anew else self._provenance
            precision = self.precision if known is None else known.values.get("precision", self.precision)
            loaded = self._load(self.backbone, self.device, precision)
            own = Provenance.of(loaded, self.settings)
            if known is not None and own.digest != known.digest:
                raise BackboneError(
                    f"{self.backbone} as loaded here gives features {own.digest}, and the project's are {known.digest}: "
                    "other weights, or another version of them. Compute them anew with the precision named, or use the "
                    "weights they were computed with."
                )
            self._network, self._provenance = loaded, own
            self._settle()
            if anew:
                self.description = description_of(loaded)
        return self._network

    def _settle(self) -> None:
        """Let the settings say where noise comes from, once it is known which features are meant."""
        if self._provenance is not None:
            self.settings = replace(self.settings, generator=self._provenance.generator)

    def plan(
        self,
        timesteps: Sequence[Timestep | int | str] | None = None,
        layers: Sequence[int] | None = None,
        clip_ids: Iterable[str] | None = None,
        load: bool = True,
    ) -> list[Unit]:
        """Return what is to be computed at ``timesteps`` and ``layers`` (by default the set's) of all clips or ``clip_ids``.

        Where it is not known yet where the tokens lie, the network is loaded (and downloaded, where it has to be). Without
        ``load`` nothing counts as computed instead, if the network can be counted without its weights.
        """
        if self._provenance is None and not self._several and not load and self._sketch() is not None:
            wanted = check_layers(self.description, list(layers or self.layers))
            chosen = [self.timestep] if timesteps is None else timesteps
            found = tuple(dict.fromkeys(resolve_timestep(self.description, step) for step in chosen))
            different = {clip.key: clip for clip in reversed(clip_sources(self.project, clip_ids))}
            return [Unit(clip, found, wanted) for clip in reversed(different.values())]
        if self._provenance is None:
            try:
                self.network()
            except BackboneError:
                if self._several:
                    _ = self.store  # says which
                raise
        steps = [self.timestep] if timesteps is None else timesteps
        steps = [resolve_timestep(self.description, step) for step in steps]
        clips = clip_sources(self.project, clip_ids)
        return plan(clips, self.description, self.store, steps, list(layers or self.layers), self.pooling)

    def extract_job(
        self, units: Sequence[Unit] | None = None, batch_size: int | None = None
    ) -> Job[ExtractionReport]:
        """Compute and keep ``units``, by default what :meth:`plan` says; the network is loaded only if there are any.

        Raises
        ------
        BackboneError
            The network cannot be loaded or fails.
        FeatureWriteError
            Nothing more can be kept.
        """
        units = self.plan() if units is None else units
        if not units:
            return ExtractionReport((), {})
        if self._network is None:
            yield Progress(0, 0, f"loading {self.backbone}")
        try:
            network = self.network()
        except BackboneError as error:
            raise BackboneError(
                f"{len(units)} clips lack features of {self.backbone} that were asked for, and it cannot be loaded here to "
                f"compute them: {error}"
            ) from error
        return (yield from extract_job(units, network, self.settings, self.store, batch_size))

    def cost(self, units: Sequence[Unit], batch_size: int | None = None) -> Cost:
        """Estimate what ``units`` will take. Raises as :meth:`pace`."""
        if not units:
            return Cost(0, 0.0, 0, 0)
        return scaled(self.pace(units[0], batch_size), units, self.description, self.settings)

    def pace(self, unit: Unit, batch_size: int | None = None) -> Pace:
        """Measure what a window takes on this machine, in some seconds.

        Where the backbone can be counted without its weights, it is neither downloaded nor loaded for that.

        Raises
        ------
        ActionDiffError
            The network cannot be loaded or fails, or the clip cannot be read.
        """
        sketch = self._sketch() if self._network is None else None
        if sketch is not None:
            return count_and_measure(unit, sketch, self.settings, choose_device(self.device), batch_size)
        return measure(unit, self.network(), self.settings, batch_size)

    def _sketch(self) -> Sketch | None:
        """Return the network without weights; None where it cannot be had."""
        offer = find_offer(self.backbone)
        return (
            None
            if offer is None
            else offer.sketch(choose_precision(self.precision, choose_device(self.device)))
        )

    def load(
        self,
        clip_ids: Iterable[str] | None = None,
        *,
        labelled: bool = True,
        domain: str | None = None,
        layers: Sequence[int] | None = None,
    ) -> ProjectTokens:
        """Reader of tokens at any timestep and layers of the same backbone and settings, from disk.

        Parameters
        ----------
        clip_ids : iterable of str, optional
            By default all clips.
        labelled : bool
            Leave out clips that nobody labelled.
        domain : str, optional
            Metadata field whose values are the domains; by default the project's.
        layers : sequence of int, optional
            Layers that will be asked for; by default those of the set.
        """
        return ProjectTokens(
            self.project,
            self.store,
            layers or self.layers,
            clip_ids=clip_ids,
            labelled=labelled,
            domain_facet=domain,
            pooling=self.pooling,
        )

    def tokens(self, clip_ids: Iterable[str] | None = None, **choices: Any) -> TokenSet:
        """Tokens of the clips that have them, with labels, domains and source groups; parameters as for :meth:`load`.

        Raises
        ------
        FeatureStoreError
            If no clip has tokens, or a file is damaged.
        """
        return self.load(clip_ids, **choices)(*self.reading)

    def __repr__(self) -> str:
        return f"FeatureSet({self.project.path.name!r}, {self.description.id!r}, {self.reading})"

    def _resolved(self, needed: bool = False) -> tuple[Provenance | None, Description | None]:
        """Return the store and the description of the backbone, from the weights here, or else from the stores."""
        identity = _identity(self.backbone, self.device, self.precision)
        stored = stored_features(features_folder(self.project))
        stored = [each for each in stored if _is_of(each, self.backbone, identity)]
        fitting = [each for each in stored if _fits(each, self.settings, self.precision)]
        if identity is not None:
            own = Provenance.of(identity, self.settings)
            others = [each for each in fitting if each.provenance.values.get("weights") == identity.digest]
            if (
                others
                and "auto" in (self.precision, self.settings.generator)
                and own.digest not in {e.provenance.digest for e in others}
            ):
                own = others[0].provenance
            return own, identity
        kinds = {(e.provenance.values.get("precision"), e.provenance.values.get("weights")) for e in fitting}
        self._several = len(kinds) > 1
        if needed and len(kinds) > 1:
            raise FeatureStoreError(_several_words(self.backbone, kinds))
        if needed and not fitting:
            raise FeatureStoreError(_none_words(self.backbone, stored))
        told = next((e.description for e in (*fitting, *stored) if e.description is not None), None)
        if told is None:
            told = _published(self.backbone, bool(fitting))
        return (fitting[0].provenance if len(kinds) == 1 else None), told


def _identity(backbone: str, device: str, precision: str) -> Description | None:
    """Return the identity of the weights on this machine; None where there are none, or they tell only once they are loaded."""
    try:
        return identify(backbone, device, precision)
    except BackboneError:
        # A folder that is gone, or a plugin that is not installed: features of it may be stored all the same.
        return None


def _is_of(each: StoredFeatures, backbone: str, identity: Description | None) -> bool:
    names = {backbone, backbone.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1]}
    offer = find_offer(backbone)
    if offer is not None:
        names.add(offer.id)
    if identity is not None:
        names.add(identity.id)
    return each.provenance.backbone in names


def _fits(each: StoredFeatures, settings: ExtractionSettings, precision: str) -> bool:
    """Return whether stored features are of these settings, as far as they are said."""
    values = each.provenance.values
    wanted: dict[str, Any] = {
        "regime": settings.regime,
        "draws": settings.draws,
        "max_seconds": settings.max_seconds,
        "condition": None if settings.condition == "noised" else settings.condition,
    }
    if settings.stride is not None:
        wanted["stride"] = settings.stride
    if settings.resolution == "keep-aspect":
        wanted["resolution"] = "keep-aspect"
    elif settings.resolution != "default":
        wanted["resolution"] = list(settings.resolution)
    elif each.description is not None:
        wanted["resolution"] = list(each.description.resolution)
        wanted.setdefault("stride", each.description.stride)
    if precision != "auto":
        wanted["precision"] = precision
    if settings.generator not in ("auto", each.provenance.generator):
        return False
    return all(values.get(name) == value for name, value in wanted.items())


def _published(backbone: str, stored: bool) -> Description | None:
    """Return a backbone's description by its published configuration; None where it has to be loaded to be described."""
    try:
        return describe(backbone)
    except BackboneError:
        if stored or find_offer(backbone) is None:
            raise
        return None


def _several_words(backbone: str, kinds: Iterable[tuple[Any, Any]]) -> str:
    told = "; ".join(f"precision {precision}, weights {str(weights)[:8]}" for precision, weights in kinds)
    return (
        f"Features of {backbone} are stored in several kinds ({told}), and its weights are not here to tell which is meant. "
        "Give the precision, or move the folder of the others away."
    )


def _none_words(backbone: str, stored: Sequence[StoredFeatures]) -> str:
    if not stored:
        return (
            f"The project has no features of {backbone}, and its weights are not on this computer. Compute features where "
            "the weights are (actiondiff-gui extract), or accept the licence and download them."
        )
    kinds = "; ".join(
        ", ".join(f"{name} {each.provenance.values.get(name)}" for name in ("regime", "stride", "precision"))
        for each in stored
    )
    return (
        f"The project has features of {backbone} with other settings only ({kinds}), and its weights are not on this "
        "computer to compute these."
    )
