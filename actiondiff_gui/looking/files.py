"""How do overlays become files? A video or GIF with the overlay painted in, a still picture, or the bare values."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.files import whole_file
from actiondiff_gui.looking.overlay import Overlay, painted
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.video.reader import VideoReader

VIDEOS = (".mp4", ".gif")


def write_overlay(
    video: Path,
    overlay: Overlay,
    out: Path,
    *,
    opacity: float = 0.6,
    start: int | None = None,
    end: int | None = None,
) -> Job[Path]:
    """Write an overlay to ``out``, whose ending says what: ``.mp4``, ``.gif``, ``.png`` or ``.npy``.

    Parameters
    ----------
    video : Path
        The clip's video.
    overlay : Overlay
    out : Path
        ``.mp4`` and ``.gif``: all frames of the clip, each under the nearest values. ``.png``: the first
        frame with values. ``.npy``: the values alone, with a ``.json`` of frames and placement beside.
    opacity : float
        Share of the overlay, 0 to 1.
    start, end : int, optional
        Frames to write; by default from the first to the last frame with values.

    Raises
    ------
    ActionDiffError
        If the ending is none of these, or the file cannot be written.
    """
    kind = out.suffix.lower()
    first = int(overlay.frames[0]) if start is None else start
    past = int(overlay.frames[-1]) + 1 if end is None else end
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if kind == ".npy":
            yield Progress(0, 1, f"writing {out.name}")
            _write_values(overlay, out)
        elif kind == ".png":
            yield Progress(0, 1, f"writing {out.name}")
            with VideoReader(video) as reader:
                _write_picture(painted(reader.read(first), overlay, overlay.nearest(first), opacity), out)
        elif kind in VIDEOS:
            yield from _write_video(video, overlay, out, opacity, first, past)
        else:
            raise ActionDiffError(f"{out} has an ending that is not known. Choose .mp4, .gif, .png or .npy.")
    except OSError as error:
        raise ActionDiffError(
            f"{out} cannot be written ({error.strerror or error}). Choose another place."
        ) from error
    return out


def _write_values(overlay: Overlay, out: Path) -> None:
    import json

    with whole_file(out) as part:
        np.save(part, overlay.values, allow_pickle=False)
    about = {
        "kind": overlay.kind,
        "title": overlay.title,
        "frames": overlay.frames.tolist(),
        "limits": list(overlay.limits),
        "origin": list(overlay.placement.origin),
        "step": list(overlay.placement.step),
    }
    with whole_file(out.with_suffix(".json")) as part:
        part.write_text(json.dumps(about, indent=1), encoding="utf-8")


def _write_picture(picture: np.ndarray, out: Path) -> None:
    from matplotlib.image import imsave

    with whole_file(out) as part:
        imsave(part, picture)


def _write_video(
    video: Path, overlay: Overlay, out: Path, opacity: float, first: int, past: int
) -> Job[None]:
    import av

    with VideoReader(video) as reader, whole_file(out) as part, av.open(str(part), "w") as container:
        # H.264 in its common form wants even sides.
        gif = out.suffix.lower() == ".gif"
        height, width = (s if gif else s - s % 2 for s in (reader.height, reader.width))
        rate = Fraction(reader.fps).limit_denominator(1001)
        stream = container.add_stream("gif" if gif else "libx264", rate=rate)
        stream.height, stream.width = height, width
        stream.pix_fmt = "rgb8" if gif else "yuv420p"
        if not gif:
            stream.options = {"crf": "18"}
        for number in range(first, past):
            yield Progress(number - first, past - first, f"writing {out.name}")
            picture = painted(reader.read(number), overlay, overlay.nearest(number), opacity)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
