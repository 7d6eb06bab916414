"""Ethogram dock in a real window: it shows the project, follows it, and leads to its clips."""

import csv

import pytest
from qtpy.QtCore import QEvent, QPoint, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog

from actiondiff_gui.ethogram.source import BOTH, PREDICTIONS, RATER, Source
from actiondiff_gui.gui.session import editing

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def make_dock(host):
    """Return a function that makes visible ethogram docks, removed at the end."""
    from actiondiff_gui.gui.ethogram.dock import EthogramDock

    docks = []

    def make() -> EthogramDock:
        dock = EthogramDock(host)
        dock.resize(480, 560)
        dock.show()
        docks.append(dock)
        return dock

    yield make
    while docks:
        docks[-1].close()
        docks.pop().deleteLater()
    for _ in range(3):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()


@pytest.fixture
def dock(make_dock, pets, wait):
    """Return the dock over three videos at 24 frames/s.

    Walk is shown in 23 and in 40 frames; the model m predicts eat in the second half
    of the latter, and in the third.
    """
    project = pets.session.project
    _, two, three = project.videos()
    clip = project.add_clip(two.id, 20, 40)
    project.add_labels([(clip.id, "eat", 1, 0.9)], source="model", by="m")
    (third,) = project.clips(video_id=three.id)
    project.add_labels([(third.id, "eat", 1, 0.6)], source="model", by="m")
    pets.session.reread()
    dock = make_dock()
    wait(lambda: dock.seen is not None and dock.stack.currentWidget() is dock.page)
    return dock


def choose(box, data, wait, dock) -> None:
    before = dock.seen
    place = next(n for n in range(box.count()) if box.itemData(n) == data)
    box.setCurrentIndex(place)
    box.activated.emit(place)
    wait(lambda: dock.seen is not before)


def test_without_a_project_the_ethogram_offers_the_sample(make_dock):
    dock = make_dock()
    assert "Try the sample" in dock.empty.buttons
    assert dock.stack.currentWidget() is dock.empty


def test_without_bouts_the_ethogram_says_how_to_get_some(make_dock, pets, wait):
    for row in list(pets.session.table):
        editing.clear(pets.session, [row.id])
    dock = make_dock()
    wait(lambda: "Mark bouts" in dock.empty.buttons)
    asked = []
    pets.session.show_dock.connect(asked.append)
    dock.empty.buttons["Mark bouts"].click()
    assert asked == ["Clips"]
    assert "Import a table..." in dock.empty.buttons


def test_the_raster_has_a_row_for_each_recording_and_a_click_seeks(dock, pets, wait):
    view = dock.raster.view
    assert view.raster.names == ("clip_1.mp4", "clip_0.mp4")
    row = view.raster.names.index("clip_0.mp4")
    point = view.point_of(row, 500.0)
    assert "walk, Ada" in view.words_at(point)
    QTest.mouseClick(view, LEFT, NONE, point.toPoint())
    video = pets.session.videos[pets.session.video]
    assert (video.path.name, pets.session.frame) == ("clip_0.mp4", 12)
    assert pets.session.selection == (pets.session.table.rows[0].id,)
    wait(lambda: not pets.jobs.active())
    # The wheel zooms at the pointer, and a drag moves without seeking.
    point = view.point_of(0, 800.0)
    event = QWheelEvent(
        *(point, view.mapToGlobal(point), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton, NONE),
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)
    assert view.axis.end - view.axis.begin < 0.7 * view.axis.count
    assert abs(view.point_of(0, 800.0).x() - point.x()) < 1
    before = view.axis.begin
    QTest.mousePress(view, LEFT, NONE, point.toPoint())
    QTest.mouseMove(view, point.toPoint() - QPoint(40, 0))
    QTest.mouseRelease(view, LEFT, NONE, point.toPoint() - QPoint(40, 0))
    assert view.axis.begin > before
    assert pets.session.frame == 12
    dock.raster.whole.click()
    assert view.axis.fits


def test_the_source_is_labels_predictions_or_both_and_is_kept(dock, make_dock, pets, wait):
    def shown() -> list[tuple]:
        bouts = dock.seen.ethogram.bouts
        return list(zip(bouts.start.tolist(), bouts.end.tolist(), bouts.predicted.tolist(), strict=True))

    assert shown() == [(0, 23, False), (0, 40, False)]
    choose(dock.source, Source(PREDICTIONS, "m"), wait, dock)
    assert shown() == [(20, 40, True), (0, 9, True)]
    choose(dock.source, Source(BOTH, "m"), wait, dock)
    assert shown() == [(0, 23, False), (0, 40, False), (0, 9, True)]
    assert "as labels lie over them: 1." in dock.words.text()
    assert "lighter: predicted" in dock.raster.legend.text()
    # What was chosen is kept in the project, and closing the project empties the dock.
    other = make_dock()
    wait(lambda: other.seen is not None)
    assert other.seen.ethogram.source == Source(BOTH, "m")
    pets.session.close_project()
    assert dock.seen is None
    assert dock.stack.currentWidget() is dock.empty


def test_a_new_label_is_counted_at_once_and_an_undo_takes_it_back(dock, pets, wait):
    table = dock.budget.table.numbers

    def bouts(action: str) -> int:
        return next(row.count for row in table.rows if row.action == action)

    assert (bouts("walk"), bouts("eat")) == (2, 0)
    pets.session.open_video(pets.session.table.rows[-1].video_id)
    clip = editing.add_bout(pets.session, "eat", 0, 5)
    wait(lambda: bouts("eat") == 1)
    editing.delete(pets.session, [clip])
    wait(lambda: bouts("eat") == 0)


def test_the_budget_can_be_parted_by_the_domain_and_leads_to_its_clips(dock, pets, wait):
    choose(dock.budget.by, "facet:species", wait, dock)
    table = dock.budget.table
    rows = [(row.group, row.action, row.count) for row in table.numbers.rows]
    assert rows == [("cat", "walk", 1), ("dog", "walk", 1)]
    assert table.numbers.columns[0].title == "Species"
    table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert table.numbers.rows[0].group == "dog"
    table.doubleClicked.emit(table.numbers.index(0, 0))
    assert pets.session.selection == (pets.session.table.rows[0].id,)


def test_a_cell_of_the_transitions_leads_to_its_bouts(dock, pets, wait):
    pets.session.open_video(pets.session.table.rows[1].video_id)
    before = dock.seen
    editing.set_edges(pets.session, pets.session.table.rows[1].id, 0, 10)
    eat = editing.add_bout(pets.session, "eat", 12, 20)
    wait(lambda: dock.seen is not before and dock.seen.ethogram.transitions.counts.sum() == 1)
    page = dock.transitions
    dock.tabs.setCurrentWidget(page)
    QApplication.processEvents()
    wait(lambda: page.map.drawn)
    assert page.map.words(0, 1) == "1 of 1 transitions out of walk lead to eat (100.0%)."
    inside = page.map.cell_rect(0, 1).center()
    assert page.map.cell_at(inside) == (0, 1)
    QTest.mouseClick(page.map, LEFT, NONE, inside.toPoint())
    assert set(pets.session.selection) == {pets.session.table.rows[1].id, eat}
    before = set(pets.session.selection)
    QTest.mouseClick(page.map, LEFT, NONE, page.map.cell_rect(1, 0).center().toPoint())
    assert set(pets.session.selection) == before, "an empty cell leads nowhere"
    assert page.map.words(0, 0) == "Transitions from walk to itself are left out."


def test_labels_are_compared_with_predictions(dock, wait):
    page = dock.agreement
    dock.tabs.setCurrentWidget(page)
    assert (page.first.currentData(), page.second.currentData()) == (Source(), Source(PREDICTIONS, "m"))
    page.compare.click()
    wait(lambda: dock.compared is not None)
    # Only the second recording has both: 40 frames, half of them with another set of actions.
    assert dock.compared.frames == 40
    assert dock.compared.same == 0.0
    assert page.line.text().replace("\u00a0", " ").startswith("kappa 0.00")
    assert "Predictions of m against labels, in 1 recording." in page.words.text()
    page.overlap.native.setValue(30)
    assert dock.compared is None


def test_what_is_shown_can_be_saved(dock, pets, tmp_path, monkeypatch, wait):
    for text, suffix in (("BORIS", "tsv"), ("Bouts", "csv"), ("Raster as a picture", "png")):
        path = tmp_path / f"out.{suffix}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, p=path: (str(p.with_suffix("")), ""))
        menu = dock.save.menu()
        menu.aboutToShow.emit()
        next(action for action in menu.actions() if action.text().startswith(text)).trigger()
        wait(path.exists)
        wait(lambda: not pets.jobs.active())
    assert not pets.jobs.problems
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["end_frame"], row["label"], row["said_by"]) for row in rows] == [
        ("23", "walk", "Ada"),
        ("40", "walk", "Ada"),
    ]


def test_a_hidden_dock_reads_nothing_until_it_is_shown(make_dock, pets, wait):
    dock = make_dock()
    wait(lambda: dock.seen is not None)
    dock.hide()
    before = dock.seen
    editing.label(pets.session, [pets.session.table.rows[2].id], "eat")
    QTest.qWait(400)
    assert dock.seen is before
    dock.show()
    wait(lambda: dock.seen is not before)
    assert len(dock.seen.ethogram.bouts) == 3


def test_two_coders_are_compared_on_the_recordings_chosen_in_videos(dock, pets, wait):
    from actiondiff_gui.gui.videos.dock import VideosDock

    project, session = pets.session.project, pets.session
    one, two, _ = project.clips()[:3]
    project.label(one.id, "walk", by="Bo")
    project.label(two.id, "eat", by="Bo")
    session.reread()
    videos = VideosDock(pets)
    videos.show()
    wait(lambda: videos.model.rowCount() == 3 and [name for name, _ in dock.seen.raters] == ["Ada", "Bo"])
    page = dock.agreement
    dock.tabs.setCurrentWidget(page)
    choose(dock.videos, "chosen", wait, dock)
    assert page.words.text().startswith("No recordings are chosen. Choose some in the Videos tab")

    def compare() -> tuple[int, float]:
        for box, name in ((page.first, "Ada"), (page.second, "Bo")):
            box.setCurrentIndex(box.findText(f"labels of {name}"))
            box.activated.emit(box.currentIndex())
        QTest.mouseClick(page.compare, LEFT)
        wait(lambda: dock.compared is not None)
        return dock.compared.recordings, dock.compared.same

    videos.table.setFocus()
    QTest.mouseClick(
        videos.table.viewport(), LEFT, NONE, videos.table.visualRect(videos.model.index(0, 1)).center()
    )
    assert session.chosen_videos == (videos.model.rows[0].id,)
    wait(lambda: len(dock.seen.ethogram.bouts.recordings) == 1)
    assert compare() == (1, 1.0)
    QTest.keyClick(videos.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    wait(lambda: len(dock.seen.ethogram.bouts.recordings) == 2)
    assert dock.compared is None
    found = compare()
    assert found[0] == 2
    assert found[1] < 1
    videos.close()
    videos.deleteLater()


def test_a_blind_coder_sees_no_bouts_of_others_in_the_ethogram(dock, pets, wait):
    session = pets.session
    project = session.project
    project.label(project.clips()[1].id, "eat", by="Bo")
    session.set_annotator("Bo")
    session.set_blind(True)
    wait(lambda: dock.seen.alone)
    assert dock.seen.ethogram.source == Source(RATER, "Bo")
    assert [dock.source.itemText(n) for n in range(dock.source.count())] == ["Labels of Bo"]
    assert set(dock.seen.ethogram.bouts.said_by) == {"Bo"}
    dock.tabs.setCurrentWidget(dock.agreement)
    assert not dock.agreement.compare.isEnabled()
    assert "nothing to compare" in dock.agreement.words.text()
    session.set_blind(False)
    wait(lambda: not dock.seen.alone)
    assert dock.seen.ethogram.source == Source()
