"""Modifiers of an action as one line of text: ``side: left, right; parts (several): head, tail; distance (number)``."""

from collections.abc import Sequence

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.records import Modifier

_SEVERAL, _NUMBER = "(several)", "(number)"


def text_of(modifiers: Sequence[Modifier]) -> str:
    """Return the line of text for modifiers."""
    parts = []
    for each in modifiers:
        kind = {"multiple": f" {_SEVERAL}", "number": f" {_NUMBER}"}.get(each.kind, "")
        values = f": {', '.join(each.values)}" if each.values else ""
        parts.append(f"{each.name}{kind}{values}".strip())
    return "; ".join(parts)


def modifiers_of(text: str) -> tuple[Modifier, ...]:
    """Return the modifiers that a line of text names.

    Raises
    ------
    ProjectError
        One has neither choices nor the word that a number is meant.
    """
    made = []
    for part in text.split(";"):
        if not part.strip():
            continue
        name, _, choices = part.partition(":")
        name, kind = name.strip(), "single"
        for word, of in ((_SEVERAL, "multiple"), (_NUMBER, "number")):
            if name.endswith(word):
                name, kind = name.removesuffix(word).strip(), of
        values = tuple(dict.fromkeys(choice.strip() for choice in choices.split(",") if choice.strip()))
        if kind != "number" and not values:
            raise ProjectError(
                f'"{part.strip()}" has no choices. Write "{name or "side"}: left, right", or "{name or "distance"} {_NUMBER}".'
            )
        made.append(Modifier(name, kind, values if kind != "number" else ()))
    return tuple(made)
