"""Records of a video, clip, action and label."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Video:
    """One video file of a project.

    Attributes
    ----------
    id : str
        Stable id, never reused.
    path : Path
        Absolute path, worked out from where the project file lies now. The file may be missing.
    fingerprint : str
        Fingerprint of the file's content when it was added.
    frame_count : int
        Frames that can be decoded.
    fps : float
        Mean frames per second.
    width, height : int
        Pixels of an upright frame (after rotation metadata).
    source_group : str
        Clips of one group come from one recording and never sit on both sides of a split.
    facets : dict of str to str
        What holds for the whole video ("species": "mouse"); its clips inherit it.
    """

    id: str
    path: Path
    fingerprint: str
    frame_count: int
    fps: float
    width: int
    height: int
    source_group: str
    facets: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of one video, shown by one animal or by whatever is in the picture.

    Attributes
    ----------
    id : str
        Stable id, never reused.
    video_id : str
        Video that the clip lies in.
    start, end : int
        First frame, and the frame after the last one.
    subject : str or None
        Who acts ("mouse 2").
    roi : tuple of int or None
        Region of interest ``(x, y, width, height)`` in pixels of the upright frame.
    source_group : str
        Source group of the video.
    facets : dict of str to str
        The video's facets, overridden by the clip's own.
    """

    id: str
    video_id: str
    start: int
    end: int
    subject: str | None
    roi: tuple[int, int, int, int] | None
    source_group: str
    facets: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Modifier:
    """What may be told of a bout of an action beside its name.

    Attributes
    ----------
    name : str
        "" for one without a name.
    kind : str
        ``"single"`` (one of ``values``), ``"multiple"`` (any of them) or ``"number"``.
    values : tuple of str
    """

    name: str
    kind: str = "single"
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """An action that clips can be labelled with.

    Attributes
    ----------
    name : str
    colour : str
        ``"#RRGGBB"``.
    description : str
    key : str
        Its own key as Qt writes it (``"A"``, ``"Shift+A"``, ``"F2"``); "" for none.
    group : str
        Of the actions of one group a subject shows one at a time; "" for an action beside all others.
    category : str
        Heading in the ethogram.
    point : bool
        An event without a duration: a bout of it is one frame.
    modifiers : tuple of Modifier
    """

    name: str
    colour: str
    description: str = ""
    key: str = ""
    group: str = ""
    category: str = ""
    point: bool = False
    modifiers: tuple[Modifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """What one source says about one clip and one action.

    Attributes
    ----------
    clip_id, action : str
        Clip and name of the action.
    value : int
        1: the clip shows the action; -1: it does not. A clip nobody judged has no row.
    source : str
        ``"person"``, ``"import"`` or ``"model"``. A model's rows are predictions, not labels.
    by : str
        Name of the annotator, the imported file or the model.
    confidence : float or None
        Between 0 and 1, where the source gave one.
    time : datetime
        When it was said (UTC).
    """

    clip_id: str
    action: str
    value: int
    source: str
    by: str
    confidence: float | None
    time: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person answered when a clip was asked in a review.

    Attributes
    ----------
    clip_id : str
    answer : str
        ``"confirmed"`` (what was predicted is right), ``"corrected"`` (something else is), ``"denied"`` (it is
        not that), ``"skipped"`` or ``"excluded"`` (the clip is no good).
    said : tuple of str
        The actions that the clip was said to show; for ``"denied"`` those it was said not to show.
    by : str
        Who answered.
    time : datetime
        When (UTC).
    model : str
        The model that had predicted, "" where there was none.
    predicted : tuple of str
        What it had predicted, and ``confidence``, its probability of that.
    confidence : float or None
    asked : str
        Why the clip was asked: the order of the queue, such as ``"uncertainty"`` or ``"random"``.

    Names of actions are those of the time of the answer.
    """

    clip_id: str
    answer: str
    said: tuple[str, ...]
    by: str
    time: datetime
    model: str
    predicted: tuple[str, ...]
    confidence: float | None
    asked: str


@dataclass(frozen=True, slots=True)
class PredictedBout:
    """A clip that a model found in a recording.

    Attributes
    ----------
    clip_id, video_id : str
    start, end : int
        First frame, and the frame after the last one, as they were found.
    application : int
        Number of the application of the model to the video; a later one has a higher number.
    model : str
        Name that the model has now.
    about : dict
        How it was applied, to be done again alike: JSON values.
    """

    clip_id: str
    video_id: str
    start: int
    end: int
    application: int
    model: str
    about: dict[str, Any] = field(hash=False)
