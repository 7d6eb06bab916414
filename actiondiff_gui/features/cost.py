"""Estimated time, memory and disk space of an extraction: counted, timed on a smaller window, and scaled by the work."""

import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from actiondiff_gui.backbones.protocol import Backbone, BackboneFacts, EncodeSettings
from actiondiff_gui.features.clips import Unit, clip_windows, frames_used, padded, window_seed
from actiondiff_gui.features.cropping import crop
from actiondiff_gui.features.extraction import default_batch
from actiondiff_gui.features.settings import ExtractionSettings

if TYPE_CHECKING:
    from actiondiff_gui.backbones.counting import Counted
    from actiondiff_gui.backbones.offers import Offer

LONGEST = 6.0
"""Seconds; a measurement that may take longer is not made."""
SLOWER = 3.0
"""A network reaches at least one part in so many of the speed of a convolution."""
WARM = 1.0
"""Seconds; what may take less is measured twice, and the shorter time counts."""


@dataclass(frozen=True)
class Pace:
    """What one window takes.

    Attributes
    ----------
    shared, step : float
        Seconds of what all timesteps share, and of each timestep.
    decode : float
        Seconds of reading its frames.
    memory_bytes : int
        Peak of GPU memory on cuda, of the process elsewhere, while as many windows as usual are computed at a time.
    deepest : int
        The deepest layer asked for: the network is left after it.
    free_bytes : int
        Memory that there is for it; 0 where that is not known.
    timed : bool
        Whether there was memory for the weights, so that there is an estimate of the time.
    """

    shared: float
    step: float
    decode: float
    memory_bytes: int
    deepest: int
    free_bytes: int = 0
    timed: bool = True

    @property
    def fits(self) -> bool:
        """Whether there is memory for it."""
        return self.timed and (not self.free_bytes or self.memory_bytes <= self.free_bytes)


@dataclass(frozen=True)
class _First:
    """The first window of a clip as it is read: its frames, how long that took, and what the network is told."""

    frames: np.ndarray
    decode: float
    seeds: list[int]
    encode: EncodeSettings


def _first_window(unit: Unit, backbone: Any, settings: ExtractionSettings) -> _First:
    from actiondiff_gui.video.reader import VideoReader

    clip = unit.clip
    window = clip_windows(clip, settings.stride or backbone.stride, backbone.window, settings.max_seconds)[0]
    began = time.perf_counter()
    with VideoReader(clip.path) as reader:
        frames = crop(reader.read_many(window.frames), clip)
    decode = (time.perf_counter() - began) * backbone.window / len(frames)
    encode = settings.encode_settings(backbone, *frames.shape[1:3])
    return _First(padded(frames, backbone.window), decode, [window_seed(clip, window)], encode)


def measure(
    unit: Unit, backbone: Backbone, settings: ExtractionSettings, batch_size: int | None = None
) -> Pace:
    """Run the first window of a clip through a network that is loaded; two of its frames where it would take long.

    Raises
    ------
    ActionDiffError
        If the clip cannot be read or the network fails on it.
    """
    from actiondiff_gui.backbones.memory import free_bytes

    first = _first_window(unit, backbone, settings)
    _reset_peak(backbone.device)
    free, before = free_bytes(backbone.device), _peak_bytes(backbone.device)
    short = first.frames[:2]
    scale = backbone.window / len(short)
    shared, step = (each * scale for each in _run(backbone, short, first, unit))
    grown = _peak_bytes(backbone.device) - before
    if shared + step < LONGEST and grown * scale < free:
        shared, step = _run(backbone, first.frames, first, unit)
        scale = 1.0
    memory = _peak_bytes(backbone.device)
    times = scale * (batch_size or default_batch(backbone)) if backbone.device.startswith("cuda") else scale
    memory = before + round((memory - before) * times)
    return Pace(shared, step, first.decode, memory, max(unit.layers), before + free)


def count_and_measure(
    unit: Unit,
    sketch: Any,
    settings: ExtractionSettings,
    device: str,
    batch_size: int | None = None,
) -> Pace:
    """Count the work of a window in a network without weights, and time it, or a smaller one, with arbitrary weights.

    Neither are the real weights needed, nor is anything run that would not fit into memory or take long: where even a small
    window may, the time is the work divided by the speed of a single convolution.

    Parameters
    ----------
    sketch : Backbone
        On the device ``meta``, see :class:`~actiondiff_gui.backbones.offers.Offer`; it is given weights and moved to
        ``device`` where there is memory for it.

    Raises
    ------
    ActionDiffError
        If the clip cannot be read or the network fails.
    """
    from actiondiff_gui.backbones.memory import SPARE, free_bytes

    first = _first_window(unit, sketch, settings)
    whole = _count(sketch, sketch.window, first.encode, unit)
    weights = sketch.weight_bytes
    windows = batch_size or default_batch(sketch)
    free, resting = free_bytes(device), _peak_bytes(device)
    needed = resting + weights + windows * max(each.peak_bytes for each in whole)
    if weights > SPARE * free:
        return Pace(0.0, 0.0, first.decode, needed, max(unit.layers), resting + free, timed=False)
    speed = _speed(device, sketch.dtype)
    shared, step = (each.flops / speed for each in whole)
    work = sum(each.flops for each in whole)
    for frames, encode in ((sketch.window, first.encode), *_smaller(sketch, first.encode)):
        pixels = frames * math.prod(encode.resolution)
        quick = work / speed * pixels / (sketch.window * math.prod(first.encode.resolution))
        if SLOWER * quick > LONGEST:
            continue
        # Counted on the device meta, so before the sketch is moved away from there.
        counts = whole if encode is first.encode else _count(sketch, frames, encode, unit)
        if weights + max(each.peak_bytes for each in counts) > SPARE * free:
            continue
        sketch.fill(device)
        small = replace(first, frames=first.frames[:frames], encode=encode)
        taken = _run(sketch, small.frames, small, unit)
        if quick < WARM:
            # The first run of a shape chooses and prepares its kernels.
            taken = min(taken, _run(sketch, small.frames, small, unit), key=sum)
        shared, step = (
            seconds * max(1, full.flops) / max(1, own.flops)
            for seconds, full, own in zip(taken, whole, counts, strict=True)
        )
        break
    return Pace(shared, step, first.decode, needed, max(unit.layers), resting + free)


def _smaller(sketch: Any, whole: EncodeSettings) -> Iterator[tuple[int, EncodeSettings]]:
    """Yield smaller windows, the largest first."""
    for frames, share in ((max(2, sketch.window // 8), 3), (1, 8)):
        height, width = (
            max(sketch.multiple, round(side / share / sketch.multiple) * sketch.multiple)
            for side in whole.resolution
        )
        yield frames, replace(whole, resolution=(height, width))


def _speed(device: str, dtype: Any) -> float:
    """Measure the floating point operations per second of a convolution such as large networks consist of."""
    import torch

    given = torch.ones(1, 128, 144, 256, device=device, dtype=dtype)
    weight = torch.ones(128, 128, 3, 3, device=device, dtype=dtype)
    best = float("inf")
    with torch.inference_mode():
        for _ in range(3):
            began = time.perf_counter()
            # Copying one value waits for the device to finish.
            float(torch.nn.functional.conv2d(given, weight, padding=1)[0, 0, 0, 0])
            best = min(best, time.perf_counter() - began)
    return 2.0 * 128 * 128 * 9 * 144 * 256 / best


def _count(sketch: Any, frames: int, encode: EncodeSettings, unit: Unit) -> "tuple[Counted, Counted]":
    """Count what all timesteps share, and one timestep."""
    from actiondiff_gui.backbones.counting import counted
    from actiondiff_gui.backbones.torch_errors import as_backbone_errors

    # The size of a video's own picture changes next to nothing.
    given = np.zeros((1, frames, 16, 16, 3), np.uint8)
    with as_backbone_errors("counting the work of a window"):
        shared = counted(lambda: sketch.encode(given, [0], encode), sketch.tensors())
        step = counted(
            lambda: sketch.features(shared.result, unit.timesteps[0], unit.layers), sketch.tensors()
        )
    return shared, step


def _run(backbone: Any, frames: np.ndarray, first: _First, unit: Unit) -> tuple[float, float]:
    """Return the seconds of what all timesteps share, and of one timestep."""
    from actiondiff_gui.backbones.torch_errors import as_backbone_errors

    with as_backbone_errors(f"measuring {unit.clip.path.name}"):
        began = time.perf_counter()
        encoded = backbone.encode(frames[None], first.seeds, first.encode)
        middle = time.perf_counter()
        maps = backbone.features(encoded, unit.timesteps[0], unit.layers)
        # Copying one value waits for the device to finish.
        float(next(iter(maps.values())).flatten()[0])
        return middle - began, time.perf_counter() - middle


def _reset_peak(device: str) -> None:
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(device)


def _peak_bytes(device: str) -> int:
    if device.startswith("cuda"):
        import torch

        return torch.cuda.max_memory_allocated(device)
    if os.name == "nt":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@dataclass(frozen=True)
class Cost:
    """An estimate for a list of units.

    Attributes
    ----------
    windows : int
        Windows to compute.
    seconds : float or None
        Wall time of decoding, or of the networks, whichever is longer: they run side by side. None where there is no memory
        to measure it.
    memory_bytes : int
        Peak of GPU memory on cuda, of the process elsewhere.
    disk_bytes : int
        Size of the tokens to be written.
    free_bytes : int
        Memory that there is for it; 0 where that is not known.
    """

    windows: int
    seconds: float | None
    memory_bytes: int
    disk_bytes: int
    free_bytes: int = 0

    @property
    def fits(self) -> bool:
        """Whether there is memory for it."""
        return not self.free_bytes or self.memory_bytes <= self.free_bytes

    def __str__(self) -> str:
        time = (
            "a time that cannot be measured here"
            if self.seconds is None
            else f"about {duration_text(self.seconds)}"
        )
        short = "" if self.fits else f"; that does not fit: {size_text(self.free_bytes)} are there"
        return (
            f"{time}, {size_text(self.memory_bytes)} of memory, "
            f"{size_text(self.disk_bytes)} of disk for {self.windows} windows{short}"
        )


def estimate(
    units: Sequence[Unit], backbone: Backbone, settings: ExtractionSettings, batch_size: int | None = None
) -> Cost:
    """Measure one window of the first clip and scale it to all ``units``.

    Raises
    ------
    ActionDiffError
        If the first clip cannot be read or the network fails on it.
    """
    if not units:
        return Cost(0, 0.0, 0, 0)
    return scaled(measure(units[0], backbone, settings, batch_size), units, backbone, settings)


def scaled(pace: Pace, units: Sequence[Unit], backbone: BackboneFacts, settings: ExtractionSettings) -> Cost:
    """Return what ``units`` will take at a pace; of ``backbone`` only its description is used."""
    stride = settings.stride or backbone.stride
    windows, seconds = 0, 0.0
    for unit in units:
        count = -(-len(frames_used(unit.clip, stride, settings.max_seconds)) // backbone.window)
        windows += count
        seconds += count * (pace.shared + pace.step * len(unit.timesteps))
    disk = disk_bytes(units, backbone, settings)
    longest = max(seconds, pace.decode * windows) if pace.timed else None
    return Cost(windows, longest, pace.memory_bytes, disk, pace.free_bytes)


def disk_bytes(units: Sequence[Unit], backbone: BackboneFacts, settings: ExtractionSettings) -> int:
    """Size of the tokens of ``units``; of ``backbone`` only its description is used."""
    channels = {layer.index: layer.channels for layer in backbone.layers}
    stride = settings.stride or backbone.stride
    total = 0
    for unit in units:
        tokens = len(frames_used(unit.clip, stride, settings.max_seconds))
        # Two bytes for each number of the mean and of the change.
        per_file = tokens * (4 * sum(channels[n] for n in unit.layers) + 8) + 2048
        total += per_file * len(unit.timesteps)
    return total


def duration_text(seconds: float) -> str:
    """Return a length of time: "40 s", "3 min", "1.5 h"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


GPU_FROM = 1_000_000_000
"""Bytes of weights from which a GPU is advised, as a rule of thumb; the Features tab measures the time on this computer."""


def needs_text(offer: "Offer") -> str:
    """Return in a few words whether the weights of a backbone are here, and what it needs: "download 4.2 GB, memory over 4.2 GB, GPU advised"."""
    least = offer.half_bytes or offer.download_bytes
    parts = ["here" if is_here(offer) else f"download {size_text(least)}"]
    if least:
        # Files in full precision can be loaded in half of it.
        parts.append(f"memory {'over' if offer.half_bytes else 'up to'} {size_text(least)}")
    return ", ".join([*parts, "GPU advised" if least >= GPU_FROM else "CPU is enough"])


def memory_text(offer: "Offer") -> str:
    """Return what a backbone needs of memory, in words; "" where its size is not known."""
    if not offer.download_bytes:
        return ""
    if offer.half_bytes:
        weights = f"{size_text(offer.half_bytes)} on a GPU, {size_text(offer.download_bytes)} on a CPU"
    else:
        weights = f"up to {size_text(offer.download_bytes)}"
    gpu = (offer.half_bytes or offer.download_bytes) >= GPU_FROM
    return f"memory for the weights: {weights}, and more for frames; {'a GPU is advised' if gpu else 'a CPU is enough'}"


def is_here(offer: "Offer") -> bool:
    """Return whether a backbone can be loaded without a download, in one precision or the other."""
    return not offer.download_bytes or offer.is_here(False) or offer.is_here(True)


def size_text(count: int) -> str:
    """Return a number of bytes: "41 MB", "1.1 GB"."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.{int(count < 10 * size)}f} {unit}"
    return f"{count} bytes"
