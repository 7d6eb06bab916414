"""Execution of a training plan: one model is trained, saved and tested on held-out data beside simpler heads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.classifier.training.batches import check_clips
from actiondiff_gui.classifier.training.fitting import fit_job
from actiondiff_gui.classifier.training.plan import TrainingPlan
from actiondiff_gui.classifier.training.progress import TrainingProgress
from actiondiff_gui.classifier.training.results import Answers, results_of, uncalibrated
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.evaluation.automatic import AddressChoice
from actiondiff_gui.evaluation.splits import Fold
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.progress import Job, Progress, told


@dataclass(frozen=True)
class Point:
    """One epoch on the curves."""

    epoch: int
    loss: float
    validation_loss: float | None
    metric: float | None


@dataclass(eq=False)
class TrainingRun:
    """A training as it goes: the job's thread writes it, the window reads it.

    Attributes
    ----------
    plan : TrainingPlan
    points : list of Point
        Of the model that is kept.
    metric_name : str
        "top-1", "mAP" or "".
    best_epoch : int
    stage : {"", "training", "testing", "scoring", "done"}
    enough : bool
        Set it to end the training with the best epoch so far; what has been tested by then is scored.
    """

    plan: TrainingPlan
    points: list[Point] = field(default_factory=list)
    metric_name: str = ""
    best_epoch: int = 0
    stage: str = ""
    enough: bool = False


def training_run_job(
    tokens: TokenSet,
    run: TrainingRun,
    device: str = "cpu",
    extraction: dict[str, Any] | None = None,
    resamples: int = 1000,
    choice: AddressChoice | None = None,
    footage: Callable[[Sequence[str]], dict[str, Any]] | None = None,
) -> Job[TrainedClassifier]:
    """Train the model of ``run.plan`` and test the method; the results are part of the model's metrics.

    Where domains are held out, the kept model is the one that is tested. In cross-validations it learns from all clips,
    and other ones, trained alike on parts of them, are tested.

    Parameters
    ----------
    tokens : TokenSet
        All clips.
    run : TrainingRun
        Tells how far it is, and takes the wish to stop.
    device : str
    extraction : dict, optional
        How the features were extracted, to be kept with the model.
    resamples : int
        Bootstrap draws behind the intervals.
    choice : AddressChoice, optional
        Of ``plan.chosen(tokens)``, where the plan asks for an automatic address. The kept model and every fold that is
        tested get the address that is best in validation among their own training clips; a test clip has no part in it.
    footage : callable, optional
        Says of the ids of clips what is to be kept of their videos with the model.

    Raises
    ------
    ClassifierError
        The clips cannot be divided as planned or cannot train the head, or a clip's features are damaged.
    """
    plan = run.plan
    tokens = plan.chosen(tokens)
    final, folds = plan.final(tokens), plan.tests(tokens)
    used = np.unique(np.concatenate([p for f in (final, *folds) for p in (f.train, f.validation, f.test)]))
    check_clips([tokens.clip_ids[i] for i in used], [tokens.tokens[i] for i in used])
    steps = _Steps(plan, folds)
    began = datetime.now(UTC)
    run.stage = "training"
    tokens, chosen = _at_best(tokens, final, choice)
    model = yield from _followed(
        fit_job(
            plan.head,
            tokens,
            final.train,
            final.validation,
            plan.settings,
            device,
            extraction=extraction,
            probes=plan.probes,
            summary=plan.summary,
        ),
        run,
        steps,
    )
    steps.finish(plan.head)
    run.stage = "testing"
    addresses = [_at_best(tokens, fold, choice) for fold in folds]
    answers, failed = yield from _tested(addresses, plan, folds, model, run, device, steps)
    run.stage = "scoring"
    yield steps.report("scoring", tuple(failed))
    held = tokens.subset(final.validation)
    results = results_of(tokens, plan, folds, answers, model, held, resamples)
    results["failed"] = failed
    run.stage = "done"
    if chosen is not None:
        results["addresses"] = {"kept": chosen, "folds": [each for _, each in addresses]}
    about = {
        **model.metrics,
        "plan": plan.to_dict(),
        "results": results,
        "made": began.isoformat(timespec="seconds"),
        "seconds": round((datetime.now(UTC) - began).total_seconds(), 1),
        "stopped": run.enough,
        "notes": list(final.notes),
        "data": _data(tokens, final, plan.head),
    }
    if footage is not None:
        learnt = _learnt(final, plan.head)
        about["data"]["footage"] = footage([tokens.clip_ids[i] for i in learnt])
    return replace(model, metrics=about)


def _at_best(
    tokens: TokenSet, fold: Fold, choice: AddressChoice | None
) -> tuple[TokenSet, dict[str, Any] | None]:
    """Return the tokens at the address chosen on the training clips of a fold, and a sentence on the choice."""
    if choice is None:
        return tokens, None
    best = choice.best([*fold.train, *fold.validation])
    same = best.reading == tokens.address.reading
    found = (
        tokens if same else replace(choice.tokens(best.reading), classes=tokens.classes, labels=tokens.labels)
    )
    return found, {"fold": fold.name, **best.reading._asdict(), "validation": best.validation}


def _tested(
    addresses: Sequence[tuple[TokenSet, Any]],
    plan: TrainingPlan,
    folds: Sequence[Fold],
    model: TrainedClassifier,
    run: TrainingRun,
    device: str,
    steps: "_Steps",
) -> Job[tuple[list[Answers], list[str]]]:
    answers: list[Answers] = []
    failed: list[str] = []
    for number, fold in enumerate(folds):
        # A fold that was begun is finished, so that all heads are compared on the same clips.
        if run.enough and (number or plan.test != "domains"):
            break
        tokens, _ = addresses[number]
        test = tokens.subset(fold.test)
        for head in plan.heads():
            what = f"{fold.name}: {head}"
            try:
                if head == plan.head and plan.test == "domains":
                    fitted = model
                else:
                    fitted = yield from _quietly(
                        fit_job(
                            head,
                            tokens,
                            fold.train,
                            fold.validation,
                            plan.settings,
                            device,
                            probes=plan.probes,
                            summary=plan.summary,
                        ),
                        steps,
                        what,
                    )
                    steps.finish(head)
                answers.append(
                    Answers(
                        head,
                        number,
                        fold.test,
                        fitted.predict_proba(test),
                        uncalibrated(fitted).predict_proba(test) if head == plan.head else None,
                    )
                )
            except ClassifierError as error:
                failed.append(f"{what}: {error}")
            yield steps.report(what, tuple(failed))
    return answers, failed


def _followed(job: Job[TrainedClassifier], run: TrainingRun, steps: "_Steps") -> Job[TrainedClassifier]:
    """Run the training of the kept model: its curve goes into ``run``, and it ends early when requested."""
    best: Callable[[], TrainedClassifier] | None = None
    try:
        while True:
            try:
                progress = next(job)
            except StopIteration as stop:
                trained: TrainedClassifier = stop.value
                return trained
            if isinstance(progress, TrainingProgress):
                best = progress.best
                run.metric_name, run.best_epoch = progress.metric_name, progress.best_epoch
                run.points.append(
                    Point(progress.done, progress.loss, progress.validation_loss, progress.metric)
                )
            if run.enough and best is not None:
                return best()
            steps.within = progress.done
            yield steps.report(progress.message, progress.failed)
    finally:
        job.close()


def _quietly(job: Job[TrainedClassifier], steps: "_Steps", what: str) -> Job[TrainedClassifier]:
    def quiet(inner: Progress) -> Progress:
        steps.within = inner.done
        return steps.report(what)

    return told(job, quiet)


class _Steps:
    """Counts how far all trainings together are, in epochs; a simple head counts as one."""

    def __init__(self, plan: TrainingPlan, folds: Sequence[Fold]) -> None:
        self._epochs = plan.settings.epochs
        tested = [head for _ in folds for head in plan.heads()]
        if plan.test == "domains":
            tested.remove(plan.head)
        self.total = self._weight(plan.head) + sum(map(self._weight, tested)) + 1
        self.done = self.within = 0

    def _weight(self, head: str) -> int:
        return self._epochs if head == "transformer" else 1

    def finish(self, head: str) -> None:
        self.done, self.within = self.done + self._weight(head), 0

    def report(self, message: str, failed: tuple[str, ...] = ()) -> Progress:
        return Progress(min(self.done + self.within, self.total), self.total, message, failed)


def _learnt(final: Fold, head: str) -> np.ndarray:
    """Return the indices of the clips that the kept model learned from."""
    # Only the transformer chooses something on the validation clips; the other heads learn from them too.
    return final.train if head == "transformer" else np.concatenate([final.train, final.validation])


def _data(tokens: TokenSet, final: Fold, head: str) -> dict[str, Any]:
    """Return what the kept model was trained on, for lists and reports."""
    apart, learnt = head == "transformer", _learnt(final, head)
    shown = (tokens.labels[learnt] == 1).sum(axis=0)
    return {
        "fold": final.name,
        "clips": {name: int(n) for name, n in zip(tokens.classes, shown, strict=True)},
        "domains": sorted({tokens.domains[i] for i in learnt} - {""}),
        "train": len(learnt),
        "validation": len(final.validation) if apart else 0,
        "test": len(final.test),
        "sources": len({tokens.groups[i] or tokens.clip_ids[i] for i in learnt}),
        "left_out": len(final.dropped),
    }
