"""Taking over the ethogram of another project, or of BORIS, into the open one."""

from pathlib import Path

from actiondiff_gui.gui.session.action_keys import what_it_takes
from actiondiff_gui.gui.session.commands import Keys
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.gui.session.subjects import Subject, keep_subjects, subjects
from actiondiff_gui.project.ethograms import add_ethogram, read_ethogram
from actiondiff_gui.project.project import Project


def take_over(session: Session, path: Path, keys: Keys) -> list[str]:
    """Import the actions and subjects of a file that the project lacks; returns sentences on the outcome.

    Raises
    ------
    ProjectError
        The file holds no ethogram.
    """
    ethogram = read_ethogram(path)
    told: list[str] = []

    def do(project: Project) -> tuple[int, list[str]]:
        return add_ethogram(project, ethogram)

    def then(result: tuple[int, list[str]]) -> None:
        count, notes = result
        told.append(f"{count} action{'s' * (count != 1)} added from {path.name}.")
        told.extend(notes)
        session.reread_actions()

    session.change(f"the actions of {path.name}", do, then)
    known = subjects(session)
    used = {action.key for action in session.actions if action.key} | {s.key for s in known}
    new = [
        Subject(name, "" if key in used else key)
        for name, key in ethogram.subjects
        if name not in {subject.name for subject in known}
    ]
    if new:
        keep_subjects(session, [*known, *new])
        told.append(f"{len(new)} subject{'s' * (len(new) != 1)} too.")
    own = [action.key for action in session.actions if action.key]
    told += [sentence for sentence in (what_it_takes(key, keys) for key in own) if sentence]
    return told
