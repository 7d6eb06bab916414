"""The same jobs without a window: the command ``actiondiff-gui``."""

import click

from actiondiff_gui._version import __version__
from actiondiff_gui.cli.apply import predict
from actiondiff_gui.cli.attend import attend
from actiondiff_gui.cli.backups import backups, check, restore
from actiondiff_gui.cli.classify import train
from actiondiff_gui.cli.data import import_
from actiondiff_gui.cli.export import export
from actiondiff_gui.cli.features import embed, extract
from actiondiff_gui.cli.models import models
from actiondiff_gui.cli.studies import demo, study
from actiondiff_gui.cli.window import open_


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="actiondiff-gui")
@click.pass_context
def main(context: click.Context) -> None:
    """Recognise actions in videos with the features of a frozen video diffusion model.

    Without a command it opens the app; `actiondiff-gui open mice.actiondiff` opens a project in it.

    \b
    A usual way through without a window:
      actiondiff-gui import mice.actiondiff clips/ --layout domain/class --domain species
      actiondiff-gui extract mice.actiondiff --backbone svd-xt --timesteps 10,20 --layers 9
      actiondiff-gui study mice.actiondiff --backbone svd-xt --timesteps 10,20 --layers 9 --out report
      actiondiff-gui train mice.actiondiff --backbone svd-xt --timestep 20 --layer 9 --name mice
      actiondiff-gui predict mice.actiondiff --model mice

    Everything computed is kept beside the project file and used again. Ctrl-C stops any command; the same
    command goes on where it was. Exit codes: 0 done, 1 an error that is explained, 2 wrong usage, 3 done but
    something was passed over, 130 stopped.
    """
    if context.invoked_subcommand is None:
        context.invoke(open_)


for command in (
    *(open_, import_, extract, embed, train, predict, study, attend, export),
    *(backups, restore, check, models, demo),
):
    main.add_command(command)
