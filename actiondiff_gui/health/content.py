"""Comparison of a project's content with its backups."""

import sqlite3
from contextlib import ExitStack
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from sqlite3 import Connection

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.health.differences import (
    Explanations,
    content_tables,
    differences,
    is_damage,
    swapped_keys,
)
from actiondiff_gui.health.findings import Report
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.backups.making import RESTORED, Backup, list_backups
from actiondiff_gui.project.storage import schema
from actiondiff_gui.project.storage.content import LAYOUT, UNREADABLE, counts, digests_job, reading
from actiondiff_gui.project_header import read_header

MOST_TOLD = 20
SHOWN = "%Y-%m-%d %H:%M:%S UTC"


def content_job(connection: sqlite3.Connection, project: Path, report: Report) -> Job[None]:
    """Compare the project with its newest backup, and each backup with the one before it.

    Where nothing was written to the project since a backup, every difference is damage. Else the differences count
    that the project itself does not explain; those that this program may have made are notes.
    """
    yield Progress(0, 0, "comparing with the backups")
    states = [_State(project, None, "", read_header(project).changes, (yield from digests_job(connection)))]
    for backup in list_backups(project):
        state = yield from _state_job(backup, report)
        if state is not None and _related(states[0].path, state.path):
            states.append(state)
    if len(states) == 1:
        report.fine_about("content", "there is no backup to compare it with")
        return
    before = len(report.findings)
    for later, earlier in pairwise(states):
        yield Progress(0, 0, f"comparing with the backup of {earlier.words}")
        _compare(earlier, later, report)
    if len(report.findings) == before:
        newest = states[1]
        same = "the same as" if newest.digests == states[0].digests else "in line with"
        report.fine_about(
            "content", f"{same} the backup of {newest.words}; {len(states) - 1} backups compared"
        )


class _State:
    """A state of the project: a backup, or (``made`` None) what it is now."""

    def __init__(
        self, path: Path, made: datetime | None, why: str, changes: int | None, digests: dict[str, str]
    ) -> None:
        self.path, self.made, self.why, self.changes, self.digests = path, made, why, changes, digests

    @property
    def words(self) -> str:
        return self.made.strftime(SHOWN) if self.made else "now"


def _state_job(backup: Backup, report: Report) -> Job[_State | None]:
    """Return the content of a backup; one that is damaged itself is reported."""
    try:
        schema.check_file(backup.path)
        with reading(backup.path) as copy:
            found = yield from digests_job(copy)
    except (*UNREADABLE, ProjectError, OSError) as error:
        report.add("content", f"The backup {backup.name} cannot be read: {error} Delete it.", backup.path)
        return None
    if backup.digests and backup.digests != found:
        report.add(
            "content",
            f"The backup {backup.name} is damaged: its content does not match its digests. Delete it.",
            backup.path,
        )
        return None
    return _State(backup.path, backup.made, backup.why, backup.changes, found)


def _related(project: Path, backup: Path) -> bool:
    """Return whether a backup is of this project, and not of an earlier one that had its name."""
    try:
        with reading(project) as now, reading(backup) as then:
            videos = [
                {row[0] for row in connection.execute("SELECT n || id FROM video")}
                | {row[0] for row in connection.execute("SELECT n || fingerprint FROM video")}
                for connection in (now, then)
            ]
            return not all(videos) or bool(videos[0] & videos[1])
    except UNREADABLE:
        return True


def _compare(earlier: _State, later: _State, report: Report) -> None:
    if earlier.digests == later.digests or later.why == RESTORED:
        return
    when = f"between the backup of {earlier.words} and " + (f"that of {later.words}" if later.made else "now")
    untouched = earlier.changes is not None and earlier.changes == later.changes
    with ExitStack() as opened:
        then, now = (opened.enter_context(reading(state.path)) for state in (earlier, later))
        same_layout = counts(then)["layout"] == counts(now)["layout"]
        if same_layout and earlier.digests[LAYOUT] != later.digests[LAYOUT]:
            _damage(report, later, when, "how its tables are laid out")
        if untouched:
            _tell_all(then, now, earlier, later, when, report)
        else:
            _tell_unexplained(then, now, earlier, later, when, report)


def _tell_all(
    then: Connection, now: Connection, earlier: _State, later: _State, when: str, report: Report
) -> None:
    tables = {name for name in earlier.digests if earlier.digests[name] != later.digests.get(name)}
    told = 0
    for found in differences(then, now, tables - {LAYOUT}):
        told += 1
        if told <= MOST_TOLD:
            _damage(report, later, f"{when}, although its change counter is the same", str(found))
    if told > MOST_TOLD:
        _damage(report, later, when, f"{told - MOST_TOLD} more rows")
    if not told:
        _damage(report, later, when, f"the content of {', '.join(sorted(tables))}")


def _tell_unexplained(
    then: Connection, now: Connection, earlier: _State, later: _State, when: str, report: Report
) -> None:
    assert earlier.made is not None  # only what the project is now has no time, and nothing is later
    explained = Explanations(then, now, earlier.made)
    open_, known = [], 0
    for found in differences(then, now, content_tables(earlier.digests, later.digests)):
        if explained.knows(found):
            known += 1
        else:
            open_.append(found)
    damaged = [found for found in open_ if is_damage(found, explained)]
    sentences = [str(found) for found in damaged]
    sentences += [f"{old}; instead {new}" for old, new in swapped_keys(open_)]
    for sentence in sentences[:MOST_TOLD]:
        _damage(report, later, f"{when}, and not by this program", sentence)
    if len(sentences) > MOST_TOLD:
        _damage(report, later, when, f"{len(sentences) - MOST_TOLD} more rows")
    # A step that was undone gives its number in the history to the next one.
    others = [found for found in open_ if found not in damaged and found.table != "change"]
    if (known or others) and not later.made:
        report.notes.append(
            f"Rows that changed since the backup of {earlier.words}: {known} by labelling and editing, {len(others)} "
            "otherwise (settings, names, imports)."
        )
    report.notes += [f"Changed {when}: {found}" for found in others[:MOST_TOLD] if found.before]


def _damage(report: Report, later: _State, when: str, what: str) -> None:
    report.add(
        "content",
        f"Unexpected change {when}: {what}. Correct it by hand, or restore the earlier backup.",
        later.path,
    )
