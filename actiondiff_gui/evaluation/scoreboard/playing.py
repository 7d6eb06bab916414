"""Scoreboard of methods, each at an address chosen without the tested domain."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.backbones.reading import Pooling, Reading
from actiondiff_gui.errors import ActionDiffError, AnalysisError
from actiondiff_gui.evaluation.classifiers import PROBES, ProbeSettings, predict
from actiondiff_gui.evaluation.measures import ANSWERERS
from actiondiff_gui.evaluation.scoreboard.boards import (
    Contest,
    contests,
    name_of,
    validated,
    validation_splits,
)
from actiondiff_gui.evaluation.scoreboard.rows import BoardRow, Scoreboard, board_row
from actiondiff_gui.evaluation.scores import scored_clips
from actiondiff_gui.evaluation.splits import Split
from actiondiff_gui.evaluation.study.grid import in_plan_order, plan_of
from actiondiff_gui.evaluation.study.plans import Plan
from actiondiff_gui.evaluation.study.stored_scores import KeptScores, kept_scores, sharing
from actiondiff_gui.features.summary import summarise
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.progress import Job, Progress

HEADS = tuple(ANSWERERS)
"""What can name actions on a board: "linear", "knn", "transformer"."""

AnswersJob = Callable[[TokenSet, Split, int], Job[np.ndarray]]
"""Fits something to the training part of a split with a seed, and names the action of each clip of its test part."""


@dataclass(frozen=True)
class Method:
    """A row of methods on a board: features, and the addresses that may be chosen from.

    Attributes
    ----------
    name : str
        As people see it: "tiny", "tiny:untrained", "pixels".
    load : callable
        Takes timestep, layers and pooling, returns tokens of at least the clips that are scored.
    clips : TokenSet
        The clips that have features, with labels, domains and groups; its tokens are not looked at.
    readings : tuple of Reading
        The addresses.
    forget : callable
        Called when the method is done, to let go of what ``load`` holds in memory.
    """

    name: str
    load: Callable[[str, tuple[int, ...], Pooling], TokenSet]
    clips: TokenSet
    readings: tuple[Reading, ...]
    forget: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class BoardSettings:
    """How a board is played.

    Attributes
    ----------
    heads : tuple of str
        Some of :data:`HEADS`.
    seeds : tuple of int
        Repetitions of the transformer.
    probes : ProbeSettings
    summary : str
        How tokens become one vector for the probes.
    folds : int
        Folds of a domain against itself, and of the choice inside a single domain.
    """

    heads: tuple[str, ...] = HEADS
    seeds: tuple[int, ...] = (0,)
    probes: ProbeSettings = field(default_factory=ProbeSettings)
    summary: str = "mean"
    folds: int = 3

    def __post_init__(self) -> None:
        unknown = [head for head in self.heads if head not in HEADS]
        if unknown or not self.heads or not self.seeds or self.folds < 2:
            raise AnalysisError(
                f"A scoreboard needs heads out of {', '.join(HEADS)} (got {', '.join(self.heads) or 'none'}), at least "
                f"one seed (got {len(self.seeds)}) and two folds (got {self.folds})."
            )


@dataclass(frozen=True)
class BoardProgress(Progress):
    """Progress, with the rows that came since the last report."""

    rows: tuple[BoardRow, ...] = ()


def scoreboard_job(
    methods: Sequence[Method],
    settings: BoardSettings | None = None,
    *,
    folder: Path | None = None,
    further: Mapping[str, AnswersJob] | None = None,
    choices: Mapping[str, Any] | None = None,
) -> Job[Scoreboard]:
    """Let every method name actions for all pairs of domains, leaving one out, and within each.

    For every cell each method's timestep, layers and pooling are chosen by a probe on clips it trains on: each of the training
    domains held out in turn, or folds over the source groups of a single one. No clip of the tested domain (within a
    domain: of the tested fold) has a say. Choices and answers are kept in ``folder``, so that a stopped job goes on
    where it was.

    Parameters
    ----------
    further : mapping of str to callable
        What fits heads that are no simple classifiers ("transformer").
    choices : mapping
        What changes the answers of ``further``, for the name they are kept under.

    Raises
    ------
    AnalysisError
        If there is no method, labels or domains allow no scores, or no method can be scored.
    """
    settings = settings or BoardSettings()
    further = dict(further or {})
    lacking = [head for head in settings.heads if head not in (*PROBES, *further)]
    if lacking:
        raise AnalysisError(f"It is not said how {', '.join(lacking)} is trained.")
    if not methods or len({method.name for method in methods}) < len(methods):
        raise AnalysisError("A scoreboard needs at least one method, each named once.")
    shared = [set(method.clips.clip_ids) for method in methods]
    common = set.intersection(*shared)
    clips = _only(methods[0].clips, common)
    if not common:
        raise AnalysisError("No clip has features of every method. Compute them first.")
    plan, warnings = plan_of(clips, settings.probes)
    lost = len(set.union(*shared)) - len(common)
    if lost:
        warnings += (f"{lost} clips were left out: not every method has features of them.",)
    cells, notes = contests(plan.actions, plan.domains, plan.groups, settings.folds, settings.probes.seed)
    # What is left out of training when a domain is held out is said by the plan already.
    notes = tuple(note for note in notes if not note.startswith("From all others"))
    rows: list[BoardRow] = []
    failed: list[str] = []
    for number, method in enumerate(methods):
        job = _play(method, common, plan, cells, settings, folder, further, dict(choices or {}))
        try:
            while True:
                inner = next(job)
                yield BoardProgress(
                    inner.done,
                    inner.total,
                    f"{method.name} ({number + 1} of {len(methods)}): {inner.message}",
                    (*failed, *inner.failed),
                    inner.rows,
                )
                rows += inner.rows
        except StopIteration as stop:
            failed += stop.value
        finally:
            job.close()
            method.forget()
    if not rows:
        raise AnalysisError("No method could be scored. " + " ".join(failed[:3]))
    return Scoreboard(
        rows=tuple(rows),
        methods=tuple(m.name for m in methods if any(row.method == m.name for row in rows)),
        heads=tuple(settings.heads),
        domains=tuple(str(name) for name in np.unique(plan.domains)),
        actions=tuple(str(name) for name in np.unique(plan.actions)),
        plan=plan,
        clip_ids=tuple(clips.clip_ids[i] for i in scored_clips(clips)[0]),
        failed=tuple(failed),
        warnings=warnings + notes,
    )


def _play(
    method: Method,
    common: set[str],
    plan: Plan,
    cells: Sequence[Contest],
    settings: BoardSettings,
    folder: Path | None,
    further: Mapping[str, AnswersJob],
    choices: Mapping[str, Any],
) -> Generator[BoardProgress, None, list[str]]:
    """All cells of one method; returns sentences on what was skipped."""
    clips = _only(method.clips, common)
    basic = {"board": settings.folds, "settings": settings.probes, "summary": settings.summary}
    store = kept_scores(folder, clips, basic)
    trained = kept_scores(folder, clips, {**basic, **choices})
    choosers = tuple(dict.fromkeys("knn" if head == "knn" else "linear" for head in settings.heads))
    parts = {name_of(split.train): split.train for cell in cells for split in cell.splits}
    fits = sum(len(cell.splits) * len(_seeds(head, settings)) for cell in cells for head in settings.heads)
    total = len(method.readings) + fits
    tables: dict[Reading, dict[str, dict[str, float]]] = {}
    failed: list[str] = []
    for done, at in enumerate(method.readings):
        yield BoardProgress(done, total, f"choosing, {at}", tuple(failed))
        if not store.mine(f"choice/{at.key}") and not _has_choices(store, at, choosers):
            continue
        try:
            tables[at] = _validations(method, clips, plan, parts, choosers, settings, store, at)
        except ActionDiffError as error:
            failed.append(f"{method.name} at {at} was skipped: {error}")
    if sharing() and len(tables) < len(method.readings):
        return failed  # the others have to make their choices first
    done = len(method.readings)
    tokens: dict[Reading, TokenSet] = {}
    for cell in cells:
        for head in settings.heads:
            found = [_choice(tables, name_of(split.train), head) for split in cell.splits]
            chosen = [(at, value) for at, value in found if at is not None]
            if len(chosen) < len(found):
                failed.append(f"{method.name} from {cell.train} to {cell.test}: no address could be chosen.")
                continue
            seeds = _seeds(head, settings)
            said = np.full((len(seeds), len(plan.actions)), None, object)
            kept = trained if head in further else store
            whole = True
            for repetition, seed in enumerate(seeds):
                for fold, (split, (at, _)) in enumerate(zip(cell.splits, chosen, strict=True)):
                    name = f"answers/{head}/{cell.train}/{cell.test}/{fold}/{seed}/{at.key}"
                    answers = _kept_answers(kept, name, len(split.test))
                    if answers is None and not kept.mine(name):
                        whole = False
                        continue
                    if answers is None:
                        if at not in tokens:
                            tokens = {at: in_plan_order(method.load(*at), clips)}
                        job = _answers(head, tokens[at], plan, split, settings, seed, further)
                        try:
                            while True:
                                inner = next(job)
                                what = f"{cell.train} to {cell.test}, {head}, {inner.message}"
                                yield BoardProgress(done, total, what, tuple(failed))
                        except StopIteration as stop:
                            answers = stop.value
                        finally:
                            job.close()
                        kept.put(name, [str(answer) for answer in answers])
                    said[repetition, split.test] = answers
                    done += 1
            if not whole:
                continue
            row = board_row(
                method.name,
                head,
                cell,
                [at for at, _ in chosen],
                float(np.mean([value for _, value in chosen])),
                said,
                plan,
            )
            told = [sentence for sentence in (store.trouble, trained.trouble) if sentence]
            yield BoardProgress(done, total, f"{cell.train} to {cell.test}, {head}", (*failed, *told), (row,))
    return failed


def _has_choices(store: KeptScores, at: Reading, choosers: Sequence[str]) -> bool:
    return all(f"choice/{at.key}/{chooser}" in store for chooser in choosers)


def _seeds(head: str, settings: BoardSettings) -> tuple[int, ...]:
    return settings.seeds if head == "transformer" else settings.seeds[:1]


def _validations(
    method: Method,
    clips: TokenSet,
    plan: Plan,
    parts: Mapping[str, np.ndarray],
    choosers: Sequence[str],
    settings: BoardSettings,
    store: KeptScores,
    at: Reading,
) -> dict[str, dict[str, float]]:
    """For each chooser and set of training clips the accuracy in validation at one address."""
    found, features = {}, None
    for chooser in choosers:
        name = f"choice/{at.key}/{chooser}"
        table = store.get(name)
        if not isinstance(table, dict) or set(table) != set(parts):
            if features is None:
                tokens = in_plan_order(method.load(*at), clips)
                features = summarise(tokens, settings.summary).astype(np.float64)
            table = {}
            for key, train in parts.items():
                splits = validation_splits(
                    train, plan.actions, plan.domains, plan.groups, settings.folds, settings.probes.seed
                )
                table[key] = validated(features, plan.actions, plan.domains, splits, settings.probes, chooser)
            store.put(name, table)
        found[chooser] = table
    return found


def _choice(
    tables: Mapping[Reading, Mapping[str, Mapping[str, float]]], key: str, head: str
) -> tuple[Reading | None, float]:
    """Return the address with the best accuracy in validation, the first of equals, and that accuracy.

    With a single address, and where nothing can be validated, there is nothing to choose.
    """
    values = {at: table["knn" if head == "knn" else "linear"][key] for at, table in tables.items()}
    known = {at: value for at, value in values.items() if np.isfinite(value)}
    if known:
        best = max(known, key=lambda at: known[at])
        return best, known[best]
    return (next(iter(values)), float("nan")) if len(values) == 1 else (None, float("nan"))


def _answers(
    head: str,
    tokens: TokenSet,
    plan: Plan,
    split: Split,
    settings: BoardSettings,
    seed: int,
    further: Mapping[str, AnswersJob],
) -> Job[np.ndarray]:
    if head in further:
        return (yield from further[head](tokens, split, seed))
    yield Progress(0, 0, "fitting")
    features = summarise(tokens, settings.summary).astype(np.float64)
    return predict(features, plan.actions, split, settings.probes, (head,))[head]


def _kept_answers(kept: KeptScores, name: str, count: int) -> np.ndarray | None:
    answers = kept.get(name)
    whole = isinstance(answers, list) and len(answers) == count and all(isinstance(a, str) for a in answers)
    return np.array(answers, object) if whole else None


def _only(clips: TokenSet, wanted: set[str]) -> TokenSet:
    return clips.subset([i for i, clip in enumerate(clips.clip_ids) if clip in wanted])
