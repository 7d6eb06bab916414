"""Clusters of a project's clips at one feature address, in words, and as a metadata field of the clips."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.embedding.clusters import NOISE, ClusterSettings, Purity, cluster, purity
from actiondiff_gui.embedding.vectors import clip_vectors_job
from actiondiff_gui.errors import FeatureStoreError
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.facets import is_excluded
from actiondiff_gui.project.project import Project

FACET = "cluster"
"""The metadata field that holds the number of a clip's cluster."""


@dataclass(frozen=True)
class ClipCluster:
    """One cluster.

    Attributes
    ----------
    name : str
        Its number, from 1.
    clip_ids : tuple of str
        The medoid first, then by distance to it.
    label, domain : Purity
        The most frequent action of its labelled clips, and the most frequent domain.
    """

    name: str
    clip_ids: tuple[str, ...]
    label: Purity
    domain: Purity

    def words(self) -> str:
        """Return number, size and purity in a few words: "3: 23 clips, walk 91% of 11 labelled, 2 domains"."""
        count = len(self.clip_ids)
        said = [f"{self.name}: {count:,} clips"]
        if self.label.named:
            of = "" if self.label.named == count else f" of {self.label.named:,} labelled"
            said.append(f"{self.label.name} {self.label.share:.0%}{of}")
        else:
            said.append("not labelled")
        if self.domain.named:
            only = self.domain.names == 1
            said.append(f"only {self.domain.name}" if only else f"{self.domain.name} {self.domain.share:.0%}")
        return ", ".join(said)


@dataclass(frozen=True)
class ClipClusters:
    """All clusters of a project, the largest first.

    Attributes
    ----------
    clusters : tuple of ClipCluster
    outside : tuple of str
        Clips in no cluster.
    missing : int
        How many clips have no features at this address.
    address : str
        Where the features come from.
    """

    clusters: tuple[ClipCluster, ...]
    outside: tuple[str, ...]
    missing: int
    address: str

    @property
    def clip_ids(self) -> tuple[str, ...]:
        """All clips that were clustered."""
        return tuple(clip for each in self.clusters for clip in each.clip_ids) + self.outside

    def words(self) -> str:
        """Return what was found in a sentence or two."""
        inside = sum(len(each.clip_ids) for each in self.clusters)
        said = f"{len(self.clusters)} clusters hold {inside:,} clips, {len(self.outside):,} clips are in none"
        said += f" ({self.address})."
        labelled = [each.label for each in self.clusters if each.label.named]
        if labelled:
            right = sum(round(each.share * each.named) for each in labelled)
            named = sum(each.named for each in labelled)
            said += f" {right / named:.0%} of the labelled clips in them bear the most frequent label of their cluster."
        if self.missing:
            said += f" {self.missing:,} clips without features were left out."
        return said


def clip_clusters_job(
    features: FeatureSet, settings: ClusterSettings | None = None, domain: str | None = None
) -> Job[ClipClusters]:
    """Cluster all clips that have features, except excluded ones.

    Raises
    ------
    FeatureStoreError
        No clip has features at this address.
    AnalysisError
        There are too few of them.
    """
    project, facet = features.project, domain or features.project.domain_facet
    clips = {clip.id: clip for clip in project.clips() if not is_excluded(clip.facets)}
    ids, order, vectors, _, missing = yield from clip_vectors_job(
        project, features.store, features.reading, list(clips)
    )
    if not ids:
        raise FeatureStoreError(
            f"No clip has features of {features.backbone} at {features.reading}. Compute them first (Features tab, or "
            "actiondiff-gui extract)."
        )
    yield Progress(0, 0, "clustering clips")
    # What is found does not depend on the order in which the clips were added.
    by_content = sorted(range(len(ids)), key=lambda row: order[row])
    ids = [ids[row] for row in by_content]
    domains = [clips[clip].facets.get(facet, "") if facet else "" for clip in ids]
    found = cluster(vectors[by_content], settings, domains)
    labels = _labels(project, ids)
    named = tuple(
        ClipCluster(
            f"{number + 1}",
            tuple(ids[row] for row in members),
            purity([labels[row] for row in members]),
            purity([domains[row] for row in members]),
        )
        for number, members in enumerate(found.members)
    )
    outside = tuple(ids[row] for row in np.flatnonzero(found.numbers == NOISE))
    return ClipClusters(named, outside, len(missing), f"{features.backbone} at {features.reading}")


def keep_clusters(project: Project, found: ClipClusters, facet: str = FACET) -> None:
    """Store the number of each clip's cluster as a metadata field, in one step of undo; clips in no cluster have none."""
    with project.transaction():
        for each in found.clusters:
            # Zeros in front keep lists of numbers in their order.
            project.set_facet(each.clip_ids, facet, each.name.zfill(len(f"{len(found.clusters)}")))
        project.set_facet(found.outside, facet, None)


def _labels(project: Project, clip_ids: Sequence[str]) -> list[str]:
    classes, matrix = project.label_matrix(clip_ids)
    return [
        " + ".join(name for name, value in zip(classes, row, strict=True) if value == 1) for row in matrix
    ]
