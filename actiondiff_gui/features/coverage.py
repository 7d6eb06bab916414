"""Clips with stored features at each timestep, from one cached pass over the store."""

import contextlib
import os
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from actiondiff_gui.backbones.protocol import Backbone, Timestep, check_layers, resolve_timestep
from actiondiff_gui.backbones.reading import Pooling
from actiondiff_gui.features.clips import ClipSource, Unit
from actiondiff_gui.features.storage.healing import DAMAGED
from actiondiff_gui.features.storage.index import from_short
from actiondiff_gui.features.storage.packs import SUFFIX, entries, stamp
from actiondiff_gui.features.storage.token_file import layers_of, names_in
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import Job, Progress

Held = dict[str, frozenset[str]]
"""Names of arrays for each timestep."""
FEW = 1000
"""Of so many clips it is told layer by layer what is there."""
EVERY = 200
"""Clips from one report to the next."""


class Inventory:
    """The arrays found in each file of a store; a file is opened again only where it changed.

    Parameters
    ----------
    store : TokenStore
    """

    def __init__(self, store: TokenStore) -> None:
        self.store = store
        self._folder = str(store.folder)
        self._seen: dict[str, dict[str, tuple[tuple[int, int], frozenset[str]]]] = {}
        self._damaged: dict[str, frozenset[str]] = {}
        self._packed: dict[str, tuple[tuple[int, int], dict[str, Held]]] = {}
        self._kinds: dict[tuple[tuple[str, str], ...], Held] = {}

    def damaged(self, clip: str) -> frozenset[str]:
        """Timesteps of which the last look at a clip found a damaged file, set aside or by its header and size."""
        return self._damaged.get(clip, frozenset())

    def layers(
        self, clip: str, timesteps: Container[str], pooling: Pooling = "mean"
    ) -> dict[str, frozenset[int]]:
        """For each of ``timesteps`` that has a file, the layers in it, as :meth:`TokenStore.layers` tells them."""
        return {step: layers_of(names, pooling) for step, names in self._names(clip, timesteps).items()}

    def _names(self, clip: str, timesteps: Container[str]) -> dict[str, frozenset[str]]:
        found = {step: names for step, names in self._in_packs(clip).items() if step in timesteps}
        # One look at a clip's folder costs as much as asking for one file by name, whatever is in it.
        try:
            alone = list(os.scandir(f"{self._folder}/{clip[:2]}/{clip}"))
        except OSError:
            self._seen.pop(clip, None)
            self._damaged.pop(clip, None)
            return found
        kept = self._seen.setdefault(clip, {})
        aside = set()
        for entry in alone:
            timestep, _, suffix = entry.name.rpartition(".")
            if timestep not in timesteps:
                continue
            if f".{suffix}" == DAMAGED:
                aside.add(timestep)
            if f".{suffix}" != SUFFIX:
                continue
            about = entry.stat()
            stamp = (about.st_mtime_ns, about.st_size)
            known = kept.get(timestep)
            if known is None or known[0] != stamp:
                known = (stamp, names_in(self.store.file(clip, timestep)))
                kept[timestep] = known
            found[timestep] = known[1]
        aside.update(timestep for timestep, names in found.items() if not names)
        if aside or clip in self._damaged:
            self._damaged[clip] = frozenset(aside)
        return found

    def _in_packs(self, clip: str) -> Held:
        name = clip[:2]
        folder = self.store.folder / name
        now = stamp(folder)
        if name not in self._packed or self._packed[name][0] != now:
            steps: dict[str, list[tuple[str, str]]] = {}
            with contextlib.suppress(OSError):
                for each in entries(folder) if any(now) else ():
                    steps.setdefault(each.clip, []).append((each.timestep, each.layers))
            self._packed[name] = (now, {key: self._kind(tuple(held)) for key, held in steps.items()})
        return self._packed[name][1].get(clip, {})

    def _kind(self, held: tuple[tuple[str, str], ...]) -> Held:
        """Clips are many and what they hold is nearly always the same: it is kept once."""
        if held not in self._kinds:
            self._kinds[held] = {step: from_short(layers) for step, layers in held}
        return self._kinds[held]


@dataclass(frozen=True)
class Coverage:
    """What is there of some clips, and what is to be computed.

    Attributes
    ----------
    clips : int
        Clips looked at.
    there : dict of str to int
        For each timestep that was looked at, the clips that have all layers.
    complete : int
        Clips that have all layers at all timesteps wanted.
    units : list of Unit
        What is lacking of the timesteps wanted; clips that show the same count once.
    by_layer : dict of (str, int) to int
        For each timestep and layer the clips that have it, where at most :data:`FEW` clips were looked at; else empty.
    """

    clips: int
    there: dict[str, int]
    complete: int
    units: list[Unit]
    by_layer: dict[tuple[str, int], int] = field(default_factory=dict)


def coverage_job(
    clips: Sequence[ClipSource],
    backbone: Backbone,
    inventory: Inventory,
    timesteps: Sequence[Timestep | int | str],
    layers: Sequence[int],
    besides: Sequence[Timestep] = (),
    pooling: Pooling = "mean",
) -> Job[Coverage]:
    """Look which clips have the tokens of ``layers`` with ``pooling`` at each of ``timesteps``, and ``besides`` at further ones.

    Of ``backbone`` only its description is used.
    """
    wanted = tuple(dict.fromkeys(resolve_timestep(backbone, t) for t in timesteps))
    numbers = check_layers(backbone, layers)
    needed = set(numbers)
    looked_at = (*wanted, *(t for t in besides if t not in wanted))
    there = dict.fromkeys((t.key for t in looked_at), 0)
    keys = set(there)
    units, complete, seen = [], 0, set()
    by_layer: Counter[tuple[str, int]] = Counter()
    for index, clip in enumerate(clips):
        if index % EVERY == 0:
            yield Progress(index, len(clips), "checking which features are stored")
        key = clip.key
        stored = inventory.layers(key, keys, pooling)
        whole = {step for step, found in stored.items() if needed <= found}
        if len(clips) <= FEW:
            by_layer.update((step, layer) for step, found in stored.items() for layer in found)
        for step in whole:
            there[step] += 1
        lacking = [timestep for timestep in wanted if timestep.key not in whole]
        complete += not lacking
        if lacking and key not in seen:
            again = any(timestep.key in inventory.damaged(key) for timestep in lacking)
            units.append(Unit(clip, tuple(lacking), numbers, again))
        seen.add(key)
    return Coverage(len(clips), there, complete, units, dict(by_layer))
