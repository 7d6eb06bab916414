"""``python -m actiondiff_gui.cli`` is the command ``actiondiff-gui``."""

from actiondiff_gui.cli import main

main(prog_name="actiondiff-gui")
