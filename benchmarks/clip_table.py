"""Time of the window's clip table with 100,000 clips against 1,000, or others.

Each step is timed until the table is painted again, in time of the window's thread on the processor, so that
other programs do not count. Reading the project is left out: the app does it in a job.
"per clip" is how many times more a clip costs in the large project than in the small one; 1 means in proportion,
less means that the step hardly depends on the number of clips.

    python benchmarks/clip_table.py --few 100000 --many 1000000 --repeats 1

(needs a screen: under xvfb-run where there is none)
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

CLIPS_OF_A_VIDEO = 500


def make_project(path: Path, clips: int):
    """Return a project of recordings with labels, predictions and two facets; the videos themselves do not exist."""
    import numpy as np

    from actiondiff_gui.project.project import Project

    random = np.random.default_rng(0)
    actions = [f"action {i}" for i in range(8)]
    project = Project.create(path)
    ids = []
    with project.transaction(record=False):
        for number in range(max(1, clips // CLIPS_OF_A_VIDEO)):
            video = project.add_video(
                path.parent / f"recording_{number}.mp4",
                **{"frame_count": 10**6, "fps": 25, "width": 64, "height": 48, "fingerprint": f"{number}"},
                facets={"species": f"species {number % 5}"},
            )
            starts = np.cumsum(random.integers(5, 200, min(clips, CLIPS_OF_A_VIDEO)))
            rows = [
                (int(s), int(s + random.integers(5, 90)), None, None, {"context": f"c{s % 3}"})
                for s in starts
            ]
            ids += [clip.id for clip in project.add_clips(video.id, rows)]
        said = [(i, actions[random.integers(8)], 1, None) for i in ids if random.random() < 0.7]
        project.add_labels(said, source="import", by="labels.csv")
        sure = [(i, actions[random.integers(8)], 1, float(random.random())) for i in ids]
        project.add_labels(sure, source="model", by="model")
    return project


def steps(dock, session, project, table) -> list[tuple[str, Callable[[], object]]]:
    """Return a user's steps, each in words and as a function."""
    from actiondiff_gui.gui.clips.state.filtering import ClipFilter
    from actiondiff_gui.gui.session import editing, undoing

    view, rows = dock.view, table.rows
    scattered = [row.id for row in rows[::2]]
    return [
        ("show the project", lambda: session.adopt(project, table)),
        ("sort by label", lambda: view.clips.set_sort("label")),
        ("sort by confidence", lambda: view.clips.set_sort("confidence", True)),
        ("sort by video", lambda: view.clips.set_sort("video", True)),
        ("first search", lambda: dock._filter(ClipFilter(text="action 3"))),
        ("another search", lambda: dock._filter(ClipFilter(text="species 2 c1"))),
        ("only unlabelled", lambda: dock._filter(ClipFilter(state="unlabelled"))),
        ("only disagreements", lambda: dock._filter(ClipFilter(state="disagree"))),
        ("no filter", lambda: dock._filter(ClipFilter())),
        ("select every second", lambda: session.select(scattered)),
        ("sort with these selected", lambda: view.clips.set_sort("label")),
        ("select all", view.choose_all),
        ("select one instead", lambda: view.choose(3, held=True)),
        ("scroll to the end", view.scrollToBottom),
        ("label one clip", lambda: editing.relabel(session, [rows[5].id], "action 1")),
        ("open a recording", lambda: session.open_video(rows[len(rows) // 2].video_id)),
        ("add a bout to it", lambda: editing.add_bout(session, "action 1", 10, 20)),
        ("undo", lambda: undoing.take_back(session)),
    ]


def measure(dock, host, folder: Path, clips: int, repeats: int) -> dict[str, float]:
    """Return the median seconds of the window's thread for each step."""
    from qtpy.QtWidgets import QApplication

    from actiondiff_gui.gui.session.clip_table import ClipTable

    times: dict[str, list[float]] = {}
    for repeat in range(repeats):
        project = make_project(folder / f"{clips}_{repeat}.actiondiff", clips)
        began = time.perf_counter()
        table = ClipTable.read(project)
        print(f"{clips:,} clips were read in {time.perf_counter() - began:.1f} s", flush=True)
        for name, do in steps(dock, host.session, project, table):
            start = time.thread_time()
            do()
            dock.view.viewport().repaint()
            times.setdefault(name, []).append(time.thread_time() - start)
            end = time.perf_counter() + 0.3
            while time.perf_counter() < end or host.jobs.active():
                QApplication.processEvents()
    return {name: statistics.median(found) for name, found in times.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--few", type=int, default=1_000)
    parser.add_argument("--many", type=int, default=100_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["ACTIONDIFF_GUI_HOME"] = name
        import napari

        from actiondiff_gui.gui.app import open_in

        viewer = napari.Viewer(show=True)
        viewer.window._qt_window.resize(1280, 800)
        bench = open_in(viewer)
        dock = bench.tabs.widget(0)
        few, many = (measure(dock, bench.host, Path(name), n, asked.repeats) for n in (asked.few, asked.many))
        viewer.close()
    print(f"{'step':26} {asked.few:>9,} {asked.many:>10,}   times as long   per clip")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")
    for step, long in many.items():
        ratio = long / few[step]
        print(
            f"{step:26} {few[step] * 1e3:6.1f} ms {long * 1e3:7.0f} ms {ratio:15.1f} {ratio * asked.few / asked.many:10.2f}"
        )


if __name__ == "__main__":
    main()
