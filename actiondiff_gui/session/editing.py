"""What does the keyboard do to labels and clips? Every change is in the project when its function returns.

Each function makes one step of the video's history, so that one undo takes it back whole. What is done to several
clips, or to another one than the open one, is told in a sentence.
"""

from collections.abc import Iterable, Sequence

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.session.clip_table import ClipRow, ClipTable
from actiondiff_gui.session.commands import Keys
from actiondiff_gui.session.edit_words import done as done_words
from actiondiff_gui.session.session import Session


def chosen(session: Session) -> tuple[str, ...]:
    """The clips that commands act on: the selected ones, else the open one.

    Raises
    ------
    ProjectError
        If no clip is chosen.
    """
    ids = session.selection or ((session.current,) if session.current is not None else ())
    if not ids:
        raise ProjectError("No clip is chosen. Choose one first.")
    return ids


def _say(session: Session, rows: Sequence[ClipRow], what: str, always: bool = False) -> None:
    if rows and (always or len(rows) > 1 or rows[0].id != session.current):
        session.tell(done_words(rows, what, f"Undo: {Keys(session.preferences).key('undo')}."))


def _rows(session: Session, clip_ids: Iterable[str]) -> list[ClipRow]:
    return [row for row in map(session.table.get, clip_ids) if row is not None]


def label(session: Session, clip_ids: Iterable[str], action: str, value: int = 1) -> None:
    """Say that clips show ``action`` (1), or do not (-1), in the name of the annotator."""
    ids = tuple(clip_ids)
    if ids:
        rows = [(i, action, value, None) for i in ids]
        session.needed().add_labels(rows, source="person", by=session.annotator)
        session.reread_clips(ids)
        what = f"labelled {action}" if value == 1 else f"said not to show {action}"
        _say(session, _rows(session, ids), what)


def relabel(session: Session, clip_ids: Iterable[str], action: str) -> None:
    """Make ``action`` the one label of clips; what else they were said to show is taken away."""
    ids = tuple(clip_ids)
    project = session.needed()
    with project.transaction():
        _take_labels(session, ids, but=action)
        project.add_labels([(i, action, 1, None) for i in ids], source="person", by=session.annotator)
    session.reread_clips(ids)
    _say(session, _rows(session, ids), f"labelled {action}")


def toggle(session: Session, clip_ids: Iterable[str], action: str) -> None:
    """Give clips the label ``action``, or take it away where all of them have it."""
    ids = tuple(clip_ids)
    rows = _rows(session, ids)
    if rows and all(action in row.labels for row in rows):
        project = session.needed()
        with project.transaction():
            for clip_id in ids:
                for source in ("person", "import"):
                    project.unlabel(clip_id, action, source=source)
        session.reread_clips(ids)
        _say(session, rows, f"no longer labelled {action}")
    else:
        label(session, ids, action)


def clear(session: Session, clip_ids: Iterable[str]) -> None:
    """Take all labels of clips away; predictions stay."""
    ids = tuple(clip_ids)
    with session.needed().transaction():
        _take_labels(session, ids)
    session.reread_clips(ids)
    _say(session, _rows(session, ids), "without labels now")


def _take_labels(session: Session, clip_ids: Sequence[str], but: str | None = None) -> None:
    project = session.needed()
    for said in project.labels(clip_ids, ("person", "import")):
        if said.action != but:
            project.unlabel(said.clip_id, said.action, source=said.source, by=said.by)


def confirm(session: Session, clip_ids: Iterable[str]) -> int:
    """Make predictions labels of the annotator; returns for how many clips there was one."""
    rows = [row for row in _rows(session, clip_ids) if row.prediction]
    if rows:
        session.needed().add_labels(
            [(row.id, row.prediction, 1, None) for row in rows], source="person", by=session.annotator
        )
        session.reread_clips(row.id for row in rows)
        _say(session, rows, "labelled as predicted")
    return len(rows)


def deny(session: Session, clip_ids: Iterable[str]) -> int:
    """Say that clips do not show what they are labelled or predicted as; returns for how many that said anything."""
    rows = _rows(session, clip_ids)
    said = [(row.id, action) for row in rows for action in (row.labels or (row.prediction,)) if action]
    if said:
        session.needed().add_labels(
            [(clip, action, -1, None) for clip, action in said], source="person", by=session.annotator
        )
        denied = tuple(dict.fromkeys(clip for clip, _ in said))
        session.reread_clips(denied)
        _say(session, _rows(session, denied), "said not to show that")
    return len({clip for clip, _ in said})


def set_facet(session: Session, clip_ids: Iterable[str], key: str, value: str | None) -> None:
    """Set a facet of clips; None or "" takes the clips' own value away."""
    ids = tuple(clip_ids)
    session.needed().set_facet(ids, key, value or None)
    session.reread_clips(ids)
    session.domain_changed.emit()
    what = f"given {key} = {value}" if value else f"without a {key} of their own"
    _say(session, _rows(session, ids), what, always=True)


def delete(session: Session, clip_ids: Iterable[str]) -> None:
    """Delete clips; undo brings them back. Says which."""
    rows = _rows(session, dict.fromkeys(clip_ids))
    gone = {row.id for row in rows}
    if gone:
        session.needed().remove_clip(gone)
        session.reread(ClipTable(row for row in session.table.rows if row.id not in gone))
        _say(session, rows, "deleted", always=True)


# Bouts and edges


def labelled_by_key(session: Session) -> tuple[str, ...]:
    """The clips that the key of an action labels now: the selected ones, else the looped one; () where it marks bouts.

    Bouts are marked where no clip is looped; there one selected clip of the open video, as a bout is that was just
    ended, is not meant.
    """
    looped = session.current is not None and session.looping
    selected = session.selection
    if len(selected) > 1 or (selected and (looped or not session.in_open_video(selected[0]))):
        return selected
    return (session.current,) if looped else ()


def press_action(session: Session, action: str) -> None:
    """What the key of an action does: it labels clips (:func:`labelled_by_key`), or begins or ends a bout here."""
    clips = labelled_by_key(session)
    ends = action in session.open_bouts and not (session.current is not None and session.looping)
    if clips and not ends:
        toggle(session, clips, action)
    else:
        begin_or_end_bout(session, action)


def begin_or_end_bout(session: Session, action: str) -> str | None:
    """Begin a bout at the shown frame, or end the one that was begun; returns the id of the new clip.

    An open bout is kept in the project, so that it is still open after a restart.

    Raises
    ------
    ProjectError
        If no video is open, or no picture of it is on screen.
    """
    video = _video(session)
    project, frame = session.needed(), _shown_frame(session)
    if action not in session.open_bouts:
        session.open_bouts[action] = frame
        _keep_open_bouts(session)
        session.bouts_changed.emit()
        return None
    begun = session.open_bouts.pop(action)
    start, last = sorted((begun, frame))
    with project.transaction():
        clip = project.add_clip(video, start, last + 1)
        project.label(clip.id, action, 1, source="person", by=session.annotator)
        _keep_open_bouts(session)
    session.reread_video(video)
    session.select([clip.id], seen=session.in_open_video)
    session.bouts_changed.emit()
    return clip.id


def give_up_bouts(session: Session) -> None:
    """Forget bouts that were begun and not ended."""
    if session.open_bouts:
        session.open_bouts = {}
        _keep_open_bouts(session)
        session.bouts_changed.emit()


def _keep_open_bouts(session: Session) -> None:
    session.needed().set_setting(f"open_bouts/{session.video}", session.open_bouts or None)


def add_bout(session: Session, action: str, start: int, end: int) -> str:
    """Add a clip of the frames ``start`` up to ``end`` to the current video, labelled with ``action``; returns its id."""
    video = _video(session)
    project = session.needed()
    with project.transaction():
        clip = project.add_clip(video, start, end)
        project.label(clip.id, action, 1, source="person", by=session.annotator)
    session.reread_video(video)
    session.select([clip.id], seen=session.in_open_video)
    return clip.id


def add_clip(session: Session, start: int, end: int) -> str:
    """Add an unlabelled clip to the current video; returns its id."""
    video = _video(session)
    clip = session.needed().add_clip(video, start, end)
    session.reread_video(video)
    session.select([clip.id], seen=session.in_open_video)
    return clip.id


def set_edges(session: Session, clip_id: str, start: int | None = None, end: int | None = None) -> None:
    """Move the edges of a clip to frames of its video, ``end`` exclusive; at least one frame is left.

    Its features no longer fit and count as not computed.
    """
    row = session.table.get(clip_id)
    if row is None:
        return
    count = session.videos[row.video_id].frame_count
    first = row.start if start is None else max(0, min(start, count - 1))
    past = row.end if end is None else max(1, min(end, count))
    if past <= first:
        first, past = (past - 1, past) if start is not None and end is None else (first, first + 1)
    if (first, past) != (row.start, row.end):
        session.needed().update_clip(clip_id, start=first, end=past)
        session.reread_clips([clip_id])


def edge_here(session: Session, edge: str) -> None:
    """Let the current clip, or the one selected, start or end at the shown frame ("start", "end").

    Raises
    ------
    ProjectError
        If no clip is open, or no picture of its video is on screen.
    """
    row, frame = _clip(session), _shown_frame(session)
    if edge == "start":
        set_edges(session, row.id, start=frame)
    else:
        set_edges(session, row.id, end=frame + 1)


def nudge(session: Session, edge: str, frames: int) -> None:
    """Move one edge of the current clip, or of the one selected, by a number of frames."""
    row = _clip(session)
    if edge == "start":
        set_edges(session, row.id, start=min(row.start + frames, row.end - 1))
        session.seek(session.table.get(row.id).start)
    else:
        set_edges(session, row.id, end=max(row.end + frames, row.start + 1))
        session.seek(session.table.get(row.id).end - 1)


def set_roi(session: Session, clip_ids: Iterable[str], roi: tuple[int, int, int, int] | None) -> None:
    """Set the region of interest of clips: x, y, width, height in pixels of the upright frame."""
    ids = tuple(clip_ids)
    project = session.needed()
    with project.transaction():
        for clip_id in ids:
            project.update_clip(clip_id, roi=roi)
    session.reread_clips(ids)
    _say(
        session, _rows(session, ids), "shown whole again" if roi is None else "given this region of interest"
    )


def take_back(session: Session, redo: bool = False) -> bool:
    """Undo, or redo, one step in the current video; False where there is none."""
    video = _video(session)
    project = session.needed()
    done = project.redo(video) if redo else project.undo(video)
    if done:
        session.reread_video(video)
    return done


def _video(session: Session) -> str:
    if session.video is None:
        raise ProjectError("No video is open. Choose a clip first.")
    return session.video


def _shown_frame(session: Session) -> int:
    if why := session.why_no_picture():
        raise ProjectError(why)
    return session.frame


def _clip(session: Session) -> ClipRow:
    row = session.current_row
    if row is None and len(session.selection) == 1:
        # A bar chosen on the timeline of a video that plays on.
        row = session.table.get(session.selection[0])
        row = row if row is not None and row.video_id == session.video else None
    if row is None:
        raise ProjectError("No clip is open. Choose a clip first.")
    return row
