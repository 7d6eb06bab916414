"""Prediction of the actions of a project's clips, stored beside the labels and never in their place."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.errors import BackboneError, ClassifierError, FeatureStoreError
from actiondiff_gui.evaluation.metrics import decisions
from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.inference.bouts import untouched
from actiondiff_gui.inference.origin import Loader, store_of
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.facets import is_excluded
from actiondiff_gui.project.project import Project

AT_ONCE = 256


@dataclass(frozen=True)
class ClipPredictions:
    """What a classifier said of clips.

    Attributes
    ----------
    clip_ids : tuple of str
        The N clips with an answer.
    probabilities : ndarray
        ``[N, K]`` float32.
    classes : tuple of str
    single_label : bool
    failed : dict of str to str
        For each clip without an answer, why.
    """

    clip_ids: tuple[str, ...]
    probabilities: np.ndarray
    classes: tuple[str, ...]
    single_label: bool
    failed: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.clip_ids)

    def decided(self) -> list[tuple[str, str, int, float]]:
        """Clip id, action, 1 and confidence of everything predicted, as the project keeps it."""
        chosen = decisions(self.probabilities, self.single_label)
        return [
            (clip, self.classes[k], 1, float(self.probabilities[i, k]))
            for i, clip in enumerate(self.clip_ids)
            for k in np.flatnonzero(chosen[i])
        ]

    def rows(self, project: Project) -> list[dict[str, Any]]:
        """Return a table: clip, video, first and end frame, predicted actions, and the probability of every action."""
        chosen = decisions(self.probabilities, self.single_label)
        names = {video.id: video.path.name for video in project.videos()}
        return [
            {
                "clip": clip.id,
                "video": names[clip.video_id],
                "start_frame": clip.start,
                "end_frame": clip.end,
                "predicted": ";".join(self.classes[k] for k in np.flatnonzero(chosen[i])),
                **{
                    f"p({name})": round(float(p), 4)
                    for name, p in zip(self.classes, self.probabilities[i], strict=True)
                },
            }
            for i, clip in enumerate(project.clips(self.clip_ids))
        ]


def predict_clips_job(
    project: Project,
    classifier: TrainedClassifier,
    by: str,
    clip_ids: Sequence[str] | None = None,
    load: Loader | None = None,
) -> Job[ClipPredictions]:
    """Predict clips, all or ``clip_ids``, and keep the answers in the project as predictions of ``by``.

    Labels are never touched. Clips that were excluded are left out; "all" also leaves out bouts that a model found.

    Parameters
    ----------
    load : callable, optional
        Loads the backbone, to compute features that are missing. Without it, clips without features have no answer.

    Raises
    ------
    ClassifierError
        The classifier cannot be applied to features.
    BackboneError, ClassifierError
        All clips lack features, and the backbone cannot be loaded or gives others.
    """
    store = store_of(project, classifier)
    # Bouts that a model found are answers already.
    bouts = untouched(project) if clip_ids is None else ()
    clip_ids = [c.id for c in project.clips(clip_ids) if c.id not in bouts and not is_excluded(c.facets)]
    sources = clip_sources(project, clip_ids)
    failed: dict[str, str] = {}
    address = classifier.address
    whole = store.has_at if load is None else store.sound_at
    lacking = [s for s in sources if not whole(s.key, address.reading)]
    if lacking and load is not None:
        try:
            features = load()
            report = yield from features.extract_job(features.plan(clip_ids=[s.id for s in lacking]))
            failed = dict(report.failed)
        except (BackboneError, ClassifierError) as error:
            # The others are answered from what is stored.
            if len(lacking) == len(sources):
                raise
            failed = {source.id: str(error) for source in lacking}
    found: list[str] = []
    answers = [np.zeros((0, len(classifier.classes)), np.float32)]
    for first in range(0, len(sources), AT_ONCE):
        yield Progress(first, len(sources), "classifying clips", tuple(failed.values()))
        part = _tokens(store, sources[first : first + AT_ONCE], classifier, failed)
        found += part.clip_ids
        answers.append(classifier.predict_proba(part))
    yield Progress(len(sources), len(sources), "keeping the predictions", tuple(failed.values()))
    said = ClipPredictions(
        tuple(found), np.concatenate(answers), classifier.classes, classifier.single_label, failed
    )
    with project.transaction():
        project.remove_predictions(by, clip_ids)
        project.add_labels(said.decided(), source="model", by=by)
    return said


def _tokens(
    store: TokenStore, sources: Sequence[ClipSource], classifier: TrainedClassifier, failed: dict[str, str]
) -> TokenSet:
    """Return the tokens of some clips; clips without any are added to ``failed``."""
    address, tokens = classifier.address, {}
    for source in sources:
        try:
            if (found := store.find_at(source.key, address.reading)) is not None:
                tokens[source.id], _ = found
            else:
                failed.setdefault(source.id, "It has no stored features.")
        except FeatureStoreError as error:
            failed[source.id] = str(error)
    nothing = ("",) * len(tokens)
    labels = np.zeros((len(tokens), 0), np.int8)
    return TokenSet(tuple(tokens), tuple(tokens.values()), (), labels, nothing, nothing, address)
