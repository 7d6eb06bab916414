"""The timestep lab in a real window, on stored features that carry the action at one layer only."""

import csv
import threading

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, Qt
from qtpy.QtGui import QImage
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.backbones.identity import identify
from actiondiff_gui.features.dataset import clip_sources, features_folder
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.gui.lab.dock import LabDock
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from tests.conftest import write_video

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
ACTIONS, SPECIES = ("walk", "eat"), ("cat", "dog", "fox")
GOOD = 4
"""The layer that tells the action."""


@pytest.fixture(scope="module")
def herd_videos(tmp_path_factory):
    """Write eighteen tiny videos of moving noise."""
    folder, random = tmp_path_factory.mktemp("herd"), np.random.default_rng(0)
    paths = []
    for number in range(18):
        still = random.integers(0, 255, (16, 16, 3), dtype=np.uint8)
        frames = np.stack([np.roll(still, t, axis=1) for t in range(9)])
        paths.append(write_video(folder / f"{number:02d}.mp4", frames))
    return paths


@pytest.fixture
def herd(tmp_path, herd_videos, svd_folder):
    """Return a project of three species with two actions, with features at t10 and t20 of the small backbone, not t25."""
    path = tmp_path / "herd.actiondiff"
    random = np.random.default_rng(0)
    with Project.create(path) as project:
        run(import_videos(project, herd_videos))
        for action in ACTIONS:
            project.add_action(action)
        for number, clip in enumerate(project.clips()):
            project.label(clip.id, ACTIONS[number % 2], by="Ada")
            project.set_facet(clip.id, "species", SPECIES[number // 2 % 3])
        project.domain_facet = "species"
        known = identify(str(svd_folder), "cpu")
        store = TokenStore(features_folder(project), Provenance.of(known, ExtractionSettings()))
        for number, source in enumerate(clip_sources(project)):
            for step in ("t10", "t20"):
                tokens = {layer.index: random.normal(size=(3, 8)) for layer in known.layers}
                tokens[GOOD] += 8 * (number % 2)
                store.write(source.key, step, tokens, np.arange(0, 9, 4))
    return path


@pytest.fixture
def dock(host, herd, svd_folder, wait):
    """Return the lab with the herd open, comparing t10, t20 and t25 at four layers."""
    dock = LabDock(host)
    dock.resize(500, 620)
    dock.show()
    host.session.open_project(herd)
    host.session.set_address(backbone=str(svd_folder), timestep="t20", layers=(9,), device="cpu")
    dock.lab.set(timesteps=("t10", "t20", "t25"), layers=(3, 4, 9, 13))
    yield dock
    dock.close()
    dock.deleteLater()
    for _ in range(4):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()


@pytest.fixture
def scored(dock, wait):
    """Return the grid page with all cells scored whose features are stored."""
    page = dock.page(0)
    wait(lambda: page.scores.run is not None and len(page.scores.run.cells) == 8 and not page.scores.scoring)
    QTest.qWait(20)
    return page


def colours_in(path) -> int:
    """Count the colours of a picture, at every fourth pixel."""
    picture = QImage(str(path))
    places = ((x, y) for x in range(0, picture.width(), 4) for y in range(0, picture.height(), 4))
    return len({picture.pixel(x, y) for x, y in places})


def _pixel(widget, row: int, column: int) -> QPoint:
    return widget.cell_rect(row, column).center()


def test_without_a_project_it_says_what_it_is_for_and_offers_the_sample(host):
    dock = LabDock(host)
    assert "Try the sample" in dock.empty.buttons
    assert dock.whole.currentWidget() is dock.empty
    dock.deleteLater()


def test_cells_fill_by_themselves_and_what_lacks_features_stays_empty_with_a_button(scored):
    table = scored.map.table
    states = {place: cell.state for place, cell in table.cells.items()}
    assert {row for (row, _), state in states.items() if state == "value"} == {0, 1}
    assert {state for (row, _), state in states.items() if row == 2} == {"missing"}
    assert table.cells[1, 1].value > 0.9
    assert not table.cells[1, 1].doubtful
    assert table.cells[1, 3].doubtful
    assert table.best[1] == 1
    assert scored.button.text().startswith("Compute missing: 1 timestep")
    assert "18 of 18 clips have no features" in scored.map.tip((2, 0))
    assert "95 %" in scored.map.tip((1, 1))


def test_a_clicked_cell_is_the_address_of_the_whole_window(scored, host):
    heard = []

    def hear():
        heard.append((host.session.address.timestep, host.session.address.layers))

    host.session.address_changed.connect(hear)
    QTest.mouseClick(scored.map, LEFT, NONE, _pixel(scored.map, 0, 1))
    assert heard == [("t10", (GOOD,))]
    assert scored.map.table.current == (0, 1)
    assert len(scored.scores.run.cells) == 8
    QTest.keyClick(scored.map, Qt.Key.Key_Down)
    assert heard[-1] == ("t20", (GOOD,))


def test_a_grid_is_saved_and_one_domain_shows_the_cell_that_the_others_chose(scored, host, wait, tmp_path):
    for kind in ("csv", "png"):
        scored.save.write(tmp_path / f"grid.{kind}")
    wait(lambda: not host.jobs.active() and (tmp_path / "grid.png").exists())
    with (tmp_path / "grid.csv").open(encoding="utf-8") as stream:
        assert [row["layer"] for row in csv.DictReader(stream)] == ["3", "4", "9", "13"] * 2
    assert colours_in(tmp_path / "grid.png") > 5
    scored.domain.setCurrentIndex(scored.domain.findData("fox"))
    scored.domain.activated.emit(scored.domain.currentIndex())
    assert scored.map.table.best_text == "best on validation domains"
    assert scored.map.table.best[1] == 1


def test_missing_features_are_computed_and_then_scored(scored, dock, wait):
    dock.lab.set(layers=(3,))
    wait(lambda: scored.scores.run is not None and scored.button.isEnabled())
    assert set(scored.scores.run.lacking) == {("t25", 3)}
    scored.button.click()
    wait(lambda: scored.map.table.cells[2, 0].state == "value", 200)
    assert len(scored.scores.run.cells) == 3


def test_what_comes_late_of_another_measure_or_project_is_not_shown(dock, host, wait, project_file):
    page = dock.page(0)
    wait(lambda: page.scores.scoring)
    old = page.scores.run
    dock.lab.set(measure="silhouette_action")
    assert page.scores.run is None
    assert all(cell.value is None for cell in page.map.table.cells.values())
    wait(lambda: sum(cell.state == "value" for cell in page.map.table.cells.values()) == 8)
    assert old is not page.scores.run
    values = [cell.value for cell in page.map.table.cells.values() if cell.value is not None]
    shown = [cell.score.value for cell in page.scores.run.cells.values()]
    assert sorted(values) == sorted(shown)
    assert {cell.score.measure for cell in page.scores.run.cells.values()} == {"silhouette_action"}
    dock.lab.set(measure="across_knn")
    wait(lambda: page.scores.scoring)
    host.session.open_project(project_file)
    assert page.scores.run is None
    wait(lambda: page.scores.run is not None, 120)
    assert page.scores.run.asked.project is host.session.project
    assert not page.scores.run.cells
    assert not host.jobs.problems


def test_labels_are_given_and_the_cells_wait_to_be_asked_for(scored, host, wait):
    from actiondiff_gui.gui.session import editing

    host.session.select([host.session.table.rows[0].id])
    editing.relabel(host.session, host.session.selection, "eat")
    wait(lambda: scored.scores.run is not None and scored.button.text().startswith("Score 8 cells"))
    assert not scored.scores.scoring
    scored.button.click()
    wait(lambda: len(scored.scores.run.cells) == 8)


@pytest.fixture
def maps(dock, wait):
    """Return the maps page with PCA maps of t10 and t20, and an empty panel for t25."""
    dock.switch.choose(1)
    page = dock.page(1)
    wait(lambda: "Make PCA maps" in page.empty.buttons)
    page.empty.buttons["Make PCA maps"].click()
    wait(lambda: page.shown is not None and page.shown.finished and page.canvas is not None)
    QTest.qWait(60)
    return page


def test_one_selection_and_one_pointer_in_all_panels(maps, host, dock, wait, tmp_path):
    canvas = maps.canvas
    assert [panel.points is not None for panel in canvas.panels] == [True, True, False]
    assert len(canvas.positions) == 36
    host.session.select([maps.look.rows[0].id])
    assert (canvas.points._colours[:, 3] > 0.5).all(), "one clip alone greys nothing"
    host.session.select([maps.look.rows[0].id, maps.look.rows[2].id])
    alpha = canvas.points._colours[:, 3]
    assert np.flatnonzero(alpha > 0.5).tolist() == [0, 2, 18, 20]
    x, y = canvas.position_in_widget(canvas.point_of(5, 1))
    QTest.mouseMove(canvas.widget, QPoint(round(x), round(y)))
    wait(lambda: maps.card.clip is not None)
    assert maps.card.clip == maps.look.rows[canvas.clip_of(canvas._hovered)].id
    assert len(canvas.overlay._rings) == 2
    QTest.mouseClick(canvas.widget, LEFT, NONE, QPoint(round(x), round(y)))
    assert host.session.current == maps.card.clip
    host.player.pause()
    head = canvas.boxes()[0][0]
    above = QPoint(round(head.center().x()), round(head.top() - 8))
    QTest.mouseClick(canvas.widget, LEFT, NONE, above)
    assert host.session.address.timestep == "t10"
    for kind in ("csv", "png"):
        maps.save.write(tmp_path / f"maps.{kind}")
    wait(lambda: not host.jobs.active() and (tmp_path / "maps.png").exists())
    with (tmp_path / "maps.csv").open(encoding="utf-8") as stream:
        assert len(list(csv.DictReader(stream))) == 36
    assert colours_in(tmp_path / "maps.png") > 5
    empty = canvas.boxes()[2][0].center()
    QTest.mouseClick(canvas.widget, LEFT, NONE, QPoint(round(empty.x()), round(empty.y())))
    assert dock.stack.currentWidget() is dock.page(0)


def test_one_map_glides_through_the_timesteps_and_follows_the_address(maps, host, wait):
    maps.way.choose(1)
    QTest.qWait(30)
    first, second = (maps.shown.maps[n] for n in (0, 1))
    maps.player.slider.setValue(50)
    (panel,) = maps.canvas.panels
    np.testing.assert_allclose(panel.points, (first + second) / 2, atol=1e-5)
    assert len(maps.canvas.positions) == 18
    maps.player.slider.setValue(100)
    assert maps.canvas.panels[0].title.startswith("t20")
    host.session.set_address(layers=(GOOD,))
    wait(lambda: maps.shown is not None and maps.shown.finished and maps.shown.asked.pairs[0][1] == GOOD)
    points = maps.shown.maps[1]
    walks, eats = points[0::2, 0], points[1::2, 0]
    assert walks.max() < eats.min() or eats.max() < walks.min()


def test_play_moves_from_the_first_map_to_the_last_and_ends(maps, wait):
    maps.way.choose(1)
    player = maps.player
    player.go_to(1)  # the last of the two that have features
    player.play.click()
    assert (player.position, player.play.text()) == (0, "Pause")
    wait(lambda: 0 < player.position < 1)
    assert "→" in maps.canvas.panels[0].title
    wait(lambda: not player.play.isChecked())
    assert (player.position, player.play.text()) == (1, "Play")
    player.slider.setValue(85)
    player.slider.sliderReleased.emit()
    assert player.position == 1  # let go close to a map it lands there
    player.slider.setValue(70)
    player.slider.sliderReleased.emit()
    assert player.position == 0.7


def test_the_frame_strip_follows_the_frame_and_a_picture_is_an_address(dock, host, wait):
    dock.switch.choose(2)
    page = dock.page(2)
    assert "Open a clip" in page.empty.sentence.text()
    host.session.open_clip(host.session.table.rows[2].id)
    (text,) = page.empty.buttons
    assert text.startswith("Show this frame (3 network passes")
    page.empty.buttons[text].click()
    wait(lambda: page.strip is not None and page.stack.currentWidget() is page.full)
    QTest.qWait(20)
    assert set(page.grid.pictures) == {(row, column) for row in range(3) for column in range(4)}
    before = page.grid.pictures[0, 0]
    host.session.seek(8)
    assert page.grid.pictures[0, 0] != before
    QTest.mouseClick(page.grid, LEFT, NONE, _pixel(page.grid, 2, 0))
    assert (host.session.address.timestep, host.session.address.layers) == ("t25", (3,))


def test_the_scoreboard_fills_and_pages_are_saved(dock, host, wait, tmp_path):
    dock.lab.set(timesteps=("t10", "t20"), layers=(3, GOOD))
    dock.switch.choose(3)
    page = dock.page(3)
    wait(lambda: page.compute.isEnabled())
    assert page.compute.text() == "Compute", "what it takes stands beside it, where it is not cut off"
    assert page.cost.text().startswith("Fitting: about")
    for action in page.methods.menu().actions():
        action.setChecked(action.data() in (host.session.address.backbone, "pixels"))
    page.compute.click()
    wait(lambda: page.compute.text() == "Up to date", 120)
    assert page.cost.isHidden()
    assert page.matrix.table.columns == list(SPECIES)
    assert page.matrix.table.rows[-1][0] == "all others"
    others = [page.matrix.table.cells[3, column].value for column in range(3)]
    assert others == [1.0, 1.0, 1.0]
    assert "layer 4" in page.matrix.tip((3, 0))
    assert "validation data only" in page.matrix.tip((3, 0))
    assert page.means.table.cells[0, 0].value == 1.0
    for kind in ("csv", "png"):
        page.save.write(tmp_path / f"board.{kind}")
    wait(lambda: (tmp_path / "board.png").exists() and (tmp_path / "board.csv").exists())
    with (tmp_path / "board.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 2 * 12
    assert colours_in(tmp_path / "board.png") > 5


def test_closing_while_cells_are_scored_and_maps_are_made_leaves_no_thread(dock, host, wait):
    before = set(threading.enumerate())
    dock.switch.choose(1)
    dock.page(1).make("pca")
    dock.switch.choose(0)
    page = dock.page(0)
    wait(lambda: page.scores.scoring)
    jobs = [job._thread for job in host.jobs.active()]
    assert len(jobs) >= 1
    host.close()
    assert not any(thread.is_alive() for thread in jobs)
    assert not [t for t in set(threading.enumerate()) - before if t.name.startswith(("scoring", "making"))]
