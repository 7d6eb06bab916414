"""One vector for each clip of a project: the mean of its stored tokens at one address."""

import contextlib
from collections.abc import Sequence

import numpy as np

from actiondiff_gui.backbones.reading import Reading
from actiondiff_gui.errors import DamagedFeaturesError
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.features.summary import summarise
from actiondiff_gui.features.tokens import FeatureAddress, TokenSet
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project

_AT_ONCE = 64


def clip_vectors_job(
    project: Project, store: TokenStore, reading: Reading, wanted: Sequence[str] | None
) -> Job[tuple[list[str], list[str], np.ndarray, list[tuple[int, int]], list[str]]]:
    """Return ids, names to sort by, mean features ``[N, C]`` and edges of clips with features, and ids of the others."""
    of = FeatureAddress(store.provenance.backbone, store.provenance.digest, *reading)
    sources = clip_sources(project, wanted)
    clip_ids: list[str] = []
    order: list[str] = []
    rows: list[np.ndarray] = []
    edges: list[tuple[int, int]] = []
    missing: list[str] = []
    for first in range(0, len(sources), _AT_ONCE):
        tokens: dict[str, np.ndarray] = {}
        keys: list[str] = []
        for source in sources[first : first + _AT_ONCE]:
            found = None
            with contextlib.suppress(DamagedFeaturesError):  # its clip is missing now, and computed again
                found = store.find_at(source.key, reading)
            if found is not None:
                tokens[source.id], _ = found
                keys.append(source.key)
                edges.append((source.start, source.end))
            else:
                missing.append(source.id)
        if tokens:
            ids, nothing = tuple(tokens), ("",) * len(tokens)
            labels = np.zeros((len(ids), 0), np.int8)
            part = TokenSet(ids, tuple(tokens.values()), (), labels, nothing, nothing, of, keys=tuple(keys))
            rows.append(summarise(part))
            clip_ids += ids
            order += part.order
        yield Progress(min(first + _AT_ONCE, len(sources)), len(sources), "reading features")
    vectors = np.concatenate(rows) if rows else np.empty((0, 0), np.float32)
    return clip_ids, order, vectors, edges, missing
