"""The command that opens the app: open."""

from pathlib import Path

import click

from actiondiff_gui.classifier.review_order import ReviewSettings
from actiondiff_gui.cli.running import explained
from actiondiff_gui.cli.setting_options import given, setting_options


@click.command("open")
@click.argument("project", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@setting_options(ReviewSettings, defaults=False)
@explained
def open_(project, **options):
    """Open the app, with PROJECT if one is given. Settings of the review are stored for the next time."""
    asked = given(ReviewSettings, options)
    if asked:
        from dataclasses import replace

        from actiondiff_gui.gui.session.preferences import Preferences, review_settings, set_review_settings

        preferences = Preferences()
        set_review_settings(preferences, replace(review_settings(preferences), **asked))
    from actiondiff_gui.gui.app import run

    run(project)
