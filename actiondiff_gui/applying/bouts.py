"""How are bouts kept that a model found in a recording? As clips that carry nothing but its prediction.

They are never labels: nobody's name but the model's stands at them. When a model is applied again to the recording, its
bouts take the place of the earlier ones, whichever model found those - but for every bout that a person has touched:
confirmed, denied, labelled, moved, or given a facet or a subject. Such a bout stays; a new one that covers about the same
time becomes the prediction of it instead of a second clip. What a person marked by hand is left alone altogether.

Which clips came from a model is written down in the project's settings, with the edges they had; the last
applications are remembered, so that undo can go back to them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from actiondiff_gui.classifier.bout_metrics import overlap
from actiondiff_gui.classifier.bouts import Bout
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Clip

REMEMBERED = 5
"""Applications to a recording that are remembered."""
SAME = 0.5
"""Least intersection over union of two bouts that are taken for the same."""
_KEY = "predicted_bouts/"


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
    project: Project, video_id: str, bouts: Sequence[Bout], by: str, about: dict[str, Any] | None = None
) -> KeptBouts:
    """Keep the bouts that the model ``by`` found in a video, in the place of earlier ones that nobody touched.

    One step of the video's history.

    Parameters
    ----------
    about : dict, optional
        How they were found, to be done again alike: JSON values.
    """
    applied = _applications(project, video_id)
    old = untouched(project, video_id)
    touched = _touched(project, video_id, old)
    pairs = _paired(bouts, touched)
    fresh = [bout for n, bout in enumerate(bouts) if n not in pairs]
    with project.transaction():
        for model in {one.get("model") for one in applied} | {by}:
            if touched and isinstance(model, str):
                project.remove_predictions(model, [clip.id for clip in touched])
        project.add_labels(
            [(touched[clip].id, bouts[n].label, 1, bouts[n].confidence) for n, clip in pairs.items()],
            source="model",
            by=by,
        )
        added = project.replace_predicted(
            video_id, [clip.id for clip in old], [(b.start, b.end, b.label, b.confidence) for b in fresh], by
        )
        edges = {clip: [b.start, b.end] for clip, b in zip(added, fresh, strict=True)}
        # A touched bout has to be known as one for as long as it is there.
        edges |= {clip.id: _known(project, video_id)[clip.id] for clip in touched}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        new = {"model": by, "time": now, "about": about or {}, "clips": edges}
        project.set_setting(_KEY + video_id, [*applied, new][-REMEMBERED:])
    return KeptBouts(tuple(added), len(old), len(touched))


def untouched(project: Project, video_id: str) -> list[Clip]:
    """Clips of a video that a model found, and that are still as it found them."""
    known = _known(project, video_id)
    if not known:
        return []
    clips = [clip for clip in project.clips(video_id=video_id) if clip.id in known]
    said = {label.clip_id for label in project.labels([c.id for c in clips], ("person", "import"))}
    facets = project.video(video_id).facets
    return [
        clip
        for clip in clips
        if clip.id not in said
        and [clip.start, clip.end] == known[clip.id]
        and clip.subject is None
        and clip.roi is None
        and clip.facets == facets
    ]


def untouched_ids(project: Project) -> set[str]:
    """Ids of all such clips of a project."""
    return {clip.id for video in project.videos() for clip in untouched(project, video.id)}


def applied_to(project: Project, model: str) -> dict[str, dict[str, Any]]:
    """For each video whose bouts were last found by ``model``: how."""
    found = {}
    for video in project.videos():
        applied = _applications(project, video.id)
        if applied and applied[-1].get("model") == model and untouched(project, video.id):
            about = applied[-1].get("about")
            found[video.id] = about if isinstance(about, dict) else {}
    return found


def remove_bouts_of(project: Project, model: str) -> int:
    """Remove the bouts that ``model`` found and nobody touched; returns how many there were."""
    count = 0
    for video_id in applied_to(project, model):
        gone = untouched(project, video_id)
        project.remove_clip([clip.id for clip in gone])
        count += len(gone)
    return count


def rename_in_bouts(project: Project, old: str, new: str) -> None:
    """Let what the model ``old`` found be remembered under its new name."""
    for video in project.videos():
        applied = _applications(project, video.id)
        if any(one.get("model") == old for one in applied):
            renamed = [{**one, "model": new} if one.get("model") == old else one for one in applied]
            with project.transaction(record=False):
                project.set_setting(_KEY + video.id, renamed)


def _touched(project: Project, video_id: str, old: Iterable[Clip]) -> list[Clip]:
    """Clips that a model found once and somebody touched since."""
    known, mine = _known(project, video_id), {clip.id for clip in old}
    return [clip for clip in project.clips(video_id=video_id) if clip.id in known and clip.id not in mine]


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


def _applications(project: Project, video_id: str) -> list[dict[str, Any]]:
    kept = project.setting(_KEY + video_id, [])
    kept = kept if isinstance(kept, list) else []
    return [one for one in kept if isinstance(one, dict) and isinstance(one.get("clips"), dict)]


def _known(project: Project, video_id: str) -> dict[str, list[int]]:
    return {clip: edges for one in _applications(project, video_id) for clip, edges in one["clips"].items()}
