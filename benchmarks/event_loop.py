"""Gaps of the window's event loop while features are extracted, a map is made and a video plays.

    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/event_loop.py

A timer of 5 ms in the window's thread notes when it is called; a gap is the time from one call to the next. The
phases come one after the other in one fresh window with a copy of the sample project and the tiny backbone:
torch is not there before the extraction. A gap counts for the phase in which it ends. "by time" is the 95th
percentile of the gap in which a moment picked by chance lies; gaps count by their length there. "most computed" is
the processor time of the window's thread in the gap with most of it: other programs and other threads add nothing to that.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable

import numpy as np

TICK_MS, LONG = 5, 0.1
TIMESTEPS, LAYERS = ("t5", "t20"), (9,)
AIM = "the longest 100 ms, the 95th percentile 30 ms"


class Pulse:
    """Notes the gaps of the window's event loop, phase by phase."""

    def __init__(self) -> None:
        from qtpy.QtCore import Qt, QTimer

        self.phases: dict[str, list[float]] = {}
        self.worked: dict[str, float] = {}
        """The most that the window's thread computed from one tick to the next, in each phase."""
        self.phase, self.last, self.last_worked = "", time.perf_counter(), time.thread_time()
        self.timer = QTimer()
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.setInterval(TICK_MS)
        self.timer.timeout.connect(self._tick)
        self.timer.start()

    def _tick(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        if self.phase:
            self.phases.setdefault(self.phase, []).append(now - self.last)
            self.worked[self.phase] = max(self.worked.get(self.phase, 0.0), worked - self.last_worked)
        self.last, self.last_worked = now, worked

    def until(self, phase: str, over: Callable[[], object], limit: float = 300.0) -> None:
        """Let the window run, as ``phase``, until ``over()``; nothing is noted for a phase ""."""
        from qtpy.QtCore import QEventLoop, QTimer

        loop, look, end = QEventLoop(), QTimer(), time.perf_counter() + limit
        look.setInterval(10)
        look.timeout.connect(
            lambda: loop.exit(0) if over() else loop.exit(1) if time.perf_counter() > end else None
        )
        look.start()
        self.phase = phase
        late = loop.exec()
        self.phase = ""
        look.stop()
        if late:
            raise TimeoutError(f"{phase or 'the window'} took longer than {limit:.0f} s")

    def rest(self, phase: str, seconds: float) -> None:
        """Let the window run for a time."""
        end = time.perf_counter() + seconds
        self.until(phase, lambda: time.perf_counter() > end)


def row(phase: str, gaps: list[float]) -> str:
    """One line of the table."""
    gaps = np.sort(gaps)
    by_time = gaps[np.searchsorted(np.cumsum(gaps), 0.95 * gaps.sum())]
    share = gaps[gaps > LONG].sum() / gaps.sum()
    most = np.percentile(gaps, 95)
    return (
        f"| {phase} | {gaps.sum():.1f} | {gaps[-1] * 1e3:.0f} | {most * 1e3:.0f} | {by_time * 1e3:.0f} | "
        f"{np.count_nonzero(gaps > LONG)} | {share:.1%} |"
    )


def print_gaps(pulse: Pulse) -> None:
    """Print the table of all phases."""
    print(
        "| phase | seconds | longest gap, ms | 95th percentile, ms | by time, ms | gaps over 100 ms | in them | most computed, ms |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for phase, gaps in pulse.phases.items():
        print(f"{row(phase, gaps)} {pulse.worked[phase] * 1e3:.0f} |")


def measure(pulse: Pulse, bench, clips: int, seconds: float) -> None:
    """Go through the phases."""
    from actiondiff_gui.gui.features.extraction import start_extraction
    from actiondiff_gui.gui.project import menu as projects

    host, session = bench.host, bench.host.session
    projects.open_sample(host)
    pulse.until("", lambda: session.project is not None and not host.jobs.active())
    pulse.rest("", 2)
    host.player.pause()
    ids = [row.id for row in session.table]
    batches = iter([ids[i : i + clips] for i in range(0, len(ids), clips)])

    def extract():
        return start_extraction(host, TIMESTEPS, LAYERS, next(batches))

    def show(tab: str) -> None:
        session.show_dock.emit(tab)
        pulse.until("", lambda: not host.jobs.active())
        pulse.rest("", 2)

    show("Clips")
    pulse.rest("idle", seconds)
    job = extract()
    pulse.until("extraction: loading torch and the network", lambda: job.progress.total or job.finished)
    pulse.until("extraction: computing", lambda: job.finished)
    show("Features")
    job = extract()
    pulse.until("extraction: computing, features dock shown", lambda: job.finished)
    show("Map")
    for phase in ("UMAP map, the first", "UMAP map, another"):
        host.maps.make("umap")
        pulse.until(phase, lambda: not host.maps.making)
        pulse.rest("", 1)
    show("Clips")
    session.open_clip(ids[0])
    pulse.until("", lambda: host.player.layer is not None)
    host.player.play()
    pulse.rest("playing a clip", seconds)
    job = extract()
    pulse.until("playing a clip while extracting", lambda: job.finished)
    host.player.pause()
    _choose(pulse, bench)
    _look(pulse, bench)


def _choose(pulse: Pulse, bench) -> None:
    """Go to each tab and to another clip."""
    host, session = bench.host, bench.host.session
    for place in range(bench.tabs.count()):
        title = bench.tabs.tabText(place)
        bench.tabs.setCurrentIndex(place)
        pulse.rest(f"the tab {title}", 1)
        pulse.until("", lambda: not host.jobs.active())
    bench.tabs.setCurrentIndex(0)
    pulse.rest("", 1)
    session.open_clip([row.id for row in session.table][40])
    pulse.rest("another clip", 1.5)


def _look(pulse: Pulse, bench) -> None:
    """Show overlays side by side, and take them away."""
    from actiondiff_gui.gui.overlays.state.kinds import SOME
    from actiondiff_gui.gui.workbench import TABS

    host, session = bench.host, bench.host.session
    place = list(TABS).index("Overlays")
    bench.tabs.setCurrentIndex(place)
    dock = bench.tabs.widget(place)
    form, layers = dock.form, dock.stage.layers
    session.set_address(timestep="t25", layers=(3,), pooling="mean")
    ids = [row.id for row in session.table]
    session.select([ids[0]])
    session.open_clip(ids[0])
    pulse.rest("", 1)
    form.choose("similarity")

    def shown(count: int) -> bool:
        # Before layers were added a few at a time there was nothing to wait for.
        busy = getattr(layers, "busy", False)
        return len(dock.stage.shown) == count and not host.jobs.active() and not busy

    def painted(name: str, count: int) -> None:
        # Computed first, so that what is measured is the showing.
        dock.click(90, 90)
        pulse.until("", lambda: shown(count))
        dock.clear()
        pulse.rest("", 2)
        dock.click(90, 90)
        pulse.until(name, lambda: shown(count))
        pulse.rest(name, 1.5)
        dock.clear()
        pulse.rest(f"clearing {name}", 2)

    form.timesteps.setCurrentIndex(form.timesteps.findData(SOME))
    painted("seven timesteps side by side", 7)
    form.timesteps.setCurrentIndex(0)
    session.select([ids[0], ids[80], ids[160]])
    form.clips.setCurrentIndex(1)
    painted("three clips side by side", 3)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=24, help="clips of each extraction")
    parser.add_argument("--seconds", type=float, default=5.0, help="of idling and of playing alone")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["ACTIONDIFF_GUI_HOME"] = home
        import napari

        from actiondiff_gui.gui.app import open_in

        load = os.getloadavg()[0]
        viewer = napari.Viewer(show=True)
        viewer.window._qt_window.resize(1280, 800)
        bench = open_in(viewer)
        pulse = Pulse()
        try:
            measure(pulse, bench, asked.clips, asked.seconds)
        finally:
            pulse.timer.stop()
            viewer.close()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, napari "
        f"{napari.__version__}; {asked.clips} clips at 2 timesteps per extraction; load before it began {load:.1f}, "
        f"after {os.getloadavg()[0]:.1f}\n"
    )
    print_gaps(pulse)
    print(f"\nAim: {AIM}.")


if __name__ == "__main__":
    main()
