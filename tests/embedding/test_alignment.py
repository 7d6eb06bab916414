import numpy as np
import pytest

from actiondiff_gui.embedding.alignment import aligned, between, movement, procrustes
from actiondiff_gui.errors import AnalysisError


def _turn(degrees: float, mirrored: bool = False) -> np.ndarray:
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return turn @ np.diag([1, -1]) if mirrored else turn


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_map_that_was_only_moved_turned_and_scaled_comes_back_exactly(mirrored):
    there = np.random.default_rng(0).normal(size=(30, 2)) * (5, 1)
    here = 0.3 * there @ _turn(137, mirrored) + (40, -7)
    fit = procrustes(here, there)
    np.testing.assert_allclose(fit(here), there, atol=1e-9)
    assert fit.scale == pytest.approx(1 / 0.3)
    np.testing.assert_allclose(fit.turn, _turn(137, mirrored).T, atol=1e-9)


def test_the_fit_is_that_of_scipy_and_no_other_turn_or_size_is_better():
    from scipy.linalg import orthogonal_procrustes

    random = np.random.default_rng(1)
    here, there = random.normal(size=(2, 25, 2))
    fit = procrustes(here, there)
    turn, values = orthogonal_procrustes(here - here.mean(0), there - there.mean(0))
    np.testing.assert_allclose(fit.turn, turn)
    assert fit.scale == pytest.approx(values / ((here - here.mean(0)) ** 2).sum())
    best = ((fit(here) - there) ** 2).sum()
    for degrees in range(0, 360, 15):
        for scale in (0.5, 0.9, 1.1, 2):
            other = scale * fit.scale * (here - fit.centre) @ fit.turn @ _turn(degrees) + fit.target
            assert ((other - there) ** 2).sum() >= best


def test_without_scaling_distances_stay_as_they_are():
    random = np.random.default_rng(2)
    here, there = random.normal(size=(2, 10, 2))
    moved = procrustes(here, 3 * there, scaling=False)(here)
    np.testing.assert_allclose(
        np.linalg.norm(moved - moved[0], axis=1), np.linalg.norm(here - here[0], axis=1)
    )


def test_a_chain_of_turned_maps_lies_still_whatever_clips_come_and_go():
    places = np.random.default_rng(3).normal(size=(12, 2))
    ids = [f"c{i}" for i in range(12)]
    chosen = [list(range(12)), list(range(2, 12)), list(range(11, -1, -1))]
    maps = [places[which] @ _turn(70 * n, n % 2 == 1) * (1 + n) + n for n, which in enumerate(chosen)]
    found = aligned(maps, [[ids[i] for i in which] for which in chosen])
    for which, points in zip(chosen, found, strict=True):
        np.testing.assert_allclose(points, places[which], atol=1e-9)


def test_what_really_moved_is_left():
    before = np.random.default_rng(4).normal(size=(200, 2))
    after = before.copy()
    after[0] += (4, 0)
    names = [str(i) for i in range(200)]
    _, found = aligned([before, after @ _turn(120)], [names, names])
    far = movement(before, found)
    assert far.argmax() == 0
    assert far[0] > 20 * np.median(far)


def test_maps_without_shared_clips_and_points_in_one_place_stay():
    points = np.ones((3, 2))
    np.testing.assert_array_equal(aligned([points, points + 1], [list("abc"), list("def")])[1], points + 1)
    np.testing.assert_allclose(procrustes(points, points * 5)(points), points * 5)


def test_points_glide_on_straight_ways():
    maps = [np.zeros((2, 2)), np.ones((2, 2)), np.full((2, 2), 5.0)]
    for at, value in ((-1, 0), (0, 0), (0.25, 0.25), (1, 1), (1.5, 3), (2, 5), (9, 5)):
        np.testing.assert_allclose(between(maps, at), value)
    np.testing.assert_array_equal(between(maps[:1], 0.7), 0)


def test_maps_that_do_not_fit_are_told():
    with pytest.raises(AnalysisError, match="same clips"):
        procrustes(np.zeros((3, 2)), np.zeros((4, 2)))
    with pytest.raises(AnalysisError, match="not finite"):
        procrustes(np.full((3, 2), np.nan), np.zeros((3, 2)))
