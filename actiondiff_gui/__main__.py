"""``python -m actiondiff_gui`` is the command ``actiondiff-gui``."""

from actiondiff_gui.start import main

main()
