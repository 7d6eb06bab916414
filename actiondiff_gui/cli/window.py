"""The command that opens the app: open."""

from pathlib import Path

import click

from actiondiff_gui.cli.running import explained


@click.command("open")
@click.argument("project", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@explained
def open_(project):
    """Open the app, with PROJECT if one is given."""
    from actiondiff_gui.widgets.app import run

    run(project)
