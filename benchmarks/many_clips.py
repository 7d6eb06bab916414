"""Gaps of the window's event loop with very many clips: maps, lasso, tabs, the Lab's grid and scoreboard.

    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/many_clips.py --clips 20000
    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/many_clips.py --clips 200000 --folder /tmp/many

With --folder the project that was made up is kept there, and taken from there the next time.
The clips are parts of the sample's videos with their labels and species; their features are made up (action and species each
have a direction, the rest is noise) and stored as `extract` stores them. Columns as in event_loop.py.
"""

import argparse
import os
import platform
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
from event_loop import Pulse, print_gaps

if TYPE_CHECKING:
    from actiondiff_gui.project.project import Project

TIMESTEPS, LAYERS = ("t20", "t25"), (4, 9)
CHANNELS, TOKENS = 64, 4


def fill(project: "Project", clips: int, timesteps: tuple[str, ...]) -> None:
    """Cut the videos of the sample into so many labelled clips, and write features for them."""
    from actiondiff_gui.features.dataset import clip_sources
    from actiondiff_gui.features.feature_set import FeatureSet

    random = np.random.default_rng(0)
    first = {}
    for clip in project.clips():
        first.setdefault(clip.video_id, clip)
    actions = {said.clip_id: said.action for said in project.labels()}
    videos = [video for video in project.videos() if video.id in first]
    store = FeatureSet(project, "tiny", "t25", LAYERS, "mean").store
    directions: dict[str, np.ndarray] = {}
    began = time.perf_counter()
    with project.transaction(record=False):
        for number, video in enumerate(videos):
            shown = first[video.id]
            count = clips // len(videos) + (number < clips % len(videos)) - 1
            facets = dict(shown.facets)
            # Every stretch once, so that no two clips share their features.
            pairs = [(a, b) for a in range(video.frame_count - 4) for b in range(a + 4, video.frame_count)]
            chosen = random.choice(len(pairs), count, replace=False)
            made = project.add_clips(video.id, [(*pairs[n], None, None, facets) for n in chosen])
            action = actions.get(shown.id)
            if action is not None:
                project.add_labels(
                    [(clip.id, action, 1, None) for clip in made], source="import", by="sample"
                )
    sources = clip_sources(project)
    by_video = {
        video: (actions.get(clip.id, ""), clip.facets.get("species", "")) for video, clip in first.items()
    }
    of_clip = {clip.id: clip.video_id for clip in project.clips()}
    frames = np.arange(TOKENS)
    with patch("os.fsync"):  # these files may be lost
        for source in sources:
            middle = np.zeros(CHANNELS, np.float32)
            for name in by_video.get(of_clip[source.id], ("", "")):
                if name not in directions:
                    directions[name] = random.normal(size=CHANNELS).astype(np.float32)
                middle += directions[name]
            noise = random.normal(size=(TOKENS, CHANNELS)).astype(np.float32)
            for timestep in timesteps:
                layers = dict.fromkeys(LAYERS, middle + 3 * noise)
                store.write(source.key, timestep, layers, frames, "mean")
    print(f"{len(sources):,} clips were made up in {time.perf_counter() - began:.0f} s", flush=True)


def made_up(folder: Path, clips: int) -> Path:
    """Return a project of so many clips in a folder, made there unless it is there."""
    from actiondiff_gui.gui.project.state.opening import sample_job
    from actiondiff_gui.progress import run

    known = folder / f"{clips}.txt"
    if not known.exists():
        os.environ["ACTIONDIFF_GUI_HOME"] = str(folder / f"home{clips}")
        project = run(sample_job()).project
        fill(project, clips, TIMESTEPS)
        known.write_text(str(project.path))
        project.close()
    return Path(known.read_text().strip())


def a_copy(path: Path, folder: Path) -> Path:
    """Return a copy of a project, which may be changed; its features are shared, what was made of them is not."""
    for each in path.parent.iterdir():
        if each.suffix == ".features":
            (folder / each.name).mkdir()
            for store in each.iterdir():
                if store.name not in ("maps", "scores"):
                    (folder / each.name / store.name).symlink_to(store)
        elif each.is_dir():
            shutil.copytree(each, folder / each.name)
        else:
            shutil.copy(each, folder / each.name)
    return folder / path.name


def measure(pulse: Pulse, bench, path: Path, without: set[str]) -> None:
    """Go through the phases."""
    from actiondiff_gui.gui.project import menu as projects
    from actiondiff_gui.gui.workbench import TABS

    host, session = bench.host, bench.host.session
    titles = list(TABS)

    def tab(title: str):
        bench.tabs.setCurrentIndex(titles.index(title))
        return bench.tabs.widget(titles.index(title))

    def quiet() -> bool:
        return not host.jobs.active()

    tab("Clips")
    pulse.rest("", 1)
    pulse.timer.singleShot(0, lambda: projects.open_project(host, path))
    pulse.until("opening the project", lambda: session.project is not None and quiet(), 300)
    session.set_address(timestep="t25", layers=(9,), pooling="mean")
    pulse.rest("", 3)
    for title in titles:
        pulse.timer.singleShot(0, lambda title=title: tab(title))
        pulse.rest(f"the tab {title}", 1.5)
        if "waiting" not in without:
            pulse.until(f"the tab {title}, until it knows all", quiet, 600)
    dock = tab("Map")
    host.maps.make("pca")
    pulse.until("making a PCA map", lambda: dock.shown is not None and quiet(), 900)
    pulse.rest("a PCA map comes", 3)
    host.player.pause()
    ids = list(dock.shown.clip_ids)
    random = np.random.default_rng(1)
    for clip in random.choice(ids, 5):
        pulse.timer.singleShot(0, lambda clip=clip: dock._click(ids.index(clip), False))
        pulse.rest("another clip, the map shown", 1.5)
    host.player.pause()
    half = np.flatnonzero(dock.shown.coordinates[:, 0] > 0)
    pulse.timer.singleShot(0, lambda: dock.canvas.circled.emit(half, False))
    pulse.rest("a lasso around half of the clips", 3)
    pulse.timer.singleShot(0, lambda: host.keyboard.run("action_1"))
    pulse.rest("a key labels them", 6)
    pulse.until("a key labels them", quiet)
    session.select(())
    pulse.rest("", 2)
    tab("Clips")
    pulse.rest("", 2)
    for clip in random.choice(ids, 5):
        pulse.timer.singleShot(0, lambda clip=clip: (session.select([clip]), session.open_clip(clip)))
        pulse.rest("another clip, the table shown", 1.5)
    host.player.pause()
    lab_pages(pulse, host, tab("Lab"), without)


def lab_pages(pulse: Pulse, host, dock, without: set[str]) -> None:
    """Fill the grid from stored features, and compute a scoreboard."""
    dock.lab.set(timesteps=TIMESTEPS, layers=LAYERS)
    page = dock.pages[0]
    if "grid" not in without:
        began = time.perf_counter()
        pulse.until("", lambda: page.scores.run is not None and not host.jobs.active(), 900)
        said = page.button.text()
        if page.scores.run.waiting:
            page.button.click()
        began = time.perf_counter()
        pulse.until(
            "the grid is filled",
            lambda: page.scores.run is not None and not page.scores.run.waiting and not page.scores.scoring,
            3600,
        )
        took = time.perf_counter() - began
        print(f"the grid: said {said!r} before, took {took:.1f} s", flush=True)
        pulse.rest("the grid is filled", 2)
    if "scoreboard" not in without:
        dock.switch.choose(3)
        pulse.rest("", 2)
        page = dock.pages[3]
        pulse.until("", lambda: not host.jobs.active(), 900)
        page.heads.group.button(1).click()
        for entry in page.methods.menu().actions()[1:]:
            entry.setChecked(False)  # controls would have to be computed from the pictures
        pulse.rest("", 1)
        said = page.cost.text()
        began = time.perf_counter()
        page.start()
        pulse.until(
            "the scoreboard",
            lambda: page.run is not None and page.run.board is not None and not host.jobs.active(),
            3600,
        )
        print(f"the scoreboard: said {said!r} before, took {time.perf_counter() - began:.1f} s", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, help="where the project is kept; a temporary one by default")
    parser.add_argument("--without", default="", help="what to leave out: grid,scoreboard,waiting")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        made = made_up(asked.folder or Path(home), asked.clips)
        os.environ["ACTIONDIFF_GUI_HOME"] = str(Path(home, "own"))
        Path(home, "copy").mkdir()
        path = a_copy(made, Path(home, "copy"))
        import napari

        from actiondiff_gui.gui.app import open_in

        load = os.getloadavg()[0]
        viewer = napari.Viewer(show=True)
        viewer.window._qt_window.resize(1280, 800)
        bench = open_in(viewer)
        pulse = Pulse()
        try:
            measure(pulse, bench, path, set(asked.without.split(",")))
        finally:
            pulse.timer.stop()
            print_table(pulse, asked.clips, load)
            viewer.close()


def print_table(pulse: Pulse, clips: int, load: float) -> None:
    """Print what was measured so far."""
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; {clips:,} clips; load before "
        f"it began {load:.1f}, after {os.getloadavg()[0]:.1f}\n"
    )
    print_gaps(pulse)


if __name__ == "__main__":
    main()
