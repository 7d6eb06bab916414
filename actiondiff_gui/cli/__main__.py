"""``python -m actiondiff_gui.cli`` is the command ``actiondiff-gui``."""

from actiondiff_gui.start import main

main()
