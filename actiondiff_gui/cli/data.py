"""The command that imports clips and labels: import."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from actiondiff_gui.cli.backups import back_up_first
from actiondiff_gui.cli.options import as_json
from actiondiff_gui.cli.running import PASSED_OVER, explained, run_with_bar, tell
from actiondiff_gui.errors import ActionDiffError, ProjectError
from actiondiff_gui.project import checks
from actiondiff_gui.project.formats.readers.contents import NAMES

if TYPE_CHECKING:
    from actiondiff_gui.project.project import Project


LAYOUTS = {"class": ("class",), "domain/class": ("domain", "class"), "class/domain": ("class", "domain")}


@click.command("import")
@click.argument("project", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--layout",
    type=click.Choice(list(LAYOUTS)),
    default="class",
    show_default=True,
    help="Meaning of the folder levels of SOURCE (SOURCE a folder).",
)
@click.option("--domain", default=None, help="Facet that is the domain; with --layout domain/class its name.")
@click.option(
    "--names",
    metavar="PATTERN",
    help=r"Facets from file names: a regular expression with named groups, such as '_(?P<person>s\d+)_'. The "
    "group source_group names the recording.",
)
@click.option("--unit", type=click.Choice(["seconds", "frames"]), help="Unit of start and end in a table.")
@click.option(
    "--allow-outside", is_flag=True, help="Let a table name videos outside its own folder with '..'."
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["auto", "clips", *NAMES]),
    default="auto",
    show_default=True,
    help="Tool that wrote SOURCE; auto detects it by its header.",
)
@click.option("--columns", help="Behaviours of a table of frames, if not all columns are: a,b,c.")
@click.option(
    "--video",
    "videos",
    multiple=True,
    metavar="[WRITTEN=]NAME",
    help="Video of a table: NAME for a table that names none, else WRITTEN=NAME, a video of the project or a file.",
)
@click.option(
    "--action",
    "renamed",
    multiple=True,
    metavar="BEHAVIOUR=ACTION",
    help="The action that a behaviour becomes; BEHAVIOUR= leaves it out.",
)
@click.option(
    "--unite-case", is_flag=True, help="Read behaviours that differ by capitals only (Walk, walk) as one."
)
@click.option(
    "--points",
    type=click.Choice(["frame", "drop"]),
    default="frame",
    show_default=True,
    help="Events without a duration become clips of one frame with the facet event = point, or are left out.",
)
@click.option("--by", help="Who labelled a table; by default the name of the file.")
@as_json
@explained
def import_(
    project,
    source,
    layout,
    domain,
    names,
    unit,
    allow_outside,
    format_,
    columns,
    videos,
    renamed,
    unite_case,
    points,
    by,
    as_json,
):
    """Add videos, clips and labels from SOURCE to PROJECT, which is created if it does not exist.

    SOURCE is a folder with one folder per class (see --layout), a CSV table with the columns
    video,start,end,label and one column per facet, or labels of another tool (see --format), as text or workbook
    (.xlsx, .ods). Rows and files that cannot be used are listed, the others are imported. Importing the same source again
    adds nothing.
    """
    from actiondiff_gui.project.formats.imports.names import checked_pattern, facets_from_names
    from actiondiff_gui.project.formats.imports.plan import Choice
    from actiondiff_gui.project.formats.imports.sources import SourceOptions, import_source, kind_of_source
    from actiondiff_gui.project.project import Project
    from actiondiff_gui.project.storage.database import holds_nothing

    # All that can be wrong with the command is found before any work and before the project is made.
    actions, chosen_videos = _pairs(renamed, "--action", True), _chosen_videos(videos)
    for name in filter(None, actions.values()):
        checks.action_name(name)
    if names:
        checked_pattern(names)
    domain, by = domain and checks.facet_key(domain), checks.optional_text(by, "The name given by --by")
    asked = SourceOptions(
        levels=LAYOUTS[layout],
        domain=domain or "domain",
        unit=unit,
        allow_outside=allow_outside,
        columns=[c.strip() for c in columns.split(",")] if columns else None,
        video=next((name for name in videos if "=" not in name), None),
        unite_case=unite_case,
        by=by,
    )
    kind = kind_of_source(source, asked, format_)
    if domain and not names and source.is_dir() and layout == "class":
        click.echo(f"note: class folders do not name the {domain}; give --layout or --names.", err=True)

    new = holds_nothing(project.absolute())
    with Project.create(project) if new else Project.open(project) as opened:
        before = None if new else len(opened.videos())
        if not new:
            back_up_first(project)
        try:
            ids, files = _meant(opened, chosen_videos)
            choice = Choice(actions, ids, points == "frame", files)
            job = import_source(opened, source, kind, replace(asked, choice=choice))
            report = run_with_bar(job, f"importing {source.name}", "video")
            unfit = facets_from_names(opened, names) if names else []
            if domain and domain in opened.facets():
                opened.domain_facet = domain
        except ActionDiffError as error:
            _tell_what_stays(error, project, opened, before)
            raise
        facets = opened.facets()
        clips = len(opened.clips())
        chosen = opened.domain_facet
    problems = [str(p) for p in report.problems] + [f"{n}: the name does not fit --names" for n in unfit]
    for problem in problems:
        click.echo(f"skipped: {problem}", err=True)
    if report.problems.more:
        click.echo(f"skipped: {report.problems.more:,} more.", err=True)
    for note in report.notes:
        click.echo(f"note: {note}", err=True)
    tell(
        as_json,
        {
            "clips_added": report.clips_added,
            "videos_added": report.videos_added,
            "labels_added": report.labels_added,
            "clips": clips,
            "facets": facets,
            "domain": chosen,
            "problems": problems,
            "more_problems": report.problems.more,
            "notes": [str(n) for n in report.notes],
        },
        f"{project}: {report.videos_added} videos, {report.clips_added} clips and {report.labels_added} labels added; "
        f"{clips} clips in all.",
        *(f"  {key}: {_few(values)}" for key, values in facets.items()),
        f"The domain is {chosen}." if chosen else "No domain field set; pass --domain.",
    )
    return PASSED_OVER if problems else 0


def _few(values: dict[str, int], most: int = 12) -> str:
    """Values of a facet with the number of their clips; of comments there may be thousands."""
    said = ", ".join(f"{value} ({count})" for value, count in list(values.items())[:most])
    return f"{said} and {len(values) - most:,} more" if len(values) > most else said


def _pairs(given: tuple[str, ...], option: str, empty: bool = False) -> dict[str, str | None]:
    """Return the text before and after the first "=" of each; None for nothing after it."""
    out: dict[str, str | None] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name or not (value or empty):
            raise ProjectError(f"{option} {text!r} is not of the form A=B.")
        out[name] = value or None
    return out


def _chosen_videos(given: tuple[str, ...]) -> dict[str, str | None]:
    return _pairs(tuple(text for text in given if "=" in text), "--video")


def _meant(project: "Project", wanted: dict[str, str | None]) -> tuple[dict[str, str], dict[str, Path]]:
    """Return the ids of the project's videos that are meant, and files, each by the name as written in the table."""
    from actiondiff_gui.project.formats.imports.video_match import match_videos

    files = {written: Path(name) for written, name in wanted.items() if name and Path(name).is_file()}
    found, reasons = match_videos([name for name in wanted.values() if name], project.videos())
    reasons = {name: reason for name, reason in reasons.items() if Path(name) not in files.values()}
    if reasons:
        raise ProjectError(f"--video: {next(iter(reasons.values()))}")
    meant = {written: found[name].id for written, name in wanted.items() if name and name in found}
    return meant, files


def _tell_what_stays(error: ActionDiffError, path: Path, project: "Project", before: int | None) -> None:
    """Add to ``error`` what an import kept. A new project into which nothing went is removed again."""
    added = len(project.videos()) - (before or 0)
    if added:
        error.args = (f"{error} What was read is kept: {path} has {added} more videos than before.",)
    elif before is None and not project.actions():
        project.close()
        path.unlink(missing_ok=True)
