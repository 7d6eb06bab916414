import numpy as np
import pytest

from actiondiff_gui.features.placement import placement
from actiondiff_gui.overlays.overlay import Overlay
from actiondiff_gui.overlays.stack import OverlayStack, VideoStretch
from actiondiff_gui.video.array import LazyVideo
from actiondiff_gui.video.reader import VideoReader


def stack(shape=(3, 4, 5)) -> tuple[OverlayStack, np.ndarray]:
    values = np.random.default_rng(0).random(shape).astype(np.float32)
    where = placement((16, 20), None, (16, 20), 4)
    overlay = Overlay("attention", "", np.array([10, 14, 18]), values, (0, 1), where)
    return OverlayStack(overlay, 10, 22), values


def test_each_frame_has_the_nearest_values():
    shown, values = stack()
    assert shown.shape == (12, 4, 5)
    for frame, number in ((10, 0), (11, 0), (13, 1), (15, 1), (17, 2), (21, 2)):
        np.testing.assert_array_equal(shown[frame - 10], values[number])


def test_it_is_sliced_as_a_viewer_slices():
    shown, values = stack()
    np.testing.assert_array_equal(shown[3, slice(None), slice(None)], values[1])
    np.testing.assert_array_equal(shown[3, 1:3, 2], values[1, 1:3, 2])
    np.testing.assert_array_equal(shown[2:5], values[[0, 1, 1]])
    np.testing.assert_array_equal(shown[..., 0], values[np.array([0] * 3 + [1] * 4 + [2] * 5)][..., 0])
    np.testing.assert_array_equal(np.asarray(shown)[11], values[2])


def test_colours_keep_their_last_axis():
    shown, values = stack((3, 4, 5, 3))
    assert shown[3, slice(None), slice(None)].shape == (4, 5, 3)
    np.testing.assert_array_equal(shown[0], values[0])


def test_a_stretch_of_a_video_begins_at_its_clip(videos):
    with VideoReader(videos[1]) as reader:
        video = LazyVideo(reader)
        clip = VideoStretch(video, 10, 30)
        assert clip.shape == (20, 48, 64, 3)
        np.testing.assert_array_equal(clip[3, slice(None), slice(None)], video[13])
        np.testing.assert_array_equal(clip[2:5, 1:3], video[12:15, 1:3])
        np.testing.assert_array_equal(clip[-1], video[29])
        with pytest.raises(IndexError):
            clip[20]


def test_attention_stands_for_the_frames_of_its_window_alone():
    values = np.ones((3, 4, 5), np.float32)
    where = placement((16, 20), None, (16, 20), 4)
    for kind, span in (("attention", (10, 22)), ("similarity", (2, 40))):
        assert Overlay(kind, "", np.array([10, 14, 18]), values, (0, 1), where).span(2, 40) == span
