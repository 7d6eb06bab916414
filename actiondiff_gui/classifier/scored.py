"""The transformer under the same splits as simple classifiers, for grids and scoreboards."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from actiondiff_gui.classifier.training.fitting import fit_job
from actiondiff_gui.classifier.training.presets import TrainingSettings
from actiondiff_gui.evaluation.scoreboard.playing import AnswersJob
from actiondiff_gui.evaluation.scores import Score, score_answers
from actiondiff_gui.evaluation.sources import validation_part
from actiondiff_gui.evaluation.splits import Split
from actiondiff_gui.evaluation.study.grid import FamilyJob
from actiondiff_gui.evaluation.study.plans import Plan
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.progress import Job, Progress, told

VALIDATION = 0.2
"""Share of the training clips, whole source groups, that choose the transformer's epoch."""


def transformer_family(
    training: TrainingSettings, seeds: Sequence[int] = (0,), device: str = "cpu"
) -> FamilyJob:
    """Return the family "transformer" of a grid: one training for each split and seed."""

    def job(tokens: TokenSet, plan: Plan) -> Job[Sequence[Score]]:
        total = len(seeds) * (len(plan.across) + len(plan.within))
        done, answers = 0, {}
        for name, splits in (("across", plan.across), ("within", plan.within)):
            said = np.full((len(seeds), len(plan.actions)), None, object)
            for repetition, seed in enumerate(seeds):
                for split in splits:
                    job = answers_job("transformer", tokens, split, training, seed, device)
                    what = f"training {done + 1} of {total}"
                    said[repetition, split.test] = yield from _renamed(job, done, total, what)
                    done += 1
            answers[name] = said
        return score_answers("transformer", answers["across"], answers["within"], plan)

    return job


def transformer_answers(training: TrainingSettings, device: str = "cpu") -> AnswersJob:
    """Train the transformer on the training part of a scoreboard's split."""

    def job(tokens: TokenSet, split: Split, seed: int) -> Job[np.ndarray]:
        return answers_job("transformer", tokens, split, training, seed, device)

    return job


def answers_job(
    head: str, tokens: TokenSet, split: Split, training: TrainingSettings, seed: int = 0, device: str = "cpu"
) -> Job[np.ndarray]:
    """Fit a head on the training part of a split and name the action of each clip of its test part.

    A fifth of the training clips, whole source groups, chooses the transformer's epoch; other heads learn from
    them too.
    """
    learn, held, _ = validation_part(tokens, split.train, VALIDATION, seed)
    classifier = yield from fit_job(head, tokens, learn, held, replace(training, seed=seed), device)
    probabilities = classifier.predict_proba(tokens.subset(split.test))
    answers: np.ndarray = np.array(classifier.classes, object)[probabilities.argmax(axis=1)]
    return answers


def _renamed(job: Job[np.ndarray], done: int, total: int, what: str) -> Job[np.ndarray]:
    return told(
        job, lambda inner: Progress(done, total, f"{what}, {inner.message}" if inner.message else what)
    )
