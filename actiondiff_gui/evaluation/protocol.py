"""Evaluation protocols: which clips are held out."""

from dataclasses import dataclass
from typing import Literal, get_args

from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.evaluation.splits import (
    Fold,
    k_fold,
    leave_one_domain_out,
    train_on_test_on,
    within_domains,
)
from actiondiff_gui.features.tokens import TokenSet

Kind = Literal["leave-one-domain-out", "train-test", "within-domains", "k-fold"]


@dataclass(frozen=True)
class Protocol:
    """What is held out.

    Attributes
    ----------
    kind : {"leave-one-domain-out", "train-test", "within-domains", "k-fold"}
        See the functions of :mod:`actiondiff_gui.evaluation.splits`.
    train_domains, test_domains : tuple of str
        Of "train-test".
    folds : int
        Of "within-domains" and "k-fold".
    validation : float
        Share of the training clips that choose the epoch.
    seed : int
        Of the division; the same for all heads and repetitions.
    """

    kind: Kind = "leave-one-domain-out"
    train_domains: tuple[str, ...] = ()
    test_domains: tuple[str, ...] = ()
    folds: int = 5
    validation: float = 0.2
    seed: int = 0

    def divide(self, tokens: TokenSet) -> list[Fold]:
        """Return the folds for these clips.

        Raises
        ------
        ClassifierError
            The kind is unknown, or the clips cannot be divided so.
        """
        share, seed = self.validation, self.seed
        match self.kind:
            case "leave-one-domain-out":
                return leave_one_domain_out(tokens, validation=share, seed=seed)
            case "train-test":
                return train_on_test_on(
                    tokens, self.train_domains, self.test_domains, validation=share, seed=seed
                )
            case "within-domains":
                return within_domains(tokens, self.folds, validation=share, seed=seed)
            case "k-fold":
                return k_fold(tokens, self.folds, validation=share, seed=seed)
        raise ClassifierError(
            f"There is no protocol {self.kind!r}: choose one of {', '.join(get_args(Kind))}."
        )
