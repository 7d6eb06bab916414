"""Grid of scores over timesteps and layers, computed cell by cell and resumed from stored scores."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.errors import ActionDiffError, AnalysisError
from actiondiff_gui.evaluation.classifiers import ProbeSettings
from actiondiff_gui.evaluation.measures import Measure, measure_called
from actiondiff_gui.evaluation.scores import Score, score_family, scored_clips
from actiondiff_gui.evaluation.sources import source_names
from actiondiff_gui.evaluation.study.plans import Plan, plan_splits
from actiondiff_gui.evaluation.study.stored_scores import KeptScores, kept_scores
from actiondiff_gui.features.summary import SUMMARIES, summarise
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.progress import Job, Progress, told

CellKey = tuple[str, int]
"""Timestep and layer."""

FamilyJob = Callable[[TokenSet, Plan], Job[Sequence[Score]]]
"""Scores of a family that takes longer than a probe; the tokens are those of the plan's clips, in its order."""


@dataclass(frozen=True)
class Cell:
    """One (timestep, layer) of a grid.

    Attributes
    ----------
    timestep : str
    layer : int
    score : Score or None
        Mean over domains with its interval; None where there is none.
    domains : tuple of Score
        Each domain's own, where the measure has such.
    trouble : str
        Why there is no score.
    """

    timestep: str
    layer: int
    score: Score | None
    domains: tuple[Score, ...] = ()
    trouble: str = ""

    @property
    def key(self) -> CellKey:
        """Timestep and layer."""
        return self.timestep, self.layer


@dataclass(frozen=True)
class GridProgress(Progress):
    """Progress in cells, with those that came since the last report."""

    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Grid:
    """A measure at every requested (timestep, layer).

    Attributes
    ----------
    measure : Measure
    timesteps, layers : tuple
        Rows, noisiest first, and columns.
    cells : dict
        By (timestep, layer); a missing cell was not computed yet.
    clips : int
        Clips scored, the same in every cell.
    actions, domains : tuple of str
    warnings : tuple of str
        Sentences on what was left out.
    """

    measure: Measure
    timesteps: tuple[str, ...]
    layers: tuple[int, ...]
    cells: Mapping[CellKey, Cell]
    clips: int
    actions: tuple[str, ...]
    domains: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    def values(self, column: str = "value") -> np.ndarray:
        """``[timesteps, layers]`` of a column of :class:`~actiondiff_gui.evaluation.scores.Score`; NaN where unknown."""
        out = np.full((len(self.timesteps), len(self.layers)), np.nan)
        for (timestep, layer), cell in self.cells.items():
            if cell.score is not None:
                out[self.timesteps.index(timestep), self.layers.index(layer)] = getattr(cell.score, column)
        return out

    @property
    def best(self) -> CellKey | None:
        """The cell with the best value. Its own score is biased upwards, because it was selected by that score."""
        known = {p: c.score.value for p, c in self.cells.items() if c.score and np.isfinite(c.score.value)}
        pick = max if self.measure.wanted == "high" else min
        return pick(known, key=lambda cell: known[cell]) if known else None


@dataclass(frozen=True)
class GridQuestion:
    """What is asked: which clips, which addresses, by which measure.

    Attributes
    ----------
    load : callable
        Takes (timestep, layer), returns tokens there of at least the clips of ``clips``.
    clips : TokenSet
        The clips to score, with labels, domains and groups; its tokens are not looked at.
    timesteps, layers : tuple
        Rows, noisiest first, and columns.
    measure : str
        A key of :data:`~actiondiff_gui.evaluation.measures.ALL_MEASURES`.
    settings : ProbeSettings
    summary : str
        How tokens become one vector; see :mod:`actiondiff_gui.features.summary`.
    folder : Path or None
        Where scores are kept; None: nowhere.
    width : mapping of int to int
        Channels of each layer, by which the cheaper ones come first; may be left empty.
    further : mapping of str to callable
        Jobs of families that probes do not compute ("transformer").
    choices : mapping
        What changes the numbers of ``further``, for the name they are kept under.
    """

    load: Callable[[str, int], TokenSet]
    clips: TokenSet
    timesteps: tuple[str, ...]
    layers: tuple[int, ...]
    measure: str = "across_linear"
    settings: ProbeSettings = field(default_factory=ProbeSettings)
    summary: str = "mean"
    folder: Path | None = None
    width: Mapping[int, int] = field(default_factory=dict)
    further: Mapping[str, FamilyJob] = field(default_factory=dict)
    choices: Mapping[str, Any] = field(default_factory=dict)

    def kept(self) -> KeptScores:
        """Return the scores kept for this question's clips and choices. Quick: one small file is read."""
        family = measure_called(self.measure).family
        choices = {"settings": self.settings, "summary": self.summary}
        if family in self.further:
            choices |= {family: self.choices}
        return kept_scores(self.folder, self.clips, choices)


def kept_grid(question: GridQuestion) -> Grid:
    """Return the stored part of the grid that ``question`` asks for. Quick: computes nothing."""
    return _grid(question, _kept_cells(question, question.kept()))


def grid_job(question: GridQuestion) -> Job[Grid]:
    """Score every cell: first all that are kept from before, then the others, the cheapest first.

    Reports come after each cell, as :class:`GridProgress`. Cells of a timestep come together, for its tokens are read
    together; timesteps keep their order, and within one narrow layers come first. Whatever was finished when the job
    is closed is kept. A cell that cannot be scored says why and stops nothing.

    Raises
    ------
    AnalysisError
        If the grid is empty, the measure is not known, or the labels allow no scores.
    """
    measure = measure_called(question.measure)
    cells_asked = [(str(t), int(n)) for t in question.timesteps for n in question.layers]
    if not cells_asked or len(set(cells_asked)) < len(cells_asked):
        raise AnalysisError("A grid needs at least one timestep and one layer, each named once.")
    if question.summary not in SUMMARIES:
        raise AnalysisError(
            f"There is no summary called {question.summary!r}; choose one of {', '.join(SUMMARIES)}."
        )
    store = question.kept()
    cells = _kept_cells(question, store)
    first = tuple(cells[p] for p in cells_asked if p in cells)
    yield GridProgress(len(cells), len(cells_asked), "reading stored scores", (), first)
    todo = [cell for cell in cells_asked if cell not in cells and store.mine(f"{cell[0]}/{cell[1]}")]
    todo.sort(
        key=lambda p: (
            question.timesteps.index(p[0]),
            question.width.get(p[1], 0),
            question.layers.index(p[1]),
        )
    )
    warnings: tuple[str, ...] = ()
    failed: list[str] = []
    if todo:
        plan, warnings = plan_of(question.clips, question.settings, measure)
    for timestep, layer in todo:
        message = f"scoring {timestep}, layer {layer}"
        try:
            scores = yield from _scored(
                question, measure, plan, timestep, layer, len(cells), len(cells_asked), failed
            )
        except ActionDiffError as error:
            cell = Cell(timestep, layer, None, trouble=str(error))
            failed.append(f"{timestep}, layer {layer}: {error}")
        else:
            store.put(_name(timestep, layer, measure.family), [asdict(score) for score in scores])
            cell = _cell(timestep, layer, measure, scores)
        cells[cell.key] = cell
        told = (*failed, store.trouble) if store.trouble else tuple(failed)
        yield GridProgress(len(cells), len(cells_asked), message, told, (cell,))
    return _grid(question, cells, warnings)


def plan_of(
    clips: TokenSet, settings: ProbeSettings, measure: Measure | None = None
) -> tuple[Plan, tuple[str, ...]]:
    """Return the splits for those of ``clips`` that can be scored, and sentences on what was left out.

    Silhouettes hold nothing out: for such a ``measure`` there are no splits, and one domain is enough.

    Raises
    ------
    AnalysisError
        If the labels or domains allow no scores.
    """
    chosen, actions, notes = scored_clips(clips)
    domains, groups = np.array(clips.domains)[chosen], source_names(clips)[chosen]
    across = measure is None or measure.kind != "silhouette"
    plan = plan_splits(actions, domains, groups, settings.folds, settings.seed, across)
    return plan, notes + plan.warnings


def in_plan_order(tokens: TokenSet, clips: TokenSet) -> TokenSet:
    """Those of ``tokens`` that :func:`plan_of` planned for, in the plan's order.

    Raises
    ------
    AnalysisError
        If some of them have no tokens.
    """
    index = {clip: i for i, clip in enumerate(tokens.clip_ids)}
    wanted = [clips.clip_ids[i] for i in scored_clips(clips)[0]]
    missing = [clip for clip in wanted if clip not in index]
    if missing:
        raise AnalysisError(
            f"{len(missing)} of {len(wanted)} clips have no features at {tokens.address.reading}. Compute them first."
        )
    return tokens.subset([index[clip] for clip in wanted])


def _scored(
    question: GridQuestion,
    measure: Measure,
    plan: Plan,
    timestep: str,
    layer: int,
    done: int,
    total: int,
    failed: list[str],
) -> Job[Sequence[Score]]:
    tokens = in_plan_order(question.load(timestep, layer), question.clips)
    if measure.family not in question.further:
        return score_family(measure.family, summarise(tokens, question.summary), plan, question.settings)
    job = question.further[measure.family](tokens, plan)

    def named(inner: Progress) -> GridProgress:
        return GridProgress(done, total, f"{timestep}, layer {layer}: {inner.message}", tuple(failed))

    return (yield from told(job, named))


def _name(timestep: str, layer: int, family: str) -> str:
    return f"{timestep}/{layer}/{family}"


def _kept_cells(question: GridQuestion, store: KeptScores) -> dict[CellKey, Cell]:
    measure = measure_called(question.measure)
    cells = {}
    for timestep in question.timesteps:
        for layer in question.layers:
            scores = scores_from(store.get(_name(timestep, layer, measure.family)))
            if any(score.measure == measure.key and not score.domain for score in scores):
                cells[timestep, layer] = _cell(timestep, layer, measure, scores)
    return cells


def scores_from(kept: Any) -> tuple[Score, ...]:
    """Scores as they were kept; none where what is there are no scores."""
    try:
        scores = tuple(Score(**each) for each in kept or ())
        numbers = [getattr(s, name) for s in scores for name in ("value", "low", "high", "chance", "n")]
    except TypeError:
        return ()
    return scores if all(isinstance(number, int | float) for number in numbers) else ()


def _cell(timestep: str, layer: int, measure: Measure, scores: Sequence[Score]) -> Cell:
    own = [score for score in scores if score.measure == measure.key]
    mean = next(score for score in own if not score.domain)
    return Cell(timestep, layer, mean, tuple(score for score in own if score.domain))


def _grid(question: GridQuestion, cells: Mapping[CellKey, Cell], warnings: tuple[str, ...] = ()) -> Grid:
    shown = np.asarray(question.clips.labels) == 1
    one = shown.sum(axis=1) == 1 if shown.size else np.zeros(len(question.clips), bool)
    used = np.flatnonzero(one & np.array([bool(d) for d in question.clips.domains], bool))
    return Grid(
        measure_called(question.measure),
        tuple(question.timesteps),
        tuple(question.layers),
        dict(cells),
        len(used),
        tuple(n for n, here in zip(question.clips.classes, shown[used].any(axis=0), strict=True) if here),
        tuple(sorted({question.clips.domains[i] for i in used})),
        warnings,
    )
