import pytest

from actiondiff_gui.gui.overlays.state.mosaic import Mosaic


@pytest.mark.parametrize(
    ("room", "columns"), [((400, 2000), 7), ((2000, 400), 1), ((600, 800), 3), ((500, 1200), 4)]
)
def test_tiles_fill_the_canvas_as_well_as_they_can(room, columns):
    assert Mosaic.of([(100, 100)] * 7, room).columns == columns


def test_a_pixel_of_each_clip_is_found_again_and_gaps_belong_to_none():
    mosaic = Mosaic.of([(100, 200), (400, 400), (100, 200)], (100, 1000))
    for number, tile in enumerate(mosaic.tiles):
        for pixel in ((0, 0), (50, 99)):
            found = mosaic.tile_at(*tile.place(*pixel))
            assert found == (number, pytest.approx(pixel[0]), pytest.approx(pixel[1]))
    # The larger video is scaled to the height of the first; nothing lies at its right.
    second = mosaic.tiles[1]
    assert (second.scale, second.height, second.width) == (0.25, 100, 100)
    assert mosaic.tile_at(50, second.left + 150) is None
    assert mosaic.tile_at(50, 202) is None
