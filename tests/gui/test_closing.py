"""Closing while something runs: no thread, no process, no partial file, nothing shown late."""

import shutil
import threading

import numpy as np
import psutil
import pytest
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication

from actiondiff_gui.features.dataset import features_folder
from actiondiff_gui.gui.app import open_in
from actiondiff_gui.gui.features.extraction import start_extraction
from actiondiff_gui.gui.project import menu as projects
from actiondiff_gui.gui.workbench import TABS, WORKBENCH
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from tests.conftest import write_video
from tests.gui.window_cross import press_cross

JOBS = ("extraction", "map", "import", "look")


@pytest.fixture(scope="module")
def long_video(tmp_path_factory: pytest.TempPathFactory):
    """Write a video of 300 frames of 48 x 64 pixels."""
    still = np.random.default_rng(1).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    frames = np.stack([np.roll(still, 2 * t, axis=1) for t in range(300)])
    return write_video(tmp_path_factory.mktemp("long") / "long.mp4", frames)


@pytest.fixture
def first(tmp_path, long_video):
    """Return a project of one video with clips of 4 to 300 frames, more than a second's work in each job."""
    path = tmp_path / "first.actiondiff"
    with Project.create(path) as project:
        run(import_videos(project, [long_video]))
        (clip,) = project.clips()
        project.add_clips(clip.video_id, [(4 * n, 4 * n + 4, None, None, None) for n in range(40)])
        project.add_action("walk")
    return path


@pytest.fixture
def many(tmp_path, long_video):
    """Write a folder of 60 videos that differ in name and in their last byte."""
    folder = tmp_path / "many"
    folder.mkdir()
    whole = long_video.read_bytes()
    for n in range(60):
        (folder / f"{n}.mp4").write_bytes(whole + bytes([n]))
    return folder


@pytest.fixture
def bench(make_napari_viewer, home, first, svd_folder, wait, request):
    """Return the workbench with the first project, and what ran before it was there."""
    from actiondiff_gui.gui.host import host_of

    threads, processes = set(threading.enumerate()), set(children())
    viewer = make_napari_viewer()
    bench = open_in(viewer, first)
    host = host_of(viewer)
    wait(lambda: host.session.project is not None)
    host.session.set_address(backbone=str(svd_folder), timestep="t20", layers=(6,), device="cpu")
    bench.before = threads, processes
    yield bench
    host.close()
    request.node.funcargs.clear()


def children() -> list[int]:
    return [child.pid for child in psutil.Process().children(recursive=True)]


def begin(kind: str, bench, many, wait) -> None:
    """Start a job and wait until it is in the middle of its work."""
    host = bench.host
    session, rows = host.session, host.session.table.rows
    longest = max(rows, key=lambda row: row.end - row.start)
    if kind == "extraction":
        steps = ["t5", "t20"]
        job = start_extraction(host, steps, [6])
        wait(lambda: job.progress.done and job.progress.total)
    elif kind == "map":
        features = session.loaded.features(session.project, session.address)
        from actiondiff_gui.features.dataset import clip_sources

        random = np.random.default_rng(0)
        for source in clip_sources(session.project):
            frames = np.arange(source.start, source.end)
            tokens = {6: random.normal(size=(len(frames), 8)).astype(np.float32)}
            features.store.write(source.key, "t20", tokens, frames)
        host.maps.make("umap")
        wait(lambda: any("laying out" in job.progress.message for job in host.jobs.active()))
        assert children()
    elif kind == "import":
        projects.add_files(host, [many], layout="")
        # Not the project itself is asked: the window's thread does not wait for a job that writes to it.
        wait(lambda: any("importing" in j.title and j.progress.done > 3 for j in host.jobs.active()))
    else:
        session.open_clip(longest.id)
        wait(lambda: not host.player.why_no_picture())
        dock = bench.tabs.widget(list(TABS).index("Overlays"))
        dock.form.choose("colours")
        dock.form.timesteps.setCurrentIndex(1)
        dock.compute()
        # A look that takes its time is seen in the jobs line after a moment.
        wait(
            lambda: any(
                "computing overlays of" in j.title and j.progress.done and not j.quiet
                for j in host.jobs.active()
            )
        )
    assert [job for job in host.jobs.active() if not job.quiet]


def deleted() -> None:
    """Let Qt delete what is to be deleted, and then what that held."""
    for _ in range(4):
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def no_half_files(folder) -> bool:
    # Finished windows of a long clip (".partial") are kept for the next run.
    return not [file for file in folder.rglob("*") if ".part" in file.name.replace(".partial", "")]


def left_clean(bench, home, first, capfd) -> None:
    threads, processes = bench.before
    left = set(threading.enumerate()) - threads
    assert not left
    assert not set(children()) - processes
    log = home / "errors.log"
    assert not log.exists(), log.read_text()
    assert no_half_files(first.parent)
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err


@pytest.mark.parametrize("kind", JOBS)
def test_another_project_stops_the_job_and_gets_nothing_of_it(
    bench, kind, many, wait, home, first, tmp_path, project_file, capfd
):
    host = bench.host
    begin(kind, bench, many, wait)
    other = shutil.copy(project_file, tmp_path / "other.actiondiff")
    old, jobs = host.session.project, [job for job in host.jobs.active() if not job.quiet]
    heard = []
    host.session.features_changed.connect(lambda: heard.append("features"))
    projects.open_project(host, other)
    wait(lambda: host.session.project is not old)
    assert "Jobs stopped: " in host.viewer.status
    wait(lambda: all(job.finished for job in jobs))
    wait(lambda: not [job for job in host.jobs.active() if not job.quiet])
    assert [job.state for job in jobs] == ["stopped"] * len(jobs)
    assert not host.jobs.problems
    assert len(host.session.table) == 3
    assert len(host.session.videos) == 3
    assert not host.maps.maps
    assert bench.tabs.widget(list(TABS).index("Overlays")).stage.empty
    assert heard == []
    assert not features_folder(host.session.project).exists()
    # The window goes on as if nothing had been.
    host.session.open_clip(host.session.table.rows[2].id)
    host.keyboard.run("action_2")
    assert host.session.current_row.labels == ("eat",)
    wait(lambda: not host.jobs.active())
    left_clean(bench, home, first, capfd)
    whole(first)


@pytest.mark.parametrize("kind", JOBS)
def test_the_window_closes_in_the_middle_of_a_job(bench, kind, many, wait, home, first, capfd):
    begin(kind, bench, many, wait)
    bench.host.viewer.close()
    assert not bench.host.jobs.active() or bench.host.closed
    left_clean(bench, home, first, capfd)
    whole(first)


@pytest.mark.parametrize("kind", JOBS)
def test_the_job_stops_when_the_dock_that_shows_it_is_closed(bench, kind, many, wait, home, first, capfd):
    host = bench.host
    begin(kind, bench, many, wait)
    dock = host.viewer.window._wrapped_dock_widgets[WORKBENCH]
    dock.title.close_button.click()
    del dock
    deleted()
    wait(lambda: not host.jobs.active())
    left_clean(bench, home, first, capfd)
    again = open_in(host.viewer)
    assert again is not bench
    host.session.open_clip(host.session.table.rows[2].id)
    host.keyboard.run("action_1")
    host.session.select([])
    host.session.set_address(timestep="t19")
    assert host.session.current_row.labels == ("walk",)
    wait(lambda: not host.jobs.active())
    left_clean(bench, home, first, capfd)
    whole(first)


def test_a_job_goes_on_while_another_dock_shows_it(bench, many, wait, home, first, capfd):
    from actiondiff_gui.gui.workbench import Clips

    host = bench.host
    host.viewer.window.add_dock_widget(Clips(host.viewer), name="Clips")
    begin("import", bench, many, wait)
    host.viewer.window.remove_dock_widget(bench)
    deleted()
    wait(lambda: not host.jobs.active())
    assert len(host.session.videos) == 61
    left_clean(bench, home, first, capfd)


def test_a_dock_that_is_put_elsewhere_lives_on(bench):
    window = bench.host.viewer.window
    window.remove_dock_widget(bench)
    window.add_dock_widget(bench, name="elsewhere", area="left")
    deleted()
    bench.tabs.setCurrentIndex(list(TABS).index("Features"))
    assert bench.isVisibleTo(bench.window())


def test_a_closed_look_dock_hears_no_clicks(pets):
    from actiondiff_gui.gui.workbench import Overlays

    before = list(pets.viewer.mouse_drag_callbacks)
    dock = Overlays(pets.viewer)
    pets.viewer.window.add_dock_widget(dock, name="Overlays")
    assert list(pets.viewer.mouse_drag_callbacks) != before
    pets.viewer.window.remove_dock_widget(dock)
    deleted()
    assert list(pets.viewer.mouse_drag_callbacks) == before


def whole(path) -> None:
    """Check that the project opens, and every file of its features can be read."""
    from safetensors.numpy import load_file

    with Project.open(path) as project:
        assert project.clips()
        for file in features_folder(project).rglob("*.safetensors"):
            load_file(file)


def cancel_closing(host, wait) -> None:
    """Press the window's close button, and Cancel in the question that follows."""
    from napari._qt.dialogs.confirm_close_dialog import ConfirmCloseDialog
    from napari.settings import get_settings
    from qtpy.QtCore import QTimer

    get_settings().application.confirm_close_window = True
    asked = []

    def press():
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, ConfirmCloseDialog) and not asked:
            asked.append(dialog)
            dialog.cancel_btn.click()

    timer = QTimer()
    timer.timeout.connect(press)
    timer.start(20)
    press_cross(host.window)
    wait(lambda: asked)
    timer.stop()


def test_a_window_that_is_not_closed_after_all_goes_on_as_it_was(bench, many, wait, home, first, capfd):
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    host = bench.host
    session, window = host.session, host.window
    begin("extraction", bench, many, wait)
    session.open_clip(session.table.rows[2].id)
    wait(lambda: not session.why_no_picture())
    window.show()
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    host.viewer.window._qt_viewer.canvas.native.setFocus()
    QTest.keyClick(window, Qt.Key.Key_B)
    assert host.region.drawing
    # The picture is there before every frame of its video is proven; that job may still be under way.
    (job,) = [job for job in host.jobs.active() if job.title == "computing features"]
    for _ in range(2):
        cancel_closing(host, wait)
        assert window.isVisible()
        assert not host.closed
        assert host.region.drawing
        assert session.project is not None
        assert not job.stopping
    # The box can still be drawn, a label given, and the job ends by itself.
    host.region.layer.add_rectangles([[3, 4], [23, 34]])
    wait(lambda: session.current_row.has_roi)
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    QTest.keyClick(host.viewer.window._qt_viewer.canvas.native, Qt.Key.Key_1)
    assert session.current_row.labels == ("walk",)
    wait(lambda: job.state == "done")
    # The cross would delete the window that the fixture closes once more.
    host.viewer.close()
    assert host.closed
    assert session.project is None
    left_clean(bench, home, first, capfd)
    whole(first)
