"""Job that makes a map: from the clips' features at an address to positions on a plane."""

from collections.abc import Sequence

import numpy as np

from actiondiff_gui.embedding.maps import MapSettings
from actiondiff_gui.embedding.process import EmbedProcess
from actiondiff_gui.embedding.vectors import clip_vectors_job
from actiondiff_gui.errors import FeatureStoreError
from actiondiff_gui.gui.map.state import clip_maps
from actiondiff_gui.gui.map.state.clip_maps import ClipMap
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.feature_sets import feature_set_job, spelled
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project


class NoFeatures(FeatureStoreError):
    """No clip of the project has features at the address."""


def map_job(
    project: Project,
    loaded: LoadedFeatures,
    address: Address,
    settings: MapSettings,
    process: EmbedProcess,
    clip_ids: Sequence[str] | None = None,
) -> Job[ClipMap]:
    """Lay the clips of a project, all or ``clip_ids``, out on a plane by their mean features, and store the map.

    Clips without features there are left out.

    Raises
    ------
    NoFeatures
        If that are all.
    ActionDiffError
        If the backbone cannot be loaded, features are damaged or there is nothing to lay out.
    """
    yield Progress(0, 0, "reading features")
    process.prepare(settings.method)
    features = yield from feature_set_job(project, loaded, address)
    asked, address = address, spelled(address, features)
    chosen = clip_ids is not None
    clip_ids, order, vectors, edges, missing = yield from clip_vectors_job(
        project, features.store, features.reading, clip_ids
    )
    if not clip_ids:
        raise NoFeatures(
            f"No clip has features at {clip_maps.address_text(address)} with these settings yet, and a map needs them."
        )
    found = yield from process.job(vectors, order, settings)
    return clip_maps.keep(
        ClipMap(
            address=address,
            asked=asked,
            method=settings.method,
            clip_ids=tuple(clip_ids),
            coordinates=found.coordinates[:, :2],
            edges=np.asarray(edges, np.int64),
            missing=tuple(missing),
            chosen=chosen,
            made=clip_maps.now(),
            parameters=dict(found.parameters),
            explained_variance=found.explained_variance,
            notes=found.notes,
            trustworthiness=found.trustworthiness,
        ),
        project,
    )
