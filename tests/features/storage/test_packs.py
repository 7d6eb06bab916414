"""Features in packs are those of the files that were packed, whatever happens to either."""

import multiprocessing
import shutil
import sqlite3

import numpy as np
import pytest

from actiondiff_gui.backbones.registry import find_offer
from actiondiff_gui.errors import DamagedFeaturesError, FeatureStoreError, FeatureWriteError
from actiondiff_gui.features import extraction
from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.coverage import Inventory
from actiondiff_gui.features.extraction import plan
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.storage import packing
from actiondiff_gui.features.storage.healing import set_aside, token_files, verify_store
from actiondiff_gui.features.storage.index import Index
from actiondiff_gui.features.storage.packing import pack, pack_job, rebuild
from actiondiff_gui.features.storage.packs import (
    CATALOG,
    PACK,
    Entry,
    Section,
    entries,
    folders_of,
    is_stored,
    opened,
    write_catalog,
)
from actiondiff_gui.features.storage.token_file import all_names
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.features.stored_sets import stored_features
from actiondiff_gui.progress import run
from tests.features.other_process import PLAIN, tokens_of, write_and_pack

ABOUT = find_offer("svd").shape()
CLIPS = [f"{n % 3:02x}{n:022x}" for n in range(12)]
STEPS, LAYERS = ("t5", "t20"), (4, 9)
FRAMES = np.arange(0, 20, 4)


@pytest.fixture
def store(tmp_path) -> TokenStore:
    made = TokenStore(tmp_path, PLAIN)
    for clip in CLIPS:
        for step in STEPS:
            made.write(clip, step, {n: tokens_of(n) + len(step) for n in LAYERS}, FRAMES)
    return made


@pytest.fixture
def packed(store) -> TokenStore:
    assert run(pack_job(store.folder.parent)) == 24
    return store


def content(store: TokenStore) -> dict[str, bytes]:
    found = {}
    for file in token_files(store.folder):
        with opened(file) as stream:
            found[file.relative_to(store.folder).as_posix()] = stream.read()
    return found


def files(store: TokenStore) -> list[str]:
    return sorted(
        each.suffix for each in store.folder.glob("??/**/*") if each.is_file() and each.name != ".lock"
    )


def test_packed_features_are_the_same_in_few_files(store):
    before, known = content(store), {clip: Inventory(store).layers(clip, STEPS) for clip in CLIPS}
    assert len(before) == len(files(store)) == 24
    assert run(pack_job(store.folder.parent)) == 24
    assert files(store) == [".pack"] * 3 + [".sqlite"] * 3
    assert not [each for each in store.folder.glob("??/*") if each.is_dir()]
    assert content(store) == before
    assert {clip: Inventory(store).layers(clip, STEPS) for clip in CLIPS} == known
    assert list(verify_store(store.folder)) == []
    for clip in CLIPS:
        tokens, frames = store.read(clip, "t20", LAYERS)
        assert np.array_equal(frames, FRAMES)
        assert all(np.array_equal(tokens[n], tokens_of(n) + 3) for n in LAYERS)
        assert store.sound(clip, "t5", LAYERS)
        assert not store.has(clip, "t5", (3,))
        assert not store.damaged(clip, "t5")
    assert store.read_there("00" + "f" * 22, "t5", LAYERS) is None
    assert run(pack_job(store.folder.parent)) == 0
    assert content(store) == before


def test_a_section_is_a_file_of_its_own(tmp_path):
    (tmp_path / "a").write_bytes(bytes(range(100)))
    with Section(tmp_path / "a", 10, 20) as part:
        assert part.seek(0, 2) == 20
        assert part.read() == b""
        part.seek(15)
        assert part.read(50) == bytes(range(25, 30))
        part.seek(-4, 1)
        assert part.read(2) == bytes([26, 27])
        assert part.tell() == 18


def test_what_is_computed_later_counts_and_becomes_part_of_the_packs(packed):
    clip = CLIPS[0]
    packed.write(clip, "t20", {2: tokens_of(2)}, FRAMES)
    assert packed.layers(clip, "t20") == {2, 4, 9}
    assert Inventory(packed).layers(clip, STEPS) == {"t5": {4, 9}, "t20": {2, 4, 9}}
    assert np.array_equal(packed.read(clip, "t20", (4,))[0][4], tokens_of(4) + 3)
    packed.write("00" + "a" * 22, "t5", {4: tokens_of(4)}, FRAMES)
    before = content(packed)
    assert len(before) == 25
    assert run(pack_job(packed.folder.parent)) == 2
    assert content(packed) == before
    assert len(files(packed)) == 6, "the small pack became part of the new one"
    packed.write(clip, "t20", {4: tokens_of(1)}, FRAMES + 1)
    assert packed.layers(clip, "t20") == {4}, "of other frames: what was there is outdated"


def test_an_inventory_sees_what_is_packed_and_added_while_it_lasts(store):
    seen = Inventory(store)
    before = {clip: seen.layers(clip, STEPS) for clip in CLIPS}
    run(pack_job(store.folder.parent))
    assert {clip: seen.layers(clip, STEPS) for clip in CLIPS} == before
    set_aside(store.file(CLIPS[0], "t5"), LAYERS)
    assert seen.layers(CLIPS[0], STEPS) == {"t20": {4, 9}}
    assert seen.damaged(CLIPS[0]) == {"t5"}


def test_plans_from_the_files_and_from_the_index_know_what_is_packed(tmp_path, monkeypatch):
    store = TokenStore(tmp_path, Provenance.of(ABOUT, ExtractionSettings()))
    clips = [ClipSource(str(n), tmp_path / "a.mp4", "a", 10 * n, 10 * n + 10, 25.0) for n in range(6)]
    for clip in clips[:4]:
        store.write(clip.key, "t20", {9: tokens_of(9)}, FRAMES)
    run(pack_job(tmp_path))
    assert not store.file(clips[0].key, "t20").exists()

    def planned():
        return [unit.clip.id for unit in plan(clips, ABOUT, store, (20,), (9,), "mean")]

    assert planned() == ["4", "5"]
    monkeypatch.setattr(extraction, "MOST_OPENED", 0)
    assert planned() == ["4", "5"]
    index = Index(store.folder)
    assert index.holds(clips[0].key, ["t20"], all_names((9,)))
    assert index.kept >= {clip.key for clip in clips[:4]}
    assert [each.provenance for each in stored_features(tmp_path)] == [store.provenance]


@pytest.mark.parametrize("what", ["a bit of the data", "a bit of the header"])
def test_damage_in_a_pack_is_found_and_only_that_is_set_aside(packed, what):
    clip, other = CLIPS[0], CLIPS[3]
    entry = next(each for each in entries(packed.folder / "00") if each[:2] == (clip, "t20"))
    pack_file = packed.folder / "00" / entry.pack
    data = bytearray(pack_file.read_bytes())
    data[entry.begin + (entry.size - 3 if what == "a bit of the data" else 20)] ^= 4
    pack_file.write_bytes(bytes(data))
    file = packed.file(clip, "t20")
    assert [found for found, _ in verify_store(packed.folder)] == [file]
    if what == "a bit of the data":
        with pytest.raises(DamagedFeaturesError, match=r"set aside as t20\.damaged"):
            packed.read(clip, "t20", LAYERS)
        assert packed.layers(clip, "t20") == {4}, "the other layer is whole"
    else:
        assert not packed.sound(clip, "t20", LAYERS)
        assert not is_stored(file)
        with pytest.raises(FeatureStoreError, match="Compute them first"):
            packed.read(clip, "t20", LAYERS)
    assert file.with_suffix(".damaged").stat().st_size == entry.size
    assert list(verify_store(packed.folder)) == []
    assert packed.sound(clip, "t5", LAYERS)
    assert packed.sound(other, "t20", LAYERS)
    packed.write(clip, "t20", {n: tokens_of(n) + 3 for n in LAYERS}, FRAMES)
    assert not packed.damaged(clip, "t20")


def test_a_damaged_file_is_not_packed_and_does_not_hide_what_is(packed):
    clip = CLIPS[0]
    whole = content(packed)
    packed.write(clip, "t20", {2: tokens_of(2)}, FRAMES)
    file = packed.file(clip, "t20")
    file.write_bytes(file.read_bytes()[:40])
    assert pack(packed.folder / "00") == 0
    assert not packed.sound(clip, "t20", LAYERS)
    assert packed.sound(clip, "t20", LAYERS), "once set aside, that of the pack counts"
    assert content(packed) == whole


@pytest.mark.parametrize("step", ["replace_catalog", "unlink"])
def test_a_process_that_ends_while_it_packs_loses_nothing(store, monkeypatch, step):
    before = content(store)

    def ends(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if step == "unlink":
            patched.setattr(packing.Path, "rmdir", ends)
        else:
            patched.setattr(packing, step, ends)
        with pytest.raises(KeyboardInterrupt):
            pack(store.folder / "00")
    assert content(store) == before
    run(pack_job(store.folder.parent))
    assert content(store) == before
    assert list(verify_store(store.folder)) == []
    assert files(store) == [".pack"] * 3 + [".sqlite"] * 3, "the pack that no catalog named is gone"


def test_on_a_drive_without_locks_nothing_is_packed_and_writing_goes_on(store, monkeypatch):
    def no_locks(*_, **__):
        raise NotImplementedError

    monkeypatch.setattr("filelock.FileLock.acquire", no_locks)
    before = content(store)
    with pytest.raises(FeatureWriteError, match="knows no locks"):
        run(pack_job(store.folder.parent))
    monkeypatch.setattr(packing, "MANY", 1)
    monkeypatch.setattr(packing, "_written", dict.fromkeys(folders_of(store.folder), 0))
    tried, really = [], packing.pack
    monkeypatch.setattr(packing, "pack", lambda folder: (tried.append(folder), really(folder)))
    store.write(CLIPS[0], "t29", {4: tokens_of(4)}, FRAMES)
    assert tried == [store.folder / "00"]
    assert before.items() < content(store).items()
    assert PACK not in files(store)


@pytest.mark.parametrize("damage", ["cut", "no database", "gone"])
def test_a_catalog_is_made_anew_from_its_packs(packed, damage):
    before, catalog = content(packed), packed.folder / "01" / CATALOG
    if damage == "cut":
        catalog.write_bytes(catalog.read_bytes()[:5000])
    elif damage == "no database":
        catalog.write_bytes(b"x" * 9000)
    else:
        catalog.unlink()
    assert not packed.has(CLIPS[1], "t5", LAYERS)
    assert packed.has(CLIPS[0], "t5", LAYERS)
    found = [file for file, _ in verify_store(packed.folder)]
    assert found == [catalog]
    assert rebuild(packed.folder / "01") == 8
    assert content(packed) == before
    assert list(verify_store(packed.folder)) == []


@pytest.mark.parametrize("damage", ["no database", "gone"])
def test_packing_beside_a_damaged_catalog_keeps_what_the_packs_hold(packed, damage):
    before, catalog = content(packed), packed.folder / "01" / CATALOG
    catalog.unlink()
    if damage == "no database":
        catalog.write_bytes(b"x" * 9000)
    packed.write("01" + "b" * 22, "t5", {4: tokens_of(4)}, FRAMES)
    assert pack(packed.folder / "01") == 1
    assert before.items() <= content(packed).items()


@pytest.mark.parametrize(
    "wrong",
    [
        ("0" * 24, "t5", "../../x.pack", 0, 9, "4"),
        ("../" * 8, "t5", "00000000.pack", 0, 9, "4"),
        ("0" * 24, "/etc/t5", "00000000.pack", 0, 9, "4"),
        ("0" * 24, "t5", "00000000.pack", -5, 9, "4"),
        ("0" * 24, "t5", "00000000.pack", "begin", 9, "4"),
    ],
)
def test_no_name_in_a_catalog_leads_out_of_its_folder(packed, wrong):
    catalog = packed.folder / "00" / CATALOG
    catalog.unlink()
    write_catalog(catalog, [Entry(*wrong)])
    assert not list(packed.folder.glob("00/*.damaged"))
    with pytest.raises(OSError, match="catalog"):
        entries(packed.folder / "00")
    assert not is_stored(packed.file("0" * 24, "t5"))
    assert [file for file, _ in verify_store(packed.folder)] == [catalog]


def test_parts_of_the_packing_are_disjoint_and_make_the_whole(store):
    counts = [run(pack_job(store.folder.parent, (k, 2))) for k in (1, 2)]
    assert counts == [16, 8]
    assert files(store) == [".pack"] * 3 + [".sqlite"] * 3


def test_only_so_much_is_packed_at_once(store, monkeypatch):
    before = content(store)
    monkeypatch.setattr(packing, "MOST_BYTES", 1)
    monkeypatch.setattr(packing, "SMALL_BYTES", 0)
    assert run(pack_job(store.folder.parent)) == 24
    assert files(store).count(PACK) == 24
    assert content(store) == before


def test_folders_that_hold_very_many_clips_are_packed_by_who_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "MANY", 8)
    store = TokenStore(tmp_path, PLAIN)
    clips = [f"00{n:022x}" for n in range(80)]
    for clip in clips:
        store.write(clip, "t5", {4: tokens_of(4)}, FRAMES)
    assert len([each for each in store.folder.glob("00/*") if each.is_dir()]) < 40
    assert all(store.has(clip, "t5", (4,)) for clip in clips)
    assert len(content(store)) == 80


def test_processes_that_write_read_and_pack_at_once_lose_nothing(tmp_path):
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.features.other_process"])
    clips, together = [f"00{n:022x}" for n in range(40)], processes.Barrier(2)
    writers = [processes.Process(target=write_and_pack, args=(tmp_path, n, clips, together)) for n in (4, 9)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(240)
        assert writer.exitcode == 0
    store = TokenStore(tmp_path, PLAIN)
    run(pack_job(tmp_path))
    assert files(store) == [".pack", ".sqlite"]
    assert [store.layers(clip, "t20") for clip in clips].count({4, 9}) == 40
    assert all(np.array_equal(store.read(clip, "t20", [9])[0][9], tokens_of(9)) for clip in clips)
    assert list(verify_store(store.folder)) == []


def test_a_copied_store_is_whole(packed, tmp_path):
    before = content(packed)
    there = tmp_path / "else where #1?" / packed.folder.name
    shutil.copytree(packed.folder, there)
    copy = TokenStore(there.parent, PLAIN)
    assert content(copy) == before
    assert [each.name for each in folders_of(copy.folder)] == ["00", "01", "02"]
    with sqlite3.connect(there / "00" / CATALOG) as catalog:
        assert catalog.execute("PRAGMA integrity_check").fetchone() == ("ok",)
