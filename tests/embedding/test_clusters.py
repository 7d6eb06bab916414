import numpy as np
import pytest

from actiondiff_gui.embedding.clusters import NOISE, ClusterSettings, cluster, purity
from actiondiff_gui.errors import AnalysisError


def blobs(sizes=(30, 20, 10), spread=0.3, seed=0):
    random = np.random.default_rng(seed)
    centres = 6 * random.normal(size=(len(sizes), 12))
    parts = [c + spread * random.normal(size=(n, 12)) for c, n in zip(centres, sizes, strict=True)]
    return np.concatenate(parts), np.repeat(np.arange(len(sizes)), sizes)


def test_clusters_are_found_the_largest_first_with_their_medoids():
    features, truth = blobs()
    found = cluster(features, ClusterSettings(selection="eom"))
    assert len(found) == 3
    inside = found.numbers != NOISE
    assert inside.mean() > 0.9
    np.testing.assert_array_equal(found.numbers[inside], truth[inside])
    for number, members in enumerate(found.members):
        assert set(members) == set(np.flatnonzero(found.numbers == number))
        scaled = (features - features.mean(0)) / features.std(0)
        sums = [np.linalg.norm(scaled[members] - scaled[m], axis=1).sum() for m in members]
        # The medoid is that of the components, of which all are kept here.
        assert np.argmin(sums) == 0


def test_clips_far_from_all_others_are_in_no_cluster():
    features, _ = blobs()
    found = cluster(np.vstack([features, [[90.0] * 12]]), ClusterSettings(selection="eom"))
    assert found.numbers[-1] == NOISE


def test_within_domains_clusters_do_not_follow_the_domains():
    features, truth = blobs((20, 20))
    features = np.concatenate([features, features + 50])
    domains = ["dog"] * 40 + ["cat"] * 40
    settings = ClusterSettings(selection="eom")
    found = cluster(features, settings, domains)
    assert len(found) == 2
    for members in found.members:
        assert purity([domains[m] for m in members]).share < 0.6
        assert len(set(np.tile(truth, 2)[members])) == 1
    apart = cluster(features, ClusterSettings(selection="eom", within_domains=False), domains)
    assert all(purity([domains[m] for m in members]).share == 1 for members in apart.members)


def test_purity_counts_clips_that_have_a_name():
    assert purity(["walk", "walk", "run", ""]).share == pytest.approx(2 / 3)
    assert purity(["walk", "walk", "run", ""]).names == 2
    assert purity(["", ""]).named == 0


def test_too_few_clips_are_refused_in_a_sentence():
    with pytest.raises(AnalysisError, match="too few for clusters of at least 5"):
        cluster(np.random.default_rng(0).normal(size=(6, 4)))
