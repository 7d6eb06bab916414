"""Mapping of another tool's behaviours to actions."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project import checks
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.contents import ForeignTable

if TYPE_CHECKING:
    from actiondiff_gui.project.formats.imports.clip_rows import ClipRows


def alike(name: str) -> str:
    """Return a name without regard to capitals, spaces, hyphens and underscores."""
    return "".join(c for c in name.casefold() if c not in " \t_-") or name


def actions_of(
    table: ForeignTable, known: Sequence[str], chosen: Mapping[str, str | None], notes: ProblemList
) -> dict[str, str | None]:
    """Return the action of each behaviour; matches by similar spelling and renamed ones are noted.

    Parameters
    ----------
    table : ForeignTable
    known : sequence of str
        The project's actions.
    chosen : mapping of str to (str or None)
        Actions that a person chose for behaviours, None to leave one out.
    notes : ProblemList
        Is added to.
    """
    out: dict[str, str | None] = {}
    near = {alike(name): name for name in reversed(known)}
    for behaviour in table.behaviours:
        if behaviour in chosen:
            out[behaviour] = chosen[behaviour]
            continue
        name, written = allowed(behaviour), unicodedata.normalize("NFC", behaviour)
        out[behaviour] = name if name in known else near.setdefault(alike(name), name)
        if name != " ".join(written.split()):
            reason = (
                f"{behaviour!r} became the action {out[behaviour]!r}: tables of clips separate actions by ';' and mark those that "
                'are not shown by "!" or "-" in front.'
            )
            notes.append(Problem(table.path, None, reason))
        elif out[behaviour] != written and not any(behaviour in names for names in table.spellings):
            reason = f"{behaviour!r} was taken for the action {out[behaviour]!r}, which differs by capitals or spaces only."
            notes.append(Problem(table.path, None, reason))
    for behaviour, action in out.items():
        if action is None:
            reason = f"{behaviour!r} was left out, as chosen."
            if behaviour in table.doubtful:
                reason = (
                    f"{behaviour!r} is left out until an action is chosen for it: the table has columns of other numbers too, so it may be a "
                    "feature and no behaviour."
                )
            notes.append(Problem(table.path, None, reason))
    return out


def allowed(behaviour: str) -> str:
    """Return a name that is valid for an action: without semicolons, and without the signs that deny an action in front."""
    name = " ".join("".join(c if c.isprintable() else " " for c in behaviour).split())
    try:
        return checks.action_name(name)
    except ProjectError:
        return " ".join(name.replace(";", ",").lstrip("!- ").split())[:500].strip() or "(no name)"


def check_chosen(table: "ForeignTable | ClipRows", chosen: Mapping[str, str | None]) -> None:
    """Refuse choices for behaviours that the table does not have; raises ProjectError."""
    unknown = [name for name in chosen if name not in table.behaviours]
    if unknown:
        few = ", ".join(table.behaviours[:12]) or "none"
        raise ProjectError(f"{table.path} has no behaviour {unknown[0]!r}. Its behaviours are: {few}.")
