"""Decoding ahead of the network in threads, in an order that does not depend on them."""

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from actiondiff_gui.backbones.protocol import Backbone, EncodeSettings
from actiondiff_gui.errors import ActionDiffError, FeatureStoreError
from actiondiff_gui.features.clips import ClipSource, Unit, Window, clip_windows
from actiondiff_gui.features.cropping import crop
from actiondiff_gui.features.finished_windows import OpenClip
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.features.store import TokenStore

if TYPE_CHECKING:
    from actiondiff_gui.video.reader import VideoReader

NEIGHBOURS = 8
"""Number of consecutive clips of one video that one thread decodes."""


@dataclass(frozen=True)
class Decoded:
    """A window with its pixels ``[T, H, W, 3]`` and how they are to be encoded."""

    unit: int
    window: Window
    frames: np.ndarray
    encode: EncodeSettings


@dataclass(frozen=True)
class Opened:
    """A clip whose windows come next."""

    unit: int
    clip: OpenClip


@dataclass(frozen=True)
class Failed:
    """What went wrong with a clip."""

    unit: int
    error: str


Found = Decoded | Opened | Failed


class Decoder:
    """Reads windows in threads, a few ahead of the network, and gives them in the order of the units.

    Each thread takes clips that lie side by side in a video, and another one the clips after those.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        backbone: Backbone,
        settings: ExtractionSettings,
        store: TokenStore,
        ahead: int,
        threads: int,
    ) -> None:
        self._units, self._backbone, self._settings, self._store = units, backbone, settings, store
        self._groups = _neighbours(units)
        count = max(1, min(threads, len(self._groups)))
        self._queues: list[queue.Queue[Found | None]] = [queue.Queue(maxsize=ahead) for _ in range(count)]
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(place,), name="decoder", daemon=True)
            for place in range(count)
        ]

    def __enter__(self) -> Iterator[Found]:
        for thread in self._threads:
            thread.start()
        return self._found()

    def _found(self) -> Iterator[Found]:
        for number in range(len(self._groups)):
            items = self._queues[number % len(self._queues)]
            while (item := items.get()) is not None:
                yield item

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _put(self, place: int, item: Found | None) -> None:
        while not self._stop.is_set():
            try:
                self._queues[place].put(item, timeout=0.05)
                return
            except queue.Full:
                continue

    def _run(self, place: int) -> None:
        groups = self._groups[place :: len(self._queues)]
        ended, reader = 0, _Reader()
        try:
            for group in groups:
                for number in group:
                    if self._stop.is_set():
                        return
                    for item in self._read(number, reader):
                        self._put(place, item)
                self._put(place, None)
                ended += 1
        finally:
            reader.close()
            for _ in groups[ended:]:
                self._put(place, None)

    def _read(self, number: int, reader: "_Reader") -> Iterator[Found]:
        unit = self._units[number]
        clip, stride = unit.clip, self._settings.stride or self._backbone.stride
        windows = clip_windows(clip, stride, self._backbone.window, self._settings.max_seconds)
        try:
            reader.open(clip)
            opened = OpenClip(self._store, clip.key, unit.timesteps, unit.layers, windows)
            lacking = opened.lacking()
            yield Opened(number, opened)
            for at in lacking:
                frames = crop(reader.video.read_many(at.frames), clip)
                encode = self._settings.encode_settings(self._backbone, *frames.shape[1:3])
                yield Decoded(number, at, frames, encode)
        except ActionDiffError as error:
            yield Failed(number, str(error))
        except Exception as error:  # A decoder's surprise must not end the run of all other clips.
            yield Failed(number, f"{clip.path} could not be read ({type(error).__name__}: {error}).")


class _Reader:
    """The video that a thread has open."""

    video: "VideoReader"

    def __init__(self) -> None:
        self._path: Path | None = None

    def open(self, clip: ClipSource) -> None:
        """Open the video of a clip, unless it is open.

        Raises
        ------
        ActionDiffError
            It cannot be read, or is another file than was imported.
        """
        from actiondiff_gui.video.fingerprint import fingerprint
        from actiondiff_gui.video.reader import VideoReader

        if self._path == clip.path:
            return
        self.close()
        if fingerprint(clip.path) != clip.fingerprint:
            raise FeatureStoreError(
                f"{clip.path} is not the file that was imported: its content has changed. Put the old file back, or import the "
                "new one."
            )
        self.video, self._path = VideoReader(clip.path), clip.path

    def close(self) -> None:
        """Close it."""
        if self._path is not None:
            self.video.close()
        self._path = None


def _neighbours(units: Sequence[Unit]) -> list[list[int]]:
    """Places of units of one video in a row, a few at a time."""
    groups: list[list[int]] = []
    for number, unit in enumerate(units):
        same = bool(groups) and units[groups[-1][0]].clip.path == unit.clip.path
        if same and len(groups[-1]) < NEIGHBOURS:
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups
