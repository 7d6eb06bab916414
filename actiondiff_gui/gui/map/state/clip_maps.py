"""Stored maps of clips, and whether they still fit the session's address and clips.

A map lies in one small .npz file beside the project's features: numbers in arrays, all else as JSON text.
"""

import json
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np

from actiondiff_gui.backbones.description import short_name
from actiondiff_gui.backbones.identity import describe
from actiondiff_gui.backbones.reading import Reading, layers_key
from actiondiff_gui.embedding.maps import METHODS
from actiondiff_gui.errors import ActionDiffError, FeatureStoreError
from actiondiff_gui.features.dataset import features_folder
from actiondiff_gui.files import sweep, whole_file
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.project.project import Project

VERSION = 1
MOST_KEPT = 40
"""Maps stored for each project; the oldest are removed first."""


@dataclass(frozen=True, eq=False)
class ClipMap:
    """Positions of clips on a plane.

    Attributes
    ----------
    address : Address
        Where its features come from, with timestep, layers and pooling spelled out.
    asked : Address
        The address as it was chosen, where "" and () stand for the usual ones.
    method : str
        ``"umap"`` or ``"pca"``: what was asked for.
    clip_ids : tuple of str
        The N clips on the map.
    coordinates : ndarray
        ``[N, 2]`` float32, without unit.
    edges : ndarray
        ``[N, 2]`` int64: first frame of each clip and the frame after its last, at that time.
    missing : tuple of str
        Clips that were left out because they had no features.
    chosen : bool
        Whether it was asked for some clips only, and not for all of the project.
    made : str
        When, ISO 8601 in UTC.
    parameters : dict
    explained_variance : tuple of float
    notes : tuple of str
    trustworthiness : float or None
        As in :class:`~actiondiff_gui.embedding.maps.Embedding`.
    file : Path or None
        Where it is kept.
    """

    address: Address
    asked: Address
    method: str
    clip_ids: tuple[str, ...]
    coordinates: np.ndarray
    edges: np.ndarray
    missing: tuple[str, ...] = ()
    chosen: bool = False
    made: str = ""
    parameters: dict = field(default_factory=dict)
    explained_variance: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()
    trustworthiness: float | None = None
    file: Path | None = None

    def __len__(self) -> int:
        return len(self.clip_ids)

    @property
    def title(self) -> str:
        """A short title: "UMAP t20 layer 9, 144 clips"."""
        return f"{METHODS[self.method]} {reading_of(self.address).name}, {len(self)} {'chosen ' if self.chosen else ''}clips"


def spelled_out(address: Address) -> Address:
    """Return ``address`` with timestep, layers and pooling named, as far as that is known without loading the backbone."""
    try:
        known = describe(address.backbone)
        return replace(
            address,
            timestep=known.timestep(address.timestep).key,
            layers=address.layers or known.usual_layers,
            pooling=address.pooling or known.default_pooling,
        )
    except ActionDiffError:
        return address


def reading_of(address: Address) -> Reading:
    """Return timestep, layers and pooling of an address that names them."""
    return Reading(address.timestep, address.layers, address.pooling or "mean")


def address_text(address: Address, backbone: bool = False) -> str:
    """Return the text of an address: "t20, layer 9"."""
    return f"{short_name(address.backbone) + ', ' if backbone else ''}{reading_of(address)}"


def is_of(kept: ClipMap, address: Address) -> bool:
    """Return whether a map shows the features of ``address``, on whatever device they were computed."""
    return any(
        replace(one, device="") == replace(other, device="")
        for one, other in ((kept.asked, address), (kept.address, spelled_out(address)))
    )


def differences(kept: ClipMap, address: Address, table: ClipTable) -> list[str]:
    """Return sentences on what changed since a map was made: the address, or the clips. Empty where it is up to date."""
    said = []
    now = spelled_out(address)
    if not is_of(kept, address):
        named = kept.address.backbone != now.backbone
        was, now_is = address_text(kept.address, named), address_text(now, named)
        if was == now_is:
            said.append(f"This map is of {was} with other extraction settings than now.")
        else:
            said.append(f"This map is of {was}. The address is now {now_is}.")
    added = 0 if kept.chosen else len(table.ids() - {*kept.clip_ids, *kept.missing})
    rows = list(map(table.get, kept.clip_ids))
    gone = rows.count(None)
    now_at = np.array([(-1, -1) if row is None else (row.start, row.end) for row in rows]).reshape(-1, 2)
    moved = np.count_nonzero((now_at != kept.edges).any(axis=1)) - gone
    changes = [
        f"{_clips(count)} {word}"
        for count, word in ((added, "added"), (gone, "deleted"), (moved, "moved to other frames"))
        if count
    ]
    if changes:
        said.append(f"Since it was made: {', '.join(changes)}.")
    return said


def _clips(count: int) -> str:
    return "1 clip" if count == 1 else f"{count} clips"


def left_out(kept: ClipMap) -> str:
    """Return a sentence on the clips that are not on the map; "" where all are."""
    if not kept.missing:
        return ""
    verb = "is" if len(kept.missing) == 1 else "are"
    return f"{_clips(len(kept.missing))} without features {verb} not on the map."


def best_fit(maps: Iterable[ClipMap], address: Address, method: str) -> ClipMap | None:
    """Return the latest map of ``address``, preferring one made by ``method``."""
    fitting = [kept for kept in maps if is_of(kept, address)]
    return max(fitting, key=lambda kept: (kept.method == method, kept.made), default=None)


def now() -> str:
    """Return the present time in the format that maps store."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def made_at(kept: ClipMap) -> str:
    """Return when a map was made, in local time: "25 Nov, 18:47"."""
    try:
        return datetime.fromisoformat(kept.made).astimezone().strftime("%d %b, %H:%M")
    except (ValueError, OverflowError):
        return kept.made


class Explained(Protocol):
    """What is said of a map: its axes, and how far its neighbourhoods can be trusted."""

    @property
    def explained_variance(self) -> tuple[float, ...]:
        """For PCA the share of the variance along each axis; empty for UMAP."""

    @property
    def trustworthiness(self) -> float | None:
        """Share of neighbourhoods that are those of the features."""


def caption(kept: Explained, points: str = "points") -> str:
    """Say how to read a map: what its axes show, and how far its neighbourhoods can be trusted."""
    if kept.explained_variance:
        first, second = (*kept.explained_variance, 0.0)[:2]
        how = f"Across: {first:.0%} of the variance; up: {second:.0%}."
    else:
        how = f"Nearby {points} are alike; large distances say little."
    if kept.trustworthiness is not None:
        how += f" Trustworthiness {kept.trustworthiness:.2f}."
    return how


TRUSTWORTHINESS = (
    "Trustworthiness: 1 if each clip's nearest neighbours on the map are its nearest neighbours by their features, too; "
    "about 0.5 for points placed at random"
)


# On the disk


def maps_folder(project: Project) -> Path:
    """Return the folder in which the maps of a project are stored."""
    return features_folder(project) / "maps"


def keep(kept: ClipMap, project: Project) -> ClipMap:
    """Write a map to the project's folder of maps, and remove the oldest ones beyond the limit.

    Raises
    ------
    FeatureStoreError
        If the disk refuses.
    """
    folder = maps_folder(project)
    at = kept.address
    name = f"{kept.method}-{at.timestep or 'none'}-{layers_key(at.layers, at.pooling)}"
    path = folder / f"{kept.made.replace(':', '').replace('+0000', '')}-{name}.npz"
    about = {
        "version": VERSION,
        "address": kept.address.to_json(),
        "asked": kept.asked.to_json(),
        **{name: getattr(kept, name) for name in _PLAIN},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            np.savez_compressed(
                part,
                about=np.asarray(json.dumps(about)),
                clip_ids=np.asarray(kept.clip_ids, dtype=np.str_),
                missing=np.asarray(kept.missing, dtype=np.str_),
                coordinates=kept.coordinates.astype(np.float32),
                edges=kept.edges.astype(np.int64),
            )
        for old in sorted(folder.glob("*.npz"))[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise FeatureStoreError(
            f"The map could not be saved in {folder} ({error.strerror or error}). Free some space, or check that the "
            "folder may be written to."
        ) from error
    return replace(kept, file=path)


_PLAIN = ("method", "chosen", "made", "parameters", "explained_variance", "notes", "trustworthiness")


def read_maps(project: Project) -> list[ClipMap]:
    """Return the stored maps of a project, oldest first. Files that are damaged or of another version are skipped."""
    found = []
    sweep(maps_folder(project))
    for path in sorted(maps_folder(project).glob("*.npz"))[-MOST_KEPT:]:
        try:
            found.append(_read(path))
        except (
            *(OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, RecursionError),
            *(zipfile.BadZipFile, ActionDiffError),
        ):
            continue
    return sorted(found, key=lambda kept: kept.made)


def _read(path: Path) -> ClipMap:
    with np.load(regular_file(path), allow_pickle=False) as arrays:
        about = json.loads(str(arrays["about"]))
        coordinates, edges = arrays["coordinates"], arrays["edges"]
        clip_ids, missing = tuple(arrays["clip_ids"].tolist()), tuple(arrays["missing"].tolist())
    shapes_fit = coordinates.shape == edges.shape == (len(clip_ids), 2)
    addresses = {name: Address.read(about[name]) for name in ("address", "asked")}
    whole = (
        about["version"] == VERSION
        and about["method"] in METHODS
        and shapes_fit
        and np.isfinite(coordinates).all()
        and None not in addresses.values()
    )
    if not whole:
        raise ValueError(f"{path} is not a map of this version")
    return ClipMap(
        **addresses,
        method=about["method"],
        clip_ids=clip_ids,
        coordinates=np.asarray(coordinates, np.float32),
        edges=np.asarray(edges, np.int64),
        missing=missing,
        chosen=about.get("chosen") is True,
        made=str(about["made"]),
        parameters=dict(about["parameters"]),
        explained_variance=tuple(map(float, about["explained_variance"])),
        notes=tuple(map(str, about["notes"])),
        # Maps made before have none.
        trustworthiness=None if about.get("trustworthiness") is None else float(about["trustworthiness"]),
        file=path,
    )


def same(one: ClipMap, other: ClipMap) -> bool:
    """Return whether a newer map replaces an older one: same method and settings, features and clips."""
    return (
        one.method == other.method
        and one.parameters == other.parameters
        and asdict(one.address) == asdict(other.address)
        and one.clip_ids == other.clip_ids
        and np.array_equal(one.edges, other.edges)
    )
