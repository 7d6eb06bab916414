"""How is one cell answered? By the probes of a study and the evaluation of the classifier, on given tokens."""

import numpy as np

from actiondiff_gui.classifier.held_out import protocol_job
from actiondiff_gui.classifier.presets import TrainingSettings, preset
from actiondiff_gui.evaluation.choice import validation_table
from actiondiff_gui.evaluation.classifiers import ProbeSettings, predict
from actiondiff_gui.evaluation.plans import Plan, plan_splits
from actiondiff_gui.evaluation.protocol import Protocol
from actiondiff_gui.evaluation.scores import scored_clips
from actiondiff_gui.evaluation.splits import Split
from actiondiff_gui.features.summary import summarise
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.progress import run
from sample_data.measure.cells import Answer, digits

SUMMARY = "mean+std+absdiff"
"""What the linear probe gets of a clip's tokens."""
TRAINING = preset("small-data", width=64, batch_size=32, epochs=15)
"""Of the transformer, of which there is one for every address, split and seed: smaller and shorter than the preset, to be quicker."""


def linear_answer(tokens: TokenSet, summary: str, settings: ProbeSettings | None = None) -> Answer:
    """What a linear probe answers for domains held out, for folds within, and on validation domains."""
    settings = settings or ProbeSettings()
    clips, actions, _ = scored_clips(tokens)
    features = summarise(tokens, summary)[clips].astype(np.float64)
    domains, groups = (np.array(names)[clips] for names in (tokens.domains, tokens.groups))
    plan = plan_splits(actions, domains, groups, settings.folds, settings.seed)
    return Answer(
        right=_right(features, plan, plan.across, settings),
        within=_right(features, plan, plan.within, settings),
        validation=validation_table(features, plan, settings, "linear"),
    )


def transformer_answer(
    tokens: TokenSet, within: bool, seeds: int, settings: TrainingSettings, device: str
) -> Answer:
    """What the transformer answers for domains held out, or ``within`` for five folds over all clips."""
    protocol = Protocol("k-fold" if within else "leave-one-domain-out")
    result = run(
        protocol_job(tokens, protocol, ("transformer",), settings, tuple(range(seeds)), device, resamples=2)
    )
    heads = result.heads["transformer"]
    clips, _, _ = scored_clips(tokens)
    truth = tokens.labels[heads.clips].argmax(axis=1)
    right = np.zeros(len(tokens), int)
    right[heads.clips] = (heads.probabilities.argmax(axis=2) == truth).sum(axis=0)
    if len(heads.clips) < len(clips):
        raise ValueError(f"Only {len(heads.clips)} of {len(clips)} clips were answered for: {result.failed}")
    return Answer(digits(right[clips]), seeds)


def _right(features: np.ndarray, plan: Plan, splits: tuple[Split, ...], settings: ProbeSettings) -> str:
    right = np.zeros(len(plan.actions), bool)
    for split in splits:
        named = predict(features, plan.actions, split, settings, ("linear",))["linear"]
        right[split.test] = named == plan.actions[split.test]
    return digits(right)
