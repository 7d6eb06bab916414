"""Changes to the project's actions: add, rename, recolour, reorder and remove."""

from collections.abc import Callable, Sequence

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.session.action_keys import checked_key, what_it_takes
from actiondiff_gui.gui.session.commands import Keys
from actiondiff_gui.gui.session.session import OpenBouts, Session
from actiondiff_gui.gui.session.subjects import subjects
from actiondiff_gui.project.project import Project


def add_action(session: Session, name: str) -> None:
    """Add an action at the end, in the palette's next colour.

    Raises
    ------
    ProjectError
        If the name is empty or taken.
    """
    if not name.strip():
        raise ProjectError("Type the name of the new action first.")
    name = name.strip()
    _change(session, f"the action {name}", lambda project: project.add_action(name))


def rename_action(session: Session, name: str, new_name: str) -> None:
    """Give an action another name; labels, predictions and an open bout follow.

    Raises
    ------
    ProjectError
        If the new name is empty or taken.
    """
    new_name = new_name.strip()
    if new_name == name:
        return
    subject = session.subject

    def do(project: Project) -> OpenBouts:
        project.update_action(name, new_name=new_name)
        return project.open_bouts(subject=subject)

    def then(bouts: OpenBouts) -> None:
        session.show_open_bouts(bouts)
        session.reread_actions()
        _reread_clips_of(session, name)

    session.change(f"{name} renamed {new_name}", do, then)


def recolour_action(session: Session, name: str, colour: str) -> None:
    """Give an action another colour, ``"#RRGGBB"``."""
    _change(session, f"the colour of {name}", lambda project: project.update_action(name, colour=colour))


def set_key(session: Session, name: str, key: str, keys: Keys) -> str:
    """Give an action a key of its own, "" for none; returns a sentence on what the key stood for until now.

    Raises
    ------
    ActionDiffError
        Another action or a subject has it, or it is a key that no action can have.
    """
    key = checked_key(key)
    subject = next((s.name for s in subjects(session) if key and s.key == key), None)
    if subject is not None:
        raise ProjectError(f'{key} is the key of the subject "{subject}". Give that another key first.')
    _change(session, f"the key of {name}", lambda project: project.update_action(name, key=key))
    return what_it_takes(key, keys) if key else ""


def set_details(session: Session, names: Sequence[str], **changes: object) -> None:
    """Change group, category, kind or modifiers of some actions, as :meth:`Project.update_action`."""

    def do(project: Project) -> None:
        for name in names:
            project.update_action(name, **changes)

    _change(session, f"{', '.join(names[:3])} in the list of actions", do)


def add_several(session: Session, text: str) -> int:
    """Add an action for each line of a pasted text, a comma or tab within a line parting name and category; returns how many.

    Names that are there already are left alone.
    """
    known = {action.name for action in session.actions}
    rows: dict[str, str] = {}
    for line in text.splitlines():
        name, _, category = line.replace("\t", ",").partition(",")
        if name.strip() and name.strip() not in known:
            rows.setdefault(name.strip(), category.strip())
    if not rows:
        raise ProjectError("This text has no new action names. Write one per line.")

    def do(project: Project) -> None:
        for name, category in rows.items():
            project.add_action(name, category=category)

    _change(session, f"{len(rows)} actions", do)
    return len(rows)


def order_actions(session: Session, names: Sequence[str]) -> None:
    """Put the actions into another order, which is also that of their keys."""
    names = tuple(names)
    _change(session, "the order of the actions", lambda project: project.order_actions(names))


def remove_action(session: Session, name: str) -> None:
    """Remove an action that no clip is labelled with, and the predictions of it.

    Raises
    ------
    ProjectError
        If clips are labelled with it, or a bout of it is open.
    """

    def then(_: object) -> None:
        session.reread_actions()
        _reread_clips_of(session, name)

    session.change(f"{name} removed", lambda project: project.remove_action(name), then)


def _change(session: Session, what: str, do: Callable[[Project], object]) -> None:
    session.change(what, do, lambda _: session.reread_actions())


def clips_by_action(session: Session) -> dict[str, int]:
    """Return the number of labelled clips of each action."""
    counts = {action.name: 0 for action in session.actions}
    for row in session.table.rows:
        for name in row.labels:
            counts[name] = counts.get(name, 0) + 1
    return counts


def _reread_clips_of(session: Session, name: str) -> None:
    rows = session.table.rows
    ids = [row.id for row in rows if name in row.labels or name in row.denied or name == row.prediction]
    if ids:
        session.reread_clips(ids)
