"""How are the actions themselves changed: added, renamed, recoloured, ordered, removed?"""

from collections.abc import Sequence

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.session.session import Session


def add_action(session: Session, name: str) -> None:
    """Add an action at the end; its colour is the palette's next.

    Raises
    ------
    ProjectError
        If the name is empty or taken.
    """
    if not name.strip():
        raise ProjectError("Type the name of the new action first.")
    session.needed().add_action(name.strip())
    session.reread_actions()


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
    project = session.needed()
    with project.transaction():
        project.update_action(name, new_name=new_name)
        for video, bouts in _open_bouts(session, name).items():
            bouts[new_name] = bouts.pop(name)
            project.set_setting(f"open_bouts/{video}", bouts)
    if name in session.open_bouts:
        session.open_bouts[new_name] = session.open_bouts.pop(name)
        session.bouts_changed.emit()
    session.reread_actions()
    _reread_clips_of(session, name)


def recolour_action(session: Session, name: str, colour: str) -> None:
    """Give an action another colour, ``"#RRGGBB"``."""
    session.needed().update_action(name, colour=colour)
    session.reread_actions()


def order_actions(session: Session, names: Sequence[str]) -> None:
    """Put the actions into another order, which is also that of their keys."""
    session.needed().order_actions(names)
    session.reread_actions()


def remove_action(session: Session, name: str) -> None:
    """Remove an action that no clip is labelled with, and the predictions of it.

    Raises
    ------
    ProjectError
        If clips are labelled with it, or a bout of it is open.
    """
    if name in session.open_bouts:
        raise ProjectError(f'A bout of "{name}" is open. End it or give it up before removing the action.')
    elsewhere = next(iter(_open_bouts(session, name)), None)
    if elsewhere is not None:
        raise ProjectError(
            f'A bout of "{name}" is open in {session.videos[elsewhere].path.name}. End it or give it up there '
            "before removing the action."
        )
    session.needed().remove_action(name)
    session.reread_actions()
    _reread_clips_of(session, name)


def clips_by_action(session: Session) -> dict[str, int]:
    """For each action the number of clips that are labelled with it."""
    counts = {action.name: 0 for action in session.actions}
    for row in session.table.rows:
        for name in row.labels:
            counts[name] = counts.get(name, 0) + 1
    return counts


def _open_bouts(session: Session, name: str) -> dict[str, dict]:
    """For each video in which a bout of an action is open, all of its open bouts."""
    found = {}
    for video in session.videos:
        bouts = session.needed().setting(f"open_bouts/{video}")
        if isinstance(bouts, dict) and name in bouts:
            found[video] = bouts
    return found


def _reread_clips_of(session: Session, name: str) -> None:
    rows = session.table.rows
    ids = [row.id for row in rows if name in row.labels or name in row.denied or name == row.prediction]
    if ids:
        session.reread_clips(ids)
