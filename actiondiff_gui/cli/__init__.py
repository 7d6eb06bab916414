"""The same jobs without a window: the command ``actiondiff-gui``."""

import click

from actiondiff_gui import __version__
from actiondiff_gui.cli.classify import predict, train
from actiondiff_gui.cli.data import export, import_
from actiondiff_gui.cli.features import embed, extract
from actiondiff_gui.cli.models import models
from actiondiff_gui.cli.studies import demo, study


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="actiondiff-gui")
def main() -> None:
    """Recognise actions in videos with the features of a frozen video diffusion model.

    \b
    A usual way through:
      actiondiff-gui import mice.actiondiff clips/ --layout domain/class --domain species
      actiondiff-gui extract mice.actiondiff --backbone svd-xt --timesteps 10,20 --layers 9
      actiondiff-gui study mice.actiondiff --backbone svd-xt --timesteps 10,20 --layers 9 --out report
      actiondiff-gui train mice.actiondiff --backbone svd-xt --timestep 20 --layer 9 --out mice.safetensors
      actiondiff-gui predict mice.actiondiff --model mice.safetensors

    Everything computed is kept beside the project file and used again. Ctrl-C stops any command; the same
    command goes on where it was. Exit codes: 0 done, 1 an error that is explained, 2 wrong usage, 3 done but
    something was passed over, 130 stopped.
    """


for command in (import_, extract, embed, train, predict, study, export, models, demo):
    main.add_command(command)
