import csv
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog

from actiondiff_gui.backbones.identity import describe
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.gui.common import clip_points
from actiondiff_gui.gui.map import selection
from actiondiff_gui.gui.map.state import clip_maps, selections
from actiondiff_gui.gui.map.state.clip_maps import ClipMap
from actiondiff_gui.gui.map.state.colours import ACTION, FACET
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.clip_list import ClipList
from actiondiff_gui.project.project import Project
from tests.cluster import SETTINGS, extracted_elsewhere

CORNERS = np.array([[0, 0], [10, 0], [5, 8]], np.float32)
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def _keep(project_file, timestep: str = "t20", coordinates=CORNERS) -> None:
    with Project.open(project_file) as project:
        clips = project.clips()
        address = Address(timestep=timestep, layers=(9,), pooling="mean")
        edges = np.array([(clip.start, clip.end) for clip in clips])
        ids = tuple(clip.id for clip in clips)
        clip_maps.keep(
            ClipMap(address, address, "pca", ids, coordinates, edges, made=clip_maps.now()), project
        )


@pytest.fixture
def make_dock(host):
    """Return a function that makes visible map docks, removed at the end."""
    from actiondiff_gui.gui.map.dock import MapDock

    docks = []

    def make() -> MapDock:
        dock = MapDock(host)
        dock.resize(430, 620)
        dock.show()
        docks.append(dock)
        return dock

    yield make
    while docks:
        docks[-1].close()
        docks.pop().deleteLater()
    # Qt deletes the dock, and then what was connected to it.
    for _ in range(3):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()


@pytest.fixture
def dock(make_dock, host, project_file, wait):
    """Return the dock with a stored map of the three clips."""
    _keep(project_file)
    dock = make_dock()
    host.session.open_project(project_file)
    wait(lambda: dock.canvas is not None and len(dock.canvas.positions) == 3)
    QTest.qWait(50)
    return dock


def _pixel(dock, place: int) -> QPoint:
    x, y = dock.canvas.position_in_widget(place)
    return QPoint(round(x), round(y))


def _ids(dock) -> list[str]:
    return list(dock.shown.clip_ids)


def test_without_a_project_the_map_offers_the_sample(make_dock, wait):
    dock = make_dock()
    wait(lambda: "Try the sample" in dock.empty.buttons)
    assert dock.stack.currentWidget() is dock.empty


def test_without_any_features_the_map_leads_to_them_first(make_dock, pets, wait):
    dock = make_dock()
    wait(lambda: "Compute features" in dock.empty.buttons)
    assert list(dock.empty.buttons) == ["Compute features"]
    assert "there are none at" in dock.empty.sentence.text()


def test_without_features_at_the_address_the_map_says_so_and_leads_to_them(make_dock, pets, wait):
    session, stored = pets.session, pets.stored_steps
    session.set_address(timestep="t20", layers=(9,), pooling="mean")
    store = session.loaded.features(session.project, session.address).store
    for source in clip_sources(session.project):
        store.write(source.key, "t5", {9: np.zeros((4, 5))}, np.arange(4))
    dock = make_dock()
    wait(lambda: "Make a PCA map" in dock.empty.buttons)
    dock.empty.buttons["Make a PCA map"].click()
    wait(lambda: "Compute features" in dock.empty.buttons)
    assert "No clip has features at t20, layer 9" in dock.empty.sentence.text()
    session.set_address(timestep="t5", layers=(9,), pooling="mean")
    wait(lambda: "Make a PCA map" in dock.empty.buttons)
    stored.look(describe("tiny"))  # as the bar of the address does
    wait(lambda: stored.by_layer)
    session.set_address(timestep="t25", layers=(9,), pooling="mean")
    wait(lambda: "there are none at t25, layer 9" in dock.empty.sentence.text())
    assert not pets.jobs.problems


def test_a_map_without_features_at_its_address_ends_in_a_sentence(make_dock, pets, wait):
    pets.session.set_address(timestep="t20", layers=(9,), pooling="mean")
    dock = make_dock()
    pets.maps.make("pca")
    wait(lambda: "No clip has features at t20, layer 9" in dock.empty.sentence.text())
    assert "No clip has features at t20, layer 9" in dock.empty.sentence.text()
    assert not pets.jobs.problems


def test_a_map_is_made_of_the_stored_features_and_is_there_the_next_time(make_dock, pets, wait):
    session = pets.session
    session.set_address(timestep="t20", layers=(9,), pooling="mean")
    store = session.loaded.features(session.project, session.address).store
    sources = clip_sources(session.project)
    rng = np.random.default_rng(0)
    for source in sources[:2]:
        store.write(source.key, "t20", {9: rng.normal(size=(4, 5))}, np.arange(4))
    dock = make_dock()
    wait(lambda: "Make a UMAP map" in dock.empty.buttons)
    dock.empty.buttons["Make a UMAP map"].click()
    # A fresh process imports UMAP, which takes half a minute on two cores with nothing else to do.
    wait(lambda: dock.shown is not None and dock.stack.currentWidget() is dock.page, limit=240.0)
    assert dock.shown.clip_ids == tuple(source.id for source in sources[:2])
    assert dock.controls.kept.currentText() == "UMAP t20 layer 9, 2 clips"
    wait(lambda: "1 clip without features is not on the map." in dock.notice.text.text())
    assert "UMAP needs more than 2 clips" in dock.notice.text.text()
    made, path = dock.shown, session.project.path
    session.close_project()
    wait(lambda: dock.shown is None)
    session.open_project(path)
    wait(lambda: dock.shown is not None)
    np.testing.assert_array_equal(dock.shown.coordinates, made.coordinates)


def test_a_map_of_stored_features_is_made_where_the_weights_are_gone(
    make_dock, host, svd_folder, tmp_path, wait
):
    path, weights = extracted_elsewhere(svd_folder, tmp_path)
    session = host.session
    session.open_project(path)
    session.set_address(backbone=str(weights), timestep="t20", layers=(9,), settings=SETTINGS)
    dock = make_dock()
    wait(lambda: "Make a PCA map" in dock.empty.buttons)
    dock.empty.buttons["Make a PCA map"].click()
    wait(lambda: dock.shown is not None, limit=240.0)
    assert len(dock.shown.clip_ids) == 12
    assert not session.loaded.holds(session.address)
    assert not host.jobs.problems


def test_a_map_can_be_of_the_selected_clips_only(make_dock, pets, wait):
    session = pets.session
    session.set_address(timestep="t20", layers=(9,), pooling="mean")
    store = session.loaded.features(session.project, session.address).store
    sources = clip_sources(session.project)
    rng = np.random.default_rng(0)
    for source in sources:
        store.write(source.key, "t20", {9: rng.normal(size=(4, 5))}, np.arange(4))
    dock = make_dock()
    session.select([source.id for source in sources[1:]])
    dock.controls.new.menu().aboutToShow.emit()
    wanted = [a for a in dock.controls.new.menu().actions() if a.text() == "PCA of the 2 selected clips"]
    wanted[0].trigger()
    wait(lambda: dock.shown is not None)
    assert dock.shown.clip_ids == tuple(source.id for source in sources[1:])
    wait(lambda: dock.controls.kept.currentText() == "PCA t20 layer 9, 2 chosen clips")
    assert "added" not in dock.notice.text.text()


def test_a_clicked_point_opens_and_plays_its_clip(dock, host, wait):
    QTest.mouseClick(dock.canvas.widget, LEFT, NONE, _pixel(dock, 1))
    assert host.session.current == _ids(dock)[1]
    assert host.session.selection == (_ids(dock)[1],)
    wait(lambda: host.player.playing)
    host.player.pause()


def test_a_click_beside_all_points_selects_nothing(dock, host):
    host.session.select(_ids(dock))
    QTest.mouseClick(dock.canvas.widget, LEFT, NONE, QPoint(8, 8))
    assert host.session.selection == ()


@pytest.mark.parametrize("by_button", [True, False])
def test_a_line_drawn_around_points_selects_their_clips(dock, host, by_button):
    widget, held = dock.canvas.widget, NONE if by_button else SHIFT
    before = _pixel(dock, 0)
    if by_button:
        dock.lasso.click()
    low, high = _pixel(dock, 0), _pixel(dock, 1)
    corners = [low + QPoint(-9, 12), low + QPoint(-9, -14), high + QPoint(9, -14), high + QPoint(9, 12)]
    QTest.mousePress(widget, LEFT, held, corners[0])
    for corner in corners[1:]:
        QTest.mouseMove(widget, corner)
        QTest.qWait(20)
    QTest.mouseRelease(widget, LEFT, held, corners[-1])
    assert host.session.selection == tuple(_ids(dock)[:2])
    assert not dock.lasso.isChecked()
    assert _pixel(dock, 0) == before


def test_a_drag_pans_and_the_button_shows_the_whole_map_again(dock):
    widget, before = dock.canvas.widget, _pixel(dock, 0)
    middle = widget.rect().center()
    QTest.mousePress(widget, LEFT, NONE, middle)
    for step in (10, 25, 40):
        QTest.mouseMove(widget, middle + QPoint(step, 0))
        QTest.qWait(20)
    QTest.mouseRelease(widget, LEFT, NONE, middle + QPoint(40, 0))
    assert abs(_pixel(dock, 0).x() - before.x() - 40) <= 3
    dock.reset.click()
    assert (_pixel(dock, 0) - before).manhattanLength() <= 2


def test_clips_selected_elsewhere_leave_the_other_points_in_grey_but_one_open_clip_greys_none(
    dock, host, wait
):
    host.session.select(_ids(dock)[:1])
    shown = dock.canvas.points._colours
    assert shown[0, 3] == shown[1, 3] == shown[2, 3]
    host.session.select(_ids(dock)[:2])
    wait(lambda: dock.canvas.points._colours[2, 3] < shown[0, 3])
    shown = dock.canvas.points._colours
    assert shown[0, 3] == shown[1, 3] > shown[2, 3]
    assert np.ptp(shown[2, :3]) < 0.1 < np.ptp(shown[0, :3])


def test_what_a_search_in_the_table_finds_stands_out_on_the_map(dock, host, wait):
    session, ids = host.session, _ids(dock)
    table, rows = object(), session.table
    every = ClipList.of_all(rows)

    def alphas() -> np.ndarray:
        return dock.canvas.points._colours[:, 3]

    session.list_clips(table, replace(every, order=every.order[:1]))
    wait(lambda: alphas()[0] > alphas()[1])
    assert "Grey: clips that the Clips table does not list" in dock.caption.text()
    # A selection on purpose goes before it, and one open clip does not.
    session.select(ids[:1])
    assert alphas()[0] > alphas()[1]
    session.list_clips(table, every)
    wait(lambda: len(set(alphas())) == 1)
    assert "Grey" not in dock.caption.text()
    session.list_clips(table, None)


def test_the_selection_can_be_labelled_and_given_a_facet(dock, host):
    session = host.session
    session.select(_ids(dock)[1:])
    dock.selection.label.menu().aboutToShow.emit()
    next(a for a in dock.selection.label.menu().actions() if a.text() == "eat").trigger()
    assert [row.label for row in session.table] == ["walk", "eat", "eat"]
    dock.selection.facet.menu().aboutToShow.emit()
    species = next(a for a in dock.selection.facet.menu().actions() if a.text() == "species").menu()
    next(a for a in species.actions() if a.text() == "dog").trigger()
    assert {row.facets["species"] for row in session.table} == {"dog"}
    with Project.open(session.project.path) as kept:
        said = [label for label in kept.labels(_ids(dock)[1:]) if label.by == session.annotator]
        assert {label.action for label in said if label.value == 1} == {"eat"}


def test_a_selection_is_gone_back_to_and_saved_with_the_project(dock, host, monkeypatch):
    session, bar, ids = host.session, dock.selection, _ids(dock)

    def press(text: str) -> None:
        bar.stored.menu().aboutToShow.emit()
        actions = [*bar.stored.menu().actions()]
        for action in [a for a in actions if a.menu() is not None]:
            actions += action.menu().actions()
        found = next(a for a in actions if a.text() == text)
        assert found.isEnabled()
        found.trigger()

    session.select(ids[:2])
    monkeypatch.setattr(selection.QInputDialog, "getText", lambda *_: ("walkers & more", True))
    press("Save this selection...")
    session.select(ids[1:])
    session.select(ids[:1])
    press("Back to the 2 clips before")
    assert session.selection == tuple(ids[1:])
    press("Back to the 2 clips before")
    assert session.selection == tuple(ids[:2])
    press("Deselect")
    assert session.selection == ()
    # It is there when the project is opened again, less the clips that are gone.
    path = session.project.path
    editing.delete(session, [ids[0]])
    session.close_project()
    session.open_project(path)
    press("walkers && more (2)")
    assert session.selection == (ids[1],)
    assert "1 of its clips" in host.viewer.status
    press("walkers && more")
    assert selections.saved(session.project) == {}


def test_an_entry_of_the_legend_tells_the_count_and_selects_its_clips(dock, host):
    entries = dock.legend.entries
    assert entries[ACTION, "walk"].text() == "walk 2"
    entries[ACTION, "walk"].click()
    assert host.session.selection == tuple(_ids(dock)[:2])
    entries[FACET + "species", "dog"].click()
    assert host.session.selection == (_ids(dock)[0],)


def test_another_colouring_shows_its_values(dock):
    box = dock.controls.colour_by
    place = box.findText("species")
    box.setCurrentIndex(place)
    box.activated.emit(place)
    assert [button.text() for button in dock.legend.entries.values()] == ["cat 2", "dog 1"]


def test_a_point_under_the_pointer_shows_its_picture_and_label(dock, wait):
    QTest.mouseMove(dock.canvas.widget, _pixel(dock, 0) - QPoint(1, 1))
    QTest.mouseMove(dock.canvas.widget, _pixel(dock, 0))
    wait(lambda: dock.card.isVisible())
    assert "walk" in dock.card.text.text()
    wait(lambda: not dock.card.picture.pixmap().isNull())
    QTest.mouseMove(dock.canvas.widget, QPoint(8, 8))
    wait(lambda: not dock.card.isVisible())


def test_another_address_is_told_and_the_old_map_stays_until_it_is_moved_back(dock, host, wait):
    old = dock.shown
    host.session.set_address(timestep="t10", layers=(9,), pooling="mean")
    told = "This map is of t20, layer 9. The address is now t10, layer 9."
    wait(lambda: dock.notice.isVisible() and dock.notice.text.text() == told)
    assert dock.notice.button.text() == "Update"
    assert dock.shown is old
    host.session.set_address(timestep="t20")
    wait(lambda: not dock.notice.isVisible())


def test_the_timestep_moves_through_the_kept_maps(make_dock, host, project_file, wait):
    _keep(project_file, "t20")
    _keep(project_file, "t10", CORNERS[::-1])
    dock = make_dock()
    host.session.open_project(project_file)
    wait(lambda: dock.shown is not None)
    for step in ("t10", "t20", "t10"):
        host.session.set_address(timestep=step, layers=(9,), pooling="mean")
        assert dock.shown.address.timestep == step
    wait(lambda: dock.controls.kept.currentText().startswith("PCA t10"))
    wait(lambda: dock.canvas is not None and np.array_equal(dock.canvas.positions, CORNERS[::-1]))


def test_a_selection_made_before_another_map_is_drawn_leaves_the_drawn_points(
    make_dock, host, project_file, wait
):
    _keep(project_file, "t20")
    with Project.open(project_file) as project:
        first = clip_maps.read_maps(project)[0]
        address = replace(first.address, timestep="t10")
        fewer = replace(
            first, address=address, asked=address, clip_ids=first.clip_ids[1:], coordinates=CORNERS[1:]
        )
        clip_maps.keep(replace(fewer, edges=first.edges[1:]), project)
    dock = make_dock()
    host.session.open_project(project_file)
    wait(lambda: dock.shown is not None and dock.canvas is not None)
    host.session.set_address(timestep="t20", layers=(9,), pooling="mean")
    wait(lambda: len(dock.canvas.positions) == 3)
    host.session.set_address(timestep="t10", layers=(9,), pooling="mean")
    assert len(dock.shown.clip_ids) == 2
    host.session.select([first.clip_ids[2]])
    np.testing.assert_array_equal(dock.canvas.positions, CORNERS)
    wait(lambda: len(dock.canvas.positions) == 2)
    np.testing.assert_array_equal(dock.canvas.positions, CORNERS[1:])


def test_two_docks_show_the_same_maps(dock, make_dock, wait):
    other = make_dock()
    wait(lambda: other.canvas is not None)
    assert other.shown is dock.shown
    dock.maps.forget(dock.shown)
    wait(lambda: other.shown is None and dock.stack.currentWidget() is dock.empty)
    assert not list(clip_maps.maps_folder(dock.session.project).glob("*.npz"))


@pytest.mark.parametrize("kind", ["png", "svg", "csv"])
def test_a_map_is_saved_whole(dock, host, tmp_path, monkeypatch, wait, kind):
    path = tmp_path / f"out.{kind}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path.with_suffix("")), ""))
    dock.controls.save_asked.emit(kind)
    wait(path.exists)
    wait(lambda: not host.jobs.active())
    assert not host.jobs.problems
    if kind == "csv":
        with path.open(encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        assert [row["clip_id"] for row in rows] == _ids(dock)
        assert [float(row["x"]) for row in rows] == [0, 10, 5]
        assert [(row["label"], row["species"]) for row in rows] == [
            ("walk", "dog"),
            ("walk", "cat"),
            ("", "cat"),
        ]
    else:
        assert path.read_bytes()[:5] in (b"\x89PNG\r", b"<?xml")


def test_the_map_follows_the_theme(dock, host):
    from actiondiff_gui.gui.common.theme import colour

    for name in ("light", "dark"):
        host.viewer.theme = name
        ground = dock.canvas.canvas.bgcolor.hex
        assert ground == colour(host.viewer, "canvas").name()


def test_closing_the_project_while_a_map_is_made_ends_its_process(dock, host, wait):
    dock.maps.make("umap")
    process = dock.maps._process
    wait(lambda: process._idle is not None)
    child = process._idle
    host.session.close_project()
    wait(lambda: child.poll() is not None and not host.jobs.active())
    assert dock.shown is None
    assert not host.jobs.problems


def test_a_deleted_clip_leaves_the_map_and_is_told(dock, host, wait):
    from actiondiff_gui.gui.session import editing

    editing.delete(host.session, _ids(dock)[:1])
    wait(lambda: "1 clip deleted" in dock.notice.text.text())
    QTest.mouseClick(dock.canvas.widget, LEFT, NONE, _pixel(dock, 0))
    assert host.session.current is None


def test_many_points_are_drawn_as_dots_and_few_in_sight_as_shapes(dock, wait):
    points, count = dock.canvas.points, 20_000
    positions = np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32)
    shapes = np.full(count, "square")
    dock.canvas.show_points(positions, np.ones((count, 4), np.float32), shapes, np.arange(count))
    dock.canvas.reset_view()
    wait(lambda: points._all.visible)
    assert not points._markers.visible
    dock.canvas.camera.rect = (0, 0, 0.2, 0.2)
    wait(lambda: points._markers.visible)
    assert not points._all.visible


def test_without_a_graphics_card_a_share_of_very_many_points_is_drawn_and_all_in_a_small_part(
    dock, wait, monkeypatch
):
    canvas = dock.canvas
    points, count, seconds = canvas.points, 200_000, [0.03]
    monkeypatch.setattr(points, "_drawing", lambda: seconds[0])
    positions = np.random.default_rng(0).uniform(size=(count, 2)).astype(np.float32)
    colours, shapes = np.ones((count, 4), np.float32), np.full(count, "square")
    canvas.show_points(positions, colours, shapes, np.arange(count))
    canvas.reset_view()
    wait(lambda: points._all.visible and points.slow)
    assert (points._all.count, canvas.overlay.note) == (33_334, "1 in 6 points drawn; zoom in for more")
    canvas.camera.rect = (0, 0, 0.3, 0.3)
    wait(lambda: not points._rest.isActive())
    low, high = np.array(points._sight).reshape(2, 2)
    inside = np.count_nonzero(((positions >= low) & (positions <= high)).all(axis=1))
    assert (points.every, points._all.count) == (1, inside)
    assert canvas.overlay.note == ""
    seconds[0] = 0.002
    canvas.show_points(positions[1:], colours[1:], shapes[1:], np.arange(count - 1))
    wait(lambda: not points._time.isActive() and points._timed == count - 1)
    canvas.reset_view()
    wait(lambda: not points._rest.isActive())
    assert (points._all.count, canvas.overlay.note, points.slow) == (count - 1, "", False)


def test_an_unfinished_map_of_another_project_is_not_shown(dock, host, wait):
    found = replace(dock.shown, made="later")
    dock.maps._came(None, host.session.address, found)
    assert found not in dock.maps.maps


def test_the_selection_is_shown_as_a_gallery_beside_the_map_and_labelled_there(dock, host, wait):
    first, second, third = _ids(dock)
    host.session.select([first, second], seen=dock.shows)
    dock.selection._fill_gallery()
    beside = next(e for e in dock.selection.gallery.menu().actions() if e.isCheckable())
    beside.trigger()
    wait(lambda: dock.beside is not None and dock.beside.isVisible())
    assert dock.beside.state.clip_ids == (first, second)
    assert dock.canvas.widget.isVisible()
    host.session.select([second, third], seen=dock.shows)
    assert dock.beside.state.clip_ids == (second, third)
    dock.beside.grid.pressed_cell.emit(third)
    dock.beside.grid.command.emit("action:eat")
    assert "eat" in host.session.table.get(second).labels
    assert "eat" not in host.session.table.get(third).labels
    assert host.session.selection == (second, third)


@pytest.fixture
def docked(make_dock, host, project_file, wait):
    """Return a map dock in the viewer's window, with a stored map of the three clips."""
    _keep(project_file)
    dock = make_dock()
    host.viewer.window.add_dock_widget(dock, name="map of the test", area="right")
    host.window.show()
    host.session.open_project(project_file)
    wait(lambda: dock.canvas is not None and len(dock.canvas.positions) == 3)
    return dock


def test_the_map_is_popped_out_with_its_colours_and_names_are_written_on_it(docked, host, wait):
    dock = docked
    dock.controls.colour_by.setCurrentIndex(dock.controls.colour_by.findData(FACET + "species"))
    dock.controls.colours_chosen.emit()
    wait(lambda: dock.out.isVisible())
    dock.out.click()
    (other,) = [found for found in host.window.findChildren(type(dock)) if found is not dock]
    wait(lambda: other.canvas is not None and len(other.canvas.positions) == 3)
    assert other.window() is not host.window
    assert not other.out.isVisible()
    assert other.shown is dock.shown
    assert other.controls.colour_by.currentData() == FACET + "species"
    for row in list(host.session.table):
        editing.set_facet(host.session, [row.id], "species", "dog")
    wait(lambda: other.look.colours.counts() == [3])
    other.names.click()
    assert [name for name, *_ in other.canvas._names] == ["dog"]
    other.names.click()
    assert other.canvas._names == []


def test_a_map_whose_dock_is_moved_to_a_window_of_its_own_is_drawn_there_and_back(docked, host, wait, caplog):
    """OpenGL knows in another window nothing of what was loaded in the first: each gets a canvas of its own."""
    holder = docked.parentWidget()
    while not hasattr(holder, "setFloating"):
        holder = holder.parentWidget()
    for floating in (True, False):
        holder.setFloating(floating)
        wait(lambda: docked.canvas is not None and not docked.canvas.lost)
        QTest.qWait(150)
        image = docked.canvas.widget.grab().toImage()
        seen = {image.pixelColor(_pixel(docked, place)).name() for place in range(3)}
        assert seen.isdisjoint({image.pixelColor(1, image.height() - 2).name()})
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_single_selected_clip_draws_no_point_anew(dock, host, monkeypatch, wait):
    drawn = []
    show = dock.canvas.show_points
    monkeypatch.setattr(
        dock.canvas, "show_points", lambda *given: (drawn.append(len(given[0])), show(*given))
    )
    ids = _ids(dock)
    host.session.select([ids[0]])
    host.session.select([ids[1]])
    QTest.qWait(50)
    assert drawn == []
    host.session.select(ids[:2])
    wait(lambda: drawn == [3])
    host.session.select([ids[1]])
    wait(lambda: drawn == [3, 3])  # two stood out, and then none any more


def test_very_many_clips_are_looked_up_in_a_job_and_what_came_since_is_shown(dock, host, wait, monkeypatch):
    monkeypatch.setattr(clip_points, "AT_ONCE", 2)
    dock.session.clips_changed.emit(None)
    wait(lambda: any(job.title == "colouring the map" for job in host.jobs.active()))
    wait(lambda: not host.jobs.active())
    before = dock.canvas.points._colours[1].tolist()
    editing.label(host.session, _ids(dock)[1:2], "eat")
    wait(lambda: dock.canvas.points._colours[1].tolist() != before)
    assert [row.label for row in dock.look.rows] == [row.label for row in host.session.table]
