"""Coding a 4-hour recording with 40 actions in the whole window: 50,000 bouts against 100, by real keys.

    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/coding.py

One window of 1280 x 800 with the workbench opens two projects of the same recording in turns, so that other work on the
machine meets both. Painting is that of the whole timeline anew; "to picture" is from the press of the key until the window has
handled all that it scheduled, with the frame on the canvas and the timeline painted. Times are of the clock. Bouts are those of
four subjects, half of them predicted; the Clips table lists all. While it plays, a gap is the time from one call of a timer of
5 ms to the next.
"""

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

FPS, HOURS, ACTIONS, SUBJECTS = 25, 4, 40, 4
FRAMES = HOURS * 3600 * FPS
SIZES = (100, 50_000)


def write_recording(path: Path) -> None:
    """Four hours of 96 x 64 pixels in H.264, a key frame every ten seconds."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "35", "g": "250"}
        frame = av.VideoFrame.from_ndarray(np.full((96, 96), 128, np.uint8), format="yuv420p")
        for number in range(FRAMES):
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_project(path: Path, video: Path, bouts: int) -> None:
    """Write a project with ``bouts`` bouts of 40 actions spread over the recording."""
    from actiondiff_gui.progress import run
    from actiondiff_gui.project.formats.imports.videos import import_videos
    from actiondiff_gui.project.project import Project

    random = np.random.default_rng(0)
    names = [f"action {n}" for n in range(1, ACTIONS + 1)]
    with Project.create(path) as project:
        run(import_videos(project, [video]))
        (known,) = project.videos()
        starts = np.sort(random.integers(0, FRAMES - 60, bouts)).tolist()
        rows = [
            (start, start + int(random.integers(3, 60)), f"animal {random.integers(SUBJECTS)}", None, None)
            for start in starts
        ]
        with project.transaction(record=False):
            for name in names:
                project.add_action(name)
            clips = project.add_clips(known.id, rows)
            said = [names[n] for n in random.integers(ACTIONS, size=bouts)]
            project.add_labels(
                [(clip.id, action, 1, None) for clip, action in zip(clips, said, strict=True)], by="Ada"
            )
            project.add_labels(
                [
                    (clip.id, action, 1, float(random.random()))
                    for clip, action in list(zip(clips, said, strict=True))[::2]
                ],
                source="model",
                by="a model",
            )


class Window:
    """A window with the workbench, and the operations that are timed."""

    def __init__(self) -> None:
        import napari

        from actiondiff_gui.gui.app import open_in
        from actiondiff_gui.gui.timeline.view import TimelineView

        self.viewer = napari.Viewer(show=True)
        self.window = self.viewer.window._qt_window
        self.window.resize(1280, 800)
        self.host = open_in(self.viewer).host
        self.session = self.host.session
        self.session.annotator = "Ada"
        (self.view,) = self.window.findChildren(TimelineView)
        self.canvas = self.viewer.window._qt_viewer.canvas.native

    def settle(self, until: Callable[[], object] = lambda: True, limit: float = 300.0) -> None:
        """Handle events until a condition holds, and then what is left."""
        from qtpy.QtWidgets import QApplication

        end = time.monotonic() + limit
        while not until():
            if time.monotonic() > end:
                raise TimeoutError("the window did not get there in time")
            QApplication.processEvents()
            time.sleep(0.002)
        for _ in range(3):
            QApplication.processEvents()

    def open(self, project: Path) -> None:
        """Show a project's recording without a clip, in the middle of it."""
        session = self.session
        session.open_project(project)
        self.settle(lambda: not self.host.jobs.active())
        session.open_video(next(iter(session.videos)), FRAMES // 2)
        self.settle(lambda: not session.why_no_picture() and not self.host.jobs.active())
        session.select([])
        self.view.fit()
        self.window.activateWindow()
        self.canvas.setFocus()
        self.settle()

    def press(self, key, held=None) -> None:
        """Press a key and handle what follows from it."""
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        QTest.keyClick(self.canvas, key, held or Qt.KeyboardModifier.NoModifier)
        self.painted()
        self.settle()

    def painted(self) -> None:
        """Handle events until the timeline has been painted."""
        from qtpy.QtWidgets import QApplication

        while self.view._picture is None:
            QApplication.processEvents()

    def gaps(self, seconds: float) -> list[float]:
        """Play for a time, and return the gaps of the event loop in seconds."""
        from event_loop import Pulse
        from qtpy.QtCore import Qt

        pulse = Pulse()
        self.press(Qt.Key.Key_Space)
        pulse.rest("", 0.3)
        pulse.rest("playing", seconds)
        self.press(Qt.Key.Key_Space)
        pulse.timer.stop()
        return pulse.phases["playing"]

    def paint(self) -> None:
        """Paint all of the timeline anew."""
        self.view.repaint_all()
        self.painted()

    def scroll(self, value: int) -> None:
        """Scroll the lanes."""
        self.view.scroll.setValue(value)
        self.painted()

    def pan(self, frames: float) -> None:
        """Move what is visible, and paint it."""
        self.view.show_axis(self.view.axis.moved(frames))
        self.painted()


def measure(window: Window, repeat: int, note: Callable[[str, float], None]) -> None:
    """Time each operation ``repeat`` times in the open project."""
    from qtpy.QtCore import Qt

    view, session, key = window.view, window.session, Qt.Key

    def timed(what: str, run: Callable[[], object]) -> None:
        began = time.perf_counter()
        run()
        note(what, 1000 * (time.perf_counter() - began))

    step = view.parts.lane_height
    for name, span in (("4 h", FRAMES), ("10 min", 600 * FPS), ("10 s", 10 * FPS)):
        view.show_axis(view.axis.spanning(FRAMES * 0.5, span))
        for _ in range(repeat):
            timed(f"paint, {name} visible", window.paint)
        for n in range(repeat):
            timed(f"scroll by a lane, {name} visible", lambda n=n: window.scroll((n % 10) * step))
        if name != "4 h":
            for n in range(repeat):
                timed(
                    f"scroll in time, {name} visible",
                    lambda n=n, s=span: window.pan(s / 4 * (1 if n % 8 < 4 else -1)),
                )
    for on, what in ((True, "lanes grouped by subject: paint"), (False, "")):
        view.set_by_subject(on)
        for _ in range(repeat if what else 0):
            timed(f"{what}, 10 s visible", window.paint)
    window.settle()
    for _ in range(repeat):
        timed("next frame to picture", lambda: window.press(key.Key_Period))
    for _ in range(repeat):
        timed("next edge of a bout to picture", lambda: window.press(key.Key_Down))
    session.select([])
    for gap in window.gaps(0.4 * repeat):
        note("gap of the event loop while it plays", 1000 * gap)
    for _ in range(repeat):
        timed("begin of a bout to picture", lambda: window.press(key.Key_3))
        for _ in range(4):
            window.press(key.Key_Period)
        timed("end of a bout to picture", lambda: window.press(key.Key_3))
        timed("undo to picture", lambda: window.press(key.Key_Z, Qt.KeyboardModifier.ControlModifier))
        window.press(key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        session.select([])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=10, help="times in each turn")
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument(
        "--folder", type=Path, help="where recording and projects are kept; a temporary one by default"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["ACTIONDIFF_GUI_HOME"] = str(Path(temporary) / "home")
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        video = folder / "recording.mp4"
        if not video.exists():
            write_recording(video)
        for count in SIZES:
            path = folder / f"{count}.actiondiff"
            path.unlink(missing_ok=True)
            write_project(path, video, count)
        window = Window()
        found: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
        for _ in range(asked.turns):
            for count in SIZES:
                window.open(folder / f"{count}.actiondiff")
                measure(window, asked.repeat, lambda what, ms, c=count: found[what][c].append(ms))
        few, many = SIZES
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
        print(
            f"timeline of {window.view.width()} x {window.view.height()} pixels, {ACTIONS} actions, {HOURS} h\n"
        )
        print(
            f"| what | {few} bouts, ms | {many:,} bouts, ms | ratio | {many:,}: 95th percentile, ms | longest, ms |"
        )
        print("|---|---:|---:|---:|---:|---:|")
        for what, took in found.items():
            one, other = statistics.median(took[few]), statistics.median(took[many])
            most = np.percentile(took[many], 95)
            top = max(took[many])
            print(f"| {what} | {one:.1f} | {other:.1f} | {other / one:.1f} | {most:.1f} | {top:.1f} |")
        window.host.close()
        os._exit(0)


if __name__ == "__main__":
    main()
