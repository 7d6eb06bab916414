import numpy as np
from matplotlib.path import Path

from actiondiff_gui.embedding.lasso import inside, nearest


def test_points_inside_a_drawn_line_are_those_that_matplotlib_finds():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(5000, 2)).astype(np.float32)
    for corners in (3, 4, 60):
        polygon = rng.normal(size=(corners, 2))
        if corners == 60:
            angles = np.linspace(0, 2 * np.pi, corners)
            polygon = np.column_stack([np.cos(angles), np.sin(angles) + 0.4 * np.sin(7 * angles)])
        np.testing.assert_array_equal(inside(polygon, points), Path(polygon).contains_points(points))


def test_a_line_of_two_points_holds_nothing():
    assert not inside(np.array([[0, 0], [1, 1]]), np.array([[0.5, 0.5]])).any()
    assert inside(np.zeros((4, 2)), np.empty((0, 2))).shape == (0,)


def test_the_nearest_point_is_found_only_within_reach():
    points = np.array([[0, 0], [3, 0]], np.float32)
    assert nearest((2.0, 0.0), points, 1.5) == 1
    assert nearest((2.0, 5.0), points, 1.5) == -1
    assert nearest((0.0, 0.0), points[:0], 1.0) == -1
