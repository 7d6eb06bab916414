"""File format of tokens, and its validation.

A safetensors file with the tokens of some layers, float16 ``[T, C]``: the spatial mean under the name ``layer.N``, the
mean change beside it as ``layer.N.change`` (files of earlier versions hold no changes); and ``frames``, int64 ``[T]``, the
frame of the video each token comes from. Its header says where it comes from and carries a checksum of every array, and
one of itself.
"""

import contextlib
import json
import re
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from actiondiff_gui.backbones.reading import Pooling
from actiondiff_gui.errors import FeatureStoreError
from actiondiff_gui.features.storage.packs import Bytes, opened

FRAMES = "frames"
CHANGE = ".change"
_NAME = re.compile(r"layer\.(\d{1,9})(\.change)?", re.ASCII)
_KEYS = frozenset(("address", "backbone", "settings", "clip", "timestep", "version", "crc32"))
"""What the header of a file says that was written before headers had a checksum of their own."""
_NO_SEAL = "0" * 8
_HALF_INFINITE = 0x7C00
"""The exponent of a float16 that is not finite."""


class Damage(Exception):
    """A file of tokens is not whole; says in a few words what is wrong."""


class StoredArray(NamedTuple):
    """Where an array lies in a file: its shape, and its first byte and the one after its last."""

    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class Header:
    """What a file says of itself.

    Attributes
    ----------
    about : dict of str to str
        Address, backbone, settings, clip, timestep, version and checksums.
    arrays : dict of str to StoredArray
    sums : dict of str to int
        CRC-32 of each array.
    """

    about: dict[str, str]
    arrays: dict[str, StoredArray]
    sums: dict[str, int]

    @property
    def names(self) -> frozenset[str]:
        """Names of the arrays of tokens in the file."""
        return frozenset(self.arrays) - {FRAMES}


def names_of(layer: int, pooling: Pooling = "mean") -> tuple[str, ...]:
    """Return names of the arrays that are concatenated to a layer's tokens."""
    return (f"layer.{layer}",) if pooling == "mean" else (f"layer.{layer}", f"layer.{layer}{CHANGE}")


def _layer(name: str) -> int:
    return int(name.split(".")[1])


def all_names(layers: Iterable[int], pooling: Pooling = "mean") -> frozenset[str]:
    """Return the names of the arrays of several layers."""
    return frozenset(name for layer in layers for name in names_of(layer, pooling))


def layers_of(names: Collection[str], pooling: Pooling = "mean") -> frozenset[int]:
    """Layers that are there with ``pooling`` where arrays of these ``names`` are."""
    layers = set(map(_layer, names))
    return frozenset(layer for layer in layers if all(name in names for name in names_of(layer, pooling)))


def read_header(stream: Bytes, file: Path) -> Header:
    """Read the header of ``file``, opened as ``stream``, and check it, the file's size and its path in the store.

    Raises
    ------
    Damage
        If anything does not fit.
    OSError
        If the file cannot be read.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    length = int.from_bytes(stream.read(8) or b"", "little")
    if not 0 < length <= size - 8:
        raise Damage("it is cut off")
    raw = stream.read(length) or b""
    try:
        found = json.loads(raw)
        about = found.pop("__metadata__")
        sums = json.loads(about["crc32"])
        sealed = _is_sealed(raw, about)
        arrays = {name: _stored(name, each, 8 + length) for name, each in found.items()}
        rows = {each.shape[0] for each in (arrays[FRAMES], *arrays.values())}
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise Damage("its header cannot be read") from error
    if not sealed or not isinstance(sums, dict):
        raise Damage("its header does not match its checksum")
    if len(rows) > 1:
        raise Damage("its layers have different lengths")
    at = 8 + length
    for begin, end in sorted((each.begin, each.end) for each in arrays.values()):
        if begin != at:
            raise Damage("its header does not fit its data")
        at = end
    if at != size:
        raise Damage("it is cut off" if at > size else "it is longer than its header says")
    _check_path(about, file)
    return Header(about, arrays, sums)


def read_array(stream: Bytes, header: Header, name: str) -> np.ndarray:
    """Read an array of a file and check its checksum, and that tokens are numbers.

    Raises
    ------
    Damage
        If it does not fit.
    OSError
        If the file cannot be read.
    """
    stored = header.arrays[name]
    array = np.empty(stored.shape, np.int64 if name == FRAMES else np.float16)
    stream.seek(stored.begin)
    if stream.readinto(array.data) != array.nbytes or zlib.crc32(array.data) != header.sums.get(name):
        raise Damage(f"{name} does not match its checksum")
    if name != FRAMES and (array.view(np.uint16) & _HALF_INFINITE).max(initial=0) == _HALF_INFINITE:
        raise Damage(f"{name} holds values that are not numbers")
    return array


def whole_arrays(file: Path) -> dict[str, np.ndarray]:
    """All arrays of a file that are whole; none if its header or its frames are not.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    arrays = {}
    with opened(file) as stream, contextlib.suppress(Damage):
        header = read_header(stream, file)
        arrays[FRAMES] = read_array(stream, header, FRAMES)
        for name in header.arrays:
            with contextlib.suppress(Damage):
                arrays[name] = read_array(stream, header, name)
    return arrays


def problem(file: Path, names: Collection[str] | None = None) -> str:
    """Return what is wrong with a file, in a few words: "" if it is whole. Of the arrays called ``names`` only, if they are given.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    try:
        with opened(file) as stream:
            header = read_header(stream, file)
            for name in (FRAMES, *(header.names if names is None else header.names.intersection(names))):
                read_array(stream, header, name)
    except Damage as damage:
        return str(damage)
    return ""


def names_in(file: Path) -> frozenset[str]:
    """Arrays of tokens that a file's header names; none if it cannot be read."""
    try:
        with opened(file) as stream:
            return read_header(stream, file).names
    except (OSError, Damage):
        return frozenset()


def timestep_of(file: Path) -> str:
    """Return the timestep that the name of a file in a store begins with: ``t20.safetensors``, ``t20.6f1b02aa.partial``."""
    return Path(file.stem).stem if file.suffix == ".partial" else file.stem


def as_arrays(
    clip: str, tokens: dict[int, np.ndarray], frames: np.ndarray, pooling: Pooling = "mean"
) -> dict[str, np.ndarray]:
    """Tokens of each layer and their frames ``[T]`` as a file holds them.

    Parameters
    ----------
    tokens : dict of int to ndarray
        ``[T, C]``; with the pooling ``mean+change`` ``[T, 2 C]``, the change behind the mean.

    Raises
    ------
    FeatureStoreError
        If tokens are not finite or do not fit float16, or shapes disagree.
    """
    frames = np.asarray(frames, dtype=np.int64)
    arrays = {FRAMES: frames}
    for layer, array in tokens.items():
        half, names = _as_half(layer, array, len(frames), clip), names_of(layer, pooling)
        if half.shape[1] % len(names):
            raise FeatureStoreError(
                f"The tokens of clip {clip}, layer {layer} are no mean and change side by side."
            )
        arrays |= dict(zip(names, map(np.ascontiguousarray, np.split(half, len(names), axis=1)), strict=True))
    return arrays


def side_by_side(arrays: Mapping[str, np.ndarray], layer: int, pooling: Pooling) -> np.ndarray:
    """Return the tokens ``[T, C]`` or ``[T, 2 C]`` of a layer out of the arrays of a file."""
    parts = [arrays[name] for name in names_of(layer, pooling)]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


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


def encode(arrays: dict[str, np.ndarray], about: dict[str, str]) -> bytes:
    """Content of a file with these arrays; the same arrays give the same bytes."""
    order = [FRAMES, *sorted(arrays.keys() - {FRAMES}, key=lambda name: (_layer(name), name))]
    data = [arrays[name].tobytes() for name in order]
    sums = {name: zlib.crc32(each) for name, each in zip(order, data, strict=True)}
    head: dict[str, Any] = {"__metadata__": about | {"crc32": json.dumps(sums), "seal": _NO_SEAL}}
    at = 0
    for name, each in zip(order, data, strict=True):
        dtype = "I64" if name == FRAMES else "F16"
        head[name] = {
            "dtype": dtype,
            "shape": list(arrays[name].shape),
            "data_offsets": [at, at + len(each)],
        }
        at += len(each)
    raw = json.dumps(head, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % 8)
    raw = raw.replace(_seal(_NO_SEAL), _seal(f"{zlib.crc32(raw):08x}"), 1)
    return b"".join((len(raw).to_bytes(8, "little"), raw, *data))


def _seal(value: str) -> bytes:
    return f'"seal":"{value}"'.encode()


def _is_sealed(raw: bytes, about: dict[str, str]) -> bool:
    if "seal" not in about:
        return about.keys() == _KEYS
    plain = raw.replace(_seal(about["seal"]), _seal(_NO_SEAL), 1)
    return f"{zlib.crc32(plain):08x}" == about["seal"]


def _stored(name: str, entry: dict[str, Any], start: int) -> StoredArray:
    shape, (begin, end) = entry["shape"], entry["data_offsets"]
    if name == FRAMES:
        fits = entry["dtype"] == "I64" and len(shape) == 1 and end - begin == 8 * shape[0] >= 0
    else:
        rows, channels = shape
        fits = (
            _NAME.fullmatch(name)
            and entry["dtype"] == "F16"
            and end - begin == 2 * rows * channels
            and min(shape) >= 0
        )
    if not fits:
        raise ValueError(name)
    return StoredArray(tuple(shape), start + begin, start + end)


def _check_path(about: dict[str, str], file: Path) -> None:
    """Refuse a file that was moved from another store, clip or timestep and holds other features than its path says."""
    *_, store, _, clip, _ = file.parts
    here = store.endswith(f"-{about['address']}") and about["clip"] == clip
    if not here or about["timestep"] != timestep_of(file):
        raise Damage("it belongs to another clip, timestep or settings")
