"""Estimated time, memory and disk space of an extraction, from a short measurement."""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.backbones.protocol import Backbone
from actiondiff_gui.features.clips import clip_windows, crop, frames_used, padded, window_seed
from actiondiff_gui.features.extraction import Unit, default_batch
from actiondiff_gui.features.settings import ExtractionSettings

LONGEST_MEASUREMENT = 20.0
"""Seconds; a window that would take longer is measured with two of its frames and scaled up."""


@dataclass(frozen=True)
class Cost:
    """An estimate for a list of units.

    Attributes
    ----------
    windows : int
        Windows to compute.
    seconds : float
        Wall time of decoding, or of the networks, whichever is longer: they run side by side.
    memory_bytes : int
        Peak of GPU memory on cuda, of the process elsewhere.
    disk_bytes : int
        Size of the tokens to be written.
    """

    windows: int
    seconds: float
    memory_bytes: int
    disk_bytes: int

    def __str__(self) -> str:
        return (
            f"about {duration_text(self.seconds)}, {size_text(self.memory_bytes)} of memory, "
            f"{size_text(self.disk_bytes)} of disk for {self.windows} windows"
        )


def estimate(
    units: Sequence[Unit], backbone: Backbone, settings: ExtractionSettings, batch_size: int | None = None
) -> Cost:
    """Measure one window of the first clip and scale it to all ``units``.

    On a CPU the memory is the peak of this process so far and little more than a hint.

    Raises
    ------
    ActionDiffError
        If the first clip cannot be read or the network fails on it.
    """
    if not units:
        return Cost(0, 0.0, 0, 0)
    return scaled(measure(units[0], backbone, settings, batch_size), units, backbone, settings)


@dataclass(frozen=True)
class Pace:
    """What one window took when it was measured.

    Attributes
    ----------
    shared, step : float
        Seconds of what all timesteps share, and of each timestep.
    decode : float
        Seconds of reading its frames.
    memory_bytes : int
        As in :class:`Cost`.
    deepest : int
        The deepest layer asked for: the network is left after it.
    """

    shared: float
    step: float
    decode: float
    memory_bytes: int
    deepest: int


def scaled(pace: Pace, units: Sequence[Unit], backbone: Backbone, settings: ExtractionSettings) -> Cost:
    """Return what ``units`` will take at a pace; of ``backbone`` only its description is used."""
    stride = settings.stride or backbone.stride
    windows, seconds = 0, 0.0
    for unit in units:
        count = -(-len(frames_used(unit.clip, stride, settings.max_seconds)) // backbone.window)
        windows += count
        seconds += count * (pace.shared + pace.step * len(unit.timesteps))
    disk = disk_bytes(units, backbone, settings)
    return Cost(windows, max(seconds, pace.decode * windows), pace.memory_bytes, disk)


def measure(
    unit: Unit, backbone: Backbone, settings: ExtractionSettings, batch_size: int | None = None
) -> Pace:
    """Run the first window of a clip through the network.

    Raises
    ------
    ActionDiffError
        If the clip cannot be read or the network fails on it.
    """
    from actiondiff_gui.backbones.torch_errors import as_backbone_errors
    from actiondiff_gui.video.reader import VideoReader

    clip = unit.clip
    window = clip_windows(clip, settings.stride or backbone.stride, backbone.window, settings.max_seconds)[0]
    began = time.perf_counter()
    with VideoReader(clip.path) as reader:
        frames = crop(reader.read_many(window.frames), clip)
    decode = (time.perf_counter() - began) * backbone.window / len(frames)
    encode_settings = settings.encode_settings(backbone, *frames.shape[1:3])
    frames = padded(frames, backbone.window)
    seeds = [window_seed(clip, window)]

    def run(part: np.ndarray) -> tuple[float, float]:
        """Seconds of what all timesteps share, and of one timestep."""
        with as_backbone_errors(f"measuring {clip.path.name}"):
            began = time.perf_counter()
            encoded = backbone.encode(part[None], seeds, encode_settings)
            middle = time.perf_counter()
            maps = backbone.features(encoded, unit.timesteps[0], unit.layers)
            # Copying one value waits for the device to finish.
            float(next(iter(maps.values())).flatten()[0])
            return middle - began, time.perf_counter() - middle

    _reset_peak(backbone.device)
    short = frames[:2]
    shared, step = (t * backbone.window / len(short) for t in run(short))
    scale = backbone.window / len(short)
    if shared + step < LONGEST_MEASUREMENT:
        shared, step = run(frames)
        scale = 1.0
    memory = _peak_bytes(backbone.device)
    if backbone.device.startswith("cuda"):
        memory = _scaled_to_batch(memory, scale * (batch_size or default_batch(backbone)))
    return Pace(shared, step, decode, memory, max(unit.layers))


def disk_bytes(units: Sequence[Unit], backbone: Backbone, settings: ExtractionSettings) -> int:
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


def _scaled_to_batch(measured: int, times: float) -> int:
    import torch

    resting = torch.cuda.memory_allocated()
    return resting + round((measured - resting) * times)


def duration_text(seconds: float) -> str:
    """Return a length of time: "40 s", "3 min", "1.5 h"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def size_text(count: int) -> str:
    """Return a number of bytes: "41 MB", "1.1 GB"."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.{int(count < 10 * size)}f} {unit}"
    return f"{count} bytes"
