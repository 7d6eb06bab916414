"""Maps of the moments of one recording: how one is made and kept, and what its points are.

A map lies in one small .npz file beside the project's features, one for each recording, address and method.
"""

import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from actiondiff_gui.backbones.description import short_name
from actiondiff_gui.backbones.waking import wake_job
from actiondiff_gui.embedding.maps import METHODS, MapSettings
from actiondiff_gui.embedding.moments import recording_moments_job
from actiondiff_gui.embedding.process import EmbedProcess
from actiondiff_gui.errors import ActionDiffError, FeatureStoreError
from actiondiff_gui.files import whole_file
from actiondiff_gui.gui.map.state import clip_maps
from actiondiff_gui.gui.map.state.clip_maps import address_text, maps_folder, spelled_out
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.session.feature_sets import feature_set_job, spelled
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project

VERSION = 1


@dataclass(frozen=True, eq=False)
class MomentMap:
    """Positions of the moments of a recording on a plane.

    Attributes
    ----------
    video_id : str
    address : Address
        Where the features come from, spelled out.
    method : str
        ``"umap"`` or ``"pca"``.
    frames : ndarray
        ``[N]`` int64, rising.
    coordinates : ndarray
        ``[N, 2]`` float32, without unit.
    step : float
        Usual distance of two moments, in frames.
    whole : bool
        Whether the moments run through the whole recording.
    explained_variance : tuple of float
    notes : tuple of str
    trustworthiness : float or None
        As in :class:`~actiondiff_gui.embedding.maps.Embedding`.
    """

    video_id: str
    address: Address
    method: str
    frames: np.ndarray
    coordinates: np.ndarray
    step: float
    whole: bool
    explained_variance: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()
    trustworthiness: float | None = None

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def title(self) -> str:
        """A short title: "UMAP t25 layer 4, 600 moments"."""
        return f"{METHODS[self.method]} of {address_text(self.address)}, {len(self):,} moments"

    def nearest(self, frame: int) -> int:
        """Return the index of the moment nearest to a frame."""
        after = int(np.searchsorted(self.frames, frame))
        around = [i for i in (after - 1, after) if 0 <= i < len(self)]
        return min(around, key=lambda i: abs(int(self.frames[i]) - frame))

    def path(self, frame: int, reach: int) -> np.ndarray:
        """Return the moments from ``reach`` frames before ``frame`` up to as many after it, one after the other."""
        low, high = np.searchsorted(self.frames, (frame - reach, frame + reach + 1))
        return np.arange(low, high)


def clips_at(frames: np.ndarray, rows: Sequence[ClipRow], predicted: bool = False) -> list[ClipRow | None]:
    """Return for each moment ``[N]`` the shortest clip there that is labelled (or predicted); None where there is none."""
    found: list[ClipRow | None] = [None] * len(frames)
    for row in sorted(rows, key=lambda row: row.start - row.end):
        if row.prediction if predicted else row.label:
            low, high = np.searchsorted(frames, (row.start, row.end))
            found[low:high] = [row] * int(high - low)
    return found


def moment_map_job(
    project: Project,
    loaded: LoadedFeatures,
    asked: tuple[Address, str, bool],
    settings: MapSettings,
    process: EmbedProcess,
) -> Job[MomentMap]:
    """Lay the moments of a recording out on a plane, and keep the map.

    Parameters
    ----------
    asked : tuple
        The address, the recording's id, and whether the whole recording is computed where it was not yet.

    Raises
    ------
    FeatureStoreError
        The recording has no features, or they cannot be computed.
    AnalysisError
        There is nothing to lay out.
    """
    address, video_id, compute = asked
    yield Progress(0, 0, "reading features")
    process.prepare(settings.method)
    if compute:
        yield from wake_job(backbone=address.backbone)
    features = yield from feature_set_job(project, loaded, address)
    moments = yield from recording_moments_job(features, video_id, compute)
    names = [f"{frame:012d}" for frame in moments.frames.tolist()]
    found = yield from process.job(moments.vectors, names, settings, what="moments")
    made = MomentMap(
        video_id,
        spelled(address, features),
        settings.method,
        moments.frames,
        found.coordinates[:, :2].astype(np.float32),
        moments.step,
        moments.whole,
        found.explained_variance,
        found.notes,
        found.trustworthiness,
    )
    keep(made, project)
    return made


# On the disk


def _file(project: Project, video_id: str, address: Address, method: str) -> Path:
    of = json.dumps([video_id, replace(spelled_out(address), device="").to_json(), method])
    return maps_folder(project) / "moments" / f"{hashlib.sha256(of.encode()).hexdigest()[:24]}.npz"


def keep(made: MomentMap, project: Project) -> None:
    """Write a map, over an older one of the same recording, address and method.

    Raises
    ------
    FeatureStoreError
        If the disk refuses.
    """
    path = _file(project, made.video_id, made.address, made.method)
    about = {"version": VERSION, "video": made.video_id, "address": made.address.to_json()}
    about |= {name: getattr(made, name) for name in _PLAIN}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            np.savez_compressed(
                part, about=np.asarray(json.dumps(about)), frames=made.frames, coordinates=made.coordinates
            )
    except OSError as error:
        raise FeatureStoreError(
            f"The map could not be saved in {path.parent} ({error.strerror or error}). Free some space, or check that the "
            "folder may be written to."
        ) from error


_PLAIN = ("method", "step", "whole", "explained_variance", "notes", "trustworthiness")


def read_map(project: Project, video_id: str, address: Address, method: str) -> MomentMap | None:
    """Return the kept map of a recording; None if there is none, or it is damaged or of another version."""
    try:
        with np.load(regular_file(_file(project, video_id, address, method)), allow_pickle=False) as arrays:
            about = json.loads(str(arrays["about"]))
            frames, coordinates = arrays["frames"], arrays["coordinates"]
        known = Address.read(about["address"])
        whole = (
            (about["version"], about["video"], about["method"]) == (VERSION, video_id, method)
            and known is not None
            and frames.ndim == 1
            and len(frames) > 0
            and coordinates.shape == (len(frames), 2)
            and bool(np.isfinite(coordinates).all())
            and bool((np.diff(frames) > 0).all())
        )
        if not whole:
            return None
        trust = about["trustworthiness"]
        return MomentMap(
            video_id,
            known,
            method,
            frames.astype(np.int64),
            coordinates.astype(np.float32),
            float(about["step"]),
            about["whole"] is True,
            tuple(map(float, about["explained_variance"])),
            tuple(map(str, about["notes"])),
            None if trust is None else float(trust),
        )
    except (
        *(OSError, ValueError, KeyError, TypeError, EOFError, RecursionError),
        *(zipfile.BadZipFile, ActionDiffError),
    ):
        return None


def caption(shown: MomentMap, name: str) -> str:
    """Say what the map shows: which recording and features, and how to read it."""
    of = "Every moment" if shown.whole else "The moments of the clips"
    backbone = short_name(shown.address.backbone)
    how = clip_maps.caption(shown, "moments")
    return f"{of} of {name}, {backbone} {address_text(shown.address)}. {how}"
