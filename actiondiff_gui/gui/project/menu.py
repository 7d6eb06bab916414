"""Project menu: opening, creating and importing, with the file dialogs, drops and jobs behind it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog

from actiondiff_gui.app_folders import home, user_home
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.common.saving import ask_file
from actiondiff_gui.gui.project.import_report import for_window
from actiondiff_gui.gui.project.state import opening
from actiondiff_gui.gui.project.state.importing import TABLES, Draft, Planned, Reading, enter_job, read_job
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.project.backups.making import Backup
from actiondiff_gui.project.formats.imports.measure import VIDEO_SUFFIXES
from actiondiff_gui.project.formats.imports.report import ImportReport, Problem, ProblemList

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host
    from actiondiff_gui.health.findings import Report


def open_sample(host: "Host") -> None:
    """Open the sample project and play its first clip."""
    host.jobs.start(
        opening.sample_job,
        "opening the sample",
        done=lambda opened: _show(host, opened),
        key="project",
        stays=True,
    )


def open_project(host: "Host", path: Path, create: bool = False) -> None:
    """Open or create the project at ``path``."""
    host.jobs.start(
        lambda: opening.open_job(path, create),
        f"opening {path.name}",
        done=lambda opened: _show(host, opened),
        key="project",
        stays=True,
    )


def ask_open(host: "Host") -> None:
    """Ask for a project file and open it."""
    name, _ = QFileDialog.getOpenFileName(
        host.window, "Open a project", str(_last_folder(host)), f"ActionDiff projects (*{opening.SUFFIX})"
    )
    if name:
        open_project(host, Path(name))


def ask_new(host: "Host") -> None:
    """Ask for the file of a new project and create it."""
    name, _ = QFileDialog.getSaveFileName(
        host.window, "New project", str(_last_folder(host)), f"ActionDiff projects (*{opening.SUFFIX})"
    )
    if name:
        path = Path(name)
        ending = "" if path.suffix.casefold() in (opening.SUFFIX, ".sqlite", ".db") else opening.SUFFIX
        open_project(host, path.with_name(path.name + ending), create=True)


def ask_videos(host: "Host") -> None:
    """Ask for video files and add them, to a new project if none is open."""
    patterns = " ".join(f"*{suffix}" for suffix in sorted(VIDEO_SUFFIXES))
    names, _ = QFileDialog.getOpenFileNames(
        host.window, "Add videos", str(_last_folder(host)), f"Videos ({patterns});;All files (*)"
    )
    if names:
        add_files(host, [Path(name) for name in names])


def ask_folder(host: "Host") -> None:
    """Ask for a folder of videos and add it."""
    name = QFileDialog.getExistingDirectory(host.window, "Add a folder of videos", str(_last_folder(host)))
    if name:
        add_files(host, [Path(name)])


def ask_table(host: "Host") -> None:
    """Ask for tables of clips, or files of other tools, and import them."""
    patterns = " ".join(f"*{suffix}" for suffix in TABLES)
    names, _ = QFileDialog.getOpenFileNames(
        host.window,
        "Import labels",
        str(_last_folder(host)),
        f"Tables and labels ({patterns});;All files (*)",
    )
    if names:
        add_files(host, [Path(name) for name in names])


def ask_export(host: "Host") -> None:
    """Ask for a file and write the clips with their labels to it."""
    from actiondiff_gui.project.formats.writers.clip_table import export_clip_table

    project = host.session.needed()
    out = ask_file(host, "Export clips and labels", project.path.with_suffix(".csv"), ["Tables (*.csv)"])
    if out is not None:
        host.jobs.run(
            lambda: export_clip_table(project, out),
            "exporting the clips",
            done=lambda count: host.tell(f"{count} clips written to {out}."),
        )


def ask_restore(host: "Host") -> None:
    """Show the backups of the open project, or of one that is asked for, as of one that cannot be opened."""
    from actiondiff_gui.gui.project.backups_dialog import BackupsDialog

    project = host.session.project
    path = project.path if project is not None else None
    if path is None:
        name, _ = QFileDialog.getOpenFileName(
            host.window,
            "Backups of which project?",
            str(_last_folder(host)),
            f"ActionDiff projects (*{opening.SUFFIX});;All files (*)",
        )
        path = Path(name) if name else None
    if path is not None:
        BackupsDialog(host, path, partial(restore, host)).open()


def restore(host: "Host", path: Path, backup: Backup) -> None:
    """Replace the project at ``path`` with a backup and open it."""
    project = host.session.project
    was_open = project is not None and project.path == path
    if was_open:
        host.session.close_project()

    def failed(sentence: str) -> None:
        host.jobs.add_problem(sentence)
        if was_open and host.session.project is None:
            open_project(host, path)

    def done(opened: opening.Opened) -> None:
        _show(host, opened)
        made = backup.made.astimezone().strftime("%Y-%m-%d %H:%M")
        host.tell(f"{path.name} was restored to {made}. Its previous state was backed up.")

    host.jobs.start(
        lambda: opening.restore_job(path, backup),
        f"restoring {path.name}",
        done=done,
        failed=failed,
        key="project",
        stays=True,
    )


def ask_check(host: "Host") -> None:
    """Check whether the open project and its files are intact."""
    check(host, host.session.needed().path)


def check(host: "Host", path: Path, repair: bool = False) -> None:
    """Check the project at ``path`` in a job and show what it found."""
    from actiondiff_gui.gui.project.check_dialog import CheckDialog
    from actiondiff_gui.health.check import check_job

    def done(report: "Report") -> None:
        if report.mended and host.session.project is not None:
            host.session.reread()
        CheckDialog(host, report, partial(check, host, repair=True)).show()

    host.jobs.start(lambda: check_job(path, repair), f"checking {path.name}", done=done)


def ask_export_answers(host: "Host") -> None:
    """Ask for a file and write the answers of reviews to it."""
    from actiondiff_gui.project.formats.writers.answers import export_answers

    project = host.session.needed()
    proposed = str(project.path.with_suffix("")) + " answers.csv"
    out = ask_file(host, "Export answers of reviews", proposed, ["Tables (*.csv)"])
    if out is not None:
        host.jobs.run(
            lambda: export_answers(project, out),
            "exporting the answers",
            done=lambda count: host.tell(f"{count} answers written to {out}."),
        )


def add_files(host: "Host", paths: Sequence[Path], layout: str | None = None, domain: str = "domain") -> None:
    """Add dropped or chosen files: a project is opened; videos, folders and tables are added to the open project.

    Where none is open, one is made in the app's own folder. A folder's layout is guessed unless given, and a
    folder that holds folders is asked about.
    """
    projects = [path for path in paths if path.suffix == opening.SUFFIX]
    if projects:
        open_project(host, projects[0])
        return
    folders = [path for path in paths if path.is_dir()]
    if layout is None and folders:
        guessed = opening.guess_layout(folders[0])
        if guessed:
            from actiondiff_gui.gui.project.folders_dialog import FoldersDialog

            FoldersDialog(host, paths, guessed, partial(add_files, host)).open()
            return
        layout = ""
    if host.session.project is None:
        first = paths[0]
        path = opening.new_project_path(first.stem if len(paths) == 1 else first.parent.name)
        host.jobs.start(
            lambda: opening.open_job(path, create=True),
            "making a project",
            done=lambda opened: (_show(host, opened), _import(host, paths, layout or "", domain, made=True)),
            key="project",
            stays=True,
        )
        return
    _import(host, paths, layout or "", domain)


def _import(host: "Host", paths: Sequence[Path], layout: str, domain: str, made: bool = False) -> None:
    """Import files; ``made`` says that the project was created for them, and is deleted where nothing is imported."""
    others = [path for path in paths if path.is_dir() or path.suffix.casefold() in VIDEO_SUFFIXES]
    tables = [path for path in paths if path not in others]
    if others:
        _import_ours(host, others, layout, domain)
    if tables:
        _read_tables(host, tables, made)


def _read_tables(host: "Host", paths: Sequence[Path], made: bool) -> None:
    """Read tables and open the import dialog."""
    project = host.session.needed()

    def done(draft: Draft) -> None:
        from actiondiff_gui.gui.project.import_dialog import ImportTableDialog

        if host.session.project is project and not host.closed:
            dialog = ImportTableDialog(host, draft, partial(enter_planned, host))
            if made:
                dialog.rejected.connect(leave)
            dialog.open()

    def failed(sentence: str) -> None:
        host.jobs.add_problem(for_window(sentence))
        if made:
            leave()

    def leave() -> None:
        if host.session.project is project and not project.videos():
            host.session.close_project()
            project.path.unlink(missing_ok=True)

    names = paths[0].name if len(paths) == 1 else f"{len(paths)} tables"
    host.jobs.start(lambda: read_job(paths, Reading()), f"reading {names}", done=done, failed=failed)


def enter_planned(host: "Host", planned: Planned, by: str | None, domain: str | None) -> None:
    """Import tables as planned."""
    project = host.session.needed()

    def done(result: tuple[ImportReport, ClipTable]) -> None:
        report, table = result
        if host.session.project is project:
            host.session.reread(table)
            report_import(host, report, {*planned.problems, *planned.notes})

    name = planned.draft.name
    host.jobs.start(lambda: enter_job(project, planned, by, domain), f"importing {name}", done=done)


def _import_ours(host: "Host", paths: Sequence[Path], layout: str, domain: str) -> None:
    project = host.session.needed()

    def job():
        report = yield from opening.import_job(project, paths, layout, domain)
        return report, ClipTable.read(project)

    def done(result: tuple[ImportReport, ClipTable]) -> None:
        report, table = result
        if host.session.project is project:
            host.session.reread(table)
            report_import(host, report)
            if host.session.video is None and len(host.session.videos) == 1 and not len(table):
                host.session.open_video(next(iter(host.session.videos)))

    names = paths[0].name if len(paths) == 1 else f"{len(paths)} files"
    host.jobs.start(job, f"importing {names}", done=done)


def report_import(host: "Host", report: ImportReport, told_before: Collection[Problem] = ()) -> None:
    """Report what an import added; what could not be imported, or has a fault, is listed with its reasons.

    What a dialog told before the import is counted, and not listed once more.
    """
    from actiondiff_gui.gui.project.import_report import ImportReportDialog, added

    told = f"{added(report)} to {host.session.needed().path.name}."
    if report.problems:
        told += f" {report.problems.total:,} could not be imported."
    # Whatever was pressed to import no longer has the keyboard: the next key is one of the player's.
    host.viewer.window._qt_viewer.canvas.native.setFocus()
    kinds = (report.problems, report.notes)
    problems, notes = (ProblemList(p for p in kind if p not in told_before).sealed() for kind in kinds)
    if problems or notes:
        ImportReportDialog(host, replace(report, problems=problems, notes=notes)).show()
    host.tell(told)


def _show(host: "Host", opened: opening.Opened) -> None:
    if host.closed:
        opened.project.close()
        return
    stopped = [job.title for job in host.jobs.active() if not (job.stays or job.quiet)]
    try:
        host.session.adopt(opened.project, opened.table)
    except BaseException:
        opened.project.close()
        raise
    told = f"{opened.project.path.name}: {len(opened.table)} clips."
    for sentence in opened.project.broken_settings():
        host.jobs.add_problem(sentence)
    host.tell(f"{told} Jobs stopped: {', '.join(stopped)}." if stopped else told)


def _last_folder(host: "Host") -> Path:
    project = host.session.project
    try:
        own = home()
    except ActionDiffError:
        own = None
    if project is not None and own not in project.path.parents:
        return project.path.parent
    recent = host.session.preferences.recent_projects
    return next((p.parent for p in recent if own not in p.parents), user_home() or Path())
