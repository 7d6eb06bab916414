"""Backups made while the window is used, and restored in it."""

import os
from datetime import timedelta
from functools import partial

import pytest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.project import backups_keeper
from actiondiff_gui.gui.project import menu as projects
from actiondiff_gui.gui.project.backups_dialog import BackupsDialog
from actiondiff_gui.gui.project.check_dialog import CheckDialog
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.session.preferences import backup_every, set_backup_every
from actiondiff_gui.project.backups.making import back_up, backups_folder, list_backups
from actiondiff_gui.project.project import Project


@pytest.fixture
def often(monkeypatch):
    """Let the window look for due backups without a pause."""
    monkeypatch.setattr(backups_keeper, "FIRST_LOOK_MS", 1)
    monkeypatch.setattr(backups_keeper, "LOOK_MS", 20)


def test_a_backup_is_made_while_the_window_is_used_and_at_most_one_an_hour(often, host, project_file, wait):
    host.session.open_project(project_file)
    wait(lambda: list_backups(project_file))
    (first,) = list_backups(project_file)
    assert (first.clips, first.labels, first.why) == (3, 2, "while working")
    editing.relabel(host.session, [host.session.table.rows[2].id], "eat")
    looked = []
    host.backups._timer.timeout.connect(lambda: looked.append(1))
    wait(lambda: len(looked) > 3 and not host.jobs.active())
    assert list_backups(project_file) == [first]


def test_no_backup_is_made_while_working_where_that_is_off(often, host, project_file, wait):
    set_backup_every(host.session.preferences, timedelta(0))
    assert backup_every(host.session.preferences) is None
    looked = []
    host.backups._timer.timeout.connect(lambda: looked.append(1))
    host.session.open_project(project_file)
    wait(lambda: len(looked) > 3)
    assert not backups_folder(project_file).exists()


def test_that_no_backup_can_be_made_is_told_once(often, host, project_file, wait):
    backups_folder(project_file).write_text("a file where the folder must be")
    host.session.open_project(project_file)
    looked = []
    host.backups._timer.timeout.connect(lambda: looked.append(1))
    wait(lambda: len(looked) > 5 and host.jobs.problems)
    assert len(host.jobs.problems) == 1
    assert "No backup of" in host.jobs.problems[0]


@pytest.fixture
def changed(pets, project_file, wait):
    """Return the window with a project whose labels were all removed after a backup."""
    back_up(project_file, "asked for")
    for row in list(pets.session.table.rows[:2]):
        editing.clear(pets.session, [row.id])
    return pets


def labels(host) -> list[tuple]:
    return [row.labels for row in host.session.table.rows]


def test_a_backup_is_chosen_by_date_clips_and_labels_and_put_back(changed, project_file, wait):
    now = labels(changed)
    dialog = BackupsDialog(changed, project_file, partial(projects.restore, changed))
    wait(lambda: dialog.list.topLevelItemCount())
    item = dialog.list.topLevelItem(0)
    made = list_backups(project_file)[0].made.astimezone()
    assert [item.text(column) for column in range(4)] == [
        made.strftime("%Y-%m-%d %H:%M:%S"),
        "3",
        "2",
        "asked for",
    ]
    dialog.restore.click()
    wait(lambda: changed.session.project is not None and labels(changed) != now)
    assert labels(changed) == [("walk",), ("walk",), ()]
    assert "was restored to" in changed.viewer.status
    assert [backup.why for backup in list_backups(project_file)] == [
        "restored",
        "before restoring",
        "asked for",
    ]
    with Project.open(list_backups(project_file)[1].path) as before:
        assert len(before.labels(sources=("person",))) == sum(map(len, now))


def test_a_project_that_could_not_be_restored_is_open_again(changed, project_file, wait):
    backup = list_backups(project_file)[0]
    now = labels(changed)
    backup.path.write_bytes(b"damaged")
    projects.restore(changed, project_file, backup)
    wait(lambda: changed.jobs.problems and changed.session.project is not None)
    assert "cannot be used" in changed.jobs.problems[0]
    assert labels(changed) == now


def test_a_backup_is_made_at_once_and_how_often_is_chosen(pets, project_file, wait):
    dialog = BackupsDialog(pets, project_file, partial(projects.restore, pets))
    wait(lambda: "No backups yet" in dialog.said.text())
    assert not dialog.restore.isEnabled()
    dialog.make.click()
    wait(lambda: dialog.list.topLevelItemCount() == 1)
    place = dialog.often.findData(240)
    dialog.often.setCurrentIndex(place)
    dialog.often.activated.emit(place)
    assert backup_every(pets.session.preferences) == timedelta(hours=4)
    dialog.close()
    QApplication.processEvents()


def test_the_project_is_checked_and_mended_in_the_window(pets, project_file, wait):
    left = project_file.with_name(f".pets.{'0' * 32}.part.csv")
    left.write_text("half")
    os.utime(left, (0, 0))
    projects.ask_check(pets)

    def dialog() -> CheckDialog | None:
        found = [each for each in pets.window.findChildren(CheckDialog) if each.isVisible()]
        return found[-1] if found else None

    wait(dialog)
    assert "1 problem. Repair fixes 1 of them." in dialog().said.text()
    dialog().mend.click()
    wait(lambda: dialog() is not None and dialog().report.mended)
    assert not left.exists()
    assert dialog().said.text().startswith("pets.actiondiff is whole. 1 mended")
    dialog().close()
    QApplication.processEvents()
