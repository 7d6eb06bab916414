"""Time of a window of SVD on this GPU, part by part and step by step, against the released procedure.

One run of at most eight minutes writes one file, which is complete after every line: what was measured stays if the rest fails.

    python benchmarks/gpu.py --out benchmarks/results/gpu_svdxt.md
    python benchmarks/gpu.py --model sample_data/tiny --device cpu --precision float32 --out /tmp/dry.md   (a trial without a GPU)

"Released" is the procedure of `extraction.py` with the whole networks: at the same precision, and as released (VAE in
float32, UNet and CLIP in float16). All networks have random weights of the full size unless --model names a folder.
"""

import argparse
import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from extraction import PAPER_TIMESTEPS, ceiling, measured, released, whole_parts

from actiondiff_gui.backbones.noise import philox_normal
from actiondiff_gui.backbones.protocol import EncodeSettings
from actiondiff_gui.backbones.svd import fused
from actiondiff_gui.backbones.svd.backbone import DTYPES, SVDBackbone, strip_unet, strip_vae
from actiondiff_gui.backbones.svd.inputs import clip_inputs, resize_frames

LIMITS_GB = (8, 12, 16)


class Report:
    """Lines of a file that is written anew with each of them, as long as there is time."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.path, self.until, self.lines = path, time.monotonic() + seconds, []

    def __call__(self, line: str = "") -> None:
        """Add a line."""
        print(line, flush=True)
        self.lines.append(line)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("\n".join(self.lines) + "\n")

    def measure(self, name: str, run: Callable[[], str]) -> None:
        """Add a line of a table, also where the measurement fails or comes too late."""
        if time.monotonic() > self.until:
            self(f"| {name} | no time left |")
            return
        try:
            self(f"| {name} | {run()} |")
        except Exception as error:  # One way that fails must not cost the others.
            self(
                f"| {name} | failed: {type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''} |"
            )
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def synchronised(device: str) -> float:
    """Return the time once the device has finished."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter()


def best_of(run: Callable[[], object], device: str, repeats: int) -> float:
    """Shortest seconds, after one run that warms up."""
    run()
    times = []
    for _ in range(repeats):
        began = synchronised(device)
        run()
        times.append(synchronised(device) - began)
    return min(times)


@contextmanager
def memory_limit(gigabytes: float) -> Iterator[None]:
    """Let torch have no more than so much of the GPU within the block."""
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(
        min(1.0, gigabytes * 1e9 / torch.cuda.get_device_properties(0).total_memory)
    )
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


class Bench:
    """The networks, some frames, and the rows of the report."""

    def __init__(self, say: Report, wanted: argparse.Namespace) -> None:
        self.say, self.wanted, self.device = say, wanted, wanted.device
        self.cuda = wanted.device.startswith("cuda")
        self.parts = whole_parts(wanted.model, wanted.precision, wanted.device)
        self.backbone = SVDBackbone(
            *self.parts, id=wanted.model, digest="", device=wanted.device, precision=wanted.precision
        )
        self.encoder = self.backbone._encode_frames
        self.resolution = self.backbone.resolution
        self.settings = EncodeSettings(self.resolution, generator="philox")
        shape = (self.backbone.window, *self.resolution, 3)
        self.frames = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
        self.one, self.seven = (
            [self.backbone.schedule[i] for i in indices] for indices in ((20,), PAPER_TIMESTEPS)
        )
        self.top = ceiling("cuda" if self.cuda else "cpu", DTYPES[wanted.precision])

    def window(self, steps: list, settings: EncodeSettings | None = None, count: int = 1) -> list:
        """Tokens of some windows."""
        encoded = self.backbone.encode(
            np.stack([self.frames] * count), list(range(count)), settings or self.settings
        )
        layer = self.wanted.layer
        return [
            self.backbone.features(encoded, step, [layer])[layer].mean(dim=(-2, -1)).cpu() for step in steps
        ]

    def row(self, run: Callable[[], object]) -> str:
        """Seconds, work, share of the ceiling and memory."""
        seconds, flops, peak = measured(run, self.wanted.repeats, "cuda" if self.cuda else "cpu")
        return f"{seconds:.3f} | {flops:.2f} | {flops / seconds / self.top:.0%} | {peak / 1e9:.2f}"

    def released(self, name: str, parts: tuple, steps: list) -> None:
        """Add a row of the released procedure."""
        layer = self.backbone.layers[self.wanted.layer - 1].name
        self.say.measure(
            f"{name}, {len(steps)}",
            lambda: self.row(
                lambda: released(parts, self.frames, [t.sigma for t in steps], self.resolution, layer)
            ),
        )

    def procedures(self) -> None:
        """Compare the released procedure and ours, by where noise is drawn."""
        say = self.say
        say(
            "\n| procedure, timesteps | s per window | TFLOP | share of ceiling | peak GB |\n|---|---|---|---|---|"
        )
        self.released("released, same precision", self.parts, self.one)
        strip_unet(self.parts[0])
        strip_vae(self.parts[1])
        gc.collect()
        former, plain = (
            replace(self.settings, generator="numpy"),
            replace(self.settings, condition="plain"),
        )
        for name, steps, settings in (
            ("ours, noise drawn on the CPU, 1", self.one, former),
            ("ours, noise drawn where used, 1", self.one, self.settings),
            ("ours, noise drawn where used, 7", self.seven, self.settings),
            ("ours, condition without noise, 1", self.one, plain),
        ):
            run = partial(self.window, steps, settings)
            say.measure(name, partial(self.row, run))

    def ways(self) -> None:
        """Compare the ways to run the VAE."""
        say = self.say
        say("\n| ways to run the VAE, two frames | s |\n|---|---|")
        say.measure("as it is", self.vae_seconds)
        for name, compute in (
            ("channels last and fused", lambda: fused.group_norm_silu),
            ("channels last, fused and compiled", lambda: torch.compile(fused.group_norm_silu, dynamic=True)),
        ):
            say.measure(name, partial(self.vae_seconds, compute))
        if self.cuda:
            found = fused.settle(self.encoder, self.resolution, 10**6)
            say(f"\nkept: {min(found, key=lambda n: found[n])}, channels last: {self.encoder.channels_last}")
        say(
            "\n| as kept, timesteps | s per window | TFLOP | share of ceiling | peak GB |\n|---|---|---|---|---|"
        )
        for steps in (self.one, self.seven):
            say.measure(f"ours, {len(steps)}", partial(self.row, partial(self.window, steps)))
        for count in (2, 4):
            say.measure(f"ours, {count} windows at once, seconds for each, 1", partial(self.several, count))

    def several(self, count: int) -> str:
        """Seconds of each of several windows at once."""
        return f"{best_of(partial(self.window, self.one, count=count), self.device, 1) / count:.3f}"

    def vae_seconds(self, compute: Callable | None = None) -> str:
        """Seconds of two frames through the VAE's encoder."""
        dtype = self.encoder.vae.quant_conv.weight.dtype
        pixels = torch.rand(2, 3, *self.resolution, device=self.device).to(dtype) * 2 - 1
        with torch.inference_mode(), fused.way(self.encoder, compute()) if compute else nullcontext():
            return f"{best_of(lambda: self.encoder.posterior_mode(pixels), self.device, 3):.4f}"

    @torch.inference_mode()
    def pieces(self) -> None:
        """Measure each part of a window."""
        self.say("\n| part of a window | s |\n|---|---|")
        pixels = resize_frames(torch.from_numpy(self.frames).to(self.device), self.resolution)
        encoded = self.backbone.encode(self.frames[None], [0], self.settings)
        clip, size = self.backbone.image_encoder, self.backbone.image_encoder.config.image_size
        shape, count = pixels.shape[1:], len(pixels)
        pieces: dict[str, Callable[[], object]] = {
            "copy and resize": lambda: resize_frames(self.encoder._moved(self.frames), self.resolution),
            "noise": lambda: philox_normal(1, 0, range(count), shape, self.device),
            "CLIP": lambda: clip(clip_inputs(pixels, size).to(self.backbone.dtype)),
            "VAE, one pass": lambda: self.encoder.pieces(
                lambda a, b: self.encoder.posterior_mode(pixels[a:b]), count
            ),
            "UNet, one timestep": lambda: self.backbone.features(encoded, self.one[0], [self.wanted.layer]),
        }
        for name, run in pieces.items():
            self.say.measure(name, partial(self.seconds, run))
        self.say.measure(
            "decoding a window of the sample's recording, one thread",
            lambda: f"{decode_seconds(count):.4f}",
        )

    def seconds(self, run: Callable[[], object]) -> str:
        """Seconds of something."""
        return f"{best_of(run, self.device, self.wanted.repeats):.4f}"

    def limits(self) -> None:
        """Measure a window with less memory."""
        self.say("\n| memory allowed | s per window, 1 | peak GB | remark |\n|---|---|---|---|")
        for limit in LIMITS_GB:
            self.say.measure(f"{limit} GB", partial(self.limited, limit))

    def limited(self, limit: float) -> str:
        """Seconds, peak and what was remarked with so much memory."""
        self.encoder.pieces = None
        torch.cuda.reset_peak_memory_stats()
        with memory_limit(limit):
            seconds = best_of(partial(self.window, self.one), self.device, 1)
        peak = torch.cuda.max_memory_allocated() / 1e9
        return f"{seconds:.3f} | {peak:.2f} | {self.backbone.remark or 'none'}"

    def as_released(self) -> None:
        """Measure the released procedure in its own precisions."""
        self.say(
            "\n| whole networks, timesteps | s per window | TFLOP | share of ceiling | peak GB |\n|---|---|---|---|---|"
        )
        half = torch.float16 if self.cuda else torch.float32
        unet, vae, clip = whole_parts(self.wanted.model, self.wanted.precision, self.device)
        parts = (unet.to(half), vae.float(), clip.to(half))
        for steps in (self.one, self.seven):
            self.released("released, as released", parts, steps)


def main() -> None:
    """Measure and write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="svd-xt")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--precision", default="bfloat16", choices=list(DTYPES))
    parser.add_argument("--layer", type=int, default=9)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=7.5)
    parser.add_argument("--out", type=Path, required=True)
    wanted = parser.parse_args()
    say = Report(wanted.out, 60 * wanted.minutes)
    cuda = wanted.device.startswith("cuda")
    where = torch.cuda.get_device_name() if cuda else f"{torch.get_num_threads()} CPU threads"
    say(f"`python benchmarks/gpu.py {' '.join(sys.argv[1:])}`, {where}, torch {torch.__version__}\n")
    bench = Bench(say, wanted)
    height, width = bench.resolution
    say(
        f"{wanted.model}, {bench.backbone.window} frames of {height} x {width}, layer {wanted.layer}, {wanted.precision}; "
        f"ceiling {bench.top:.3g} TFLOP/s in a matrix product"
    )
    bench.procedures()
    bench.ways()
    bench.pieces()
    if cuda:
        bench.limits()
    bench.as_released()


def decode_seconds(count: int) -> float:
    """Seconds for every fourth of ``4 x count`` frames."""
    from actiondiff_gui.resources import sample_data
    from actiondiff_gui.video.reader import VideoReader

    path = next(
        each
        for each in sorted(sample_data("recording").rglob("*"))
        if each.suffix in (".mp4", ".mkv", ".avi")
    )
    with VideoReader(path) as reader:
        began = time.perf_counter()
        reader.read_many(range(0, min(4 * count, reader.frame_count), 4))
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
