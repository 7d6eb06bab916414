import numpy as np
import pytest

from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.features.summary import summarise
from actiondiff_gui.features.tokens import FeatureAddress, TokenSet


def token_set(*clips):
    n = len(clips)
    address = FeatureAddress("tiny", "d", "t20", 9)
    return TokenSet(
        tuple(f"clip{i}" for i in range(n)), clips, ("walk",), np.ones((n, 1), np.int8), ("",) * n, ("",) * n,
        address,
    )  # fmt: skip


CLIP = np.array([[0, 1], [2, 1], [1, 1]], np.float16)


def test_the_mean_is_that_of_the_token_set():
    tokens = token_set(CLIP, CLIP[:2])

    np.testing.assert_allclose(summarise(tokens), tokens.pooled())


def test_parts_stand_one_after_the_other():
    got = summarise(token_set(CLIP), "mean+std+absdiff")

    np.testing.assert_allclose(got, [[1, 1, np.sqrt(2 / 3), 0, 1.5, 0]], rtol=1e-6)
    np.testing.assert_array_equal(summarise(token_set(CLIP), "mean+std"), got[:, :4])


def test_a_clip_of_one_token_has_no_spread_and_no_change():
    np.testing.assert_array_equal(summarise(token_set(CLIP[1:2]), "mean+std+absdiff"), [[2, 1, 0, 0, 0, 0]])


def test_a_long_clip_in_half_precision_does_not_overflow():
    got = summarise(token_set(np.full((5000, 1), 60000, np.float16)))

    np.testing.assert_allclose(got, np.float16(60000))


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (np.zeros((0, 2)), "clip1 have the shape"),
        (np.zeros((3, 4)), "clip1 have the shape"),
        (np.array([[1, np.nan]]), "clip1 hold values that are not finite"),
    ],
)
def test_a_broken_clip_is_named(broken, sentence):
    with pytest.raises(AnalysisError, match=sentence):
        summarise(token_set(CLIP, broken))


def test_an_unknown_summary_and_an_empty_set_are_refused():
    with pytest.raises(AnalysisError, match=r"mean\+std"):
        summarise(token_set(CLIP), "median")
    with pytest.raises(AnalysisError, match="no clips"):
        summarise(token_set())
