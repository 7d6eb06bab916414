"""Time and event-loop gaps of the videos page for 10,000 recordings with 50,000 labelled clips, beside 100 with 500.

    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/videos_page.py

First the steps alone, in processor time: rows made, shown, searched, sorted, painted. Then the page in the workbench, with real
files on disk (copies of one clip of the sample, each with another content), columns as in event_loop.py: opened, scrolled, jumped through
from end to end, searched letter by letter, sorted, all selected, a label given while it is shown, and what runs beside the window meanwhile
(looking for the files, comparing their content, pictures).
"""

import argparse
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

from event_loop import Pulse, print_gaps
from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QApplication, QTableView

from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.videos.model import VideosModel
from actiondiff_gui.gui.videos.state.listing import rows_of
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Video
from actiondiff_gui.resources import sample_data
from actiondiff_gui.video.fingerprint import fingerprint

CLIPS_EACH, JUMPS, PIXELS_A_TICK = 5, 60, 40


class NoPictures(QObject):
    """Pictures are made beside the window; here there are none."""

    ready = Signal(str)

    def of_video(self, video_id: str) -> None:
        """No picture."""


def made(count: int, clips_each: int = 5) -> tuple[list[Video], list[ClipRow]]:
    """``count`` recordings in folders of 100, with clips."""
    videos = [
        Video(f"v{n}", Path(f"/data/cage {n // 100}/mouse {n}.mp4"), "f", 90_000, 25.0, 640, 480, "g")
        for n in range(count)
    ]
    clips = [
        ClipRow(f"{v.id}c{k}", v.id, v.path.name, k * 100, k * 100 + 50, 25.0, ("walk",))
        for v in videos
        for k in range(clips_each)
    ]
    return videos, clips


def steps(repeat: int) -> None:
    """Print the processor time of each step."""
    app = QApplication.instance() or QApplication([])
    print("| recordings | rows | shown | searched | sorted | painted |\n|---|---:|---:|---:|---:|---:|")
    for count in (100, 10_000):
        videos, clips = made(count)
        model = VideosModel(NoPictures())
        view = QTableView()
        view.setModel(model)
        view.resize(500, 600)
        view.show()
        each = {
            "rows": lambda v=videos, c=clips: rows_of(v, c),
            "shown": lambda m=model, v=videos, c=clips: m.show_rows(rows_of(v, c)),
            "searched": lambda m=model: (m.search("cage 7 mouse"), m.search("")),
            "sorted": lambda m=model: (m.sort_by("name", True), m.sort_by("", False)),
            "painted": lambda w=view: (w.viewport().update(), app.processEvents()),
        }
        cells = []
        for step in each.values():
            times = []
            for _ in range(repeat):
                began = time.process_time()
                step()
                times.append(time.process_time() - began)
            cells.append(f"{1000 * statistics.median(times):.1f} ms")
        print(f"| {count:,} | {' | '.join(cells)} |")
        view.deleteLater()


def project_of(folder: Path, count: int) -> Path:
    """Write a project of so many files, in folders of 100, each with labelled clips."""
    one = next(sample_data("clips").rglob("*.mp4")).read_bytes()
    path = folder / "many.actiondiff"
    with Project.create(path) as project:
        project.add_action("walk")
        with project.transaction(record=False):
            for n in range(count):
                file = folder / f"cage {n // 100}" / f"mouse {n}.mp4"
                file.parent.mkdir(exist_ok=True)
                file.write_bytes(one + n.to_bytes(4, "big"))
                about = {"frame_count": 64, "fps": 24.0, "width": 128, "height": 128}
                video = project.add_video(file, **about, fingerprint=fingerprint(file))
                rows = [(10 * k, 10 * k + 8, None, None, None) for k in range(CLIPS_EACH)]
                clips = project.add_clips(video.id, rows)
                project.add_labels([(clip.id, "walk", 1, None) for clip in clips], by="Ada")
    return path


def page(pulse: Pulse, bench, path: Path, count: int, seconds: float) -> None:
    """Go through the phases with one project."""
    host, session = bench.host, bench.host.session
    session.show_dock.emit("Clips")
    session.open_project(path)
    pulse.until("", lambda: not host.jobs.active())
    pulse.rest("", 2)
    name = f"{count:,} recordings"
    pulse.timer.singleShot(0, lambda: session.show_dock.emit("Videos"))
    pulse.until(f"{name}: opened", lambda: shown(bench) is not None)
    dock = shown(bench)
    pulse.until(f"{name}: files looked for and compared", lambda: len(dock._checked) == count)
    pulse.rest("", 1)
    bar, timer = dock.table.verticalScrollBar(), QTimer()

    def every(ms: int, do) -> None:
        timer.setInterval(ms)
        timer.timeout.connect(do)
        timer.start()

    def still() -> None:
        timer.stop()
        timer.timeout.disconnect()

    every(25, lambda: bar.setValue((bar.value() + 1) % max(1, bar.maximum())))
    pulse.rest(f"{name}: scrolled", seconds)
    still()
    jumps = iter(range(JUMPS + 1))
    bar.setValue(0)
    every(100, lambda: bar.setValue(bar.maximum() * next(jumps, JUMPS) // JUMPS))
    pulse.until(f"{name}: from end to end", lambda: bar.value() == bar.maximum())
    still()
    letters = iter("cage 7 mouse 70")
    every(150, lambda: dock.search.setText(dock.search.text() + next(letters, "")))
    pulse.until(f"{name}: searched, letter by letter", lambda: dock.search.text() == "cage 7 mouse 70")
    still()
    dock.search.clear()
    pulse.rest("", 1)
    columns = iter((1, 2, 5, 6, 7))
    every(400, lambda: dock.table.sortByColumn(next(columns, 1), dock.table.header.sortIndicatorOrder()))
    pulse.rest(f"{name}: sorted by five columns", 2.4)
    still()
    QTimer.singleShot(0, dock.table.selectAll)
    pulse.until(f"{name}: all selected", lambda: len(session.chosen_videos) == count)
    pulse.rest(f"{name}: all selected", 1)
    clip = session.table.rows[0].id
    from actiondiff_gui.gui.session import editing

    every(500, lambda: editing.set_facet(session, [clip], "n", str(time.monotonic())))
    pulse.rest(f"{name}: metadata of a clip set twice a second, all selected", seconds)
    still()
    session.close_project()


def shown(bench):
    """Return the page, once it lists something."""
    from actiondiff_gui.gui.videos.dock import VideosDock

    found = bench.findChild(VideosDock)
    return found if found is not None and found.model.rowCount() else None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=5.0, help="of scrolling")
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as home:
        os.environ["ACTIONDIFF_GUI_HOME"] = str(Path(home, "app"))
        import napari

        from actiondiff_gui.gui.app import open_in

        viewer = napari.Viewer(show=True)
        viewer.window._qt_window.resize(1280, 800)
        bench = open_in(viewer)
        pulse = Pulse()
        try:
            for count in (100, 10_000):
                folder = Path(home, str(count))
                folder.mkdir()
                page(pulse, bench, project_of(folder, count), count, asked.seconds)
        finally:
            pulse.timer.stop()
            viewer.close()
        steps(asked.repeat)
    print(
        f"\n{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, napari "
        f"{napari.__version__}; load before it began {load:.1f}, after {os.getloadavg()[0]:.1f}\n"
    )
    print_gaps(pulse)


if __name__ == "__main__":
    main()
