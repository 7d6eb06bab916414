"""State of a review: which clip is asked, and what an answer does.

    review = Reviewing(session)
    review.take(run(queue_job(project, model, "uncertainty")))
    review.start()
    review.confirm(); review.choose("walk"); review.deny(); review.skip(); review.exclude(); review.undo()

Every answer is one step of the video's history: labels, and a row that says who answered what and which model had predicted
what. The clip that is asked stays until it is answered, whatever queue comes meanwhile.
"""

from psygnal import Signal

from actiondiff_gui.classifier.review_order import DOUBT, RANDOM, ReviewSettings
from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.review.state.queue import Question, Queue
from actiondiff_gui.gui.session import editing, undoing
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.project.facets import EXCLUDED
from actiondiff_gui.project.project import Project


class Reviewing:
    """The questions of a queue, one after the other.

    Signals: ``changed`` when another clip is asked, an answer was given or a queue came; ``training_due`` when so many answers
    were given that the model should be trained again.

    Attributes
    ----------
    queue : Queue or None
        The latest one.
    running : bool
        Whether questions are being asked; then keys answer while the asked clip is the open one.
    line : list of str
        Ids of the clips, in the order in which they were and will be asked.
    done : dict of str to str
        What was answered of clips since the review began.
    chosen : tuple of str
        Where several actions can be shown: those that confirming says, at first the predicted ones.
    since_training : int
        Answers, skips not counted, since the last training.
    every : int or None
        After how many the model is trained again; None never by itself.
    unplayable : dict of str to str
        Videos that were met since the review was started and cannot be played, with the reason; their clips are not asked.
    """

    changed = Signal()
    training_due = Signal()

    def __init__(self, session: Session, every: int | None = ReviewSettings.every) -> None:
        self.session, self.every = session, every
        self.reset()

    def reset(self) -> None:
        """Drop queue and answers of this review; what is in the project stays."""
        self.queue: Queue | None = None
        self.running = False
        self.line: list[str] = []
        self.done: dict[str, str] = {}
        self.chosen: tuple[str, ...] = ()
        self.since_training = 0
        self.unplayable: dict[str, str] = {}
        self._questions: dict[str, Question] = {}
        self._orders: dict[str, tuple[str, str, bool]] = {}
        self._at: int | None = None
        self._steps: list[tuple[int, str, int]] = []
        self.changed.emit()

    # What is asked

    @property
    def asked(self) -> Question | None:
        """Clip of the present question; None before the start, and when nothing is left."""
        if not self.running or self._at is None:
            return None
        return self._questions.get(self.line[self._at])

    @property
    def listening(self) -> bool:
        """Whether keys answer now: a clip is asked about, and it is open."""
        return self.asked is not None and self.session.current == self.asked.clip_id

    @property
    def several(self) -> bool:
        """Whether the clip can show several actions."""
        return self.asked is not None and not self._orders[self.asked.clip_id][2]

    @property
    def asked_by(self) -> tuple[str, str]:
        """Model and order that the asked clip comes from."""
        return self._orders[self.asked.clip_id][:2]

    def question(self, clip_id: str) -> Question | None:
        """Return the question about a clip, if there is one."""
        return self._questions.get(clip_id)

    def left(self) -> list[str]:
        """Return the ids of the clips still to be asked about, in their order, the present one first."""
        here = self._at or 0
        line = self.line[here:] + self.line[:here]
        return [clip for clip in line if self._open(clip) and not self._is_unplayable(clip)]

    def counts(self) -> tuple[int, int, int]:
        """Return the number of clips answered, skipped, and left."""
        skipped = sum(answer == "skipped" for answer in self.done.values())
        return len(self.done) - skipped, skipped, len(self.left())

    def passed_over(self) -> int:
        """Return clips drawn at random that were passed without any answer, also those that could not be played."""
        before = self.line[: self._at] if self.running or self._at is not None else []
        return sum(self._open(clip) and self._orders[clip][1] == RANDOM for clip in before)

    def not_played(self) -> list[str]:
        """Return the ids of the clips in the queue whose videos cannot be played."""
        return [clip for clip in self.line if self._open(clip) and self._is_unplayable(clip)]

    def _is_unplayable(self, clip_id: str) -> bool:
        return self.session.table.get(clip_id).video_id in self.unplayable

    def _may_ask(self, clip_id: str) -> bool:
        """Return whether a clip is open and its video can be played, for which its file is checked."""
        if not self._open(clip_id):
            return False
        video = self.session.table.get(clip_id).video_id
        if video not in self.unplayable and (why := self.session.why_unplayable(video)):
            self.unplayable[video] = why
        return video not in self.unplayable

    def _open(self, clip_id: str) -> bool:
        row = self.session.table.get(clip_id)
        if row is None or row.excluded or clip_id in self.done or clip_id not in self._questions:
            return False
        # Somebody may have labelled it elsewhere since the queue was made.
        _, order, _ = self._orders[clip_id]
        return order == DOUBT or not (row.labelled if order == RANDOM else row.labels)

    def take(self, queue: Queue) -> None:
        """Continue with a new queue. Earlier answers stay, and so does the present question."""
        here = None if self._at is None else self.line[self._at]
        kept = (
            [clip for clip in self.line if clip in self.done] if here is None else self.line[: self._at + 1]
        )
        kept = [clip for clip in kept if clip in self.session.table]
        self._at = len(kept) - 1 if here in self.session.table else None
        known = set(kept)
        self.line = kept + [q.clip_id for q in queue.questions if q.clip_id not in known]
        for question in queue.questions:
            if question.clip_id not in known:
                self._questions[question.clip_id] = question
                self._orders[question.clip_id] = (queue.model, queue.order, queue.single_label)
        self.queue = queue
        if self.running and self._at is None:
            self._go_on()
        self.changed.emit()

    def clips_went(self) -> None:
        """Ask about another clip where the present one was deleted."""
        if self.running and self._at is not None and self.line[self._at] not in self.session.table:
            self._go_on()
        self.changed.emit()

    def could_not_play(self, video_id: str) -> None:
        """Pass over the clips of a video that could not be shown."""
        self.unplayable[video_id] = self.session.why_unplayable(video_id)
        row = self.session.table.get(self.asked.clip_id) if self.asked is not None else None
        if row is not None and row.video_id == video_id:
            self._go_on()
        self.changed.emit()

    def start(self) -> None:
        """Start, or continue where the review was paused. Clips that could not be played are tried again.

        Raises
        ------
        ProjectError
            If there is no queue yet.
        """
        if self.queue is None:
            raise ProjectError("The queue is not ready yet. Wait for it, or train a model first.")
        self.running, self.unplayable = True, {}
        if self._at is None or not self._may_ask(self.line[self._at]):
            self._go_on()
        else:
            self.show()
        self.changed.emit()

    def pause(self) -> None:
        """Pause: keys mean what they mean elsewhere."""
        self.running = False
        self.changed.emit()

    def show(self) -> None:
        """Open the present clip in the player, also where another one was opened since."""
        if self.asked is not None and self.session.current != self.asked.clip_id:
            self.session.open_clip(self.asked.clip_id, alone=True)

    def step(self, by: int) -> None:
        """Go to the next clip that is not answered (1), or back to the one that was asked before (-1)."""
        if not self.running:
            self.start()
            return
        if not self.listening and self.asked is not None:
            self.show()
        elif by > 0:
            self._go_on()
        else:
            here = len(self.line) if self._at is None else self._at
            known = (n for n in range(here - 1, -1, -1) if self.line[n] in self.session.table)
            before = [n for n in known if not self._is_unplayable(self.line[n])]
            if before:
                self._ask(before[0])
        self.changed.emit()

    def ask_skipped(self) -> None:
        """Ask the skipped clips again."""
        self.done = {clip: answer for clip, answer in self.done.items() if answer != "skipped"}
        self.start()

    def _go_on(self) -> None:
        """Ask about the next open clip after this one, or from the beginning; nothing where all are answered."""
        here = -1 if self._at is None else self._at
        indices = [*range(here + 1, len(self.line)), *range(min(here + 1, len(self.line)))]
        index = next((n for n in indices if self._may_ask(self.line[n])), None)
        if index is None:
            self._at = None
        else:
            self._ask(index)

    def _ask(self, index: int) -> None:
        self._at = index
        self.chosen = self.asked.predicted if self.asked is not None else ()
        self.show()

    # Answers

    def confirm(self) -> None:
        """Confirm the prediction or, where several actions can be shown, the chosen actions."""
        question = self._needed()
        if self.several:
            same = set(self.chosen) == set(question.predicted)
            self._say("confirmed" if same else "corrected", self.chosen)
        elif not question.predicted:
            raise ProjectError("No prediction here. Press the digit of the action shown.")
        else:
            self._say("confirmed", question.predicted)

    def choose(self, action: str) -> None:
        """Answer ``action``. Where several can be shown, add it to the actions to confirm, or take it away."""
        question = self._needed()
        if self.several:
            kept = tuple(name for name in self.chosen if name != action)
            self.chosen = kept if action in self.chosen else (*kept, action)
            self.changed.emit()
        else:
            self._say("confirmed" if (action,) == question.predicted else "corrected", (action,))

    def deny(self) -> None:
        """Deny the prediction; what the clip shows is left open."""
        question = self._needed()
        if not question.predicted:
            raise ProjectError("No prediction to deny here. Skip the clip, or label it.")
        self._say("denied", question.predicted)

    def skip(self) -> None:
        """Leave the clip for later; recorded, because skipped clips are seldom the easy ones."""
        self._say("skipped")

    def exclude(self) -> None:
        """Exclude an unusable clip from training, predictions, queues and scores."""
        self._say("excluded")

    def _needed(self) -> Question:
        if self.asked is None:
            raise ProjectError("No question is open. Start the review first.")
        return self.asked

    def _say(self, answer: str, said: tuple[str, ...] = ()) -> None:
        question, session = self._needed(), self.session
        clip, (model, order, single) = question.clip_id, self._orders[question.clip_id]
        if clip not in session.table:
            self._go_on()
            self.changed.emit()
            return
        by, counted = session.annotator, int(answer != "skipped")
        against = self._against(question, said, single)

        def do(project: Project) -> int:
            if answer in ("confirmed", "corrected"):
                editing.say_shown(project, [clip], said, by)
                project.add_labels([(clip, name, -1, None) for name in against], by=by)
            elif answer == "denied":
                project.add_labels([(clip, name, -1, None) for name in said], by=by)
            elif answer == "excluded":
                project.set_facet(clip, EXCLUDED, "yes")
            project.add_answer(
                clip,
                answer,
                said=said,
                by=by,
                model=model,
                predicted=question.predicted,
                confidence=question.confidence,
                asked=order,
            )
            return project.this_step()

        def then(step: int) -> None:
            self._steps.append((step, clip, counted))
            session.reread_clips([clip])

        # An answer that has to wait counts as given, unless it turns out that it cannot be kept.
        session.change(f"{answer} on 1 clip", do, then, dropped=lambda: self._not_given(clip, counted))
        self.done[clip] = answer
        self.since_training += counted
        self._go_on()
        self.changed.emit()
        if counted and self.every and order != RANDOM and self.since_training >= self.every:
            self.training_due.emit()

    def _against(self, question: Question, said: tuple[str, ...], single: bool) -> list[str]:
        """Return the actions that an answer denies: predicted ones left out, and all where nothing is shown."""
        if single:
            return []
        names = self.queue.classes if not said else question.predicted
        return [name for name in names if name not in said]

    # Taking back

    def _not_given(self, clip: str, counted: int) -> None:
        self.done.pop(clip, None)
        self.since_training = max(0, self.since_training - counted)
        if self.running and clip in self.line:
            self._ask(self.line.index(clip))
        self.changed.emit()

    def undo(self) -> bool:
        """Undo the last answer and ask about its clip again; False after other changes, or without an answer."""
        session = self.session
        if len(session.changes):
            return undoing.take_back(session)
        latest = session.needed().latest_step(session.annotator)
        while self._steps and (latest is None or latest < self._steps[-1][0]):
            self._steps.pop()  # it has been taken back elsewhere
        if not self._steps or latest != self._steps[-1][0]:
            return False
        _, clip, counted = self._steps[-1]
        if clip not in session.table:
            return False
        undoing.take_back(session, then=lambda: self._undone(clip, counted))
        return True

    def _undone(self, clip: str, counted: int) -> None:
        self._steps.pop()
        self.running = True
        self._not_given(clip, counted)

    def redo(self) -> bool:
        """Redo an answer that was undone, and go on; False where there is nothing to redo."""
        question = self._needed()
        row = self.session.table.get(question.clip_id)
        if row is None:
            return False
        before = row.answer
        if not undoing.take_back(self.session, redo=True):
            return False
        now = self.session.table.get(question.clip_id)
        if now is not None and now.answer is not None and now.answer != before:
            counted = int(now.answer.answer != "skipped")
            step = self.session.needed().latest_step(self.session.annotator)
            self._steps.append((step, question.clip_id, counted))
            self.done[question.clip_id] = now.answer.answer
            self.since_training += counted
            self._go_on()
            self.changed.emit()
        return True
