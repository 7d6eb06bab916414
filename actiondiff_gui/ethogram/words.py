"""Sentences that state what an ethogram's numbers refer to: source, recordings and counted frames."""

from actiondiff_gui.ethogram.agreement import Agreement
from actiondiff_gui.ethogram.jobs import Ethogram
from actiondiff_gui.ethogram.settings import FRAMES, WORDS


def agreement_words(found: Agreement, frames: str, first: str, second: str) -> str:
    """Return what was compared and which frames counted, in sentences."""
    if not found.frames:
        return f"No frames to compare: no recording is annotated by both {first} and {second}."
    words = f"{second[:1].upper()}{second[1:]} against {first}, in {_many(found.recordings, 'recording')}. {FRAMES[frames]} "
    words += f"These are {found.frames:,} frames ({found.seconds / 60:.1f} min); "
    words += f"bouts are paired from an overlap (intersection over union) of {found.overlap:g}."
    if found.without_subjects:
        words += (
            f" In {_many(found.without_subjects, 'recording')} the two name different subjects, so subjects were not "
            "distinguished."
        )
    return words


def counted_words(ethogram: Ethogram) -> str:
    """Return what the numbers refer to, in sentences."""
    indices = {int(index) for index in ethogram.bouts.recording}
    source = ethogram.source.words()
    words = [
        f"{source[0].upper()}{source[1:]}: {_many(len(ethogram.bouts), 'bout')} in "
        f"{_many(len(indices), 'recording')} of {len(ethogram.bouts.recordings):,}.",
        WORDS[ethogram.counted],
        *ethogram.notes(),
    ]
    return " ".join(words)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
