"""Training results as sentences that can be quoted."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from actiondiff_gui.backbones.reading import Reading
from actiondiff_gui.classifier.training.plan import BASELINE, HEADS
from actiondiff_gui.evaluation.head_scores import ACCURACY

NAMES = {**HEADS, BASELINE: "guessing the most frequent action"}
FEW_TESTED = 30


def main_score(results: Mapping[str, Any]) -> str:
    """Return the name of the score that counts: the accuracy where clips show one action each, else "mAP".

    Models of earlier versions have "top-1", in which every clip counts alike, instead of the accuracy.
    """
    if not results.get("single_label"):
        return "mAP"
    known = (results.get("heads") or {}).get(results.get("head")) or {}
    return ACCURACY if ACCURACY in known or not known else "top-1"


def percent(value: float | None) -> str:
    """0.417 as "42 %", unknown as "–"."""
    return "–" if value is None or math.isnan(value) else f"{100 * value:.0f} %"


def points(value: float) -> str:
    """0.314 as "31 points"."""
    count = round(100 * value)
    return f"{count} point{'' if abs(count) == 1 else 's'}"


def interval(value: Mapping[str, Any] | None) -> str:
    """Return an interval as "24 to 38 %"; "" where there is none."""
    if not value or value.get("low") is None or value.get("high") is None:
        return ""
    return f"{100 * value['low']:.0f} to {100 * value['high']:.0f} %"


def with_interval(value: Mapping[str, Any] | None) -> str:
    """ "42 % (24 to 38 %)"."""
    if not value:
        return "–"
    between = interval(value)
    return f"{percent(value['value'])} ({between})" if between else percent(value["value"])


def verdict(results: Mapping[str, Any]) -> str:
    """Return the one sentence that summarises a model's accuracy."""
    if not results.get("heads"):
        return (
            "No data were held out, so the accuracy on unseen clips is unknown. Hold out a domain, or review randomly "
            "picked predictions, to estimate it."
        )
    name = main_score(results)
    versus = results.get("differences", {}).get(BASELINE, {}).get(name)
    return compared(versus, NAMES[BASELINE], name)


def compared(difference: Mapping[str, Any] | None, other: str, name: str) -> str:
    """Return a comparison in words: "Better than guessing the most frequent action by 31 points (95 % interval 24 to 38)."."""
    if not difference:
        return f"It could not be compared with {other}."
    value, low, high = (difference.get(part) for part in ("value", "low", "high"))
    if value is None:
        return f"It could not be compared with {other}."
    if low is None or high is None:
        return (
            f"{_signed(value)} {other}; all held-out clips come from one source, so no interval can be given."
        )
    between = f"95 % interval {100 * low:.0f} to {100 * high:.0f}"
    if low > 0:
        return f"Better than {other} by {points(value)} ({between})."
    if high < 0:
        return (
            f"Worse than {other} by {points(-value)} (95 % interval {-100 * high:.0f} to {-100 * low:.0f})."
        )
    return f"Not significantly better than {other}: the difference is {points(value)} ({between})."


def _signed(value: float) -> str:
    return f"{points(abs(value))} {'above' if value >= 0 else 'below'}"


def sentences(results: Mapping[str, Any]) -> list[str]:
    """Return the verdict and the caveats that belong to it."""
    said = [verdict(results), *chosen_address(results)]
    if not results.get("heads"):
        return said
    name, head = main_score(results), results["head"]
    own = results["heads"][head].get(name)
    what = {
        ACCURACY: "The top prediction was correct for",
        "top-1": "The top prediction was correct for",
        "mAP": "Mean average precision is",
    }[name]
    tested = f"{results['tested']} held-out clips of {results['sources']} sources"
    between = interval(own)
    said.append(
        f"{what} {percent(own['value'])}{' of' if name != 'mAP' else ' on'} {tested}"
        + (f" (95 % interval {between})." if between else "."),
    )
    for other in ("linear", "knn"):
        if other in results["differences"]:
            words = {"linear": "a linear head", "knn": "nearest neighbours"}[other]
            said.append(compared(results["differences"][other].get(name), words, name))
    if results["tested"] < FEW_TESTED:
        said.append(f"{results['tested']} clips are few: a single clip changes these numbers considerably.")
    never = [row["name"] for row in results["per_class"] if not row["recall"]["value"] and row["clips"]]
    if never:
        said.append(f"Never predicted correctly: {_listed(never)}.")
    error = (results.get("calibration") or {}).get("after", {}).get("error")
    if error is not None and error > 0.15:
        said.append(
            f"Its confidence is off by {points(error)} on average, so use it to rank clips, not as a probability."
        )
    return said


def chosen_address(results: Mapping[str, Any]) -> list[str]:
    """Return which address was chosen automatically, for the kept model and in each test; nothing where it was given."""
    told = results.get("addresses")
    if not told:
        return []
    kept, folds = told["kept"], told["folds"]
    said = [
        f"Its address was chosen by validation among its training clips: {_address(kept)} "
        f"({percent(kept['validation'])} right there)."
    ]
    others = dict.fromkeys(_address(fold) for fold in folds)
    if others and list(others) != [_address(kept)]:
        said.append(f"Each test chose anew, without its test clips: {'; '.join(others)}.")
    return said


def _address(chosen: Mapping[str, Any]) -> str:
    return str(Reading.at(chosen["timestep"], chosen["layers"], chosen["pooling"]))


def headline(metrics: Mapping[str, Any]) -> str:
    """Return a model's score for a list: "42 % held out", "61 % validation", or ""."""
    results = metrics.get("results")
    if isinstance(results, Mapping) and results.get("heads"):
        score = results["heads"].get(results.get("head"), {}).get(main_score(results)) or {}
        return f"{main_score(results)} {percent(score.get('value'))}"
    value = metrics.get("validation")
    if isinstance(value, float):
        return f"{percent(value)} on validation"
    return "not tested"


def _listed(names: Sequence[str], most: int = 4) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
