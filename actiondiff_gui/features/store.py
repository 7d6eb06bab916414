"""Token store: the files that hold a project's features, and their integrity.

One file per clip and timestep (:mod:`~actiondiff_gui.features.storage.token_file`) holds the tokens of all layers computed so
far, the mean of each and its change. A file appears complete or not at all, and is changed under a lock. Where there are very
many, they are put together (:mod:`~actiondiff_gui.features.storage.packs`). The folder of a clip may also hold, as long as they are needed: ``<timestep>.damaged``, a file that was set aside, and ``<timestep>.<number>.partial``, windows of a
clip under way.
"""

import contextlib
import errno
import json
import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from actiondiff_gui._version import __version__
from actiondiff_gui.backbones.reading import Pooling, Reading
from actiondiff_gui.errors import DamagedFeaturesError, FeatureStoreError, FeatureWriteError
from actiondiff_gui.features.settings import Provenance
from actiondiff_gui.features.storage.healing import (
    DAMAGED,
    PARTIAL,
    beside,
    held,
    remove_outdated,
    set_aside,
)
from actiondiff_gui.features.storage.index import note
from actiondiff_gui.features.storage.packing import pack_if_crowded
from actiondiff_gui.features.storage.packs import SUFFIX, is_stored, opened
from actiondiff_gui.features.storage.token_file import (
    FRAMES,
    Damage,
    all_names,
    as_arrays,
    encode,
    layers_of,
    names_in,
    names_of,
    problem,
    read_array,
    read_header,
    side_by_side,
    timestep_of,
    whole_arrays,
)
from actiondiff_gui.features.tokens import joined
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
        return self.folder / clip[:2] / clip / f"{timestep}{SUFFIX}"

    # Looking

    def has(self, clip: str, timestep: str, layers: Iterable[int], pooling: Pooling = "mean") -> bool:
        """Return whether tokens of all ``layers`` are there, by the header and size of the file: a damaged one counts as absent."""
        return set(layers) <= self.layers(clip, timestep, pooling)

    def layers(self, clip: str, timestep: str, pooling: Pooling = "mean") -> frozenset[int]:
        """Layers whose tokens are there, as :meth:`has` tells it."""
        return layers_of(names_in(self.file(clip, timestep)), pooling)

    def damaged(self, clip: str, timestep: str) -> bool:
        """Return whether there is a damaged file, set aside or, by its header and size, in its place."""
        file = self.file(clip, timestep)
        return file.with_suffix(DAMAGED).exists() or (is_stored(file) and not names_in(file))

    def sound(
        self,
        clip: str,
        timestep: str,
        layers: Iterable[int],
        thoroughly: bool = True,
        pooling: Pooling = "mean",
    ) -> bool:
        """Return whether tokens of all ``layers`` are there and whole; a file that is damaged is set aside.

        Whole by the header and size of the file, and, ``thoroughly``, by the checksums of the layers, of their change too
        where it is there.
        """
        file, layers = self.file(clip, timestep), tuple(layers)
        there = names_in(file)
        if there and not all_names(layers, pooling) <= there:
            return False
        with contextlib.suppress(OSError):
            if there and not (thoroughly and problem(file, all_names(layers, "mean+change"))):
                return True
            if is_stored(file):
                set_aside(file)
        return False

    def has_at(self, clip: str, reading: Reading) -> bool:
        """:meth:`has` for one address."""
        return self.has(clip, reading.timestep, reading.layers, reading.pooling)

    def sound_at(self, clip: str, reading: Reading) -> bool:
        """:meth:`sound` for one address, thoroughly."""
        return self.sound(clip, reading.timestep, reading.layers, pooling=reading.pooling)

    # Reading

    def read(
        self, clip: str, timestep: str, layers: Iterable[int], pooling: Pooling = "mean"
    ) -> tuple[dict[int, np.ndarray], np.ndarray]:
        """Read tokens.

        Returns
        -------
        tokens : dict of int to ndarray
            For each layer ``[T, C]`` float16; with the pooling ``mean+change`` ``[T, 2 C]``, the change behind the mean.
        frames : ndarray
            ``[T]`` int64, the frame of the video each token comes from.

        Raises
        ------
        DamagedFeaturesError
            If the file is damaged. It was set aside.
        FeatureStoreError
            If they are not there or cannot be read.
        """
        file, wanted = self.file(clip, timestep), tuple(layers)
        found = self.read_there(clip, timestep, wanted, pooling)
        if found is None:
            raise FeatureStoreError(f"There are no features at {file}. Compute them first.")
        absent = [str(layer) for layer in wanted if layer not in found[0]]
        if absent:
            what = "" if pooling == "mean" else " with its change from frame to frame"
            raise FeatureStoreError(
                f"The features in {file} lack layer {', '.join(absent)}{what}. Compute them first."
            )
        return found

    def read_at(self, clip: str, reading: Reading) -> tuple[np.ndarray, np.ndarray]:
        """Tokens ``[T, C]`` at one address, layers side by side, and their frames ``[T]``. Raises as :meth:`read`."""
        found, frames = self.read(clip, reading.timestep, reading.layers, reading.pooling)
        return joined([found[layer] for layer in reading.layers]), frames

    def find_at(self, clip: str, reading: Reading) -> tuple[np.ndarray, np.ndarray] | None:
        """Read as :meth:`read_at`; None where layers or the file are not there. Raises as :meth:`read`."""
        found = self.read_there(clip, reading.timestep, reading.layers, reading.pooling)
        if found is None or any(layer not in found[0] for layer in reading.layers):
            return None
        return joined([found[0][layer] for layer in reading.layers]), found[1]

    def read_there(
        self, clip: str, timestep: str, layers: Iterable[int], pooling: Pooling = "mean"
    ) -> tuple[dict[int, np.ndarray], np.ndarray] | None:
        """Read the tokens of those of ``layers`` that are there; None if there is no file. Raises as :meth:`read`."""
        file = self.file(clip, timestep)
        try:
            with opened(file) as stream:
                header = read_header(stream, file)
                known = layers_of(header.names, pooling)
                tokens = {}
                for layer in (layer for layer in layers if layer in known):
                    arrays = {name: read_array(stream, header, name) for name in names_of(layer, pooling)}
                    tokens[layer] = side_by_side(arrays, layer, pooling)
                return tokens, read_array(stream, header, FRAMES)
        except FileNotFoundError:
            return None
        except Damage as damage:
            aside = set_aside(file)
            todo = f"They were set aside as {aside.name}" if aside else f"Delete {file.name}"
            raise DamagedFeaturesError(
                f"The features in {file} are damaged: {damage}. {todo}; compute them again. Nothing else is affected."
            ) from damage
        except OSError as error:
            raise FeatureStoreError(
                f"The features in {file} cannot be read ({error.strerror or error}). Check that the disk or network "
                "drive is there and that the file may be read."
            ) from error

    # Writing

    def write(
        self,
        clip: str,
        timestep: str,
        tokens: dict[int, np.ndarray],
        frames: np.ndarray,
        pooling: Pooling = "mean",
        noted: bool = True,
    ) -> Path:
        """Keep ``tokens`` (for each layer as :meth:`read` gives them) beside what is already there, which stays as it is.

        Several processes may do so at once, and all their layers are kept. Unless it is ``noted``, the caller tells the index.

        Raises
        ------
        FeatureStoreError
            If tokens are not finite or do not fit float16, or shapes disagree.
        FeatureWriteError
            If the disk is full or the folder cannot be written.
        """
        arrays, file = as_arrays(clip, tokens, frames, pooling), self.file(clip, timestep)
        with _explained(file), held(file):
            there = whole_arrays(file) if is_stored(file) else {}
            if FRAMES in there and np.array_equal(there[FRAMES], arrays[FRAMES]):
                arrays |= there
            self._put(file, arrays)
            remove_outdated(file)
        if noted:
            note(self.folder, clip, [timestep], arrays.keys() - {FRAMES})
        with _explained(file):
            pack_if_crowded(file.parents[1])
        return file

    # Windows of a clip under way

    def write_part(
        self,
        clip: str,
        timestep: str,
        tokens: dict[int, np.ndarray],
        frames: np.ndarray,
        pooling: Pooling = "mean",
    ) -> None:
        """Keep some windows of a clip under way until :meth:`write` has the whole clip. Raises as there."""
        arrays, file = as_arrays(clip, tokens, frames, pooling), self.file(clip, timestep)
        with _explained(file):
            self._put(file.with_name(f"{timestep}.{uuid.uuid4().hex[:8]}{PARTIAL}"), arrays)

    def parts(
        self, clip: str, timestep: str, pooling: Pooling = "mean"
    ) -> Iterator[tuple[dict[int, np.ndarray], np.ndarray]]:
        """Return the parts that :meth:`write_part` kept; damaged ones are skipped."""
        for file in beside(self.file(clip, timestep), PARTIAL):
            with contextlib.suppress(OSError):
                arrays = whole_arrays(file)
                if FRAMES in arrays:
                    frames = arrays.pop(FRAMES)
                    there = layers_of(arrays, pooling)
                    yield {layer: side_by_side(arrays, layer, pooling) for layer in there}, frames

    def _put(self, file: Path, arrays: dict[str, np.ndarray]) -> None:
        about = {
            "address": self.provenance.digest,
            "backbone": self.provenance.backbone,
            "settings": json.dumps(self.provenance.values, sort_keys=True),
            "clip": file.parent.name,
            "timestep": timestep_of(file),
            "version": __version__,
        }
        content = encode(arrays, about)
        try:
            _write(file, content)
        except FileNotFoundError:  # another process packed what was in the clip's folder, and took that away
            _write(file, content)


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(file) as part:
        part.write_bytes(content)


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    """Turn what the disk refuses into a sentence."""
    try:
        yield
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
