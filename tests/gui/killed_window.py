"""Process with a window in which labels are given without pause, to be killed: killed_window.py PROJECT SEED.

Before each change a line ``{"about": clip ids}`` tells what it may touch, and after it ``{"shown": ...}`` tells all
that the window then shows as labelled.
"""

import json
import random
import sys
import time
from pathlib import Path

import napari
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.app import open_in
from actiondiff_gui.gui.session import editing

Key = Qt.Key
NONE, ALT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
)
ON_A_CLIP = (
    *((Key.Key_1, NONE), (Key.Key_2, NONE), (Key.Key_X, NONE), (Key.Key_Backspace, NONE)),
    *((Key.Key_Right, ALT), (Key.Key_Left, ALT), (Key.Key_Right, CTRL), (Key.Key_BracketRight, NONE)),
    (Key.Key_Z, CTRL),
)
BOUTS: dict[str, dict[str, int]] = {}


def say(**values) -> None:
    print(json.dumps(values), flush=True)


def shown(session) -> dict:
    """Return what the window shows: labels and predictions of each clip, and the open bouts of the videos seen."""
    clips = {r.id: [r.start, r.end, list(r.labels), list(r.denied), r.facets] for r in session.table}
    if session.video is not None:
        BOUTS[session.video] = dict(session.open_bouts)
    return {"clips": clips, "bouts": BOUTS}


def main(project: Path, seed: int) -> None:
    chance = random.Random(seed)
    viewer = napari.Viewer(show=True)
    bench = open_in(viewer, project)
    host, session = bench.host, bench.host.session

    def until(condition) -> None:
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end
            QApplication.processEvents()
            time.sleep(0.002)

    def press(key, held=NONE) -> None:
        QTest.keyClick(host.window, key, held)
        QApplication.processEvents()

    def change(ids, *keys) -> None:
        say(about=list(ids))
        for key, held in keys:
            press(key, held)
        say(shown=shown(session))

    until(lambda: session.project is not None)
    session.set_annotator("Ada")  # who labelled what is there, so that nobody has to be asked
    assert QApplication.activeModalWidget() is None
    host.window.activateWindow()
    QTest.qWaitForWindowActive(host.window)
    say(shown=shown(session))
    while True:
        row = chance.choice(session.table.rows)
        session.open_clip(row.id)
        until(lambda: not host.player.why_no_picture())
        host.player.pause()
        say(shown=shown(session))
        for _ in range(4):
            key = chance.choice(ON_A_CLIP)
            # Undo goes back to whichever video the last change was made in.
            rows = session.table if key[0] == Key.Key_Z else session.table.of_video(session.video)
            change([r.id for r in rows], key)
        if row.id not in session.table:
            continue  # it was a bout, and an undo has taken it back
        say(about=[row.id])
        editing.set_facet(session, [row.id], "place", chance.choice(("cage", "field")))
        say(shown=shown(session))
        bench.tabs.setCurrentIndex(chance.randrange(2))
        # A bout: begun, and usually ended some frames later.
        press(Key.Key_L)
        session.seek(chance.randrange(9))
        change([], (Key.Key_2, NONE))
        press(Key.Key_Period)
        if chance.random() < 0.7 and len(session.table) < 40:
            change([], (Key.Key_2, NONE))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
