import numpy as np
import pytest
import torch

from actiondiff_gui.backbones.svd.inputs import resize_frames
from actiondiff_gui.features.clips import ClipSource, fitted_resolution
from actiondiff_gui.features.cropping import crop
from actiondiff_gui.features.maps import MapMemory
from actiondiff_gui.features.placement import placement
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.progress import run
from actiondiff_gui.video.fingerprint import fingerprint
from tests.conftest import write_video


def seen_map(frame: np.ndarray, roi, resolution, reduction) -> np.ndarray:
    """Return the map of a layer that averages blocks of the resized crop: brightness ``[h, w]``."""
    clip = ClipSource("clip", None, "", 0, 1, 24.0, roi)
    pixels = resize_frames(torch.from_numpy(crop(frame[None], clip).copy()), resolution)[0].mean(0)
    h, w = resolution[0] // reduction, resolution[1] // reduction
    return pixels.reshape(h, reduction, w, reduction).mean((1, 3)).numpy()


@pytest.mark.parametrize(
    ("picture", "roi", "resolution", "reduction"),
    [
        ((192, 192), None, (64, 64), 4),
        ((480, 640), None, (576, 1024), 8),
        ((480, 640), (100, 40, 300, 360), (576, 1024), 32),
        ((720, 400), None, fitted_resolution(720, 400, (64, 64), 32), 8),
        ((300, 300), (-40, -20, 200, 150), (64, 64), 4),
    ],
)
def test_a_cell_lies_over_the_pixels_it_was_made_of(picture, roi, resolution, reduction):
    """On a ramp the brightness of a cell tells which row, or column, its centre has in the video."""
    where = placement(picture, roi, resolution, reduction)
    for axis, length in enumerate(picture):
        ramp = np.linspace(0, 255, length)
        frame = np.broadcast_to(ramp[:, None] if axis == 0 else ramp[None], picture)
        frame = np.repeat(np.round(frame).astype(np.uint8)[..., None], 3, axis=2)
        told = (seen_map(frame, roi, resolution, reduction) + 1) / 2 * (length - 1)
        for cell in (
            (0, 0),
            (where.grid[0] - 1, where.grid[1] - 1),
            (where.grid[0] // 2, where.grid[1] // 3),
        ):
            rounding = (length - 1) / 255
            assert abs(where.pixel(*cell)[axis] - told[cell]) <= rounding


def test_cells_and_pixels_are_each_others_inverse():
    where = placement((480, 640), (100, 40, 300, 360), (576, 1024), 16)
    assert where.grid == (36, 64)
    for cell in ((0, 0), (35, 63), (17, 30)):
        assert where.cell(*where.pixel(*cell)) == cell


def test_every_pixel_that_was_seen_has_a_cell_and_no_other_has():
    where = placement((100, 120), (20, 10, 50, 40), (64, 64), 8)
    cells = {where.cell(y, x) for y in range(10, 50) for x in range(20, 70)}
    assert None not in cells
    assert cells == {(r, c) for r in range(8) for c in range(8)}
    assert where.cell(60, 40) is None
    assert where.cell(30, 10) is None


def test_the_map_covers_the_whole_picture():
    where = placement((480, 640), None, (64, 64), 4)
    top, left = (where.origin[a] - where.step[a] / 2 for a in range(2))
    bottom, right = (where.origin[a] + where.step[a] * (where.grid[a] - 0.5) for a in range(2))
    # With aligned corners the outer half of the outer pixels is cut, so the edges are near, not exact.
    assert abs(top + 0.5) < 4
    assert abs(left + 0.5) < 6
    assert abs(bottom - 479.5) < 4
    assert abs(right - 639.5) < 6


@pytest.mark.parametrize(
    ("resolution", "roi"), [("default", None), ("keep-aspect", None), ("keep-aspect", (30, 4, 60, 36))]
)
def test_a_square_in_a_video_is_found_where_it_is(backbone, tmp_path, resolution, roi):
    """Compare where the map changes with where a square is, through reading, crop, resize, VAE and first layer."""
    height, width, (top, left, side) = 48, 128, (16, 60, 8)
    maps = []
    for name, value in (("without", 90), ("with", 250)):
        frames = np.full((5, height, width, 3), 90, np.uint8)
        frames[:, top : top + side, left : left + side] = value
        path = write_video(tmp_path / f"{name}.mp4", frames)
        clip = ClipSource("clip", path, fingerprint(path), 0, 5, 24.0, roi)
        # Noise is another one in another video.
        memory = MapMemory(backbone, ExtractionSettings(resolution=resolution, condition="plain"))
        maps.append(run(memory.maps_job(clip, backbone.schedule[-1], 1)))
    change = np.abs(maps[1].values.astype(float) - maps[0].values)[0].sum(0)
    where = maps[0].placement
    assert change.shape == where.grid
    row, column = where.pixel(*np.unravel_index(change.argmax(), change.shape))
    # The cell that changes most lies in the square, or at most a cell beside it.
    assert top - where.step[0] <= row <= top + side + where.step[0]
    assert left - where.step[1] <= column <= left + side + where.step[1]
    # And what changes more than the whole picture does is centred on it; the VAE's strided convolutions see a part of
    # a cell further down and right.
    above = np.maximum(change - np.median(change), 0) ** 2
    weight = above / above.sum()
    rows, columns = (
        start + step * np.arange(n)
        for start, step, n in zip(where.origin, where.step, where.grid, strict=True)
    )
    assert abs((weight.sum(1) * rows).sum() - (top + (side - 1) / 2)) < where.step[0]
    assert abs((weight.sum(0) * columns).sum() - (left + (side - 1) / 2)) < where.step[1]
