"""Latency and correctness of random frame access in a long recording, against napari-video and napari-pyav.

    python benchmarks/scrubbing.py --folder /tmp/scrubbing       (writes four files of 5 minutes there, once)

For the others: pip install --target /tmp/others --no-deps napari-video pyvideoreader opencv-python-headless
napari-pyav, and then PYTHONPATH=/tmp/others; one that is not installed is left out.

Every frame carries its number as a pattern of black and white squares, which is read back from the pixels that
a reader returns. "decoding alone" seeks and decodes with PyAV and makes no picture. The readers take turns, a few reads each, so that other work on the machine meets all of them; CPU
seconds are those of all threads of the process, and tell more than the clock where there is such work.
"""

import argparse
import itertools
import os
import platform
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

WIDTH, HEIGHT, FPS, FRAMES = 1920, 1080, 25, 7500
BITS, SQUARE, TOP = 16, 80, 64
SEEKS, STEPS, BACK, TURN = 60, 100, 30, 10


def write_video(path: Path, key_every: int, b_frames: int, slices: int) -> None:
    """Five minutes of H.264: a drifting texture, a disc that goes round, and the number of the frame."""
    import av

    random = np.random.default_rng(0)
    coarse = random.integers(60, 190, (HEIGHT // 40, WIDTH // 40)).astype(np.uint8)
    texture = np.kron(coarse, np.ones((40, 40), np.uint8)) + random.integers(0, 12, (HEIGHT, WIDTH), np.uint8)
    y, x = np.mgrid[-90:90, -90:90]
    disc = x * x + y * y < 90 * 90
    part = path.with_suffix(".part.mp4")
    with av.open(str(part), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.thread_type = "FRAME"  # its own default would make as many slices as there are cores
        stream.options = {
            "preset": "ultrafast",
            "crf": "28",
            "g": str(key_every),
            "bf": str(b_frames),
            "x264-params": f"slices={slices}",
        }
        picture = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        for number in range(FRAMES):
            picture[:HEIGHT] = np.roll(texture, number // 5, axis=1)
            row = int(650 + 250 * np.sin(number / 40))
            column = int(960 + 700 * np.cos(number / 55))
            picture[row - 90 : row + 90, column - 90 : column + 90][disc] = 235
            picture[TOP : TOP + 2 * SQUARE, SQUARE : SQUARE * (BITS + 1)] = pattern(number)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        container.mux(stream.encode(None))
    part.replace(path)


def pattern(number: int) -> np.ndarray:
    """Return the bits of a number as squares, and beneath them the same upside down: uint8 [160, 1280]."""
    bits = np.array([number >> index & 1 for index in range(BITS)], bool)
    squares = np.where(np.stack([bits, ~bits]), 235, 16).astype(np.uint8)
    return np.kron(squares, np.ones((SQUARE, SQUARE), np.uint8))


def number_in(frame: np.ndarray) -> int:
    """Return the number that the squares of a frame [H, W, 3] show, -1 if they are no number."""
    centres = frame[TOP + SQUARE // 2 :: SQUARE, SQUARE + SQUARE // 2 :: SQUARE, 0][:2, :BITS] > 128
    if not np.array_equal(centres[0], ~centres[1]):
        return -1
    return int(np.sum(centres[0] * 2 ** np.arange(BITS)))


def ours(path: Path):
    """Return the array that the window shows; verification of its index, which the window does in the background, is timed apart."""
    from actiondiff_gui.video import LazyVideo, open_video

    return LazyVideo(open_video(path))


def napari_video(path: Path):
    """napari-video reads with OpenCV."""
    from napari_video.napari_video import VideoReaderNP

    return VideoReaderNP(str(path))


def napari_pyav(path: Path):
    """napari-pyav reads with PyAV, as we do."""
    from napari_pyav._reader import FastVideoReader

    return FastVideoReader(str(path))


class DecodingAlone:
    """Seeks and decodes all frames from the key frame on, and makes no picture of the last: what no such reader can be faster than.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        import av

        self._container = av.open(str(path))
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"

    def __getitem__(self, number: int) -> np.ndarray:
        """Return the brightness of a frame ``[H, W, 1]``, as the decoder holds it."""
        wanted = round(number / FPS / self._stream.time_base)
        self._container.seek(wanted, stream=self._stream)
        frame = next(frame for frame in self._container.decode(self._stream) if frame.pts >= wanted)
        plane = frame.planes[0]
        return np.frombuffer(plane, np.uint8).reshape(HEIGHT, plane.line_size)[:, :WIDTH, None]


READERS = {
    "actiondiff-gui": ours,
    "napari-video": napari_video,
    "napari-pyav": napari_pyav,
    "decoding alone": DecodingAlone,
}
ONLY_FAR = "decoding alone"
"""Is measured in random seeks only: it does not decode on."""


def plan(seeks: int) -> list[tuple[str, list[int]]]:
    """Return which frames are read, and as what: turns of a few reads that belong together."""
    random = np.random.default_rng(1)
    far = random.choice(np.arange(1, FRAMES), seeks, replace=False).tolist()
    turns = [("random seek", far[i : i + TURN]) for i in range(0, seeks, TURN)]
    turns += [("step forward", list(range(3000 + i, 3000 + i + TURN))) for i in range(1, STEPS, TURN)]
    turns += [("step back", list(range(5130 - i, 5130 - i - TURN, -1))) for i in range(1, BACK, TURN)]
    return turns


def opened(path: Path) -> tuple[dict, dict, float]:
    """Return the readers that are installed, the seconds until each gave its first frame, and those of our exact index."""
    from actiondiff_gui.video import VideoReader

    readers, seconds = {}, {}
    for name, make in READERS.items():
        start = time.perf_counter()
        try:
            reader = make(path)
        except ImportError as error:
            print(f"{name} is left out ({error}).")
            continue
        reader[0]
        readers[name], seconds[name] = reader, time.perf_counter() - start
    start = time.perf_counter()
    with VideoReader(path) as reader:
        assert reader.frame_count == FRAMES
    return readers, seconds, time.perf_counter() - start


def measure(readers: dict[str, Callable], seeks: int) -> tuple[dict, dict]:
    """Seconds and CPU seconds of each read, and how many gave another frame, by what was done and reader."""
    seconds, wrong = defaultdict(list), defaultdict(int)
    # A frame before the first step makes all steps steps.
    for what, frames in plan(seeks):
        for name, reader in readers.items():
            if what != "random seek" and name == ONLY_FAR:
                continue
            if what.startswith("step") and frames[0] in (3001, 5129):
                reader[3000 if what == "step forward" else 5130]
            for number in frames:
                start, busy = time.perf_counter(), time.process_time()
                frame = reader[number]
                spent = time.perf_counter() - start, time.process_time() - busy
                seconds[what, name].append(spent)
                wrong[what, name] += number_in(frame) != number
    return seconds, wrong


def main() -> None:
    """Print a table per file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where the files are kept; a temporary one by default")
    parser.add_argument("--key-frames", type=int, nargs="+", default=[250, 25], help="frames from key to key")
    parser.add_argument("--b-frames", type=int, default=0)
    parser.add_argument("--slices", type=int, nargs="+", default=[1, 2], help="slices of each frame")
    parser.add_argument("--seeks", type=int, default=SEEKS, help="random seeks of each reader")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
        for key_every, slices in itertools.product(asked.key_frames, asked.slices):
            path = folder / f"scrubbing_{key_every}_{asked.b_frames}_{slices}.mp4"
            if not path.exists():
                write_video(path, key_every, asked.b_frames, slices)
            readers, first, whole = opened(path)
            seconds, wrong = measure(readers, asked.seeks)
            print(
                f"\n{FRAMES} frames of {WIDTH} x {HEIGHT}, H.264, a key frame every {key_every}, "
                f"{asked.b_frames} B-frames, slices: {slices}, {path.stat().st_size / 1e6:.0f} MB\n"
            )
            print("| what | reader | reads | median ms | 95th percentile ms | mean CPU ms | wrong frames |")
            print("|---|---|---:|---:|---:|---:|---:|")
            for name, took in first.items():
                print(f"| open, first frame | {name} | 1 | {took * 1e3:.0f} | | | |")
            print(f"| index proven | actiondiff-gui | 1 | {whole * 1e3:.0f} | | | |")
            for (what, name), took in seconds.items():
                clock, busy = np.array(took).T * 1e3
                half, most = np.percentile(clock, [50, 95])
                print(
                    f"| {what} | {name} | {len(took)} | {half:.1f} | {most:.1f} | {busy.mean():.1f} | {wrong[what, name]} |"
                )


if __name__ == "__main__":
    main()
