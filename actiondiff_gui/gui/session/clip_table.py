"""Rows of a table of clips, read from the project and read again where it changed."""

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress, repeat
from typing import Any

import numpy as np

from actiondiff_gui.gui.session.row_values import FreshValues, RowValues, splice
from actiondiff_gui.project.facets import is_excluded
from actiondiff_gui.project.formats.readers.contents import COMMENT
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Answer, Clip, Label, Video


@dataclass(frozen=True, slots=True)
class ClipRow:
    """A clip with its labels, predictions and metadata.

    Attributes
    ----------
    id, video_id, video_name : str
        Clip, its video, and the name of the video's file.
    start, end : int
        First frame, and the frame after the last one.
    fps : float
        Frames per second of the video.
    labels, denied : tuple of str
        Actions that a person or an import said it shows, and does not show.
    said_by : str
        Who labelled it: the names, people first; "" where nobody did.
    prediction : str
        Action that the latest model holds for most likely, "" where none was asked.
    confidence : float or None
        Its probability, 0 to 1.
    model : str
        Name of that model.
    facets : dict of str to str
        The video's facets, overridden by the clip's own.
    has_roi : bool
        Whether the clip has a region of interest.
    answer : Answer or None
        The last answer that was given when the clip was asked in a review.
    subject : str
        Who acts; "" for nobody in particular.
    unsure : bool
        Whether somebody who labelled it was not sure.
    """

    id: str
    video_id: str
    video_name: str
    start: int
    end: int
    fps: float
    labels: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    said_by: str = ""
    prediction: str = ""
    confidence: float | None = None
    model: str = ""
    facets: dict[str, str] = field(default_factory=dict, hash=False)
    has_roi: bool = False
    answer: Answer | None = None
    subject: str = ""
    unsure: bool = False

    @property
    def comment(self) -> str:
        """Comment on the clip."""
        return self.facets.get(COMMENT, "")

    @property
    def label(self) -> str:
        """Labels as one text, ``"walk + eat"``; "" for an unlabelled clip."""
        return " + ".join(self.labels)

    @property
    def labelled(self) -> bool:
        """Whether the clip has any label."""
        return bool(self.labels or self.denied)

    @property
    def excluded(self) -> bool:
        """Whether training, predictions, queues and scores leave it out."""
        return is_excluded(self.facets)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return (self.end - self.start) / self.fps


_AGREE: dict[str, Callable[[ClipRow], Hashable]] = {
    "said": lambda row: (
        row.labels,
        row.denied,
        row.unsure,
        row.said_by,
        row.prediction,
        row.answer.answer if row.answer else "",
    ),
    "sure": lambda row: "" if row.confidence is None else f"{row.confidence:.0%}",
    "where": lambda row: (row.video_id, row.video_name, row.subject),
    "facets": lambda row: tuple(row.facets.items()),
    "length": lambda row: (row.end - row.start, row.fps),
}
_NUMBERS: dict[str, Callable[[ClipRow], float]] = {
    "start": lambda row: row.start,
    "end": lambda row: row.end,
    "confidence": lambda row: math.nan if row.confidence is None else row.confidence,
}
_LABELS = ("said", "sure", "confidence")
"""What changes of these where labels do."""


class ClipTable:
    """The rows of all clips of a project, by video and start.

    Attributes
    ----------
    rows : list of ClipRow
    """

    def __init__(self, rows: Iterable[ClipRow] = ()) -> None:
        self.rows = list(rows)
        # Each id has a number for good, so that a table made from another one takes over the numbers and not one place.
        self._numbers = {row.id: number for number, row in enumerate(self.rows)}
        self._number_of = self._place_of = np.arange(len(self.rows))
        self._facets: dict[str, list[str]] | None = None
        self._held: frozenset[str] | None = None

    @classmethod
    def read(cls, project: Project) -> "ClipTable":
        """Read all clips of ``project``, and what facets and other values they have."""
        table = cls(_rows(project, None))
        table.facet_values()
        table.held()
        return table

    @cached_property
    def values(self) -> RowValues[ClipRow]:
        """What filters and orders ask of the clips.

        They agree in what was "said" of them, in how "sure" a prediction is, "where" they are, in "facets", in "length".
        The numbers are "start", "end" and "confidence", NaN where there is none.
        """
        return RowValues(_AGREE, _NUMBERS, self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[ClipRow]:
        return iter(self.rows)

    def __contains__(self, clip_id: object) -> bool:
        return clip_id in self._numbers

    def ids(self) -> Set[str]:
        """Return the ids of all clips."""
        return self._numbers.keys()

    def get(self, clip_id: str | None) -> ClipRow | None:
        """Return the row of a clip, or None if there is no such clip."""
        number = None if clip_id is None else self._numbers.get(clip_id)
        return None if number is None else self.rows[self._place_of[number]]

    def place(self, clip_id: str) -> int:
        """Return the index of a clip in :attr:`rows`.

        Raises
        ------
        KeyError
            If there is no such clip.
        """
        return int(self._place_of[self._numbers[clip_id]])

    def known(self, clip_ids: Iterable[str]) -> list[ClipRow]:
        """Return the rows of the clips that exist, in the order of ``clip_ids``."""
        return [self.rows[place] for place in self.places(clip_ids).tolist()]

    def places(self, clip_ids: Iterable[str]) -> np.ndarray:
        """Return the indices ``[n]`` in :attr:`rows` of the clips that exist, in the order of ``clip_ids``."""
        numbers = np.fromiter(map(self._numbers.get, clip_ids, repeat(-1)), np.int64)
        return self._place_of[numbers[numbers >= 0]]

    def places_of_each(self, clip_ids: Iterable[str]) -> np.ndarray:
        """Return the indices in :attr:`rows` of each of the clips, -1 of one that does not exist."""
        numbers = np.fromiter(map(self._numbers.get, clip_ids, repeat(-1)), np.int64)
        known, places = numbers >= 0, np.full(len(numbers), -1)
        places[known] = self._place_of[numbers[known]]
        return places

    def of_video(self, video_id: str | None) -> list[ClipRow]:
        """Return the rows of one video by start."""
        return [self.rows[place] for place in self._of_video(video_id).tolist()]

    def _of_video(self, video_id: str | None) -> np.ndarray:
        everywhere = np.arange(len(self.rows))
        return np.flatnonzero(
            self.values.alike["where"].hold(everywhere, lambda row: row.video_id == video_id)
        )

    def facet_values(self) -> dict[str, list[str]]:
        """Return each facet that some clip has, with its values, all sorted. The same object until a facet changes."""
        if self._facets is None:
            self._facets = {}
            alike = self.values.alike["facets"].present()
            for key, value in sorted({pair for row in alike for pair in row.facets.items()}):
                self._facets.setdefault(key, []).append(value)
        return self._facets

    def facet_keys(self) -> list[str]:
        """Return the names of all facets that some clip has, sorted."""
        return list(self.facet_values())

    def held(self) -> frozenset[str]:
        """Return which of "prediction", "subject" and "answer" some clip has."""
        if self._held is None:
            said, where = self.values.alike["said"].present(), self.values.alike["where"].present()
            held = {
                "prediction": any(row.prediction for row in said),
                "subject": any(row.subject for row in where),
                "answer": any(row.answer for row in said),
            }
            self._held = frozenset(kind for kind, some in held.items() if some)
        return self._held

    def read_again(self, project: Project, clip_ids: Iterable[str], only_labels: bool = False) -> "FreshRows":
        """Read clips again, which all still exist, or only their labels; the table is not changed."""
        if only_labels:
            changes = self._relabelled(project, clip_ids)
        else:
            rows = _rows(project, list(clip_ids))
            changes = list(zip(self.known(row.id for row in rows), rows, strict=True))
        rows = [row for _, row in changes]
        ids = tuple([row.id for row in rows])
        actions = frozenset([name for row in rows for name in (*row.labels, *row.denied)])
        values = self.values.of(rows, _LABELS if only_labels else None)
        return FreshRows(self, changes, only_labels, ids, actions, values)

    def _relabelled(self, project: Project, clip_ids: Iterable[str]) -> list[tuple[ClipRow, ClipRow]]:
        """Return the rows of the clips that exist, each with the same row as its labels are now."""
        said: dict[str, list[Label]] = {clip: [] for clip in clip_ids if clip in self._numbers}
        coder = project.seen_by
        for label in project.labels(list(said)):
            if coder is None or (label.source, label.by) == ("person", coder):
                said[label.clip_id].append(label)
        rows = zip(self.known(said), map(_heard, said.values()), strict=True)
        return [(row, replace(row, **dict(zip(_HEARD, heard, strict=True)))) for row, heard in rows]

    def take(self, fresh: "FreshRows") -> list[str]:
        """Put rows that were read again in place; returns the clips whose rows were replaced since, which are left alone."""
        places, rows = self.places(fresh.ids), self.rows
        known = [rows[place] for place in places.tolist()]
        taken = np.array([now is before for now, (before, _) in zip(known, fresh.changes, strict=True)], bool)
        for place, (before, row) in compress(
            zip(places.tolist(), fresh.changes, strict=True), taken.tolist()
        ):
            if not fresh.only_labels and row.facets != before.facets:
                self._facets = None
            rows[place] = row
        self.values.put(places[taken], fresh.values, taken)
        self._held = None
        return list(compress(fresh.ids, (~taken).tolist()))

    def with_video(self, project: Project, video_id: str) -> "ClipTable":
        """Return a new table with all clips of one video read again; the others are shared."""
        return self._with(project, video_id, _rows(project, project.clip_ids(video_id), hide=True))

    def with_clips(self, project: Project, video_id: str, clip_ids: Iterable[str]) -> "ClipTable":
        """Return a new table with these clips of one video read again, and those that it did not have; others are shared.

        Clips that the project has no more are left out.
        """
        if project.seen_by is not None:  # what one coder does not see is not in the table, and not new
            return self.with_video(project, video_id)
        ids, touched = project.clip_ids(video_id), set(clip_ids)
        wanted = [clip for clip in ids if clip in touched or clip not in self]
        fresh = {row.id: row for row in _rows(project, wanted)} if wanted else {}
        rows = [fresh.get(clip) or self.rows[self.place(clip)] for clip in ids]
        return self._with(project, video_id, rows)

    def _with(self, project: Project, video_id: str, fresh: list[ClipRow]) -> "ClipTable":
        """Return a new table with other rows of one video."""
        before = self._of_video(video_id)
        if len(before):
            return self._spliced(before, int(before[0]), fresh)
        order = {video.id: n for n, video in enumerate(project.videos())}
        here = order[video_id]
        first = next((i for i, row in enumerate(self.rows) if order[row.video_id] > here), len(self.rows))
        return self._spliced(before, first, fresh)

    def without(self, clip_ids: Iterable[str]) -> "ClipTable":
        """Return a new table without these clips; the rows of others are shared."""
        return self._spliced(self.places(clip_ids), 0, [])

    def _spliced(self, gone: np.ndarray, first: int, fresh: list[ClipRow]) -> "ClipTable":
        """Return a new table without the clips at the places ``gone``, and with ``fresh`` before place ``first`` of the others."""
        stays = np.ones(len(self.rows), bool)
        stays[gone] = False
        table = ClipTable()
        table.rows = list(compress(self.rows, stays.tolist()))
        table.rows[first:first] = fresh
        table.values = self.values.spliced(gone, first, fresh)
        numbers, count, ids = self._numbers.copy(), len(self._place_of), [row.id for row in fresh]
        for clip in {self.rows[place].id for place in gone.tolist()}.difference(ids):
            del numbers[clip]
        for clip in ids:
            if clip not in numbers:
                numbers[clip], count = count, count + 1
        table._numbers = numbers
        table._number_of = splice(self._number_of, gone, first, [numbers[clip] for clip in ids])
        table._place_of = np.full(count, -1)
        table._place_of[table._number_of] = np.arange(len(table.rows))
        return table


@dataclass(frozen=True)
class FreshRows:
    """Rows of some clips of a table as they were read again.

    Attributes
    ----------
    table : ClipTable
    changes : list of tuple
        Each row as it was in the table, and as it is now.
    only_labels : bool
        Whether nothing but labels was read again.
    ids : tuple of str
        The clips.
    actions : frozenset of str
        The actions in their labels.
    values : FreshValues
        What filters and orders ask of them.
    """

    table: ClipTable
    changes: list[tuple[ClipRow, ClipRow]]
    only_labels: bool
    ids: tuple[str, ...]
    actions: frozenset[str]
    values: FreshValues[ClipRow]


_FEW = 8
"""Videos that are read one by one rather than all at once."""


def _rows(project: Project, clip_ids: list[str] | None, hide: bool = False) -> list[ClipRow]:
    clips = project.clips(clip_ids)
    wanted = {clip.video_id for clip in clips}
    known = map(project.video, wanted) if len(wanted) <= _FEW else project.videos()
    videos = {video.id: (video, video.path.name) for video in known}
    said: dict[str, list[Label]] = {}
    for label in project.labels(clip_ids):
        said.setdefault(label.clip_id, []).append(label)
    if project.seen_by is not None:
        clips, said = _for_one(project.seen_by, clips, said, videos, hide or clip_ids is None)
    answers = {answer.clip_id: answer for answer in project.answers(clip_ids)}
    return [_row(clip, *videos[clip.video_id], said.get(clip.id, ()), answers.get(clip.id)) for clip in clips]


def _for_one(
    coder: str,
    clips: list[Clip],
    said: dict[str, list[Label]],
    videos: dict[str, tuple[Video, str]],
    hide: bool,
) -> tuple[list[Clip], dict[str, list[Label]]]:
    """Return only the labels of ``coder``; with ``hide`` without bouts of others, whose edges would reveal them."""
    own = {i: [s for s in each if s.source == "person" and s.by == coder] for i, each in said.items()}

    def shown(clip: Clip) -> bool:
        whole = clip.start == 0 and clip.end == videos[clip.video_id][0].frame_count
        return whole or bool(own.get(clip.id)) or clip.id not in said

    return [clip for clip in clips if not hide or shown(clip)], own


def _row(
    clip: Clip, video: Video, video_name: str, said: Sequence[Label], answer: Answer | None = None
) -> ClipRow:
    *heard, unsure = _heard(said)
    return ClipRow(
        clip.id,
        clip.video_id,
        video_name,
        clip.start,
        clip.end,
        video.fps,
        *heard,
        clip.facets,
        clip.roi is not None,
        answer,
        clip.subject or "",
        unsure,
    )


_HEARD = ("labels", "denied", "said_by", "prediction", "confidence", "model", "unsure")


def _heard(said: Sequence[Label]) -> tuple[Any, ...]:
    """Return the attributes :data:`_HEARD` of a row."""
    trusted = [s for s in said if s.source != "model"]
    predictions = [s for s in said if s.source == "model" and s.value == 1]
    if len(trusted) > 1:
        # A person outweighs an import, and of several the latest counts, as in Project.label_matrix.
        trusted.sort(key=lambda s: (s.source == "person", s.time))
    verdicts = {s.action: s.value for s in trusted}
    if len(verdicts) > 1:
        verdicts = {s.action: verdicts[s.action] for s in said if s.action in verdicts}
    best = predictions[0] if predictions else None
    if len(predictions) > 1:
        latest = max(predictions, key=lambda s: (s.time, s.confidence or 0))
        best = max((s for s in predictions if s.by == latest.by), key=lambda s: s.confidence or 0)
    return (
        tuple([action for action, value in verdicts.items() if value == 1]),
        tuple([action for action, value in verdicts.items() if value == -1]),
        ", ".join(dict.fromkeys(s.by or s.source for s in reversed(trusted))) if trusted else "",
        best.action if best else "",
        best.confidence if best else None,
        best.by if best else "",
        any(s.source == "person" and s.confidence is not None and s.confidence < 1 for s in trusted),
    )
