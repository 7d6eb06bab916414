"""The project: videos, clips, labels and facets in one SQLite file.

One project is one SQLite file. A change is on disk when the call that made it returns.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import EllipsisType
from typing import Any

import numpy as np

from actiondiff_gui.errors import ProjectBusyError, ProjectError
from actiondiff_gui.project import (
    actions,
    answers,
    checks,
    clips,
    facets,
    labels,
    open_bouts,
    predicted_bouts,
    removed_videos,
    videos,
)
from actiondiff_gui.project.history import steps as history
from actiondiff_gui.project.history import undo as taking_back
from actiondiff_gui.project.history.undo import TakenBack
from actiondiff_gui.project.paths import absolute, adopt
from actiondiff_gui.project.records import Action, Answer, Clip, Label, PredictedBout, Video
from actiondiff_gui.project.removed_videos import Removed
from actiondiff_gui.project.rows import numbers
from actiondiff_gui.project.storage import exclusive_use
from actiondiff_gui.project.storage import row_checks as sound
from actiondiff_gui.project.storage.database import Database


class Project:
    """The videos, clips, labels and facets of one project file; use it as a context manager or close it.

    Every method that changes something either does all of it or raises :class:`ProjectError` and does
    nothing. One project may be used from several threads; a transaction makes the other threads wait.

    Attributes
    ----------
    path : Path
        Absolute path of the project file.
    person : str
        Whose steps the changes are that are made from now on; "" for a program.
    seen_by : str or None
        A coder who must not see what others said; None where everything is shown. Only windows look at it.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.person = ""
        self.seen_by: str | None = None
        self._database = Database(absolute(path))
        self.path = self._database.path
        adopt(self.path)
        self._settings = dict(self._database.read("SELECT key, value FROM setting"))

    @classmethod
    def create(cls, path: str | os.PathLike[str]) -> "Project":
        """Create an empty project; the folder must exist and the file must not."""
        Database.create(absolute(path))
        return cls(path)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "Project":
        """Open a project; raises for a file that is no project, is damaged or too new, and leaves it unchanged."""
        return cls(path)

    def close(self) -> None:
        """Close the file. Nothing is left to save."""
        self._database.close()

    def __enter__(self) -> "Project":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self, record: bool | None = True, by: str | None = None) -> Iterator[None]:
        """Make all changes inside the block together, with one commit, or none of them if it raises.

        The block is one step of the history, that of ``by``, at first of :attr:`person`. With ``record`` false it
        cannot be undone, and neither can what was done to the same clips before; None leaves the history as it is.

        Raises
        ------
        ProjectBusyError
            Another program uses the project for longer than this thread waits; nothing was changed.
        """
        before = None
        try:
            with self._database.transaction(record, self._whose(by)):
                before = dict(self._settings)
                yield
        except BaseException:
            self._settings = self._settings if before is None else before
            raise

    # Videos

    def add_video(
        self,
        path: str | os.PathLike[str],
        *,
        frame_count: int,
        fps: float,
        width: int,
        height: int,
        fingerprint: str,
        source_group: str | None = None,
        facets: Mapping[str, str] | None = None,
    ) -> Video:
        """Add a video file, or return the video that this file already is.

        Parameters
        ----------
        path : path
            Where the file lies. Stored relative to the project where it lies in or beside its folder.
        frame_count, fps, width, height
            Frames, mean frames per second, and pixels of an upright frame.
        fingerprint : str
            Fingerprint of the content.
        source_group : str, optional
            Recording that the video was cut from. At first each video is a group of its own, named by its
            path; copies of one file share a group.
        facets : mapping, optional
            What holds for the whole video.

        Raises
        ------
        ProjectError
            A number makes no sense, or another file was added under this path before.
        """
        with self.transaction():
            measures = (frame_count, fps, width, height)
            return self.video(videos.add(self._database, path, fingerprint, measures, source_group, facets))

    def videos(self) -> list[Video]:
        """All videos in the order they were added."""
        return videos.read(self._database)

    def video(self, video_id: str) -> Video:
        """Return the video with this id."""
        return videos.read(self._database, [video_id])[0]

    def move_video(self, video_id: str, path: str | os.PathLike[str], fingerprint: str) -> Video:
        """Tell where a video lies now; its ``fingerprint`` must be the one it had."""
        with self.transaction():
            videos.move(self._database, video_id, path, fingerprint)
            return self.video(video_id)

    def set_source_group(self, video_ids: str | Iterable[str], source_group: str) -> None:
        """Say that videos were cut from one recording."""
        with self.transaction():
            videos.set_source_group(self._database, _list(video_ids), source_group)

    def remove_video(self, video_id: str | Iterable[str]) -> None:
        """Take videos, their clips and their labels out of the project, which undo puts back; the files themselves stay."""
        with self.transaction():
            chosen = numbers(self._database, "video", _list(video_id))
            self._database.run(removed_videos.remove, chosen, self.person)

    def removed_videos(self) -> list[Removed]:
        """Return the videos that were removed and not put back, latest first."""
        return self._database.run(removed_videos.listed)

    def put_back_video(self, number: int) -> Video:
        """Put a removed video back, with all that was said of it; ``number`` as in :meth:`removed_videos`.

        Raises
        ------
        ProjectError
            It is not there any more, or its file was added again meanwhile.
        """
        with self._database.transaction(record=None):
            n = self._database.run(removed_videos.put_back, number)
            (row,) = self._database.read("SELECT id FROM video WHERE n = ?", n)
        return self.video(row[0])

    def rename_video(self, video_id: str, path: str | os.PathLike[str]) -> Video:
        """Give the file of a video another name, and the project its new place, both or neither.

        Raises
        ------
        ProjectError
            There is a file already, or the disk refuses.
        """
        with self.transaction():
            videos.rename(self._database, video_id, path)
            return self.video(video_id)

    # Clips

    def add_clip(
        self,
        video_id: str,
        start: int,
        end: int,
        *,
        subject: str | None = None,
        roi: Sequence[int] | None = None,
        facets: Mapping[str, str] | None = None,
    ) -> Clip:
        """Add a clip of the frames ``start`` up to, not including, ``end``.

        ``roi`` is a box ``(x, y, width, height)`` in pixels of the upright frame. ``facets`` are the clip's
        own and override the video's.
        """
        return self.add_clips(video_id, [(start, end, subject, roi, facets)])[0]

    def add_clips(self, video_id: str, rows: Iterable[clips.ClipRow]) -> list[Clip]:
        """Add many clips of one video: rows of start, end, subject, roi and facets, as in add_clip."""
        with self.transaction():
            return clips.add(self._database, video_id, rows)

    def clips(self, ids: Iterable[str] | None = None, video_id: str | None = None) -> list[Clip]:
        """All clips by video and start, those of one video, or those of ``ids`` in that order."""
        return clips.read(self._database, None if ids is None else _list(ids), video_id)

    def clip_ids(self, video_id: str) -> list[str]:
        """Return the ids of one video's clips by start; many times faster than :meth:`clips`."""
        return clips.ids_of(self._database, video_id)

    def clip(self, clip_id: str) -> Clip:
        """Return the clip with this id."""
        return clips.read(self._database, [clip_id])[0]

    def update_clip(
        self,
        clip_id: str,
        *,
        start: int | EllipsisType = ...,
        end: int | EllipsisType = ...,
        subject: str | EllipsisType | None = ...,
        roi: Sequence[int] | EllipsisType | None = ...,
    ) -> Clip:
        """Change what is given; ``None`` takes a subject or region of interest away."""
        with self.transaction():
            clips.update(self._database, clip_id, start, end, subject, roi)
            return self.clip(clip_id)

    def remove_clip(self, clip_ids: str | Iterable[str]) -> None:
        """Remove one clip or several, with their labels, predictions and facets."""
        with self.transaction():
            clips.remove(self._database, _list(clip_ids))

    # Actions

    def actions(self) -> list[Action]:
        """All actions in the project's order."""
        return actions.read(self._database)

    def add_action(self, name: str, colour: str | None = None, description: str = "", **more: Any) -> Action:
        """Add an action at the end of the list; without ``colour`` the palette's next one is taken.

        ``more`` are further fields of :class:`~actiondiff_gui.project.records.Action`: key, group, category, point,
        modifiers.
        """
        with self.transaction():
            return actions.add(self._database, name, colour, description, more)

    def update_action(self, name: str, *, new_name: str | None = None, **changes: Any) -> Action:
        """Change the given fields of an action; labels, predictions and open bouts follow a new name.

        ``changes`` are colour, description, key, group, category, point and modifiers, as in
        :class:`~actiondiff_gui.project.records.Action`.
        """
        if new_name is not None:
            changes["name"] = new_name
        with self.transaction():
            return actions.update(
                self._database, name, {field: value for field, value in changes.items() if value is not None}
            )

    def order_actions(self, names: Sequence[str]) -> None:
        """Put the actions in the order of ``names``, which holds each of them once."""
        with self.transaction():
            actions.order(self._database, names)

    def remove_action(self, name: str) -> None:
        """Remove an action, and the predictions of it, if no clip is labelled with it and no bout of it is open."""
        with self.transaction():
            actions.remove(self._database, name)

    # Labels

    def label(
        self,
        clip_id: str,
        action: str,
        value: int = 1,
        *,
        source: str = "person",
        by: str = "",
        confidence: float | None = None,
    ) -> None:
        """Say that a clip shows an action (1) or does not (-1); an unknown action is added.

        ``source`` is "person", "import" or "model". Each source and name has its own row for a clip and
        action: saying it again replaces what the same one said before, and nothing else.
        """
        self.add_labels([(clip_id, action, value, confidence)], source=source, by=by)

    def add_labels(
        self, rows: Iterable[tuple[str, str, int, float | None]], *, source: str = "person", by: str = ""
    ) -> int:
        """Set many labels at once: rows of clip id, action, value and confidence.

        Returns how many rows are new or say something else than before.
        """
        with self.transaction():
            return labels.put(self._database, rows, source, by)

    def unlabel(self, clip_id: str, action: str, *, source: str = "person", by: str | None = None) -> None:
        """Take back what ``source`` said of a clip and action: the row of ``by``, or of everybody."""
        with self.transaction():
            labels.remove(self._database, clip_id, action, source, by)

    def remove_labels(self, said: Iterable[Label]) -> None:
        """Take back these labels, and nothing else that was said of their clips."""
        with self.transaction():
            labels.remove_many(self._database, [(s.clip_id, s.action, s.source, s.by) for s in said])

    def remove_predictions(self, by: str, clip_ids: Iterable[str] | None = None) -> None:
        """Remove the predictions of the model called ``by``: all, or those of ``clip_ids``."""
        with self.transaction():
            labels.remove_predictions(self._database, by, None if clip_ids is None else _list(clip_ids))

    def replace_predicted(
        self,
        video_id: str,
        gone: Iterable[str],
        bouts: Iterable[tuple[int, int, str, float | None]],
        by: str,
        about: Mapping[str, Any] | None = None,
    ) -> list[str]:
        """Put clips that a model found in a video in the place of others, and return their ids.

        ``bouts`` are rows of start, end, action and confidence; each becomes a clip with that prediction of the model
        ``by`` and no label. Undo and redo bring clips and predictions back together. ``about`` says how they were
        found; see :meth:`predicted_bouts`.
        """
        rows = list(bouts)
        with self.transaction():
            clips.remove(self._database, _list(gone))
            added = clips.add(self._database, video_id, [(row[0], row[1], None, None, None) for row in rows])
            said = [(clip.id, row[2], 1, row[3]) for clip, row in zip(added, rows, strict=True)]
            self._database.run(history.record_everything, True)
            labels.put(self._database, said, "model", by)
            edges = {clip.id: (clip.start, clip.end) for clip in added}
            predicted_bouts.add(self._database, video_id, edges, by, about or {})
            self._database.run(history.record_everything, False)
        return [clip.id for clip in added]

    def predicted_bouts(self, video_id: str | None = None) -> list[PredictedBout]:
        """Return the clips that models found in recordings, or in one video, by application: touched since or not."""
        return predicted_bouts.read(self._database, video_id)

    def applied_models(self, video_id: str) -> set[str]:
        """Return the names of the models whose bouts were ever kept in a video, by :meth:`replace_predicted`."""
        return predicted_bouts.models(self._database, video_id)

    def rename_predictor(self, old: str, new: str) -> None:
        """Let the predictions and bouts of the model called ``old`` be those of ``new``, which had none."""
        # The history stays, in which predictions come back with their clips.
        with self.transaction(record=None):
            labels.rename_predictor(self._database, old, new)
            answers.rename_model(self._database, old, new)
            predicted_bouts.rename_model(self._database, old, new)
            self._database.run(history.rename_model, old, new)

    def forget_predictor(self, name: str) -> None:
        """Remove the predictions of a model that goes, also those that undo would bring back with their clips."""
        with self.transaction(record=None):
            labels.remove_predictions(self._database, name, None)
            self._database.run(history.forget_model, name)

    def labels(
        self, clip_ids: Iterable[str] | None = None, sources: Sequence[str] | None = None
    ) -> list[Label]:
        """Return the labels of all clips or of ``clip_ids``, by all or only by ``sources``.

        Without ``sources`` this includes the predictions of models, which are not labels.
        """
        return labels.read(self._database, None if clip_ids is None else _list(clip_ids), sources)

    def speakers(self) -> list[tuple[str, str, int]]:
        """Everybody who said anything: source, name, and how much of it, most first."""
        return labels.speakers(self._database)

    def label_matrix(
        self,
        clip_ids: Iterable[str],
        classes: Sequence[str] | None = None,
        sources: Sequence[str] = ("person", "import"),
    ) -> tuple[tuple[str, ...], np.ndarray]:
        """Return the labels of N clips for K actions.

        Parameters
        ----------
        clip_ids : iterable of str
            The N clips, in the order of the rows.
        classes : sequence of str, optional
            Names of the K actions; all actions of the project at first. A name the project does not know
            has a column of zeros.
        sources : sequence of str
            Who is believed, most trusted first. Of several with the same source the latest counts.

        Returns
        -------
        classes : tuple of str
            Names of the K actions.
        matrix : ndarray
            ``[N, K]`` int8: 1 shows the action, -1 does not, 0 not labelled.
        """
        return labels.matrix(self._database, _list(clip_ids), classes, sources)

    # Open bouts

    def open_bouts(self, video_id: str | None = None, subject: str | None = "") -> dict[str, dict[str, int]]:
        """For each video with bouts that were begun and not ended, or for one: actions with their first frames.

        Those of ``subject``; "" for bouts of nobody in particular, None for the earliest of each action of anybody.
        """
        return open_bouts.read(self._database, video_id, subject)

    def begin_bout(self, video_id: str, action: str, start: int, subject: str = "") -> None:
        """Keep that a bout of an action begins at the frame ``start``; it is open until :meth:`end_bout`."""
        with self.transaction():
            open_bouts.begin(self._database, video_id, action, start, subject)

    def end_bout(self, video_id: str, action: str | None = None, subject: str | None = "") -> None:
        """Forget that a bout of an action, or of all, is open in a video; its clip is added apart.

        Those of ``subject``; None for anybody's.
        """
        with self.transaction():
            open_bouts.end(self._database, video_id, action, subject)

    # Answers

    def add_answer(
        self,
        clip_id: str,
        answer: str,
        *,
        said: Iterable[str] = (),
        by: str = "",
        model: str = "",
        predicted: Iterable[str] = (),
        confidence: float | None = None,
        asked: str = "",
    ) -> None:
        """Record the answer to a clip in a review; the labels themselves are set separately.

        See :class:`~actiondiff_gui.project.records.Answer`. It is part of the step that is open, so that undo
        takes labels and answer back together.
        """
        with self.transaction():
            prediction = (model, predicted, confidence)
            answers.add(self._database, clip_id, answer, said, by, prediction, asked)

    def answers(self, clip_ids: Iterable[str] | None = None) -> list[Answer]:
        """Return the review answers of all clips, or of ``clip_ids``, oldest first."""
        return answers.read(self._database, None if clip_ids is None else _list(clip_ids))

    def answer_tally(self, model: str, asked: str | None = None) -> dict[str, int]:
        """Return how many clips had each answer last, about predictions of ``model``: of one order ``asked``, or of all."""
        return answers.tally(self._database, model, asked)

    def labels_since(self, time: datetime) -> set[str]:
        """Return the ids of the clips with a label of a person or an import that is newer than ``time``."""
        return labels.since(self._database, time)

    # Facets and settings

    def set_facet(self, clip_ids: str | Iterable[str], key: str, value: str | None) -> None:
        """Set a facet of clips, over what their videos have; None takes the clips' own value away."""
        with self.transaction():
            chosen = numbers(self._database, "clip", _list(clip_ids))
            facets.change(self._database, "clip", chosen, key, value)

    def set_video_facet(self, video_ids: str | Iterable[str], key: str, value: str | None) -> None:
        """Set a facet of videos, which their clips inherit; None takes it away."""
        with self.transaction():
            chosen = numbers(self._database, "video", _list(video_ids))
            facets.change(self._database, "video", chosen, key, value)

    def facets(self) -> dict[str, dict[str, int]]:
        """For each facet and each of its values the number of clips that have it."""
        return facets.counts(self._database)

    @property
    def domain_facet(self) -> str | None:
        """Which facet is the domain, for example ``"species"``; None until one is chosen."""
        return self.setting("domain_facet", "") or None

    @domain_facet.setter
    def domain_facet(self, key: str | None) -> None:
        self.set_setting("domain_facet", None if key is None else checks.facet_key(key))

    @property
    def domain(self) -> str | None:
        """The metadata field that is the domain; the same as :attr:`domain_facet`."""
        return self.domain_facet

    @domain.setter
    def domain(self, key: str | None) -> None:
        self.domain_facet = key

    def setting(self, key: str, default: Any = None) -> Any:
        """Return a setting of the project, or ``default`` where it was never set, or is of another type than ``default``.

        A value that is no JSON counts as never set. A thread in a hurry gets the value that was last read where another
        program has locked the file.
        """
        try:
            rows = self._database.read("SELECT value FROM setting WHERE key = ?", key)
        except ProjectBusyError:
            if not exclusive_use.in_hurry():
                raise
            rows = [(self._settings[key],)] if key in self._settings else []
        else:
            self._settings.pop(key, None)
            self._settings.update((key, value) for (value,) in rows)
        value = sound.setting(rows[0][0]) if rows else None
        fits = value is not None and (default is None or isinstance(value, type(default)))
        return value if fits else default

    def broken_settings(self) -> list[str]:
        """Return a sentence on each setting that is no JSON, and so counts as never set."""
        rows = self._database.read("SELECT key, value FROM setting")
        return [
            f"The setting {str(key)[:60]!r} of {self.path.name} cannot be read; the app goes on as if it had not been set."
            for key, value in rows
            if sound.setting(value) is None and value != "null"
        ]

    def set_setting(self, key: str, value: Any) -> None:
        """Keep a setting: anything JSON can hold; None forgets it."""
        key = checks.text(key, "The name of a setting")
        try:
            stored = json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ProjectError(f"The setting {key} cannot be kept: {error}.") from None
        with self.transaction():
            if value is None:
                self._database.write("DELETE FROM setting WHERE key = ?", key)
                self._settings.pop(key, None)
            else:
                # Not OR REPLACE, which tells the history of a new row only.
                self._database.write(
                    "INSERT INTO setting VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    *(key, stored),
                )
                self._settings[key] = stored

    # History

    def undo(self, by: str | None = None, anyway: bool = False) -> TakenBack | None:
        """Take back the last step of a person, in whichever videos; None where there is none.

        Parameters
        ----------
        by : str, optional
            Whose; at first that of :attr:`person`.
        anyway : bool
            Also where somebody else changed one of its clips since. What others said and changed stays, except
            that a clip which the step had added goes with all that hangs on it; redo brings all of it back.

        Raises
        ------
        ChangedSinceError
            Somebody else changed one of its clips since.
        """
        return self._take_back(by, False, anyway)

    def redo(self, by: str | None = None, anyway: bool = False) -> TakenBack | None:
        """Do again what a person last took back; None where there is nothing. See :meth:`undo`."""
        return self._take_back(by, True, anyway)

    def latest_step(self, by: str | None = None) -> int | None:
        """Return the number of a person's last step that was not taken back; later ones have higher numbers."""
        return self._database.run(history.next_step, self._whose(by))

    def rows_to_take_back(self, by: str | None = None, redo: bool = False) -> int:
        """Return how many changed rows :meth:`undo` would restore next, or :meth:`redo`; 0 where there is no such step."""
        return self._database.run(history.rows_of_next, self._whose(by), redo)

    def this_step(self) -> int:
        """Return the number that the open step will have."""
        return self._database.run(history.this_step)

    def history(self, by: str | None = None) -> tuple[int, int]:
        """Return how many steps a person can undo, and redo."""
        return self._database.run(history.counts, self._whose(by))

    def _take_back(self, by: str | None, redo: bool, anyway: bool) -> TakenBack | None:
        with self._database.transaction(record=None):
            return self._database.run(taking_back.take_back, self._whose(by), redo, anyway)

    def _whose(self, by: str | None) -> str:
        return self.person if by is None else by


def _list(ids: str | Iterable[str]) -> list[str]:
    return [ids] if isinstance(ids, str) else list(ids)
