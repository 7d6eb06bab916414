"""Results of a training as JSON values, saved in the model's file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from actiondiff_gui.classifier.calibration import confidences, reliability
from actiondiff_gui.classifier.json_values import to_json
from actiondiff_gui.classifier.models.heads import SimpleHead
from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.classifier.training.plan import BASELINE, TrainingPlan
from actiondiff_gui.evaluation.bootstrap import Interval
from actiondiff_gui.evaluation.class_scores import class_intervals
from actiondiff_gui.evaluation.head_scores import difference, held_out_scores
from actiondiff_gui.evaluation.labels import is_single_label, targets
from actiondiff_gui.evaluation.metrics import confusion, decisions
from actiondiff_gui.evaluation.sources import source_names
from actiondiff_gui.evaluation.splits import Fold
from actiondiff_gui.features.tokens import TokenSet

MOST_KEPT = 20_000
"""Answers for single clips that are kept in a model's file; its header may not grow without bound."""


@dataclass(frozen=True)
class Answers:
    """What one head said of the held-out clips of one fold.

    Attributes
    ----------
    head : str
    fold : int
    clips : ndarray
        ``[M]``, numbers in the token set.
    probabilities : ndarray
        ``[M, K]``.
    raw : ndarray or None
        ``[M, K]`` before the temperature, of the chosen head.
    """

    head: str
    fold: int
    clips: np.ndarray
    probabilities: np.ndarray
    raw: np.ndarray | None = None


def uncalibrated(classifier: TrainedClassifier) -> TrainedClassifier:
    """Return the same classifier without its temperature."""
    head = classifier.head
    if isinstance(head, SimpleHead) or head.temperature == 1.0:
        return classifier
    return replace(classifier, head=replace(head, temperature=1.0))


def results_of(
    tokens: TokenSet,
    plan: TrainingPlan,
    folds: Sequence[Fold],
    answers: Sequence[Answers],
    model: TrainedClassifier,
    validation: TokenSet,
    resamples: int = 1000,
) -> dict[str, Any]:
    """Everything that is shown of a training.

    Parameters
    ----------
    tokens : TokenSet
        The clips with the plan's actions.
    folds : sequence of Fold
        As tested.
    answers : sequence of Answers
    model : TrainedClassifier
        The kept one.
    validation : TokenSet
        The clips that chose its epoch, on which it is calibrated where nothing was held out.

    Returns
    -------
    dict
        ``heads`` (scores with intervals by head), ``differences`` from the chosen head, ``per_class``, ``domains``,
        ``confusion``, ``calibration``, ``clips`` (single answers), ``folds``; only the two last where nothing was
        tested.
    """
    single = is_single_label(tokens.labels)
    seed = plan.settings.seed
    out: dict[str, Any] = {
        "classes": tokens.classes,
        "single_label": single,
        "head": plan.head,
        "folds": [_fold(tokens, fold) for fold in folds],
    }
    mine = _joined(answers, plan.head)
    if mine is None:
        out["calibration"] = _calibration_on(validation, model, plan)
        return _as_json(out)
    truth, known = targets(tokens.labels, plan.settings.unlabelled_as_negative)
    sources, domains = source_names(tokens), np.array(tokens.domains, dtype=object)
    heads, differences = {}, {}
    for head in plan.heads():
        found = _joined(answers, head)
        if found is None:
            continue
        rows = found.clips
        heads[head] = held_out_scores(
            found.probabilities[None],
            truth[rows],
            known[rows],
            domains[rows],
            sources[rows],
            single,
            resamples,
            seed,
        )
        both, ours, theirs = np.intersect1d(mine.clips, rows, return_indices=True)
        if head != plan.head and len(both):
            differences[head] = difference(
                mine.probabilities[None, ours],
                found.probabilities[None, theirs],
                truth[both],
                known[both],
                domains[both],
                sources[both],
                single,
                resamples,
                seed,
            )
    assert mine.raw is not None  # the chosen head's are kept
    rows = mine.clips
    base = _joined(answers, BASELINE)
    out |= {
        "tested": len(rows),
        "sources": len(np.unique(sources[rows])),
        "heads": heads,
        "differences": differences,
        "per_class": class_intervals(
            mine.probabilities,
            truth[rows],
            known[rows],
            tokens.classes,
            sources[rows],
            single,
            resamples,
            seed,
        ),
        "domains": [
            {
                "name": str(domain) or "not known",
                "clips": int((domains[rows] == domain).sum()),
                **_first_score(mine, base, domains, domain, truth, known, sources, single, resamples, seed),
            }
            for domain in sorted(set(domains[rows].tolist()))
        ],
        "confusion": confusion(mine.probabilities, truth[rows]),
        "calibration": _calibration(
            mine.probabilities, mine.raw, truth[rows], known[rows], single, model, "held-out clips"
        ),
        "clips": _kept(tokens, mine, truth, single),
    }
    return _as_json(out)


def _as_json(out: dict[str, Any]) -> dict[str, Any]:
    return {name: to_json(value) for name, value in out.items()}


def _joined(answers: Sequence[Answers], head: str) -> Answers | None:
    found = [a for a in answers if a.head == head]
    if not found:
        return None
    return Answers(
        head,
        0,
        np.concatenate([a.clips for a in found]),
        np.concatenate([a.probabilities for a in found]),
        np.concatenate([a.raw if a.raw is not None else a.probabilities for a in found]),
    )


def _first_score(
    mine: Answers,
    base: Answers | None,
    domains: np.ndarray,
    domain: str,
    truth: np.ndarray,
    known: np.ndarray,
    sources: np.ndarray,
    single: bool,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Return the first score in one domain, and that of the blind guess."""

    def of(answers: Answers) -> dict[str, Interval]:
        part = domains[answers.clips] == domain
        clips = answers.clips[part]
        if not part.any():
            return {}
        return held_out_scores(
            answers.probabilities[None, part],
            truth[clips],
            known[clips],
            domains[clips],
            sources[clips],
            single,
            resamples,
            seed,
        )

    name, value = next(iter(of(mine).items()))
    out = {"score": name, "value": value}
    if base is not None:
        guess = of(base).get(name)
        out["guess"] = guess.value if guess is not None else None
    return out


def _calibration_on(part: TokenSet, model: TrainedClassifier, plan: TrainingPlan) -> dict[str, Any] | None:
    if not len(part) or model.kind != "transformer":
        return None
    truth, known = targets(part.labels, plan.settings.unlabelled_as_negative)
    return _calibration(
        model.predict_proba(part),
        uncalibrated(model).predict_proba(part),
        truth,
        known,
        model.single_label,
        model,
        "validation clips",
    )


def _calibration(
    probabilities: np.ndarray,
    raw: np.ndarray,
    truth: np.ndarray,
    known: np.ndarray,
    single: bool,
    model: TrainedClassifier,
    where: str,
) -> dict[str, Any]:
    return {
        "on": where,
        "temperature": getattr(model.head, "temperature", None),
        "before": reliability(*confidences(raw, truth, known, single)),
        "after": reliability(*confidences(probabilities, truth, known, single)),
    }


def _kept(tokens: TokenSet, mine: Answers, truth: np.ndarray, single: bool) -> dict[str, Any]:
    """Answers by clip, in columns, so that a cell of the confusion matrix can show its clips."""
    decided = decisions(mine.probabilities, single)
    rows = range(min(len(mine.clips), MOST_KEPT))
    return {
        "ids": [tokens.clip_ids[mine.clips[row]] for row in rows],
        "true": [np.flatnonzero(truth[mine.clips[row]]).tolist() for row in rows],
        "predicted": [np.flatnonzero(decided[row]).tolist() for row in rows],
        "best": [int(mine.probabilities[row].argmax()) for row in rows],
        "confidence": [round(float(mine.probabilities[row].max()), 4) for row in rows],
        "left_out": max(0, len(mine.clips) - MOST_KEPT),
    }


def _fold(tokens: TokenSet, fold: Fold) -> dict[str, Any]:
    return {
        "name": fold.name,
        "train": len(fold.train),
        "validation": len(fold.validation),
        "test": len(fold.test),
        "notes": list(fold.notes),
        "dropped": len(fold.dropped),
    }
