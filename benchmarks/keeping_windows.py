"""Cost of saving the finished windows of a clip during extraction, for short clips and for a long one.

The same clips are extracted with windows kept never, every 10 seconds as usual, and after every pass, in turns; a
clip of less than 10 seconds' work writes nothing more than before.

    python benchmarks/keeping_windows.py --threads 2
"""

import argparse
import math
import statistics
import tempfile
import time
from pathlib import Path

import torch

from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.extraction import KEEP_SECONDS, extract_job, plan
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import run
from actiondiff_gui.resources import sample_data
from actiondiff_gui.video.fingerprint import fingerprint
from actiondiff_gui.video.reader import VideoReader

WAYS = {"never": math.inf, "every 10 s": KEEP_SECONDS, "every pass": 0.0}


def sources(paths: list[Path]) -> list[ClipSource]:
    """Whole videos as clips."""
    found = []
    for path in paths:
        with VideoReader(path) as reader:
            found.append(ClipSource(path.stem, path, fingerprint(path), 0, reader.frame_count, reader.fps))
    return found


def seconds(clips: list[ClipSource], backbone, keep: float) -> tuple[float, float]:
    """Wall and processor seconds of extracting ``clips`` into an empty store."""
    settings = ExtractionSettings(max_seconds=None)
    with tempfile.TemporaryDirectory() as folder:
        store = TokenStore(Path(folder), Provenance.of(backbone, settings))
        wall, processor = time.perf_counter(), time.process_time()
        units = plan(clips, backbone, store, ["t20"], [9])
        report = run(extract_job(units, backbone, settings, store, keep_seconds=keep))
        assert len(report.computed) == len(clips), report.failed
        return time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    """Measure the ways in turns and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    wanted = parser.parse_args()
    if wanted.threads:
        torch.set_num_threads(wanted.threads)
    backbone = load_backbone("tiny", device="cpu", precision="float32")
    short = sources(sorted(sample_data("clips").rglob("*.mp4"))[: wanted.clips])
    long = sources([sample_data("recording", "arena.mp4")])
    seconds(short[:2], backbone, math.inf)
    print("| clips | windows kept | s | processor s | processor, against never |")
    print("|---|---|---|---|---|")
    for name, clips in ((f"{len(short)} short", short), (f"1 of {long[0].end} frames", long)):
        took = {way: [] for way in WAYS}
        for _ in range(wanted.repeats):
            for way, keep in WAYS.items():
                took[way].append(seconds(clips, backbone, keep))
        usual = statistics.median(processor for _, processor in took["never"])
        for way, both in took.items():
            wall, processor = (statistics.median(each) for each in zip(*both, strict=True))
            print(f"| {name} | {way} | {wall:.2f} | {processor:.2f} | {processor / usual:.2f} |")


if __name__ == "__main__":
    main()
