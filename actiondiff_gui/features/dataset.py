"""A project's clips and their stored tokens as input of maps and classifiers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from actiondiff_gui.backbones.reading import Pooling, Reading, in_order
from actiondiff_gui.errors import DamagedFeaturesError, FeatureStoreError
from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.storage.healing import set_aside
from actiondiff_gui.features.storage.packs import is_stored
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.features.tokens import FeatureAddress, TokenSet, joined
from actiondiff_gui.progress import let_go
from actiondiff_gui.project.facets import is_excluded
from actiondiff_gui.project.paths import beside
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Clip

MOST_CACHED_BYTES = 1 << 30
FEW = 8


def features_folder(project: Project) -> Path:
    """Folder beside the project file in which its features are kept."""
    return beside(project.path, "features")


def clip_sources(project: Project, clip_ids: Iterable[str] | None = None) -> list[ClipSource]:
    """Return the clips of a project (all, or those of ``clip_ids``) as the extraction takes them."""
    clips = project.clips(clip_ids)
    sources = _sources(project, clips)
    let_go(clips)
    return sources


def _sources(project: Project, clips: Sequence[Clip]) -> list[ClipSource]:
    wanted = {clip.video_id for clip in clips}
    # A few clips are asked for at a click; all videos of a large project take longer than that may.
    known = map(project.video, wanted) if len(wanted) <= FEW else project.videos()
    videos = {video.id: video for video in known}
    return [
        ClipSource(
            id=clip.id,
            path=videos[clip.video_id].path,
            fingerprint=videos[clip.video_id].fingerprint,
            start=clip.start,
            end=clip.end,
            fps=videos[clip.video_id].fps,
            roi=clip.roi,
        )
        for clip in clips
    ]


class ProjectTokens:
    """Tokens of a project's clips at any timestep and layers, with labels, domains and source groups.

    Labels and facets are those of the moment of creation. Clips that were excluded are left out. The layers of one timestep are kept in memory
    while they are asked for one after the other with one pooling, up to a gigabyte.

    Parameters
    ----------
    project : Project
        Whose clips.
    store : TokenStore
        Where their tokens are.
    layers : sequence of int
        Layers that will be asked for.
    clip_ids : iterable of str, optional
        The clips; all by default.
    labelled : bool
        Leave out clips that nobody labelled.
    domain_facet : str, optional
        Facet whose values are the domains; by default the project's.
    pooling : {"mean", "mean+change"}
        Where nothing else is asked for.

    Attributes
    ----------
    missing : list of str
        Ids of clips without tokens, found out when tokens are first asked for; they are left out.
    """

    def __init__(
        self,
        project: Project,
        store: TokenStore,
        layers: Sequence[int],
        *,
        clip_ids: Iterable[str] | None = None,
        labelled: bool = True,
        domain_facet: str | None = None,
        pooling: Pooling = "mean",
    ) -> None:
        self._store, self._layers, self.pooling = store, in_order(layers), pooling
        clips = [clip for clip in project.clips(clip_ids) if not is_excluded(clip.facets)]
        self.classes, matrix = project.label_matrix([clip.id for clip in clips])
        shown = (matrix == 1).any(axis=0) if len(matrix) else np.zeros(len(self.classes), bool)
        self.classes = tuple(name for name, used in zip(self.classes, shown, strict=True) if used)
        matrix = matrix[:, shown]
        keep = np.flatnonzero((matrix != 0).any(axis=1)) if labelled else np.arange(len(clips))
        facet = domain_facet or project.domain_facet
        kept = [clips[i] for i in keep.tolist()]
        self._ids = [clip.id for clip in kept]
        self._groups = [clip.source_group for clip in kept]
        self._labels = matrix[keep].astype(np.int8)
        self._domains = [clip.facets.get(facet, "") if facet else "" for clip in kept]
        self._keys = [source.key for source in _sources(project, kept)]
        let_go(kept)
        let_go(clips)
        self.missing: list[str] = []
        self._cached: tuple[tuple[str, str], dict[int, list[np.ndarray | None]]] = (("", ""), {})

    def __len__(self) -> int:
        return len(self._ids)

    def __call__(
        self, timestep: str, layers: int | Sequence[int], pooling: Pooling | None = None
    ) -> TokenSet:
        """Tokens at one address: of one layer, or of several side by side.

        Raises
        ------
        DamagedFeaturesError
            If files are damaged. They were set aside, and their clips count as missing from then on.
        FeatureStoreError
            If no clip has tokens there.
        """
        address = self.address(timestep, layers, pooling)
        if not self._ids:
            raise FeatureStoreError(
                "The project has no labelled clips. Label some, or import a table of labels."
            )
        tokens = self._tokens(address.reading)
        here = [i for i, each in enumerate(tokens) if each is not None]
        self.missing = [clip for clip, each in zip(self._ids, tokens, strict=True) if each is None]
        if not here:
            raise FeatureStoreError(
                f"No clip has features of {address.backbone} at {address.reading}, with these settings. Compute them "
                "first (actiondiff-gui extract)."
            )
        return TokenSet(
            clip_ids=tuple(self._ids[i] for i in here),
            tokens=tuple(each for each in tokens if each is not None),
            classes=self.classes,
            labels=self._labels[here],
            domains=tuple(self._domains[i] for i in here),
            groups=tuple(self._groups[i] for i in here),
            address=address,
            keys=tuple(self._keys[i] for i in here),
        )

    def clips(self, clip_ids: Iterable[str] | None = None) -> TokenSet:
        """Return the clips, all or ``clip_ids``, with all that is known of them and no tokens; timestep and layers are empty."""
        wanted = None if clip_ids is None else set(clip_ids)
        here = [i for i, clip in enumerate(self._ids) if wanted is None or clip in wanted]
        return TokenSet(
            clip_ids=tuple(self._ids[i] for i in here),
            tokens=(np.empty((0, 0), np.float32),) * len(here),
            classes=self.classes,
            labels=self._labels[here],
            domains=tuple(self._domains[i] for i in here),
            groups=tuple(self._groups[i] for i in here),
            address=self.address("", ()),
            keys=tuple(self._keys[i] for i in here),
        )

    def with_features(self, timesteps: Iterable[str]) -> list[str]:
        """Return the ids of the clips that have a file of tokens at one of ``timesteps`` or more."""
        steps = tuple(timesteps)
        return [
            clip
            for clip, key in zip(self._ids, self._keys, strict=True)
            if any(is_stored(self._store.file(key, step)) for step in steps)
        ]

    def forget(self) -> None:
        """Release the tokens held in memory; they are read again when needed."""
        (_, rows), self._cached = self._cached, (("", ""), {})
        for tokens in rows.values():
            let_go(tokens)

    def address(
        self, timestep: str, layers: int | Sequence[int], pooling: Pooling | None = None
    ) -> FeatureAddress:
        """Full address of the tokens at ``timestep`` and ``layers``."""
        provenance = self._store.provenance
        return FeatureAddress(
            provenance.backbone, provenance.digest, timestep, in_order(layers), pooling or self.pooling
        )

    def _tokens(self, wanted: Reading) -> list[np.ndarray | None]:
        """For each clip its tokens, layers side by side; None where one lacks."""
        cached_at, rows = self._cached
        if cached_at != (wanted.timestep, wanted.pooling) or not rows.keys() >= set(wanted.layers):
            rows = self._read(wanted)
        each = zip(*(rows[layer] for layer in wanted.layers), strict=True)
        return [None if any(part is None for part in parts) else joined(parts) for parts in each]

    def _read(self, wanted: Reading) -> dict[int, list[np.ndarray | None]]:
        """Read and cache the tokens of the wanted layers, and of expected ones as far as memory allows."""
        timestep, pooling = wanted.timestep, wanted.pooling
        several = [*wanted.layers, *(n for n in self._layers if n not in wanted.layers)]
        rows: dict[int, list[np.ndarray | None]] = {n: [] for n in several}
        held, damaged = 0, []
        for key in self._keys:
            try:
                found, _ = self._store.read_there(key, timestep, several, pooling) or ({}, ())
            except DamagedFeaturesError as error:
                found = {}
                damaged.append(str(error))
            held += sum(each.nbytes for each in found.values())
            if held > MOST_CACHED_BYTES and len(several) > len(wanted.layers):
                several = list(wanted.layers)
                rows = {n: rows[n] for n in several}
            for n in several:
                rows[n].append(found.get(n))
        for n in several:
            damaged += self._odd_ones(timestep, n, rows[n])
        if damaged:
            clips = "1 clip is" if len(damaged) == 1 else f"{len(damaged)} clips are"
            raise DamagedFeaturesError(
                f"The features of {clips} damaged at {timestep}. Compute the features again (actiondiff-gui extract): "
                f"only what is damaged will be computed; until then it is left out. The first one: {damaged[0]}"
            )
        self._cached = ((timestep, pooling), rows)
        return rows

    def _odd_ones(self, timestep: str, layer: int, tokens: Sequence[np.ndarray | None]) -> list[str]:
        """Set tokens aside that have not as many channels as those of most clips; says so of each."""
        counts = Counter(each.shape[1] for each in tokens if each is not None)
        if len(counts) < 2:
            return []
        channels, most = counts.most_common(1)[0]
        told = []
        for key, each in zip(self._keys, tokens, strict=True):
            if each is not None and (each.shape[1] != channels or 2 * most <= counts.total()):
                file = self._store.file(key, timestep)
                set_aside(file, [layer])
                told.append(
                    f"In {file}, layer {layer} has {each.shape[1]} channels, and {channels} in other clips. It was set "
                    "aside."
                )
        return told
