"""The commands that back up, restore and check a project: backups, restore, check."""

from datetime import UTC, timedelta
from pathlib import Path

import click

from actiondiff_gui.cli.options import as_json, existing_project
from actiondiff_gui.cli.running import PASSED_OVER, explained, run_with_bar, tell
from actiondiff_gui.cli.setting_options import given, setting_options
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.project.backups.making import BackupSettings

SHOWN = "%Y-%m-%d %H:%M:%S UTC"


@click.command()
@existing_project
@click.option("--now", is_flag=True, help="Back up now, if the project has changed.")
@setting_options(BackupSettings)
@as_json
@explained
def backups(project, now, as_json, **options):
    """List the backups of PROJECT with their contents, newest first; with --every, set how often one is made, for all projects.

    They are in the folder PROJECT.backups. One is made while the project is used, if it has changed and the last is an
    hour old, and always before an older project is migrated. The three newest are kept, then one for every
    four hours of the last day, every day of the last week and every week of the last month.
    """
    from actiondiff_gui.gui.session.preferences import Preferences, backup_every, set_backup_every
    from actiondiff_gui.project.backups.making import back_up_job, list_backups
    from actiondiff_gui.project.storage.schema import check_file

    preferences = Preferences()
    asked = given(BackupSettings, options)
    if asked:
        set_backup_every(preferences, timedelta(minutes=asked["every"]))
    if now:
        check_file(project.absolute())
        run_with_bar(back_up_job(project.absolute(), "asked for"), "making a backup")
    found = list_backups(project.absolute())
    rows = [
        {
            "name": each.name,
            "made": each.made.isoformat(),
            "why": each.why,
            **{what: getattr(each, what) for what in ("videos", "clips", "labels", "layout")},
        }
        for each in found
    ]
    lines = [
        f"{each.name}  {each.made.astimezone(UTC).strftime(SHOWN)}  {_count(each.clips)} clips  "
        f"{_count(each.labels)} labels  {each.why}"
        for each in found
    ]
    often = backup_every(preferences)
    minutes = int(often.total_seconds() // 60) if often else 0
    told = (
        f"A backup is made at most every {minutes} minutes."
        if often
        else "No backups are made while working."
    )
    tell(
        as_json,
        {"project": str(project), "every_minutes": minutes, "backups": rows},
        *(lines or [f"There are no backups of {project}."]),
        told,
    )
    return 0


@click.command()
@existing_project
@click.argument("backup", required=False)
@click.option("--latest", is_flag=True, help="The newest backup.")
@as_json
@explained
def restore(project, backup, latest, as_json):
    """Restore PROJECT from BACKUP (a name that `backups` lists), or from the newest with --latest.

    The current state is saved first: as one more backup, or set aside beside them if it is damaged.
    """
    from actiondiff_gui.project.backups.restoring import chosen_backup, restore_job

    if bool(backup) == latest:
        raise click.UsageError("Name a backup, or give --latest.")
    project = project.absolute()
    done = run_with_bar(restore_job(project, chosen_backup(project, backup)), "restoring", "step")
    told = done.backup
    tell(
        as_json,
        {
            "project": str(project),
            "backup": told.name,
            "clips": told.clips,
            "labels": told.labels,
            "before": str(done.before) if done.before else None,
        },
        f"{project} was restored to its state of {told.made.strftime(SHOWN)}: {told.clips} clips, {told.labels} labels.",
        *([f"The previous state is kept in {done.before}."] if done.before else []),
    )
    return 0


@click.command()
@existing_project
@click.option("--repair", is_flag=True, help="Repair what can be repaired without guessing.")
@as_json
@explained
def check(project, repair, as_json):
    """Check the integrity of PROJECT and of the files beside it.

    The database itself, its content against the backups, videos (present and unchanged), tokens (checksums), models,
    predictions without a model, and files that a killed program left. Exit code 0: no problem is left; 3: problems
    are left.

    --repair removes left-over files, sets damaged token files aside so that they are computed again, sets aside a journal
    that does not belong to the project, and removes predictions whose model is gone (after a backup). Labels, clips and
    paths are never changed: for these, restore a backup.
    """
    from actiondiff_gui.health.check import check_job

    report = run_with_bar(check_job(project.absolute(), repair), f"checking {project.name}", "file")
    lines = [f"{each.part}: {each.text}" for each in report.fine]
    lines += [f"note: {note}" for note in report.notes]
    lines += [f"mended: {each.sentence} {each.mended}" for each in report.mended]
    lines += [f"problem: {each.sentence}" for each in report.problems]
    tell(as_json, report.to_json(), *lines, report.summary())
    return PASSED_OVER if report.problems else 0


def back_up_first(project: Path) -> None:
    """Make the hour's backup before a command changes ``project``; a failure is reported and does not stop it."""
    from actiondiff_gui.gui.session.preferences import Preferences, backup_every
    from actiondiff_gui.project.backups.making import back_up_job, is_due

    every = backup_every(Preferences())
    project = project.absolute()
    if every and is_due(project, every):
        try:
            run_with_bar(back_up_job(project), "making a backup")
        except ActionDiffError as error:
            click.echo(f"note: {error}", err=True)


def _count(number: int) -> str:
    return "?" if number < 0 else f"{number:,}"
