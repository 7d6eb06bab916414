"""Bouts of a project by source: all labels, one annotator, a model, or labels completed by a model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from actiondiff_gui.ethogram.bouts import Bouts, Recording, Said, bouts_of
from actiondiff_gui.progress import let_go
from actiondiff_gui.project.formats.imports.entries import own_facet
from actiondiff_gui.project.formats.readers.contents import of_bout
from actiondiff_gui.project.formats.writers.named_bout import NamedBout
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Clip, Label

LABELS, PREDICTIONS, BOTH, RATER = "labels", "predictions", "both", "rater"


@dataclass(frozen=True)
class Source:
    """What counts as having happened.

    Attributes
    ----------
    kind : str
        LABELS: what persons and imports said, a person before an import and the latest first. PREDICTIONS: what
        the model called ``name`` said. BOTH: labels, and predictions in frames that have none. RATER: what
        ``name`` alone said, a person or an import.
    name : str
        Model or rater.
    """

    kind: str = LABELS
    name: str = ""

    def words(self) -> str:
        """Return a description of the source, to be read by a person."""
        return {
            LABELS: "labels",
            PREDICTIONS: f"predictions of {self.name}",
            BOTH: f"labels, else predictions of {self.name}",
            RATER: f"labels of {self.name}",
        }[self.kind]


def raters(project: Project) -> list[tuple[str, int]]:
    """Return persons and imports that labelled, with the number of labels, most first."""
    return _names(project, ("person", "import"))


def models(project: Project) -> list[tuple[str, int]]:
    """Models that predicted, with the number of predictions, most first."""
    return _names(project, ("model",))


def _names(project: Project, sources: Sequence[str]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for source, name, count in project.speakers():
        if source in sources:
            counts[name or source] = counts.get(name or source, 0) + count
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def read_bouts(project: Project, source: Source, video_ids: Sequence[str] | None = None) -> Bouts:
    """Return the bouts of all videos or of ``video_ids``, in the order of the project."""
    wanted = None if video_ids is None else set(video_ids)
    videos = [video for video in project.videos() if wanted is None or video.id in wanted]
    index = {video.id: n for n, video in enumerate(videos)}
    clips = {clip.id: clip for clip in project.clips() if clip.video_id in index}
    said: dict[str, list[Label]] = {}
    for label in project.labels(sources=_trusted(source)):
        if label.clip_id in clips:
            said.setdefault(label.clip_id, []).append(label)
    facets = _common_facets(clips.values())
    recordings = [
        Recording(
            video.id,
            video.path.name,
            video.frame_count,
            video.fps,
            {**video.facets, **facets.get(video.id, {})},
        )
        for video in videos
    ]
    rows = [
        Said(
            index[clips[clip_id].video_id],
            clips[clip_id].subject,
            clips[clip_id].start,
            clips[clip_id].end,
            label.action,
            label.value,
            label.source == "model",
            label.confidence,
            clip_id,
            label.by or label.source,
        )
        for clip_id, labels in said.items()
        for label in _verdicts(labels, source)
    ]
    actions = [action.name for action in project.actions()]
    for done in (clips, said):
        objects = list(done.values())
        done.clear()
        let_go(objects)
    return bouts_of(rows, recordings, actions, labels_first=source.kind == BOTH)


def _trusted(source: Source) -> tuple[str, ...]:
    if source.kind == PREDICTIONS:
        return ("model",)
    return ("person", "import", "model") if source.kind == BOTH else ("person", "import")


def _verdicts(labels: Sequence[Label], source: Source) -> list[Label]:
    """Return the valid labels of one clip: a person's before a model's, and of those the latest."""
    if source.kind in (RATER, PREDICTIONS):
        labels = [label for label in labels if (label.by or label.source) == source.name]
    predicted = [label for label in labels if label.source == "model" and label.by == source.name]
    trusted = [label for label in labels if label.source != "model"]
    trusted.sort(key=lambda label: (label.source == "person", label.time))
    return [*{label.action: label for label in trusted}.values(), *predicted]


def _common_facets(clips: Iterable[Clip]) -> dict[str, dict[str, str]]:
    """For each video the facets of its clips, "(mixed)" where they differ; clips without a facet say nothing of it."""
    out: dict[str, dict[str, str]] = {}
    for clip in clips:
        mine = out.setdefault(clip.video_id, {})
        for key, value in clip.facets.items():
            if of_bout(key):
                continue
            if mine.setdefault(key, value) != value:
                mine[key] = MIXED
    return out


MIXED = "(mixed)"
"""Value of a facet in a recording whose clips do not agree on it."""


def named(bouts: Bouts, clip_facets: Mapping[str, Mapping[str, str]] | None = None) -> list[NamedBout]:
    """Return the bouts as the exports take them; ``clip_facets`` are facets of clips by their ids."""
    of_clip: dict[int, set[str]] = {}
    for clip, action in zip(bouts.clip.tolist(), bouts.action.tolist(), strict=True):
        of_clip.setdefault(clip, set()).add(bouts.actions[action])

    def facets(clip: int, action: str) -> dict[str, str]:
        known = (clip_facets or {}).get(bouts.clip_ids[clip], {})
        own = {k: own_facet(v, action, of_clip[clip] - {action}) for k, v in known.items() if of_bout(k)}
        return {key: value for key, value in own.items() if value}

    return [
        NamedBout(
            bouts.recordings[recording].id,
            start,
            end,
            bouts.actions[action],
            bouts.subjects[subject],
            by,
            predicted,
            None if not predicted or sure != sure else sure,
            facets(clip, bouts.actions[action]),
        )
        for recording, subject, action, start, end, predicted, sure, clip, by in zip(
            bouts.recording.tolist(),
            bouts.subject.tolist(),
            bouts.action.tolist(),
            bouts.start.tolist(),
            bouts.end.tolist(),
            bouts.predicted.tolist(),
            bouts.confidence.tolist(),
            bouts.clip.tolist(),
            bouts.said_by,
            strict=True,
        )
    ]
