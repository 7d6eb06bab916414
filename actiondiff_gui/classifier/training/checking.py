"""Checks of a training before it starts, from labels, domains and source groups alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.classifier.training.plan import TrainingPlan
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.evaluation.labels import is_single_label, labelled
from actiondiff_gui.evaluation.sources import source_names
from actiondiff_gui.evaluation.splits import Fold
from actiondiff_gui.features.tokens import TokenSet

_RARE, _INSTEAD = "or leave rare actions out", "or leave it out of the actions"
FEW = 5
"""With fewer clips of an action, its scores are unreliable."""


@dataclass(frozen=True)
class Finding:
    """One sentence on what is wrong.

    Attributes
    ----------
    text : str
    blocks : bool
        Whether nothing can be trained before it is mended; else it is to be known.
    fix : {"", "features", "label", "domain"}
        What a button beside it may do.
    """

    text: str
    blocks: bool = False
    fix: str = ""


@dataclass(frozen=True)
class Check:
    """What was found.

    Attributes
    ----------
    findings : tuple of Finding
        Those that block first.
    train, validation, test : int
        Clips that the kept model learns from, that choose its epoch, and that test the method.
    missing : tuple of str
        Labelled clips without features.
    single_label : bool
        Whether clips show one action each.
    """

    findings: tuple[Finding, ...]
    train: int = 0
    validation: int = 0
    test: int = 0
    missing: tuple[str, ...] = ()
    single_label: bool = True

    @property
    def blocked(self) -> bool:
        """Whether training makes no sense yet."""
        return any(finding.blocks for finding in self.findings)


def check_plan(clips: TokenSet, has_features: np.ndarray, plan: TrainingPlan, where: str) -> Check:
    """Check a plan against clips whose tokens need not be read.

    Parameters
    ----------
    clips : TokenSet
        The labelled clips; their tokens are not looked at.
    has_features : ndarray
        ``[N]`` bool.
    plan : TrainingPlan
    where : str
        The feature address in words: "t20, layer 9".
    """
    if not len(clips):
        return Check(
            (Finding("Nothing is labelled yet: label a few clips of each action first.", True, "label"),)
        )
    if plan.classes and not any(plan.classes):
        return Check((Finding("No action is chosen: choose at least two.", True),))
    try:
        clips = plan.chosen(clips)
    except ClassifierError as error:
        return Check((Finding(str(error), True, "label"),))
    meant = labelled(clips.labels) & _meant(clips, plan)
    missing = tuple(clips.clip_ids[i] for i in np.flatnonzero(meant & ~has_features))
    if not meant.any():
        return Check((Finding(_nothing_meant(plan), True, "label"),))
    if not (meant & has_features).any():
        text = f"None of the {_clips(len(missing))} has features at {where}: compute them first."
        if len(missing) == 1:
            text = f"The one labelled clip has no features at {where}: compute them first."
        return Check((Finding(text, True, "features"),), missing=missing)
    findings = []
    if missing:
        have = "has" if len(missing) == 1 else "have"
        findings.append(
            Finding(
                f"{len(missing)} of {int(meant.sum())} labelled clips {have} no features at {where} and will be left out.",
                fix="features",
            )
        )
    usable = clips.subset(np.flatnonzero(meant & has_features))
    shown = (usable.labels == 1).any(axis=0)
    if shown.sum() < 2 and not (usable.labels == -1).any():
        name = clips.classes[int(shown.argmax())]
        text = f"All clips show '{name}': choose or label at least one other action."
        return Check((Finding(text, True, "label"), *findings), missing=missing)
    single = is_single_label(usable.labels)
    findings += _loss(usable, plan, single)
    try:
        final, tests = plan.final(usable), plan.tests(usable)
    except ClassifierError as error:
        fix = "domain" if plan.test != "nothing" and not any(usable.domains) else ""
        return Check(
            (Finding(str(error).replace(_RARE, _INSTEAD), True, fix), *findings),
            missing=missing,
            single_label=single,
        )
    findings += _parts(usable, plan, final)
    findings += _classes(usable, plan, final, tests, single)
    findings += [Finding(note) for note in _notes(plan, final, tests)]
    return Check(
        tuple(sorted(findings, key=lambda finding: not finding.blocks)),
        len(final.train),
        len(final.validation),
        len(np.unique(np.concatenate([fold.test for fold in tests]))) if tests else 0,
        missing,
        single,
    )


def _meant(clips: TokenSet, plan: TrainingPlan) -> np.ndarray:
    """Clips of the domains that the plan trains or tests on."""
    named = {"domains": (*plan.train_domains, *plan.test_domains), "nothing": plan.train_domains}.get(
        plan.test, ()
    )
    if not named:
        return np.ones(len(clips), bool)
    return np.isin(np.array(clips.domains, dtype=object), named)


def _nothing_meant(plan: TrainingPlan) -> str:
    chosen = [*plan.train_domains, *plan.test_domains]
    return f"No clip of {', '.join(chosen)} is labelled with a chosen action: label some, or choose others."


def _loss(clips: TokenSet, plan: TrainingPlan, single: bool) -> list[Finding]:
    if plan.head != "transformer" or single:
        return []
    several = int(((clips.labels == 1).sum(axis=1) > 1).sum())
    if plan.settings.loss == "cross-entropy" and several:
        show = "shows" if several == 1 else "show"
        return [
            Finding(
                f"{_clips(several)} {show} several actions at once, and these settings expect one for each clip: choose "
                "settings for several actions.",
                True,
            )
        ]
    return []


def _parts(clips: TokenSet, plan: TrainingPlan, final: Fold) -> list[Finding]:
    found = []
    learnt = final.train
    if plan.head != "transformer":
        learnt = np.concatenate([final.train, final.validation])
    sources = source_names(clips)
    if len(learnt) > 1 and len(np.unique(sources[learnt])) == 1:
        found.append(
            Finding(
                f"All {len(learnt)} clips to learn from come from one recording, and the model may learn that "
                "recording instead of the actions: label clips of another one.",
                True,
            )
        )
    if plan.head == "transformer" and not len(final.validation):
        found.append(
            Finding(
                "No clips can be set aside to choose the best epoch and to calibrate: the last epoch will be kept."
            )
        )
    dropped = list(final.dropped.values())
    for words, text in (
        ("source", "{} not trained on, because their recording also has held-out clips."),
        ("domain is not known", "{} left out, because their domain is not known."),
        ("what it does not show", "{} left out: it is only said what they do not show."),
    ):
        count = sum(words in why for why in dropped)
        if count:
            found.append(Finding(text.format(f"{_clips(count)} {'is' if count == 1 else 'are'}")))
    return found


def _classes(
    clips: TokenSet, plan: TrainingPlan, final: Fold, tests: Sequence[Fold], single: bool
) -> list[Finding]:
    found = []
    learnt = np.concatenate([final.train, final.validation])
    shown = clips.labels == 1
    counts = shown[learnt].sum(axis=0)
    for name, count in zip(clips.classes, counts.tolist(), strict=True):
        if count == 0:
            found.append(Finding(f"No clip to learn from shows '{name}': it will never be predicted."))
    few = [f"'{name}' ({n})" for name, n in zip(clips.classes, counts.tolist(), strict=True) if 0 < n < FEW]
    if few:
        found.append(Finding(f"Few clips to learn from: {_listed(few)}. Their scores will be unreliable."))
    if plan.domain and (plan.test in ("domains", "each-domain")):
        domains = sorted({clips.domains[i] for i in range(len(clips))} - {""})
        for k, name in enumerate(clips.classes):
            absent = [
                domain
                for domain in domains
                if not shown[[i for i, d in enumerate(clips.domains) if d == domain], k].any()
            ]
            if len(absent) == len(domains) or not counts[k]:
                continue
            learnt_from = set(plan.train_domains) if plan.test == "domains" else set()
            for where, text in (
                ([d for d in absent if d not in learnt_from], "so it is not tested there."),
                ([d for d in absent if d in learnt_from], "so it is learned from the other domains only."),
            ):
                if where:
                    found.append(Finding(f"'{name}' has no clip in {_listed(where)}, {text}"))
    return found


def _notes(plan: TrainingPlan, final: Fold, tests: Sequence[Fold]) -> list[str]:
    """Return notes of the divisions that add to what is reported already."""
    said = []
    for note in dict.fromkeys(n for fold in (final, *tests) for n in fold.notes):
        if (
            note.startswith(("Left out:", "There are only"))
            or "cannot be named" in note
            or "no known source" in note
        ):
            said.append(note)
    return said[:4]


def _clips(count: int) -> str:
    return "1 labelled clip" if count == 1 else f"{count} labelled clips"


def _listed(names: Sequence[str], most: int = 3) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
