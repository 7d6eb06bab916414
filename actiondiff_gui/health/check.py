"""Complete integrity check of a project, and repair."""

import sqlite3
from pathlib import Path

from actiondiff_gui.errors import ActionDiffError, ProjectError
from actiondiff_gui.health.content import content_job
from actiondiff_gui.health.database import database_job
from actiondiff_gui.health.files_beside import folders_of, leftovers, models_job, tokens_job, videos_job
from actiondiff_gui.health.findings import Report
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.backups.making import list_backups
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.storage import journal, schema
from actiondiff_gui.project.storage.content import UNREADABLE, reading


def check_job(path: Path, repair: bool = False) -> Job[Report]:
    """Check a project; with ``repair`` mend what can be mended without a guess.

    Raises
    ------
    ProjectError
        There is no file at ``path``.
    """
    if not path.exists():
        raise ProjectError(f"There is no project at {path}. Check the path, or restore a backup.")
    report = Report(path)
    yield Progress(0, 0, f"checking {path.name}")
    if _can_be_opened(path, report, repair):
        if (yield from _inside_job(path, report)):
            yield from _beside_job(path, report, repair)
        else:
            report.notes.append("Videos, features and models were not checked: repair the project first.")
    return report


def _can_be_opened(path: Path, report: Report, repair: bool) -> bool:
    try:
        schema.check_file(path)
    except ProjectError as error:
        stale = str(error) == journal.stale_sentence(path)
        report.add(
            "files", _with_backup(str(error), path), path, (lambda: _set_aside(path)) if stale else None
        )
        if not (stale and repair):
            return False
        _mend(report)
        return _can_be_opened(path, report, False)
    return True


def _inside_job(path: Path, report: Report) -> Job[bool]:
    """Check the database and its content, read without changing anything but what was interrupted.

    Returns whether the program can read it.
    """
    try:
        _roll_back(path)
        with reading(path) as connection:
            sound = yield from database_job(connection, path, report)
            yield from content_job(connection, path, report)
            return sound
    except (*UNREADABLE, OSError) as error:
        report.add("content", _with_backup(f"{path.name} cannot be read: {error}.", path), path)
        return False


def _beside_job(path: Path, report: Report, repair: bool) -> Job[None]:
    try:
        with Project.open(path) as project:
            for job in (videos_job, tokens_job, models_job):
                yield from job(project, report)
            leftovers(path, *folders_of(project), report)
            if repair:
                _mend(report)
    except ActionDiffError as error:
        report.add("database", _with_backup(str(error), path), path)


def _mend(report: Report) -> None:
    for finding in report.problems:
        if finding.mend is not None:
            try:
                finding.mended = finding.mend()
            except (OSError, ActionDiffError) as error:
                report.notes.append(f"Not repaired: {finding.sentence} {error}")


def _roll_back(path: Path) -> None:
    """Let SQLite undo a change that was interrupted, which a connection that only reads may not."""
    if journal.journals(path):
        connection = sqlite3.connect(path)
        try:
            connection.execute("PRAGMA schema_version").fetchone()
        finally:
            connection.close()


def _set_aside(path: Path) -> str:
    return f"It is set aside as {', '.join(file.name for file in journal.set_aside(path))}."


def _with_backup(sentence: str, path: Path) -> str:
    newest = next(iter(list_backups(path)), None)
    if newest is None:
        return sentence
    return f'{sentence} The newest backup is {newest.name}: "actiondiff-gui restore {path} --latest" puts it back.'
