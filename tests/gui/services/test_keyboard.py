"""Real keys pressed in the main window."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLineEdit

from actiondiff_gui.gui.session import editing

CTRL, ALT, SHIFT, NONE = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)
Key = Qt.Key


@pytest.fixture
def opened(pets, wait):
    """Return the second clip, frames 10 to 30 of 40, looped in a window that has the keyboard."""
    session = pets.session
    row = session.table.rows[1]
    editing.set_edges(session, row.id, 10, 30)
    session.open_clip(row.id)
    wait(lambda: not pets.player.why_no_picture())
    pets.window.show()
    # The windows of a test process beside this one can take the keyboard away again.
    for _ in range(4):
        pets.window.activateWindow()
        if QTest.qWaitForWindowActive(pets.window):
            break
    assert pets.window.isActiveWindow()
    pets.viewer.window._qt_viewer.canvas.native.setFocus()
    return pets


def press(host, key, held=NONE) -> None:
    from qtpy.QtWidgets import QApplication

    QTest.keyClick(QApplication.focusWidget() or host.window, key, held)


def edges(host) -> tuple[int, int]:
    clip = host.session.project.clip(host.session.table.rows[1].id)
    return clip.start, clip.end


def test_digits_label_the_looped_clip_and_undo_and_redo_go_through_the_steps(opened):
    session = opened.session
    labels = lambda: session.table.rows[1].labels  # noqa: E731
    press(opened, Key.Key_2)
    assert labels() == ("walk", "eat")
    press(opened, Key.Key_1)
    assert labels() == ("eat",)
    press(opened, Key.Key_Z, CTRL)
    assert labels() == ("walk", "eat")
    press(opened, Key.Key_Z, CTRL)
    assert labels() == ("walk",)
    press(opened, Key.Key_Z, CTRL | SHIFT)
    assert labels() == ("walk", "eat")
    press(opened, Key.Key_X, NONE)
    assert session.table.rows[1].denied == ("walk", "eat")
    press(opened, Key.Key_Backspace)
    assert not session.table.rows[1].labelled
    assert session.project.clip(session.current).id == session.current


def test_a_digit_begins_a_bout_and_the_same_digit_ends_it_where_nothing_is_looped(opened):
    session = opened.session
    press(opened, Key.Key_L)
    assert not session.looping
    session.seek(3)
    press(opened, Key.Key_2)
    assert session.open_bouts == {"eat": 3}
    session.seek(8)
    press(opened, Key.Key_2)
    made = session.table.get(session.selection[0])
    assert (made.start, made.end, made.labels) == (3, 9, ("eat",))
    assert session.open_bouts == {}
    press(opened, Key.Key_Z, CTRL)
    assert made.id not in session.table


def test_brackets_set_the_edges_at_the_frame_and_arrows_nudge_them(opened):
    session = opened.session
    session.seek(14)
    press(opened, Key.Key_BracketLeft)
    session.seek(25)
    press(opened, Key.Key_BracketRight)
    assert edges(opened) == (14, 26)
    press(opened, Key.Key_Left, CTRL)
    assert edges(opened) == (13, 26)
    assert session.frame == 13
    press(opened, Key.Key_Right, CTRL | SHIFT)
    assert edges(opened) == (23, 26)
    press(opened, Key.Key_Right, ALT)
    assert edges(opened) == (23, 27)
    assert session.frame == 26
    press(opened, Key.Key_Left, ALT | SHIFT)
    assert edges(opened) == (23, 24)
    press(opened, Key.Key_Z, CTRL)
    assert edges(opened) == (23, 27)


def test_frames_and_seconds_are_stepped(opened):
    session = opened.session
    press(opened, Key.Key_Period)
    assert session.frame == 11
    press(opened, Key.Key_Comma)
    assert session.frame == 10
    press(opened, Key.Key_Greater)
    assert session.frame == 34
    press(opened, Key.Key_Less)
    assert session.frame == 10
    press(opened, Key.Key_Equal)
    assert opened.player.speed == 1.5
    press(opened, Key.Key_Space)
    assert opened.player.playing
    press(opened, Key.Key_Space)
    assert not opened.player.playing


def test_n_p_and_u_go_to_the_next_the_previous_and_the_next_unlabelled_clip(opened):
    session = opened.session
    first, second, third = (row.id for row in session.table.rows)
    press(opened, Key.Key_P)
    assert session.current == first
    press(opened, Key.Key_N)
    assert session.current == second
    press(opened, Key.Key_P)
    press(opened, Key.Key_U)
    assert session.current == third
    assert session.selection == (third,)
    said = []
    session.notice.connect(said.append)
    press(opened, Key.Key_N)
    assert said == ["There is no further clip."]
    opened.player.pause()


def test_delete_removes_the_chosen_clips_and_undo_brings_them_back(opened):
    session = opened.session
    row = session.table.rows[1]
    press(opened, Key.Key_Delete)
    assert row.id not in session.table
    assert session.current is None
    press(opened, Key.Key_Z, CTRL)
    assert session.table.get(row.id).labels == ("walk",)


def test_what_is_typed_in_a_text_field_labels_nothing(opened):
    field = QLineEdit()
    opened.viewer.window.add_dock_widget(field, name="a field")
    field.setFocus()
    assert field.hasFocus()
    QTest.keyClicks(field, "2x1n ")
    press(opened, Key.Key_Backspace)
    assert field.text() == "2x1n"
    assert opened.session.table.rows[1].labels == ("walk",)
    assert opened.session.table.rows[1].denied == ()
    press(opened, Key.Key_Z, CTRL)
    assert edges(opened) == (10, 30)
    opened.viewer.window._qt_viewer.canvas.native.setFocus()
    press(opened, Key.Key_2)
    assert opened.session.table.rows[1].labels == ("walk", "eat")


def test_a_changed_key_works_is_shown_and_is_remembered(opened, home):
    from actiondiff_gui.gui.player.bar import PlayerBar
    from actiondiff_gui.gui.services.keys_dialog import KeysDialog
    from actiondiff_gui.gui.session.commands import Keys
    from actiondiff_gui.gui.session.preferences import Preferences

    bar = PlayerBar(opened)
    dialog = KeysDialog(opened)
    dialog.show()
    dialog.activateWindow()
    assert QTest.qWaitForWindowActive(dialog)
    field = dialog.fields["action_2"]
    field.setFocus()
    QTest.keyClick(field, Key.Key_W)
    field.clearFocus()
    assert opened.keys.key("action_2") == "W"
    # A key that is taken stays with its command, and the dialog says whose it is.
    other = dialog.fields["next"]
    other.setFocus()
    QTest.keyClick(other, Key.Key_W)
    other.clearFocus()
    assert opened.keys.key("next") == "N"
    assert "W is already the key of" in dialog.said.text()
    assert other.keySequence() == QKeySequence("N")
    dialog.close()
    assert bar.actions.buttons["eat"].text() == "W eat"
    assert Keys(Preferences()).key("action_2") == "W"

    opened.window.activateWindow()
    assert QTest.qWaitForWindowActive(opened.window)
    press(opened, Key.Key_2)
    assert opened.session.table.rows[1].labels == ("walk",)
    press(opened, Key.Key_W)
    assert opened.session.table.rows[1].labels == ("walk", "eat")


def test_edges_of_a_clip_that_is_only_selected_are_nudged_too(opened):
    session = opened.session
    row = session.table.rows[1]
    session.open_video(row.video_id, 5)
    session.select([row.id])
    assert session.current is None
    press(opened, Key.Key_Left, CTRL)
    assert edges(opened) == (9, 30)
    assert session.frame == 9
