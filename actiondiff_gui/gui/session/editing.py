"""Edits of labels and clips; each is in the project when its function returns, or is queued.

It waits where another program uses the project, see :mod:`actiondiff_gui.gui.session.changes`. Each function makes one step of the
annotator's history, so that one undo takes it back whole. What the annotator says stands beside what others said, who may be
persons or imported tables: nothing here changes a label of somebody else unless it was agreed to. What is done to several clips,
or to another one than the open one, is told in a sentence.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actiondiff_gui.errors import ConsentNeeded, ProjectError
from actiondiff_gui.gui.session.changes import Change
from actiondiff_gui.gui.session.clip_table import ClipRow, FreshRows
from actiondiff_gui.gui.session.commands import Keys
from actiondiff_gui.gui.session.edit_words import done as done_words
from actiondiff_gui.gui.session.session import OpenBouts, Session
from actiondiff_gui.project.formats.readers.contents import EVENT, POINT_EVENT
from actiondiff_gui.project.history.words import count as clips_in_words
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.recordings import region, set_region
from actiondiff_gui.project.records import Clip, Label

MANY = 2_000
"""Changes of more clips are made in a job."""

TRUSTED = ("person", "import")


def chosen(session: Session) -> Sequence[str]:
    """Return the ids of the clips that commands act on: the selected ones, else the open one.

    Raises
    ------
    ProjectError
        If no clip is chosen.
    """
    ids = session.selection or ((session.current,) if session.current is not None else ())
    if not ids:
        raise ProjectError("No clip is selected. Select one first.")
    return ids


def label(session: Session, clip_ids: Iterable[str], action: str, value: int = 1) -> Change | None:
    """Label clips as showing ``action`` (1) or not (-1), by the annotator."""
    ids, by = tuple(clip_ids), session.annotator
    if not ids:
        return None
    rows = [(i, action, value, None) for i in ids]
    what = action if value == 1 else f"not {action}"
    said = f"labelled {action}" if value == 1 else f"marked as not {action}"
    return _on_clips(
        session, what, ids, lambda project: project.add_labels(rows, source="person", by=by), said
    )


def relabel(session: Session, clip_ids: Iterable[str], action: str) -> Change:
    """Make ``action`` the only label of clips by the annotator, who denies other annotators' labels."""
    ids, by = tuple(clip_ids), session.annotator
    return _on_clips(
        session, action, ids, lambda project: say_shown(project, ids, (action,), by), f"labelled {action}"
    )


def say_shown(project: Project, clip_ids: Sequence[str], shown: Sequence[str], by: str) -> None:
    """Set the actions that clips show, by ``by``: own labels of other actions are removed, those of others denied."""
    own, others = _whose(project.labels(clip_ids, TRUSTED), by)
    project.remove_labels([s for s in own if s.value == 1 and s.action not in shown])
    against = {(s.clip_id, s.action) for s in others if s.value == 1 and s.action not in shown}
    rows = [(i, action, 1, None) for i in clip_ids for action in shown]
    rows += [(clip, action, -1, None) for clip, action in sorted(against)]
    project.add_labels(rows, source="person", by=by)


def toggle(session: Session, clip_ids: Iterable[str], action: str) -> Change:
    """Toggle the annotator's label ``action`` of clips; labels of others stay.

    A label of the same exclusive group makes room for it.
    """
    ids, by, rivals = tuple(clip_ids), session.annotator, rivals_of(session, action)

    def do(project: Project) -> Done:
        said = [s for s in project.labels(ids, TRUSTED) if s.value == 1]
        own, others = _whose([s for s in said if s.action == action], by)
        if {s.clip_id for s in own} < set(ids):
            if ousted := _whose([s for s in said if s.action in rivals], by)[0]:
                project.remove_labels(ousted)
            project.add_labels([(i, action, 1, None) for i in ids], source="person", by=by)
            return Done(f"labelled {action}")
        project.remove_labels(own)
        names = _names(others)
        more = f"{action} is no longer your label; that of {names} stays." if names else ""
        return Done("" if more else f"no longer labelled {action}", more)

    return _on_clips(session, action, ids, do)


def clear(session: Session, clip_ids: Iterable[str], of_others: bool = False) -> Change:
    """Remove the annotator's labels of clips, with ``of_others`` those of everybody; predictions stay.

    Raises
    ------
    ConsentNeeded
        All labels of these clips are those of others.
    """
    ids, by = tuple(clip_ids), session.annotator

    def do(project: Project) -> Done:
        own, others = _whose(project.labels(ids, TRUSTED), by)
        names = _names(others)
        if others and not own and not of_others:
            raise ConsentNeeded(
                f"{_these(ids)} labelled by {names}, not by you. Remove these labels?",
                lambda: clear(session, ids, of_others=True),
            )
        project.remove_labels(own + others if of_others else own)
        more = f"Your labels were removed; those of {names} stay." if others and not of_others else ""
        return Done("without labels now" if not more else "", more)

    return _on_clips(session, "no label", ids, do)


def confirm(session: Session, clip_ids: Iterable[str]) -> int:
    """Make predictions labels of the annotator; returns how many clips had one."""
    rows = [row for row in session.table.known(clip_ids) if row.prediction]
    said, by = [(row.id, row.prediction, 1, None) for row in rows], session.annotator
    if said:
        _on_clips(
            session,
            "confirmed",
            [row.id for row in rows],
            lambda project: project.add_labels(said, by=by),
            "labelled as predicted",
        )
    return len(rows)


def deny(session: Session, clip_ids: Iterable[str]) -> int:
    """Deny the labels and predictions of clips; returns how many had any."""
    rows = session.table.known(clip_ids)
    said = [(row.id, action) for row in rows for action in (row.labels or (row.prediction,)) if action]
    ids, by = tuple(dict.fromkeys(clip for clip, _ in said)), session.annotator
    if said:
        no = [(clip, action, -1, None) for clip, action in said]
        _on_clips(session, "denied", ids, lambda project: project.add_labels(no, by=by), "marked as not that")
    return len(ids)


def set_facet(session: Session, clip_ids: Iterable[str], key: str, value: str | None) -> Change:
    """Set a facet of clips; None or "" removes the clips' own value."""
    ids = tuple(clip_ids)
    said = f"given {key} = {value}" if value else f"without a {key} of their own"
    change = _on_clips(
        session,
        key,
        ids,
        lambda project: project.set_facet(ids, key, value or None),
        said,
        always=True,
        only_labels=False,
    )
    session.domain_changed.emit()
    return change


def delete(session: Session, clip_ids: Iterable[str]) -> Change | None:
    """Delete clips; undo restores them with all labels. Tells where other annotators had labelled some."""
    gone = tuple(dict.fromkeys(i for i in clip_ids if i in session.table))
    by, what = session.annotator, f"{clips_in_words(len(gone))} deleted"
    if not gone:
        return None

    def do(project: Project) -> str:
        names = _names(_whose(project.labels(gone, ("person",)), by)[1])
        project.remove_clip(gone)
        return names

    def then(names: str) -> None:
        rows = session.table.known(gone)
        session.reread(session.table.without(gone))
        more = f"This includes labels of {names}; undo restores them." if names else ""
        _say(session, rows, Done("deleted", more))

    return session.change(what, do, then, long=len(gone) > MANY)


@dataclass(frozen=True)
class Done:
    """Outcome of an edit: the predicate of its sentence, and further remarks."""

    what: str
    more: str = ""


def _on_clips(
    session: Session,
    what: str,
    ids: Sequence[str],
    do: Callable[[Project], Any],
    said: str = "",
    always: bool = False,
    only_labels: bool = True,
) -> Change:
    """Change clips in place, and report it: what ``do`` returns as :class:`Done`, else ``said``."""

    table = session.table

    def then(outcome: tuple[Any, FreshRows]) -> None:
        result, fresh = outcome
        session.show_fresh(fresh)
        told = always or tuple(ids) != (session.current,)
        done = result if isinstance(result, Done) else Done(said)
        if told or done.more:
            _say(session, session.table.known(ids) if told else [], done)

    return session.change(
        f"{what} on {clips_in_words(len(ids))}",
        lambda project: (do(project), table.read_again(project, ids, only_labels)),
        then,
        long=len(ids) > MANY,
    )


def _say(session: Session, rows: Sequence[ClipRow], done: Done) -> None:
    """Report an edit of clips, and all remarks; without ``rows`` only those."""
    told = []
    if done.what and rows:
        told.append(done_words(rows, done.what, f"Undo: {Keys(session.preferences).key('undo')}."))
    if done.more:
        told.append(done.more)
    if told:
        session.tell(" ".join(told))


def _whose(said: Iterable[Label], by: str) -> tuple[list[Label], list[Label]]:
    """Return labels of a person, and those of others: other persons, and imported tables without an annotator."""
    own: list[Label] = []
    others: list[Label] = []
    for each in said:
        (own if each.source == "person" and each.by == by else others).append(each)
    return own, others


def _names(said: Iterable[Label]) -> str:
    return ", ".join(sorted({each.by or "somebody" for each in said}))


def _these(ids: Sequence[str]) -> str:
    return "This clip is" if len(ids) == 1 else f"These {len(ids):,} clips are"


# Bouts and edges


def labelled_by_key(session: Session) -> Sequence[str]:
    """Return the clips that the key of an action labels: the selected ones, else the looped one; () where it marks bouts.

    Bouts are marked where no clip is looped; there one selected clip of the open video, as a bout is that was just
    ended, is not meant.
    """
    looped = session.current if session.looping else None
    selected = session.selection
    if len(selected) > 1 or (selected and (looped is not None or not session.in_open_video(selected[0]))):
        return selected
    return () if looped is None else (looped,)


def chosen_bout(session: Session) -> ClipRow | None:
    """Return the selected bout on the timeline that the key of an action relabels; None where there is none."""
    if len(session.selection) != 1 or session.selection[0] == session.just_made or session.playing():
        return None
    row = session.table.get(session.selection[0])
    looped = session.current is not None and session.looping
    if looped or row is None or row.video_id != session.video or not row.labels:
        return None
    return row if row.start <= session.frame < row.end else None


def rivals_of(session: Session, action: str) -> tuple[str, ...]:
    """Return the other actions of the exclusive group of an action."""
    group = next((known.group for known in session.actions if known.name == action), "")
    return tuple(a.name for a in session.actions if group and a.group == group and a.name != action)


def press_action(session: Session, action: str) -> None:
    """Run the key of an action: label clips (:func:`labelled_by_key`), or start or end a bout here.

    It labels clips (:func:`labelled_by_key`), labels the chosen bout anew (:func:`chosen_bout`), or begins or ends a bout here.
    """
    clips = labelled_by_key(session)
    ends = action in session.open_bouts and not (session.current is not None and session.looping)
    if clips and not ends:
        toggle(session, clips, action)
    elif not ends and (row := chosen_bout(session)) is not None:
        if row.labels != (action,):
            relabel(session, [row.id], action)
            session.tell(f"This bout is {action} now. Undo: {Keys(session.preferences).key('undo')}.")
    else:
        begin_or_end_bout(session, action)


def begin_or_end_bout(session: Session, action: str) -> str | None:
    """Start a bout at the shown frame, or end the one that was started; returns the id of the new clip.

    An open bout is kept in the project, so that it is still open after a restart. It stays open until its end is kept.
    In an exclusive group the bout that is open ends where the new one begins, without a frame in common. An event without
    a duration is begun and ended at once.

    Raises
    ------
    ProjectError
        If no video is open, or no picture of it is on screen.
    """
    video, frame = session.needed_video(), _shown_frame(session)
    by, subject = session.annotator, session.subject
    rivals = rivals_of(session, action)
    point = any(known.point for known in session.actions if known.name == action)
    ends = _ends_of_bouts(session, (action, *rivals))

    def do(project: Project) -> tuple[OpenBouts, str | None, int | None]:
        opened = project.open_bouts(video, subject).get(video, {})
        clip, rival_begun = None, None
        if point:
            clip = _labelled_clip(project, video, frame, frame + 1, action, by, subject, _POINT)
        elif action in opened:
            project.end_bout(video, action, subject)
            start, last = sorted((opened[action], frame))
            # The one frame that is both the last of a bout and the first of the next one belongs to the first.
            start += start + 1 in ends and start < last
            clip = _labelled_clip(project, video, start, last + 1, action, by, subject)
        else:
            for other in rivals:
                if other in opened:
                    rival_begun = opened[other]
                    clip = _end_before(project, video, other, rival_begun, frame, by, subject) or clip
            project.begin_bout(video, action, frame, subject)
        return project.open_bouts(subject=subject), clip, rival_begun

    def then(result: tuple[OpenBouts, str | None, int | None]) -> None:
        bouts, clip, _ = result
        if clip is not None:
            _show_new_clips(session, video, [clip])
            session.just_made = clip if clip in session.selection else None
            tell_overlaps(session, clip)
        if subject == session.subject:
            session.show_open_bouts(bouts)

    change = session.change(f"begin or end of {action}", do, then)
    return change.result[1] if change.made else None


_POINT = {EVENT: POINT_EVENT}


def _end_before(
    project: Project, video: str, action: str, begun: int, frame: int, by: str, subject: str
) -> str | None:
    """End an open bout where another one starts at ``frame``; a bout without a frame is dropped."""
    project.end_bout(video, action, subject)
    start, end = (begun, frame) if begun <= frame else (frame + 1, begun + 1)
    return _labelled_clip(project, video, start, end, action, by, subject) if start < end else None


def _ends_of_bouts(session: Session, actions: Sequence[str]) -> set[int]:
    """Return the ends of the subject's bouts of some actions in the open video."""
    wanted = set(actions)
    return {
        row.end
        for row in session.table.of_video(session.video)
        if row.subject == session.subject and wanted.intersection(row.labels)
    }


def overlapping(session: Session, clip_id: str) -> list[ClipRow]:
    """Return other bouts of the same action, or of one that excludes it, that share frames and subject with a bout."""
    row = session.table.get(clip_id)
    if row is None:
        return []
    wanted = set(row.labels).union(*(rivals_of(session, action) for action in row.labels))
    return [
        other
        for other in session.table.of_video(row.video_id)
        if other.id != clip_id
        and other.start < row.end
        and row.start < other.end
        and other.subject == row.subject
        and wanted.intersection(other.labels)
    ]


def tell_overlaps(session: Session, clip_id: str) -> None:
    """Report bouts that a new or changed one must not overlap, and what can be done."""
    others, row = overlapping(session, clip_id), session.table.get(clip_id)
    if others and row is not None:
        same = any(set(other.labels) & set(row.labels) for other in others)
        key = Keys(session.preferences).key
        what = f"{key('merge')} merges them" if same else f"{key('trim')} trims the others"
        count = "a bout" if len(others) == 1 else f"{len(others)} bouts"
        names = ", ".join(dict.fromkeys(name for other in others for name in other.labels))
        session.tell(f"{row.label} overlaps {count} of {names} here. {what}.")


def give_up_bouts(session: Session) -> None:
    """Cancel bouts that were started and not ended."""
    video, subject = session.video, session.subject

    def do(project: Project) -> OpenBouts:
        project.end_bout(video, subject=subject)
        return project.open_bouts(subject=subject)

    if session.open_bouts:
        session.change("open bouts cancelled", do, session.show_open_bouts)


def add_bout(session: Session, action: str, start: int, end: int, subject: str | None = None) -> str | None:
    """Add a clip of the frames ``start`` up to ``end`` to the current video, labelled with ``action``; returns its id.

    It is one of ``subject``; None: of the subject whose bouts are marked at present.
    """
    made = add_bouts(session, action, [(start, end)], subject)
    return made[0] if made else None


def add_bouts(
    session: Session, action: str, stretches: Sequence[tuple[int, int]], subject: str | None = None
) -> list[str] | None:
    """Add clips of these stretches of the current video, labelled with ``action``, in one step of undo; returns their ids.

    They are of ``subject``; None: of the subject whose bouts are marked at present.
    """
    video, by = session.needed_video(), session.annotator
    whose = session.subject if subject is None else subject
    point = any(known.point for known in session.actions if known.name == action)
    facets = _POINT if point else {}

    def do(project: Project) -> list[str]:
        return [
            _labelled_clip(project, video, start, start + 1 if point else end, action, by, whose, facets)
            for start, end in stretches
        ]

    def then(made: list[str]) -> None:
        _show_new_clips(session, video, made)
        for clip in made:
            tell_overlaps(session, clip)

    what = f"{action} on {'a new clip' if len(stretches) == 1 else f'{len(stretches)} new clips'}"
    return session.change(what, do, then).result


def add_clip(session: Session, start: int, end: int) -> str | None:
    """Add an unlabelled clip to the current video; returns its id."""
    video, subject = session.needed_video(), session.subject or None
    return session.change(
        "a new clip",
        lambda project: _clip_of(project, video, start, end, subject).id,
        lambda clip: _show_new_clips(session, video, [clip]),
    ).result


def _labelled_clip(
    project: Project,
    video: str,
    start: int,
    end: int,
    action: str,
    by: str,
    subject: str = "",
    facets: Mapping[str, str] | None = None,
) -> str:
    clip = _clip_of(project, video, start, end, subject or None, facets)
    project.label(clip.id, action, 1, source="person", by=by)
    return clip.id


def _clip_of(
    project: Project,
    video: str,
    start: int,
    end: int,
    subject: str | None,
    facets: Mapping[str, str] | None = None,
) -> Clip:
    """Add a clip with the region of its subject."""
    roi = region(project, video, subject)
    return project.add_clip(video, start, end, subject=subject, roi=roi, facets=facets)


def _show_new_clips(session: Session, video: str, made: Sequence[str]) -> None:
    session.reread_video(video, made)
    if not session.changes.late:
        session.select(made, seen=session.in_open_video)


def set_edges(session: Session, clip_id: str, start: int | None = None, end: int | None = None) -> None:
    """Move the edges of a clip to frames of its video, ``end`` exclusive; at least one frame remains.

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
        _on_clips(
            session,
            "edges",
            [clip_id],
            lambda project: project.update_clip(clip_id, start=first, end=past),
            only_labels=False,
        )


def edge_here(session: Session, edge: str) -> None:
    """Set the start or end ("start", "end") of the current clip, or the one selected, at the shown frame.

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
        start = max(0, min(row.start + frames, row.end - 1))
        set_edges(session, row.id, start=start)
        session.seek(start)
    else:
        end = min(max(row.end + frames, row.start + 1), session.videos[row.video_id].frame_count)
        set_edges(session, row.id, end=end)
        session.seek(end - 1)


def set_roi(session: Session, clip_ids: Iterable[str], roi: tuple[int, int, int, int] | None) -> None:
    """Set the region of interest of clips: x, y, width, height in pixels of the upright frame."""
    ids = tuple(clip_ids)

    def do(project: Project) -> None:
        for clip_id in ids:
            project.update_clip(clip_id, roi=roi)

    said = "without a region of interest" if roi is None else "given this region of interest"
    _on_clips(session, "region", ids, do, said, only_labels=False)


def set_subject_region(
    session: Session, video: str, subject: str, roi: tuple[int, int, int, int] | None
) -> None:
    """Set the region of a subject in a recording, and give it to the subject's bouts there; None takes it away."""

    def then(changed: list[str]) -> None:
        session.reread_clips(changed)
        bouts = f" Of the bouts there are, {len(changed):,} changed." if changed else ""
        what = (
            "has no region here any more"
            if roi is None
            else "has this region here, and new bouts take it over"
        )
        session.tell(f"{subject} {what}.{bouts} Undo: {Keys(session.preferences).key('undo')}.")

    session.change(f"region of {subject}", lambda project: set_region(project, video, subject, roi), then)


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
