"""The address that suits a set of training clips best, found by validation among these clips alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.protocol import NO_TIMESTEP
from actiondiff_gui.backbones.reading import POOLINGS, Pooling, Reading
from actiondiff_gui.errors import AnalysisError, FeatureStoreError
from actiondiff_gui.evaluation.classifiers import ProbeSettings
from actiondiff_gui.evaluation.scoreboard.boards import validated, validation_splits
from actiondiff_gui.evaluation.scoreboard.candidates import candidates
from actiondiff_gui.evaluation.sources import source_names
from actiondiff_gui.features.coverage import Inventory
from actiondiff_gui.features.dataset import ProjectTokens
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.features.summary import summarise
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project

LoadTokens = Callable[[str, tuple[int, ...], Pooling], TokenSet]
"""Takes timestep, layers and pooling, returns the tokens of all clips that have them there."""


@dataclass(frozen=True)
class Chosen:
    """An address and its accuracy in validation, 0 to 1."""

    reading: Reading
    validation: float


@dataclass
class AddressChoice:
    """Addresses that all clips have features at, and what chooses among them; made by :func:`address_choice_job`.

    Attributes
    ----------
    clips : TokenSet
        The N clips; its tokens are those of the address that was given.
    vectors : dict of Reading to ndarray
        For each address the mean of every clip's tokens, ``[N, C]``.
    load : callable
        Reads the tokens of an address.
    settings : ProbeSettings
        Of the linear probe that chooses.
    """

    clips: TokenSet
    vectors: dict[Reading, np.ndarray] = field(repr=False)
    load: LoadTokens = field(repr=False)
    settings: ProbeSettings = field(default_factory=ProbeSettings)
    _known: dict[bytes, Chosen] = field(default_factory=dict, repr=False)

    def best(self, train: Sequence[int]) -> Chosen:
        """Return the address at which a linear probe names the actions of validation clips best, the first of equals.

        Each domain of the clips ``train`` is held out in turn; of a single one, folds over its source groups. No other
        clip is looked at. Clips that show several actions or none do not take part.

        Raises
        ------
        AnalysisError
            These clips allow no validation: fewer than two actions, or a single source.
        """
        shown = np.asarray(self.clips.labels) == 1
        one = np.sort([int(i) for i in train if shown[int(i)].sum() == 1])
        known = self._known.get(key := one.tobytes())
        if known is not None:
            return known
        actions, domains = shown.argmax(axis=1).astype(str), np.array(self.clips.domains)
        groups = source_names(self.clips)
        folds, seed = min(3, self.settings.folds), self.settings.seed
        splits = validation_splits(one, actions, domains, groups, folds, seed) if len(one) else []
        values = {
            reading: validated(vectors, actions, domains, splits, self.settings, "linear")
            for reading, vectors in self.vectors.items()
        }
        values = {reading: value for reading, value in values.items() if np.isfinite(value)}
        if not values:
            raise AnalysisError(
                "The address cannot be chosen automatically: this requires training clips of at least two actions, from "
                "several domains or several recordings. Name timestep, layers and pooling."
            )
        best = max(values, key=lambda reading: values[reading])
        self._known[key] = Chosen(best, values[best])
        return self._known[key]

    def tokens(self, reading: Reading) -> TokenSet:
        """Return the tokens of the N clips at an address, in the order of ``clips``."""
        return _in_order(self.load(*reading), self.clips)


def address_choice_job(
    load: LoadTokens,
    clips: TokenSet,
    readings: Sequence[Reading],
    settings: ProbeSettings | None = None,
) -> Job[AddressChoice]:
    """Read the tokens of every address; those at which a clip has none are skipped.

    Parameters
    ----------
    load : callable
    clips : TokenSet
        The clips, with labels, domains and source groups, at the address that was given, which may be chosen too.
    readings : sequence of Reading
        The addresses, the simplest first; see :func:`stored_candidates`.
    """
    vectors: dict[Reading, np.ndarray] = {}
    wanted = tuple(dict.fromkeys((*readings, clips.address.reading)))
    for done, reading in enumerate(wanted):
        yield Progress(done, len(wanted), f"reading features at {reading}")
        try:
            vectors[reading] = summarise(_in_order(load(*reading), clips)).astype(np.float64)
        except FeatureStoreError:
            continue
    return AddressChoice(clips, vectors, load, settings or ProbeSettings())


def stored_candidates(
    store: TokenStore, clips: TokenSet, timesteps: Sequence[str], usual: Sequence[int] = ()
) -> tuple[Reading, ...]:
    """Return the short list of addresses at which all of ``clips`` have stored features; nothing is read but files' headers.

    Parameters
    ----------
    timesteps : sequence of str
        Keys of the backbone's timesteps, noisiest first.
    usual : sequence of int
        The backbone's usual layers.
    """
    inventory = Inventory(store)
    found: list[Reading] = []
    for pooling in POOLINGS:
        each = [inventory.layers(key, set(timesteps), pooling) for key in clips.keys]
        for timestep in timesteps:
            layers = [clip.get(timestep, frozenset()) for clip in each]
            if shared := frozenset.intersection(*layers) if layers else ():
                found += candidates([timestep], sorted(shared), [pooling], usual=usual, singles=False)
    order = {step: n for n, step in enumerate(timesteps)}
    return tuple(sorted(found, key=lambda at: order[at.timestep]))


def automatic_choice_job(
    project: Project, store: TokenStore, backbone: Description, clips: TokenSet, plan: Any
) -> Job[AddressChoice]:
    """Return the function that chooses an address for a plan's trainings, among those at which all of its clips have stored features.

    Parameters
    ----------
    clips : TokenSet
        The plan's clips, with the columns of its actions, at the address that was given.
    plan : TrainingPlan
        Names the domain facet and the settings of the probe that chooses.
    """
    steps = [step.key for step in backbone.schedule] or [NO_TIMESTEP.key]
    readings = stored_candidates(store, clips, steps, backbone.usual_layers)
    layers = {layer for each in (clips.address.reading, *readings) for layer in each.layers}
    load = ProjectTokens(project, store, sorted(layers), domain_facet=plan.domain)
    return (yield from address_choice_job(load, clips, readings, plan.probes))


def _in_order(tokens: TokenSet, clips: TokenSet) -> TokenSet:
    where = {clip: i for i, clip in enumerate(tokens.clip_ids)}
    missing = [clip for clip in clips.clip_ids if clip not in where]
    if missing:
        raise FeatureStoreError(
            f"{len(missing)} of {len(clips)} clips have no features at {tokens.address.reading}. Compute them first."
        )
    return tokens.subset([where[clip] for clip in clips.clip_ids])
