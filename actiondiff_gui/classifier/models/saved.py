"""File format of a trained classifier: writing, reading and validation.

One safetensors file holds everything needed to apply it: the numbers as tensors, and all else as JSON in
the file's metadata. A file is data: nothing in it is ever run, and nothing is built from it before its
sizes have been checked.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.backbones.reading import POOLINGS
from actiondiff_gui.classifier.json_values import to_json
from actiondiff_gui.classifier.models.heads import SIMPLE_NAMES
from actiondiff_gui.classifier.models.saved_heads import (
    Damaged,
    Shapes,
    expected_shapes,
    pack,
    unpack,
    whole,
    yes_or_no,
)
from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.features.tokens import FeatureAddress
from actiondiff_gui.files import whole_file
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.outputs import Output

VERSION = 2
"""Of files that name several layers or another pooling than the mean; others are written as version 1 was."""
METADATA_KEY = "actiondiff_gui.classifier"
LONGEST_HEADER = 16 * 2**20
MOST_CLASSES = 100_000
MOST_LAYERS = 1000


@dataclass(frozen=True)
class Description:
    """What a classifier's file says of it, without its numbers; the fields are those of ``TrainedClassifier``."""

    kind: str
    classes: tuple[str, ...]
    address: FeatureAddress
    single_label: bool
    training_clips: int
    settings: dict[str, Any]
    metrics: dict[str, Any]
    extraction: dict[str, Any]


def save_classifier(classifier: TrainedClassifier, path: str | os.PathLike[str]) -> None:
    """Write ``classifier`` to ``path``; a file there is replaced only once the new one is complete.

    An :class:`~actiondiff_gui.outputs.Output` says what may be replaced; any other path is the program's own.

    Raises
    ------
    ClassifierError
        The file cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save

    config, tensors = pack(classifier.head)
    version, address = _as_json(classifier.address)
    about = {
        "version": version,
        "head": classifier.kind,
        "config": config,
        "classes": list(classifier.classes),
        "address": address,
        "single_label": classifier.single_label,
        "training_clips": classifier.training_clips,
        "settings": classifier.settings,
        "metrics": classifier.metrics,
        "extraction": classifier.extraction,
    }
    try:
        text = json.dumps(to_json(about), allow_nan=False)
        data = save({k: np.ascontiguousarray(v) for k, v in tensors.items()}, {METADATA_KEY: text})
        with path.written() if isinstance(path, Output) else whole_file(Path(path)) as part:
            part.write_bytes(data)
    except (OSError, SafetensorError) as error:
        raise ClassifierError(
            f"The classifier could not be written to {path} ({error}): check that the folder exists, may be "
            "written to and has space."
        ) from error
    except (TypeError, ValueError) as error:
        raise ClassifierError(
            f"The classifier was not written to {path}: its extraction settings or metrics hold something "
            f"that JSON cannot ({error})."
        ) from error


def load_classifier(path: str | os.PathLike[str]) -> TrainedClassifier:
    """Read a classifier that :func:`save_classifier` wrote; it computes on the CPU.

    Raises
    ------
    ClassifierError
        The file cannot be read, is no classifier, is damaged, or is of a newer version.
    """
    path = Path(path)
    with _explained(path):
        header = _header(path)
        said, about = _description(header)
        config = _part(about, "config")
        _check_tensors(header, expected_shapes(said.kind, config, len(said.classes)))
        head = unpack(said.kind, config, _tensors(path))
    return TrainedClassifier(
        head=head,
        classes=said.classes,
        address=said.address,
        single_label=said.single_label,
        training_clips=said.training_clips,
        settings=said.settings,
        metrics=said.metrics,
        extraction=said.extraction,
    )


def describe_classifier(path: str | os.PathLike[str]) -> Description:
    """Read what a file that :func:`save_classifier` wrote says of its classifier; quick, whatever its size.

    Raises
    ------
    ClassifierError
        The file cannot be read, is no classifier, is damaged, or is of a newer version.
    """
    path = Path(path)
    with _explained(path):
        header = _header(path)
        said, about = _description(header)
        _check_tensors(header, expected_shapes(said.kind, _part(about, "config"), len(said.classes)))
    return said


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ClassifierError(
            f"The classifier {path} cannot be read ({error.strerror or error}): check the path and its "
            "permissions."
        ) from error
    except Damaged as error:
        raise ClassifierError(
            f"The file {path} cannot be used as a classifier: {error}. Choose another file, or train and "
            "save the classifier again."
        ) from error


def _description(header: Mapping[str, Any]) -> tuple[Description, dict[str, Any]]:
    about = _about(header)
    said = Description(
        kind=_head_name(about.get("head")),
        classes=_classes(about),
        address=_address(_part(about, "address")),
        single_label=yes_or_no(about, "single_label"),
        training_clips=whole(about, "training_clips", 0, 2**53),
        settings=_part(about, "settings"),
        metrics=_part(about, "metrics"),
        extraction=_part(about, "extraction"),
    )
    return said, about


def _header(path: Path) -> dict[str, Any]:
    """Return the JSON that a safetensors file starts with, read without trusting its length."""
    with regular_file(path, ClassifierError, "a classifier").open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(8)
        length = int.from_bytes(start, "little")
        if start[:2] == b"PK" or (start[:1] == b"\x80" and start[1:2] <= b"\x08"):
            raise Damaged("it is a Python pickle or a zip archive, which may run code and is never opened")
        if len(start) < 8 or length < 2 or length > size - 8:
            raise Damaged("it is not a safetensors file, or its end is missing")
        if length > LONGEST_HEADER:
            raise Damaged(f"its header claims {length} bytes, more than a classifier has")
        text = file.read(length)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Damaged("its header is not readable") from error
    if not isinstance(header, dict):
        raise Damaged("its header is not readable")
    return header


def _about(header: Mapping[str, Any]) -> dict[str, Any]:
    metadata = header.get("__metadata__")
    text = metadata.get(METADATA_KEY) if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise Damaged("it holds tensors, but not a classifier of this program")
    try:
        about = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Damaged("its description is not readable") from error
    if not isinstance(about, dict):
        raise Damaged("its description is not readable")
    version = whole(about, "version", 1, 2**31)
    if version > VERSION:
        raise Damaged(
            f"it was written by a newer version of this program (format {version}; this one reads up "
            f"to {VERSION}), so update the program"
        )
    return about


def _head_name(written: Any) -> Any:
    return SIMPLE_NAMES.get(written, written) if isinstance(written, str) else written


def _part(about: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = about.get(name)
    if not isinstance(value, dict):
        raise Damaged(f"its description has no {name!r}")
    return value


def _classes(about: Mapping[str, Any]) -> tuple[str, ...]:
    classes = about.get("classes")
    if not isinstance(classes, list) or not 1 <= len(classes) <= MOST_CLASSES:
        raise Damaged("it names no actions")
    if not all(isinstance(c, str) and c for c in classes) or len(set(classes)) < len(classes):
        raise Damaged("the names of its actions are not different texts")
    return tuple(classes)


def _as_json(address: FeatureAddress) -> tuple[int, dict[str, Any]]:
    """Return the oldest version of files that can name an address, and the address as it names it."""
    values = asdict(address)
    if len(address.layers) > 1 or address.pooling != "mean":
        return VERSION, values
    layers, _ = values.pop("layers"), values.pop("pooling")
    return 1, values | {"layer": layers[0]}


def _address(values: Mapping[str, Any]) -> FeatureAddress:
    backbone, digest, timestep = (values.get(name) for name in ("backbone", "digest", "timestep"))
    if not (isinstance(backbone, str) and isinstance(digest, str) and isinstance(timestep, str)):
        raise Damaged("it does not say which features it reads")
    if "layers" not in values:
        return FeatureAddress(backbone, digest, timestep, (whole(values, "layer", -(2**31), 2**31),))
    layers, pooling = values["layers"], values.get("pooling")
    numbers = isinstance(layers, list) and all(type(n) is int and abs(n) < 2**31 for n in layers)
    if not numbers or not 1 <= len(layers) <= MOST_LAYERS or pooling not in POOLINGS:
        raise Damaged("it does not say which layers it reads, and how")
    return FeatureAddress(backbone, digest, timestep, tuple(layers), pooling)


def _check_tensors(header: Mapping[str, Any], shapes: Shapes) -> None:
    found = {k: v for k, v in header.items() if k != "__metadata__"}
    missing, extra = sorted(set(shapes) - set(found)), sorted(set(found) - set(shapes))
    if missing:
        raise Damaged(f"its tensor {missing[0]!r} is missing")
    if extra:
        raise Damaged(f"it holds a tensor {extra[0]!r:.80} that does not belong there")
    for name, shape in shapes.items():
        entry = found[name] if isinstance(found[name], dict) else {}
        kind = "U8" if name in ("truth", "known") else "F32"
        if entry.get("dtype") != kind or entry.get("shape") != list(shape):
            raise Damaged(
                f"its tensor {name!r} is {entry.get('dtype')!r:.20} {entry.get('shape')!r:.60} where {kind} "
                f"{list(shape)} belongs"
            )


def _tensors(path: Path) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except (SafetensorError, ValueError, KeyError) as error:
        raise Damaged("its tensors are incomplete or overlap") from error
