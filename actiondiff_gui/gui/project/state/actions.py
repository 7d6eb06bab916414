"""Changes to the project's actions: add, rename, recolour, reorder and remove."""

from collections.abc import Callable, Sequence

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.session.session import OpenBouts, Session
from actiondiff_gui.project.project import Project


def add_action(session: Session, name: str) -> None:
    """Add an action at the end; its colour is the palette's next.

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

    def do(project: Project) -> OpenBouts:
        project.update_action(name, new_name=new_name)
        return project.open_bouts()

    def then(bouts: OpenBouts) -> None:
        session.show_open_bouts(bouts)
        session.reread_actions()
        _reread_clips_of(session, name)

    session.change(f"{name} called {new_name}", do, then)


def recolour_action(session: Session, name: str, colour: str) -> None:
    """Give an action another colour, ``"#RRGGBB"``."""
    _change(session, f"the colour of {name}", lambda project: project.update_action(name, colour=colour))


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
    """For each action the number of clips that are labelled with it."""
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
