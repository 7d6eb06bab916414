"""What is kept of a recording beside its clips: regions of interest of subjects, and its second view.

Both stand in a setting of the project for each recording, which the history records. A bout takes its subject's region
over as its own, so that features are computed from it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project import checks
from actiondiff_gui.project.history.steps import OF_RECORDING

if TYPE_CHECKING:
    from actiondiff_gui.project.project import Project

Box = tuple[int, int, int, int]
"""x, y, width, height in whole pixels of the upright frame."""

MOST_OFFSET = 86_400.0
"""Seconds by which a second view may begin earlier or later."""


@dataclass(frozen=True, slots=True)
class SecondView:
    """Another recording of the same time.

    Attributes
    ----------
    video : str
        Id of the recording.
    offset : float
        Seconds by which it began later than the first one; below 0: earlier.
    """

    video: str
    offset: float = 0.0


def second_view(project: "Project", video_id: str) -> SecondView | None:
    """Return the second view of a recording; None where none was chosen, or the project does not have it any more."""
    match _kept(project, video_id, "second view"):
        case {"video": str(other), "offset": int(offset) | float(offset)} if (
            other != video_id and abs(offset) <= MOST_OFFSET
        ):
            known = any(video.id == other for video in project.videos())
            return SecondView(other, float(offset)) if known else None
    return None


def set_second_view(project: "Project", video_id: str, view: SecondView | None) -> None:
    """Choose the second view of a recording, None for none.

    Raises
    ------
    ProjectError
        It is the recording itself, the project does not have it, or the offset is no number of at most a day.
    """
    kept = None
    if view is not None:
        project.video(view.video)
        if view.video == video_id:
            raise ProjectError("A recording cannot be its own second view. Choose another one.")
        if not (math.isfinite(view.offset) and abs(view.offset) <= MOST_OFFSET):
            raise ProjectError("The offset of a second view is at most a day, 86,400 seconds.")
        kept = {"video": view.video, "offset": view.offset}
    _keep(project, video_id, "second view", kept)


def _kept(project: "Project", video_id: str, what: str) -> dict[str, Any]:
    found = project.setting(f"{OF_RECORDING}{video_id}", {}).get(what)
    return found if isinstance(found, dict) else {}


def _keep(project: "Project", video_id: str, what: str, value: dict[str, Any] | None) -> None:
    key = f"{OF_RECORDING}{video_id}"
    with project.transaction():
        kept = {name: each for name, each in project.setting(key, {}).items() if name != what}
        if value:
            kept[what] = value
        project.set_setting(key, kept or None)


def region(project: "Project", video_id: str, subject: str | None) -> Box | None:
    """Return the region of a subject in a recording; None where none was drawn, or what is stored is none."""
    kept = _kept(project, video_id, "regions")
    if not subject or subject not in kept:
        return None
    video = project.video(video_id)
    try:
        return checks.roi(kept[subject], video.width, video.height)
    except ProjectError:
        return None


def set_region(project: "Project", video_id: str, subject: str, roi: Sequence[int] | None) -> list[str]:
    """Set the region of a subject in a recording, None for none, and give it to the subject's bouts there.

    A bout for which another region was drawn keeps that.

    Returns
    -------
    list of str
        Ids of the clips that have another region now.

    Raises
    ------
    ProjectError
        No subject is given, or the box does not lie within the picture.
    """
    if not checks.optional_text(subject, "A subject"):
        raise ProjectError("Choose a subject first; its region is drawn after that.")
    video = project.video(video_id)
    box = checks.roi(roi, video.width, video.height)
    with project.transaction():
        before = region(project, video_id, subject)
        kept = {name: value for name, value in _kept(project, video_id, "regions").items() if name != subject}
        if box is not None:
            kept[subject] = list(box)
        _keep(project, video_id, "regions", kept)
        changed = [
            clip.id
            for clip in project.clips(video_id=video_id)
            if clip.subject == subject and clip.roi in (None, before) and clip.roi != box
        ]
        for clip_id in changed:
            project.update_clip(clip_id, roi=box)
    return changed


def change_subject(project: "Project", clip_id: str, subject: str | None) -> None:
    """Make a clip that of another subject; unless a region was drawn for the clip itself, it takes over the subject's."""
    clip = project.clip(clip_id)
    own = clip.roi not in (None, region(project, clip.video_id, clip.subject))
    roi = clip.roi if own else region(project, clip.video_id, subject)
    project.update_clip(clip_id, subject=subject or None, roi=roi)
