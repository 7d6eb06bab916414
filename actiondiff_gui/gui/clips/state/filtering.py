"""Filtering, sorting and cell text of the clips table, as plain functions of rows."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.gui.session.clip_table import ClipRow

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


def searched_text(row: ClipRow) -> str:
    """Return all text of a row that a search looks at, in lower case."""
    sure = "" if row.confidence is None else f"{row.confidence:.0%}"
    parts = (label_text(row), row.prediction, sure, *row.facets.values(), f"{row.seconds:.2f} s")
    return "\n".join((*parts, row.subject, row.said_by, row.video_name)).lower()


def passing(
    rows: Sequence[ClipRow], wanted: ClipFilter, texts: Callable[[], Sequence[str]] | None = None
) -> np.ndarray:
    """Return the indices into ``rows`` of the clips that pass, ascending.

    Parameters
    ----------
    rows : sequence of ClipRow
    wanted : ClipFilter
    texts : callable, optional
        Gives the :func:`searched_text` of each row; called only where a text is searched.

    Returns
    -------
    ndarray
        ``[n]`` int64.
    """
    places: Sequence[int] = range(len(rows))
    if wanted.video:
        places = [i for i in places if rows[i].video_id == wanted.video]
    if wanted.state:
        holds = _STATES[wanted.state]
        places = [i for i in places if holds(rows[i])]
    if wanted.action:
        places = [i for i in places if wanted.action in rows[i].labels]
    if wanted.facet:
        places = [i for i in places if rows[i].facets.get(wanted.facet, "") == wanted.value]
    words = wanted.text.lower().split()
    if words:
        found = texts() if texts is not None else [searched_text(row) for row in rows]
        for word in words:
            places = [i for i in places if word in found[i]]
    return np.fromiter(places, np.int64, len(places))


_STATES: dict[str, Callable[[ClipRow], bool]] = {
    UNLABELLED: lambda row: not row.labelled,
    PREDICTED: lambda row: bool(row.prediction) and not row.labels,
    DISAGREE: lambda row: (
        bool(row.prediction)
        and (row.prediction in row.denied or (bool(row.labels) and row.prediction not in row.labels))
    ),
}


def ordered(rows: Sequence[ClipRow], places: np.ndarray, key: str, descending: bool = False) -> np.ndarray:
    """Sort ``places`` by the content of the column ``key``; equal ones keep their order, and empty cells come last.

    Texts are compared without regard to case, and numbers in them by value (``clip 2`` before ``clip 10``).
    """
    value = _VALUES.get(key) or (lambda row: row.facets.get(key[6:], ""))
    chosen = places.tolist()
    values = [value(rows[place]) for place in chosen]
    full = [i for i, v in enumerate(values) if v not in ("", None)]
    empty = [i for i, v in enumerate(values) if v in ("", None)]
    if key not in ("seconds", "confidence", "start", "end", "frames"):
        # Many clips share a text; each is made comparable once.
        comparable = {v: _natural(v) for v in set(values)}
        values = [comparable[v] for v in values]
    if key in ("start", "end", "frames"):
        # Within a recording, in the project's order of recordings: times of two recordings say nothing of each other.
        ranks: dict[str, int] = {}
        for place in sorted(chosen):
            ranks.setdefault(rows[place].video_id, len(ranks))
        sign = -1 if descending else 1
        values = [
            (sign * ranks[rows[place].video_id], each) for place, each in zip(chosen, values, strict=True)
        ]
    full.sort(key=values.__getitem__, reverse=descending)
    return places[np.array([*full, *empty], np.int64)]


_VALUES: dict[str, Callable[[ClipRow], object]] = {
    "label": label_text,
    "prediction": lambda row: row.prediction,
    "confidence": lambda row: row.confidence,
    "subject": lambda row: row.subject,
    "start": lambda row: row.start / row.fps,
    "end": lambda row: row.end / row.fps,
    "seconds": lambda row: row.seconds,
    "frames": lambda row: row.start,
    "said_by": lambda row: row.said_by,
    "review": lambda row: row.answer.answer if row.answer else "",
    "video": lambda row: row.video_name,
}


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
