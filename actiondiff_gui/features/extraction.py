"""Extraction of tokens from clips.

The work is cut into :class:`Unit` s, one per clip, that do not depend on each other and can be repeated:
doing one twice, in another order or on another machine gives the same files. Decoding runs in
threads beside the network. Windows of several clips share a batch.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from actiondiff_gui.backbones.identity import description_of
from actiondiff_gui.backbones.protocol import (
    Backbone,
    BackboneFacts,
    EncodeSettings,
    Timestep,
    check_layers,
    resolve_timestep,
)
from actiondiff_gui.backbones.reading import Pooling
from actiondiff_gui.errors import FeatureStoreError, FeatureWriteError
from actiondiff_gui.features.clips import (
    ClipSource,
    Unit,
    frames_used,
    padded,
    window_seed,
)
from actiondiff_gui.features.decoding import Decoded, Decoder, Failed, Found, Opened
from actiondiff_gui.features.finished_windows import OpenClip
from actiondiff_gui.features.pooling import pooled_windows
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.features.storage.index import Index, note_all
from actiondiff_gui.features.storage.packs import size_of
from actiondiff_gui.features.storage.token_file import all_names
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.features.stored_sets import write_about
from actiondiff_gui.files import sweep
from actiondiff_gui.progress import Job, Progress

MOST_READ = 500_000_000
"""Bytes; where there are no more tokens of the clips and timesteps asked for, planning checks all their checksums."""
MOST_OPENED = 20_000
"""Files; where there are more, planning asks the index of the store first, and opens only what it does not know."""
KEEP_SECONDS = 10.0
"""Of a clip that takes longer, finished windows are kept so often."""


@dataclass(frozen=True)
class ExtractionReport:
    """What an extraction did.

    Attributes
    ----------
    computed : tuple of str
        Ids of the clips whose tokens were written.
    failed : dict of str to str
        For each clip that failed, the sentence that says why.
    """

    computed: tuple[str, ...]
    failed: dict[str, str]


@dataclass(frozen=True)
class ExtractionProgress(Progress):
    """Progress in windows (in clips, where other processes compute), with the clips that are done.

    Attributes
    ----------
    computed : int
        Clips whose tokens were written so far.
    failures : dict of str to str
        As in :class:`ExtractionReport`, so far.
    """

    computed: int = 0
    failures: dict[str, str] = field(default_factory=dict)


def plan(
    clips: Sequence[ClipSource],
    backbone: BackboneFacts,
    store: TokenStore,
    timesteps: Sequence[Timestep | int | str],
    layers: Sequence[int],
    pooling: Pooling = "mean",
) -> list[Unit]:
    """List what is still to be computed, clip by clip; clips that have their tokens with ``pooling`` are left out.

    Damaged files are set aside, and count as lacking; so are removed what killed processes left behind. Units that
    share timesteps and layers, and then clips of one video, come together.
    """
    steps = tuple(dict.fromkeys(resolve_timestep(backbone, t) for t in timesteps))
    wanted = check_layers(backbone, layers)
    different = {clip.key: clip for clip in reversed(clips)}
    index = Index(store.folder) if len(different) * len(steps) > MOST_OPENED else None
    thoroughly = index is None and _small(store.file(key, t.key) for key in different for t in steps)
    keys, names = [t.key for t in steps], all_names(wanted, pooling)
    units, found = [], []
    for key, clip in different.items():
        if index is not None and index.holds(key, keys, names):
            continue
        if index is not None and key not in index.kept:
            units.append(Unit(clip, steps, wanted))
            continue
        sweep(store.file(key, "").parent)
        lacking = tuple(t for t in steps if not store.sound(key, t.key, wanted, thoroughly, pooling))
        if lacking:
            units.append(Unit(clip, lacking, wanted, any(store.damaged(key, t.key) for t in lacking)))
        elif index is not None:
            found.append((key, keys, names))
    if found:
        # Of a store that earlier versions made: the next plan need not open these files.
        note_all(store.folder, found)
    return sorted(
        units, key=lambda u: ([t.key for t in u.timesteps], str(u.clip.path), u.clip.start, u.clip.end)
    )


def _small(files: Iterable[Path]) -> bool:
    """Return whether files hold no more than is read in a second or so."""
    left = MOST_READ
    for file in files:
        left -= size_of(file)
        if left < 0:
            return False
    return True


def window_count(units: Sequence[Unit], backbone: Backbone, settings: ExtractionSettings) -> int:
    """Return the number of windows that ``units`` hold."""
    stride = settings.stride or backbone.stride
    return sum(-(-len(frames_used(u.clip, stride, settings.max_seconds)) // backbone.window) for u in units)


def extract_job(
    units: Sequence[Unit],
    backbone: Backbone,
    settings: ExtractionSettings,
    store: TokenStore,
    batch_size: int | None = None,
    keep_seconds: float = KEEP_SECONDS,
    decoders: int | None = None,
) -> Job[ExtractionReport]:
    """Compute and keep the tokens of ``units``, the mean of each layer and its change; progress counts windows.

    A clip whose video cannot be read, or whose tokens cannot be kept, is reported and skipped. Closing the
    job keeps every clip and every window that was finished. A process that is killed loses the windows of the last
    ``keep_seconds``.

    Parameters
    ----------
    units : sequence of Unit
        From :func:`plan`.
    batch_size : int, optional
        Windows per pass through the network; by default 8 of a small backbone and 1 of a large one.
    keep_seconds : float
        How often the finished windows of a clip under way are kept.
    decoders : int, optional
        Threads that decode; by default several where a GPU would wait for one.

    Raises
    ------
    BackboneError
        If the network fails, for example for lack of memory: the next clip would fail too.
    FeatureWriteError
        If the disk is full or the store cannot be written.
    """
    total = window_count(units, backbone, settings)
    size = batch_size or default_batch(backbone)
    done, prepared = 0, False
    computed: list[str] = []
    failed: dict[str, str] = {}
    open_clips: dict[int, OpenClip] = {}
    if units:
        _write_down(store, backbone)
    # What is left to do is known when the first clip is open: windows of it may be done.
    yield Progress(0, 0, "reading the first clip")
    try:
        threads = decoders or default_decoders(backbone)
        with Decoder(units, backbone, settings, store, max(2, size), threads) as decoded:
            for batch, taken_up in _batches(decoded, size, units, failed, open_clips):
                if batch:
                    if not prepared:
                        _prepare(backbone, total, batch[0].encode)
                        prepared = True
                    _compute(batch, backbone, units, open_clips)
                done += len(batch) + taken_up
                for number in [n for n, clip in open_clips.items() if clip.complete]:
                    clip, name = open_clips.pop(number), units[number].clip.id
                    try:
                        clip.write()
                    except FeatureWriteError:
                        raise
                    except FeatureStoreError as error:
                        failed[name] = str(error)
                    else:
                        computed.append(name)
                for clip in open_clips.values():
                    clip.keep(keep_seconds)
                remark = getattr(backbone, "remark", "")
                yield ExtractionProgress(
                    done,
                    total,
                    f"{len(computed)} of {len(units)} clips" + (f", {remark}" if remark else ""),
                    tuple(failed.values()),
                    len(computed),
                    dict(failed),
                )
    finally:
        with contextlib.suppress(FeatureWriteError):
            for clip in open_clips.values():
                clip.keep()
    return ExtractionReport(tuple(computed), failed)


def _write_down(store: TokenStore, backbone: Backbone) -> None:
    try:
        write_about(store.folder, store.provenance, description_of(backbone))
    except OSError as error:
        raise FeatureWriteError(
            f"{store.folder} cannot be written ({error.strerror or error}). Check that its folder exists, is yours to write "
            "to and has space."
        ) from error


def default_batch(backbone: Backbone) -> int:
    """Windows per pass that suit the backbone: as many pixels as one window of SVD at most, 8 at most."""
    height, width = backbone.resolution
    return max(1, min(8, 25 * 576 * 1024 // (backbone.window * height * width)))


def _prepare(backbone: Backbone, windows: int, encode: EncodeSettings) -> None:
    """Let a backbone that has a method for it prepare for many windows."""
    from actiondiff_gui.backbones.torch_errors import as_backbone_errors

    prepare = getattr(backbone, "prepare", None)
    if prepare is not None:
        with as_backbone_errors(f"preparing {backbone.id}"):
            prepare(windows, encode)


def default_decoders(backbone: Backbone) -> int:
    """Return the number of threads that decode: one where the network needs the processors, up to four where a GPU computes."""
    on_gpu = getattr(backbone, "device", "cpu") != "cpu"
    return max(1, min(4, (os.cpu_count() or 1) // 2)) if on_gpu else 1


def _compute(
    batch: list[Decoded],
    backbone: Backbone,
    units: Sequence[Unit],
    open_clips: dict[int, OpenClip],
) -> None:
    from actiondiff_gui.backbones.torch_errors import as_backbone_errors

    unit = units[batch[0].unit]
    seeds = [window_seed(units[d.unit].clip, d.window) for d in batch]
    frames = np.stack([padded(d.frames, backbone.window) for d in batch])
    real = [len(d.window.frames) for d in batch]
    with as_backbone_errors(f"computing features of {unit.clip.path.name}"):
        encoded = backbone.encode(frames, seeds, batch[0].encode)
        done: list[dict[tuple[str, int], np.ndarray]] = [{} for _ in batch]
        for timestep in unit.timesteps:
            maps = backbone.features(encoded, timestep, unit.layers)
            for layer, each in maps.items():
                for found, tokens in zip(done, pooled_windows(each, real), strict=True):
                    found[timestep.key, layer] = tokens
    for decoded, found in zip(batch, done, strict=True):
        open_clips[decoded.unit].add(decoded.window.number, found)


def _batches(
    decoded: Iterator[Found],
    size: int,
    units: Sequence[Unit],
    failed: dict[str, str],
    open_clips: dict[int, OpenClip],
) -> Iterator[tuple[list[Decoded], int]]:
    """Gather windows that can share a pass: same picture size, resolution, timesteps and layers.

    With them comes the number of windows of a clip just opened that were done before.
    """
    batch: list[Decoded] = []
    key = None
    for item in decoded:
        unit = units[item.unit]
        if isinstance(item, Failed):
            failed[unit.clip.id] = item.error
            open_clips.pop(item.unit, None)
            batch = [b for b in batch if b.unit != item.unit]
            yield [], 0
            continue
        if isinstance(item, Opened):
            open_clips[item.unit] = item.clip
            if item.clip.done:
                yield [], item.clip.done
            continue
        own = (item.frames.shape[1:], item.encode, unit.timesteps, unit.layers)
        if batch and (own != key or len(batch) == size):
            yield batch, 0
            batch = []
        key = own
        batch.append(item)
        if len(batch) == size:
            yield batch, 0
            batch = []
    if batch:
        yield batch, 0
