"""Time from start until the workbench is painted, against napari's own window.

    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/opening.py

Each number is from a fresh process, so nothing is imported yet; the least of several is given.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile

RUNS = 5
PROGRAM = """
import json, sys, time
began = time.perf_counter()
import napari
from qtpy.QtWidgets import QApplication
viewer = napari.Viewer(show=True)
QApplication.processEvents()
window = time.perf_counter() - began
clicked = time.perf_counter()
from actiondiff_gui.gui.plugin import open_workbench
bench = open_workbench(viewer)
while not bench.tabs.currentWidget().isVisible():
    QApplication.processEvents()
bench.repaint()
QApplication.processEvents()
up = time.perf_counter() - clicked
print(json.dumps({"window": window, "workbench": up, "torch": "torch" in sys.modules}))
viewer.close()
"""


def main() -> None:
    """Print a table."""
    found = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as home:
            done = subprocess.run(
                [sys.executable, "-c", PROGRAM],
                capture_output=True,
                text=True,
                check=True,
                env={**os.environ, "ACTIONDIFF_GUI_HOME": home},
            )
        found.append(json.loads(done.stdout.strip().splitlines()[-1]))
    window, workbench = (min(run[name] for run in found) for name in ("window", "workbench"))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {RUNS} runs\n")
    print("| what | seconds |\n|---|---|")
    print(f"| napari's window, from the start of Python | {window:.2f} |")
    print(f"| the workbench, from the click | {workbench:.2f} |")
    print(f"\nThe workbench takes {workbench / window:.2f} of what napari's own window takes.")
    print(f"torch was imported: {any(run['torch'] for run in found)}.")


if __name__ == "__main__":
    main()
