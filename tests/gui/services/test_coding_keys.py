"""Coding with real keys: own keys of actions, exclusive groups, points, and what is done to bouts afterwards."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.session.subjects import Subject, keep_subjects

Key = Qt.Key
SHIFT, NONE = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def coder(pets, wait):
    """Return the second video without clips, in a window that has the keyboard; walk and eat exclude each other."""
    session = pets.session
    project = session.project
    video = session.table.rows[1].video_id
    project.remove_clip([row.id for row in session.table.of_video(video)])
    for name, key in (("walk", "W"), ("eat", "E")):
        project.update_action(name, key=key, group="gait")
    project.add_action("rear", key="R")
    project.add_action("blink", point=True)
    session.reread()
    session.open_video(video)
    wait(lambda: not pets.player.why_no_picture())
    pets.window.show()
    take_keyboard(pets)
    return pets


def take_keyboard(host) -> None:
    """Make the window the active one; without a window manager it does not become so by itself when a dialog ends."""
    for _ in range(4):
        host.window.activateWindow()
        if QTest.qWaitForWindowActive(host.window):
            break
    host.viewer.window._qt_viewer.canvas.native.setFocus()


class Hand:
    """Presses keys in the window, and counts them."""

    def __init__(self, host) -> None:
        self.host, self.pressed = host, 0

    def press(self, key, held=NONE) -> None:
        QTest.keyClick(QApplication.focusWidget() or self.host.window, key, held)
        self.pressed += 1

    def at(self, frame: int, key, held=NONE) -> None:
        """Press a key where the video has come to ``frame`` by itself."""
        self.host.session.seek(frame)
        self.press(key, held)


def bouts(host) -> list[tuple[int, int, str]]:
    rows = host.session.table.of_video(host.session.video)
    return sorted((row.start, row.end, row.label) for row in rows)


def test_ten_contiguous_bouts_take_eleven_keys_and_share_no_frame(coder):
    hand = Hand(coder)
    for n in range(10):
        hand.at(3 * n, Key.Key_W if n % 2 == 0 else Key.Key_E)
    hand.at(32, Key.Key_E)
    assert hand.pressed == 11
    made = bouts(coder)
    assert [(start, end) for start, end, _ in made] == [
        *((3 * n, 3 * n + 3) for n in range(9)),
        (27, 33),
    ]
    assert [name for *_, name in made] == ["walk", "eat"] * 5
    assert coder.session.open_bouts == {}


def test_ten_separate_bouts_take_twenty_keys(coder):
    hand = Hand(coder)
    for n in range(10):
        hand.at(4 * n, Key.Key_R)
        hand.at(4 * n + 2, Key.Key_R)
    assert hand.pressed == 20
    assert [(start, end) for start, end, _ in bouts(coder)] == [(4 * n, 4 * n + 3) for n in range(10)]


def test_a_bout_is_labelled_anew_in_two_keys(coder):
    hand = Hand(coder)
    hand.at(5, Key.Key_R)
    hand.at(9, Key.Key_R)
    coder.session.seek(0)
    hand.pressed = 0
    hand.press(Key.Key_Down)
    assert coder.session.frame == 5
    hand.press(Key.Key_E)
    assert hand.pressed == 2
    assert bouts(coder) == [(5, 10, "eat")]
    hand.press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert bouts(coder) == [(5, 10, "rear")]


def test_a_key_right_after_a_bout_begins_the_next_one(coder):
    hand = Hand(coder)
    hand.at(5, Key.Key_W)
    hand.at(9, Key.Key_W)
    hand.press(Key.Key_E)
    hand.at(14, Key.Key_E)
    assert bouts(coder) == [(5, 10, "walk"), (10, 15, "eat")]


def test_a_bout_marked_backwards_gives_way_without_a_common_frame(coder):
    hand = Hand(coder)
    hand.at(20, Key.Key_W)
    hand.at(10, Key.Key_E)
    hand.at(4, Key.Key_E)
    assert bouts(coder) == [(4, 11, "eat"), (11, 21, "walk")]


def test_free_actions_go_on_beside_a_group(coder):
    hand = Hand(coder)
    hand.at(0, Key.Key_R)
    hand.at(2, Key.Key_W)
    hand.at(8, Key.Key_E)
    assert set(coder.session.open_bouts) == {"rear", "eat"}
    hand.at(12, Key.Key_R)
    assert bouts(coder) == [(0, 13, "rear"), (2, 8, "walk")]


def test_an_event_without_a_duration_is_one_frame_and_told_as_such(coder):
    Hand(coder).at(7, Key.Key_4)
    (row,) = coder.session.table.of_video(coder.session.video)
    assert (row.start, row.end, row.label, row.facets["event"]) == (7, 8, "blink", "point")
    assert coder.session.open_bouts == {}


def test_a_bout_is_split_merged_snapped_and_trimmed(coder):
    hand, told = Hand(coder), []
    coder.session.notice.connect(told.append)
    hand.at(0, Key.Key_W)
    hand.at(19, Key.Key_W)
    hand.at(8, Key.Key_K)
    assert bouts(coder) == [(0, 8, "walk"), (8, 20, "walk")]
    hand.at(0, Key.Key_Escape)
    hand.press(Key.Key_Down)  # to the last frame of the first bout
    hand.press(Key.Key_M)
    assert bouts(coder) == [(0, 20, "walk")]
    hand.press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert bouts(coder) == [(0, 8, "walk"), (8, 20, "walk")]
    coder.session.select([])
    hand.at(25, Key.Key_E)
    hand.at(30, Key.Key_E)
    hand.press(Key.Key_BraceLeft)
    assert bouts(coder)[-1] == (20, 31, "eat")
    coder.session.select([])
    hand.at(15, Key.Key_E)
    hand.at(18, Key.Key_E)
    assert "overlaps a bout of walk" in told[-1]
    hand.press(Key.Key_T)
    assert bouts(coder) == [
        (0, 8, "walk"),
        (8, 15, "walk"),
        (15, 19, "eat"),
        (19, 20, "walk"),
        (20, 31, "eat"),
    ]


def test_overlapping_bouts_of_one_action_are_told_and_merged(coder):
    hand, told = Hand(coder), []
    coder.session.notice.connect(told.append)
    for frame in (2, 10, 6, 14):
        hand.at(frame, Key.Key_R)
    assert "rear overlaps a bout of rear here. M merges them." in told
    hand.press(Key.Key_M)
    assert bouts(coder) == [(2, 15, "rear")]


def test_edges_are_gone_to_one_by_one(coder):
    hand = Hand(coder)
    for frame in (4, 9, 20, 25):
        hand.at(frame, Key.Key_R)
    coder.session.seek(0)
    seen = []
    for _ in range(4):
        hand.press(Key.Key_Down)
        seen.append(coder.session.frame)
    hand.press(Key.Key_Up)
    assert [*seen, coder.session.frame] == [4, 9, 20, 25, 20]
    assert len(coder.session.selection) == 1


def test_a_frame_or_time_is_gone_to(coder, wait):
    hand = Hand(coder)
    fps = coder.player.fps
    for text, frame in (("31", 31), (f"0:{12 / fps:.3f}", 12)):
        hand.press(Key.Key_G)
        wait(lambda: QApplication.activeModalWidget() is not None)
        field = QApplication.activeModalWidget()
        QTest.keyClicks(field.line, text)
        QTest.keyClick(field.line, Key.Key_Return)
        assert coder.session.frame == frame
        wait(lambda: QApplication.activeModalWidget() is None)
        take_keyboard(coder)
    hand.press(Key.Key_G)
    wait(lambda: QApplication.activeModalWidget() is not None)
    field = QApplication.activeModalWidget()
    QTest.keyClicks(field.line, "99")
    QTest.keyClick(field.line, Key.Key_Return)
    assert "frames 0 to 39" in field.said.text()
    field.reject()


def test_a_comment_and_a_doubt_are_kept_with_the_bout(coder, wait):
    hand = Hand(coder)
    hand.at(4, Key.Key_R)
    hand.at(9, Key.Key_R)
    hand.press(Key.Key_C)
    wait(lambda: QApplication.activeModalWidget() is not None)
    QTest.keyClicks(QApplication.activeModalWidget().line, "behind the nest")
    QTest.keyClick(QApplication.activeModalWidget().line, Key.Key_Return)
    wait(lambda: QApplication.activeModalWidget() is None)
    take_keyboard(coder)
    hand.press(Key.Key_Q)
    (row,) = coder.session.table.of_video(coder.session.video)
    assert (row.comment, row.unsure) == ("behind the nest", True)
    hand.press(Key.Key_Q)
    assert not coder.session.table.get(row.id).unsure


def test_a_subject_is_chosen_by_its_key_and_its_bouts_are_apart(coder):
    hand = Hand(coder)
    keep_subjects(coder.session, [Subject("mouse 1", "F1"), Subject("mouse 2", "F2")])
    hand.at(0, Key.Key_F1)
    hand.at(2, Key.Key_W)
    hand.press(Key.Key_F2)
    hand.at(5, Key.Key_E)
    assert coder.session.open_bouts == {"eat": 5}
    hand.at(9, Key.Key_E)
    hand.press(Key.Key_F1)
    assert coder.session.open_bouts == {"walk": 2}
    hand.at(12, Key.Key_W)
    rows = coder.session.table.of_video(coder.session.video)
    assert sorted((row.subject, row.start, row.end, row.label) for row in rows) == [
        ("mouse 1", 2, 13, "walk"),
        ("mouse 2", 5, 10, "eat"),
    ]
    hand.press(Key.Key_F1)
    assert coder.session.subject == ""


def test_the_key_of_an_action_takes_that_of_a_command_in_this_project_only(coder):
    hand = Hand(coder)
    project = coder.session.project
    project.update_action("rear", key="L")
    coder.session.reread_actions()
    hand.at(3, Key.Key_L)
    assert coder.session.open_bouts == {"rear": 3}
    project.update_action("rear", key="R")
    coder.session.reread_actions()
    looping = coder.session.looping
    hand.press(Key.Key_L)
    assert coder.session.looping is not looping


def test_forty_actions_have_forty_keys(coder):
    hand, project = Hand(coder), coder.session.project
    keys = [*"YUIOPASDFGHJLZXVBN", *(f"Shift+{letter}" for letter in "QWERTYUIOPASDFGHJL")]
    with project.transaction():
        for n, key in enumerate(keys):
            project.add_action(f"action {n}", key=key)
    coder.session.reread_actions()
    assert len(coder.session.actions) == 40
    assert len(coder.keyboard.action_keys) == 40
    hand.at(1, Key.Key_N)
    hand.at(2, Key.Key_L, SHIFT)
    assert set(coder.session.open_bouts) == {"action 17", "action 35"}


def test_modifiers_are_asked_in_passing_and_answered_by_keys(coder, wait):
    from actiondiff_gui.gui.player.bar import PlayerBar
    from actiondiff_gui.project.records import Modifier

    bar = PlayerBar(coder)
    coder.viewer.window.add_dock_widget(bar, name="bar", area="bottom")
    wait(bar.isVisible)
    side = Modifier("side", "single", ("left", "right"))
    parts = Modifier("parts", "multiple", ("head", "tail"))
    coder.session.project.update_action("rear", modifiers=[side, parts, Modifier("height", "number")])
    coder.session.reread_actions()
    hand = Hand(coder)
    coder.viewer.window._qt_viewer.canvas.native.setFocus()
    hand.at(2, Key.Key_R)
    hand.at(6, Key.Key_R)
    assert bar.modifiers.isVisible()
    for key in (Key.Key_2, Key.Key_3, Key.Key_4, Key.Key_1):
        hand.press(key, Qt.KeyboardModifier.ControlModifier)
    (row,) = coder.session.table.of_video(coder.session.video)
    assert (row.facets["modifier 1"], row.facets["modifier 2"]) == ("left", "head,tail")
    hand.press(Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    field = QApplication.focusWidget()
    QTest.keyClicks(field, "3.5")
    QTest.keyClick(field, Key.Key_Return)
    assert coder.session.table.get(row.id).facets["modifier 3"] == "3.5"
    coder.viewer.window._qt_viewer.canvas.native.setFocus()
    hand.at(20, Key.Key_W)
    hand.at(25, Key.Key_W)
    assert not bar.modifiers.isVisible()
    assert len(bouts(coder)) == 2


def test_a_stretch_is_looped_and_frames_are_bookmarked(coder):
    hand, session = Hand(coder), coder.session
    hand.at(5, Key.Key_I)
    hand.at(12, Key.Key_O)
    assert coder.player.stretch() == (5, 12)
    session.seek(12)
    coder.player.play()
    coder.player._from = (coder.player._from[0] - 1.0, 12)
    coder.player._tick()
    assert coder.player.playing
    assert session.frame == 5
    coder.player.pause()
    hand.press(Key.Key_Escape)
    assert coder.player.stretch() == (0, 39)
    hand.at(7, Key.Key_Y)
    hand.at(30, Key.Key_Y)
    hand.at(0, Key.Key_J)
    assert session.frame == 7
    hand.press(Key.Key_J)
    assert session.frame == 30
    hand.press(Key.Key_J, SHIFT)
    assert session.frame == 7
    hand.press(Key.Key_Y)
    assert session.bookmarks == [30]


def test_a_coder_who_is_blind_sees_no_bout_and_no_label_of_others(coder):
    hand, session = Hand(coder), coder.session
    hand.at(4, Key.Key_R)
    hand.at(9, Key.Key_R)
    other = session.table.rows[0]
    assert other.labels == ("walk",)
    session.set_annotator("Bo")
    session.set_blind(True)
    assert bouts(coder) == []
    assert not session.table.get(other.id).labelled
    hand.at(6, Key.Key_R)
    hand.at(9, Key.Key_R)
    assert bouts(coder) == [(6, 10, "rear")]
    assert len(session.project.clips(video_id=session.video)) == 2
    session.set_blind(False)
    assert bouts(coder) == [(4, 10, "rear"), (6, 10, "rear")]
    assert session.table.get(other.id).labels == ("walk",)


def test_a_second_is_at_least_one_frame_in_a_slow_recording(coder):
    from dataclasses import replace

    video = coder.session.video
    coder.session.videos[video] = replace(coder.session.videos[video], fps=0.5)
    coder.session.seek(3)
    coder.player.step_seconds(1)
    assert coder.session.frame == 4
    coder.player.step_seconds(-1)
    assert coder.session.frame == 3
