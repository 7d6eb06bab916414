"""Gaps of the window's event loop while a gallery loops 24 clips and is scrolled through 100,000.

    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/gallery.py

The clips are parts of the sample's videos, so that whatever is painted was decoded. Columns as in event_loop.py. Two phases without a
gallery come first, for comparison in the same run: nothing moves; the player plays a clip.
"""

import argparse
import os
import platform
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from event_loop import Pulse, print_gaps

if TYPE_CHECKING:
    from actiondiff_gui.project.project import Project

MANY = 100_000
PIXELS_A_TICK, JUMPS = 40, 60


def fill(project: "Project", clips: int) -> None:
    """Cut the videos of a project into so many clips of half a second to two seconds."""
    import numpy as np

    random = np.random.default_rng(0)
    videos = project.videos()
    with project.transaction(record=False):
        for number, video in enumerate(videos):
            count = clips // len(videos) + (number < clips % len(videos))
            lengths = random.integers(12, 48, count)
            starts = random.integers(0, np.maximum(1, video.frame_count - lengths))
            rows = [
                (int(s), int(min(s + n, video.frame_count)), None, None, None)
                for s, n in zip(starts, lengths, strict=True)
            ]
            project.add_clips(video.id, rows)


def measure(pulse: Pulse, bench, clips: int, seconds: float) -> None:
    """Go through the phases."""
    from actiondiff_gui.gui.project import menu as projects

    host, session = bench.host, bench.host.session
    projects.open_sample(host)
    pulse.until("", lambda: session.project is not None and not host.jobs.active())
    pulse.rest("", 2)
    host.player.pause()
    dock = bench.tabs.widget(0)
    session.show_dock.emit("Clips")
    pulse.rest("", 1)
    pulse.rest("no gallery: the table of clips is shown", seconds)
    session.open_clip(session.table.rows[0].id)
    pulse.until("", lambda: host.player.layer is not None)
    host.player.play()
    pulse.rest("no gallery: a clip plays in the player", seconds)
    host.player.pause()
    session.close_video()
    pulse.rest("", 1)
    loop(pulse, host, dock, seconds)
    dock._leave_gallery("Clips")
    fill(session.project, clips - len(session.table))
    session.reread()
    pulse.until("", lambda: not host.jobs.active())
    pulse.rest("", 2)
    scroll(pulse, host, dock, seconds)


def loop(pulse: Pulse, host, dock, seconds: float) -> None:
    """Open a gallery, let it decode what is visible, and let it run."""
    grid = dock.gallery.grid

    def decoded() -> bool:
        loops = [grid.loops.get(clip) for clip in grid.visible_clips()]
        return all(loop is not None and loop.whole for loop in loops)

    pulse.timer.singleShot(0, dock.open_gallery)
    pulse.until("", lambda: grid.isVisible())
    pulse.until(f"gallery: {len(grid.visible_clips())} clips are decoded", decoded)
    before = grid.painter.tick
    pulse.rest(f"gallery: {len(grid.visible_clips())} clips loop", seconds)
    print(f"{(grid.painter.tick - before) / seconds:.1f} frames a second were shown")


def scroll(pulse: Pulse, host, dock, seconds: float) -> None:
    """Open a gallery of very many clips, scroll slowly through some of it, and jump through all of it."""
    from qtpy.QtCore import QTimer

    grid, count = dock.gallery.grid, len(host.session.table)
    timer, bar = QTimer(), grid.verticalScrollBar()
    timer.singleShot(0, dock.open_gallery)
    pulse.until(f"gallery: opened with {count:,} clips", lambda: grid.isVisible() and bar.maximum() > 0)
    pulse.rest("", 1)
    timer.setInterval(25)
    timer.timeout.connect(lambda: bar.setValue(bar.value() + PIXELS_A_TICK))
    timer.start()
    pulse.rest(f"gallery: scrolled, {count:,} clips", seconds)
    timer.timeout.disconnect()
    steps = iter(range(JUMPS + 1))
    timer.setInterval(100)
    timer.timeout.connect(lambda: bar.setValue(bar.maximum() * next(steps, JUMPS) // JUMPS))
    pulse.until(f"gallery: from end to end, {count:,} clips", lambda: bar.value() == bar.maximum())
    timer.stop()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=MANY)
    parser.add_argument("--seconds", type=float, default=10.0, help="of looping and of scrolling")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["ACTIONDIFF_GUI_HOME"] = str(Path(home))
        import napari

        from actiondiff_gui.gui.app import open_in

        load = os.getloadavg()[0]
        viewer = napari.Viewer(show=True)
        # At this size 24 clips are visible beside the video.
        viewer.window._qt_window.resize(1600, 1000)
        bench = open_in(viewer)
        pulse = Pulse()
        try:
            measure(pulse, bench, asked.clips, asked.seconds)
        finally:
            pulse.timer.stop()
            viewer.close()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, napari "
        f"{napari.__version__}; load before it began {load:.1f}, after {os.getloadavg()[0]:.1f}\n"
    )
    print_gaps(pulse)


if __name__ == "__main__":
    main()
