"""Tables of an ethogram as rows of text, the same in the window and in files."""

import math
from collections.abc import Sequence

from actiondiff_gui.ethogram.agreement import Agreement
from actiondiff_gui.ethogram.budget import BudgetRow
from actiondiff_gui.ethogram.transitions import Transitions
from actiondiff_gui.tables import Number

BUDGET = {
    "group": "group",
    "action": "action",
    "count": "bouts",
    "total": "total_seconds",
    "mean": "mean_seconds",
    "deviation": "sd_seconds",
    "median": "median_seconds",
    "low": "first_quartile_seconds",
    "high": "third_quartile_seconds",
    "share": "share_of_counted_time",
    "rate": "bouts_per_minute",
    "latency": "latency_seconds",
    "units": "units",
    "shown_in": "units_with_it",
    "counted": "counted_seconds",
}
"""Fields of :class:`BudgetRow` and the names of their columns."""

AGREEMENT = {
    "action": "action",
    "kappa": "kappa",
    "precision": "precision",
    "recall": "recall",
    "frame_f1": "frame_f1",
    "first_frames": "first_frames",
    "second_frames": "second_frames",
    "both_frames": "both_frames",
    "bout_f1": "bout_f1",
    "first_bouts": "first_bouts",
    "second_bouts": "second_bouts",
    "paired": "paired_bouts",
}
"""Fields of :class:`ActionAgreement` and the names of their columns."""


def budget_rows(rows: Sequence[BudgetRow]) -> list[list[str]]:
    """Return the time budget with a header; the group only where there are groups."""
    names = {field: name for field, name in BUDGET.items() if field != "group" or any(r.group for r in rows)}
    return [list(names.values()), *([_text(getattr(row, field)) for field in names] for row in rows)]


def transition_rows(found: Transitions) -> list[list[str]]:
    """One row for each pair of actions: from, to, count and share of the transitions out of "from"."""
    rows = [["from", "to", "count", "share_of_from"]]
    shares = found.shares
    for i, one in enumerate(found.actions):
        for j, two in enumerate(found.actions):
            if i != j or found.with_own:
                rows.append([one, two, str(int(found.counts[i, j])), _text(float(shares[i, j]))])
    return rows


def agreement_rows(found: Agreement) -> list[list[str]]:
    """Agreement action by action with a header, and a last row over all actions."""
    rows = [list(AGREEMENT.values())]
    rows += [[_text(getattr(row, field)) for field in AGREEMENT] for row in found.actions]
    overall = {
        "action": "(all actions)",
        "kappa": found.kappa,
        "frame_f1": found.macro_frame_f1,
        "bout_f1": found.macro_bout_f1,
        **{
            field: sum(getattr(row, field) for row in found.actions)
            for field in ("first_bouts", "second_bouts", "paired")
        },
    }
    return [*rows, [_text(overall.get(field, "")) for field in AGREEMENT]]


def _text(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else Number(f"{value:.6g}")
    return Number(value) if isinstance(value, int) else str(value)
