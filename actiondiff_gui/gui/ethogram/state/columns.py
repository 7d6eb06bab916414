"""Columns of the ethogram's tables: titles, explanations and formatted values."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from actiondiff_gui.ethogram.agreement import ActionAgreement, Agreement
from actiondiff_gui.ethogram.budget import BudgetRow

Row = TypeVar("Row", BudgetRow, ActionAgreement)


@dataclass(frozen=True)
class Column:
    """A column: its title, what it means, what is shown, and what it is sorted by."""

    title: str
    tip: str
    text: Callable[[Any], str]
    value: Callable[[Any], Any]
    number: bool = True


def _number(title: str, tip: str, field: str, text: Callable[[float], str]) -> Column:
    return Column(title, tip, lambda row: text(getattr(row, field)), lambda row: getattr(row, field))


def seconds(value: float) -> str:
    """Return seconds in as many digits as help: "0.53 s", "12.4 s", "7:05 min"; "" for NaN."""
    if math.isnan(value):
        return ""
    if value >= 600:
        minutes, rest = divmod(round(value), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{rest:02} h" if hours else f"{minutes}:{rest:02} min"
    return f"{value:.1f} s" if value >= 10 else f"{value:.2f} s"


def share(value: float) -> str:
    """Return a share as per cent, "" for NaN."""
    return "" if math.isnan(value) else f"{value:.1%}"


def score(value: float) -> str:
    """Return a score with two decimals, a dash for NaN."""
    return "–" if math.isnan(value) else f"{value:.2f}"


def _spread(row: BudgetRow) -> str:
    if math.isnan(row.mean):
        return ""
    return f"{row.mean:.2f}" + ("" if math.isnan(row.deviation) else f" ± {row.deviation:.2f}")


def _quartiles(row: BudgetRow) -> str:
    return "" if math.isnan(row.median) else f"{row.median:.2f} ({row.low:.2f}–{row.high:.2f})"


_GROUP = Column("", "", lambda row: row.group, lambda row: row.group.casefold(), number=False)
_ACTION = Column("Action", "", lambda row: row.action, lambda row: row.action.casefold(), number=False)

_BUDGET = (
    _number("Bouts", "Number of bouts with their onset in counted frames", "count", lambda n: f"{n:,}"),
    _number("Total", "Time in counted frames in which the action is shown", "total", seconds),
    _number("Share", "Total as a share of the group's counted time", "share", share),
    Column(
        "Mean ± SD (s)",
        "Mean bout duration in seconds, with the sample standard deviation (n - 1)",
        _spread,
        lambda row: row.mean,
    ),
    Column(
        "Median (quartiles, s)",
        "Median bout duration in seconds, with the first and third quartiles in brackets",
        _quartiles,
        lambda row: row.median,
    ),
    _number(
        "Per min", "Bouts per minute of counted time", "rate", lambda v: "" if math.isnan(v) else f"{v:.2f}"
    ),
    _number(
        "Latency",
        "Mean time from the first counted frame to the first bout, over the recordings (and subjects) that show the action",
        "latency",
        seconds,
    ),
    Column(
        "Shown in",
        "Recordings (per subject) that show the action, of all in the group",
        lambda row: f"{row.shown_in:,} of {row.units:,}",
        lambda row: row.shown_in,
    ),
)


def budget_columns(rows: Sequence[BudgetRow], by: str) -> list[Column]:
    """Return the columns of a time budget, with the group first where there are groups."""
    title = by.split(":", 1)[-1].capitalize()
    groups = [Column(title, f"Groups of the table: {title.lower()}", _GROUP.text, _GROUP.value, False)]
    return [*(groups if by else []), _ACTION, *_BUDGET]


def agreement_columns() -> list[Column]:
    """Return the columns of agreement on actions."""
    return [
        _ACTION,
        _number("Kappa", "Cohen's kappa over frames: 1 is perfect agreement, 0 is chance", "kappa", score),
        _number(
            "Frame F1",
            "F1 over frames: twice the frames shared by both, over the sum of both",
            "frame_f1",
            score,
        ),
        _number(
            "Precision",
            "Share of the compared source's frames that the reference has too",
            "precision",
            score,
        ),
        _number(
            "Recall", "Share of the reference's frames that the compared source has too", "recall", score
        ),
        _number("Bout F1", "F1 over bouts: twice the matched bouts, over the sum of both", "bout_f1", score),
        Column(
            "Bouts",
            "Bouts of the reference, of the compared source, and matched",
            lambda row: f"{row.first_bouts:,} / {row.second_bouts:,}, {row.paired:,} matched",
            lambda row: row.first_bouts,
        ),
    ]


def headline(found: Agreement) -> str:
    """Return the numbers over all actions, in one line."""
    same = "" if math.isnan(found.same) else f"{found.same:.1%} of frames agree"
    parts = (
        f"kappa {score(found.kappa)}",
        same,
        f"frame F1 {score(found.macro_frame_f1)}",
        f"bout F1 {score(found.macro_bout_f1)}",
    )
    return " \u00b7 ".join(part.replace(" ", "\u00a0") for part in parts if part)


def sorted_rows(rows: Sequence[Row], column: Column, descending: bool) -> list[Row]:
    """Return rows sorted by a column; rows without a value come last, equal ones keep their order."""

    def missing(row: Row) -> bool:
        value = column.value(row)
        return isinstance(value, float) and math.isnan(value)

    full = [row for row in rows if not missing(row)]
    full.sort(key=column.value, reverse=descending)
    return [*full, *(row for row in rows if missing(row))]
