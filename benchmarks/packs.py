"""Features of many clips by themselves and in packs: number of files, disk, and time to read, list and plan.

    python benchmarks/packs.py --clips 20000

Tokens are made up and written as `extract` writes them, at two timesteps. Loose and packed are measured one after the other in one
process, twice; the second time everything is in the memory of the operating system.
"""

import argparse
import os
import platform
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from actiondiff_gui.backbones.registry import find_offer
from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.coverage import Inventory
from actiondiff_gui.features.extraction import plan
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.storage.healing import token_files
from actiondiff_gui.features.storage.packing import pack_job
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import run

STEPS, LAYERS = (5, 20), (4, 9)


def written(store: TokenStore, clips: list[ClipSource], tokens: int, channels: int) -> float:
    """Write made-up tokens of all clips, without waiting for the disk; returns seconds."""
    random, began = np.random.default_rng(0), time.perf_counter()
    frames, sync = np.arange(tokens), os.fsync
    os.fsync = lambda _: None
    try:
        for clip in clips:
            made = {n: random.normal(size=(tokens, channels)).astype(np.float16) for n in LAYERS}
            for step in STEPS:
                store.write(clip.key, f"t{step}", made, frames)
    finally:
        os.fsync = sync
    return time.perf_counter() - began


def measured(store: TokenStore, about, clips: list[ClipSource]) -> dict[str, float]:
    """Seconds of what is done with a store."""
    took = {}

    def clocked(what: str, do) -> None:
        began = time.perf_counter()
        do()
        took[what] = time.perf_counter() - began

    keys, steps = [clip.key for clip in clips], {f"t{step}" for step in STEPS}
    clocked("read one layer of every clip", lambda: [store.read(key, "t20", (9,)) for key in keys])
    seen = Inventory(store)
    clocked("what each clip has", lambda: [seen.layers(key, steps) for key in keys])
    clocked("the same again", lambda: [seen.layers(key, steps) for key in keys])
    clocked("plan of what lacks", lambda: plan(clips, about, store, STEPS, LAYERS, "mean"))
    return took


def main() -> None:
    """Make up, measure, pack, measure, and print tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=20_000)
    parser.add_argument("--tokens", type=int, default=4, help="of each clip")
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--folder", type=Path)
    wanted = parser.parse_args()
    about = find_offer("tiny").shape()
    with tempfile.TemporaryDirectory(dir=wanted.folder) as folder:
        store = TokenStore(Path(folder), Provenance.of(about, ExtractionSettings()))
        clips = [
            ClipSource(str(n), Path("a.mp4"), f"{n // 100:x}", n % 100, n % 100 + 9, 25.0)
            for n in range(wanted.clips)
        ]
        wrote = written(store, clips, wanted.tokens, wanted.channels)
        rows: dict[str, list[str]] = {}
        for kind in ("by themselves", "in packs"):
            if kind == "in packs":
                began = time.perf_counter()
                moved = run(pack_job(Path(folder)))
                packing = time.perf_counter() - began
            there = [file for file in store.folder.rglob("*") if file.is_file()]
            folders = sum(each.is_dir() for each in store.folder.rglob("*"))
            rows.setdefault("files", []).append(f"{len(there):,}")
            rows.setdefault("folders", []).append(f"{folders:,}")
            disk = sum(file.stat().st_blocks * 512 for file in there)
            rows.setdefault("disk, MB, without folders", []).append(f"{disk / 1e6:.0f}")
            for turn in ("", ", again"):
                for what, took in measured(store, about, clips).items():
                    rows.setdefault(f"{what}{turn}, s", []).append(f"{took:.2f}")
        assert sum(1 for _ in token_files(store.folder)) == moved == len(clips) * len(STEPS)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(
        f"{wanted.clips:,} clips of {wanted.tokens} tokens with {wanted.channels} channels, layers {LAYERS}, timesteps {STEPS}; "
        f"written in {wrote:.0f} s, packed in {packing:.1f} s; peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB\n"
    )
    print("| | by themselves | in packs |\n|---|---:|---:|")
    for what, values in rows.items():
        print(f"| {what} | {' | '.join(values)} |")


if __name__ == "__main__":
    main()
