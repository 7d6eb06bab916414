"""Generation of the sample videos: ``python -m sample_data.make_clips`` writes all of them again."""

import argparse
import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import numpy as np

from sample_data.world import (
    ACTIONS,
    CONTEXTS,
    SPECIES,
    VIEWPOINTS,
    Bout,
    ClipSpec,
    bout_frames,
    render_batch,
    render_recording,
)

FPS = 24
FRAMES = 64
SIZE = 192
TAKES = 3
SEED = 30_000
CRF = 25
RECORDING_CRF = 25
RECORDING = ClipSpec("still", "quadruped", "raised", "night", 252)
BOUTS = tuple(
    Bout(action, seconds)
    for action, seconds in (
        ("still", 4.0),
        ("walk", 6.5),
        ("eat", 5.5),
        ("run", 5.0),
        ("still", 4.0),
        ("jump", 6.0),
        ("wave", 5.0),
        ("walk", 5.5),
        ("eat", 6.5),
        ("jump", 5.0),
        ("run", 6.0),
        ("wave", 5.5),
        ("walk", 5.0),
        ("still", 5.5),
    )
)


def sample_clips(seed: int = SEED) -> Iterator[tuple[str, ClipSpec]]:
    """Yield the path (below the clips' folder) and the spec of every sample clip."""
    for species in SPECIES:
        for action in ACTIONS:
            for viewpoint in VIEWPOINTS:
                for context in CONTEXTS:
                    for take in range(TAKES):
                        name = f"{species}_{action}_{viewpoint}_{context}_{take}.mp4"
                        yield (
                            f"{species}/{action}/{name}",
                            ClipSpec(action, species, viewpoint, context, seed),
                        )
                        seed += 1


def write_video(path: Path, batches: Iterable[np.ndarray], fps: int = FPS, crf: int = CRF) -> None:
    """Write frames, uint8 [n, H, W, 3] a batch, as H.264; the same frames give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options={"movflags": "+faststart", "fflags": "+bitexact"}) as container:
        stream = None
        for batch in batches:
            if stream is None:
                stream = container.add_stream("libx264", rate=fps)
                stream.height, stream.width = batch.shape[1:3]
                stream.pix_fmt = "yuv420p"
                stream.options = {
                    "crf": str(crf),
                    "preset": "slow",
                    "threads": "1",
                    "x264-params": "threads=1",
                }
                stream.codec_context.flags |= av.codec.context.Flags.bitexact
            for picture in batch:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        if stream is not None:
            container.mux(stream.encode())


def write_table(path: Path, header: list[str], rows: Iterable[list]) -> None:
    """Write a CSV file with one line per row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def write_clips(folder: Path, seed: int = SEED) -> None:
    """Write the clips and ``clips.csv`` to ``folder``."""
    rows = []
    for path, spec in sample_clips(seed):
        frames = render_batch([spec], FRAMES, SIZE, fps=FPS, start=0.0)[0].numpy()
        write_video(folder / path, [frames])
        rows.append([path, "", "", spec.action, spec.species, spec.viewpoint, spec.context, Path(path).stem])
    header = ["video", "start", "end", "label", "species", "viewpoint", "context", "source_group"]
    write_table(folder / "clips.csv", header, rows)


def write_recording(folder: Path) -> None:
    """Write the long recording ``arena.mp4`` and its ``bouts.csv`` to ``folder``."""
    pictures = render_recording(RECORDING, BOUTS, SIZE, fps=FPS)
    write_video(folder / "arena.mp4", (batch.numpy() for batch in pictures), crf=RECORDING_CRF)
    rows = [
        ["arena.mp4", first, end, bout.action]
        for bout, (first, end) in zip(BOUTS, bout_frames(BOUTS, FPS), strict=True)
    ]
    write_table(folder / "bouts.csv", ["video", "start_frame", "end_frame", "label"], rows)


def main(arguments: list[str] | None = None) -> None:
    """Write clips and recording below the folder of this file, or below ``--out``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write to")
    parser.add_argument("--seed", type=int, default=SEED, help="seed of the first clip")
    options = parser.parse_args(arguments)
    write_clips(options.out / "clips", options.seed)
    write_recording(options.out / "recording")


if __name__ == "__main__":
    main()
