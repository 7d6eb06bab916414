"""Jobs that find clips for a gallery by their stored features: similar ones, and clusters."""

from collections.abc import Sequence
from dataclasses import dataclass

from actiondiff_gui.backbones.waking import wake_job
from actiondiff_gui.embedding.clip_clusters import ClipClusters, clip_clusters_job, keep_clusters
from actiondiff_gui.embedding.clusters import ClusterSettings
from actiondiff_gui.embedding.neighbours import Moment, SimilarSettings, similar_job
from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.gui.gallery.state.sets import ClipGroup, GallerySet
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.gui.session.feature_sets import feature_set_job
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.progress import Job
from actiondiff_gui.project.project import Project


@dataclass(frozen=True)
class Found:
    """A set for the gallery, what is told of it, and the clips read again where their facets were changed."""

    shown: GallerySet
    words: str
    clusters: ClipClusters | None = None
    table: ClipTable | None = None


def similar_set_job(
    project: Project,
    loaded: LoadedFeatures,
    address: Address,
    asked: Sequence[str] | Moment,
    settings: SimilarSettings,
    back: str,
) -> Job[Found]:
    """Find clips that are similar to some clips or to a moment, as a gallery with their distances.

    Raises
    ------
    AnalysisError
        None is found, or there is nothing that others could differ from.
    FeatureStoreError
        What was asked for has no features at the address.
    """
    if isinstance(asked, Moment) and asked.box is not None:
        yield from wake_job(backbone=address.backbone)
    features = yield from feature_set_job(project, loaded, address)
    # An approximate search compiles its code first, which holds up the window; few queries are answered exactly as soon.
    found = yield from similar_job(features, asked, settings, exact=True)
    which = [
        *(["of other domains"] * settings.other_domains),
        *(["labelled otherwise"] * settings.labelled_otherwise),
    ]
    where = f"{features.backbone} at {features.reading}"
    if not found.clip_ids:
        raise AnalysisError(f"There are no clips {' '.join(which)} with features of {where}.")
    count = "1 clip" if len(found.asked) == 1 else f"{len(found.asked):,} clips"
    if isinstance(asked, Moment):
        count = f"frame {asked.frame} of {project.video(asked.video_id).path.name}"
        count = count if asked.box is None else f"a box at {count}"
    title = " ".join(["Similar to", count + ("," if which else ""), ", ".join(which)]).strip()
    notes = {clip: f"{d:.2f}" for clip, d in zip(found.clip_ids, found.distances, strict=True)}
    frames = dict(zip(found.clip_ids, found.frames, strict=True)) if found.frames else {}
    words = f"The {len(notes):,} nearest of {found.searched:,} clips by {where}, with their cosine distance: 0 alike, 1 unrelated."
    if frames:
        words += " Each by its most similar moment: a double-click goes there."
    if found.missing:
        words += f" {found.missing:,} clips without features were not searched."
    return Found(
        GallerySet(title, (ClipGroup(title, found.clip_ids, notes, frames),), back, label_all=False), words
    )


def cluster_set_job(
    project: Project, loaded: LoadedFeatures, address: Address, settings: ClusterSettings, back: str
) -> Job[Found]:
    """Cluster all clips with features, as a gallery with a group for each cluster, the medoid first.

    The clusters' numbers are kept as a facet, in one step of undo.

    Raises
    ------
    AnalysisError
        There are too few clips, or no cluster is found.
    FeatureStoreError
        No clip has features at the address.
    """
    features = yield from feature_set_job(project, loaded, address)
    found = yield from clip_clusters_job(features, settings)
    if not found.clusters:
        raise AnalysisError(
            f"No clusters of at least {settings.smallest} clips were found by {found.address}. Allow smaller clusters, or "
            "take another address."
        )
    groups = [
        ClipGroup(f"Cluster {each.words()}", each.clip_ids, {each.clip_ids[0]: "medoid"})
        for each in found.clusters
    ]
    if found.outside:
        groups.append(ClipGroup(f"In no cluster: {len(found.outside):,} clips", found.outside))
    keep_clusters(project, found)
    return Found(GallerySet("Clusters", tuple(groups), back), found.words(), found, ClipTable.read(project))
