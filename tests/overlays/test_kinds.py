import json
from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image

from actiondiff_gui.errors import ActionDiffError, BackboneError, OutputExistsError
from actiondiff_gui.features.maps import MapMemory
from actiondiff_gui.features.placement import placement
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.outputs import Output
from actiondiff_gui.overlays.files import Panel, write_overlays, write_weights
from actiondiff_gui.overlays.kinds import (
    Point,
    feature_colours,
    feature_similarity,
    spatial_attention,
    temporal_attention,
)
from actiondiff_gui.overlays.legend import colour_bar, legend_of
from actiondiff_gui.overlays.overlay import Overlay, colours, limits_of, painted, spread
from actiondiff_gui.overlays.sheet import strip, wrapped
from actiondiff_gui.progress import run
from actiondiff_gui.video.reader import VideoReader


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


def panel(video, shown: Overlay, end: int = 23) -> Panel:
    return Panel(video, shown, 0, end)


def random_overlay(seed: int = 0, frames: int = 6) -> Overlay:
    return overlay(np.random.default_rng(seed).random((frames, 8, 8)))


@pytest.mark.parametrize("ending", [".mp4", ".gif"])
def test_an_overlay_becomes_a_video_of_all_frames_of_the_clip(ending, videos, tmp_path):
    (out,) = run(write_overlays([panel(videos[0], random_overlay())], tmp_path / f"o{ending}"))
    with av.open(str(out)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 23
    # A small video is enlarged by a whole factor, and the legend stands below it.
    assert frames[0].shape[1] == 320
    assert frames[0].shape[0] > 240
    assert list(tmp_path.iterdir()) == [out]


def test_clips_stand_side_by_side_in_a_video_with_linked_frames(videos, tmp_path):
    panels = [panel(videos[0], random_overlay()), panel(videos[2], random_overlay(1, 3), end=9)]
    (out,) = run(write_overlays(panels, tmp_path / "o.mp4", opacity=0))
    with av.open(str(out)) as container:
        frames = [frame.to_ndarray(format="rgb24").astype(float) for frame in container.decode(video=0)]
    assert len(frames) == 23
    left, right = slice(None, 320), slice(320, None)
    # The shorter clip waits at its last frame while the other goes on.
    assert np.abs(frames[20][:240, right] - frames[9][:240, right]).mean() < 3
    assert np.abs(frames[20][:240, left] - frames[9][:240, left]).mean() > 20


def test_a_picture_is_of_the_frame_that_was_asked_for(videos, tmp_path):
    shown = [panel(videos[0], random_overlay())]
    run(write_overlays(shown, tmp_path / "o.png", opacity=0, frame=7))
    with VideoReader(videos[0]) as reader, Image.open(tmp_path / "o.png") as picture:
        seen = np.asarray(picture)[:240][2::5, 2::5]
        np.testing.assert_array_equal(seen[3:], reader.read(7)[3:])


def test_values_keep_their_frames_and_place_beside_them(videos, tmp_path):
    shown = random_overlay()
    assert run(write_overlays([panel(videos[0], shown)], tmp_path / "o.npy")) == [tmp_path / "o.npy"]
    np.testing.assert_array_equal(np.load(tmp_path / "o.npy", allow_pickle=False), shown.values)
    about = json.loads((tmp_path / "o.json").read_text())
    assert about["frames"] == shown.frames.tolist()
    run(write_overlays([panel(videos[0], shown), panel(videos[1], random_overlay(1))], tmp_path / "o.npy"))
    np.testing.assert_array_equal(np.load(tmp_path / "o_2.npy"), random_overlay(1).values)


def test_zarr_holds_an_array_per_clip_and_replaces_only_its_own_kind(videos, tmp_path):
    import zarr

    shown = [panel(videos[0], random_overlay()), panel(videos[1], random_overlay(1))]
    for _ in range(2):
        run(write_overlays(shown, Output(tmp_path / "o.zarr", force=True)))
    with pytest.raises(OutputExistsError):
        run(write_overlays(shown, tmp_path / "o.zarr"))
    group = zarr.open_group(tmp_path / "o.zarr", mode="r")
    np.testing.assert_array_equal(group["2"][:], random_overlay(1).values)
    assert group["1"].attrs["video"] == videos[0].name
    assert [file.name for file in tmp_path.iterdir()] == ["o.zarr"]
    (tmp_path / "mine.zarr").mkdir()
    (tmp_path / "mine.zarr" / "notes.txt").write_text("kept")
    with pytest.raises(ActionDiffError, match="not a zarr folder"):
        run(write_overlays(shown, tmp_path / "mine.zarr"))
    assert (tmp_path / "mine.zarr" / "notes.txt").read_text() == "kept"
    (tmp_path / "o.zarr" / "1" / "notes.txt").write_text("kept")
    with pytest.raises(ActionDiffError, match=r"notes\.txt is no file of zarr"):
        run(write_overlays(shown, Output(tmp_path / "o.zarr", force=True)))
    assert (tmp_path / "o.zarr" / "1" / "notes.txt").read_text() == "kept"


def test_a_stopped_export_leaves_nothing_behind(videos, tmp_path):
    job = write_overlays([panel(videos[0], overlay(np.ones((6, 8, 8))))], tmp_path / "o.mp4")
    next(job)
    next(job)
    job.close()
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_ending_and_a_place_that_cannot_be_written_are_told(videos, tmp_path):
    shown = [panel(videos[0], overlay(np.ones((1, 8, 8))))]
    with pytest.raises(ActionDiffError, match=r"Choose \.mp4, \.gif, \.png, \.npy, \.zarr"):
        run(write_overlays(shown, tmp_path / "o.avi"))
    (tmp_path / "file").write_text("")
    for name in ("o.png", "o.zarr"):
        with pytest.raises(ActionDiffError, match="cannot be written"):
            run(write_overlays(shown, tmp_path / "file" / name))
    with pytest.raises(ActionDiffError, match=r"Choose \.csv or \.npy"):
        write_weights(np.arange(3), np.ones(3), tmp_path / "w.png")


def test_the_legend_says_what_all_have_in_common_and_captions_what_each_is():
    one, other = (replace(random_overlay(n), address=f"t{n}, layer 6") for n in (1, 2))
    steps = legend_of([one, other], ["dog", "dog"])
    assert steps.captions == ("t1", "t2")
    assert steps.title == "Made up, layer 6"
    clips = legend_of([one, one], ["dog", "cat"])
    assert clips.captions == ("dog", "cat")
    assert clips.title == "Made up, t1, layer 6"
    assert clips.low.startswith("least attention")
    assert legend_of([one], ["dog"]).captions == ("",)


@pytest.mark.parametrize("width", [200, 320, 1200])
def test_the_legend_fits_any_width(width):
    legend = legend_of([random_overlay()], ["dog"])
    drawn = strip(legend, width)
    assert drawn.shape[1] == width
    # Its scale runs from the first to the last colour.
    bar = colour_bar("attention", 50, 2)
    for end in (bar[0, 0], bar[0, -1]):
        assert (np.abs(drawn.astype(int) - end).sum(-1) < 12).any()
    assert (drawn[:, :2] == drawn[0, 0]).all()
    assert (drawn[:, -2:] == drawn[0, 0]).all()


def test_no_word_of_a_caption_is_lost_in_a_narrow_cell():
    text = "spider: walk, t20 (sigma 1.66), layer 6"
    lines = wrapped(text, 90)
    assert len(lines) > 1
    assert " ".join(lines) == text
