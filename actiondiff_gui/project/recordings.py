"""Regions of interest of subjects: drawn once for a subject in a recording, and taken over by its bouts.

They are kept as a setting of the project for each recording, which the history records. A bout takes its subject's region
over as its own, so that features are computed from it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project import checks
from actiondiff_gui.project.history.steps import REGIONS

if TYPE_CHECKING:
    from actiondiff_gui.project.project import Project

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels of the upright frame."""


def region(project: "Project", video_id: str, subject: str | None) -> Box | None:
    """Return the region of a subject in a recording; None where none was drawn, or what is stored is none."""
    kept = project.setting(f"{REGIONS}{video_id}", {})
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
    key = f"{REGIONS}{video_id}"
    with project.transaction():
        before = region(project, video_id, subject)
        kept = {name: value for name, value in project.setting(key, {}).items() if name != subject}
        if box is not None:
            kept[subject] = list(box)
        project.set_setting(key, kept or None)
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
