"""Export of overlays: video or GIF, still picture, or raw values."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.outputs import Output, check_all, output
from actiondiff_gui.overlays.legend import Legend, legend_of
from actiondiff_gui.overlays.overlay import Overlay, OverlaySettings, painted
from actiondiff_gui.overlays.sheet import sheet
from actiondiff_gui.overlays.zarr_folder import ZarrFolder
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.tables import decimal, table_text
from actiondiff_gui.video.reader import VideoReader

VIDEOS = (".mp4", ".gif")
ENDINGS = (*VIDEOS, ".png", ".npy", ".zarr")


@dataclass(frozen=True)
class Panel:
    """One clip under its overlay.

    Attributes
    ----------
    video : Path
    overlay : Overlay
    start, end : int
        First frame of the clip, and the frame after its last one.
    """

    video: Path
    overlay: Overlay
    start: int
    end: int


def overlay_outputs(out: str | os.PathLike[str], count: int) -> list[Output]:
    """Return the outputs of :func:`write_overlays` for ``count`` panels; to be checked before the work."""
    out = output(out)
    kind = out.suffix.lower()
    if kind == ".zarr":
        return [out if isinstance(out, ZarrFolder) else ZarrFolder(out, force=out.force, known=out.known)]
    if kind != ".npy":
        return [out]
    names = [out.stem] if count == 1 else [f"{out.stem}_{number}" for number in range(1, count + 1)]
    return [out.with_name(name + ending) for name in names for ending in (out.suffix, ".json")]


def write_overlays(
    panels: Sequence[Panel],
    out: str | os.PathLike[str],
    *,
    opacity: float = OverlaySettings.opacity,
    frame: int | None = None,
) -> Job[list[Path]]:
    """Write overlays that are shown together to ``out``, whose ending says what.

    Parameters
    ----------
    panels : sequence of Panel
        Frames are linked at the clips' beginnings.
    out : path or Output
        ``.mp4`` and ``.gif``: all frames, the clips side by side over one legend. ``.png``: one frame of that.
        ``.npy``: the bare values, a file per clip, with a ``.json`` of frames and placement beside. ``.zarr``: the
        same as one group with an array per clip.
    opacity : float
        Share of the overlay, 0 to 1.
    frame : int, optional
        Frame of the first clip's video for ``.png``; by default its first one with values.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    ActionDiffError
        If the ending is none of these, or the file cannot be written.
    """
    kind = Path(out).suffix.lower()
    if kind not in ENDINGS:
        raise ActionDiffError(f"{out} has an ending that is not known. Choose {', '.join(ENDINGS)}.")
    files = overlay_outputs(out, len(panels))
    check_all(files)
    out = files[0]
    try:
        if kind in VIDEOS:
            yield from _write_video(panels, out, opacity)
            return [out.path]
        yield Progress(0, 1, f"writing {out.name}")
        if kind == ".npy":
            return _write_arrays(panels, files)
        if kind == ".zarr":
            _write_zarr(panels, out)
        else:
            number = int(panels[0].overlay.frames[0]) if frame is None else frame
            with _opened(panels) as readers:
                _write_picture(
                    _painted(panels, readers, number - panels[0].start, opacity, _legend(panels)), out
                )
    except OSError as error:
        raise ActionDiffError(
            f"{out} cannot be written ({error.strerror or error}). Choose another folder."
        ) from error
    return [out.path]


def write_picture(picture: np.ndarray, out: str | os.PathLike[str]) -> Path:
    """Write a picture ``[H, W, 3]`` uint8 as PNG.

    Raises
    ------
    ActionDiffError
        If it cannot be written.
    """
    try:
        _write_picture(picture, out)
    except OSError as error:
        raise ActionDiffError(
            f"{out} cannot be written ({error.strerror or error}). Choose another folder."
        ) from error
    return Path(out)


def write_weights(
    frames: np.ndarray, weights: np.ndarray, out: str | os.PathLike[str], layers: Sequence[np.ndarray] = ()
) -> Path:
    """Write weights of frames, one more column for each of ``layers``: ``.csv`` as a table, ``.npy`` as ``[N, 2 + K]``.

    Raises
    ------
    ActionDiffError
        If the ending is neither, or the file cannot be written.
    """
    kind = Path(out).suffix.lower()
    if kind not in (".csv", ".npy"):
        raise ActionDiffError(
            f"{out} has an ending that is not known. Choose .csv or .npy for weights of frames."
        )
    columns = (weights, *layers)
    try:
        with output(out).written() as part:
            if kind == ".npy":
                np.save(part, np.stack([frames, *columns], axis=1).astype(np.float64), allow_pickle=False)
            else:
                rows = zip(frames, *columns, strict=True)
                text = table_text(
                    [
                        ["frame", "weight", *(f"layer {n + 1}" for n in range(len(layers)))],
                        *([int(frame), *(decimal(value, 6) for value in row)] for frame, *row in rows),
                    ]
                )
                part.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise ActionDiffError(
            f"{out} cannot be written ({error.strerror or error}). Choose another folder."
        ) from error
    return Path(out)


def _legend(panels: Sequence[Panel]) -> Legend:
    return legend_of([each.overlay for each in panels], [each.video.stem for each in panels])


@contextmanager
def _opened(panels: Sequence[Panel]) -> Iterator[list[VideoReader]]:
    """Yield a reader per panel; panels of one video share theirs."""
    with ExitStack() as stack:
        known: dict[Path, VideoReader] = {}
        for path in (each.video for each in panels):
            if path not in known:
                known[path] = stack.enter_context(VideoReader(path))
        yield [known[each.video] for each in panels]


def _painted(
    panels: Sequence[Panel], readers: Sequence[VideoReader], after: int, opacity: float, legend: Legend
) -> np.ndarray:
    pictures = []
    for panel, reader in zip(panels, readers, strict=True):
        # A shorter clip stays at its last frame.
        number = max(panel.start, min(panel.start + after, panel.end - 1))
        overlay, frame = panel.overlay, reader.read(number)
        first, past = overlay.span(panel.start, panel.end)
        here = first <= number < past
        pictures.append(painted(frame, overlay, overlay.nearest(number), opacity) if here else frame)
    return sheet(pictures, legend)


def _about(overlay: Overlay) -> dict[str, Any]:
    return {
        "kind": overlay.kind,
        "title": overlay.whole_title,
        "frames": overlay.frames.tolist(),
        "limits": list(overlay.limits),
        "origin": list(overlay.placement.origin),
        "step": list(overlay.placement.step),
    }


def _write_arrays(panels: Sequence[Panel], files: Sequence[Output]) -> list[Path]:
    """Values and what they mean, in two files for each panel; returns those of values."""
    for panel, values, about in zip(panels, files[::2], files[1::2], strict=True):
        with values.written() as part:
            np.save(part, panel.overlay.values, allow_pickle=False)
        with about.written() as part:
            told = {"video": panel.video.name, **_about(panel.overlay)}
            part.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return [each.path for each in files[::2]]


def _write_zarr(panels: Sequence[Panel], out: Output) -> None:
    import zarr

    with out.written() as part:
        group = zarr.open_group(part, mode="w", zarr_format=3)
        for number, panel in enumerate(panels, 1):
            values = panel.overlay.values
            # A chunk per frame: what a viewer asks for.
            array = group.create_array(
                str(number), shape=values.shape, chunks=(1, *values.shape[1:]), dtype=values.dtype
            )
            array[:] = values
            array.attrs.update({"video": panel.video.name, **_about(panel.overlay)})


def _write_picture(picture: np.ndarray, out: str | os.PathLike[str]) -> None:
    from PIL import Image

    with output(out).written() as part:
        Image.fromarray(picture).save(part)


def _write_video(panels: Sequence[Panel], out: Output, opacity: float) -> Job[None]:
    import av

    legend = _legend(panels)
    count = max(each.end - each.start for each in panels)
    with _opened(panels) as readers, out.written() as part, av.open(str(part), "w") as container:
        gif = out.suffix.lower() == ".gif"
        rate = Fraction(readers[0].fps).limit_denominator(1001)
        stream = container.add_stream("gif" if gif else "libx264", rate=rate)
        stream.pix_fmt = "rgb8" if gif else "yuv420p"
        if not gif:
            stream.options = {"crf": "18"}
        for number in range(count):
            yield Progress(number, count, f"writing {out.name}")
            picture = _painted(panels, readers, number, opacity, legend)
            if not number:
                stream.height, stream.width = picture.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
