"""Commands that bring clips and labels in and out: import, export."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from actiondiff_gui.cli.options import as_json, existing_project, open_project
from actiondiff_gui.cli.running import PASSED_OVER, explained, run_with_bar, tell
from actiondiff_gui.errors import ActionDiffError


@contextmanager
def _without_traces(new_project: Path | None) -> Iterator[None]:
    """Remove a project that was made for an import which could not even start."""
    try:
        yield
    except ActionDiffError:
        if new_project is not None:
            new_project.unlink(missing_ok=True)
        raise


LAYOUTS = {"class": ("class",), "domain/class": ("domain", "class"), "class/domain": ("class", "domain")}


@click.command("import")
@click.argument("project", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--layout",
    type=click.Choice(list(LAYOUTS)),
    default="class",
    show_default=True,
    help="What the folders of SOURCE stand for (SOURCE a folder).",
)
@click.option("--domain", default=None, help="Facet that is the domain; with --layout domain/class its name.")
@click.option(
    "--names",
    metavar="PATTERN",
    help=r"Facets told by file names: a regular expression with named groups, such as '_(?P<person>s\d+)_'. The "
    "group source_group names the recording.",
)
@click.option("--unit", type=click.Choice(["seconds", "frames"]), help="What start and end of a table count.")
@click.option(
    "--allow-outside", is_flag=True, help="Let a table name videos outside its own folder with '..'."
)
@as_json
@explained
def import_(project, source, layout, domain, names, unit, allow_outside, as_json):
    """Add videos, clips and labels from SOURCE to PROJECT, which is made if it is not there.

    SOURCE is a folder with one folder per class (see --layout), or a CSV table with the columns
    video,start,end,label and one column per facet. Rows and files that cannot be used are listed, the others
    go in. Importing the same source again adds nothing.
    """
    from actiondiff_gui.project.formats.clip_table import import_clip_table
    from actiondiff_gui.project.formats.folders import import_folders
    from actiondiff_gui.project.formats.names import facets_from_names
    from actiondiff_gui.project.project import Project

    new = not project.exists()
    opened = Project.create(project) if new else Project.open(project)
    if domain and not names and source.is_dir() and layout == "class":
        click.echo(f"note: folders of classes tell no {domain}; give --layout or --names.", err=True)
    with _without_traces(project if new else None), opened:
        if source.is_dir():
            job = import_folders(opened, source, levels=LAYOUTS[layout], domain_facet=domain or "domain")
        else:
            job = import_clip_table(opened, source, unit=unit, allow_outside=allow_outside)
        report = run_with_bar(job, f"importing {source.name}", "video")
        unfit = facets_from_names(opened, names) if names else []
        if domain and domain in opened.facets():
            opened.domain_facet = domain
        facets = opened.facets()
        clips = len(opened.clips())
        chosen = opened.domain_facet
    problems = [str(p) for p in report.problems] + [f"{n}: the name does not fit --names" for n in unfit]
    for problem in [*problems, *map(str, report.notes)]:
        click.echo(f"passed over: {problem}" if problem in problems else f"note: {problem}", err=True)
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
            "notes": [str(n) for n in report.notes],
        },
        f"{project}: {report.videos_added} videos, {report.clips_added} clips and {report.labels_added} labels added; "
        f"{clips} clips in all.",
        *(f"  {key}: {', '.join(f'{v} ({n})' for v, n in values.items())}" for key, values in facets.items()),
        f"The domain is {chosen}." if chosen else "No facet is the domain yet; give --domain.",
    )
    return PASSED_OVER if problems else 0


@click.command()
@existing_project
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="CSV file to write."
)
@click.option("--answers", is_flag=True, help="Write what was answered in reviews instead of the clips.")
@as_json
@explained
def export(project, out, answers, as_json):
    """Write the clips of PROJECT with labels and facets as a CSV table that `import` reads back."""
    from actiondiff_gui.project.formats.answers import export_answers
    from actiondiff_gui.project.formats.clip_table_export import export_clip_table

    with open_project(project) as opened:
        if answers:
            written = export_answers(opened, out)
            tell(as_json, {"answers": written, "file": str(out)}, f"{written} answers written to {out}.")
            return
        clips = export_clip_table(opened, out)
    tell(as_json, {"clips": clips, "file": str(out)}, f"{clips} clips written to {out}.")
