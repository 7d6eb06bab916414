"""Entry point of the command ``actiondiff-gui``, before anything else is loaded."""

import os
import sys


def main() -> None:
    """Run the command that ``sys.argv`` names, and end the process."""
    try:
        from actiondiff_gui import stopping

        stopping.watch()
    except KeyboardInterrupt:
        os.write(2, b"Stopped.\n")
        os._exit(130)
    try:
        from actiondiff_gui import app_folders as folders

        folders.settle()
        from actiondiff_gui.cli import main as commands

        commands(prog_name="actiondiff-gui")
    except Exception as error:
        from actiondiff_gui import faults

        print(f"Error: {faults.sentence(error, 'starting')}", file=sys.stderr)
        sys.exit(1)
