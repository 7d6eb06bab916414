import subprocess
import sys

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from actiondiff_gui.embedding.alignment import aligned, movement
from actiondiff_gui.embedding.maps import MapSettings, embed, embed_clips, standardised_within
from actiondiff_gui.errors import AnalysisError


def blobs(n=60, channels=20, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(n, channels)) + 10 * (np.arange(n) % 3)[:, None] * random.normal(size=channels)


def test_pca_agrees_with_scikit_learn():
    features = blobs()
    expected = PCA(2).fit(StandardScaler().fit_transform(features))

    map_ = embed(features, MapSettings("pca"))

    np.testing.assert_allclose(
        map_.coordinates, expected.transform(StandardScaler().fit_transform(features)), atol=1e-5
    )
    np.testing.assert_allclose(map_.explained_variance, expected.explained_variance_ratio_)
    assert map_.coordinates.dtype == np.float32


def test_pca_of_many_clips_and_channels_finds_the_same_axes_as_a_full_decomposition():
    random = np.random.default_rng(1)
    features = random.normal(size=(700, 3)) * [9, 5, 1] @ random.normal(size=(3, 600))
    features += random.normal(size=(700, 600))
    full = PCA(2, svd_solver="full").fit(features)

    map_ = embed(features, MapSettings("pca", standardise=False))

    np.testing.assert_allclose(map_.coordinates, full.transform(features), rtol=1e-3, atol=1e-3)
    np.testing.assert_array_equal(
        map_.coordinates, embed(features, MapSettings("pca", standardise=False)).coordinates
    )


def test_standardising_makes_the_unit_of_a_channel_irrelevant():
    features = blobs()
    scaled = features * np.logspace(-3, 3, features.shape[1])

    np.testing.assert_allclose(
        embed(scaled, MapSettings("pca")).coordinates,
        embed(features, MapSettings("pca")).coordinates,
        atol=1e-4,
    )
    assert not np.allclose(
        embed(scaled, MapSettings("pca", standardise=False)).coordinates,
        embed(features, MapSettings("pca", standardise=False)).coordinates,
    )


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("method", ["pca", "umap"])
def test_a_few_clips_are_mapped_by_pca(n, method):
    features = np.random.default_rng(0).normal(size=(n, 4))

    map_ = embed(features, MapSettings(method))

    assert map_.coordinates.shape == (n, 2)
    assert np.isfinite(map_.coordinates).all()
    assert map_.method == "pca"
    assert bool(map_.notes) == (method == "umap")


def test_a_single_clip_lies_at_the_origin_and_explains_nothing():
    map_ = embed(np.ones((1, 5)), MapSettings("pca"))

    np.testing.assert_array_equal(map_.coordinates, [[0, 0]])
    assert map_.explained_variance == (0, 0)


def test_a_constant_channel_does_not_matter():
    features = blobs()
    with_constant = np.hstack([features, np.full((len(features), 1), 7.1)])

    np.testing.assert_allclose(
        embed(with_constant, MapSettings("pca")).coordinates,
        embed(features, MapSettings("pca")).coordinates,
        atol=1e-5,
    )


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        (np.ones((12, 3)), "All 12 clips have exactly the same features"),
        (np.array([[1.0, 2], [np.nan, 3]]), "1 of 2 clips have features that are not finite.*number 2"),
        (np.array([[1.0, 2], [np.inf, 3]]), "not finite"),
        (np.zeros((0, 3)), r"got \[0, 3\]"),
        (np.zeros(3), r"got \[3\]"),
    ],
)
def test_features_that_cannot_be_mapped_are_refused(features, sentence):
    with pytest.raises(AnalysisError, match=sentence):
        embed(features, MapSettings("pca"))


@pytest.mark.parametrize("parameters", [{"method": "tsne"}, {"n_neighbors": 1}, {"min_dist": -1.0}])
def test_parameters_without_sense_are_refused(parameters):
    with pytest.raises(AnalysisError):
        MapSettings(**parameters)


def test_a_map_without_an_axis_is_refused():
    with pytest.raises(AnalysisError, match="at least 1 axis"):
        embed(blobs(), components=0)


def test_two_clips_with_one_id_are_refused():
    with pytest.raises(AnalysisError, match="2 different ids"):
        embed_clips(blobs(3), ["a", "b", "a"])


def test_umap_keeps_blobs_apart_and_does_not_depend_on_the_order_of_clips(recwarn):
    features = blobs(30)
    ids = [f"clip{i:02d}" for i in range(30)]
    shuffle = np.random.default_rng(3).permutation(30)

    first = embed_clips(features, ids, MapSettings("umap", n_neighbors=50, seed=4))
    second = embed_clips(
        features[shuffle], [ids[i] for i in shuffle], MapSettings("umap", n_neighbors=50, seed=4)
    )

    assert first.method == "umap"
    assert first.parameters["n_neighbors"] == 29
    np.testing.assert_array_equal(first.coordinates[shuffle], second.coordinates)
    centres = np.stack([first.coordinates[i::3].mean(axis=0) for i in range(3)])
    nearest = np.linalg.norm(first.coordinates[:, None] - centres, axis=2).argmin(axis=1)
    np.testing.assert_array_equal(nearest, np.arange(30) % 3)
    assert not [w for w in recwarn if "umap" in str(w.filename)]


def test_umap_maps_as_few_clips_as_it_promises():
    map_ = embed(np.random.default_rng(0).normal(size=(5, 4)), MapSettings("umap"))

    assert map_.method == "umap"
    assert np.isfinite(map_.coordinates).all()


def test_importing_the_room_loads_neither_umap_nor_sklearn():
    code = (
        "import sys, actiondiff_gui.evaluation.study.study, actiondiff_gui.embedding.maps;"
        "sys.exit(any(m in sys.modules for m in ('umap', 'sklearn', 'numba', 'torch', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_umap_leaves_torch_the_threads_it_had():
    import torch

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        embed(np.random.default_rng(0).normal(size=(12, 4)), MapSettings("umap"))
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_a_map_started_from_another_stays_near_it_and_is_as_true():
    from sklearn.manifold import trustworthiness

    random = np.random.default_rng(5)
    features = np.hstack([np.repeat(np.eye(6) * 8, 12, axis=0), random.normal(size=(72, 5))])
    ids = [f"c{i:02d}" for i in random.permutation(72)]
    first = embed_clips(features, ids, MapSettings("umap", standardise=False)).coordinates
    changed = features + random.normal(size=features.shape) * 0.3
    both = [
        embed_clips(changed, ids, MapSettings("umap", standardise=False), start=start).coordinates
        for start in (first, None)
    ]
    near, far = (np.median(movement(first, aligned([first, each], [ids, ids])[1])) for each in both)
    assert near < 0.6 * far
    started, alone = (trustworthiness(changed, each, n_neighbors=8) for each in both)
    assert started > alone - 0.02


def test_standardising_within_names_takes_out_what_tells_the_names_and_keeps_what_differs_within():
    random = np.random.default_rng(0)
    action = np.arange(60) % 2
    species = np.repeat(["bird", "fox", "spider"], 20)
    features = random.normal(size=(60, 5))
    features[:, 0] += 4 * action
    features += 30 * (species == "fox")[:, None] + 1
    features[:, 1] *= np.where(species == "spider", 100, 1)
    features[:, 4] = species == "fox"

    found = standardised_within(features, species)

    for name in np.unique(species):
        own = found[species == name]
        np.testing.assert_allclose(own.mean(axis=0), 0, atol=1e-9)
        np.testing.assert_allclose(own.std(axis=0), [1, 1, 1, 1, 0], atol=1e-9)
    assert found[action == 1, 0].min() > found[action == 0, 0].max() - 1
    assert found[action == 1, 0].mean() - found[action == 0, 0].mean() > 1.5
    alone = standardised_within(features, [f"clip {i}" for i in range(60)])
    assert not alone.any()


def test_trustworthiness_is_scikit_learns_one_for_a_true_map_and_low_for_one_that_hides_the_groups():
    random = np.random.default_rng(0)
    plane = random.normal(size=(60, 2))
    flat = np.c_[plane, np.zeros((60, 3))]
    assert embed(flat, MapSettings("pca", standardise=False)).trustworthiness == pytest.approx(1)
    # Two large axes of noise cover what sets the clips apart.
    hidden = np.c_[plane, 30 * random.normal(size=(60, 2))]
    assert embed(hidden[:, [2, 3, 0, 1]], MapSettings("pca", standardise=False)).trustworthiness > 0.95
    spread = random.normal(size=(60, 40))
    assert embed(spread, MapSettings("pca")).trustworthiness < 0.75
    assert embed(flat[:10]).trustworthiness is None


def test_the_cosine_distance_leaves_out_how_strong_features_are():
    """Two directions, each in weak and strong clips: by their angle two groups, whatever their length."""
    random = np.random.default_rng(0)
    directions = np.array([[1.0, 0.2, 0.0], [0.0, 0.2, 1.0]])
    kind = np.repeat([0, 1], 30)
    strong = np.tile([1.0, 20.0], 30)
    features = directions[kind] * strong[:, None] * random.normal(1, 0.02, (60, 3))
    how = MapSettings(n_neighbors=10, metric="cosine", standardise=False)
    found = embed(features, how)
    assert found.parameters["metric"] == "cosine"
    middle = [found.coordinates[kind == k].mean(axis=0) for k in (0, 1)]
    nearer = [
        np.linalg.norm(point - middle[k]) < np.linalg.norm(point - middle[1 - k])
        for point, k in zip(found.coordinates, kind, strict=True)
    ]
    assert all(nearer)
    with pytest.raises(AnalysisError):
        MapSettings(metric="hamming")
