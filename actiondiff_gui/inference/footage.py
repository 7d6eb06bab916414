"""What a model was trained on, as footage, and how the recordings that it is to be applied to differ from that."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from actiondiff_gui.errors import VideoError
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Video

_DIGITS = 16
"""Hexadecimal digits of a fingerprint that are kept with a model."""
_MOST = 20_000
_SAME_RATE = 0.1
"""Frame rates that differ by less than this share count as one."""


def footage_of(project: Project, clip_ids: Iterable[str]) -> dict[str, Any]:
    """Return what is kept with a model of the videos of its training clips: fingerprints, sizes and frame rates.

    Returns
    -------
    dict
        ``videos``: first digits of the fingerprints. ``sizes``: different [width, height] in pixels. ``rates``: different
        numbers of frames per second.
    """
    wanted = {clip.video_id for clip in project.clips(list(clip_ids))}
    videos = [video for video in project.videos() if video.id in wanted]
    return {
        "videos": sorted({video.fingerprint[:_DIGITS] for video in videos})[:_MOST],
        "sizes": sorted({(video.width, video.height) for video in videos})[:_MOST],
        "rates": sorted({round(video.fps, 3) for video in videos})[:_MOST],
    }


def measured(file: Path) -> Video | None:
    """Return a video file as a project would know it, without counting its frames; None where it cannot be read."""
    from actiondiff_gui.video.fingerprint import fingerprint
    from actiondiff_gui.video.probing import probe

    try:
        info = probe(file)
        return Video("", file, fingerprint(file), 1, info.fps, info.width, info.height, "")
    except VideoError:
        return None


def other_footage(metrics: Mapping[str, Any], videos: Sequence[Video], what: str = "recording") -> str:
    """Return how videos differ from what a model was trained on, in sentences; "" where they do not.

    Parameters
    ----------
    metrics : mapping
        Of the model, as its file has them: nothing of it is believed unchecked.
    videos : sequence of Video
        What the model is to be applied to.
    what : str
        What one of the videos is called.
    """
    if not videos:
        return ""
    data = metrics.get("data")
    footage = data.get("footage") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(footage, Mapping):
        return "The model does not say which videos it was trained on, so check some of what it finds."
    known = {text for text in _list(footage, "videos") if isinstance(text, str)}
    new = [video for video in videos if video.fingerprint[:_DIGITS] not in known]
    if not new:
        return ""
    told = [f"{_which(len(new), len(videos), what)} among those the model was trained on."]
    told += _differences(metrics, data, footage, new)
    worse = "expect it to be worse than its test score" if len(told) > 1 else "check some of what it finds"
    return f"{' '.join(told)} So {worse}."


def _which(new: int, count: int, what: str) -> str:
    if count == 1:
        return f"This {what} is not"
    return (
        f"None of these {count:,} {what}s is"
        if new == count
        else f"{new:,} of these {count:,} {what}s are not"
    )


def _differences(
    metrics: Mapping[str, Any], data: Mapping[str, Any], footage: Mapping[str, Any], new: Sequence[Video]
) -> list[str]:
    told, one = [], len(new) == 1
    rates = [rate for rate in _list(footage, "rates") if isinstance(rate, (int, float)) and 0 < rate < 1e9]
    other = sorted(
        {f"{v.fps:.4g}" for v in new if not any(abs(v.fps - rate) <= _SAME_RATE * rate for rate in rates)},
        key=float,
    )
    if rates and other:
        told.append(
            f"{'It has' if one else 'They have'} {_some(other)} frames a second, those had {_some([f'{r:.4g}' for r in rates])}."
        )
    sizes = {
        (size[0], size[1])
        for size in _list(footage, "sizes")
        if isinstance(size, (list, tuple)) and len(size) == 2 and all(isinstance(n, int) for n in size)
    }
    shapes = sorted({(v.width, v.height) for v in new} - sizes)
    if sizes and shapes:
        told.append(
            f"{'It is' if one else 'They are'} {_some([f'{w} x {h}' for w, h in shapes])} pixels, those were "
            f"{_some([f'{w} x {h}' for w, h in sorted(sizes)])}."
        )
    plan = metrics.get("plan")
    facet = plan.get("domain") if isinstance(plan, Mapping) else None
    domains = {text for text in _list(data, "domains") if isinstance(text, str)}
    if isinstance(facet, str) and domains:
        values = sorted({v.facets[facet] for v in new if v.facets.get(facet)} - domains)
        if values:
            told.append(
                f"{'Its' if one else 'Their'} {facet} is {_some(values)}; the model learned {_some(sorted(domains))}."
            )
    return told


def _list(values: Mapping[str, Any], name: str) -> Sequence[Any]:
    found = values.get(name)
    return found if isinstance(found, (list, tuple)) else ()


def _some(texts: Sequence[str]) -> str:
    """Return up to three texts in a row."""
    more = f" and {len(texts) - 3:,} others" if len(texts) > 3 else ""
    return ", ".join(texts[:3]) + more
