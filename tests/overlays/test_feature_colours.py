import numpy as np
import pytest
from sklearn.decomposition import PCA

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.overlays.feature_colours import FeatureColours, centre_of, similarity


def maps(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(3, 5, 4, 6)).astype(np.float32)


def test_a_place_is_most_like_itself():
    map_ = maps()
    found = similarity(map_, map_[1, :, 2, 3])
    assert found.shape == (3, 4, 6)
    assert np.unravel_index(found.argmax(), found.shape) == (1, 2, 3)
    np.testing.assert_allclose(found[1, 2, 3], 1, rtol=1e-6)


def test_likeness_is_the_cosine_from_the_centre():
    map_, vector, centre = maps(), maps(1)[0, :, 0, 0], maps(2)[0, :, 0, 0]
    found = similarity(map_, vector, centre)
    one, other = map_[2, :, 1, 5] - centre, vector - centre
    expected = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    np.testing.assert_allclose(found[2, 1, 5], expected, rtol=1e-5)


def test_what_all_places_share_does_not_count_once_it_is_taken_away():
    map_ = maps() + 100
    assert similarity(map_, map_[0, :, 0, 0]).min() > 0.99
    assert similarity(map_, map_[0, :, 0, 0], centre_of([map_])).min() < 0


def test_a_zero_feature_is_like_nothing():
    map_ = maps()
    map_[0, :, 0, 0] = 0
    assert similarity(map_, map_[1, :, 0, 0])[0, 0, 0] == 0


def test_other_channels_are_refused():
    with pytest.raises(AnalysisError, match="7 channels"):
        similarity(maps(), np.zeros(7))


def test_colours_are_the_first_three_principal_components():
    one, two = maps(0), maps(1)[:, :, :2]
    colours = FeatureColours.fit([one, two])
    cells = np.concatenate([np.moveaxis(each, 1, -1).reshape(-1, 5) for each in (one, two)])
    expected = PCA(3).fit(cells).components_
    for axis, other in zip(colours.axes, expected, strict=True):
        assert abs(axis @ other) == pytest.approx(1, abs=1e-4)


def test_the_same_feature_has_the_same_colour_in_every_clip():
    one, two = maps(0), maps(1)
    two[2, :, 3, 1] = one[0, :, 1, 1]
    colours = FeatureColours.fit([one, two])
    painted = colours(one), colours(two)
    assert painted[0].shape == (3, 4, 6, 3)
    np.testing.assert_allclose(painted[0][0, 1, 1], painted[1][2, 3, 1], atol=1e-6)
    assert painted[0].min() >= 0
    assert painted[0].max() <= 1


def test_places_that_are_all_the_same_are_grey():
    painted = FeatureColours.fit([np.ones((2, 5, 3, 3), np.float32)])(np.ones((2, 5, 3, 3), np.float32))
    np.testing.assert_allclose(painted, 0.5)


def test_two_channels_still_give_colours():
    assert FeatureColours.fit([maps()[:, :2]])(maps()[:, :2]).shape == (3, 4, 6, 3)


def test_values_that_are_not_numbers_are_refused():
    broken = maps()
    broken[0, 0, 0, 0] = np.nan
    with pytest.raises(AnalysisError, match="not numbers"):
        FeatureColours.fit([broken])
