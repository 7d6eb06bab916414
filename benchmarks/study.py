"""Time of a grid of 7 timesteps x 13 layers, against 7 runs of one timestep each.

One run reads each clip once, encodes it once, and walks the network once for each timestep, whatever the number of
layers. Seven runs read and encode it seven times. Both do the same clips in turn, a few at a time and in changing
order, so that a busy machine is as busy for the one as for the other. Loading the model (once or seven times) is left
out. Afterwards every cell of the grid is scored, if all clips are there.

    python benchmarks/study.py --threads 2              (all 144 sample clips)
    python benchmarks/study.py --threads 2 --every 4    (each fourth)
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from actiondiff_gui.backbones.schedule import PAPER_PLACES
from actiondiff_gui.evaluation.study.grid import grid_job
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.features.extraction import extract_job, plan
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.clip_table import import_clip_table
from actiondiff_gui.project.project import Project
from actiondiff_gui.resources import sample_data
from actiondiff_gui.workflow import study_grid

FAMILIES = ("silhouette_domain", "across_knn", "domain_linear", "across_linear")
"""One measure of each family that probes compute."""


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds of ``work``."""
    wall, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - busy


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--every", type=int, default=1, help="use each n-th clip of the sample")
    parser.add_argument(
        "--together", type=int, default=4, help="clips done by one way before it is the other's turn"
    )
    wanted = parser.parse_args()
    torch.set_num_threads(wanted.threads)
    with tempfile.TemporaryDirectory() as folder, Project.create(Path(folder) / "p.actiondiff") as project:
        run(import_clip_table(project, sample_data("clips", "clips.csv")))
        features = FeatureSet(project, "tiny", device="cpu")
        backbone, settings = features.network(), features.settings
        steps = [backbone.schedule[i] for i in PAPER_PLACES]
        layers = [layer.index for layer in backbone.layers]
        sources = clip_sources(project)[:: wanted.every]
        apart = TokenStore(Path(folder) / "apart", features.store.provenance)

        def at_once(part: list) -> None:
            run(
                extract_job(
                    plan(part, backbone, features.store, steps, layers), backbone, settings, features.store
                )
            )

        def one_by_one(part: list) -> None:
            for step in steps:
                run(extract_job(plan(part, backbone, apart, [step], layers), backbone, settings, apart))

        ways = {"7 timesteps at once": at_once, "7 runs of one timestep": one_by_one}
        spent = {name: [0.0, 0.0] for name in ways}
        for turn, first in enumerate(range(0, len(sources), wanted.together)):
            part = sources[first : first + wanted.together]
            for name in list(ways)[:: 1 if turn % 2 else -1]:
                wall, busy = timed(lambda w=ways[name], p=part: w(p))
                spent[name][0] += wall
                spent[name][1] += busy
            print(
                f"{min(first + wanted.together, len(sources))} of {len(sources)} clips", end="\r", flush=True
            )
        same = all(
            (features.store.read(s.key, t.key, layers)[0][n] == apart.read(s.key, t.key, layers)[0][n]).all()
            for s in sources
            for t in steps
            for n in layers
        )
        scored = {}
        ids = [source.id for source in sources]
        for measure in FAMILIES if wanted.every == 1 else ():
            question = study_grid(
                project,
                features.store,
                [t.key for t in steps],
                layers,
                measure,
                domain="species",
                clip_ids=ids,
            )
            scored[measure] = timed(lambda q=question: run(grid_job(q)))
    load = os.getloadavg()[1] if hasattr(os, "getloadavg") else float("nan")
    print(
        f"tiny, {len(steps)} timesteps x {len(layers)} layers, {len(sources)} clips, {wanted.threads} CPU threads, "
        f"load of the machine over the last 5 minutes {load:.1f} on {os.cpu_count()} cores\n"
    )
    print("| what | wall s | processor s |")
    print("|---|---|---|")
    for name, (wall, busy) in spent.items():
        print(f"| {name} | {wall:.1f} | {busy:.1f} |")
    for measure, (wall, busy) in scored.items():
        print(f"| scoring {len(steps) * len(layers)} cells: {measure} | {wall:.1f} | {busy:.1f} |")
    one, many = spent.values()
    print(
        f"\nAt once takes {one[0] / many[0]:.2f} of the wall time and {one[1] / many[1]:.2f} of the processor time of "
        f"separate runs; the features are {'the same' if same else 'NOT the same'}."
    )


if __name__ == "__main__":
    main()
