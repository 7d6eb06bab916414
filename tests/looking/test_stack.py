import numpy as np

from actiondiff_gui.features.placement import placement
from actiondiff_gui.looking.overlay import Overlay
from actiondiff_gui.looking.stack import OverlayStack


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
