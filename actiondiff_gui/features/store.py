"""Where are tokens kept, and are they still whole?

One safetensors file per clip and timestep holds the tokens of all layers asked for so far, float16
``[T, C]`` under the names ``layer.N``, and ``frames``, the frame of the video each token comes from. Its header
says where it comes from and carries a checksum. A file appears complete or not at all.
"""

import contextlib
import errno
import json
import re
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from actiondiff_gui._version import __version__
from actiondiff_gui.errors import FeatureStoreError, FeatureWriteError
from actiondiff_gui.features.settings import Provenance
from actiondiff_gui.files import whole_file


class TokenStore:
    """Tokens of one backbone at one set of settings, in a folder.

    Parameters
    ----------
    root : Path
        Folder of all features of a project; the store's own folder is made inside it when first written.
    provenance : Provenance
        Backbone and settings; tokens of other ones lie in other folders.
    """

    def __init__(self, root: Path, provenance: Provenance) -> None:
        self.provenance = provenance
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", provenance.backbone).strip(".-") or "backbone"
        self.folder = Path(root) / f"{name}-{provenance.digest}"

    def file(self, clip: str, timestep: str) -> Path:
        """Path of the tokens of the clip with key ``clip`` at ``timestep``."""
        return self.folder / clip[:2] / clip / f"{timestep}.safetensors"

    def has(self, clip: str, timestep: str, layers: Iterable[int]) -> bool:
        """Whether whole tokens of all ``layers`` are there. A damaged file counts as absent."""
        return set(layers) <= self.layers(clip, timestep)

    def layers(self, clip: str, timestep: str) -> set[int]:
        """Layers whose tokens are there."""
        file = self.file(clip, timestep)
        if not file.exists():
            return set()
        try:
            with safe_open(file, framework="numpy") as stored:
                metadata = stored.metadata() or {}
                names = set(stored.keys())
        except (OSError, SafetensorError):
            return set()
        if metadata.get("address") != self.provenance.digest or "frames" not in names:
            return set()
        return {int(name.removeprefix("layer.")) for name in names if re.fullmatch(r"layer\.\d+", name)}

    def read(
        self, clip: str, timestep: str, layers: Iterable[int]
    ) -> tuple[dict[int, np.ndarray], np.ndarray]:
        """Read tokens.

        Returns
        -------
        tokens : dict of int to ndarray
            For each layer ``[T, C]`` float16.
        frames : ndarray
            ``[T]`` int64, the frame of the video each token comes from.

        Raises
        ------
        FeatureStoreError
            If they are not there or the file is damaged.
        """
        file = self.file(clip, timestep)
        if not file.exists():
            raise FeatureStoreError(f"There are no features at {file}. Compute them first.")
        names = [f"layer.{layer}" for layer in layers]
        try:
            with safe_open(file, framework="numpy") as stored:
                metadata = stored.metadata() or {}
                present = set(stored.keys())
                absent = [name for name in names if name not in present]
                if absent:
                    raise FeatureStoreError(
                        f"The features in {file} lack {', '.join(absent)}. Compute them first."
                    )
                arrays = {name: stored.get_tensor(name) for name in [*names, "frames"]}
        except (OSError, SafetensorError) as error:
            raise FeatureStoreError(
                f"The features in {file} are damaged ({error}). Compute them again; nothing else is affected."
            ) from error
        sums = _checksums(metadata)
        for name, array in arrays.items():
            whole = array.ndim == (1 if name == "frames" else 2) and len(array) == len(arrays["frames"])
            if not whole or sums.get(name) != zlib.crc32(np.ascontiguousarray(array).tobytes()):
                raise FeatureStoreError(
                    f"The features in {file} are damaged: {name} does not match its checksum. Delete the file "
                    "and compute them again; nothing else is affected."
                )
        return {layer: arrays[f"layer.{layer}"] for layer in layers}, arrays["frames"]

    def write(self, clip: str, timestep: str, tokens: dict[int, np.ndarray], frames: np.ndarray) -> Path:
        """Keep ``tokens`` (``[T, C]`` for each layer) beside those of other layers already there.

        Raises
        ------
        FeatureStoreError
            If tokens are not finite or do not fit float16, or shapes disagree.
        FeatureWriteError
            If the disk is full or the folder cannot be written.
        """
        frames = np.asarray(frames, dtype=np.int64)
        arrays = {
            f"layer.{layer}": _as_half(layer, array, len(frames), clip) for layer, array in tokens.items()
        }
        arrays["frames"] = frames
        file = self.file(clip, timestep)
        for layer in self.layers(clip, timestep) - set(tokens):
            with contextlib.suppress(FeatureStoreError):
                kept, old = self.read(clip, timestep, [layer])
                if np.array_equal(old, frames):
                    arrays[f"layer.{layer}"] = kept[layer]
        metadata = {
            "address": self.provenance.digest,
            "backbone": self.provenance.backbone,
            "settings": json.dumps(self.provenance.values, sort_keys=True),
            "clip": clip,
            "timestep": timestep,
            "version": __version__,
            "crc32": json.dumps(
                {n: zlib.crc32(np.ascontiguousarray(a).tobytes()) for n, a in arrays.items()}
            ),
        }
        _write_whole(file, save(arrays, metadata=metadata))
        return file


def _as_half(layer: int, array: np.ndarray, length: int, clip: str) -> np.ndarray:
    array = np.asarray(array)
    if array.ndim != 2 or len(array) != length:
        raise FeatureStoreError(
            f"The tokens of clip {clip}, layer {layer} have shape {list(array.shape)} for {length} frames. "
            "The backbone gives wrong shapes; report it to its author."
        )
    if not np.isfinite(array).all():
        raise FeatureStoreError(
            f"The features of clip {clip}, layer {layer} hold values that are not numbers. Choose the precision "
            "float32 or bfloat16 and compute them again."
        )
    if np.abs(array).max(initial=0) > np.finfo(np.float16).max:
        raise FeatureStoreError(
            f"The features of clip {clip}, layer {layer} are too large to be kept as float16. Choose another layer."
        )
    return np.ascontiguousarray(array, dtype=np.float16)


def _checksums(metadata: dict[str, str]) -> dict[str, int]:
    try:
        sums = json.loads(metadata.get("crc32", "{}"))
    except ValueError:
        return {}
    return sums if isinstance(sums, dict) else {}


def _write_whole(file: Path, data: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(file) as part:
            part.write_bytes(data)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise FeatureWriteError(
                f"The disk is full; the features in {file.parent} could not be kept. Free some space and start "
                "again: what was computed before is kept."
            ) from error
        raise FeatureWriteError(
            f"{file} cannot be written ({error.strerror or error}). Check that its folder exists and is yours to "
            "write to."
        ) from error
