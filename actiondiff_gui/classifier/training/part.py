"""Selection and validation of the clips that a classifier is trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.classifier.training.batches import check_clips
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.evaluation.labels import is_single_label, labelled, targets
from actiondiff_gui.evaluation.sources import source_names
from actiondiff_gui.features.tokens import TokenSet


@dataclass(frozen=True)
class TrainingPart:
    """Clips in the order of their ids, so that nothing learned depends on the order they came in.

    Attributes
    ----------
    tokens : TokenSet
        The N clips.
    truth, known : ndarray
        ``[N, K]`` bool, see :func:`actiondiff_gui.evaluation.labels.targets`.
    single_label : bool
        Whether exactly one action is true, judged by the labels of all clips, not of these alone.
    passed_over : tuple of str
        One sentence for each clip that was left out.
    """

    tokens: TokenSet
    truth: np.ndarray
    known: np.ndarray
    single_label: bool
    passed_over: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.tokens)


def usable_part(
    tokens: TokenSet,
    indices: Sequence[int] | np.ndarray,
    unlabelled_as_negative: bool = True,
    exclusive: bool = False,
) -> TrainingPart:
    """Return the labelled clips at ``indices``, checked.

    Parameters
    ----------
    tokens : TokenSet
        All clips.
    indices : sequence of int
        Which of them; repeated ones count once.
    unlabelled_as_negative : bool
        See :func:`actiondiff_gui.evaluation.labels.targets`.
    exclusive : bool
        Every clip must show exactly one action (cross-entropy). A clip that shows none is skipped.

    Raises
    ------
    ClassifierError
        An index points to no clip, tokens are missing, not finite or of mixed channels, or a clip shows
        several actions where exactly one is needed.
    """
    chosen = np.unique(np.asarray(indices, dtype=int))
    if len(chosen) and not (chosen[0] >= 0 and chosen[-1] < len(tokens)):
        raise ClassifierError(
            f"Clip number {chosen[0] if chosen[0] < 0 else chosen[-1]} was asked for, but there are only "
            f"{len(tokens)} clips: make the split again for these clips."
        )
    shown = (tokens.labels == 1).sum(axis=1)
    has_label = labelled(tokens.labels)
    passed_over, keep = [], []
    order = tokens.order
    for i in sorted(chosen.tolist(), key=lambda i: order[i]):
        if not has_label[i]:
            passed_over.append(f"Clip {tokens.clip_ids[i]} has no label and was not used.")
        elif exclusive and shown[i] == 0:
            passed_over.append(f"Clip {tokens.clip_ids[i]} is not labelled with any action and was not used.")
        elif exclusive and shown[i] > 1:
            raise ClassifierError(
                f"Clip {tokens.clip_ids[i]} shows {shown[i]} actions, and cross-entropy needs exactly one: "
                "choose the focal loss, or one action for each clip."
            )
        else:
            keep.append(i)
    part = tokens.subset(keep)
    check_clips(part.clip_ids, part.tokens)
    truth, known = targets(part.labels, unlabelled_as_negative)
    single_label = exclusive or is_single_label(tokens.labels)
    return TrainingPart(part, truth, known, single_label, tuple(passed_over))


def training_part(
    tokens: TokenSet,
    indices: Sequence[int] | np.ndarray,
    unlabelled_as_negative: bool = True,
    exclusive: bool = False,
    single_source: bool = False,
) -> TrainingPart:
    """Return the clips at ``indices`` as a part to train on; parameters as for :func:`usable_part`.

    Raises
    ------
    ClassifierError
        Besides those of :func:`usable_part`: there is no labelled clip; only one action occurs, or no
        action has both positives and negatives; all clips come from one source and ``single_source``
        does not allow it.
    """
    part = usable_part(tokens, indices, unlabelled_as_negative, exclusive)
    if not len(part):
        raise ClassifierError(
            "There are no labelled clips to train on: label some clips of each action first."
        )
    names = [tokens.classes[k] for k in np.flatnonzero(part.truth.any(axis=0))]
    if part.single_label and len(names) < 2:
        raise ClassifierError(
            f"All {len(part)} training clips show '{names[0]}': label clips of at least one other action."
        )
    learnable = (part.truth & part.known).any(axis=0) & (~part.truth & part.known).any(axis=0)
    if not learnable.any():
        raise ClassifierError(
            "No action has both clips that show it and clips that do not: label clips without the action, or "
            "let unlabelled count as negative."
        )
    sources = set(source_names(part.tokens).tolist())
    if len(sources) == 1 and len(part) > 1 and not single_source:
        raise ClassifierError(
            f"All {len(part)} training clips come from one source ('{part.tokens.groups[0]}'), and the "
            "model may learn that recording instead of the actions: add clips of another one, or allow a single source."
        )
    return part
