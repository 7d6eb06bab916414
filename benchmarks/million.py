"""Time and memory of planning a resumed run of a million clips.

The clips are made up, and of each that counts as computed there is its folder and its line in the index, as `extract` leaves them; the
files of tokens themselves, 7 million of them, are left out: a plan from the index does not look at them. One in ten lacks.

    python benchmarks/million.py --clips 1000000
    python benchmarks/million.py --clips 1000000 --packed        (catalogs of packs in the place of a folder for each clip)
"""

import argparse
import resource
import tempfile
import time
from itertools import groupby
from pathlib import Path

from actiondiff_gui.backbones.registry import find_offer
from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.extraction import plan
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.storage.index import in_short, note_all
from actiondiff_gui.features.storage.packs import CATALOG, Entry, write_catalog
from actiondiff_gui.features.storage.token_file import all_names
from actiondiff_gui.features.store import TokenStore

STEPS = (0, 5, 10, 15, 20, 25, 29)


def main() -> None:
    """Make up, plan, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=1_000_000)
    parser.add_argument("--packed", action="store_true")
    parser.add_argument("--folder", type=Path)
    wanted = parser.parse_args()
    about = find_offer("svd-xt").shape()
    layers = [layer.index for layer in about.layers]
    with tempfile.TemporaryDirectory(dir=wanted.folder) as folder:
        store = TokenStore(Path(folder), Provenance.of(about, ExtractionSettings()))
        clips = [
            ClipSource(
                str(n),
                Path(f"video{n // 100}.mp4"),
                f"{n // 100:x}",
                900 * (n % 100),
                900 * (n % 100) + 900,
                25.0,
            )
            for n in range(wanted.clips)
        ]
        keys = [f"t{step}" for step in STEPS]
        names = all_names(layers, "mean+change")
        there = [clip.key for clip in clips if int(clip.id) % 10]
        if wanted.packed:
            for name, group in groupby(sorted(there), key=lambda key: key[:2]):
                (store.folder / name).mkdir(parents=True)
                rows = (
                    Entry(key, step, "00000000.pack", 0, 9, in_short(names)) for key in group for step in keys
                )
                write_catalog(store.folder / name / CATALOG, rows)
        else:
            for key in there:
                store.file(key, "t0").parent.mkdir(parents=True)
        note_all(store.folder, ((key, keys, names) for key in there))
        del there
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        began, processor = time.perf_counter(), time.process_time()
        units = plan(clips, about, store, STEPS, layers)
        took, worked = time.perf_counter() - began, time.process_time() - processor
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        size = sum(file.stat().st_size for file in (store.folder / "index").iterdir())
    assert len(units) == -(-wanted.clips // 10)
    print("| clips | to compute | s | s of processor | GB before, with the clips | peak GB | index, MB |")
    print("|---|---|---|---|---|---|---|")
    print(
        f"| {wanted.clips:,} | {len(units):,} | {took:.1f} | {worked:.1f} | {before / 1e9:.2f} | {peak / 1e9:.2f} "
        f"| {size / 1e6:.0f} |"
    )


if __name__ == "__main__":
    main()
