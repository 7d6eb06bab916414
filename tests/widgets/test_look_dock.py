import numpy as np
import pytest

from actiondiff_gui.session.looks import SOME
from actiondiff_gui.widgets.look_dock import LookDock
from actiondiff_gui.widgets.look_layers import POINT


@pytest.fixture
def look(pets, wait, svd_folder):
    """The look dock with a clip open, at a layer with attention of the small random backbone."""
    dock = LookDock(pets)
    session = pets.session
    session.set_address(backbone=str(svd_folder), timestep="t20", layer=6)
    session.open_clip(session.table.rows[1].id)
    wait(lambda: pets.player.layer is not None)
    yield dock
    dock.clear()
    dock.deleteLater()


def choose(dock: LookDock, id: str) -> None:
    dock.form.choose(id)


def idle(host) -> bool:
    return not host.jobs.active()


def test_without_a_clip_it_says_what_to_do(pets):
    dock = LookDock(pets)
    assert dock.pages.currentIndex() == 0
    assert "Open a clip" in dock.empty.sentence.text()
    dock.deleteLater()


def test_a_click_paints_attention_that_follows_the_frame(look, pets, wait):
    pets.session.seek(17)
    look.click(20, 30)
    wait(lambda: look.shown and idle(pets))
    (layer,) = look.layers.overlays
    ((_, overlay),) = look.shown
    row = pets.session.table.rows[1]
    assert layer.data.shape == (row.end - row.start, *overlay.placement.grid)
    for frame, number in ((16, 0), (21, 1), (31, 3)):
        np.testing.assert_array_equal(layer.data[frame], overlay.values[number])
    assert POINT in pets.viewer.layers


def test_an_overlay_lies_where_its_cells_belong(look, pets, wait):
    look.click(20, 30)
    wait(lambda: look.shown and idle(pets))
    (layer,) = look.layers.overlays
    where = look.shown[0][1].placement
    for cell in ((0, 0), (1, 2)):
        in_world = layer.data_to_world((0, *cell))
        np.testing.assert_allclose(in_world[1:], where.pixel(*cell))
    assert layer.data_to_world((0, 0, 0))[0] == pets.session.table.rows[1].start


def test_a_second_click_takes_the_same_layer(look, pets, wait):
    look.click(20, 30)
    wait(lambda: look.shown and idle(pets))
    before = look.layers.overlays[0]
    first = np.array(before.data[16])
    look.click(40, 10)
    wait(lambda: idle(pets))
    assert look.layers.overlays == [before]
    assert not np.array_equal(before.data[16], first)


def test_attention_over_time_fills_the_strip(look, pets, wait):
    choose(look, "temporal")
    pets.session.seek(17)
    look.click(20, 30)
    wait(lambda: len(look.strip.frames) and idle(pets))
    assert look.strip.frames.tolist() == [16, 20, 24, 28]
    assert look.strip.weights.sum() == pytest.approx(1, abs=1e-4)
    assert look.layers.overlays == []


def test_clips_are_compared_side_by_side_on_one_scale(look, pets, wait):
    session = pets.session
    session.select([row.id for row in session.table.rows[:2]])
    choose(look, "similarity")
    look.form.clips.setCurrentIndex(1)
    look.click(20, 30)
    wait(lambda: len(look.shown) == 2 and idle(pets))
    assert pets.viewer.grid.enabled
    limits = {tuple(layer.contrast_limits) for layer in look.layers.overlays}
    assert limits == {(-1.0, 1.0)}
    look.clear()
    assert not pets.viewer.grid.enabled
    assert list(pets.viewer.layers) == [pets.player.layer]


def test_timesteps_are_compared_side_by_side(look, pets, wait):
    choose(look, "colours")
    look.form.timesteps.setCurrentIndex(look.form.timesteps.findData(SOME))
    look.compute()
    wait(lambda: len(look.shown) == 7 and idle(pets), 120)
    assert [text.split()[0] for text in look.legend.legend.captions] == [
        f"t{n}" for n in (0, 5, 10, 15, 20, 25, 29)
    ]
    assert all(layer.rgb for layer in look.layers.overlays)
    # All cells show the one open video; it is not opened again for each.
    assert not look.layers._readers


def test_a_layer_without_attention_says_which_have_it(look, pets, wait):
    pets.session.set_address(layer=4)
    assert "Layer 4 has no attention" in look.why.text()
    look.click(20, 30)
    wait(lambda: "has no attention" in look.said.text())
    assert look.layers.overlays == []


def test_it_says_why_there_is_no_cross_attention(look):
    assert "Cross-attention is not offered" in look.why.text()
    box = look.form.look
    box.setCurrentIndex(box.count() - 1)
    assert "Cross-attention" in box.currentText()
    assert "its weight is 1 everywhere" in look.form.about.text()
    assert look.show_button.isHidden()


def test_another_clip_takes_the_overlay_away(look, pets, wait):
    look.click(20, 30)
    wait(lambda: look.shown and idle(pets))
    pets.session.open_clip(pets.session.table.rows[0].id)
    assert look.layers.overlays == []
    assert POINT not in pets.viewer.layers


def test_an_overlay_is_exported(look, pets, wait, tmp_path):
    look.click(20, 30)
    wait(lambda: look.shown and idle(pets))
    out = tmp_path / "overlay.gif"
    look.export(out)
    wait(lambda: out.exists() and idle(pets))
    assert out.stat().st_size > 1000
