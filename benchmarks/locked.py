"""Gaps of the window's event loop while another program locks its project and keys are pressed.

    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/locked.py

A timer of 5 ms in the window's thread notes when it is called; a gap is the time from one call to the next. A second process
begins an exclusive transaction on a copy of the sample project and keeps it for a minute. Four times a second a key is pressed:
labels, edges, a bout, undo, another clip, another tab. "waited" is how long the window's thread waited for the project in the
phase, in all and in one event at most; the rest of a gap is painting, which the phase without a lock has as well. At the end the
project is read by another connection: every change that waited is there once, in order.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time

from event_loop import Pulse, row

AIM = "waited in one event 100 ms at most"
_OTHER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
"""
KEYS = ("action_1", "end_back", "next", "action_2", "set_start", "action_2", "undo", "previous", "clear")


class Waits:
    """Notes how long the window's thread waits for the project, key by key."""

    def __init__(self) -> None:
        from actiondiff_gui.project.storage.exclusive_use import _Stock

        self.in_event: list[float] = []
        spend = _Stock.spend

        def noting(stock: _Stock, seconds: float) -> None:
            self.now += seconds
            spend(stock, seconds)

        self.now = 0.0
        _Stock.spend = noting

    def end_event(self) -> None:
        """End the event that waited."""
        self.in_event.append(self.now)
        self.now = 0.0

    def told(self) -> str:
        """In all, and the most in one event."""
        return f"{sum(self.in_event):.2f} | {max(self.in_event, default=0) * 1e3:.0f}"


def press_keys(pulse: Pulse, bench, waits: Waits, phase: str, seconds: float) -> int:
    """Press a key every quarter of a second; returns how many."""
    from qtpy.QtCore import QTimer

    host, pressed = bench.host, [0]

    def press() -> None:
        waits.end_event()
        host.keyboard.run(KEYS[pressed[0] % len(KEYS)])
        waits.end_event()
        pressed[0] += 1
        if pressed[0] % 20 == 0:
            bench.tabs.setCurrentIndex(pressed[0] // 20 % bench.tabs.count())
            waits.end_event()

    timer = QTimer()
    timer.setInterval(250)
    timer.timeout.connect(press)
    timer.start()
    waits.in_event.clear()
    pulse.rest(phase, seconds)
    timer.stop()
    return pressed[0]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="for which the project is held")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as home:
        os.environ["ACTIONDIFF_GUI_HOME"] = home
        import napari

        from actiondiff_gui.gui.app import open_in
        from actiondiff_gui.gui.project import menu as projects
        from actiondiff_gui.project.project import Project

        load = os.getloadavg()[0]
        viewer = napari.Viewer(show=True)
        viewer.window._qt_window.resize(1280, 800)
        bench = open_in(viewer)
        pulse, waits = Pulse(), Waits()
        host, session = bench.host, bench.host.session
        rows = {}
        try:
            projects.open_sample(host)
            pulse.until("", lambda: session.project is not None and not host.jobs.active())
            for tab in range(bench.tabs.count()):  # each is filled when it is first shown
                bench.tabs.setCurrentIndex(tab)
                pulse.rest("", 2)
            bench.tabs.setCurrentIndex(0)
            session.open_clip(session.table.rows[0].id)
            pulse.until("", lambda: host.player.layer is not None)
            host.player.pause()
            press_keys(pulse, bench, waits, "", 5)
            for phase in ("free", "held by another program"):
                other = None
                if phase != "free":
                    command = [sys.executable, "-c", _OTHER, str(session.project.path)]
                    other = subprocess.Popen(
                        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                    )
                    pulse.until("", lambda p=other: p.stdout.readline())
                pressed = press_keys(pulse, bench, waits, phase, seconds)
                rows[phase] = f"{pressed} | {waits.told()} | {len(session.changes)}"
                if other is not None:
                    waiting = session.changes.words()
                    other.communicate("\n")
                    start = time.perf_counter()
                    pulse.until("catching up", lambda: not session.changes)
                    rows["catching up"] = f"0 | {waits.told()} | 0"
                    took = time.perf_counter() - start
            with Project.open(session.project.path) as again:
                same = {c.id: (c.start, c.end) for c in again.clips()} == {
                    r.id: (r.start, r.end) for r in session.table
                } and len(again.labels(sources=("person",))) == len(
                    session.project.labels(sources=("person",))
                )
        finally:
            pulse.timer.stop()
            viewer.close()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, napari "
        f"{napari.__version__}; load before it began {load:.1f}, after {os.getloadavg()[0]:.1f}\n"
    )
    print(
        "| phase | seconds | longest gap, ms | 95th percentile, ms | by time, ms | gaps over 100 ms | in them | keys | "
        "waited, s | in one event at most, ms | changes that wait |"
    )
    print("|---|" + "---:|" * 10)
    for phase, told in rows.items():
        print(f"{row(phase, pulse.phases[phase])} {told} |")
    print(
        f"\n{len(waiting)} changes waited and were made within {took:.1f} s; as shown: {'yes' if same else 'NO'}."
    )
    print(f"Aim: {AIM}.")


if __name__ == "__main__":
    main()
