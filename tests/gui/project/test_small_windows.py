from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QDialog

from actiondiff_gui.gui.project.actions_dialog import ActionsDialog
from actiondiff_gui.gui.project.import_report import added, grouped
from actiondiff_gui.project.formats.imports.report import ImportReport, Problem


def names(host):
    return [action.name for action in host.session.actions]


def test_actions_are_added_renamed_ordered_and_removed(pets):
    dialog = ActionsDialog(pets)
    dialog.open()
    QTest.keyClicks(dialog.name, "groom")
    QTest.keyClick(dialog.name, Qt.Key.Key_Return)
    assert names(pets) == ["walk", "eat", "groom"]
    assert dialog.chosen() == "groom"
    dialog.up.click()
    assert names(pets) == ["walk", "groom", "eat"]
    assert dialog.chosen() == "groom"
    dialog.list.currentItem().setText(1, "wash")
    assert names(pets) == ["walk", "wash", "eat"]
    dialog.remove.click()
    assert names(pets) == ["walk", "eat"]
    dialog.close()


def test_an_action_gets_another_colour_of_the_palette(pets):
    dialog = ActionsDialog(pets)
    dialog.open()
    dialog.choose("walk")
    menu = dialog.colour.menu()
    menu.aboutToShow.emit()
    next(entry for entry in menu.actions() if entry.text() == "Green").trigger()
    assert pets.session.colour_of("walk") == "#009E73"
    dialog.close()


def test_what_cannot_be_done_to_an_action_is_said_in_the_window(pets):
    dialog = ActionsDialog(pets)
    dialog.open()
    dialog.choose("walk")
    dialog.remove.click()
    assert "2 clips" in dialog.said.text()
    dialog.list.currentItem().setText(1, "eat")
    assert "already" in dialog.said.text()
    assert dialog.list.topLevelItem(0).text(1) == "walk"
    assert names(pets) == ["walk", "eat"]
    dialog.close()


def test_an_import_with_problems_names_them_before_anything_goes_in(pets, tmp_path, wait):
    from actiondiff_gui.gui.project import menu as projects

    table = tmp_path / "clips.csv"
    table.write_text("video,start,end,label\nnot_there.mp4,,,walk\n", encoding="utf-8")
    projects.add_files(pets, [table])

    def opened():
        found = pets.window.findChildren(QDialog)
        return [w for w in found if type(w).__name__ == "ImportTableDialog" and w.planned is not None]

    wait(opened)
    (dialog,) = opened()
    told = dialog.found.toPlainText() + dialog.said.text() + " ".join(dialog.questions.videos)
    assert "not_there.mp4" in told
    dialog.reject()
    assert len(pets.session.table) == 3


def test_lines_with_one_reason_are_listed_together():
    file = Path("t.csv")
    problems = [Problem(file, n, "Too short.") for n in (3, 5)] + [Problem(file, 4, "No video.")]
    assert grouped(problems) == [("t.csv, lines 3, 5", "Too short."), ("t.csv, line 4", "No video.")]
    assert added(ImportReport(1, 0, 1200)) == "No videos, 1 clip and 1,200 labels added"
