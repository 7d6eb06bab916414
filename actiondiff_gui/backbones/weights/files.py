"""Configuration and weight files of a network, and the digest that identifies a set of weights."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from actiondiff_gui.errors import BackboneError
from actiondiff_gui.inputs import regular_file

PARTS = ("unet", "vae", "image_encoder")
"""Networks of a model whose features are used."""
FULL_HASH_BYTES = 64 * 2**20
SAMPLES, SAMPLE_BYTES = 256, 64 * 2**10


def read_json(file: Path) -> dict[str, Any]:
    """Read a JSON file that holds settings.

    Raises
    ------
    BackboneError
        If it is missing or holds none.
    """
    try:
        values = json.loads(regular_file(file, BackboneError, "a model's settings").read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BackboneError(f"{file} cannot be read ({error}). Download the model again.") from error
    if not isinstance(values, dict):
        raise BackboneError(f"{file} does not hold a model's settings. Download the model again.")
    return values


def read_config(folder: Path, part: str) -> dict[str, Any]:
    """Read ``folder/part/config.json``.

    Raises
    ------
    BackboneError
        If it is missing or is not JSON.
    """
    file = folder / part / "config.json"
    if not file.is_file():
        raise BackboneError(
            f"{folder} is not a Stable Video Diffusion folder in diffusers format: {part}/config.json is "
            "missing. Choose the folder that holds unet, vae and image_encoder."
        )
    return read_json(file)


def read_configs(folder: Path) -> dict[str, dict[str, Any]]:
    """Read the configurations of all :data:`PARTS` of a model.

    Raises
    ------
    BackboneError
        If one is missing, or it is another kind of model.
    """
    configs = {part: read_config(folder, part) for part in PARTS}
    found = configs["unet"].get("_class_name")
    if found != "UNetSpatioTemporalConditionModel":
        raise BackboneError(
            f"{folder} holds a model of class {found}, not Stable Video Diffusion "
            "(UNetSpatioTemporalConditionModel). Choose another folder."
        )
    return configs


def model_files(folder: Path, prefer_half: bool = False) -> list[Path]:
    """Return configuration and weight files of all :data:`PARTS`, from which :func:`digest_files` computes a model's digest."""
    configs = [folder / part / "config.json" for part in PARTS]
    return configs + [file for part in PARTS for file in weight_files(folder / part, prefer_half)]


def weight_files(folder: Path, prefer_half: bool = False) -> list[Path]:
    """Find the safetensors files of one network: a single file or the shards named by an index.

    Raises
    ------
    BackboneError
        If there is none, or an index names a file outside the folder.
    """
    stems = ("diffusion_pytorch_model", "model")
    variants = (".fp16", "") if prefer_half else ("", ".fp16")
    for variant in variants:
        for stem in stems:
            single = folder / f"{stem}{variant}.safetensors"
            if single.is_file():
                return [single]
            index = folder / f"{stem}.safetensors.index{variant}.json"
            if index.is_file():
                return _shards(index)
    raise BackboneError(
        f"{folder} holds no safetensors weights. Download the model again in safetensors format; "
        "pickled .bin files are not opened."
    )


def _shards(index: Path) -> list[Path]:
    try:
        names = list(dict.fromkeys(json.loads(index.read_text("utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise BackboneError(f"{index} cannot be read ({error}). Download the model again.") from error
    if not names or not all(isinstance(name, str) for name in names):
        raise BackboneError(f"{index} names no files. Download the model again.")
    shards = []
    for name in names:
        if Path(name).name != name or not (index.parent / name).is_file():
            raise BackboneError(
                f"{index} names the file {name}, which is not beside it. Download the model again."
            )
        shards.append(index.parent / name)
    return shards


def digest_files(files: Iterable[Path], mark: str = "") -> str:
    """Hex digest (16 digits) of weight and configuration files, and of what else ``mark`` says of the features.

    Files up to 64 MiB are read whole. Of a larger one, its size, its first and last 64 KiB and 254
    evenly spaced blocks of 64 KiB between them are read: training changes every block, and hashing
    ten gigabytes at each start would cost a minute.
    """
    digest = hashlib.sha256(mark.encode())
    for file in files:
        try:
            _digest_into(digest, file)
        except OSError as error:
            raise BackboneError(
                f"{file} cannot be read ({error.strerror or error}). Download the model again."
            ) from error
    return digest.hexdigest()[:16]


def _digest_into(digest: Any, file: Path) -> None:
    size = regular_file(file, BackboneError, "a file of a model").stat().st_size
    digest.update(f"{file.parent.name}/{file.name}:{size}\n".encode())
    with file.open("rb") as stream:
        if size <= FULL_HASH_BYTES:
            digest.update(stream.read())
            return
        for i in range(SAMPLES):
            stream.seek(i * (size - SAMPLE_BYTES) // (SAMPLES - 1))
            digest.update(stream.read(SAMPLE_BYTES))
