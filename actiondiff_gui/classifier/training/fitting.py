"""Fitting a head of any kind on labelled clips.

All heads, transformer and simple ones, are fitted by :func:`fit_head` and returned as a
:class:`~actiondiff_gui.classifier.models.trained.TrainedClassifier`.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from actiondiff_gui.classifier.models.heads import HEAD_KINDS, SIMPLE, SimpleHead
from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.classifier.training.part import training_part
from actiondiff_gui.classifier.training.presets import TrainingSettings
from actiondiff_gui.errors import ActionDiffError, ClassifierError
from actiondiff_gui.evaluation.classifiers import ProbeSettings, fit_simple
from actiondiff_gui.features.summary import summary_vectors
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.progress import Job, Progress, run


def fit_job(
    kind: str,
    tokens: TokenSet,
    train: Sequence[int] | np.ndarray,
    validation: Sequence[int] | np.ndarray | None = None,
    settings: TrainingSettings | None = None,
    device: str = "cpu",
    *,
    extraction: dict[str, Any] | None = None,
    single_source: bool = False,
    probes: ProbeSettings | None = None,
    summary: str = "mean",
) -> Job[TrainedClassifier]:
    """Fit a head of any kind.

    Only the transformer chooses something on the validation clips; the other heads learn from them too.

    Parameters
    ----------
    kind : {"transformer", "linear", "knn", "majority"}
        Which head.
    tokens, train, validation, settings, device, extraction, single_source
        As for :func:`actiondiff_gui.classifier.training.loop.train_job`. The simpler heads take from
        ``settings`` only what unlabelled means.
    probes, summary
        Of the simpler heads: their settings, and how a clip's tokens become one vector.

    Raises
    ------
    ClassifierError
        The kind is unknown, or the clips cannot train it.
    """
    if kind == "transformer":
        from actiondiff_gui.classifier.training.loop import train_job

        return (
            yield from train_job(
                tokens,
                train,
                validation,
                settings,
                device,
                extraction=extraction,
                single_source=single_source,
            )
        )
    if kind not in SIMPLE:
        raise ClassifierError(f"There is no head {kind!r}: choose one of {', '.join(HEAD_KINDS)}.")
    both = [*map(int, train), *map(int, [] if validation is None else validation)]
    negative = True if settings is None else settings.unlabelled_as_negative
    part = training_part(tokens, both, negative, single_source=single_source)
    yield Progress(0, 1, f"fitting the {kind} head on {len(part)} clips", part.passed_over)
    vectors = summary_vectors(part.tokens.tokens, summary)
    model = fit_simple(kind, vectors, part.truth, part.known, part.single_label, probes, names=tokens.classes)
    head = SimpleHead(part.tokens.tokens[0].shape[1], model, summary)
    yield Progress(1, 1, f"fitted the {kind} head", part.passed_over)
    return TrainedClassifier(
        head=head,
        classes=tokens.classes,
        address=tokens.address,
        single_label=part.single_label,
        training_clips=len(part),
        settings={
            "unlabelled_as_negative": negative,
            "probes": asdict(probes or ProbeSettings()),
            "summary": summary,
        },
        extraction=dict(extraction or {}),
    )


def simple_options(settings: dict[str, Any]) -> dict[str, Any]:
    """``probes`` and ``summary`` from a simple head's file; the defaults where it holds none."""
    try:
        return {"probes": ProbeSettings(**settings["probes"]), "summary": str(settings["summary"])}
    except (KeyError, TypeError, ActionDiffError):
        return {}


def fit_head(
    kind: str,
    tokens: TokenSet,
    train: Sequence[int] | np.ndarray,
    validation: Sequence[int] | np.ndarray | None = None,
    settings: TrainingSettings | None = None,
    device: str = "cpu",
    **options: Any,
) -> TrainedClassifier:
    """:func:`fit_job`, run to its end."""
    return run(fit_job(kind, tokens, train, validation, settings, device, **options))
