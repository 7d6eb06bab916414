import threading
import time

import pytest
from qtpy.compat import isalive
from qtpy.QtCore import QEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLabel, QWidget

from actiondiff_gui.errors import BackboneError
from actiondiff_gui.gui.services.jobs import Jobs
from actiondiff_gui.gui.services.jobs_line import JobsLine
from actiondiff_gui.progress import Progress


def counting(steps: int, seen: list | None = None, pause: float = 0.0):
    """Run ``steps`` steps that are written down, and "closed" at the end."""

    def make():
        try:
            for n in range(steps):
                yield Progress(n, steps, f"step {n}")
                if seen is not None:
                    seen.append(n)
                time.sleep(pause)
            return "result"
        finally:
            if seen is not None:
                seen.append("closed")

    return make


def test_a_result_arrives_in_the_windows_thread(host, wait):
    came = []
    host.jobs.start(counting(3), "counting", done=lambda r: came.append((r, threading.current_thread())))
    wait(lambda: came)
    assert came == [("result", threading.main_thread())]
    assert host.jobs.active() == []


def test_a_stopped_job_is_closed_and_its_result_never_comes(host, wait):
    seen, came = [], []
    job = host.jobs.start(counting(10_000, seen, 0.002), "counting", done=came.append)
    wait(lambda: len(seen) > 3)
    job.stop()
    assert job.stopping
    wait(lambda: job.finished)
    assert job.state == "stopped"
    assert seen[-1] == "closed"
    assert came == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (BackboneError("The model is gone. Choose another one."), "The model is gone. Choose another one."),
        (RuntimeError("CUDA error"), "RuntimeError: CUDA error"),
        (ValueError("odd"), "error occurred while counting"),
    ],
)
def test_an_error_becomes_a_sentence(host, wait, error, words):
    def make():
        yield Progress(0, 1)
        raise error

    host.jobs.start(make, "counting")
    wait(lambda: host.jobs.problems)
    assert words in host.jobs.problems[0]
    assert "Traceback" not in host.jobs.problems[0]
    assert words in host.viewer.status


def test_details_of_what_was_not_foreseen_are_in_a_file(host, wait, home):
    def make():
        yield Progress(0, 1)
        raise KeyError("secret")

    host.jobs.start(make, "counting")
    wait(lambda: host.jobs.problems)
    assert "KeyError" in (home / "errors.log").read_text()
    assert str(home / "errors.log") in host.jobs.problems[0]


def test_problems_of_a_closed_project_do_not_stay(pets):
    pets.jobs.add_problem("cat.mp4 cannot be read.")
    pets.session.close_project()
    assert pets.jobs.problems == []


def test_jobs_of_one_lane_wait_for_each_other(host, wait):
    seen = []
    first = host.jobs.start(counting(20, seen, 0.005), "first", lane="heavy")
    second = host.jobs.start(counting(1, seen), "second", lane="heavy")
    assert second.state == "waiting"
    wait(lambda: second.finished)
    assert first.state == "done"
    assert seen == [*range(20), "closed", 0, "closed"]


def test_of_jobs_that_look_something_up_two_run_at_once_and_the_newest_goes_first(host, wait):
    ended = []

    def start(name: str, steps: int, **more):
        return host.jobs.start(
            counting(steps, None, 0.005), name, lane="asking", done=lambda _: ended.append(name), **more
        )

    running = [start("first", 2000), start("second", 20)]
    older, newer, gone = start("older", 1), start("newer", 1), start("gone", 1, key="asked again")
    again = start("again", 1, key="asked again")
    assert [job.state for job in (*running, older, newer, gone, again)] == [
        *("running", "running", "waiting", "waiting", "stopped", "waiting")
    ]
    wait(lambda: len(ended) == 4)
    assert ended == ["second", "again", "newer", "older"]
    running[0].stop()
    wait(lambda: not host.jobs.active())


def test_a_waiting_job_can_be_stopped_before_it_begins(host, wait):
    seen = []
    first = host.jobs.start(counting(20, None, 0.005), "first", lane="heavy")
    second = host.jobs.start(counting(5, seen), "second", lane="heavy")
    second.stop()
    wait(lambda: first.finished and second.finished)
    assert second.state == "stopped"
    assert [n for n in seen if n != "closed"] == []


def test_a_newer_job_of_the_same_key_replaces_the_older_one(host, wait):
    came = []
    host.jobs.start(counting(10_000, None, 0.002), "old", key="map", done=lambda r: came.append("old"))
    host.jobs.start(counting(2), "new", key="map", done=lambda r: came.append("new"))
    wait(lambda: not host.jobs.active())
    assert came == ["new"]


def test_closing_leaves_no_thread_behind(make_napari_viewer, home, wait):
    from actiondiff_gui.gui.host import host_of

    before = set(threading.enumerate())
    viewer = make_napari_viewer()
    host = host_of(viewer)
    seen = []
    for n in range(3):
        host.jobs.start(counting(10_000, seen, 0.002), f"job {n}")
    wait(lambda: len(seen) > 5)
    viewer.close()
    assert set(threading.enumerate()) <= before
    assert seen.count("closed") == 3


def test_jobs_that_qt_destroys_before_the_widget_that_shows_them_stop_and_tell_nobody(qtbot, wait):
    jobs, shown = Jobs(), QWidget()
    jobs.shown_by(shown)
    seen = []
    job = jobs.start(counting(10_000, seen, 0.002), "job")
    wait(lambda: seen)
    with qtbot.captureExceptions() as raised:
        for gone in (jobs, shown):
            gone.deleteLater()
            QApplication.sendPostedEvents(gone, QEvent.Type.DeferredDelete)
            assert not isalive(gone)
        job._thread.join(10)
    assert not raised
    assert seen[-1] == "closed"


def test_the_time_left_follows_the_pace(host, wait):
    job = host.jobs.start(counting(50, None, 0.01), "counting")
    wait(lambda: job.progress.done >= 25)
    assert 0.1 < job.seconds_left() < 2
    wait(lambda: job.finished)


def test_a_sentence_that_is_too_long_for_the_line_ends_in_dots_and_a_wider_line_shows_more(host, wait):
    line = JobsLine(host)
    line.resize(200, 30)
    line.show()
    said = "No videos, 12 clips and 12 labels added to sample.actiondiff. 1 could not be imported."
    host.session.tell(said)
    wait(lambda: QLabel.text(line.text).endswith("…"))
    assert said.startswith(QLabel.text(line.text)[:-1])
    assert line.text.toolTip() == said
    line.resize(1200, 30)
    wait(lambda: QLabel.text(line.text) == said)
    assert line.text.toolTip() == ""
    line.close()


def test_a_sentence_does_not_outlive_what_it_says(pets, wait, monkeypatch):
    monkeypatch.setattr("actiondiff_gui.gui.services.jobs_line.NOTICE_MS", 150)
    monkeypatch.setattr("actiondiff_gui.gui.host.NOTICE_MS", 150)
    line = JobsLine(pets)
    pets.tell("2 clips deleted.")
    assert (line.text.text(), pets.viewer.status) == ("2 clips deleted.", "2 clips deleted.")
    wait(lambda: line.text.text() == "Every change is saved when it is made.", 5)
    wait(lambda: pets.viewer.status == "", 5)
    monkeypatch.setattr("actiondiff_gui.gui.services.jobs_line.NOTICE_MS", 60_000)
    pets.tell("3 clips deleted.")
    pets.session.close_project()
    assert line.text.text() == "Every change is saved when it is made."
    line.deleteLater()


def test_what_was_said_of_a_job_is_taken_back_when_somebody_stops_it(pets, wait):
    from actiondiff_gui.gui.services.jobs_line import JobsLine

    told = QLabel("Comparing.")
    line = JobsLine(pets)
    job = pets.jobs.start(counting(10_000, pause=0.01), "comparing")
    job.when_stopped = lambda: told.setText("Stopped.")
    wait(lambda: line.stop.isVisibleTo(line))
    line.stop.click()
    wait(lambda: told.text() == "Stopped.", 10)
    left = pets.jobs.start(counting(10_000, pause=0.01), "comparing", key="a")
    told.setText("Comparing.")
    left.when_stopped = lambda: told.setText("Stopped.")
    pets.jobs.leave("a")
    wait(lambda: left.finished, 10)
    assert told.text() == "Comparing."  # what took its place speaks for itself
    line.deleteLater()


def test_a_refusal_for_want_of_features_says_that_they_are_being_computed(pets, wait):
    from actiondiff_gui.embedding.neighbours import SimilarSettings
    from actiondiff_gui.gui.features.extraction import start_extraction
    from actiondiff_gui.gui.gallery.menu import find_similar

    session = pets.session
    session.set_address(timestep="t20", layers=(9,), pooling="mean")
    clip = session.table.rows[0].id
    find_similar(pets, (clip,), SimilarSettings(), "Clips")
    wait(lambda: pets.jobs.problems)
    assert pets.jobs.problems[-1].endswith("Compute them first (Features tab, or actiondiff-gui extract).")
    # The network is busy with something else, so the extraction waits.
    busy = pets.jobs.start(counting(100_000, pause=0.002), "counting", lane="heavy")
    extraction = start_extraction(pets, ["t20"], [9])
    find_similar(pets, (clip,), SimilarSettings(), "Clips")
    wait(lambda: len(pets.jobs.problems) > 1)
    assert pets.jobs.problems[-1].endswith("Features are being computed now.")
    extraction.stop()
    busy.stop()
    wait(lambda: extraction.finished and busy.finished)


def test_of_several_jobs_the_one_to_stop_is_chosen(pets, wait):
    line = JobsLine(pets)
    first = pets.jobs.start(counting(100_000, pause=0.002), "computing features", lane="heavy")
    second = pets.jobs.start(counting(100_000, pause=0.002), "training", lane="heavy")
    wait(lambda: first.state == "running")
    line.stop.click()
    stops = line._menu.actions()
    assert [entry.text() for entry in stops] == ["Stop computing features", "Stop training (waiting)"]
    stops[1].trigger()
    wait(lambda: second.finished)
    assert (first.state, second.state) == ("running", "stopped")
    line._menu.close()
    line.stop.click()
    wait(lambda: first.finished)
    assert first.state == "stopped"
    line.deleteLater()


def test_the_line_of_jobs_is_as_high_without_jobs_as_with_one(pets, wait):
    """Or a map above it would be drawn anew for every job."""
    from actiondiff_gui.gui.app import open_in

    bench = open_in(pets.viewer)
    line, host = bench.jobs_line, bench.host
    host.window.show()
    wait(lambda: line.isVisible())
    QTest.qWait(400)  # the docks get their sizes
    height, above = line.height(), bench.tabs.height()
    job = host.jobs.start(counting(100_000, pause=0.002), "counting")
    wait(lambda: line.stop.isVisible() and line.bar.isVisible())
    QApplication.processEvents()
    assert (line.height(), bench.tabs.height()) == (height, above)
    assert line.stop.height() >= line.stop.sizeHint().height()
    job.stop()
    wait(lambda: not line.stop.isVisible())
    assert (line.height(), bench.tabs.height()) == (height, above)
