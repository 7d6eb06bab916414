"""Token store: complete files, lookup, and refusal of damaged ones."""

import errno

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from actiondiff_gui.backbones.reading import Reading
from actiondiff_gui.errors import FeatureStoreError, FeatureWriteError
from actiondiff_gui.features.settings import Provenance
from actiondiff_gui.features.store import TokenStore

FRAMES = np.arange(0, 20, 4)
TOKENS = {n: np.random.default_rng(n).normal(size=(5, 8)).astype(np.float32) for n in (2, 9, 13)}


@pytest.fixture
def store(tmp_path):
    return TokenStore(tmp_path, Provenance("small", {"stride": 4}))


def test_tokens_come_back_to_float16_rounding(store):
    store.write("abcd", "t20", {2: TOKENS[2], 9: TOKENS[9]}, FRAMES)
    tokens, frames = store.read("abcd", "t20", [9, 2])
    assert np.array_equal(frames, FRAMES)
    assert np.array_equal(tokens[9], TOKENS[9].astype(np.float16))
    assert store.has("abcd", "t20", [2])
    assert not store.has("abcd", "t20", [2, 13])
    assert not store.has("abcd", "t21", [2])


def test_tokens_are_looked_for_and_read_in_one_go(store):
    assert store.find_at("abcd", Reading("t20", (2, 9))) is None
    store.write("abcd", "t20", {2: TOKENS[2], 9: TOKENS[9]}, FRAMES)
    tokens, frames = store.find_at("abcd", Reading("t20", (9, 2)))
    assert np.array_equal(tokens, np.concatenate([TOKENS[9], TOKENS[2]], axis=1).astype(np.float16))
    assert np.array_equal(frames, FRAMES)
    assert store.find_at("abcd", Reading("t20", (2, 13))) is None
    assert store.find_at("abcd", Reading("t20", (2,), "mean+change")) is None


def test_new_layers_join_those_already_there(store):
    store.write("abcd", "t20", {2: TOKENS[2]}, FRAMES)
    store.write("abcd", "t20", {9: TOKENS[9]}, FRAMES)
    assert store.layers("abcd", "t20") == {2, 9}
    assert np.array_equal(store.read("abcd", "t20", [2])[0][2], TOKENS[2].astype(np.float16))


def test_the_header_says_where_tokens_come_from(store):
    file = store.write("abcd", "t20", {2: TOKENS[2]}, FRAMES)
    with safe_open(file, framework="numpy") as stored:
        header = stored.metadata()
    assert header["backbone"] == "small"
    assert header["address"] == store.provenance.digest
    assert header["settings"] == '{"stride": 4}'
    assert (header["clip"], header["timestep"]) == ("abcd", "t20")


def test_other_settings_have_another_address(tmp_path, store):
    store.write("abcd", "t20", {2: TOKENS[2]}, FRAMES)
    other = TokenStore(tmp_path, Provenance("small", {"stride": 2}))
    assert not other.has("abcd", "t20", [2])
    moved = other.file("abcd", "t20")
    moved.parent.mkdir(parents=True)
    moved.write_bytes(store.file("abcd", "t20").read_bytes())
    assert not other.has("abcd", "t20", [2])


@pytest.mark.parametrize("cut", [0, 4, 60, -3])
def test_a_truncated_file_is_absent_when_asked_for_and_a_sentence_when_read(store, cut):
    file = store.write("abcd", "t20", {2: TOKENS[2]}, FRAMES)
    file.write_bytes(file.read_bytes()[:cut])
    assert not store.has("abcd", "t20", [2])
    with pytest.raises(FeatureStoreError, match=r"t20\.safetensors are damaged"):
        store.read("abcd", "t20", [2])
    store.write("abcd", "t20", {2: TOKENS[2]}, FRAMES)
    assert store.has("abcd", "t20", [2])


def test_a_flipped_bit_is_noticed(store):
    file = store.write("abcd", "t20", {2: TOKENS[2]}, FRAMES)
    data = bytearray(file.read_bytes())
    data[-9] ^= 4
    file.write_bytes(bytes(data))
    with pytest.raises(FeatureStoreError, match="checksum"):
        store.read("abcd", "t20", [2])


def test_a_tensor_of_another_shape_is_noticed(store):
    file = store.write("abcd", "t20", {2: TOKENS[2]}, FRAMES)
    with safe_open(file, framework="numpy") as stored:
        header = stored.metadata()
    save_file(load_file(file) | {"layer.2": np.zeros((4, 8), np.float16)}, file, metadata=header)
    with pytest.raises(FeatureStoreError, match="checksum"):
        store.read("abcd", "t20", [2])


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (np.full((5, 8), np.nan), "not numbers"),
        (np.full((5, 8), 1e6), "too large"),
        (np.zeros((4, 8)), "shape"),
        (np.zeros((5, 8, 2)), "shape"),
    ],
)
def test_tokens_that_cannot_be_kept_are_refused_and_nothing_is_written(store, tokens, words):
    with pytest.raises(FeatureStoreError, match=words):
        store.write("abcd", "t20", {2: tokens}, FRAMES)
    assert not store.file("abcd", "t20").exists()


def test_a_full_disk_is_a_sentence_and_leaves_the_old_file(store, monkeypatch):
    store.write("abcd", "t20", {2: TOKENS[2]}, FRAMES)

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(FeatureWriteError, match="disk is full"):
        store.write("abcd", "t20", {9: TOKENS[9]}, FRAMES)
    assert store.layers("abcd", "t20") == {2}
    assert [f.name for f in store.file("abcd", "t20").parent.iterdir()] == ["t20.safetensors"]


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "features").write_text("a file in the way")
    blocked = TokenStore(tmp_path / "features", Provenance("small", {}))
    with pytest.raises(FeatureWriteError, match="cannot be written"):
        blocked.write("abcd", "t20", {2: TOKENS[2]}, FRAMES)
