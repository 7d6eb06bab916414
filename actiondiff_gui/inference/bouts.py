"""Predicted bouts of a recording, stored as clips that carry only the model's prediction.

They are never labels: their only source is the model. When a model is applied again to the recording, its bouts replace
the earlier ones, whichever model found those, except every bout that a person has touched: confirmed, denied, labelled,
moved, or given a facet or a subject. Such a bout stays; a new one that covers about the same time becomes its prediction
instead of a second clip. Manually marked bouts are never changed.

The project records which clips came from a model, with their original edges; undo restores this with the clips.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from actiondiff_gui.classifier.bout_metrics import overlap
from actiondiff_gui.classifier.bouts import Bout
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Clip, PredictedBout

SAME = 0.5
"""Least intersection over union of two bouts that are taken for the same."""


@dataclass(frozen=True)
class KeptBouts:
    """What came of keeping bouts.

    Attributes
    ----------
    added : tuple of str
        Ids of the new clips.
    removed : int
        Earlier bouts that nobody had touched.
    touched : int
        Earlier bouts that a person had touched, and that stay.
    """

    added: tuple[str, ...]
    removed: int
    touched: int


def keep_bouts(
    project: Project, video_id: str, bouts: Sequence[Bout], by: str, about: Mapping[str, Any] | None = None
) -> KeptBouts:
    """Keep the bouts that the model ``by`` found in a video, replacing earlier untouched ones.

    One step of the video's history.

    Parameters
    ----------
    about : mapping, optional
        How they were found, to be done again alike: JSON values.
    """
    with project.transaction():
        known = [bout.clip_id for bout in project.predicted_bouts(video_id)]
        old = untouched(project, video_id)
        touched = [clip for clip in project.clips(known) if clip.id not in old]
        pairs = _paired(bouts, touched)
        fresh = [bout for n, bout in enumerate(bouts) if n not in pairs]
        for model in project.applied_models(video_id) | {by} if touched else ():
            project.remove_predictions(model, [clip.id for clip in touched])
        project.add_labels(
            [(touched[clip].id, bouts[n].label, 1, bouts[n].confidence) for n, clip in pairs.items()],
            source="model",
            by=by,
        )
        added = project.replace_predicted(
            video_id, old, [(b.start, b.end, b.label, b.confidence) for b in fresh], by, about
        )
    return KeptBouts(tuple(added), len(old), len(touched))


def untouched(project: Project, video_id: str | None = None) -> dict[str, PredictedBout]:
    """Return the clips of a project, or of a video, that a model found and that are unchanged since, by their ids."""
    found = {bout.clip_id: bout for bout in project.predicted_bouts(video_id)}
    if not found:
        return {}
    said = {label.clip_id for label in project.labels(found, ("person", "import"))}
    facets = {video.id: video.facets for video in project.videos()}
    return {
        clip.id: found[clip.id]
        for clip in project.clips(found)
        if clip.id not in said
        and (clip.start, clip.end) == (found[clip.id].start, found[clip.id].end)
        and clip.subject is None
        and clip.roi is None
        and clip.facets == facets[clip.video_id]
    }


def applied_to(project: Project, model: str) -> dict[str, dict[str, Any]]:
    """For each video whose bouts were last found by ``model``: how."""
    # They come in the order of the applications, so that the last one of a video stays.
    latest = {bout.video_id: bout for bout in untouched(project).values()}
    return {video: bout.about for video, bout in latest.items() if bout.model == model}


def remove_bouts_of(project: Project, model: str) -> int:
    """Remove the untouched bouts that ``model`` found; returns their number."""
    gone = [clip for clip, bout in untouched(project).items() if bout.model == model]
    project.remove_clip(gone)
    return len(gone)


def _paired(bouts: Sequence[Bout], clips: Sequence[Clip]) -> dict[int, int]:
    """For some of the bouts the clip of about the same time; each clip once, the best overlap first."""
    edges = np.array([(clip.start, clip.end) for clip in clips]).reshape(-1, 2)
    found = []
    for n, bout in enumerate(bouts if len(clips) else ()):
        shares = overlap(np.array([bout.start, bout.end]), edges)
        found += [(-float(shares[c]), n, int(c)) for c in np.flatnonzero(shares >= SAME)]
    pairs: dict[int, int] = {}
    for _, n, clip in sorted(found):
        if n not in pairs and clip not in pairs.values():
            pairs[n] = clip
    return pairs
