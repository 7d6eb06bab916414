"""Scaling of the cluster machinery over workers, with a network that only sleeps, so that two cores suffice.

Each run starts the workers, which are processes of this computer under Dask, and computes the same clips, one window each. Efficiency is the
time spent in the network as a share of the workers' time, each from when it has loaded the network to the end of the last window of all. The start of the
workers, which loads torch in each of them, is told apart.

    python benchmarks/cluster.py --workers 1 2 4 --windows 160 --seconds 0.5
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--windows", type=int, default=160)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument(
        "--unit", type=float, default=10.0, help="seconds of work that a worker gets at a time"
    )
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print("| workers | windows | start of the last worker, s | first to last window, s | efficiency |")
        print("|---|---|---|---|---|")
        for count in wanted.workers:
            started, loaded, ended = measured(Path(folder) / str(count), count, wanted)
            share = wanted.windows * wanted.seconds / sum(ended - each for each in loaded)
            print(
                f"| {count} | {wanted.windows} | {max(loaded) - started:.1f} | {ended - min(loaded):.1f} | {share:.3f} |",
                flush=True,
            )


def measured(folder: Path, workers: int, wanted: argparse.Namespace) -> tuple[float, list[float], float]:
    """Return the start, when each worker had loaded the network, and the end of the last window, in seconds since 1970."""
    from actiondiff_gui.features.feature_set import FeatureSet
    from actiondiff_gui.progress import run
    from actiondiff_gui.project.formats.imports.videos import import_videos
    from actiondiff_gui.project.project import Project
    from actiondiff_gui.workflow.cluster.dask_workers import dask_job
    from actiondiff_gui.workflow.cluster.work_order import order_of
    from tests.conftest import install_plugin, write_video

    site = folder / "site"
    site.mkdir(parents=True)
    code = (ROOT / "tests" / "workflow" / "cluster" / "sleepy.py").read_text()
    install_plugin(
        site, "sleepy", "sleepy", code, stated='[backbones.sleepy]\ntitle = "Sleeps"\nlicence = "none"\n'
    )
    sys.path.insert(0, str(site))
    log = folder / "log"
    os.environ |= {"SLEEPY_LOG": str(log), "SLEEPY_SECONDS": str(wanted.seconds)}
    os.environ["PYTHONPATH"] = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    frames = np.random.default_rng(0).integers(0, 255, (wanted.windows + 3, 16, 16, 3), np.uint8)
    with Project.create(folder / "p.actiondiff") as project:
        run(import_videos(project, [write_video(folder / "video.mp4", frames)]))
        project.remove_clip([clip.id for clip in project.clips()])
        (video,) = project.videos()
        for start in range(wanted.windows):
            project.add_clip(video.id, start, start + 4)
        features = FeatureSet(project, "sleepy")
        units = features.plan()
        order = order_of(features, units, batch_size=1)
        started = time.time()
        report = run(dask_job(order, units, [1] * len(units), workers, unit_seconds=wanted.unit))
    assert len(report.computed) == wanted.windows
    lines = [line.split() for line in log.read_text().splitlines()]
    loaded = [float(when) for _, when, what in lines if what == "loaded"]
    assert len(loaded) == workers
    return started, loaded, max(float(when) for _, when, _ in lines)


if __name__ == "__main__":
    main()
