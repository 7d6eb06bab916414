"""How do overlays become files? A video or GIF with the overlays painted in, a still picture, or the bare values."""

import csv
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.files import part_of, whole_file
from actiondiff_gui.looking.legend import Legend, legend_of
from actiondiff_gui.looking.overlay import Overlay, painted
from actiondiff_gui.looking.sheet import sheet
from actiondiff_gui.progress import Job, Progress
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


def write_overlays(
    panels: Sequence[Panel], out: Path, *, opacity: float = 0.6, frame: int | None = None
) -> Job[list[Path]]:
    """Write overlays that are shown together to ``out``, whose ending says what.

    Parameters
    ----------
    panels : sequence of Panel
        Frames are linked at the clips' beginnings.
    out : Path
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
    kind = out.suffix.lower()
    if kind not in ENDINGS:
        raise ActionDiffError(f"{out} has an ending that is not known. Choose {', '.join(ENDINGS)}.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if kind in VIDEOS:
            yield from _write_video(panels, out, opacity)
            return [out]
        yield Progress(0, 1, f"writing {out.name}")
        if kind == ".npy":
            return _write_arrays(panels, out)
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
            f"{out} cannot be written ({error.strerror or error}). Choose another place."
        ) from error
    return [out]


def write_picture(picture: np.ndarray, out: Path) -> Path:
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
            f"{out} cannot be written ({error.strerror or error}). Choose another place."
        ) from error
    return out


def write_weights(
    frames: np.ndarray, weights: np.ndarray, out: Path, layers: Sequence[np.ndarray] = ()
) -> Path:
    """Write weights of frames, one more column for each of ``layers``: ``.csv`` as a table, ``.npy`` as ``[N, 2 + K]``.

    Raises
    ------
    ActionDiffError
        If the ending is neither, or the file cannot be written.
    """
    if out.suffix.lower() not in (".csv", ".npy"):
        raise ActionDiffError(
            f"{out} has an ending that is not known. Choose .csv or .npy for weights of frames."
        )
    columns = (weights, *layers)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(out) as part:
            if out.suffix.lower() == ".npy":
                np.save(part, np.stack([frames, *columns], axis=1).astype(np.float64), allow_pickle=False)
            else:
                with part.open("w", newline="", encoding="utf-8") as stream:
                    table = csv.writer(stream)
                    table.writerow(["frame", "weight", *(f"layer {n + 1}" for n in range(len(layers)))])
                    for frame, *row in zip(frames, *columns, strict=True):
                        table.writerow([int(frame), *(f"{value:.6f}" for value in row)])
    except OSError as error:
        raise ActionDiffError(
            f"{out} cannot be written ({error.strerror or error}). Choose another place."
        ) from error
    return out


def _legend(panels: Sequence[Panel]) -> Legend:
    return legend_of([each.overlay for each in panels], [each.video.stem for each in panels])


@contextmanager
def _opened(panels: Sequence[Panel]) -> Iterator[list[VideoReader]]:
    """A reader per panel; panels of one video share theirs."""
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


def _about(overlay: Overlay) -> dict:
    return {
        "kind": overlay.kind,
        "title": overlay.whole_title,
        "frames": overlay.frames.tolist(),
        "limits": list(overlay.limits),
        "origin": list(overlay.placement.origin),
        "step": list(overlay.placement.step),
    }


def _write_arrays(panels: Sequence[Panel], out: Path) -> list[Path]:
    files = []
    for number, panel in enumerate(panels, 1):
        file = out if len(panels) == 1 else out.with_name(f"{out.stem}_{number}{out.suffix}")
        with whole_file(file) as part:
            np.save(part, panel.overlay.values, allow_pickle=False)
        with whole_file(file.with_suffix(".json")) as part:
            about = {"video": panel.video.name, **_about(panel.overlay)}
            part.write_text(json.dumps(about, indent=1), encoding="utf-8")
        files.append(file)
    return files


def _write_zarr(panels: Sequence[Panel], out: Path) -> None:
    import zarr

    if out.exists() and not (out / "zarr.json").is_file():
        raise ActionDiffError(f"{out} is there already and is no zarr folder. Choose another place.")
    part = part_of(out)
    try:
        group = zarr.open_group(part, mode="w", zarr_format=3)
        for number, panel in enumerate(panels, 1):
            values = panel.overlay.values
            # A chunk per frame: what a viewer asks for.
            array = group.create_array(
                str(number), shape=values.shape, chunks=(1, *values.shape[1:]), dtype=values.dtype
            )
            array[:] = values
            array.attrs.update({"video": panel.video.name, **_about(panel.overlay)})
        if out.exists():
            shutil.rmtree(out)
        part.replace(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write_picture(picture: np.ndarray, out: Path) -> None:
    from PIL import Image

    with whole_file(out) as part:
        Image.fromarray(picture).save(part)


def _write_video(panels: Sequence[Panel], out: Path, opacity: float) -> Job[None]:
    import av

    legend = _legend(panels)
    count = max(each.end - each.start for each in panels)
    with _opened(panels) as readers, whole_file(out) as part, av.open(str(part), "w") as container:
        gif = out.suffix.lower() == ".gif"
        stream = None
        for number in range(count):
            yield Progress(number, count, f"writing {out.name}")
            picture = _painted(panels, readers, number, opacity, legend)
            if stream is None:
                rate = Fraction(readers[0].fps).limit_denominator(1001)
                stream = container.add_stream("gif" if gif else "libx264", rate=rate)
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "rgb8" if gif else "yuv420p"
                if not gif:
                    stream.options = {"crf": "18"}
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
