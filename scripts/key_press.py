"""Count the functions and files of the package that one digit key runs through, with a tab shown.

    xvfb-run -a -s "-screen 0 1600x1000x24" python scripts/key_press.py [TAB ...]

A real window with a copy of the sample project; every tab that is named is shown once, so that nothing is made for the
first time, and the last is where the key is pressed. Counted are functions of the package that begin in the window's
thread and are no part of painting.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

PACKAGE = f"{os.sep}actiondiff_gui{os.sep}"

PAINTS = {"paintEvent", "paint", "headerData", "rowCount", "columnCount"}
"""Functions with which Qt paints, and asks tables what to paint."""


def press(window: Any, key: str) -> None:
    """Press a key in the window that has the keyboard."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest
    from qtpy.QtWidgets import QApplication

    QTest.keyClick(QApplication.focusWidget() or window, getattr(Qt.Key, f"Key_{key}"))


def until(over: Callable[[], object], limit: float = 120.0) -> None:
    """Process events until ``over()``."""
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + limit
    while not over() and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.002)


def rest(seconds: float) -> None:
    """Let the window do what it has to do."""
    end = time.monotonic() + seconds
    until(lambda: time.monotonic() > end)


def functions_of(run: Callable[[], object]) -> Counter[CodeType]:
    """Return how often each function of the package began while ``run()`` ran."""
    found: Counter[CodeType] = Counter()
    painting: list[FrameType] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if PACKAGE not in frame.f_code.co_filename or frame.f_code.co_name[0] == "<":
            return
        if event == "call" and not painting:
            if frame.f_code.co_name in PAINTS:
                painting.append(frame)
            else:
                found[frame.f_code] += 1
        elif event == "return" and painting and painting[0] is frame:
            painting.clear()

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return found


def words(found: Counter[CodeType]) -> str:
    """Functions and files in a few words, and how many of the functions are those of the window, below ``gui/``."""
    window = sum(f"{PACKAGE}gui{os.sep}" in code.co_filename for code in found)
    files = len({code.co_filename for code in found})
    return f"{len(found)} functions in {files} files ({window} of the window, {len(found) - window} of the engine)"


def main() -> None:
    """Print one line for each tab."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tabs", nargs="*", default=["Clips", "Map"])
    parser.add_argument("--names", action="store_true", help="print the functions too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["ACTIONDIFF_GUI_HOME"] = home
        import napari
        from qtpy.QtTest import QTest

        from actiondiff_gui.gui.app import open_in
        from actiondiff_gui.gui.project import menu as projects

        viewer = napari.Viewer(show=True)
        bench = open_in(viewer)
        host, session, window = bench.host, bench.host.session, bench.host.window
        try:
            projects.open_sample(host)
            until(lambda: session.project is not None and not host.jobs.active())
            for tab in (*asked.tabs, *asked.tabs):
                session.show_dock.emit(tab)
                until(lambda: not host.jobs.active(), 20)
            for number, tab in enumerate(asked.tabs):
                session.show_dock.emit(tab)
                session.open_clip(session.table.rows[number].id)
                until(lambda: host.player.layer is not None and not host.jobs.active(), 20)
                host.player.pause()
                window.activateWindow()
                if not QTest.qWaitForWindowActive(window):
                    raise SystemExit("The window did not get the keyboard.")
                rest(3)

                acted = functions_of(lambda: press(window, "2"))
                painted = functions_of(lambda: rest(1))
                found = acted + painted
                print(
                    f"{tab}: {words(acted)} until the key is done; {words(found)} with all painting after it"
                )
                if asked.names:
                    for code, count in sorted(
                        found.items(), key=lambda e: (e[0].co_filename, e[0].co_firstlineno)
                    ):
                        file = code.co_filename.rpartition(PACKAGE)[2]
                        when = "" if code in acted else ", after the key"
                        print(f"  {file}:{code.co_firstlineno} {code.co_qualname} x{count}{when}")
        finally:
            viewer.close()


if __name__ == "__main__":
    main()
