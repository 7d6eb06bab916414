"""Comparison of two versions of the program: start of the window, first map, training of 500 clips.

    git worktree add ../before a7cab1f
    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/redesign.py ../before .

Each run is a fresh process. The two trees take turns, so that other work on the machine falls on both alike, and the least of
several runs is given, in seconds and in seconds of the processor (with the process that makes the map).
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

START = """
import json, resource, sys, time
from pathlib import Path
began = time.perf_counter()
def told(**more):
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(each.ru_utime + each.ru_stime for each in used)
    print(json.dumps({"seconds": time.perf_counter() - began, "processor": processor, **more}))
"""
WINDOW = """
import napari
from qtpy.QtWidgets import QApplication
viewer = napari.Viewer(show=True)
try:
    from actiondiff_gui.gui.plugin import open_workbench
except ImportError:  # before each task had a folder
    from actiondiff_gui.widgets.opening import open_workbench
bench = open_workbench(viewer)
while not bench.tabs.currentWidget().isVisible():
    QApplication.processEvents()
bench.repaint()
QApplication.processEvents()
told()
viewer.close()
"""
ZOO = """
from tests.zoo import build_zoo, zoo_videos
folder = Path(sys.argv[1])
build_zoo(folder / "zoo.actiondiff", zoo_videos(folder / "animals"))
"""
MAP = """
from actiondiff_gui.progress import run
from actiondiff_gui.project.project import Project
from tests.zoo import AT
try:
    from actiondiff_gui.embedding.maps import MapSettings
    from actiondiff_gui.embedding.process import EmbedProcess
    from actiondiff_gui.gui.session.loaded import LoadedFeatures
    from actiondiff_gui.gui.map.state.mapping import map_job
    asked = MapSettings(method="pca")
except ImportError:
    from actiondiff_gui.analysis.embed_process import EmbedProcess
    from actiondiff_gui.session.loaded import LoadedFeatures
    from actiondiff_gui.session.mapping import map_job
    asked = "pca"
process = EmbedProcess()
with Project.open(Path(sys.argv[1]) / "zoo.actiondiff") as project:
    made = run(map_job(project, LoadedFeatures(), AT, asked, process))
assert len(made.clip_ids) == 36
seconds = time.perf_counter() - began
process.close()
told(seconds=seconds, network="diffusers" in sys.modules)
"""
TRAINING = """
sys.path.insert(0, "benchmarks")
import torch
torch.set_num_threads(1)
from training import DOMAINS, made_up
try:
    from actiondiff_gui.classifier.training.plan import TrainingPlan
    from actiondiff_gui.classifier.training.presets import preset
    from actiondiff_gui.classifier.training.run import TrainingRun, training_run_job
except ImportError:
    from actiondiff_gui.classifier.plan import TrainingPlan
    from actiondiff_gui.classifier.presets import preset
    from actiondiff_gui.classifier.training_run import TrainingRun, training_run_job
from actiondiff_gui.progress import run
settings = preset("small-data", patience=None, epochs=6)
plan = TrainingPlan(domain="domain", train_domains=DOMAINS[:3], test_domains=DOMAINS[3:], settings=settings)
run(training_run_job(made_up(500, 320), TrainingRun(plan)))
told()
"""
MEASURED = {
    "the window, from the start of Python": WINDOW,
    "the first map of 36 clips with stored features, from the start of Python": MAP,
    "a training of 500 clips for 6 epochs, with its imports": TRAINING,
}


def measured(tree: Path, program: str, folder: Path) -> dict:
    """Return the output of a program that a fresh process runs with the code of a tree."""
    paths = [tree, *sorted((tree / "plugins").iterdir())]
    done = subprocess.run(
        [sys.executable, "-c", START + program, str(folder)],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": ":".join(map(str, paths)),
            "ACTIONDIFF_GUI_HOME": str(folder / "home"),
        },
    )
    if done.returncode:
        sys.exit(done.stderr)
    lines = done.stdout.strip().splitlines()
    return json.loads(lines[-1]) if lines else {}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    wanted = parser.parse_args()
    trees = [wanted.before.resolve(), wanted.after.resolve()]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, least of {wanted.runs} runs "
          f"in turns, load {os.getloadavg()[0]:.1f} before\n")  # fmt: skip
    print("| what | before, s | after, s | ratio | of the processor, before | after | ratio |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        folders = [Path(folder) / name for name in ("before", "after")]
        for tree, own in zip(trees, folders, strict=True):
            own.mkdir()
            measured(tree, ZOO, own)
        for name, program in MEASURED.items():
            found: list[list[dict]] = [[], []]
            for turn in range(wanted.runs):
                for side in (0, 1) if turn % 2 else (1, 0):
                    found[side].append(measured(trees[side], program, folders[side]))
            cells = []
            for kind in ("seconds", "processor"):
                before, after = (min(each[kind] for each in side) for side in found)
                cells += [f"{before:.2f}", f"{after:.2f}", f"{after / before:.2f}"]
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
