"""In which order are cells answered, and by how many processes? Cheapest first; a stopped run goes on."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context

import numpy as np

from actiondiff_gui.classifier.presets import TrainingSettings
from actiondiff_gui.evaluation.classifiers import ProbeSettings
from actiondiff_gui.evaluation.scores import scored_clips
from actiondiff_gui.features.dataset import ProjectTokens
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.project.project import Project
from sample_data.measure.answers import linear_answer, transformer_answer
from sample_data.measure.cells import Answer, Cell, Kept
from sample_data.measure.clips import SHIFTS
from sample_data.measure.subjects import Subject, addresses

Request = tuple[Cell, Callable[[], Callable[[], Answer]]]
"""A cell, and what loads its tokens and returns the call that answers it (picklable)."""


@dataclass(frozen=True)
class ClipFacts:
    """What is known of the N clips, in the order in which answers are kept.

    Attributes
    ----------
    name : str
        Of the set of clips.
    actions : ndarray
        ``[N]`` str.
    domains : dict of str to ndarray
        For each shift ``[N]`` str.
    """

    name: str
    actions: np.ndarray
    domains: dict[str, np.ndarray]


class Desk:
    """Makes requests for a project's subjects.

    Parameters
    ----------
    project : Project
        With the clips.
    name : str
        Of the set of clips.
    summary : str
        What the linear head gets of a clip's tokens.
    seeds : int
        Repetitions of the transformer.
    training : TrainingSettings
        Of the transformer.
    device : str
        Of the transformer.
    """

    def __init__(
        self, project: Project, name: str, summary: str, seeds: int, training: TrainingSettings, device: str
    ) -> None:
        self.project, self.name, self.summary = project, name, summary
        self.seeds, self.training, self.device = seeds, training, device
        self._facets = {clip.id: clip.facets for clip in project.clips()}
        self._loaders: dict[str, ProjectTokens] = {}

    def facts(self, one: Subject) -> ClipFacts:
        """Facts on the clips, by way of any subject whose features are there."""
        tokens = self.tokens(one, one.timesteps[0], one.layers[0], SHIFTS[0])
        clips, actions, _ = scored_clips(tokens)
        ids = [tokens.clip_ids[i] for i in clips]
        domains = {shift: np.array(self.domains(ids, shift)) for shift in SHIFTS}
        return ClipFacts(self.name, actions, domains)

    def cell(self, one: Subject, timestep: str, layer: int, head: str, split: str) -> Cell:
        """The cell of an address."""
        how = (
            f"{self.summary}, {ProbeSettings()}"
            if head == "linear"
            else f"{self.seeds} seeds, {self.training}"
        )
        return Cell(self.name, one.name, one.digest, one.regime, timestep, layer, head, split, how)

    def linear(self, one: Subject) -> Iterator[Request]:
        """The linear head at every address, for each shift."""
        for timestep, layer in addresses(one):
            for shift in SHIFTS:
                yield (
                    self.cell(one, timestep, layer, "linear", shift),
                    partial(self._linear_call, one, timestep, layer, shift),
                )

    def transformer(self, one: Subject, wanted: Iterable[tuple[str, int, str]]) -> Iterator[Request]:
        """The transformer at each (timestep, layer, split)."""
        for timestep, layer, split in wanted:
            yield (
                self.cell(one, timestep, layer, "transformer", split),
                partial(self._transformer_call, one, timestep, layer, split),
            )

    def _linear_call(self, one: Subject, timestep: str, layer: int, shift: str) -> Callable[[], Answer]:
        return partial(linear_answer, self.tokens(one, timestep, layer, shift), self.summary)

    def _transformer_call(self, one: Subject, timestep: str, layer: int, split: str) -> Callable[[], Answer]:
        within = split == "within"
        tokens = self.tokens(one, timestep, layer, SHIFTS[0] if within else split)
        return partial(transformer_answer, tokens, within, self.seeds, self.training, self.device)

    def tokens(self, one: Subject, timestep: str, layer: int, shift: str) -> TokenSet:
        """A subject's kept tokens at one address, with the domains of one shift."""
        if one.digest not in self._loaders:
            self._loaders = {one.digest: ProjectTokens(self.project, one.store, one.layers)}
        tokens = self._loaders[one.digest](timestep, layer)
        return replace(tokens, domains=self.domains(tokens.clip_ids, shift))

    def domains(self, clip_ids: Iterable[str], shift: str) -> tuple[str, ...]:
        """For each clip its domain in one shift."""
        return tuple(self._facets[clip][shift] for clip in clip_ids)


def answer_all(requests: Iterable[Request], kept: Kept, processes: int = 1) -> Iterator[Cell]:
    """Answer what is not kept yet, and yield each cell when it is kept."""
    lacking = (request for request in requests if request[0] not in kept)
    if processes == 1:
        for cell, prepare in lacking:
            kept.add(cell, prepare()())
            yield cell
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
        waiting: dict[Future, Cell] = {}
        try:
            for cell, prepare in lacking:
                waiting[pool.submit(prepare())] = cell
                if len(waiting) >= 2 * processes:
                    yield from _collected(waiting, kept)
            while waiting:
                yield from _collected(waiting, kept)
        finally:
            pool.shutdown(cancel_futures=True)


def _collected(waiting: dict[Future, Cell], kept: Kept) -> Iterator[Cell]:
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        cell = waiting.pop(future)
        kept.add(cell, future.result())
        yield cell


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)
