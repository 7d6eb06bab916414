"""Texts of a review: counts, and the estimate with its meaning."""

from collections.abc import Sequence

from actiondiff_gui.gui.review.state.numbers import Accuracy, Numbers


def counted(answered: int, skipped: int, left: int) -> str:
    """Return the counts in words: "12 answered, 210 left, 3 skipped"."""
    text = f"{answered:,} answered, {left:,} left"
    return f"{text}, {skipped:,} skipped" if skipped else text


def not_played(clips: int, reasons: Sequence[str]) -> str:
    """Return how many clips cannot be played, and why.

    For example "2 clips cannot be played and were passed over: a.mp4 is missing from /videos.".
    """
    if not clips:
        return ""
    told = "1 clip cannot be played and was" if clips == 1 else f"{clips:,} clips cannot be played and were"
    more = f" The same holds for {len(reasons) - 1:,} more." if len(reasons) > 1 else ""
    return f"{told} passed over: {reasons[0]}{more}"


def numbers_text(numbers: Numbers) -> tuple[str, str]:
    """Return the progress in one line, and what it counts."""
    parts = [
        f"{numbers.labelled:,} labelled ({numbers.confirmed:,} in review)",
        f"{numbers.predicted:,} predicted",
    ]
    if numbers.changed is not None:
        parts.append(f"{numbers.changed:,} changed since training")
    tip = (
        f"{numbers.labelled:,} clips carry a label, {numbers.confirmed:,} of them from a review; {numbers.predicted:,} carry a "
        f"prediction alone; {numbers.excluded:,} are excluded."
    )
    if numbers.changed is not None:
        tip += (
            f" The labels of {numbers.changed:,} clips are newer than those the model in use was trained on."
        )
    return ", ".join(parts), tip


def estimate_text(accuracy: Accuracy | None, random: bool, passed_over: int = 0) -> tuple[str, str]:
    """Return the estimate in a sentence, "" where there is none, and what it means.

    ``random`` tells whether clips are asked at random now, ``passed_over`` how many of these were left behind.
    """
    if accuracy is None or (not accuracy.answered and not random):
        return "", ""
    if not accuracy.answered:
        return f"No answers about {accuracy.model} yet. About 30 give an estimate.", _MEANS
    text = (
        f"<b>{accuracy.share:.0%} right</b>: {accuracy.right} of {accuracy.answered} random clips, 95% interval "
        f"{100 * accuracy.low:.0f} to {100 * accuracy.high:.0f}%."
    )
    tip = f"The model is {accuracy.model}. {_MEANS}"
    without = accuracy.skipped + passed_over
    if without:
        text += f" {without} without an answer."
        tip += " Unanswered clips are rarely easy ones: with many of them this estimate is too high."
    if accuracy.elsewhere:
        tip += (
            f" {accuracy.elsewhere} answers in other orders are not counted; their clips were removed before random "
            "drawing, so the estimate holds for the remaining clips."
        )
    return text, tip


_MEANS = (
    "Estimated on randomly drawn clips that had no label then. Answers in any other order are not counted, because "
    "clips chosen as difficult are harder than average."
)
