"""Review of one window: makes the queue and retrains the model in jobs, for all docks."""

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from actiondiff_gui.classifier.models.library import list_models
from actiondiff_gui.classifier.review_order import ReviewSettings
from actiondiff_gui.errors import ProjectBusyError
from actiondiff_gui.gui.common.listening import debounced
from actiondiff_gui.gui.review.state.numbers import Accuracy, accuracy, numbers, trained_at
from actiondiff_gui.gui.review.state.queue import Queue, queue_job
from actiondiff_gui.gui.review.state.reviewing import Reviewing
from actiondiff_gui.gui.review.state.texts import not_played, numbers_text
from actiondiff_gui.gui.review.state.training import Retrained, retrain_job
from actiondiff_gui.gui.services.jobs import RunningJob
from actiondiff_gui.gui.session.preferences import review_settings, set_review_settings

if TYPE_CHECKING:
    from actiondiff_gui.gui.common.thumbnails import Thumbnails
    from actiondiff_gui.gui.player.player import Player
    from actiondiff_gui.gui.services.context import WindowContext
    from actiondiff_gui.gui.session.clip_table import ClipRow, ClipTable
    from actiondiff_gui.project.project import Project

QUEUE, TRAINING = "review queue", "review training"
PREFETCHED = 3
"""Clips whose videos are opened ahead."""


class ReviewMaker(QObject):
    """Makes queues and retrains in jobs, and opens the next videos ahead.

    Signals: ``changed`` when anything a dock shows may have changed.

    Attributes
    ----------
    review : Reviewing
    settings : ReviewSettings
    trouble : str
        Why there is no queue, "" if there is one or it can be made.
    said : str
        Why the last training failed, "" if it did not.
    """

    changed = Signal()

    def __init__(self, host: "WindowContext", player: "Player", thumbnails: "Thumbnails") -> None:
        super().__init__(host)
        self.host, self.session = host, host.session
        self.player, self.thumbnails = player, thumbnails
        self.settings = review_settings(self.session.preferences)
        self.review = Reviewing(self.session, self.settings.every)
        self.trouble = self.said = ""
        self._making: RunningJob | None = None
        self._training: RunningJob | None = None
        self._stale = True
        self._asked: str | None = None
        self._unplayable = 0
        self._gave_way: list[str] = []
        # A video can fail while its clip is being opened; the next one is opened after that.
        self._pass_over_soon = debounced(self, self._pass_over)
        self._wanted = False
        self._trained_at: tuple = (None, None)
        self._numbers: tuple[tuple[str, str], Accuracy | None] = (("", ""), None)
        self.review.changed.connect(self._review_changed)
        self.review.training_due.connect(self._training_due)
        session = self.session
        session.project_changed.connect(self._project_changed)
        session.models_changed.connect(self._models_changed)
        session.features_changed.connect(self._features_changed)
        session.clips_reread.connect(self._clips_reread)
        session.current_changed.connect(self._current_changed)
        session.unplayable.connect(self._could_not_play)

    @property
    def making(self) -> bool:
        """Whether a queue is being made."""
        return self._making is not None and not self._making.finished

    @property
    def training(self) -> bool:
        """Whether the model is being retrained."""
        return self._training is not None and not self._training.finished

    # Choices

    @property
    def order(self) -> str:
        """The order that is chosen."""
        return self.settings.order

    def set_order(self, order: str) -> None:
        """Set the order of the queue; the present question stays until it is answered."""
        self.set_settings(replace(self.settings, order=order))

    def set_settings(self, settings: ReviewSettings) -> None:
        """Set the order of the queue, and after how many answers to retrain."""
        before, self.settings = self.settings, settings
        self.review.every = settings.every
        set_review_settings(self.session.preferences, settings)
        if settings.order != before.order:
            self.make()

    # The queue

    def want(self) -> None:
        """Make the queue if it is missing or out of date, for a dock that is shown."""
        self._wanted = True
        if self._stale and not self.making:
            self.make()

    def make(self) -> None:
        """Make the queue of the model in use, in the chosen order; one that is still being made is dropped."""
        project, model, order = self.session.project, self.session.model, self.order
        self.trouble = ""
        if project is None or model is None:
            self.host.jobs.leave(QUEUE)
            self._making = None
            self.changed.emit()
            return
        self._stale = False
        self._making = self.host.jobs.start(
            lambda: queue_job(project, model, order),
            f"predicting clips with {model}",
            done=lambda queue: self._came(project, queue),
            failed=lambda text: self._failed(project, text),
            key=QUEUE,
            quiet=True,
        )
        self.changed.emit()

    def _came(self, project: "Project", queue: Queue) -> None:
        # Another model or order may have been chosen since; its own queue is on the way.
        if self.session.project is project and (queue.model, queue.order) == (self.session.model, self.order):
            self._making = None
            self.review.take(queue)
            self._prefetch()
        self.changed.emit()

    def _failed(self, project: "Project", text: str) -> None:
        if self.session.project is project:
            self._making = None
            self.trouble, self._stale = text, True
            self.changed.emit()

    # Numbers

    def numbers(self) -> tuple[tuple[str, str], Accuracy | None]:
        """Return the progress in words, short and long, and how often the model in use was right on random clips.

        Those that were last read where the project is in use.
        """
        try:
            self._numbers = self._read_numbers()
        except ProjectBusyError:
            self.session.changes.look_later("numbers", self.changed.emit)
        return self._numbers

    def _read_numbers(self) -> tuple[tuple[str, str], Accuracy | None]:
        project, model = self.session.needed(), self.session.model
        if self._trained_at[0] != model:
            self._trained_at = (model, trained_at(project, model))
        told = numbers_text(numbers(project, self.session.table, self._trained_at[1]))
        return told, accuracy(project, model) if model else None

    def not_played(self) -> str:
        """Return how many clips cannot be played, and why, in a sentence; "" where all can."""
        return not_played(len(self.review.not_played()), list(self.review.unplayable.values()))

    def newest_model(self) -> str | None:
        """Return the name of the newest usable model, for a project in which none is chosen."""
        project = self.session.project
        usable = [kept.name for kept in list_models(project) if kept.about is not None] if project else []
        return usable[0] if usable else None

    # Training again

    def train(self) -> None:
        """Retrain the model in use on the present labels, in the background."""
        project, name = self.session.needed(), self.session.model
        if self.training or name is None:
            return
        table = self.session.table
        rows = list(table.rows)
        self.review.since_training = 0
        self.said = ""
        self._training = self.host.jobs.start(
            lambda: retrain_job(project, name),
            f"retraining {name}",
            done=lambda found: self._trained(project, name, found, table, rows),
            failed=lambda text: self._not_trained(project, text),
            key=TRAINING,
        )
        self.changed.emit()

    def _training_due(self) -> None:
        if not self.training:
            self.train()

    def _trained(
        self, project: "Project", name: str, found: Retrained, table: "ClipTable", rows: "list[ClipRow]"
    ) -> None:
        if self.session.project is not project:
            return
        self._training = None
        self.session.reread_since(found.table, table, rows)
        clips = f"{found.clips:,} clips"
        if self.session.model == name:
            self.host.tell(f"{found.name} was trained on {clips} and is now in use.")
            self.session.set_model(found.name)
        else:
            self.host.tell(f"{found.name} was trained on {clips}; another model was chosen meanwhile.")
            self.session.models_changed.emit()

    def _not_trained(self, project: "Project", text: str) -> None:
        if self.session.project is project:
            self._training = None
            self.said = text
            self.changed.emit()

    # What the session says

    def _project_changed(self) -> None:
        self._stale, self.trouble, self.said = True, "", ""
        self._making = self._training = None
        self._asked = None
        self._trained_at = (None, None)
        self._numbers = (("", ""), None)
        self.review.reset()
        if self._wanted:
            self.want()

    def _models_changed(self) -> None:
        queue = self.review.queue
        if queue is None or queue.model != self.session.model or self.making:
            self._stale = True
            if self._wanted:
                self.make()
        self.changed.emit()

    def _features_changed(self) -> None:
        queue = self.review.queue
        if self.trouble or queue is None or queue.without_features:
            self._stale = True
            if self._wanted:
                self.make()

    def _clips_reread(self, clip_ids: object) -> None:
        if clip_ids is None:
            self.review.clips_went()

    def _could_not_play(self, video_id: str) -> None:
        self._gave_way.append(video_id)
        self._pass_over_soon.throttle()

    def _pass_over(self) -> None:
        failed, self._gave_way = self._gave_way, []
        for video_id in failed:
            if video_id in self.session.videos:
                self.review.could_not_play(video_id)

    def _current_changed(self, _: object) -> None:
        self.changed.emit()

    def _review_changed(self) -> None:
        asked = self.review.asked.clip_id if self.review.asked is not None else None
        if asked != self._asked:
            self._asked = asked
            if asked is not None:
                self.player.play()
                self._prefetch()
        if len(self.review.unplayable) > self._unplayable:
            self.host.tell(self.not_played())
        self._unplayable = len(self.review.unplayable)
        self.changed.emit()

    def _prefetch(self) -> None:
        """Open the videos of the next clips ahead."""

        table, pictures = self.session.table, self.thumbnails
        for clip in self.review.left()[1 : 1 + PREFETCHED]:
            row = table.get(clip)
            if row is not None:
                self.player.prefetch(row.video_id)
                question = self.review.question(clip)
                for near in question.neighbours if question is not None else ():
                    pictures.get(near)
