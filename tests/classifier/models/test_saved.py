"""Saved classifiers answer bit-identically, and all other files are refused."""

import json
import os
import pickle
import struct
from dataclasses import replace

import numpy as np
import pytest
import torch

from actiondiff_gui.classifier.models import saved
from actiondiff_gui.classifier.models.heads import HEAD_KINDS
from actiondiff_gui.classifier.models.saved import (
    METADATA_KEY,
    describe_classifier,
    load_classifier,
    save_classifier,
)
from actiondiff_gui.classifier.training.fitting import fit_head
from actiondiff_gui.classifier.training.loop import train_job
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.progress import run


@pytest.fixture(scope="module")
def tokens(make_tokens):
    return make_tokens(per_class=4)


@pytest.fixture(scope="module")
def classifiers(tokens, quick):
    train, held = range(12, 36), range(12)
    short = replace(quick, epochs=2)
    made = {k: fit_head(k, tokens, train, held, short) for k in HEAD_KINDS}
    made["transformer without projection"] = fit_head(
        "transformer", tokens, train, held, replace(short, width=None, layers=2, max_tokens=6)
    )
    made["transformer with focal loss"] = fit_head(
        "transformer", tokens, train, held, replace(short, loss="focal")
    )
    made["linear with deviation"] = fit_head("linear", tokens, train, summary="mean+std")
    return made


KINDS = (
    *HEAD_KINDS,
    "transformer without projection",
    "transformer with focal loss",
    "linear with deviation",
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_loaded_classifier_answers_to_the_bit_as_before(classifiers, tokens, tmp_path, kind):
    path = tmp_path / "action.safetensors"
    before = replace(classifiers[kind], extraction={"stride": 4, "resolution": [288, 512]})
    save_classifier(before, path)
    after = load_classifier(path)
    assert np.array_equal(before.predict_proba(tokens), after.predict_proba(tokens))
    for name in ("kind", "classes", "address", "single_label", "training_clips", "settings", "extraction"):
        assert getattr(before, name) == getattr(after, name)
    assert after.metrics.keys() == before.metrics.keys()
    save_classifier(after, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["action.safetensors", "again.safetensors"]


def test_the_file_is_plain_safetensors(classifiers, tmp_path):
    from safetensors import safe_open

    save_classifier(classifiers["linear"], tmp_path / "c.safetensors")
    with safe_open(tmp_path / "c.safetensors", "np") as file:
        about = json.loads(file.metadata()[METADATA_KEY])
        assert sorted(file.keys()) == ["bias", "mean", "scale", "weights"]
    assert (about["version"], about["head"], about["training_clips"]) == (1, "linear", 36)


def test_a_loaded_classifier_refuses_features_of_another_address(classifiers, tokens, tmp_path):
    save_classifier(classifiers["transformer"], tmp_path / "c.safetensors")
    elsewhere = replace(tokens, address=replace(tokens.address, layers=(5,)))
    with pytest.raises(ClassifierError) as caught:
        load_classifier(tmp_path / "c.safetensors").predict_proba(elsewhere)
    assert "layer 9" in str(caught.value)
    assert "layer 5" in str(caught.value)


def about_of(file):
    from safetensors import safe_open

    with safe_open(file, "np") as opened:
        return json.loads(opened.metadata()[METADATA_KEY])


def test_layers_and_pooling_are_kept_and_other_ones_refused(classifiers, tokens, tmp_path):
    whole = replace(tokens.address, layers=(3, 6, 9), pooling="mean+change")
    save_classifier(replace(classifiers["linear"], address=whole), tmp_path / "c.safetensors")
    about = about_of(tmp_path / "c.safetensors")
    assert (about["version"], about["address"]["layers"]) == (2, [3, 6, 9])
    loaded = load_classifier(tmp_path / "c.safetensors")
    assert loaded.address == describe_classifier(tmp_path / "c.safetensors").address == whole
    assert len(loaded.predict_proba(replace(tokens, address=whole))) == len(tokens)
    for other in ({"pooling": "mean"}, {"layers": (3, 6)}, {"layers": (9,), "pooling": "mean"}):
        with pytest.raises(ClassifierError, match=r"layers 3, 6, 9, mean \+ change.*cannot read") as caught:
            loaded.predict_proba(replace(tokens, address=replace(whole, **other)))
        assert str(replace(whole, **other)) in str(caught.value)


def test_a_file_of_one_layer_and_the_mean_is_written_as_before_and_read_as_such(
    classifiers, tokens, tmp_path
):
    save_classifier(classifiers["linear"], tmp_path / "c.safetensors")
    about = about_of(tmp_path / "c.safetensors")
    assert (about["version"], about["address"]) == (
        1,
        {"backbone": "made-up", "digest": "d1", "timestep": "t20", "layer": 9},
    )
    assert load_classifier(tmp_path / "c.safetensors").address == tokens.address


@pytest.fixture
def path(classifiers, tmp_path):
    """Provide a saved transformer that may be damaged."""
    place = tmp_path / "walk.safetensors"
    save_classifier(classifiers["transformer"], place)
    return place


def refused(path, says):
    with pytest.raises(ClassifierError, match=says) as caught:
        load_classifier(path)
    assert "walk.safetensors" in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.05, 0.5, 0.999])
def test_a_truncated_file_is_refused(path, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    refused(path, "end is missing|incomplete|not readable|not a safetensors")


def test_anything_appended_is_refused(path):
    path.write_bytes(path.read_bytes() + b"more")
    refused(path, "incomplete")


class Trap:
    """Would leave a trace if a pickle of it were ever opened."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_under_this_name_is_refused_and_never_run(path, tmp_path, protocol):
    path.write_bytes(pickle.dumps(Trap(tmp_path / "trace"), protocol=protocol))
    refused(path, "pickle|not a safetensors")
    torch.save(Trap(tmp_path / "trace"), path)
    refused(path, "pickle")
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (struct.pack("<Q", 2**63), "not a safetensors"),
        (struct.pack("<Q", 10), "not a safetensors"),
        (struct.pack("<Q", 2) + b"[]", "not readable"),
        (struct.pack("<Q", 2) + b"{}", "not a classifier of this program"),
        (struct.pack("<Q", 4) + b"\xff\xfe\xfa\xfb", "not readable"),
        (struct.pack("<Q", 200_000) + b"[" * 200_000, "not readable"),
        (b"RIFF....AVI video", "not a safetensors"),
    ],
)
def test_hostile_headers_are_refused(path, head, says):
    path.write_bytes(head)
    refused(path, says)


def test_an_absurdly_long_header_is_refused_without_reading_it(path):
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 2**33))
        file.truncate(2**33 + 100)
    refused(path, "header claims")


def rewrite(path, change_about=None, change_header=None):
    """Change the description or the header of a file, and leave the tensors as they are."""
    whole = path.read_bytes()
    length = struct.unpack("<Q", whole[:8])[0]
    header = json.loads(whole[8 : 8 + length])
    about = json.loads(header["__metadata__"][METADATA_KEY])
    if change_about:
        about = change_about(about)
    header["__metadata__"][METADATA_KEY] = json.dumps(about)
    if change_header:
        change_header(header)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + whole[8 + length :])


def in_config(**values):
    return lambda about: {**about, "config": {**about["config"], **values}}


def without(*keys):
    return lambda about: {k: v for k, v in about.items() if k not in keys}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda a: {**a, "version": 3}, "newer version"),
        (lambda a: {**a, "version": "1"}, "version"),
        (lambda a: [], "not readable"),
        (without("version"), "version"),
        (without("config"), "config"),
        (without("address"), "address"),
        (without("settings"), "settings"),
        (without("single_label"), "single_label"),
        (lambda a: {**a, "head": "forest"}, "forest"),
        (lambda a: {**a, "head": ["linear"]}, "linear"),
        (lambda a: {**a, "head": "linear"}, "whole number|neither|tensor"),
        (lambda a: {**a, "classes": ["one"]}, "belongs"),
        (lambda a: {**a, "classes": ["one", "one", "two"]}, "different"),
        (lambda a: {**a, "classes": [1, 2, 3]}, "different"),
        (lambda a: {**a, "classes": []}, "no actions"),
        (lambda a: {**a, "address": {"backbone": 3}}, "which features"),
        (lambda a: {**a, "training_clips": -1}, "training_clips"),
        (in_config(layers=10**9), "layers"),
        (in_config(layers=64), "missing"),
        (in_config(layers=1.0), "layers"),
        (in_config(width=16384), "belongs|missing"),
        (in_config(width=True), "width"),
        (in_config(channels=10**15), "channels"),
        (in_config(heads=7), "heads"),
        (in_config(temperature=0), "temperature"),
        (in_config(temperature=float("inf")), "temperature"),
        (in_config(max_tokens=0), "max_tokens"),
        (in_config(softmax="yes"), "softmax"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(path, change, says):
    rewrite(path, change)
    refused(path, says)


def test_missing_extra_and_misshapen_tensors_are_named(path):
    whole = path.read_bytes()

    def rename(header):
        header["model.surprise"] = header.pop("model.cls_token")

    rewrite(path, change_header=rename)
    refused(path, "model.cls_token")
    path.write_bytes(whole)

    def reshape(header):
        header["model.cls_token"]["shape"] = [16]

    rewrite(path, change_header=reshape)
    refused(path, "model.cls_token")
    path.write_bytes(whole)

    def retype(header):
        header["mean"]["dtype"] = "I32"

    rewrite(path, change_header=retype)
    refused(path, "I32")
    path.write_bytes(whole)

    def overlap(header):
        header["mean"]["data_offsets"] = header["scale"]["data_offsets"]

    rewrite(path, change_header=overlap)
    refused(path, "overlap|incomplete")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_numbers_are_refused(classifiers, tmp_path, value):
    good = classifiers["linear"]
    bad = replace(good.head, model=replace(good.head.model, bias=np.full(3, value, np.float32)))
    save_classifier(replace(good, head=bad), tmp_path / "walk.safetensors")
    refused(tmp_path / "walk.safetensors", "not numbers")


def test_a_normalisation_that_divides_by_zero_is_refused(classifiers, tmp_path):
    good = classifiers["linear"]
    model = good.head.model
    nothing = replace(model.normalisation, scale=np.zeros(16, np.float32))
    bad = replace(good, head=replace(good.head, model=replace(model, normalisation=nothing)))
    save_classifier(bad, tmp_path / "walk.safetensors")
    refused(tmp_path / "walk.safetensors", "zero")


def test_flipped_header_bytes_are_survived_or_refused_in_words(path):
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    length = struct.unpack("<Q", whole[:8])[0]
    for place in rng.integers(0, 8 + length, 150):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            load_classifier(path)
        except ClassifierError as error:
            assert "walk.safetensors" in str(error)  # noqa: PT017


def test_a_missing_file_and_a_folder_are_said_in_words(tmp_path):
    refused(tmp_path / "walk.safetensors", "cannot be read")
    (tmp_path / "walk.safetensors").mkdir()
    refused(tmp_path / "walk.safetensors", "is a folder")


def test_a_failed_save_leaves_the_old_file_and_nothing_else(path, classifiers, monkeypatch):
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saved.os, "fsync", full)
    with pytest.raises(ClassifierError, match="No space left"):
        save_classifier(classifiers["linear"], path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["walk.safetensors"]


def test_a_save_that_cannot_work_is_said_in_words(classifiers, tmp_path):
    with pytest.raises(ClassifierError, match="folder"):
        save_classifier(classifiers["linear"], tmp_path / "nowhere" / "c.safetensors")
    odd = replace(classifiers["linear"], extraction={"reader": object()})
    with pytest.raises(ClassifierError, match="JSON"):
        save_classifier(odd, tmp_path / "c.safetensors")
    assert not list(tmp_path.iterdir())


def test_what_training_was_told_is_kept(tokens, quick, tmp_path):
    job = train_job(tokens, range(12, 36), range(12), quick, extraction={"stride": 2})
    save_classifier(run(job), tmp_path / "c.safetensors")
    loaded = load_classifier(tmp_path / "c.safetensors")
    assert loaded.extraction == {"stride": 2}
    assert loaded.settings["seed"] == quick.seed
    assert loaded.metrics["validation_clips"] == 12
