"""Inventory of a project's stored features, read from the stores without any weights."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.protocol import Layer, Timestep
from actiondiff_gui.features.settings import Provenance
from actiondiff_gui.features.storage.healing import token_files
from actiondiff_gui.features.storage.packs import opened
from actiondiff_gui.features.storage.token_file import Damage, read_header
from actiondiff_gui.files import whole_file

_OF_ONE_MACHINE = ("digest", "device", "precision", "weight_bytes")
ABOUT = "about.json"
"""File in a store's folder that says which backbone and settings its tokens come from."""


@dataclass(frozen=True)
class StoredFeatures:
    """Features of one backbone at one set of settings, as their folder tells them.

    Attributes
    ----------
    provenance : Provenance
    folder : Path
    changed : float
        Seconds since 1970 when a clip was last added.
    description : Description or None
        What the backbone offers; None for stores of versions that did not write it down.
    """

    provenance: Provenance
    folder: Path
    changed: float
    description: Description | None = None


def write_about(folder: Path, provenance: Provenance, description: Description) -> None:
    """Write down in a store's folder where its tokens come from; nothing where it is written already.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    file = folder / ABOUT
    if file.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "backbone": provenance.backbone,
        "values": provenance.values,
        "description": {k: v for k, v in asdict(description).items() if k not in _OF_ONE_MACHINE},
    }
    with whole_file(file) as part:
        part.write_text(json.dumps(about, indent=1), encoding="utf-8")


def stored_features(root: Path) -> list[StoredFeatures]:
    """All features below a project's folder of features, those that were changed last first."""
    try:
        folders = [entry for entry in os.scandir(root) if entry.is_dir()]
    except OSError:
        return []
    found = []
    for entry in folders:
        folder = Path(entry.path)
        told = _told(folder)
        if told is None:
            continue
        provenance, description = told
        # The folder's name ends with the digest, so that a folder which was renamed or tampered with is skipped.
        if entry.name.endswith(f"-{provenance.digest}"):
            found.append(StoredFeatures(provenance, folder, entry.stat().st_mtime, description))
    return sorted(found, key=lambda each: -each.changed)


def _told(folder: Path) -> tuple[Provenance, Description | None] | None:
    """Return what the folder's own file says, or the header of any of its token files."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        return Provenance(str(about["backbone"]), dict(about["values"])), _description(about["description"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        pass
    for file in token_files(folder):
        try:
            with opened(file) as stream:
                metadata = read_header(stream, file).about
            return Provenance(metadata["backbone"], dict(json.loads(metadata["settings"]))), None
        except (OSError, Damage, ValueError, TypeError, KeyError):
            continue
    return None


def _description(values: dict[str, Any]) -> Description:
    values = dict(values)
    values["schedule"] = tuple(Timestep(**each) for each in values["schedule"])
    values["layers"] = tuple(Layer(**each) for each in values["layers"])
    values["default_timestep"] = Timestep(**values["default_timestep"])
    values["resolution"] = tuple(values["resolution"])
    values["default_layers"] = tuple(values.get("default_layers", ()))
    return Description(**values)
