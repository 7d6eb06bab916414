"""Real window whose project another program holds: pending changes, and closing."""

import time

import pytest
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QMessageBox

from actiondiff_gui.gui.services.jobs_line import JobsLine
from actiondiff_gui.gui.session import editing
from actiondiff_gui.project.project import Project
from tests.locking import locked


@pytest.fixture
def bench(pets, wait):
    """Return the workbench with the second clip open, which Ada labelled "walk"; Bo is the annotator."""
    from actiondiff_gui.gui.workbench import Workbench

    bench = Workbench(pets.viewer)
    pets.viewer.window.add_dock_widget(bench, name="bench")
    pets.session.set_annotator("Bo")
    pets.session.open_clip(pets.session.table.rows[1].id)
    wait(lambda: not pets.player.why_no_picture() and not pets.jobs.active())
    pets.player.pause()
    return bench


def question(wait) -> QMessageBox:
    """Return the question that the window asks."""
    wait(lambda: isinstance(QApplication.activeModalWidget(), QMessageBox))
    return QApplication.activeModalWidget()


def said(host) -> list[tuple[str, str]]:
    """Return labels of the second clip as another program reads them."""
    clip = host.session.table.rows[1].id
    with Project.open(host.session.project.path) as project:
        return sorted((s.action, s.by) for s in project.labels([clip]) if s.value == 1)


def test_keys_wait_while_another_program_holds_the_project_and_the_line_says_so(bench, pets, wait, home):
    line = bench.findChild(JobsLine)
    with locked(pets.session.project.path) as other:
        for command in ("action_2", "end_back", "set_start", "action_2", "next", "previous", "undo", "play"):
            pets.keyboard.run(command)
            QApplication.processEvents()

        words = pets.session.changes.words()
        assert line.text.text().startswith(
            f"{len(words)} changes wait: another program is using the project."
        )
        for n in range(bench.tabs.count()):
            bench.tabs.setCurrentIndex(n)
            QApplication.processEvents()
        bench.tabs.setCurrentIndex(0)
        assert pets.session.table.rows[1].labels == ("walk",)
        assert words
        other.let_go()
    wait(lambda: not pets.session.changes)
    wait(lambda: pets.session.table.rows[1].labels == ("walk", "eat"))
    assert said(pets) == [("eat", "Bo"), ("walk", "Ada")]
    assert "is using" not in line.text.text()
    assert not (home / "errors.log").exists(), (home / "errors.log").read_text()


def test_the_window_asks_before_it_closes_over_changes_that_wait(bench, pets, wait):
    path, clip = pets.session.project.path, pets.session.table.rows[1].id
    with locked(path) as other:
        pets.keyboard.run("action_2")
        asked = []

        def answer() -> None:
            box = QApplication.activeModalWidget()
            if not isinstance(box, QMessageBox):
                QTimer.singleShot(20, answer)
                return
            asked.append(box.text())
            other.let_go()
            next(b for b in box.buttons() if b.text() == "Wait").click()

        QTimer.singleShot(20, answer)
        pets.window.close()
        assert "1 change waits" in asked[0]
        assert "eat on 1 clip" in asked[0]
    wait(lambda: pets.closed or not pets.session.changes)
    with Project.open(path) as project:
        assert sorted(s.action for s in project.labels([clip])) == ["eat", "walk"]


def test_undo_asks_where_somebody_else_changed_the_clip_since(bench, pets, wait):
    pets.keyboard.run("action_2")
    with Project.open(pets.session.project.path) as other:
        other.person = "Ada"
        other.label(pets.session.table.rows[1].id, "sleep", by="Ada")
    pets.keyboard.run("undo")
    box = question(wait)
    assert box.text().startswith("Ada changed clip 1 of clip_1.mp4 at ")
    assert box.text().endswith("after your change. Undo yours anyway?")
    box.button(QMessageBox.StandardButton.No).click()
    assert ("eat", "Bo") in said(pets)
    pets.keyboard.run("undo")
    question(wait).button(QMessageBox.StandardButton.Yes).click()
    assert said(pets) == [("sleep", "Ada"), ("walk", "Ada")]


def test_undo_leaves_a_filter_that_hides_what_it_took_back(bench, pets, wait):
    from actiondiff_gui.gui.clips.state.filtering import ClipFilter

    dock = bench.tabs.widget(0)
    hidden = pets.session.table.rows[1]
    pets.keyboard.run("action_2")
    told = []
    pets.session.notice.connect(told.append)
    dock.filter_bar.search.setText("clip_0")
    wait(lambda: dock.view.clips.rowCount() == 1)
    assert dock.view.clips.filter != ClipFilter()
    pets.keyboard.run("undo")
    assert told[-1] == "Undone: eat on 1 clip of clip_1.mp4. The filters were cleared to show it."
    assert dock.view.clips.rowCount() == 3
    assert pets.session.selection == (hidden.id,)


def test_a_busy_project_holds_no_key_up(bench, pets):
    """Each key returns long before the ten seconds that other threads wait; benchmarks/locked.py measures the gaps."""
    with locked(pets.session.project.path):
        for n in range(10):
            start = time.monotonic()
            pets.keyboard.run(f"action_{1 + n % 2}")
            assert time.monotonic() - start < 5
        assert len(pets.session.changes) == 10
    assert pets.session.project.history() == (0, 0)


def test_a_change_of_many_clips_is_saved_while_the_window_goes_on(bench, pets, wait, home, monkeypatch):
    monkeypatch.setattr(editing, "MANY", 0)
    line = bench.findChild(JobsLine)
    pets.keyboard.run("action_2")
    assert line.text.text() == "Being saved: eat on 1 clip."
    wait(lambda: not pets.session.changes)
    assert pets.session.table.rows[1].labels == ("walk", "eat")
    assert said(pets) == [("eat", "Bo"), ("walk", "Ada")]


def test_a_change_of_many_clips_is_in_the_project_though_the_window_was_closed_at_once(
    bench, pets, wait, home, monkeypatch
):
    monkeypatch.setattr(editing, "MANY", 0)
    clip, path = pets.session.table.rows[1].id, pets.session.project.path
    pets.keyboard.run("action_2")
    pets.close()
    with Project.open(path) as project:
        assert [s.action for s in project.labels([clip]) if s.by == "Bo"] == ["eat"]
