"""Which clips is a model measured on? Freshly drawn ones that nothing was tuned on, or those that ship."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np

from actiondiff_gui.files import whole_file
from actiondiff_gui.progress import Job, Progress
from sample_data.make_clips import write_table
from sample_data.world import (
    ACTIONS,
    CONTEXTS,
    SPECIES,
    TEST_SEEDS,
    VIEWPOINTS,
    ClipSpec,
    render_batch,
)

FRAMES, STRIDE, FPS = 16, 4, 6
"""A drawn clip holds every 4th frame of a 64-frame clip, so at 6 frames per second it is as long as those that ship."""
BATCH = 24
SHIFTS = ("species", "viewpoint", "context")
HEADER = ["video", "start", "end", "label", *SHIFTS, "source_group"]


def scenes() -> list[tuple[str, str, str]]:
    """The 12 scenes (species, viewpoint, context), so ordered that the first 6 hold each value equally often."""
    return [
        (SPECIES[k % 3], VIEWPOINTS[(k // 3) % 2], CONTEXTS[(k % 2 + k // 6) % 2])
        for k in range(len(SPECIES) * len(VIEWPOINTS) * len(CONTEXTS))
    ]


def drawn_specs(count: int, first_seed: int = TEST_SEEDS.start) -> list[ClipSpec]:
    """The first ``count`` test clips: all actions of a scene, scene by scene, with seeds kept for this.

    Every multiple of 36 holds each action equally often with each species, viewpoint and context.
    """
    cells = [(action, *scene) for scene in scenes() for action in ACTIONS]
    return [ClipSpec(*cells[i % len(cells)], first_seed + i, "moving") for i in range(count)]


def draw_clips(
    folder: Path, specs: Sequence[ClipSpec], size: int, frames: int = FRAMES, device: str = "cpu"
) -> Job[Path]:
    """Draw ``specs`` as lossless videos into ``folder`` and return the table that lists them.

    Videos that are there are left as they are, so an interrupted drawing goes on where it was.
    """
    names = [f"{spec.seed}_{spec.species}_{spec.action}.mp4" for spec in specs]
    lacking = [i for i, name in enumerate(names) if not (folder / name).exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for at in range(0, len(lacking), BATCH):
        yield Progress(len(specs) - len(lacking) + at, len(specs), "drawing clips")
        batch = lacking[at : at + BATCH]
        pictures = render_batch(
            [specs[i] for i in batch], frames, size, stride=STRIDE, start=0.0, device=device
        )
        for i, clip in zip(batch, pictures.cpu().numpy(), strict=True):
            with whole_file(folder / names[i]) as part:
                write_lossless(part, clip)
    table = folder / "clips.csv"
    rows = [
        [name, "", "", spec.action, spec.species, spec.viewpoint, spec.context, str(spec.seed)]
        for name, spec in zip(names, specs, strict=True)
    ]
    write_table(table, HEADER, rows)
    return table


def write_lossless(path: Path, frames: np.ndarray) -> None:
    """Write uint8 frames [T, H, W, 3] as a video from which the same pixels come back."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264rgb", rate=FPS, options={"qp": "0", "preset": "ultrafast"})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "rgb24"
        for frame in _pictures(frames):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _pictures(frames: np.ndarray) -> Iterator[av.VideoFrame]:
    for frame in frames:
        yield av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
