"""What is done to a bout after it was marked: split, merged, snapped, trimmed, remarked on; and the way from edge to edge.

Each function makes one step of the annotator's history. Labels that others gave to a bout go with it into its parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.project.formats.readers.contents import COMMENT, MODIFIER
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.recordings import change_subject
from actiondiff_gui.project.records import Clip, Label, Modifier

UNSURE = 0.5
"""Confidence of a label whose coder is not sure."""


def bout_here(session: Session) -> ClipRow:
    """Return the selected clip of the open video, else the open one, else the shortest at the shown frame.

    Raises
    ------
    ProjectError
        There is none.
    """
    chosen = [i for i in session.selection if session.in_open_video(i)]
    row = session.table.get(chosen[0]) if len(chosen) == 1 else session.current_row
    if row is None or row.video_id != session.video:
        here = [r for r in session.table.of_video(session.video) if r.start <= session.frame < r.end]
        row = min(here, key=lambda r: r.end - r.start, default=None)
    if row is None:
        raise ProjectError("There is no bout here. Select one on the timeline first.")
    return row


def neighbours(session: Session, row: ClipRow) -> list[ClipRow]:
    """Return other labelled bouts of the video and subject with the bout's actions or their exclusive rivals, by start."""
    wanted = set(row.labels).union(*(editing.rivals_of(session, action) for action in row.labels))
    return [
        other
        for other in session.table.of_video(row.video_id)
        if other.id != row.id and other.subject == row.subject and wanted.intersection(other.labels)
    ]


def split(session: Session) -> None:
    """Split the bout before the shown frame; both parts keep all labels and metadata.

    Raises
    ------
    ProjectError
        The frame does not lie inside a bout behind its first frame.
    """
    row, frame = bout_here(session), session.frame
    if not row.start < frame < row.end:
        raise ProjectError("Go to the frame inside the bout where its second part begins, then split it.")

    def do(project: Project) -> str:
        (clip,) = project.clips([row.id])
        second = project.add_clip(
            clip.video_id,
            frame,
            clip.end,
            subject=clip.subject,
            roi=clip.roi,
            facets=_own_facets(project, clip),
        )
        _copy_labels(project, project.labels([row.id], editing.TRUSTED), second.id)
        project.update_clip(row.id, end=frame)
        return second.id

    _change(session, f"{row.label or 'a clip'} split", do, [row], lambda second: (second,))


def merge(session: Session) -> None:
    """Extend the bout to the end of the next one of the same actions, or of all that overlap it, and remove those.

    Labels and remarks of what is removed go over to the bout that stays.

    Raises
    ------
    ProjectError
        There is no further bout of these actions.
    """
    row = bout_here(session)
    alike = [r for r in neighbours(session, row) if set(r.labels) == set(row.labels)]
    gone = [r for r in alike if r.start < row.end and row.start < r.end]
    if not gone:
        gone = sorted((r for r in alike if r.start >= row.end), key=lambda r: r.start)[:1]
    if not gone:
        raise ProjectError(f"No bout of {row.label or 'the same action'} follows in this video.")
    start, end = min(r.start for r in (row, *gone)), max(r.end for r in (row, *gone))
    ids = [r.id for r in gone]

    def do(project: Project) -> str:
        remarks = [clip.facets[COMMENT] for clip in project.clips([row.id, *ids]) if clip.facets.get(COMMENT)]
        said = {(s.action, s.source, s.by) for s in project.labels([row.id], editing.TRUSTED)}
        more = [s for s in project.labels(ids, editing.TRUSTED) if (s.action, s.source, s.by) not in said]
        _copy_labels(project, more, row.id)
        (kept, *others) = project.clips([row.id, *ids])
        for clip in others:
            for key, value in _own_facets(project, clip).items():
                if key not in kept.facets:
                    project.set_facet([row.id], key, value)
        project.remove_clip(ids)
        project.update_clip(row.id, start=start, end=end)
        if remarks:
            project.set_facet([row.id], COMMENT, "; ".join(dict.fromkeys(remarks)))
        return row.id

    _change(session, f"{row.label} merged", do, [row], lambda kept: (kept,))
    session.tell(f"{len(gone) + 1} bouts of {row.label} merged: frames {start} to {end - 1}.")


def snap(session: Session, edge: str) -> None:
    """Start the bout where the one before ends ("start"), or end it where the next one starts ("end").

    Raises
    ------
    ProjectError
        There is no such bout.
    """
    row = bout_here(session)
    others = neighbours(session, row) or [
        r for r in session.table.of_video(row.video_id) if r.id != row.id and r.subject == row.subject
    ]
    if edge == "start":
        to = max((r.end for r in others if r.start < row.start), default=None)
    else:
        to = min((r.start for r in others if r.start > row.start), default=None)
    if to is None:
        raise ProjectError(f"There is no bout {'before' if edge == 'start' else 'after'} this one.")
    if edge == "start" and to < row.end:
        editing.set_edges(session, row.id, start=to)
        session.seek(to)
    elif edge == "end" and to > row.start:
        editing.set_edges(session, row.id, end=to)
        session.seek(to - 1)


def trim(session: Session) -> None:
    """Remove the bout's frames from those that it excludes and overlaps; one that lies on both sides is split.

    Raises
    ------
    ProjectError
        Nothing overlaps it.
    """
    row = bout_here(session)
    others = editing.overlapping(session, row.id)
    if not others:
        raise ProjectError("This bout overlaps no other of its action or group.")
    covered = [r for r in others if row.start <= r.start and r.end <= row.end]
    if covered:
        raise ProjectError(
            f"This bout covers {len(covered)} other bout{'s' * (len(covered) > 1)} completely. Delete or move the wrong ones."
        )

    def do(project: Project) -> str:
        for other in others:
            if other.start < row.start and row.end < other.end:
                (clip,) = project.clips([other.id])
                rest = project.add_clip(
                    clip.video_id,
                    row.end,
                    other.end,
                    subject=clip.subject,
                    roi=clip.roi,
                    facets=_own_facets(project, clip),
                )
                _copy_labels(project, project.labels([other.id], editing.TRUSTED), rest.id)
            if other.start < row.start:
                project.update_clip(other.id, end=row.start)
            else:
                project.update_clip(other.id, start=row.end)
        return row.id

    _change(session, f"overlaps of {row.label} trimmed", do, [row, *others], lambda kept: (kept,))
    session.tell(f"{len(others)} overlapping bout{'s' * (len(others) > 1)} trimmed.")


def set_comment(session: Session, clip_ids: Sequence[str], text: str) -> None:
    """Set a comment on clips; "" removes it."""
    ids = tuple(clip_ids)
    editing.set_facet(session, ids, COMMENT, text.strip() or None)


@dataclass(frozen=True, slots=True)
class Choice:
    """A modifier that a bout can have: the number of its set, its value, whether the bout has it."""

    number: int
    modifier: Modifier
    value: str
    given: bool


def choices(session: Session, row: ClipRow | None) -> list[Choice]:
    """Return the modifiers that a bout can have by its actions, set by set; a number is one choice with its value."""
    if row is None:
        return []
    sets = [m for action in session.actions if action.name in row.labels for m in action.modifiers]
    found = []
    for number, modifier in enumerate(sets, 1):
        given = row.facets.get(f"{MODIFIER}{number}", "")
        if modifier.kind == "number":
            found.append(Choice(number, modifier, given, bool(given)))
            continue
        parts = given.split(",") if modifier.kind == "multiple" else [given]
        found += [Choice(number, modifier, value, value in parts) for value in modifier.values]
    return found


def choose_modifier(session: Session, row: ClipRow, choice: Choice, value: str | None = None) -> None:
    """Toggle a modifier of a bout; ``value`` is the typed number."""
    before = session.table.get(row.id) or row
    given = before.facets.get(f"{MODIFIER}{choice.number}", "")
    if choice.modifier.kind == "number":
        text = (value or "").strip()
        if text:
            try:
                float(text.replace(",", "."))
            except ValueError:
                raise ProjectError(f"{text!r} is not a number.") from None
        new = text
    elif choice.modifier.kind == "multiple":
        parts = {part for part in given.split(",") if part} ^ {choice.value}
        new = ",".join(each for each in choice.modifier.values if each in parts)
    else:
        new = "" if given == choice.value else choice.value
    if new != given:
        key = f"{MODIFIER}{choice.number}"
        session.change(
            f"{choice.modifier.name or 'a modifier'} of {row.label}",
            lambda project: project.set_facet([row.id], key, new or None),
            lambda _: session.reread_clips([row.id]),
        )


def set_subject(session: Session, clip_ids: Sequence[str], name: str) -> None:
    """Set the subject of clips; "" for none."""
    ids = tuple(clip_ids)

    def do(project: Project) -> None:
        for clip_id in ids:
            change_subject(project, clip_id, name or None)

    def then(_: object) -> None:
        session.reread_clips(ids)
        clips = "1 clip is" if len(ids) == 1 else f"{len(ids):,} clips are"
        session.tell(f"{clips} now of {name or 'no subject'}.")

    session.change("subject", do, then)


def toggle_unsure(session: Session, clip_ids: Sequence[str]) -> bool:
    """Mark the annotator's own labels of clips as unsure, or as sure again; returns whether they are unsure now.

    Raises
    ------
    ProjectError
        None of them has a label of the annotator.
    """
    ids, by = tuple(clip_ids), session.annotator
    own = [s for s in session.needed().labels(ids, ("person",)) if s.by == by]
    if not own:
        raise ProjectError("Only your own labels can be marked as unsure; there are none here.")
    unsure = any(s.confidence is None or s.confidence >= 1 for s in own)
    rows = [(s.clip_id, s.action, s.value, UNSURE if unsure else None) for s in own]

    def do(project: Project) -> None:
        project.add_labels(rows, source="person", by=by)

    session.change(
        "unsure" if unsure else "sure again",
        do,
        lambda _: session.reread_clips(dict.fromkeys(r[0] for r in rows), only_labels=True),
    )
    return unsure


def go_to_edge(session: Session, by: int) -> bool:
    """Show the next edge of a bout (``by`` 1) or the previous one (-1), and select that bout; False where there is none.

    An edge is the first or the last frame of a labelled bout of the open video.
    """
    best: tuple[int, ClipRow] | None = None
    for row in session.table.of_video(session.video):
        if not row.labels or (session.subject and row.subject != session.subject):
            continue
        for edge in (row.start, row.end - 1):
            ahead = (edge - session.frame) * by
            if ahead > 0 and (best is None or ahead < (best[0] - session.frame) * by):
                best = (edge, row)
    if best is None:
        return False
    if session.current != best[1].id:
        session.set_looping(False)
    session.select([best[1].id], seen=session.in_open_video)
    session.seek(best[0])
    return True


def frame_of(text: str, fps: float) -> int:
    """Return the frame of ``1502`` (a frame), ``1:02.5`` (minutes), ``0:01:02.5`` (hours) or ``62.5 s``.

    Raises
    ------
    ProjectError
        The text is none of these.
    """
    given = text.strip().casefold().replace(",", ".")
    try:
        if ":" in given:
            parts = [float(part) for part in given.split(":")]
            if len(parts) > 3 or min(parts) < 0:
                raise ValueError
            seconds = sum(part * 60**power for power, part in enumerate(reversed(parts)))
            return round(seconds * fps)
        if given.endswith("s"):
            return round(float(given[:-1]) * fps)
        return int(given)
    except (ValueError, OverflowError):
        raise ProjectError(
            f"{text.strip()!r} is not a frame or time. Enter a frame such as 1502, or a time such as 1:02.5 or 62.5 s."
        ) from None


def _own_facets(project: Project, clip: Clip) -> dict[str, str]:
    """Return the facets in which a clip differs from its video."""
    video = project.video(clip.video_id)
    return {key: value for key, value in clip.facets.items() if video.facets.get(key) != value}


def _copy_labels(project: Project, said: Sequence[Label], clip_id: str) -> None:
    for each in said:
        project.label(
            clip_id, each.action, each.value, source=each.source, by=each.by, confidence=each.confidence
        )


def _change(session: Session, what: str, do, rows: Sequence[ClipRow], selected) -> None:
    """Change bouts of one video, ``rows``, by ``do``, and select what ``selected`` makes of its result."""

    def then(result: str) -> None:
        session.reread_video(rows[0].video_id, [row.id for row in rows])
        if not session.changes.late:
            session.select(selected(result), seen=session.in_open_video)

    session.change(what, do, then)
