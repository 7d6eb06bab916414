"""State of the lab's grid: timesteps and layers compared and their scores, without Qt."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.schedule import paper_indices
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.evaluation.measures import ALL_MEASURES, measure_called
from actiondiff_gui.evaluation.study.grid import Cell, CellKey, GridProgress, grid_job, kept_grid, plan_of
from actiondiff_gui.evaluation.study.verdict import score_of
from actiondiff_gui.features.coverage import EVERY, Inventory
from actiondiff_gui.features.summary import SUMMARIES
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.feature_sets import feature_set_job
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project

if TYPE_CHECKING:
    from actiondiff_gui.features.store import TokenStore

QUICK = ("silhouettes", "knn", "domain", "linear")
"""Families of measures that are computed automatically: a fraction of a second per cell on the sample."""

MOST_QUICK = 1000
"""Largest number of labelled clips with automatic scoring."""

SUMMARY_WORDS = {
    "mean": "mean over time",
    "mean+std": "mean and spread",
    "mean+std+absdiff": "mean, spread and change",
}
"""How a clip's tokens become one vector, in words."""


@dataclass(frozen=True)
class LabChoice:
    """Timesteps and layers that are compared.

    Attributes
    ----------
    timesteps : tuple of str
        Keys, noisiest first; ``("-",)`` for a backbone without timesteps.
    layers : tuple of int
    measure, summary : str
        Of the grid of scores.
    """

    timesteps: tuple[str, ...] = ()
    layers: tuple[int, ...] = ()
    measure: str = "across_linear"
    summary: str = "mean"


def usual_choice(about: Description) -> LabChoice:
    """Return the paper's seven timesteps and all layers."""
    steps = [about.schedule[place].key for place in paper_indices(len(about.schedule))] or ["-"]
    return LabChoice(tuple(steps), tuple(layer.index for layer in about.layers))


def read_choice(project: Project, about: Description) -> LabChoice:
    """Return the stored choice of this project, as far as the backbone has it; the default where there is none."""
    usual, kept = usual_choice(about), project.setting("lab", {})
    kept = kept if isinstance(kept, dict) else {}
    places = {step.key: n for n, step in enumerate(about.schedule)} or {"-": 0}
    steps = sorted({s for s in _listed(kept.get("timesteps")) if s in places}, key=places.get)
    numbers = {layer.index for layer in about.layers}
    layers = sorted({n for n in _listed(kept.get("layers")) if n in numbers})
    measure, summary = kept.get("measure"), kept.get("summary")
    return LabChoice(
        tuple(steps) or usual.timesteps,
        tuple(layers) or usual.layers,
        measure if measure in tuple(ALL_MEASURES) else usual.measure,
        summary if summary in SUMMARIES else usual.summary,
    )


def kept_choice(choice: LabChoice) -> dict[str, object]:
    """Return a choice as the project's setting "lab" stores it, for :func:`read_choice`."""
    return {
        "timesteps": list(choice.timesteps),
        "layers": list(choice.layers),
        "measure": choice.measure,
        "summary": choice.summary,
    }


def _listed(value: object) -> list:
    return [each for each in value if isinstance(each, str | int)] if isinstance(value, list) else []


@dataclass(frozen=True)
class Asked:
    """One request for a grid of scores: everything that changes its numbers."""

    project: Project
    address: Address
    domain: str | None
    choice: LabChoice


@dataclass(eq=False)
class GridRun:
    """State of a grid of scores, written by a job's thread and read by the window.

    Attributes
    ----------
    asked : Asked
    cells : dict
        Cells by (timestep, layer), those that were scored and those with a trouble.
    lacking : dict
        Scored clips without features, by (timestep, layer), where there are such.
    clips : int
        Clips that are scored, the same in every cell.
    domains, actions : tuple of str
    warnings : tuple of str
        Sentences on what was left out.
    trouble : str
        Why nothing can be scored.
    fingerprint : str
        Of the scored clips with their labels and domains; "" where nothing can be scored.
    """

    asked: Asked
    cells: dict[CellKey, Cell] = field(default_factory=dict)
    lacking: dict[CellKey, int] = field(default_factory=dict)
    clips: int = 0
    domains: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    trouble: str = ""
    fingerprint: str = ""

    @property
    def places(self) -> list[CellKey]:
        """All (timestep, layer) of the grid."""
        choice = self.asked.choice
        return [(step, layer) for step in choice.timesteps for layer in choice.layers]

    @property
    def waiting(self) -> list[CellKey]:
        """Cells whose features are stored and that were not scored."""
        if self.trouble or not self.clips:
            return []
        return [p for p in self.places if p not in self.cells and p not in self.lacking]

    @property
    def quick(self) -> bool:
        """Whether scoring may start without being asked for."""
        return measure_called(self.asked.choice.measure).family in QUICK and self.clips <= MOST_QUICK


def store_job(
    loaded: LoadedFeatures, project: Project, address: Address
) -> "Job[tuple[Description, TokenStore]]":
    """Return what a backbone offers, and the store of its tokens; needs no weights where features are stored."""
    features = yield from feature_set_job(project, loaded, address)
    if not features.known:
        features.network()
    return features.description, features.store


def stored_grid_job(loaded: LoadedFeatures, asked: Asked, inventory: Inventory | None = None) -> Job[GridRun]:
    """Look up the cached scores of a grid, and the features missing for the rest; computes no score."""
    about, store = yield from store_job(loaded, asked.project, asked.address)
    yield Progress(0, 0, "checking stored scores")
    run = GridRun(asked)
    question = _question(asked, about, store)
    try:
        measure = measure_called(asked.choice.measure)
        plan, warnings = plan_of(question.clips, question.settings, measure)
    except ActionDiffError as error:
        if asked.domain is not None and not len(question.clips):
            return _all_lacking(run)
        run.trouble = _helpful(asked, error)
        return run
    run.warnings, run.clips = warnings, len(plan.actions)
    run.domains = tuple(sorted({str(name) for name in plan.domains}))
    run.actions = tuple(sorted({str(name) for name in plan.actions}))
    run.fingerprint = _fingerprint(question.clips)
    run.cells.update(kept_grid(question).cells)
    if inventory is None or inventory.store.folder != store.folder:
        inventory = Inventory(store)
    yield from _count_lacking(run, question, inventory)
    return run


def _all_lacking(run: GridRun) -> GridRun:
    """Say of a project without any features that every cell lacks those of all its labelled clips."""
    project, domain = run.asked.project, run.asked.domain
    labelled = {label.clip_id for label in project.labels(sources=("person", "import"))}
    clips = [clip for clip in project.clips() if clip.id in labelled]
    run.clips = len(clips)
    run.domains = tuple(sorted({clip.facets[domain] for clip in clips if clip.facets.get(domain)}))
    if clips:
        run.lacking = dict.fromkeys(run.places, len(clips))
    else:
        run.trouble = "No clip is labelled yet: label some with one action each, then they can be scored."
    return run


def _fingerprint(clips: TokenSet) -> str:
    named = json.dumps([list(clips.keys), list(clips.classes), list(clips.domains)], default=str)
    return hashlib.sha256(named.encode() + np.ascontiguousarray(clips.labels).tobytes()).hexdigest()[:16]


def _count_lacking(run: GridRun, question, inventory: Inventory) -> Job[None]:
    from actiondiff_gui.evaluation.scores import scored_clips

    keys = question.clips.keys
    scored = [keys[place] for place in scored_clips(question.clips)[0]]
    choice = run.asked.choice
    there: dict[CellKey, int] = {}
    steps = set(choice.timesteps)
    for number, key in enumerate(scored):
        if number % EVERY == 0:
            yield Progress(number, len(scored), "checking stored features")
        for step, layers in inventory.layers(key, steps, question.clips.address.pooling).items():
            for layer in layers:
                there[step, layer] = there.get((step, layer), 0) + 1
    for place in run.places:
        if there.get(place, 0) < len(scored) and place not in run.cells:
            run.lacking[place] = len(scored) - there.get(place, 0)


def score_job(loaded: LoadedFeatures, run: GridRun) -> Job[GridRun]:
    """Score what waits in ``run``, whose ``cells`` fill as they are ready; missing features are left alone."""
    asked = run.asked
    about, store = yield from store_job(loaded, asked.project, asked.address)
    question = _question(asked, about, store)
    # Row by row, for the cells that lack no features.
    waiting = set(run.waiting)
    steps = [step for step in asked.choice.timesteps if any(step == place[0] for place in waiting)]
    done, total = 0, len(waiting)
    for step in steps:
        layers = tuple(layer for layer in asked.choice.layers if (step, layer) in waiting)
        job = grid_job(replace(question, timesteps=(step,), layers=layers))
        try:
            while True:
                report = next(job)
                for cell in report.cells if isinstance(report, GridProgress) else ():
                    run.cells[cell.key] = cell
                yield Progress(done + report.done, total, report.message, report.failed)
        except StopIteration:
            done += len(layers)
        finally:
            job.close()
    return run


def _question(asked: Asked, about: Description, store: "TokenStore"):
    from actiondiff_gui.workflow import study_grid

    choice = asked.choice
    return study_grid(
        asked.project,
        store,
        choice.timesteps,
        choice.layers,
        choice.measure,
        domain=asked.domain,
        width={layer.index: layer.channels for layer in about.layers},
        summary=choice.summary,
        pooling=asked.address.pooling or about.default_pooling,
    )


def _helpful(asked: Asked, error: ActionDiffError) -> str:
    """Return why there are no scores, the most important reason first."""
    if asked.domain is None:
        return (
            "Scores measure how well actions are recognised in a domain that was not trained on. Choose in the bar "
            "above which facet is the domain, for example the species."
        )
    return str(error)


def value_text(measure: str, value: float) -> str:
    """Return a value with two decimals: "0.31"."""
    return f"{value:+.2f}" if measure_called(measure).kind == "difference" else f"{value:.2f}"


def cell_in_words(run: GridRun, place: CellKey, sigmas: Mapping[str, float], domain: str = "") -> str:
    """Describe one cell in a line: value, interval, chance, clips."""
    step, layer = place
    sigma = f" (σ {sigmas[step]:.3g})" if step in sigmas else ""
    name = f"{step}{sigma}, layer {layer}" if step not in ("", "-") else f"Layer {layer}"
    cell = run.cells.get(place)
    if cell is None and place in run.lacking:
        return f"{name}: {run.lacking[place]} of {run.clips} clips have no features here."
    if cell is None:
        return f"{name}: not scored yet."
    score = score_of(cell, domain)
    if score is None:
        return f"{name}: {cell.trouble or 'no score for this domain.'}"
    measure = run.asked.choice.measure
    value, low, high = (value_text(measure, each) for each in (score.value, score.low, score.high))
    chance = (
        ""
        if measure_called(measure).kind == "difference"
        else f", chance {value_text(measure, score.chance)}"
    )
    where = f" in {domain}" if domain else ""
    return f"{name}{where}: {value} (95 % {low} to {high}){chance}."


def sigmas_of(about: Description | None) -> dict[str, float]:
    """Return the noise level of each timestep of a backbone."""
    return {} if about is None else {s.key: s.sigma for s in about.schedule if s.sigma is not None}


def missing_timesteps(run: GridRun | None) -> Sequence[str]:
    """Return the timesteps at which some cell lacks features, in their order."""
    if run is None:
        return ()
    return [s for s in run.asked.choice.timesteps if any(place[0] == s for place in run.lacking)]
