"""Frame times of the map with 250,000 points: panning, zooming, lasso, hover and selection.

Run: xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/map_points.py

Under Xvfb there is no graphics card: Mesa draws in software on the processor, the slowest case there is.
"""

import os
import platform
import sys
import time
from functools import partial

import numpy as np
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QApplication, QVBoxLayout, QWidget

SIZES = (1_000, 250_000)
FRAMES = 40
WIDTH, HEIGHT = 430, 420


def _settle(app: QApplication, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        app.processEvents()
        time.sleep(0.002)


def _blobs(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Points ``[N, 2]`` in six blobs, and the blob of each ``[N]``."""
    rng = np.random.default_rng(0)
    blob = rng.integers(0, 6, count)
    centres = rng.uniform(-8, 8, (6, 2))
    return (centres[blob] + rng.normal(size=(count, 2))).astype(np.float32), blob


def _frames(app: QApplication, canvas, change, count: int = FRAMES) -> np.ndarray:
    """Seconds of each frame after ``change(number)``."""
    seconds = []
    for number in range(count):
        began = time.perf_counter()
        change(number)
        canvas.widget.repaint()
        app.processEvents()
        seconds.append(time.perf_counter() - began)
    return np.array(seconds)


def _timed(run, times: int = 5) -> float:
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds))


def main() -> None:
    """Measure and print a table."""
    app = QApplication.instance() or QApplication(sys.argv)
    # napari chooses vispy's backend when it is imported.
    import napari._vispy  # noqa: F401
    from vispy.gloo import gl
    from vispy.scene import Markers

    from actiondiff_gui.embedding.lasso import inside, nearest
    from actiondiff_gui.gui.map.canvas import MapCanvas
    from actiondiff_gui.gui.map.state import colours as map_colours
    from actiondiff_gui.project.palette import PALETTE

    window = QWidget()
    window.resize(WIDTH, HEIGHT)
    canvas = MapCanvas(window)
    QVBoxLayout(window).addWidget(canvas.widget)
    canvas.set_theme(QColor("#000000"), QColor("#ffffff"))
    window.show()
    _settle(app, 1)
    renderer = gl.glGetParameter(gl.GL_RENDERER)
    results: dict[str, list[str]] = {}

    def note(what: str, text: str) -> None:
        results.setdefault(what, []).append(text)

    for count in SIZES:
        positions, blob = _blobs(count)
        coding = map_colours.Coding(blob, tuple("abcdef"), tuple("abcdef"), PALETTE[:6])
        shapes = np.array(map_colours.SHAPES)[blob % 2]

        def show(chosen=None, positions=positions, coding=coding, shapes=shapes):
            colours = map_colours.point_colours(coding, chosen, "#555555")
            canvas.show_points(positions, colours, shapes, map_colours.drawing_order(coding, chosen))

        show()
        canvas.reset_view()
        _settle(app, 1)
        for what, change in (
            ("pan", lambda n: canvas.camera.pan((0.02, 0.01))),
            ("zoom", lambda n: canvas.camera.zoom(0.98 if n % 2 else 1.02)),
        ):
            frames = _frames(app, canvas, change)
            note(f"{what}: one frame, median (ms)", f"{1000 * np.median(frames):.0f}")
            note(f"{what}: one frame, slowest (ms)", f"{1000 * frames.max():.0f}")
        canvas.reset_view()
        _settle(app, 1)
        frames = _frames(app, canvas, lambda n: canvas.canvas.update(), 5)
        note("view at rest, all points: one frame (ms)", f"{1000 * np.median(frames):.0f}")
        angles = np.linspace(0, 2 * np.pi, 200)
        polygon = np.column_stack([5 * np.cos(angles), (5 + np.sin(5 * angles)) * np.sin(angles)])
        note("lasso of 200 corners (ms)", f"{1000 * _timed(partial(inside, polygon, positions)):.1f}")
        note(
            "hover: nearest point (ms)", f"{1000 * _timed(partial(nearest, (0.1, 0.2), positions, 1.0)):.2f}"
        )
        again = _timed(partial(show, inside(polygon, positions)), 3)
        note("showing another selection, with its frame (ms)", f"{1000 * again:.0f}")
        show(None)
        _settle(app, 0.3)

    # For comparison: vispy's markers for all points, as they come.
    count = SIZES[-1]
    positions, blob = _blobs(count)
    canvas.points.show(
        np.empty((0, 2)), np.empty((0, 4)), np.empty(0, str), np.empty(0, int), (1.0, 1.0, 1.0)
    )
    markers = Markers(parent=canvas.view.scene)
    markers.set_data(positions, face_color=map_colours.rgb(PALETTE[0]), edge_width=0, size=3)
    _settle(app, 0.5)
    frames = np.median(_frames(app, canvas, lambda n: canvas.camera.pan((0.02, 0.01)), 5))
    print(f"{platform.machine()}, {os.cpu_count()} cores, drawn by {renderer}, {WIDTH} x {HEIGHT} pixels\n")
    print(f"| what | {' points | '.join(f'{n:,}' for n in SIZES)} points |\n|---|{'---:|' * len(SIZES)}")
    for what, texts in results.items():
        print(f"| {what} | {' | '.join(texts)} |")
    print(f"\nvispy's own markers for all {count:,} points: {1000 * frames:.0f} ms for one frame of panning.")
    window.close()


if __name__ == "__main__":
    main()
