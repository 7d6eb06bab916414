"""Nearest vectors by cosine distance after standardisation: exact, or approximate for very many."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from actiondiff_gui.app_folders import settle
from actiondiff_gui.errors import AnalysisError

EXACT_UP_TO = 200_000
"""With more vectors than this the search is approximate, unless asked otherwise."""
INDEX_NEIGHBOURS = 30
"""Neighbours of each vector in the graph of the approximate search."""
_SEED = 0
_SPARE = 4


@dataclass(frozen=True)
class Nearest:
    """Nearest vectors, nearest first.

    Attributes
    ----------
    places : ndarray
        ``[k]`` int64, rows of the vectors searched.
    distances : ndarray
        ``[k]`` float64, cosine distance to the nearest of the queries: 0 the same direction, 1 unrelated, 2 opposite.
    exact : bool
        Whether these are certainly the nearest.
    """

    places: np.ndarray
    distances: np.ndarray
    exact: bool


class VectorIndex:
    """Vectors that are searched for the nearest ones.

    Every channel is brought to mean 0 and standard deviation 1 over all vectors; constant channels become 0. Without that
    the few channels of largest variance would decide.

    Parameters
    ----------
    vectors : ndarray
        ``[N, C]``.
    exact : bool, optional
        By default exact up to :data:`EXACT_UP_TO` vectors, and above approximate, by nearest neighbour descent (Dong,
        Moses & Li 2011) as pynndescent implements it. Its index is built at the first approximate search, which takes
        far longer than one exact search does: it pays where many searches follow.

    Raises
    ------
    AnalysisError
        There are no vectors, or a value is not finite.
    """

    def __init__(self, vectors: np.ndarray, exact: bool | None = None) -> None:
        from sklearn.preprocessing import StandardScaler, normalize

        vectors = np.asarray(vectors, np.float32)
        if vectors.ndim != 2 or 0 in vectors.shape:
            raise AnalysisError("No clip has features here, so none can be found. Compute features first.")
        if not np.isfinite(vectors).all():
            raise AnalysisError(
                "The features of some clips hold values that are not finite. Compute them again in bfloat16 or float32."
            )
        self._scaler = StandardScaler().fit(vectors)
        self._unit: np.ndarray = normalize(self._scaler.transform(vectors)).astype(np.float32)
        self.exact = len(vectors) <= EXACT_UP_TO if exact is None else exact
        self._graph: Any = None

    def __len__(self) -> int:
        return len(self._unit)

    def nearest(self, queries: np.ndarray, count: int, allowed: np.ndarray | None = None) -> Nearest:
        """Find the vectors nearest to any of the queries.

        Parameters
        ----------
        queries : ndarray
            ``[Q, C]``, on the scale of the vectors.
        count : int
            How many are found at most.
        allowed : ndarray, optional
            ``[N]`` bool: which vectors may be found; by default all.

        Returns
        -------
        Nearest
        """
        from sklearn.preprocessing import normalize

        asked = normalize(self._scaler.transform(np.atleast_2d(np.asarray(queries, np.float32))))
        among = np.arange(len(self)) if allowed is None else np.flatnonzero(allowed)
        wanted = min(count, len(among))
        if not wanted or not len(asked):
            return Nearest(np.zeros(0, np.int64), np.zeros(0), True)
        if not self.exact and len(among) > EXACT_UP_TO // 100:
            found = self._approximate(asked.astype(np.float32), wanted, allowed)
            if found is not None:
                return found
        return self._exact(asked, wanted, among)

    def _exact(self, asked: np.ndarray, wanted: int, among: np.ndarray) -> Nearest:
        from sklearn.neighbors import NearestNeighbors

        unit = self._unit if len(among) == len(self) else self._unit[among]
        # Of vectors of length 1, half the squared distance is the cosine distance, which scikit-learn computes anew for
        # all vectors at each query.
        search = NearestNeighbors(n_neighbors=wanted, metric="sqeuclidean", algorithm="brute").fit(unit)
        distances, places = search.kneighbors(asked.astype(np.float32))
        return _merged(distances / 2, among[places], wanted, exact=True)

    def _approximate(self, asked: np.ndarray, wanted: int, allowed: np.ndarray | None) -> Nearest | None:
        """Return the nearest that the graph leads to; None where too few of them are allowed."""
        if self._graph is None:
            self._graph = self._built()
        count = wanted if allowed is None else min(len(self), _SPARE * wanted)
        places, distances = self._graph.query(asked, k=count)
        if allowed is not None:
            kept = allowed[places]
            if (kept.sum(axis=1) < wanted).any():
                return None
            distances = np.where(kept, distances, np.inf)
        return _merged(distances, places, wanted, exact=False)

    def _built(self) -> Any:
        settle()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pynndescent import NNDescent

            graph = NNDescent(
                self._unit,
                metric="cosine",
                n_neighbors=INDEX_NEIGHBOURS,
                random_state=_SEED,
                low_memory=False,
            )
            graph.prepare()
        return graph


def _merged(distances: np.ndarray, places: np.ndarray, wanted: int, exact: bool) -> Nearest:
    """Return the nearest of several lists ``[Q, k]``, each vector once, by its least distance."""
    finite = np.isfinite(distances.ravel())
    flat, at = distances.ravel()[finite], places.ravel()[finite]
    order = np.lexsort((at, flat))
    _, first = np.unique(at[order], return_index=True)
    chosen = order[np.sort(first)][:wanted]
    return Nearest(at[chosen].astype(np.int64), np.maximum(flat[chosen], 0).astype(np.float64), exact)
