"""An ethogram apart from clips: taken from another project or from a BORIS project, and added to one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.readers.json_file import read_json
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Action, Modifier

SUFFIXES = (".actiondiff", ".boris", ".boris.gz")
_KINDS = {0: "single", 1: "multiple", 2: "number"}


@dataclass(frozen=True)
class Ethogram:
    """Actions with all that is known of them, and subjects with their keys."""

    actions: tuple[Action, ...]
    subjects: tuple[tuple[str, str], ...] = ()


def read_ethogram(path: Path) -> Ethogram:
    """Return the ethogram of a project, or of a BORIS project.

    Raises
    ------
    ProjectError
        The file is neither.
    """
    if path.name.casefold().endswith((".boris", ".boris.gz")):
        return _of_boris(path)
    with Project.open(path) as project:
        return Ethogram(tuple(project.actions()), tuple(listed_subjects(project)))


def listed_subjects(project: Project) -> list[tuple[str, str]]:
    """Names and keys of the subjects that a project lists."""
    return [
        (each["name"], str(each.get("key", "")))
        for each in project.setting("subjects", [])
        if isinstance(each, dict) and isinstance(each.get("name"), str) and each["name"]
    ]


def add_ethogram(project: Project, ethogram: Ethogram) -> tuple[int, list[str]]:
    """Add actions to a project that it does not have; returns how many, and sentences on keys that were taken.

    An action that is there already keeps all that it has.
    """
    known = {action.name: action for action in project.actions()}
    keys = {action.key for action in known.values() if action.key}
    colours = {action.colour for action in known.values()}
    added, notes = 0, []
    for action in ethogram.actions:
        if action.name in known:
            continue
        key = action.key
        if key and key in keys:
            notes.append(f"{key} was the key of {action.name}, which has none now: another action has it.")
            key = ""
        keys.add(key)
        colour = action.colour if action.colour and action.colour not in colours else None
        colours.add(colour or "")
        project.add_action(
            action.name,
            colour,
            action.description,
            key=key,
            group=action.group,
            category=action.category,
            point=action.point,
            modifiers=action.modifiers,
        )
        added += 1
    return added, notes


def _of_boris(path: Path) -> Ethogram:
    found = read_json(path)
    try:
        behaviours = list(found["behaviors_conf"].values())
        names = [str(each["code"]).strip() for each in behaviours]
    except (KeyError, TypeError, AttributeError):
        raise ProjectError(
            f"{path} is no BORIS project: it has no list of behaviours. Choose another file."
        ) from None
    groups = _groups({name: _excluded(each) for name, each in zip(names, behaviours, strict=True)})
    actions = [
        Action(
            name,
            "",
            str(each.get("description") or ""),
            qt_key(str(each.get("key") or "")),
            groups.get(name, ""),
            str(each.get("category") or ""),
            "point" in str(each.get("type")).casefold(),
            _modifiers(each.get("modifiers")),
        )
        for name, each in zip(names, behaviours, strict=True)
        if name
    ]
    subjects = found.get("subjects_conf") or {}
    listed = [
        (str(each["name"]).strip(), qt_key(str(each.get("key") or "")))
        for each in (subjects.values() if isinstance(subjects, dict) else ())
        if isinstance(each, dict) and str(each.get("name") or "").strip()
    ]
    return Ethogram(tuple(actions), tuple(listed))


def qt_key(key: str) -> str:
    """Return a key of BORIS as Qt writes it: BORIS tells ``a`` from ``A``, which is Shift+A."""
    key = key.strip()
    if len(key) == 1 and key.isalpha():
        return f"Shift+{key}" if key.isupper() else key.upper()
    return key


def _excluded(behaviour: dict[str, Any]) -> set[str]:
    return {name.strip() for name in str(behaviour.get("excluded") or "").split(",") if name.strip()}


def _groups(excluded: dict[str, set[str]]) -> dict[str, str]:
    """Return a group for each set of behaviours that all exclude each other; others exclude nothing here."""
    groups: dict[str, str] = {}
    for name in excluded:
        if name in groups:
            continue
        members = [name]
        for other in excluded:
            if (
                other != name
                and other not in groups
                and all(other in excluded[m] or m in excluded[other] for m in members)
            ):
                members.append(other)
        if len(members) > 1:
            number = len(set(groups.values())) + 1
            groups |= dict.fromkeys(members, f"group {number}")
    return groups


def _modifiers(sets: object) -> tuple[Modifier, ...]:
    made = []
    ordered: list[Any] = [sets[key] for key in sorted(sets, key=str)] if isinstance(sets, dict) else []
    for each in ordered:
        if not isinstance(each, dict):
            continue
        kind = _KINDS.get(each.get("type", -1), "")
        values = _values(each.get("values") or [])
        if kind and (values or kind == "number"):
            made.append(Modifier(str(each.get("name") or ""), kind, values))
    return tuple(made)


def _values(values: Sequence[object]) -> tuple[str, ...]:
    """Choices without the key that BORIS writes behind them in brackets: ``left (l)``."""
    texts = []
    for value in values:
        text = str(value).strip()
        head, _, tail = text.rpartition(" (")
        texts.append(head if head and len(tail) == 2 and tail.endswith(")") else text)
    return tuple(dict.fromkeys(text for text in texts if text))
