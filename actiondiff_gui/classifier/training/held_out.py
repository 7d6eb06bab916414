"""Evaluation of heads on domains that they were not trained on."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from typing import Protocol as Protocol_

import numpy as np

from actiondiff_gui.classifier.json_values import to_json
from actiondiff_gui.classifier.models.heads import HEAD_KINDS
from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.classifier.training.batches import check_clips
from actiondiff_gui.classifier.training.fitting import fit_job
from actiondiff_gui.classifier.training.presets import TrainingSettings, preset, usual_preset
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.evaluation.head_scores import difference, score_head
from actiondiff_gui.evaluation.labels import is_single_label, targets
from actiondiff_gui.evaluation.metrics import decisions
from actiondiff_gui.evaluation.protocol import Protocol
from actiondiff_gui.evaluation.sources import source_names
from actiondiff_gui.evaluation.splits import Fold
from actiondiff_gui.evaluation.study.stored_scores import kept_scores
from actiondiff_gui.features.tokens import FeatureAddress, TokenSet
from actiondiff_gui.progress import Job, Progress, told


class Kept(Protocol_):
    """Where answers are kept from one run to the next, by name."""

    def get(self, name: str) -> Any:
        """Return the value of that name, None where there is none."""
        ...

    def mine(self, name: str) -> bool:
        """Return whether this process is to compute the value of that name."""
        ...

    def put(self, name: str, value: Any) -> None:
        """Keep a value of numbers and lists."""
        ...


@dataclass(frozen=True)
class HeldOut:
    """The answer of one head, in one repetition, for one clip it was not trained on."""

    clip_id: str
    domain: str
    fold: str
    head: str
    seed: int
    true: tuple[str, ...]
    predicted: tuple[str, ...]
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class HeadResult:
    """Held-out answers of one head.

    Attributes
    ----------
    kind : str
        Of the head.
    seeds : tuple of int
        The S repetitions; a head without chance has one.
    clips : ndarray
        ``[M]``, numbers of the held-out clips in the token set.
    folds : ndarray
        ``[M]``, number of the fold each was held out in.
    probabilities : ndarray
        ``[S, M, K]`` float32.
    """

    kind: str
    seeds: tuple[int, ...]
    clips: np.ndarray
    folds: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True)
class ProtocolResult:
    """What a protocol measured.

    Attributes
    ----------
    protocol : Protocol
        What was held out.
    classes : tuple of str
        Names of the K actions.
    address : FeatureAddress
        Where the features come from.
    folds : tuple of Fold
        As divided.
    heads : dict of str to HeadResult
        Held-out answers by kind of head.
    rows : tuple of HeldOut
        The same, one for each clip, head and repetition.
    summary : dict
        Scores with intervals, as JSON can hold them.
    failed : tuple of str
        What could not be fitted, and why.
    """

    protocol: Protocol
    classes: tuple[str, ...]
    address: FeatureAddress
    folds: tuple[Fold, ...]
    heads: dict[str, HeadResult]
    rows: tuple[HeldOut, ...]
    summary: dict[str, Any]
    failed: tuple[str, ...]


def held_out_job(
    tokens: TokenSet,
    heads: Sequence[str] = HEAD_KINDS,
    seeds: Sequence[int] = (0,),
    device: str = "cpu",
    folder: Path | None = None,
    settings: TrainingSettings | None = None,
    protocol: Protocol | None = None,
    summary: str = "mean",
) -> Job["ProtocolResult"]:
    """:func:`protocol_job` with each domain left out in turn; answers are kept in ``folder`` for the next time.

    Parameters
    ----------
    settings : TrainingSettings, optional
        Of the transformer; by default those that suit the labels.
    protocol : Protocol, optional
        By default a fifth of the training clips chooses the epoch.
    summary : str
        How a clip's tokens become one vector for the simpler heads; see :mod:`actiondiff_gui.features.summary`.
    """
    protocol = protocol or Protocol()
    settings = settings or preset(usual_preset(is_single_label(tokens.labels)))
    choices: dict[str, Any] = {"protocol": asdict(protocol), "training": settings.to_dict()}
    if summary != "mean":  # answers kept by earlier versions are of the mean
        choices["summary"] = summary
    kept = kept_scores(folder, tokens, choices)
    return (
        yield from protocol_job(tokens, protocol, heads, settings, seeds, device, kept=kept, summary=summary)
    )


def protocol_job(
    tokens: TokenSet,
    protocol: Protocol | None = None,
    heads: Sequence[str] = HEAD_KINDS,
    settings: TrainingSettings | None = None,
    seeds: Sequence[int] = (0,),
    device: str = "cpu",
    resamples: int = 1000,
    kept: Kept | None = None,
    summary: str = "mean",
) -> Job[ProtocolResult]:
    """Fit every head on every fold and score its answers for the held-out clips.

    Parameters
    ----------
    tokens : TokenSet
        The clips.
    protocol : Protocol
        Default: leave one domain out.
    heads : sequence of str
        Kinds of heads.
    settings : TrainingSettings
        Of the transformer; default: the preset "small-data".
    seeds : sequence of int
        Repetitions of the transformer, each with another seed.
    device : str
        For the transformer.
    resamples : int
        Bootstrap draws behind the intervals.
    kept : Kept, optional
        Answers of the same clips, protocol and settings that an earlier run gave; what is new is put there.
    summary : str
        How a clip's tokens become one vector for the simpler heads.

    Yields
    ------
    Progress
        ``done`` and ``total`` count fits; ``failed`` names folds that could not be fitted.

    Raises
    ------
    ClassifierError
        The clips cannot be divided so, a clip is damaged, a head is unknown, or no fold could be fitted.
    """
    protocol, settings = protocol or Protocol(), settings or preset("small-data")
    for kind in heads:
        if kind not in HEAD_KINDS:
            raise ClassifierError(f"There is no head {kind!r}: choose one of {', '.join(HEAD_KINDS)}.")
    if not heads or not seeds:
        raise ClassifierError("Choose at least one head and one seed to evaluate.")
    folds = protocol.divide(tokens)
    used = np.unique(np.concatenate([part for f in folds for part in (f.train, f.validation, f.test)]))
    check_clips([tokens.clip_ids[i] for i in used], [tokens.tokens[i] for i in used])
    tasks = [(kind, seed) for kind in heads for seed in (seeds if kind == "transformer" else seeds[:1])]
    total, done = len(folds) * len(tasks), 0
    failed: list[str] = []
    answers: dict[tuple[str, int, int], np.ndarray] = {}
    for number, fold in enumerate(folds):
        for kind, seed in tasks:
            what = f"{fold.name}, {kind}, seed {seed}" if kind == "transformer" else f"{fold.name}, {kind}"
            chosen = TrainingSettings.from_dict({**settings.to_dict(), "seed": seed})
            name = f"protocol/{tokens.address.reading.key}/{what}/{_which(tokens, fold)}"
            known = _known(kept, name, (len(fold.test), len(tokens.classes)))
            if known is None and kept is not None and not kept.mine(name):
                done += 1
                continue
            try:
                if known is None:
                    job = fit_job(kind, tokens, fold.train, fold.validation, chosen, device, summary=summary)
                    classifier = yield from _renamed(job, done, total, what, failed)
                    known = classifier.predict_proba(tokens.subset(fold.test))
                    if kept is not None:
                        kept.put(name, known.tolist())
                answers[kind, seed, number] = known
            except ClassifierError as error:
                failed.append(f"{what}: {error}")
            done += 1
            yield Progress(done, total, what, tuple(failed))
    results = {}
    for kind in dict.fromkeys(heads):
        fits = [seed for k, seed in tasks if k == kind]
        whole = [n for n in range(len(folds)) if all((kind, s, n) in answers for s in fits)]
        if whole:
            results[kind] = HeadResult(
                kind,
                tuple(fits),
                np.concatenate([folds[n].test for n in whole]),
                np.concatenate([np.full(len(folds[n].test), n) for n in whole]),
                np.stack([np.concatenate([answers[kind, s, n] for n in whole]) for s in fits]),
            )
    if not results:
        raise ClassifierError(f"No head could be fitted on any fold. {' '.join(failed[:1])}")
    yield Progress(done, total, "scoring", tuple(failed))
    return ProtocolResult(
        protocol,
        tokens.classes,
        tokens.address,
        tuple(folds),
        results,
        tuple(row for result in results.values() for row in _rows(tokens, folds, result)),
        _summary(tokens, protocol, folds, results, settings, resamples, failed),
        tuple(failed),
    )


def _which(tokens: TokenSet, fold: Fold) -> str:
    """Digest of the clips of a fold, in their order."""
    parts = [[tokens.order[i] for i in part] for part in (fold.train, fold.validation, fold.test)]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _known(kept: Kept | None, name: str, shape: tuple[int, int]) -> np.ndarray | None:
    try:
        found = np.asarray(kept.get(name) if kept is not None else None, np.float32)
    except (TypeError, ValueError):
        return None
    return found if found.shape == shape and np.isfinite(found).all() else None


def _renamed(
    job: Job[TrainedClassifier], done: int, total: int, what: str, failed: list[str]
) -> Job[TrainedClassifier]:
    return told(job, lambda inner: Progress(done, total, f"{what}: {inner.message}", tuple(failed)))


def _rows(tokens: TokenSet, folds: Sequence[Fold], result: HeadResult) -> Iterator[HeldOut]:
    single = is_single_label(tokens.labels)
    for seed, chances in zip(result.seeds, result.probabilities, strict=True):
        decided = decisions(chances, single)
        for row, clip in enumerate(result.clips):
            yield HeldOut(
                tokens.clip_ids[clip],
                tokens.domains[clip],
                folds[result.folds[row]].name,
                result.kind,
                seed,
                tuple(tokens.classes[k] for k in np.flatnonzero(tokens.labels[clip] == 1)),
                tuple(tokens.classes[k] for k in np.flatnonzero(decided[row])),
                tuple(chances[row].tolist()),
            )


def _summary(
    tokens: TokenSet,
    protocol: Protocol,
    folds: Sequence[Fold],
    results: dict[str, HeadResult],
    settings: TrainingSettings,
    resamples: int,
    failed: Sequence[str],
) -> dict[str, Any]:
    single = is_single_label(tokens.labels)
    truth, known = targets(tokens.labels, settings.unlabelled_as_negative)
    domains, sources = np.array(tokens.domains), source_names(tokens)
    heads = {}
    for kind, result in results.items():
        rows = result.clips
        heads[kind] = {
            "seeds": result.seeds,
            **score_head(
                result.probabilities,
                truth[rows],
                known[rows],
                tokens.classes,
                domains[rows],
                result.folds,
                sources[rows],
                single,
                resamples,
                protocol.seed,
            ),
        }
    first, *others = results.values()
    differences = {}
    for other in others:
        both, ours, theirs = np.intersect1d(first.clips, other.clips, return_indices=True)
        if len(both):
            differences[f"{first.kind} - {other.kind}"] = difference(
                first.probabilities[:, ours],
                other.probabilities[:, theirs],
                truth[both],
                known[both],
                domains[both],
                sources[both],
                single,
                resamples,
                protocol.seed,
            )
    summary: dict[str, Any] = to_json(
        {
            "protocol": protocol,
            "address": tokens.address,
            "classes": tokens.classes,
            "single_label": single,
            "settings": settings.to_dict(),
            "heads": heads,
            "differences": differences,
            "folds": [
                {
                    "name": fold.name,
                    "train": len(fold.train),
                    "validation": len(fold.validation),
                    "test": len(fold.test),
                    "notes": fold.notes,
                    "dropped": {tokens.clip_ids[i]: why for i, why in fold.dropped.items()},
                }
                for fold in folds
            ],
            "failed": failed,
        }
    )
    return summary
