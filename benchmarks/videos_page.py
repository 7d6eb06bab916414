"""Time of the rows of the videos page for 10,000 recordings with 50,000 clips: made, shown, searched, sorted, painted.

The same is measured for 100 recordings with 500 clips. Files are not looked for: that runs beside the window. Times are of the
processor, so that what else runs on the machine counts little.

    python benchmarks/videos_page.py
"""

import argparse
import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QApplication, QTableView

from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.videos.model import VideosModel
from actiondiff_gui.gui.videos.state.listing import rows_of
from actiondiff_gui.project.records import Video


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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=7)
    repeat = parser.parse_args().repeat
    app = QApplication([])
    print("| recordings | rows | shown | searched | sorted | painted |\n|---|---|---|---|---|---|")
    for count in (100, 10_000):
        videos, clips = made(count)
        model = VideosModel(NoPictures())
        view = QTableView()
        view.setModel(model)
        view.resize(500, 600)
        view.show()
        steps = {
            "rows": lambda v=videos, c=clips: rows_of(v, c),
            "shown": lambda m=model, v=videos, c=clips: m.show_rows(rows_of(v, c)),
            "searched": lambda m=model: (m.search("cage 7 mouse"), m.search("")),
            "sorted": lambda m=model: (m.sort_by("name", True), m.sort_by("", False)),
            "painted": lambda w=view: (w.viewport().update(), app.processEvents()),
        }
        cells = []
        for step in steps.values():
            times = []
            for _ in range(repeat):
                began = time.process_time()
                step()
                times.append(time.process_time() - began)
            cells.append(f"{1000 * statistics.median(times):.1f} ms")
        print(f"| {count:,} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
