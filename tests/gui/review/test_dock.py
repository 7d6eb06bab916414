"""Review in a real window, answered with real keys."""

import threading
import time
from dataclasses import replace

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.classifier.models.library import list_models, model_path
from actiondiff_gui.gui.review.dock import ReviewDock
from actiondiff_gui.gui.review.state.numbers import trained_at
from actiondiff_gui.gui.session import editing
from tests.gui.made_up import fill, truth_of

Key = Qt.Key
CTRL, SHIFT, NONE = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)


@pytest.fixture
def dock(pets, wait):
    """Return the dock in a window that has the keyboard, over thirty made-up clips and a model, with its queue."""
    fill(pets.session, clips=30)
    dock = ReviewDock(pets)
    pets.viewer.window.add_dock_widget(dock, name="review", area="right")
    pets.window.resize(1200, 900)
    pets.window.show()
    pets.window.activateWindow()
    assert QTest.qWaitForWindowActive(pets.window)
    wait(lambda: dock.maker.review.queue is not None and not dock.maker.making)
    dock.maker.set_settings(replace(dock.maker.settings, every=None))
    pets.viewer.window._qt_viewer.canvas.native.setFocus()
    return dock


@pytest.fixture
def asking(dock, wait):
    """Return the same, started: the first clip plays."""
    QApplication.processEvents()
    dock.empty.buttons["Start"].click()
    wait(lambda: not dock.host.player.why_no_picture())
    return dock


def press(dock, key, held=NONE) -> None:
    # Another test's window on the same screen may have taken the keyboard meanwhile.
    dock.host.window.activateWindow()
    assert QTest.qWaitForWindowActive(dock.host.window)
    end = time.monotonic() + 60
    while dock.maker.review.listening and dock.session.why_no_picture():
        assert time.monotonic() < end, "the asked clip was not shown in time"
        QApplication.processEvents()
    QTest.keyClick(QApplication.focusWidget() or dock.host.window, key, held)
    QApplication.processEvents()


def test_a_review_by_keys_labels_corrects_denies_excludes_and_takes_back(asking):
    review, session = asking.maker.review, asking.session
    row = lambda clip: session.table.get(clip)  # noqa: E731
    assert asking.host.player.playing
    first = review.asked
    press(asking, Key.Key_Return)
    assert row(first.clip_id).labels == first.predicted
    second = review.asked
    wrong = 1 if second.predicted == ("eat",) else 2
    press(asking, Key.Key_1 if wrong == 1 else Key.Key_2)
    assert row(second.clip_id).labels == (session.actions[wrong - 1].name,)
    third = review.asked
    press(asking, Key.Key_X)
    assert row(third.clip_id).denied == third.predicted
    fourth = review.asked
    press(asking, Key.Key_E)
    assert row(fourth.clip_id).excluded
    press(asking, Key.Key_S)
    assert review.counts() == (4, 1, 19)
    assert session.current == review.asked.clip_id
    fifth = review.asked
    press(asking, Key.Key_Tab)
    assert review.asked != fifth
    press(asking, Key.Key_Backtab, SHIFT)
    assert review.asked == fifth
    for _ in range(2):
        press(asking, Key.Key_Z, CTRL)
    assert not row(fourth.clip_id).excluded
    assert session.current == review.asked.clip_id == fourth.clip_id
    press(asking, Key.Key_Z, CTRL | SHIFT)
    assert row(fourth.clip_id).excluded
    assert [a.answer for a in session.project.answers()] == ["confirmed", "corrected", "denied", "excluded"]


def test_the_dock_shows_the_prediction_why_and_how_far(asking, wait):
    review = asking.maker.review
    card = asking.card
    wait(lambda: card.badges.names == review.asked.predicted)
    assert (
        card.reason.text() == "Unsure between eat and walk."
        or card.reason.text() == "Unsure between walk and eat."
    )
    assert [chance.name for chance in card.chances.rows] == ["walk", "eat"]
    assert sum(chance.probability for chance in card.chances.rows) == pytest.approx(1)
    assert card.near.clips == review.asked.neighbours
    assert asking.progress.text() == "0 answered, 24 left"
    asked = review.asked
    # A click on a bar answers like the digit.
    QTest.mouseClick(
        card.chances, Qt.MouseButton.LeftButton, pos=card.chances.rect().topLeft() + QPoint(60, 8)
    )
    assert asking.session.table.get(asked.clip_id).labels == ("walk",)
    wait(lambda: asking.progress.text() == "1 answered, 23 left")
    assert asking.counter.text() == "7 labelled (1 in review), 0 predicted, 1 changed since training"


def test_keys_mean_what_they_mean_elsewhere_while_another_clip_is_open(asking):
    review, session = asking.maker.review, asking.session
    asked = review.asked.clip_id
    other = next(row.id for row in session.table.rows if row.id != asked and not row.labelled)
    session.open_clip(other)
    press(asking, Key.Key_1)
    assert session.table.get(other).labels == ("walk",)
    assert session.table.get(other).answer is None
    press(asking, Key.Key_E)
    assert not session.table.get(other).excluded
    press(asking, Key.Key_Tab)
    assert session.current == asked
    asking.card.buttons["pause"].click()
    press(asking, Key.Key_E)
    assert not session.table.get(asked).excluded
    assert not any(
        s.isEnabled() for c, s in asking.host.keyboard._shortcuts.items() if c.startswith("review_")
    )


def test_the_model_is_trained_again_after_so_many_answers_and_the_asked_clip_stays(asking, wait):
    maker, session = asking.maker, asking.session
    review = maker.review
    maker.set_settings(replace(maker.settings, every=3))
    for _ in range(3):
        review.choose("walk" if truth_of(session, review.asked.clip_id) > 0 else "eat")
    assert maker.training
    during = review.asked
    # Somebody goes on while the model learns; it may have read the labels already, or not.
    review.confirm()
    asked = review.asked
    wait(lambda: not maker.training)
    wait(lambda: review.queue.model == "first 2")
    assert session.model == "first 2"
    assert review.asked is asked
    assert session.current == asked.clip_id
    assert session.table.get(during.clip_id).labels == during.predicted
    rows = session.table.rows
    assert {row.model for row in rows if row.prediction} == {"first 2"}
    changed = len(session.project.labels_since(trained_at(session.project, "first 2")))
    assert changed in (0, 1)
    wait(lambda: f"{changed} changed since training" in asking.counter.text())
    review.confirm()
    wait(lambda: f"{changed + 1} changed since training" in asking.counter.text())
    assert session.project.answers()[-1].model == "first"
    review.confirm()
    assert session.project.answers()[-1].model == "first 2"


def test_the_queue_of_an_order_that_was_left_is_dropped(asking, wait):
    maker = asking.maker
    came = []
    take = maker.review.take
    maker.review.take = lambda queue: (came.append(queue.order), take(queue))
    maker.set_order("novelty")
    maker.set_order("random")
    wait(lambda: not maker.making)
    for _ in range(50):
        QApplication.processEvents()
    assert came == ["random"]
    assert not asking.every.isEnabled()
    asked = maker.review.asked
    maker._came(asking.session.project, maker.review.queue.__class__("gone", (), True, "random", (), 0, 0))
    assert maker.review.asked is asked
    assert maker.review.queue.model == "first"


def test_what_lacks_is_said_with_the_button_that_helps(pets, wait, project_file):
    dock = ReviewDock(pets)
    pets.viewer.window.add_dock_widget(dock, name="review", area="right")
    pets.window.show()
    asked_for = []
    pets.session.show_dock.connect(asked_for.append)
    wait(lambda: "Train a model first" in dock.empty.sentence.text())
    dock.empty.buttons["Go to Train"].click()
    assert asked_for == ["Train"]
    fill(pets.session, clips=8)
    wait(lambda: "Start" in dock.empty.buttons)
    assert "1 more clips have no features" in dock.empty.sentence.text()
    pets.session.set_model(None)
    wait(lambda: "Use first" in dock.empty.buttons)
    dock.empty.buttons["Use first"].click()
    wait(lambda: "Start" in dock.empty.buttons)
    dock.empty.buttons["Start"].click()
    while dock.maker.review.asked:
        dock.maker.review.skip()
    wait(lambda: "Ask the 2 skipped again" in dock.empty.buttons)
    model_path(pets.session.project, "first").unlink()  # which nothing here does, but a person may
    dock.maker.make()
    wait(lambda: "no model called first" in dock.empty.sentence.text())
    pets.session.close_project()
    wait(lambda: "Open a project" in dock.empty.sentence.text())


def test_labels_that_cannot_train_are_told_and_nothing_changes(asking, wait):
    session = asking.session
    for row in session.table.rows:
        if row.labels == ("eat",):
            editing.clear(session, [row.id], of_others=True)
    asking.maker.train()
    wait(lambda: asking.maker.said)
    assert "label clips" in asking.maker.said
    assert [model.name for model in list_models(session.project)] == ["first"]
    assert session.model == "first"


def test_closing_the_window_while_the_model_learns_leaves_no_thread(asking):
    before = set(threading.enumerate())
    asking.maker.train()
    assert asking.maker.training
    asking.host.close()
    left = [thread for thread in threading.enumerate() if thread not in before and thread.is_alive()]
    assert not left
    assert asking.host.review is asking.maker


@pytest.mark.parametrize("known", [False, True])
def test_what_cannot_be_played_is_passed_over_with_the_reason_and_no_key_answers_it(dock, wait, known):
    session, review = dock.session, dock.maker.review
    first = session.table.get(review.queue.questions[0].clip_id).video_id
    path, away = session.videos[first].path, session.videos[first].path.with_suffix(".away")
    if known:
        # It was looked through ahead, and then the file broke: opening it fails at once.
        dock.host.player.prefetch(first)
        wait(lambda: first in dock.host.player._indexes)
    path.rename(away)
    path.write_bytes(b"no video")
    try:
        told = []
        session.notice.connect(told.append)
        dock.empty.buttons["Start"].click()
        # The video is being opened, and a hasty key answers nothing.
        dock.host.keyboard.run("confirm")
        assert session.project.answers() == []
        wait(lambda: review.asked is not None and session.table.get(review.asked.clip_id).video_id != first)
        dock.host.viewer.window._qt_viewer.canvas.native.setFocus()
        for _ in range(3):
            press(dock, Key.Key_Return)
        answered = [session.table.get(answer.clip_id).video_id for answer in session.project.answers()]
        assert len(answered) == 3
        assert first not in answered
        count = len(review.not_played())
        wait(lambda: f"{count} clips cannot be played and were passed over: " in dock.said.text())
        assert path.name in dock.said.text()
        assert any("were passed over" in sentence for sentence in told)
    finally:
        away.replace(path)


def test_the_clips_that_are_left_are_shown_as_a_gallery_and_labelled_there(asking):
    shown = []
    asking.host.galleries.asked.connect(shown.append)
    asking.gallery.click()
    left = asking.maker.review.left()
    assert [group.clip_ids for group in shown[0].groups] == [tuple(left)]
    assert shown[0].groups[0].notes[left[0]].split()[0] in ("walk", "eat")
    assert (shown[0].back, shown[0].label_all) == ("Review", False)
