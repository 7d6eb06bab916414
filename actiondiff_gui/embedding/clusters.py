"""Clusters of clips by their features, and how pure they are.

HDBSCAN (Campello, Moulavi & Sander 2013) as scikit-learn implements it, on the principal components of standardised
features. Maps are not used: UMAP's distances say little beyond a neighbourhood.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from actiondiff_gui.embedding.maps import standardised_within
from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.settings import Setting, check

NOISE = -1
"""Number of clips that are in no cluster."""


@dataclass(frozen=True)
class ClusterSettings:
    """How clips are clustered.

    Raises
    ------
    AnalysisError
        A value makes no sense.
    """

    smallest: Annotated[
        int, Setting("smallest cluster", "Fewest clips of a cluster", 2, 100_000, "clips")
    ] = 5
    closeness: Annotated[
        int,
        Setting(
            "core neighbours",
            "Neighbours that make a clip the core of a cluster: more leave more clips in no cluster",
            1,
            1_000,
        ),
    ] = 2
    selection: Annotated[
        Literal["leaf", "eom"],
        Setting(
            "selection",
            "Which clusters of the hierarchy are taken",
            words={"leaf": "many small ones", "eom": "the most persistent ones"},
        ),
    ] = "leaf"
    components: Annotated[
        int, Setting("components", "Principal components that are used at most", 1, 1_000)
    ] = 30
    within_domains: Annotated[
        bool,
        Setting(
            "standardise within each domain",
            "Bring every channel to mean 0 and deviation 1 within each domain, so that clusters do not follow domains",
        ),
    ] = True

    def __post_init__(self) -> None:
        check(self, AnalysisError)


@dataclass(frozen=True)
class Clusters:
    """Clusters of N clips, the largest first.

    Attributes
    ----------
    numbers : ndarray
        ``[N]`` int64: 0, 1, ...; :data:`NOISE` for clips in no cluster.
    members : tuple of ndarray
        For each cluster its clips ``[n]``, the medoid first, then by distance to it.
    strengths : ndarray
        ``[N]`` float64, 0 to 1: how surely a clip belongs to its cluster.
    explained : float
        Share of the variance that the components hold.
    """

    numbers: np.ndarray
    members: tuple[np.ndarray, ...]
    strengths: np.ndarray
    explained: float

    def __len__(self) -> int:
        return len(self.members)


def cluster(
    features: np.ndarray, settings: ClusterSettings | None = None, domains: Sequence[str] = ()
) -> Clusters:
    """Cluster clips by their features.

    Parameters
    ----------
    features : ndarray
        ``[N, C]``, one vector per clip.
    settings : ClusterSettings, optional
    domains : sequence of str, optional
        ``[N]``, the domain of each clip, for standardisation within domains; without them over all clips.

    Raises
    ------
    AnalysisError
        There are fewer clips than the smallest cluster may have, or features are not finite or all the same.
    """
    from sklearn.cluster import HDBSCAN  # type: ignore[attr-defined]
    from sklearn.decomposition import PCA

    settings = settings or ClusterSettings()
    count = len(features)
    if count < max(2 * settings.smallest, 3):
        raise AnalysisError(
            f"{count} clips with features are too few for clusters of at least {settings.smallest}. Compute features of "
            "more clips, or allow smaller clusters."
        )
    groups = list(domains) if settings.within_domains and len(domains) else [""] * count
    standardised = standardised_within(features, groups)
    pca = PCA(min(settings.components, count - 1, standardised.shape[1]), random_state=0)
    points = pca.fit_transform(standardised)
    found = HDBSCAN(
        min_cluster_size=settings.smallest,
        min_samples=settings.closeness,
        cluster_selection_method=settings.selection,
        copy=True,
    ).fit(points)
    raw = found.labels_
    sizes = Counter(raw[raw >= 0].tolist())
    by_size = sorted(sizes, key=lambda number: (-sizes[number], number))
    numbers = np.full(count, NOISE, np.int64)
    members = []
    for number, old in enumerate(by_size):
        own = np.flatnonzero(raw == old)
        numbers[own] = number
        members.append(own[_from_medoid(points[own])])
    return Clusters(
        numbers,
        tuple(members),
        found.probabilities_.astype(float),
        float(pca.explained_variance_ratio_.sum()),
    )


def _from_medoid(points: np.ndarray) -> np.ndarray:
    """Return the order of points by their distance to the one that is nearest to all others on average."""
    from sklearn.metrics import pairwise_distances_chunked

    sums = np.concatenate([np.asarray(part).sum(axis=1) for part in pairwise_distances_chunked(points)])
    medoid = points[int(sums.argmin())]
    return np.argsort(np.linalg.norm(points - medoid, axis=1), kind="stable")


@dataclass(frozen=True)
class Purity:
    """The most frequent name in a cluster.

    Attributes
    ----------
    name : str
        "" where no clip has one.
    share : float
        Of the clips with a name, 0 to 1.
    named : int
        How many clips have a name.
    names : int
        How many different names there are.
    """

    name: str
    share: float
    named: int
    names: int


def purity(names: Sequence[str]) -> Purity:
    """Return how pure a cluster is in one respect, such as label or domain; clips without a name ("") do not count."""
    counts = Counter(name for name in names if name)
    if not counts:
        return Purity("", 0.0, 0, 0)
    name, most = min(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return Purity(name, most / counts.total(), counts.total(), len(counts))
