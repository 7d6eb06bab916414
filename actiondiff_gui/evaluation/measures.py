"""Measures of an address: names, direction, and the families that are computed together."""

from dataclasses import dataclass
from typing import Literal

from actiondiff_gui.errors import AnalysisError

Kind = Literal["accuracy", "difference", "silhouette"]


@dataclass(frozen=True)
class Measure:
    """A number that says something of the features at one address.

    Attributes
    ----------
    key : str
        Its name in tables.
    family : str
        Measures of one family are computed together.
    title : str
        A few words, for a list to choose from.
    meaning : str
        One sentence.
    kind : {"accuracy", "difference", "silhouette"}
        Accuracies run from 0 to 1, the others from -1 to 1.
    wanted : {"high", "low"}
        What features have that carry the action and not the scene.
    """

    key: str
    family: str
    title: str
    meaning: str
    kind: Kind
    wanted: Literal["high", "low"] = "high"


FAMILIES = ("silhouettes", "knn", "domain", "linear", "transformer")
"""Families of measures, the cheapest first."""

ANSWERERS = {"linear": "linear probe", "knn": "nearest neighbours", "transformer": "transformer"}
"""What names actions, and how sentences call it."""


def _of_answers(key: str) -> tuple[Measure, ...]:
    who = ANSWERERS[key]
    trained = "trained on" if key != "knn" else "among the clips of"
    return (
        Measure(
            f"across_{key}",
            key,
            f"Action, unseen domain: {who}",
            f"Action in a held-out domain, {who} {trained} the other domains",
            "accuracy",
        ),
        Measure(
            f"within_{key}",
            key,
            f"Action, known domain: {who}",
            f"Action in a domain that was trained on, {who}, other source groups",
            "accuracy",
        ),
        Measure(
            f"gap_{key}",
            key,
            f"Cost of an unseen domain: {who}",
            f"Cost of an unseen domain: within minus across, {who}",
            "difference",
            "low",
        ),
    )


ALL_MEASURES: dict[str, Measure] = {
    measure.key: measure
    for measure in (
        *_of_answers("linear"),
        *_of_answers("knn"),
        *_of_answers("transformer"),
        Measure(
            "domain_linear",
            "domain",
            "Domain: linear probe",
            "Domain, linear probe, other source groups (balanced accuracy)",
            "accuracy",
            "low",
        ),
        Measure(
            "silhouette_action",
            "silhouettes",
            "Silhouette by action",
            "How tightly clips of one action cluster (-1 to 1)",
            "silhouette",
        ),
        Measure(
            "silhouette_domain",
            "silhouettes",
            "Silhouette by domain",
            "How tightly clips of one domain cluster (-1 to 1)",
            "silhouette",
            "low",
        ),
    )
}
"""All measures by key."""


def measure_called(key: str) -> Measure:
    """Return the measure of that key.

    Raises
    ------
    AnalysisError
        If there is none.
    """
    if key not in ALL_MEASURES:
        raise AnalysisError(f"There is no measure {key!r}; choose one of {', '.join(ALL_MEASURES)}.")
    return ALL_MEASURES[key]
