"""The list of actions, used by hand: Enter, keys pressed, groups, pasted names, templates."""

import json

import pytest
from qtpy.compat import isalive
from qtpy.QtCore import Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog, QPlainTextEdit

from actiondiff_gui.gui.session.subjects import subjects
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Modifier


@pytest.fixture
def dialog(pets):
    from actiondiff_gui.gui.project.actions_dialog import ActionsDialog

    dialog = ActionsDialog(pets)
    dialog.open()
    yield dialog
    if isalive(dialog):
        dialog.close()


def cells(dialog) -> list[list[str]]:
    return [
        [dialog.list.topLevelItem(n).text(column) for column in range(5)]
        for n in range(dialog.list.topLevelItemCount())
    ]


def test_enter_adds_one_action_after_the_other(dialog):
    for name in ("run", "jump", "rest"):
        QTest.keyClicks(dialog.name, name)
        QTest.keyClick(dialog.name, Qt.Key.Key_Return)
    assert [row[1] for row in cells(dialog)] == ["walk", "eat", "run", "jump", "rest"]
    assert dialog.isVisible()
    assert not dialog.colour.menu().isVisible()
    assert dialog.name.text() == ""


def test_a_key_is_given_by_pressing_it_and_clashes_are_told(dialog):
    dialog.list.clearSelection()
    dialog.choose("walk")
    QTest.keyClick(dialog.details.key, Qt.Key.Key_W)
    assert cells(dialog)[0][0] == "W"
    assert dialog.said.text() == "W stands for walk now."
    dialog.list.clearSelection()
    dialog.choose("eat")
    QTest.keyClick(dialog.details.key, Qt.Key.Key_W)
    assert 'W is the key of "walk" already' in dialog.said.text()
    assert cells(dialog)[1][0] == "2"
    QTest.keyClick(dialog.details.key, Qt.Key.Key_L)
    assert 'L no longer stands for "Loop the clip, or play on"' in dialog.said.text()
    assert cells(dialog)[1][0] == "L"
    QTest.keyClick(dialog.details.key, Qt.Key.Key_Space)
    assert "Space cannot stand for an action" in dialog.said.text()
    assert cells(dialog)[1][0] == "L"


def test_group_category_kind_and_modifiers_are_given_to_all_chosen_actions(dialog):
    dialog.list.selectAll()
    dialog.details.group.setCurrentText("gait")
    QTest.keyClick(dialog.details.group.lineEdit(), Qt.Key.Key_Return)
    assert [row[2] for row in cells(dialog)] == ["gait", "gait"]
    dialog.list.clearSelection()
    dialog.choose("eat")
    dialog.details.modifiers.setText("food: nut, seed; grams (number)")
    QTest.keyClick(dialog.details.modifiers, Qt.Key.Key_Return)
    dialog.details.point.click()
    walk, eat = dialog.session.actions
    assert eat.modifiers == (Modifier("food", "single", ("nut", "seed")), Modifier("grams", "number"))
    assert (eat.point, eat.group, walk.point) == (True, "gait", False)
    dialog.details.modifiers.setText("food")
    QTest.keyClick(dialog.details.modifiers, Qt.Key.Key_Return)
    assert "has no choices" in dialog.said.text()
    assert dialog.session.actions[1].modifiers == eat.modifiers


def test_pasted_lines_become_actions_with_categories(dialog):
    dialog.add_text("groom, self care\nwalk\n\nrear\texploring\n")
    assert [(row[1], row[3]) for row in cells(dialog)] == [
        ("walk", ""),
        ("eat", ""),
        ("groom", "self care"),
        ("rear", "exploring"),
    ]
    dialog.add_text("walk\n")
    assert "no new action names" in dialog.said.text()


def test_actions_are_pasted_from_the_clipboard_by_keys(dialog):
    QApplication.clipboard().setText("groom, self care\nrear\texploring\ndig")

    def paste() -> None:
        asked = QApplication.activeModalWidget()
        field = asked.findChild(QPlainTextEdit)
        QTest.keyClick(field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        asked.accept()

    QTimer.singleShot(200, paste)
    QTest.mouseClick(dialog.paste, Qt.MouseButton.LeftButton)
    assert [(row[1], row[3]) for row in cells(dialog)[2:]] == [
        ("groom", "self care"),
        ("rear", "exploring"),
        ("dig", ""),
    ]
    assert dialog.said.text() == "3 actions added."


@pytest.mark.parametrize("ending", [".actiondiff", ".boris"])
def test_a_template_is_chosen_by_its_button_and_its_keys_work_in_the_player(
    dialog, pets, tmp_path, wait, monkeypatch, ending
):
    path = tmp_path / f"template{ending}"
    if ending == ".boris":
        fields = {"type": "State event", "description": "", "color": "", "category": "", "excluded": ""}
        dig = {**fields, "code": "dig", "key": "d", "modifiers": {}, "coding map": ""}
        path.write_text(json.dumps({"behaviors_conf": {"0": dig}, "observations": {}}))
    else:
        with Project.create(path) as other:
            other.add_action("dig", key="D")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    QTest.mouseClick(dialog.template, Qt.MouseButton.LeftButton)
    assert [row[:2] for row in cells(dialog)][-1] == ["D", "dig"]
    dialog.close()
    session = pets.session
    session.open_video(session.table.rows[1].video_id)
    wait(lambda: not pets.player.why_no_picture())
    pets.window.show()
    pets.window.activateWindow()
    QTest.qWaitForWindowActive(pets.window)
    canvas = pets.viewer.window._qt_viewer.canvas.native
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_D)
    assert session.open_bouts == {"dig": 0}


def test_the_ethogram_of_a_boris_project_is_taken_over(dialog, tmp_path):
    def behaviour(code, key, kind="State event", excluded="", category="", modifiers=None):
        return {
            **{"type": kind, "key": key, "code": code, "description": "", "color": "", "category": category},
            **{"modifiers": modifiers or {}, "excluded": excluded, "coding map": ""},
        }

    side = {"0": {"name": "side", "type": 0, "values": ["left (l)", "right (r)"]}}
    made = {
        "behaviors_conf": {
            "0": behaviour("rest", "r", excluded="run,walk"),
            "1": behaviour("run", "R", excluded="rest,walk", category="moving"),
            "2": behaviour("walk", "w", excluded="rest,run"),
            "3": behaviour("call", "c", "Point event", modifiers=side),
        },
        "subjects_conf": {"0": {"key": "1", "name": "mouse 1", "description": ""}},
        "observations": {},
    }
    (tmp_path / "etho.boris").write_text(json.dumps(made))
    dialog.take_over(tmp_path / "etho.boris")
    known = {action.name: action for action in dialog.session.actions}
    assert list(known) == ["walk", "eat", "rest", "run", "call"]
    assert (known["rest"].key, known["run"].key, known["call"].key) == ("R", "Shift+R", "C")
    assert known["rest"].group == known["run"].group != ""
    assert known["walk"].key == ""  # it was there, and keeps what it has
    assert known["run"].category == "moving"
    assert known["call"].point
    assert known["call"].modifiers == (Modifier("side", "single", ("left", "right")),)
    assert [(s.name, s.key) for s in subjects(dialog.session)] == [("mouse 1", "1")]
    assert dialog.said.text().startswith("3 actions added from etho.boris.")
    assert 'C no longer stands for "Comment on the bout"' in dialog.said.text()


def test_the_actions_of_another_project_are_taken_over(dialog, tmp_path):
    with Project.create(tmp_path / "other.actiondiff") as other:
        other.add_action("dig", "#FF005A", "with the paws", key="D", group="paws")
    dialog.take_over(tmp_path / "other.actiondiff")
    dig = dialog.session.actions[-1]
    assert (dig.name, dig.colour, dig.description, dig.key, dig.group) == (
        *("dig", "#FF005A", "with the paws", "D", "paws"),
    )
