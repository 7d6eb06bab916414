"""Undo and redo of the annotator's last step: takes it back, says in which video, and shows it."""

from collections.abc import Callable
from contextlib import suppress

from actiondiff_gui.errors import ChangedSinceError, ConsentNeeded, ProjectBusyError
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.project.history.undo import TakenBack
from actiondiff_gui.project.project import Project


def take_back(
    session: Session, redo: bool = False, anyway: bool = False, then: Callable[[], object] | None = None
) -> bool:
    """Undo, or redo, the annotator's last step in whichever video, say where, and show it; False where there is none.

    A change that still waits is withdrawn instead. ``then`` is called in place of showing where it was.

    Raises
    ------
    ConsentNeeded
        Somebody else changed one of its clips since, and ``anyway`` is false.
    """
    withdrawn = None if redo else session.changes.withdraw()
    if withdrawn is not None:
        session.tell(f"Withdrawn: {withdrawn.what}, which was still pending.")
        return True
    name = "Redo" if redo else "Undo"

    def do(project: Project) -> tuple[TakenBack | None, ClipTable | None]:
        try:
            taken = project.redo(anyway=anyway, by=by) if redo else project.undo(anyway=anyway, by=by)
            return taken, ClipTable.read(project) if taken is not None and long else None
        except ChangedSinceError as error:
            raise ConsentNeeded(
                f"{error} {name} yours anyway?", lambda: take_back(session, redo, True, then)
            ) from error

    def show(outcome: tuple[TakenBack | None, ClipTable | None]) -> None:
        taken, table = outcome
        if taken is None:
            return
        told = f"{'Redone' if redo else 'Undone'}: {taken.what}."
        if taken.of_videos or table is not None:
            session.reread(table)
        else:
            session.reread_videos(taken.video_ids, None if taken.of_videos else taken.clip_ids)
        session.tell(told)
        if then is not None:
            then()
        elif not session.changes.late:
            _show_place(session, taken, told)

    by = session.annotator
    long = bool(session.changes.begun)
    with suppress(ProjectBusyError):
        long = long or session.needed().rows_to_take_back(by, redo) > editing.MANY
    change = session.change(name.lower(), do, show, record=None, long=long)
    return not change.made or change.result[0] is not None


def _show_place(session: Session, taken: TakenBack, told: str) -> None:
    session.reveal.emit(taken.clip_ids, told)
    if session.video not in taken.video_ids:
        if taken.clip_ids:
            session.open_clip(taken.clip_ids[0])
        elif taken.video_ids:
            session.open_video(taken.video_ids[0], taken.frame, keep_selection=True)
    if taken.clip_ids:
        session.select(taken.clip_ids, seen=session.in_open_video)
