"""Time to paint the timeline of a 4-hour recording with 100 and with 50,000 bouts.

Both are laid out in the same lanes and painted alternately into the same picture, at several zooms. What is
drawn per frame while a video plays is only the finished picture and the cursor. Times are of the processor, so that
what else runs on the machine counts little.

    python benchmarks/timeline.py
"""

import argparse
import os
import statistics
import time

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qtpy.QtGui import QColor, QImage, QPainter
from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.session.session import UNLABELLED
from actiondiff_gui.gui.timeline.painter import overview_picture, paint
from actiondiff_gui.gui.timeline.scene import Scene, TimelineStyle
from actiondiff_gui.gui.timeline.state.lane_geometry import TimelineLayout
from actiondiff_gui.gui.timeline.state.lanes import Lanes, hit
from actiondiff_gui.gui.timeline.state.time_axis import TimeAxis
from actiondiff_gui.project.palette import PALETTE

FPS = 25.0
FRAMES = 4 * 3600 * 25
ACTIONS = [f"action {n}" for n in range(1, 9)]
ZOOMS = (("4 h", FRAMES), ("1 h", FRAMES // 4), ("10 min", 15_000), ("1 min", 1500), ("10 s", 250))


def rows(count: int) -> list[ClipRow]:
    """``count`` bouts spread over the recording: two thirds labelled, half of all predicted."""
    random = np.random.default_rng(0)
    starts = np.sort(random.integers(0, FRAMES - 60, count))
    made = []
    for n, start in enumerate(starts.tolist()):
        action = ACTIONS[random.integers(len(ACTIONS))]
        labels = (action,) if n % 3 else ()
        predicted, sure = (action, float(random.random())) if n % 2 else ("", None)
        end = start + int(random.integers(3, 60))
        made.append(
            ClipRow(f"c{n}", "v", "v.mp4", start, end, FPS, labels, prediction=predicted, confidence=sure)
        )
    return made


def median_ms(runs: list[float]) -> float:
    """Return the median in milliseconds."""
    return 1000 * statistics.median(runs)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=190)
    parser.add_argument("--repeat", type=int, default=30)
    parser.add_argument("--actions", type=int, default=len(ACTIONS))
    options = parser.parse_args()
    ACTIONS[:] = [f"action {n}" for n in range(1, options.actions + 1)]
    app = QApplication.instance() or QApplication([])
    lanes = {count: Lanes.of(rows(count), ACTIONS) for count in (100, 50_000)}
    picture = QImage(options.width, options.height, QImage.Format.Format_ARGB32_Premultiplied)
    dark = [QColor(c) for c in ("#23242b", "#2c2d34", "#444", "#f0f1f2", "#aaa", "#4560c4")]
    parts = TimelineLayout(options.width, options.height, 100, len(ACTIONS) + 1)

    colours = [*(PALETTE[n % len(PALETTE)] for n in range(len(ACTIONS))), UNLABELLED]
    overviews = {
        count: overview_picture(lanes[count], FRAMES, options.width - 100, colours) for count in lanes
    }

    def once(count: int, axis: TimeAxis) -> float:
        chosen = np.zeros(count, bool)
        chosen[: count // 50] = True
        scene = Scene(
            lanes[count],
            axis,
            parts,
            TimelineStyle(*dark, False),
            colours,
            [*ACTIONS, "no label"],
            FPS,
            chosen,
            count // 2,
            overviews[count],
        )
        began = time.process_time()
        painter = QPainter(picture)
        paint(painter, scene)
        painter.end()
        return time.process_time() - began

    print(f"{options.width} x {options.height} pixels, {len(ACTIONS) + 1} lanes, a recording of 4 h\n")
    print("| visible | 100 bouts, ms | 50,000 bouts, ms | ratio | 50,000: fastest, ms | slowest, ms |")
    print("|---|---|---|---|---|---|")
    for name, span in ZOOMS:
        axis = TimeAxis.whole(FRAMES, options.width - 100).spanning(FRAMES * 0.4, span)
        runs = {count: [] for count in lanes}
        for _ in range(options.repeat):
            for count in lanes:
                runs[count].append(once(count, axis))
        few, many = (median_ms(runs[count]) for count in (100, 50_000))
        low, high = 1000 * min(runs[50_000]), 1000 * max(runs[50_000])
        print(f"| {name} | {few:.2f} | {many:.2f} | {many / few:.1f} | {low:.2f} | {high:.2f} |")

    def timed(run) -> float:
        took = []
        for _ in range(options.repeat):
            began = time.process_time()
            run()
            took.append(time.process_time() - began)
        return median_ms(took)

    many = lanes[50_000]
    axis = TimeAxis.whole(FRAMES, options.width - 100)
    changed = [many.rows[25_000]]
    whole = (many, FRAMES, axis.width, colours)
    print(
        f"\nwith 50,000 bouts: laying out all {timed(lambda: Lanes.of(many.rows, ACTIONS)):.0f} ms, ", end=""
    )
    print(f"one changed clip {timed(lambda: many.updated(changed)):.1f} ms, ", end="")
    print(f"the overview after it {timed(lambda: overview_picture(*whole)):.1f} ms, ", end="")
    print(f"an edge while it is dragged {timed(lambda: many.moved(25_000, 5, 50)):.1f} ms, ", end="")
    print(f"what lies under the pointer {timed(lambda: hit(many, 3, 600, axis)):.2f} ms")
    app.quit()


if __name__ == "__main__":
    main()
