"""Waiting times of threads for a project that is in use."""

import threading
import time

import pytest

from actiondiff_gui.errors import ProjectBusyError
from actiondiff_gui.project.storage import exclusive_use
from tests.locking import locked

SLACK = 2.0
"""Seconds by which a loaded machine may be late. Waiting as others do takes ten."""


@pytest.fixture
def hurried():
    """Put the thread of the test in a hurry, as that of a window is."""
    exclusive_use.hurry()
    yield
    exclusive_use.hurry(False)


def waited(do) -> float:
    """Seconds after which ``do`` said that the project is in use."""
    start = time.monotonic()
    with pytest.raises(ProjectBusyError):
        do()
    return time.monotonic() - start


@pytest.mark.parametrize("begin", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE", "BEGIN"])
def test_a_thread_in_a_hurry_waits_a_moment_for_another_program(project, add_video, hurried, begin):
    clip = project.add_clip(add_video().id, 0, 5)
    with locked(project.path, begin) as other:
        assert waited(lambda: project.label(clip.id, "walk")) < exclusive_use.WINDOW_S + SLACK
        if begin == "BEGIN EXCLUSIVE":
            assert waited(project.clips) < SLACK
        else:
            assert project.labels() == []
        other.let_go()
    project.label(clip.id, "walk")
    assert len(project.labels()) == 1
    assert project.history() == (2, 0)


def test_many_calls_in_one_event_do_not_add_up(project, add_video, hurried):
    clip = project.add_clip(add_video().id, 0, 5)
    with locked(project.path):
        first = waited(project.clips)
        rest = [waited(lambda: project.label(clip.id, "walk")) for _ in range(50)]
    assert first >= exclusive_use.WINDOW_S
    # The stock fills up by a twelfth of the time that passes, however long that is on a loaded machine.
    assert sorted(rest)[25] < 0.02


def test_a_job_that_writes_for_long_does_not_hold_up_the_window(project, add_video, hurried):
    clip = project.add_clip(add_video().id, 0, 5)
    writes, goes_on = threading.Event(), threading.Event()

    def job() -> None:
        with project.transaction():
            project.label(clip.id, "walk")
            writes.set()
            goes_on.wait(60)

    thread = threading.Thread(target=job)
    thread.start()
    assert writes.wait(60)
    with pytest.raises(ProjectBusyError) as error:
        project.clips()
    assert error.value.who == "a job of this window"
    project.close()  # does not wait either: the job's turn ends with it
    goes_on.set()
    thread.join()
    with pytest.raises(Exception, match="closed"):
        project.clips()


def test_a_job_that_waits_for_another_program_does_not_hold_up_the_window(project, add_video, hurried):
    video = add_video()
    with locked(project.path, "BEGIN IMMEDIATE") as other:
        done = []
        thread = threading.Thread(target=lambda: done.append(project.add_clip(video.id, 0, 5)))
        thread.start()
        for _ in range(20):
            assert project.videos() == [video]
            time.sleep(0.01)
        assert thread.is_alive()
        other.let_go()
        thread.join()
    assert project.clips() == done


def test_a_setting_is_what_it_was_while_the_project_is_locked(project, hurried):
    project.set_setting("model", "first")
    assert project.setting("model") == "first"
    with locked(project.path):
        assert project.setting("model") == "first"
        assert project.setting("other", 3) == 3


def test_other_threads_wait_until_the_project_is_free(project, add_video):
    clip = project.add_clip(add_video().id, 0, 5)
    with locked(project.path) as other:
        threading.Timer(0.3, other.let_go).start()
        project.label(clip.id, "walk")
    assert len(project.labels()) == 1
