from threading import Event

import numpy as np
import pytest
from PIL import Image
from qtpy.QtWidgets import QApplication

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.overlays.dock import OverlaysDock
from actiondiff_gui.gui.overlays.layers import POINT
from actiondiff_gui.gui.overlays.legend import canvas_of, cells_of
from actiondiff_gui.gui.overlays.state.kinds import ALL, SOME
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.timeline.scene import TimelineStyle
from actiondiff_gui.gui.timeline.weights import pixel_heights, weight_words
from actiondiff_gui.progress import Progress
from actiondiff_gui.video.reader import VideoReader


@pytest.fixture
def overlays(pets, wait, svd_folder):
    """Return the overlays dock with a clip open, at a layer with attention of the small random backbone."""
    dock = OverlaysDock(pets)
    session = pets.session
    session.set_address(backbone=str(svd_folder), timestep="t20", layers=(6,))
    session.open_clip(session.table.rows[1].id)
    wait(lambda: not pets.player.why_no_picture())
    yield dock
    dock.clear()
    dock.deleteLater()


def choose(dock: OverlaysDock, id: str) -> None:
    dock.form.choose(id)


def idle(host) -> bool:
    return not host.jobs.active()


def painted(overlays: OverlaysDock, count: int) -> bool:
    return len(overlays.stage.shown) == count and idle(overlays.host) and not overlays.stage.layers.busy


def test_without_a_clip_it_says_what_to_do(pets):
    dock = OverlaysDock(pets)
    assert dock.pages.currentIndex() == 0
    assert "Open a clip" in dock.empty.sentence.text()
    dock.deleteLater()


def test_a_click_paints_attention_that_follows_the_frame(overlays, pets, wait):
    pets.session.seek(17)
    overlays.click(20, 30)
    wait(lambda: overlays.stage.shown and idle(pets))
    (layer,) = overlays.stage.layers.overlays
    ((_, overlay),) = overlays.stage.shown
    # The window of 17 holds the frames 16 to 28, every fourth one.
    assert layer.data.shape == (16, *overlay.placement.grid)
    assert layer.translate[0] == 16
    for frame, number in ((16, 0), (21, 1), (31, 3)):
        np.testing.assert_array_equal(layer.data[frame - 16], overlay.values[number])
    assert POINT in pets.viewer.layers


def test_an_overlay_lies_where_its_cells_belong(overlays, pets, wait):
    overlays.click(20, 30)
    wait(lambda: overlays.stage.shown and idle(pets))
    (layer,) = overlays.stage.layers.overlays
    where = overlays.stage.shown[0][1].placement
    for cell in ((0, 0), (1, 2)):
        in_world = layer.data_to_world((0, *cell))
        np.testing.assert_allclose(in_world[1:], where.pixel(*cell))
    assert layer.data_to_world((0, 0, 0))[0] == pets.session.table.rows[1].start


def test_a_second_click_takes_the_same_layer(overlays, pets, wait):
    overlays.click(20, 30)
    wait(lambda: overlays.stage.shown and idle(pets))
    before = overlays.stage.layers.overlays[0]
    first = np.array(before.data[0])
    overlays.click(40, 10)
    wait(lambda: idle(pets))
    assert overlays.stage.layers.overlays == [before]
    assert not np.array_equal(before.data[0], first)


def test_another_head_of_the_same_point_is_shown_without_another_click(overlays, pets, wait):
    overlays.click(20, 30)
    wait(lambda: overlays.stage.shown and idle(pets))
    mean = overlays.stage.shown[0][1].values
    overlays.form.head.setCurrentIndex(2)
    overlays.form.head.activated.emit(2)
    wait(lambda: "head 1" in overlays.stage.shown[0][1].title)
    assert not np.array_equal(overlays.stage.shown[0][1].values, mean)


def test_a_further_click_waits_for_no_network(overlays, pets, wait):
    overlays.click(20, 30)
    wait(lambda: overlays.stage.shown and idle(pets))
    before = overlays.stage.shown[0][1]
    held = Event()

    def busy():
        while not held.is_set():
            yield Progress(0, 0)

    other = pets.jobs.start(busy, "computing features", lane="heavy")
    overlays.click(40, 10)
    wait(lambda: overlays.stage.shown[0][1] is not before)
    assert not other.finished
    held.set()
    wait(lambda: idle(pets))


def test_attention_over_time_fills_strip_and_timeline_until_it_is_cleared(overlays, timeline, pets, wait):
    choose(overlays, "temporal")
    overlays.click(20, 30)
    wait(lambda: pets.session.frame_weights is not None and idle(pets))
    found = pets.session.frame_weights
    assert overlays.strip.frames.tolist() == found.frames.tolist() == [10, 14, 18, 22]
    assert found.weights.sum() == pytest.approx(1, abs=1e-4)
    assert overlays.stage.layers.overlays == []
    parts = timeline.view.parts
    assert parts.weights
    assert parts.zone(parts.names + 5, parts.ruler + 3) == "weights"
    assert "Attention over time" in weight_words(found, 12)
    # The lane is painted at the frames of the window and nowhere else.
    heights = pixel_heights(found, timeline.view.axis)
    columns = [round(timeline.view.axis.x(frame + 0.5)) for frame in (10, 22, 30)]
    assert heights[columns[0]] > 0
    assert heights[columns[1]] > 0
    assert heights[columns[2]] == 0
    QApplication.processEvents()
    picture = timeline.view.grab().toImage()
    shade, y = TimelineStyle.of(pets.viewer).mark, parts.head - 3
    near = [picture.pixelColor(parts.names + x + 3, y) for x in columns]
    assert [c.blue() > shade.blue() * 0.7 for c in near] == [True, True, False]
    overlays.clear()
    assert pets.session.frame_weights is None
    assert timeline.view.parts.weights == 0
    assert overlays.strip.isHidden()


def test_attention_to_the_black_frames_of_a_short_window_is_told_and_left_out(overlays, pets, wait):
    session = pets.session
    # Two frames of the window's four.
    editing.set_edges(session, session.current, 10, 18)
    session.seek(12)
    choose(overlays, "temporal")
    overlays.click(20, 30)
    wait(lambda: session.frame_weights is not None and idle(pets))
    found = session.frame_weights
    assert found.frames.tolist() == [10, 14]
    assert found.weights.sum() == pytest.approx(1, abs=1e-4)
    assert "of it goes to the black frames that fill a short window" in found.about


def test_clips_are_compared_side_by_side_on_one_scale(overlays, pets, wait):
    session = pets.session
    # A clip within its video, so that it does not begin where the open one does.
    editing.set_edges(session, session.table.rows[0].id, 6, 20)
    session.select([row.id for row in session.table.rows[:2]])
    choose(overlays, "similarity")
    overlays.form.clips.setCurrentIndex(1)
    overlays.click(20, 30)
    wait(lambda: painted(overlays, 2))
    assert overlays.stage.layers.beside
    limits = {tuple(layer.contrast_limits) for layer in overlays.stage.layers.overlays}
    assert limits == {(-1.0, 1.0)}
    assert [text.split(":")[0] for text in overlays.stage.legend.legend.captions] == ["cat", "dog"]
    # The slider counts the open video's frames, and the other clip's first frame lies at its beginning.
    session.seek(3)
    assert pets.viewer.dims.current_step[0] == 3
    others = [
        layer for layer in pets.viewer.layers if "[6, 20)" in layer.name and "similarity" not in layer.name
    ]
    with VideoReader(session.videos[session.table.rows[0].video_id].path) as reader:
        np.testing.assert_array_equal(np.asarray(others[0]._slice.image.view), reader.read(9))
    # A click in the other clip is a point of that clip, and the layers stay.
    layers, before = list(overlays.stage.layers.overlays), overlays.stage.shown[0][1]
    tile = overlays.stage.layers.mosaic.tiles[1]
    number, row, column = overlays.stage.layers.tile_at(*tile.place(10, 12))
    assert (number, row, column) == (1, pytest.approx(10), pytest.approx(12))
    overlays.click(row, column, number)
    wait(lambda: overlays.stage.shown[0][1] is not before and idle(pets))
    assert overlays.stage.layers.overlays == layers
    other = overlays.stage.shown[1][1]
    cell = other.placement.cell(10, 12)
    assert other.values[(other.nearest(9), *cell)] == pytest.approx(1, abs=1e-3)
    (mark,) = [layer for layer in pets.viewer.layers if layer.name.startswith(POINT)]
    np.testing.assert_allclose(mark.data, [tile.place(10, 12)])
    overlays.clear()
    wait(lambda: not overlays.stage.layers.busy)
    assert not overlays.stage.layers.beside
    assert list(pets.viewer.layers) == [pets.player.layer]
    assert overlays.stage.legend.isHidden()


def test_timesteps_are_compared_side_by_side(overlays, pets, wait):
    choose(overlays, "colours")
    overlays.form.timesteps.setCurrentIndex(overlays.form.timesteps.findData(SOME))
    overlays.compute()
    wait(lambda: painted(overlays, 7), 120)
    assert [text.split()[0] for text in overlays.stage.legend.legend.captions] == [
        f"t{n}" for n in (0, 5, 10, 15, 20, 25, 29)
    ]
    assert all(layer.rgb for layer in overlays.stage.layers.overlays)
    # All tiles show the one open video; it is not opened again for each.
    assert not overlays.stage.layers._readers
    # Captions lie in their tiles, each within the canvas and none over another.
    native = canvas_of(pets)
    cells = cells_of(pets, overlays.stage.layers, native.width(), native.height())
    for left, top, width, height in cells:
        assert -1 <= left < left + width <= native.width() + 1
        assert -1 <= top < top + height <= native.height() + 1
    corners = {(round(left), round(top)) for left, top, *_ in cells}
    assert len(corners) == 7
    # Another overlay of the same clips takes the videos that are there; the next one does not wait for the last.
    videos = list(overlays.stage.layers._videos)
    choose(overlays, "similarity")
    overlays.click(20, 30)
    wait(lambda: overlays.stage.shown[0][1].kind == "similarity" and painted(overlays, 7), 120)
    assert overlays.stage.layers._videos == videos
    assert len(pets.viewer.layers) == 1 + 6 + 7 + 1
    overlays.clear()
    choose(overlays, "colours")
    overlays.form.timesteps.setCurrentIndex(0)
    overlays.compute()
    wait(lambda: painted(overlays, 1), 120)
    assert len(pets.viewer.layers) == 2


def test_one_frame_at_every_timestep_is_a_picture_that_can_be_kept(overlays, pets, wait, tmp_path):
    choose(overlays, "colours")
    overlays.form.timesteps.setCurrentIndex(overlays.form.timesteps.findData(ALL))
    pets.session.seek(17)
    overlays.compute()
    wait(lambda: hasattr(overlays, "sheet") and idle(pets), 120)
    sheet = overlays.sheet.sheet
    assert "frame 17" in sheet.title
    # 30 timesteps in six columns of 320 pixels, and five rows of the same shape over the legend.
    assert sheet.picture.shape[1] == 6 * 320
    assert sheet.picture.shape[0] > 5 * 240
    assert overlays.stage.empty
    overlays.sheet.save(tmp_path / "sheet")
    wait(lambda: (tmp_path / "sheet.png").exists() and idle(pets))
    overlays.sheet.close()


def test_a_layer_without_attention_says_which_have_it(overlays, pets, wait):
    pets.session.set_address(layers=(4,))
    assert "Layer 4 has no attention" in overlays.said.text()
    assert not overlays._wants_clicks()
    overlays.click(20, 30)
    wait(lambda: "has no attention" in overlays.said.text())
    assert overlays.stage.layers.overlays == []
    button = overlays.show_button
    assert not button.isHidden()
    assert button.text().startswith("Use layer ")
    other = int(button.text().removeprefix("Use layer "))
    button.click()
    assert pets.session.address.layers == (other,)
    assert overlays.form.head.count() > 1
    assert "no attention" not in overlays.said.text()


def test_it_says_why_there_is_no_cross_attention(overlays):
    assert "Cross-attention is not offered" in overlays.why.text()
    box = overlays.form.kind
    box.setCurrentIndex(box.count() - 1)
    assert "Cross-attention" in box.currentText()
    assert "its weight is 1 everywhere" in overlays.form.about.text()
    assert overlays.show_button.isHidden()


def test_another_clip_takes_the_overlay_away(overlays, pets, wait):
    overlays.click(20, 30)
    wait(lambda: overlays.stage.shown and idle(pets))
    pets.session.open_clip(pets.session.table.rows[0].id)
    assert overlays.stage.layers.overlays == []
    assert POINT not in pets.viewer.layers


def test_what_is_shown_is_exported_as_video_and_the_view_as_a_picture(overlays, pets, wait, tmp_path):
    with pytest.raises(ProjectError, match="Show an overlay first"):
        overlays.exporter.ask(0.5)
    overlays.click(20, 30)
    wait(lambda: overlays.stage.shown and idle(pets))
    for name in ("overlay.gif", "view.png"):
        overlays.export(tmp_path / name)
        wait(lambda name=name: (tmp_path / name).exists() and idle(pets))
    assert (tmp_path / "overlay.gif").stat().st_size > 1000
    seen = overlays.stage.picture()[0]
    with Image.open(tmp_path / "view.png") as picture:
        # The legend stands below what the canvas shows.
        assert picture.width == seen.shape[1]
        assert picture.height > seen.shape[0] + 30


def test_evidence_and_deciding_frames_of_a_model(overlays, pets, wait, svd_folder, tmp_path):
    session = pets.session
    choose(overlays, "evidence")
    assert "needs a trained model" in overlays.said.text()
    model = looking_model(session, svd_folder)
    overlays.models.use(model)
    wait(lambda: overlays.form.action.count() == 2 and idle(pets))
    overlays.compute()
    wait(lambda: overlays.stage.shown and idle(pets))
    assert overlays.stage.legend.legend.title.startswith("Evidence for")
    choose(overlays, "frames")
    overlays.compute()
    wait(lambda: session.frame_weights is not None and idle(pets))
    rollout = session.frame_weights
    assert overlays.stage.layers.overlays == []
    overlays.form.measure.setCurrentIndex(1)
    overlays.form.measure.activated.emit(1)
    wait(lambda: session.frame_weights is not rollout and idle(pets))
    assert "class token's attention in the classifier's layer 1" in session.frame_weights.about
    # The model reads its own layer, wherever the bar stands; what is shown of it does not become outdated.
    session.set_address(timestep="t10", layers=(3,))
    assert "Show it again" not in overlays.said.text()
    overlays.compute()
    wait(lambda: idle(pets))
    for text in (session.frame_weights.about, overlays.said.text(), overlays._shown_at):
        assert "t20, layer 6" in text
    session.set_address(timestep="t20", layers=(6,))
    overlays.export(tmp_path / "frames.csv")
    wait(lambda: (tmp_path / "frames.csv").exists() and idle(pets))
    session.open_clip(session.table.rows[0].id)
    assert session.frame_weights is None


def looking_model(session, folder):
    """Return a transformer trained for one step on random tokens of the small backbone."""
    from actiondiff_gui.backbones.registry import load_backbone
    from actiondiff_gui.classifier.models.library import model_path
    from actiondiff_gui.classifier.models.saved import save_classifier
    from actiondiff_gui.classifier.training.fitting import fit_job
    from actiondiff_gui.classifier.training.presets import preset
    from actiondiff_gui.features.settings import ExtractionSettings, Provenance
    from actiondiff_gui.features.tokens import FeatureAddress, TokenSet
    from actiondiff_gui.progress import run

    backbone = load_backbone(str(folder), device="cpu", precision="float32")
    provenance = Provenance.of(backbone, ExtractionSettings())
    random = np.random.default_rng(0)
    tokens = TokenSet(
        tokens=tuple(random.normal(size=(6, 32)).astype(np.float32) for _ in range(8)),
        labels=np.eye(2, dtype=np.int8)[np.arange(8) % 2] * 2 - 1,
        classes=("walk", "eat"),
        clip_ids=tuple(f"c{n}" for n in range(8)),
        domains=("",) * 8,
        groups=tuple(f"g{n}" for n in range(8)),
        address=FeatureAddress(backbone.id, provenance.digest, "t20", 6),
    )
    settings = preset("small-data", epochs=1)
    job = fit_job(
        "transformer", tokens, np.arange(8), np.arange(0), settings, "cpu", extraction=dict(provenance.values)
    )
    file = model_path(session.needed(), "small")
    file.parent.mkdir()
    save_classifier(run(job), file)
    session.models_changed.emit()
    return file
