"""The command line ``actiondiff-gui``."""

from importlib import import_module

import click

from actiondiff_gui._version import __version__

COMMANDS = {
    "open": ("window", "open_"),
    "import": ("data", "import_"),
    "extract": ("features", "extract"),
    "pack": ("features", "pack"),
    "embed": ("features", "embed"),
    "similar": ("similar", "similar"),
    "cluster": ("similar", "cluster"),
    "train": ("classify", "train"),
    "predict": ("apply", "predict"),
    "queue": ("review", "queue"),
    "study": ("studies", "study"),
    "attend": ("attend", "attend"),
    "export": ("export", "export"),
    "backups": ("backups", "backups"),
    "restore": ("backups", "restore"),
    "check": ("backups", "check"),
    "models": ("models", "models"),
    "demo": ("studies", "demo"),
}
"""Each command with the module of this package that holds it, and its name there."""


class Commands(click.Group):
    """Commands that are imported on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order of a usual day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        return getattr(import_module(f"{__name__}.{module}"), name)


@click.group(
    cls=Commands,
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
    something was skipped, 130 stopped.
    """
    if context.invoked_subcommand is None:
        from actiondiff_gui.cli.window import open_

        context.invoke(open_)
