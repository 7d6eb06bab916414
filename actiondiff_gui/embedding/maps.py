"""Two-dimensional maps of clips by PCA or UMAP."""

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import numpy as np

from actiondiff_gui.app_folders import settle
from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.settings import Setting, check

METHODS = {"umap": "UMAP", "pca": "PCA"}
"""Methods, with words for people."""
UMAP_FEWEST_CLIPS = 5
TRUSTED_NEIGHBOURS = 5
MOST_TRUSTED = 2000
"""Trustworthiness takes time that grows with the square of the clips; of more than these a random sample is taken."""
STARTED = {"n_epochs": 100, "learning_rate": 0.1}
"""How far UMAP goes from a map it is started from. On the sample clips, from timestep to timestep at layers 4 and 9,
points moved 0.06 to 0.20 of the map's spread instead of 0.12 to 0.43 with the usual 500 epochs at rate 1, and
neighbours were kept as well (trustworthiness 0.965 to 0.975 either way)."""


@dataclass(frozen=True)
class MapSettings:
    """How a map is made.

    Raises
    ------
    AnalysisError
        A value makes no sense.
    """

    method: Annotated[
        Literal["umap", "pca"],
        Setting(
            "method",
            "UMAP preserves neighbourhoods; PCA shows the two directions of largest variance",
            words=METHODS,
        ),
    ] = "umap"
    n_neighbors: Annotated[
        int,
        Setting(
            "neighbours",
            "Neighbours of each clip in UMAP: few emphasise small groups, many the global structure",
            2,
            10_000,
            flag="neighbours",
            only=("method", "umap"),
        ),
    ] = 15
    min_dist: Annotated[
        float,
        Setting(
            "least distance",
            "How close UMAP puts points at least, in units of the map: 0 packs groups tightly",
            0,
            1,
            step=0.05,
            only=("method", "umap"),
        ),
    ] = 0.1
    metric: Annotated[
        Literal["euclidean", "cosine", "correlation", "manhattan"],
        Setting(
            "distance",
            "Distance between clips in UMAP: cosine and correlation leave out how strong features are as a whole",
            only=("method", "umap"),
        ),
    ] = "euclidean"
    standardise: Annotated[
        bool,
        Setting(
            "standardise channels",
            "Bring every channel to mean 0 and deviation 1 first; constant channels become 0",
        ),
    ] = True
    seed: Annotated[int, Setting("seed", "Of UMAP's layout, and of PCA's of many clips", 0, 2**32 - 1)] = 0

    def __post_init__(self) -> None:
        check(self, AnalysisError)


@dataclass(frozen=True)
class Embedding:
    """Clips as points.

    Attributes
    ----------
    coordinates : ndarray
        ``[N, components]`` float32, without unit.
    method : str
        ``"pca"`` or ``"umap"``: the method that was run, which for very few clips is PCA even where
        UMAP was asked for (`notes` says so).
    parameters : mapping
        The parameters in force, after fitting them to the number of clips.
    explained_variance : tuple of float
        For PCA the share of the variance along each axis, 0 to 1; empty for UMAP, whose axes have none.
    notes : tuple of str
        Sentences a reader of the map should see.
    trustworthiness : float or None
        Share, 0 to 1, of neighbourhoods on the map that are neighbourhoods of the features (Venna and Kaski 2001, as
        scikit-learn computes it with 5 neighbours); of :data:`MOST_TRUSTED` clips where there are more. None for too few clips.
    """

    coordinates: np.ndarray
    method: str
    parameters: Mapping[str, object]
    explained_variance: tuple[float, ...] = ()
    notes: tuple[str, ...] = field(default=())
    trustworthiness: float | None = None


def embed(
    features: np.ndarray,
    settings: MapSettings | None = None,
    *,
    components: int = 2,
    start: np.ndarray | None = None,
) -> Embedding:
    """Map clips to two dimensions so that clips with similar features are near each other.

    The same features in the same order, with the same settings, give the same coordinates. PCA's
    axes point to where the channel with the largest weight grows. Use :func:`embed_clips` where the
    order of clips may change.

    Parameters
    ----------
    features : ndarray
        ``[N, C]``, one vector per clip.
    settings : MapSettings, optional
        By default the usual ones. UMAP's neighbourhood is lowered to N - 1 where there are fewer clips.
    components : int
        Axes of the map. Where PCA has fewer (N clips span at most N - 1) the rest are 0.
    start : ndarray, optional
        ``[N, components]``, coordinates from which UMAP starts, so that its map resembles another one. PCA needs none.

    Raises
    ------
    AnalysisError
        If there are no clips, a value is not finite, or all clips are identical.
    """
    settings = settings or MapSettings()
    features = _checked(features)
    if components < 1:
        raise AnalysisError(f"A map needs at least 1 axis, not {components}.")
    if start is not None and np.shape(start) != (len(features), components):
        raise AnalysisError(
            f"A map of {len(features)} clips with {components} axes cannot start from coordinates of the shape "
            f"{list(np.shape(start))}."
        )
    if settings.standardise:
        from sklearn.preprocessing import StandardScaler

        features = StandardScaler().fit_transform(features)
    if settings.method == "umap" and len(features) >= max(UMAP_FEWEST_CLIPS, components + 2):
        found = _umap(features, components, settings, start)
        return replace(found, trustworthiness=_trustworthiness(features, found.coordinates, settings.metric))
    notes: tuple[str, ...] = ()
    if settings.method == "umap":
        few = f"{len(features)} clip" + "s" * (len(features) != 1)
        notes = (f"UMAP needs more than {few}; the map shows PCA.",)
    found = _pca(features, components, settings, notes)
    return replace(found, trustworthiness=_trustworthiness(features, found.coordinates))


def _trustworthiness(
    features: np.ndarray, coordinates: np.ndarray, metric: str = "euclidean"
) -> float | None:
    if len(features) <= 2 * TRUSTED_NEIGHBOURS:
        return None
    from sklearn.manifold import trustworthiness

    if len(features) > MOST_TRUSTED:
        some = np.sort(np.random.default_rng(0).choice(len(features), MOST_TRUSTED, replace=False))
        features, coordinates = features[some], coordinates[some]
    return float(trustworthiness(features, coordinates, n_neighbors=TRUSTED_NEIGHBOURS, metric=metric))


def standardised_within(features: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Every channel at mean 0 and standard deviation 1 among the clips of each name; channels constant there become 0.

    What tells the names (species, cameras) from each other is gone, so that a map shows what differs among like clips.

    Parameters
    ----------
    features : ndarray
        ``[N, C]``.
    names : sequence of str
        ``[N]``. Clips whose name no other has become 0.

    Returns
    -------
    ndarray
        ``[N, C]`` float64.
    """
    from sklearn.preprocessing import StandardScaler

    features, name_of = _checked(features), np.asarray(names, dtype=str)
    found = np.zeros_like(features)
    for name in np.unique(name_of):
        found[name_of == name] = StandardScaler().fit_transform(features[name_of == name])
    return found


def embed_clips(
    features: np.ndarray,
    clip_ids: Sequence[str],
    settings: MapSettings | None = None,
    *,
    start: np.ndarray | None = None,
) -> Embedding:
    """Embed clips so that their coordinates do not depend on the order in which they are given.

    UMAP's layout depends on the order of its input; here clips are put in the order of their ids,
    embedded with :func:`embed`, and handed back in the order given. A map of the same clips is thus
    the same map; adding or removing a clip still moves all others.

    Parameters
    ----------
    features : ndarray
        ``[N, C]``.
    clip_ids : sequence of str
        N different ids.
    settings : MapSettings, optional
    start : ndarray, optional
        As for :func:`embed`, in the order of ``clip_ids``.
    """
    if len(set(clip_ids)) != len(clip_ids) or len(clip_ids) != len(features):
        raise AnalysisError(
            f"A map needs one id for each clip, all different: {len(features)} clips came with "
            f"{len(set(clip_ids))} different ids."
        )
    order = np.argsort(np.asarray(clip_ids, dtype=str), kind="stable")
    start = None if start is None else np.asarray(start)[order]
    ordered = embed(np.asarray(features)[order], settings, start=start)
    coordinates = np.empty_like(ordered.coordinates)
    coordinates[order] = ordered.coordinates
    return replace(ordered, coordinates=coordinates)


def _checked(features: np.ndarray) -> np.ndarray:
    features = np.asarray(features, dtype=np.float64)
    if features.ndim != 2 or 0 in features.shape:
        raise AnalysisError(
            f"A map needs features of the shape [clips, channels], but got {list(features.shape)}. "
            "Extract features of some clips first."
        )
    broken = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if len(broken):
        raise AnalysisError(
            f"{len(broken)} of {len(features)} clips have features that are not finite (the first is number "
            f"{broken[0] + 1}). Extract them again in bfloat16 or float32, or leave them out."
        )
    if len(features) > 1 and not np.ptp(features, axis=0).any():
        raise AnalysisError(
            f"All {len(features)} clips have exactly the same features, so there is nothing to map. Check "
            "that the clips differ and that extraction read their videos."
        )
    return features


def _pca(features: np.ndarray, components: int, settings: MapSettings, notes: tuple[str, ...]) -> Embedding:
    coordinates = np.zeros((len(features), components), np.float32)
    explained = np.zeros(components)
    found = min(components, len(features) - 1, features.shape[1])
    if found:
        from sklearn.decomposition import PCA

        smaller = min(features.shape)
        # A full decomposition of thousands of clips takes many seconds; ARPACK finds the few axes asked for.
        solver: Literal["arpack", "full"] = "arpack" if smaller > 500 and found < smaller else "full"
        pca = PCA(n_components=found, svd_solver=solver, random_state=settings.seed)
        coordinates[:, :found] = pca.fit_transform(features)
        explained[:found] = pca.explained_variance_ratio_
    parameters = {"components": components, "standardise": settings.standardise, "seed": settings.seed}
    return Embedding(coordinates, "pca", parameters, tuple(float(v) for v in explained), notes)


@contextmanager
def _torch_threads_kept() -> Iterator[None]:
    """Undo what UMAP's compiler does to the number of OpenMP threads, which torch shares with it."""
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else 0
    try:
        yield
    finally:
        if torch:
            torch.set_num_threads(threads)


def _umap(
    features: np.ndarray,
    components: int,
    settings: MapSettings,
    start: np.ndarray | None = None,
) -> Embedding:
    n_neighbors = min(settings.n_neighbors, len(features) - 1)
    settle()
    with warnings.catch_warnings(), _torch_threads_kept():
        warnings.simplefilter("ignore")
        from umap import UMAP

        # The seed fixes the layout with one job only; UMAP's own start fails on few clips.
        layout = UMAP(
            n_components=components,
            n_neighbors=n_neighbors,
            min_dist=settings.min_dist,
            metric=settings.metric,
            random_state=settings.seed,
            n_jobs=1,
            init="pca" if start is None else np.array(start, np.float32),
            **({} if start is None else STARTED),
        ).fit_transform(features)
    if not np.isfinite(layout).all():
        raise AnalysisError(
            f"UMAP found no layout for these {len(features)} clips. Use PCA, "
            f"or more neighbours than {n_neighbors}."
        )
    parameters = {
        "components": components,
        "standardise": settings.standardise,
        "seed": settings.seed,
        "n_neighbors": n_neighbors,
        "min_dist": settings.min_dist,
        "metric": settings.metric,
    }
    return Embedding(np.asarray(layout, np.float32), "umap", parameters)
