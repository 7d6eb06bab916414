"""Figures of a training, which load matplotlib when they are drawn."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def curves(*values: Any) -> "Figure":
    """Draw the curves of a training."""
    from actiondiff_gui.report.training_figures import curves_figure

    return curves_figure(*values)


def heads(*values: Any) -> "Figure":
    """Draw the scores of the heads."""
    from actiondiff_gui.report.training_figures import heads_figure

    return heads_figure(*values)


def reliability(calibration: Mapping[str, Any]) -> "Figure":
    """Draw the reliability of the kept model."""
    from actiondiff_gui.report.training_figures import reliability_figure

    return reliability_figure(calibration, ("after",))


def confusion(counts: Sequence[Sequence[int]], colours: Mapping[str, str]) -> "Figure":
    """Draw the confusion matrix of actions with their colours."""
    from actiondiff_gui.report.grids import confusion_figure

    return confusion_figure(counts, list(colours), action_colours=colours)


def curves_words(history: Sequence[Mapping[str, Any]], metric: str) -> str:
    """Say how far a training has come."""
    if not history:
        return ""
    last = history[-1]
    parts = [f"epoch {last['epoch']}", f"training loss {last['loss']:.3f}"]
    if last["validation_loss"] is not None:
        parts.append(f"validation loss {last['validation_loss']:.3f}")
    if last["metric"] is not None:
        parts.append(f"{metric} {last['metric']:.0%}")
    return ", ".join(parts)


def reliability_words(calibration: Mapping[str, Any]) -> str:
    """Say what the bars of the reliability show."""
    return "\n".join(
        f"confidence {row['low']:.0%} to {row['high']:.0%}: {row['answers']} predictions, {row['right']:.0%} right"
        for row in calibration["after"]["bins"]
    )
