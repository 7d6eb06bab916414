import json

import av
import numpy as np
import pytest

from actiondiff_gui.errors import ActionDiffError, BackboneError
from actiondiff_gui.features.maps import MapMemory
from actiondiff_gui.features.placement import placement
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.looking.files import write_overlay
from actiondiff_gui.looking.looks import (
    Point,
    feature_colours,
    feature_similarity,
    spatial_attention,
    temporal_attention,
)
from actiondiff_gui.looking.overlay import Overlay, colours, limits_of, painted, spread
from actiondiff_gui.progress import run


@pytest.fixture(scope="module")
def memory(backbone):
    return MapMemory(backbone, ExtractionSettings())


def overlay(values: np.ndarray, picture=(48, 64), frames=None) -> Overlay:
    where = placement(picture, None, (32, 32), 32 // values.shape[1])
    frames = np.arange(len(values)) * 4 if frames is None else frames
    return Overlay("attention", "made up", frames, values.astype(np.float32), limits_of(values), where)


def test_values_are_spread_to_the_pixels_they_belong_to():
    values = np.zeros((8, 8))
    values[2, 5] = 1
    where = placement((48, 64), None, (32, 32), 4)
    out, seen = spread(values, where, (48, 64))
    assert out.shape == (48, 64)
    assert seen.all()
    row, column = np.unravel_index(out.argmax(), out.shape)
    assert abs(row - where.pixel(2, 5)[0]) <= 0.5
    assert abs(column - where.pixel(2, 5)[1]) <= 0.5


def test_pixels_outside_the_region_of_interest_stay_as_they_are():
    where = placement((48, 64), (16, 8, 24, 30), (32, 32), 4)
    shown = Overlay("attention", "", np.array([0]), np.ones((1, 8, 8), np.float32), (0, 1), where)
    frame = np.full((48, 64, 3), 90, np.uint8)
    out = painted(frame, shown, 0, opacity=1)
    assert (out[:7] == 90).all()
    assert (out[:, 41:] == 90).all()
    assert (out[8:38, 16:40] != 90).any(axis=-1).all()


def test_no_opacity_leaves_the_frame_and_full_opacity_hides_it():
    frame = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    shown = overlay(np.random.default_rng(1).random((1, 8, 8)))
    np.testing.assert_array_equal(painted(frame, shown, 0, 0.0), frame)
    np.testing.assert_array_equal(painted(frame, shown, 0, 1.0), painted(frame * 0, shown, 0, 1.0))


def test_a_value_has_the_same_colour_in_all_overlays_of_one_scale():
    dim, bright = np.array([0.0, 1.0]), np.array([1.0, 4.0])
    shared = limits_of(np.concatenate([dim, bright]))
    np.testing.assert_array_equal(
        colours(dim, "attention", shared)[1], colours(bright, "attention", shared)[0]
    )
    # With scales of their own the same value would be the brightest of one and the darkest of the other.
    alone = [colours(v, "attention", limits_of(v)) for v in (dim, bright)]
    assert np.abs(alone[0][1] - alone[1][0]).max() > 0.5


def test_values_that_are_all_alike_still_have_a_scale():
    low, high = limits_of(np.zeros(4))
    assert high > low


def test_attention_from_a_point_follows_the_frames_of_its_window(memory, backbone, clip_sources):
    found = run(spatial_attention(memory, clip_sources[1], backbone.schedule[20], 6, Point(17, 20, 30)))
    assert found.frames.tolist() == [16, 20, 24, 28]
    np.testing.assert_allclose(found.values.sum((1, 2)), 1, rtol=1e-5)
    frames, weights = run(
        temporal_attention(memory, clip_sources[1], backbone.schedule[20], 6, Point(17, 20, 30), head=1)
    )
    assert frames.tolist() == [16, 20, 24, 28]
    assert weights.sum() == pytest.approx(1, abs=1e-5)


def test_a_point_outside_the_picture_and_a_head_that_is_not_there_are_refused(memory, backbone, clip_sources):
    step = backbone.schedule[20]
    with pytest.raises(BackboneError, match="outside what the backbone saw"):
        run(spatial_attention(memory, clip_sources[1], step, 6, Point(0, 500, 3)))
    with pytest.raises(BackboneError, match="There is no head 9"):
        run(spatial_attention(memory, clip_sources[1], step, 6, Point(0, 5, 3), head=9))


def test_likeness_is_highest_at_the_point_and_reaches_into_other_clips(memory, backbone, clip_sources):
    point = Point(8, 24, 32)
    one, other = run(
        feature_similarity(memory, clip_sources[:2], backbone.schedule[20], 6, clicked=0, point=point)
    )
    cell = one.placement.cell(24, 32)
    assert one.values[2][cell] == pytest.approx(1, abs=1e-3)
    assert one.values.max() <= 1 + 1e-6
    assert other.limits == one.limits
    assert len(other.frames) == 10


def test_colours_are_shared_by_the_clips_of_a_timestep(memory, backbone, clip_sources):
    steps = [backbone.schedule[20], backbone.schedule[5]]
    rows = run(feature_colours(memory, clip_sources[:2], steps, 6))
    assert [len(row) for row in rows] == [2, 2]
    assert rows[0][0].values.shape == (6, *rows[0][0].placement.grid, 3)


@pytest.mark.parametrize("ending", [".mp4", ".gif"])
def test_an_overlay_becomes_a_video_of_all_frames_of_the_clip(ending, videos, tmp_path):
    out = run(
        write_overlay(
            videos[0], overlay(np.random.default_rng(0).random((6, 8, 8))), tmp_path / f"o{ending}", end=23
        )
    )
    with av.open(str(out)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 23
    assert frames[0].shape == (48, 64, 3)
    assert list(tmp_path.iterdir()) == [out]


def test_an_overlay_becomes_a_picture_and_bare_values(videos, tmp_path):
    shown = overlay(np.random.default_rng(0).random((6, 8, 8)))
    run(write_overlay(videos[0], shown, tmp_path / "o.png"))
    run(write_overlay(videos[0], shown, tmp_path / "o.npy"))
    np.testing.assert_array_equal(np.load(tmp_path / "o.npy", allow_pickle=False), shown.values)
    about = json.loads((tmp_path / "o.json").read_text())
    assert about["frames"] == shown.frames.tolist()
    assert (tmp_path / "o.png").stat().st_size > 100


def test_a_stopped_export_leaves_nothing_behind(videos, tmp_path):
    job = write_overlay(videos[0], overlay(np.ones((6, 8, 8))), tmp_path / "o.mp4")
    next(job)
    next(job)
    job.close()
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_ending_and_a_place_that_cannot_be_written_are_told(videos, tmp_path):
    with pytest.raises(ActionDiffError, match=r"Choose \.mp4, \.gif, \.png or \.npy"):
        run(write_overlay(videos[0], overlay(np.ones((1, 8, 8))), tmp_path / "o.avi"))
    (tmp_path / "file").write_text("")
    with pytest.raises(ActionDiffError, match="cannot be written"):
        run(write_overlay(videos[0], overlay(np.ones((1, 8, 8))), tmp_path / "file" / "o.png"))
