"""The subjects of a project: animals or persons whose bouts are told apart, each with a key."""

from collections.abc import Sequence
from dataclasses import dataclass

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.session.action_keys import checked_key
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.project.project import Project

_SETTING = "subjects"


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject by its name; ``key`` chooses it, "" for none."""

    name: str
    key: str = ""


def subjects(session: Session) -> list[Subject]:
    """Return the subjects of the open project: those that were listed, then others that bouts have."""
    return [] if session.project is None else subjects_of(session.project, session.table)


def keyed_subjects(session: Session) -> list[Subject]:
    """Return the subjects of the open project that have a key."""
    return [] if session.project is None else [s for s in subjects_of(session.project) if s.key]


def subjects_of(project: Project, rows: Sequence | object = ()) -> list[Subject]:
    """Return the subjects that a project lists, then those that ``rows`` of its clips have besides."""
    found = {}
    for each in project.setting(_SETTING, []):
        match each:
            case {"name": str(name), "key": str(key)} if name:
                found[name] = Subject(name, key)
    for row in rows:
        if row.subject and row.subject not in found:
            found[row.subject] = Subject(row.subject)
    return list(found.values())


def keep_subjects(session: Session, wanted: Sequence[Subject]) -> None:
    """Store the list of subjects.

    Raises
    ------
    ProjectError
        A name or key is there twice, or an action has the key.
    """
    names = [subject.name.strip() for subject in wanted]
    if "" in names or len(set(names)) < len(names):
        raise ProjectError("Each subject needs a name of its own.")
    keys = [checked_key(subject.key) for subject in wanted if subject.key]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice:
        raise ProjectError(f"{twice} is the key of two subjects. Give one of them another key.")
    taken = next((action for action in session.actions if action.key and action.key in keys), None)
    if taken:
        raise ProjectError(f'{taken.key} is the key of the action "{taken.name}". Choose another key.')
    kept = [{"name": name, "key": subject.key.strip()} for name, subject in zip(names, wanted, strict=True)]
    session.keep_setting(_SETTING, kept)
    session.subject_changed.emit()
