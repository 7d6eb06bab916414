"""Matching of video names in another tool's files to the videos of the project."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from actiondiff_gui.project.formats.imports.measure import VIDEO_SUFFIXES
from actiondiff_gui.project.formats.tables.cells import accents
from actiondiff_gui.project.records import Video


def parts_of(written: str) -> list[str]:
    """Folders and file name of a path with either kind of slash, in small letters."""
    return [part for part in re.split(r"[/\\]+", _small(written.strip())) if part not in ("", ".", "..")]


def _small(name: str) -> str:
    """Return a name in small letters, and in one form of accents: macOS writes "ä" as two characters, others as one."""
    return unicodedata.normalize("NFC", name.casefold())


def match_videos(
    written: Iterable[str], videos: Sequence[Video], chosen: Mapping[str, str] | None = None
) -> tuple[dict[str, Video], dict[str, str]]:
    """Return the matching video of each name, and the reason for each without one.

    The name of the file counts, in capitals or not; failing that, the name without its ending. Of several
    videos of one name the one is taken whose folders agree with the written path best.

    Parameters
    ----------
    written : iterable of str
        Names or paths as tools wrote them.
    videos : sequence of Video
        Those of the project.
    chosen : mapping, optional
        Ids of videos that a person chose for names.
    """
    by_id = {video.id: video for video in videos}
    by_name: dict[str, list[Video]] = {}
    by_stem: dict[str, list[Video]] = {}
    for video in videos:
        by_name.setdefault(_small(video.path.name), []).append(video)
        by_stem.setdefault(_small(video.path.stem), []).append(video)
    found, reasons = {}, {}
    for name in dict.fromkeys(written):
        if chosen and chosen.get(name) in by_id:
            found[name] = by_id[chosen[name]]
            continue
        parts = parts_of(name)
        last = parts[-1] if parts else ""
        candidates = by_name.get(last) or by_stem.get(_stem(last)) or []
        best = _best(parts, candidates)
        if len(best) == 1:
            found[name] = best[0]
        elif best:
            where = " and ".join(str(video.path.parent) for video in best[:2])
            reasons[name] = (
                f"{name!r} may be any of {len(best)} videos of that name (in {where}). Say which one it is."
            )
        else:
            reasons[name] = (
                f"the project has no video called {name!r}. Add the video first, or say which one it is."
            )
    return found, reasons


def beside(written: str, folder: Path) -> Path | None:
    """Return the video file of that name in ``folder`` itself; folders in the written path are not followed."""
    parts = [part for part in re.split(r"[/\\]+", written.strip()) if part]
    if not parts or parts[-1] in (".", "..") or "\0" in parts[-1]:
        return None
    for form in accents(parts[-1]):
        path = folder / form
        try:
            if path.suffix.casefold() in VIDEO_SUFFIXES and path.is_file():
                return path
        except (OSError, ValueError):
            return None
    return None


def _stem(name: str) -> str:
    return name.rsplit(".", 1)[0] if "." in name and f".{name.rsplit('.', 1)[1]}" in VIDEO_SUFFIXES else name


def _best(parts: Sequence[str], candidates: Sequence[Video]) -> list[Video]:
    def agreeing(video: Video) -> int:
        count = 0
        folders = [_small(part) for part in video.path.parent.parts]
        for ours, theirs in zip(reversed(folders), reversed(parts[:-1]), strict=False):
            if ours != theirs:
                break
            count += 1
        return count

    scores = [agreeing(video) for video in candidates]
    return [v for v, score in zip(candidates, scores, strict=True) if score == max(scores)] if scores else []
