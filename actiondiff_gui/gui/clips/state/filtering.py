"""Filtering, sorting and cell text of the clips table."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.gui.session.clip_table import ClipRow, ClipTable

UNLABELLED, PREDICTED, DISAGREE = "unlabelled", "predicted", "disagree"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``key`` for programs (``"facet:species"`` for a facet), ``title`` for people."""

    key: str
    title: str

    @property
    def facet(self) -> str | None:
        """Name of the facet that the column shows, None for other columns."""
        return self.key[6:] if self.key.startswith("facet:") else None


@dataclass(frozen=True, slots=True)
class ClipFilter:
    """Conditions that a clip must meet to be listed; the empty filter passes all clips.

    Attributes
    ----------
    text : str
        Words that must all stand somewhere in the row, in any case.
    state : str
        ``"unlabelled"``, ``"predicted"`` (a prediction and no label), ``"disagree"`` (the prediction is not
        among the labels, or was denied), or "" for any.
    action : str
        An action that the clip is labelled with, or "".
    facet, value : str
        A facet and its value; an empty value asks for clips without this facet. No facet, no condition.
    video : str
        Id of a video, or "".
    """

    text: str = ""
    state: str = ""
    action: str = ""
    facet: str = ""
    value: str = ""
    video: str = ""

    @property
    def empty(self) -> bool:
        """Whether everything passes."""
        return self == ClipFilter()


def columns_of(held: Collection[str], facets: Sequence[str]) -> list[Column]:
    """Return the columns for clips with such facets; those of predictions, subjects and answers only where these are ``held``."""
    return [
        Column("picture", ""),
        Column("label", "Label"),
        *(
            [Column("prediction", "Prediction"), Column("confidence", "Confidence")]
            if "prediction" in held
            else ()
        ),
        *([Column("subject", "Subject")] if "subject" in held else ()),
        *(Column(f"facet:{facet}", facet) for facet in facets),
        Column("start", "Start"),
        Column("end", "End"),
        Column("seconds", "Length"),
        Column("frames", "Frames"),
        Column("said_by", "Labelled by"),
        *([Column("review", "Review")] if "answer" in held else ()),
        Column("video", "Video"),
    ]


HIDDEN = frozenset({"start", "end", "frames"})
"""Columns that are shown only where somebody chose them."""


def cell_text(row: ClipRow, key: str) -> str:
    """Return the text of the cell of ``row`` in the column ``key``."""
    return _TEXTS[key](row) if key in _TEXTS else row.facets.get(key[6:], "")


def label_text(row: ClipRow) -> str:
    """Return the labels of a row, or what it was denied to be."""
    text = row.label or (f"not {', '.join(row.denied)}" if row.denied else "")
    return f"{text} (unsure)" if row.unsure else text


_TEXTS: dict[str, Callable[[ClipRow], str]] = {
    "picture": lambda row: "",
    "label": label_text,
    "prediction": lambda row: row.prediction,
    "confidence": lambda row: "" if row.confidence is None else f"{row.confidence:.0%}",
    "subject": lambda row: row.subject,
    "start": lambda row: _clock(row.start / row.fps),
    "end": lambda row: _clock(row.end / row.fps),
    "seconds": lambda row: f"{row.seconds:.2f} s",
    "frames": lambda row: f"{row.start} to {row.end - 1}",
    "said_by": lambda row: row.said_by,
    "review": lambda row: row.answer.answer if row.answer else "",
    "video": lambda row: row.video_name,
}


def _clock(seconds: float) -> str:
    """Return a time in seconds as ``"1:02.50"``, ``"1:00:02.50"``."""
    whole = round(seconds * 100)
    hours, rest = divmod(whole, 360_000)
    text = (
        f"{rest // 6000:02d}:{rest % 6000 / 100:05.2f}"
        if hours
        else f"{rest // 6000}:{rest % 6000 / 100:05.2f}"
    )
    return f"{hours}:{text}" if hours else text


def answer_text(row: ClipRow) -> str:
    """Return the answer given to a row's clip, with time, annotator and prediction; "" without an answer."""
    answer = row.answer
    if answer is None:
        return ""
    when = answer.time.astimezone().strftime("%Y-%m-%d %H:%M")
    told = f"{answer.answer} by {answer.by or 'an unknown annotator'}, {when}"
    if answer.said:
        told += f": {'not ' if answer.answer == 'denied' else ''}{' + '.join(answer.said)}"
    if answer.model:
        sure = "" if answer.confidence is None else f" at {answer.confidence:.0%}"
        told += f". {answer.model} had predicted {' + '.join(answer.predicted) or 'no action'}{sure}"
    return told + "."


def passing(table: ClipTable, wanted: ClipFilter, places: np.ndarray | None = None) -> np.ndarray:
    """Return the places of the clips that pass.

    Parameters
    ----------
    table : ClipTable
    wanted : ClipFilter
    places : ndarray, optional
        ``[n]`` int64: clips that are looked at, ascending; by default all.

    Returns
    -------
    ndarray
        ``[n]`` int64, ascending.
    """
    alike = table.values.alike
    found = np.arange(len(table)) if places is None else places
    conditions: list[tuple[str, Callable[[ClipRow], bool]]] = []
    if wanted.video:
        conditions.append(("where", lambda row: row.video_id == wanted.video))
    if wanted.state:
        conditions.append(("said", _STATES[wanted.state]))
    if wanted.action:
        conditions.append(("said", lambda row: wanted.action in row.labels))
    if wanted.facet:
        conditions.append(("facets", lambda row: row.facets.get(wanted.facet, "") == wanted.value))
    for kind, holds in conditions:
        found = found[alike[kind].hold(found, holds)]
    # No word has white space in it, so that it stands in one of the texts or in none.
    for word in wanted.text.lower().split():
        there = np.zeros(len(found), bool)
        for kind, text in _SEARCHED.items():
            there |= alike[kind].hold(found, lambda row, text=text, word=word: word in text(row).lower())
        found = found[there]
    return found


_SEARCHED: dict[str, Callable[[ClipRow], str]] = {
    "said": lambda row: f"{label_text(row)}\n{row.prediction}\n{row.said_by}",
    "sure": lambda row: cell_text(row, "confidence"),
    "where": lambda row: f"{row.subject}\n{row.video_name}",
    "facets": lambda row: "\n".join(row.facets.values()),
    "length": lambda row: cell_text(row, "seconds"),
}
"""Text that a search looks at, for each kind of value in which clips agree."""

_STATES: dict[str, Callable[[ClipRow], bool]] = {
    UNLABELLED: lambda row: not row.labelled,
    PREDICTED: lambda row: bool(row.prediction) and not row.labels,
    DISAGREE: lambda row: (
        bool(row.prediction)
        and (row.prediction in row.denied or (bool(row.labels) and row.prediction not in row.labels))
    ),
}


def ordered(table: ClipTable, places: np.ndarray, key: str, descending: bool = False) -> np.ndarray:
    """Sort ``places`` by the content of the column ``key``; equal ones keep their order, and empty cells come last.

    Texts are compared without regard to case, and numbers in them by value (``clip 2`` before ``clip 10``).
    """
    sign = -1 if descending else 1
    if key in _NUMBERS:
        keys = [sign * table.values.numbers[_NUMBERS[key]][places]]
        if key != "confidence":
            # Within a recording, in the project's order of recordings: times of two recordings say nothing of each other.
            keys.append(_firsts_of_videos(table, places))
        return places[np.lexsort(keys)]
    kind, value = _VALUES.get(key) or ("facets", lambda row: row.facets.get(key[6:], ""))
    examples, groups = table.values.alike[kind].among(places)
    values = [value(row) for row in examples]
    if key != "seconds":
        values = [_natural(each) for each in values]
    ranks = {each: sign * rank for rank, each in enumerate(sorted(set(values) - {""}))}
    ranks[""] = len(ranks)
    # Numpy sorts numbers of 16 bits in proportion to their count.
    kept = np.array([ranks[each] for each in values], np.int16 if len(ranks) < 2**15 else np.int64)
    return places[np.argsort(kept[groups], kind="stable")]


def _firsts_of_videos(table: ClipTable, places: np.ndarray) -> np.ndarray:
    """Return for each clip the first of ``places`` that is in its recording."""
    examples, groups = table.values.alike["where"].among(places)
    numbers: dict[str, int] = {}
    videos = np.array([numbers.setdefault(row.video_id, len(numbers)) for row in examples], np.int64)[groups]
    firsts = np.full(len(numbers), len(table))
    np.minimum.at(firsts, videos, places)
    return firsts[videos]


_NUMBERS = {"start": "start", "end": "end", "frames": "start", "confidence": "confidence"}
"""Columns that are sorted by a number of each clip."""
_VALUES: dict[str, tuple[str, Callable[[ClipRow], str | float]]] = {
    "label": ("said", label_text),
    "prediction": ("said", lambda row: row.prediction),
    "said_by": ("said", lambda row: row.said_by),
    "review": ("said", lambda row: cell_text(row, "review")),
    "seconds": ("length", lambda row: row.seconds),
    "subject": ("where", lambda row: row.subject),
    "video": ("where", lambda row: row.video_name),
}
"""Other columns: the kind of value in which clips agree, and what is sorted by; those of facets are left out."""


def _natural(text: str) -> str:
    return _DIGITS.sub(lambda number: number[0].zfill(12), text.casefold())


_DIGITS = re.compile("[0-9]+")


def runs(numbers: np.ndarray) -> list[tuple[int, int]]:
    """Return the first and last number of each run of consecutive numbers in ascending ``numbers`` ``[n]``."""
    if len(numbers) == 0:
        return []
    cuts = np.flatnonzero(np.diff(numbers) != 1)
    firsts = numbers[np.concatenate([[0], cuts + 1])]
    lasts = numbers[np.concatenate([cuts, [len(numbers) - 1]])]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))
