"""Training plan: clips, settings and held-out data, saved with the model so that the training can be repeated."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Literal

import numpy as np

from actiondiff_gui.classifier.models.heads import SIMPLE_NAMES
from actiondiff_gui.classifier.training.presets import TrainingSettings, preset
from actiondiff_gui.errors import AnalysisError, ClassifierError
from actiondiff_gui.evaluation.classifiers import ProbeSettings
from actiondiff_gui.evaluation.splits import (
    Fold,
    k_fold,
    leave_one_domain_out,
    train_on_all,
    train_on_test_on,
    within_domains,
)
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.settings import Setting, check

Head = Literal["transformer", "linear", "knn"]
Test = Literal["domains", "each-domain", "within-domains", "recordings", "nothing"]
Summary = Literal["mean", "mean+std", "mean+std+absdiff"]
HEADS = {"transformer": "transformer", "linear": "linear", "knn": "nearest neighbours"}
"""Heads that can be chosen, with words for people."""
TESTS = {
    "domains": "hold out the selected domains",
    "each-domain": "leave out each domain in turn",
    "within-domains": "cross-validate within each domain",
    "recordings": "cross-validate over recordings",
    "nothing": "none: train on all labels",
}
"""Ways of testing, with words for people."""
BASELINE = "majority"


@dataclass(frozen=True)
class TrainingPlan:
    """What is to be trained and how it is tested; what a setting means stands beside it.

    Attributes
    ----------
    classes : tuple of str
        The actions to tell apart; () for all that labelled clips show.
    domain : str or None
        Facet that is the domain.
    test : str
        "domains": train on ``train_domains``, test on ``test_domains``. "each-domain": leave each one out in turn.
        "within-domains", "recordings": cross-validation inside every domain, or over all sources. "nothing": learn
        from all of ``train_domains``, or of everything, and test nothing.
    train_domains, test_domains : tuple of str
    preset : str
        Name of the preset that ``settings`` came from.
    settings : TrainingSettings
    probes : ProbeSettings
        Of the simple heads.

    Raises
    ------
    ClassifierError
        A value makes no sense.
    """

    head: Annotated[
        Head,
        Setting(
            "head",
            "The transformer sees the order of frames; the others a summary of them, and train at once",
            words=HEADS,
        ),
    ] = "transformer"
    classes: tuple[str, ...] = ()
    domain: str | None = None
    test: Annotated[
        Test,
        Setting("tested on", "On which clips it is tested, none of which it learns from", words=TESTS),
    ] = "domains"
    train_domains: tuple[str, ...] = ()
    test_domains: tuple[str, ...] = ()
    folds: Annotated[int, Setting("folds", "Parts of a cross-validation", 2, 1000)] = 5
    validation: Annotated[
        float,
        Setting(
            "validation",
            "Share of the training clips that choose the epoch and calibrate; whole recordings",
            0,
            0.8,
            step=0.01,
            percent=True,
        ),
    ] = 0.2
    preset: str = "small-data"
    settings: TrainingSettings = field(default_factory=lambda: preset("small-data"))
    probes: ProbeSettings = field(default_factory=ProbeSettings)
    summary: Annotated[
        Summary,
        Setting(
            "simpler heads see",
            "What the simpler heads see of a clip's features over time; how they spread and change often tells more than their mean",
            words={
                "mean": "mean over time",
                "mean+std": "mean and spread",
                "mean+std+absdiff": "mean, spread and change",
            },
        ),
    ] = "mean"
    compare: Annotated[
        bool,
        Setting(
            "also fit simple heads for comparison",
            "Also fit the simple heads on the same clips, as baselines",
        ),
    ] = True
    automatic: Annotated[
        bool,
        Setting(
            "choose timestep, layers and pooling by validation",
            "Of the stored features those at which a linear classifier names the actions of validation clips best; for each "
            "test anew, on its own training clips alone",
        ),
    ] = False

    def __post_init__(self) -> None:
        check(self, ClassifierError)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as kept with the model."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: object) -> "TrainingPlan":
        """Return the plan that :meth:`to_dict` wrote.

        Raises
        ------
        ClassifierError
            It is no plan of this version.
        """
        try:
            kept: dict[str, Any] = dict(values) if isinstance(values, Mapping) else {}
            given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in kept.items()}
            given.pop("drop_rare", None)  # of earlier versions
            given["head"] = SIMPLE_NAMES.get(given["head"], given["head"])
            settings = TrainingSettings.from_dict(dict(given.pop("settings")))
            probes = ProbeSettings(**given.pop("probes", {}))
            plan = cls(settings=settings, probes=probes, **given)
            texts = (*plan.classes, *plan.train_domains, *plan.test_domains, plan.preset, plan.domain or "")
            if all(isinstance(text, str) for text in texts):
                return plan
        except (TypeError, ValueError, KeyError, AnalysisError):
            pass
        raise ClassifierError("The model's training plan cannot be read by this version. Train a new model.")

    # Which clips

    def chosen(self, tokens: TokenSet) -> TokenSet:
        """``tokens`` with the columns of the plan's actions alone; a clip that says nothing of them is unlabelled.

        Raises
        ------
        ClassifierError
            An action of the plan is not among them.
        """
        if not self.classes:
            return tokens
        unknown = [name for name in self.classes if name not in tokens.classes]
        if unknown:
            raise ClassifierError(
                f"No labelled clip with features shows '{unknown[0]}': label some, or leave the action out."
            )
        columns = [k for k, name in enumerate(tokens.classes) if name in set(self.classes)]
        return replace(
            tokens, classes=tuple(tokens.classes[k] for k in columns), labels=tokens.labels[:, columns]
        )

    def final(self, tokens: TokenSet) -> Fold:
        """Return the division that the kept model is trained on; its test part is empty unless domains are held out.

        Raises
        ------
        ClassifierError
            The clips cannot be divided so.
        """
        share, seed = self.validation, self.settings.seed
        if self.test == "domains":
            return train_on_test_on(tokens, self.train_domains, self.test_domains, share, seed)[0]
        if self.test == "nothing" and self.train_domains:
            use = [i for i, domain in enumerate(tokens.domains) if domain in set(self.train_domains)]
            return _renumbered(train_on_all(tokens.subset(use), share, seed), use)
        return train_on_all(tokens, share, seed)

    def tests(self, tokens: TokenSet) -> list[Fold]:
        """The divisions that the method is tested on; none where nothing is held out.

        Raises
        ------
        ClassifierError
            The clips cannot be divided so.
        """
        share, seed = self.validation, self.settings.seed
        match self.test:
            case "domains":
                return [self.final(tokens)]
            case "each-domain":
                return leave_one_domain_out(tokens, share, seed)
            case "within-domains":
                return within_domains(tokens, self.folds, share, seed)
            case "recordings":
                return k_fold(tokens, self.folds, None, share, seed)
        return []

    def heads(self) -> tuple[str, ...]:
        """Heads to be tested, the chosen one first and the blind guess last."""
        others = [head for head in HEADS if head != self.head] if self.compare else []
        # A transformer beside a simple head takes long for little: the simple ones are compared with each other.
        others = [head for head in others if head != "transformer"]
        return (self.head, *others, BASELINE)


def _renumbered(fold: Fold, numbers: Sequence[int]) -> Fold:
    number = np.asarray(numbers, dtype=int)
    return replace(
        fold,
        train=number[fold.train],
        validation=number[fold.validation],
        test=number[fold.test],
        dropped={int(number[i]): why for i, why in fold.dropped.items()},
    )
