"""Review dock: the queue, the question, progress and the estimated accuracy."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.classifier.review_order import GOOD_FOR, ORDERS, RANDOM
from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.common.listening import debounced, listen
from actiondiff_gui.gui.common.scrolled import scrolled
from actiondiff_gui.gui.common.theme import hint
from actiondiff_gui.gui.forms.settings_form import SettingsForm
from actiondiff_gui.gui.gallery.state.sets import ClipGroup, GallerySet
from actiondiff_gui.gui.project import menu as projects
from actiondiff_gui.gui.review.card import ReviewCard
from actiondiff_gui.gui.review.state.texts import counted, estimate_text

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class ReviewDock(QWidget):
    """Asks about one clip after the other; the keys answer while that clip is open, whichever tab is shown."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.maker = host.review
        self.form = SettingsForm(self.maker.settings, line=True)
        self.order, self.every = (self.form.fields[name].native for name in ("order", "every"))
        self.order.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.order.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.order.setMinimumContentsLength(10)
        self.every.setFixedWidth(84)
        self.train_button = QPushButton("Train now")
        self.train_button.setToolTip("Retrain the model on all present labels; you can go on answering")
        top = QHBoxLayout()
        top.setContentsMargins(8, 6, 8, 0)
        top.setSpacing(4)
        top.addWidget(self.form, 1)
        top.addWidget(self.train_button)
        self.top = QWidget()
        self.top.setLayout(top)
        self.card = ReviewCard(host, self.maker)
        self.empty = EmptyPage()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.scroll = scrolled(self.card)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.pages.addWidget(self.scroll)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.progress, self.estimate, self.counter, self.said = QLabel(), QLabel(), QLabel(), hint("")
        for label in (self.estimate, self.counter, self.said):
            label.setWordWrap(True)
        below = QVBoxLayout()
        below.setContentsMargins(8, 0, 8, 6)
        below.setSpacing(3)
        line = QHBoxLayout()
        line.addWidget(self.progress)
        line.addWidget(self.bar, 1)
        self.gallery = QPushButton("Gallery")
        self.gallery.setToolTip("Show the clips that are left to ask as looping pictures, in their order")
        line.addWidget(self.gallery)
        below.addLayout(line)
        for widget in (self.estimate, self.counter, self.said):
            below.addWidget(widget)
        self.below = QWidget()
        self.below.setLayout(below)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.top)
        column.addWidget(self.pages, 1)
        column.addWidget(self.below)
        guarded = host.guarded
        self.form.edited.connect(guarded(self._choose))
        self.train_button.clicked.connect(guarded(self._train))
        self.gallery.clicked.connect(guarded(self._open_gallery))
        self._soon = debounced(self, self._show)
        listen(self, (self.maker.changed, self._changed), (host.keyboard.changed, self._changed))
        session = self.session
        for signal in (
            session.project_changed,
            session.actions_changed,
            session.models_changed,
            session.clips_changed,
        ):
            listen(self, (signal, self._changed))
        listen(self, (host.viewer.events.theme, self._changed))
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Make the queue when the dock is first shown."""
        super().showEvent(event)
        self.maker.want()
        self._show()

    def _changed(self, *_: object) -> None:
        # Several things change with one answer.
        self._soon.throttle()

    # What is shown

    def _show(self) -> None:
        maker, review = self.maker, self.maker.review
        self.form.show_settings(maker.settings)
        model = self.session.model
        asking = review.asked is not None
        self.top.setVisible(model is not None)
        self.below.setVisible(model is not None and review.queue is not None)
        self.every.setEnabled(maker.order != RANDOM)
        self.train_button.setEnabled(not maker.training)
        self.train_button.setText("Training ..." if maker.training else "Train now")
        self.pages.setCurrentIndex(int(asking))
        if asking:
            self.card.show_question()
        elif self.isVisible():
            self._show_empty()
        if self.isVisible() and self.below.isVisibleTo(self):
            self._show_numbers()

    def _show_numbers(self) -> None:
        maker, review = self.maker, self.maker.review
        answered, skipped, left = review.counts()
        self.bar.setRange(0, max(1, answered + skipped + left))
        self.bar.setValue(answered)
        self.gallery.setEnabled(bool(left))
        self.progress.setText(counted(answered, skipped, left))
        numbers, accuracy = maker.numbers()
        self.counter.setText(numbers[0])
        self.counter.setToolTip(numbers[1])
        text, tip = estimate_text(accuracy, maker.order == RANDOM, review.passed_over())
        self.estimate.setText(text)
        self.estimate.setToolTip(tip)
        self.estimate.setVisible(bool(text))
        said = " ".join(filter(None, (maker.not_played(), maker.said)))
        self.said.setText(said)
        self.said.setVisible(bool(said))

    def _show_empty(self) -> None:
        maker, review, session = self.maker, self.maker.review, self.session
        guarded = self.host.guarded
        if session.project is None:
            self.empty.set(
                "Open a project to review its clips.",
                [
                    ("Try the sample", lambda: guarded(projects.open_sample)(self.host)),
                    ("Open a project...", lambda: guarded(projects.ask_open)(self.host)),
                ],
            )
        elif session.model is None:
            buttons = [("Go to Train", lambda: session.show_dock.emit("Train"))]
            newest = maker.newest_model()
            if newest is not None:
                buttons.insert(0, (f"Use {newest}", lambda: guarded(session.set_model)(newest)))
            self.empty.set(
                "A review asks you about the clips that a model is least sure of, and the model is retrained on your answers. "
                "Train a model first; a few labels of each action are enough.",
                buttons,
            )
        elif maker.trouble:
            self.empty.set(
                maker.trouble,
                [
                    ("Try again", guarded(maker.make)),
                    ("Go to Train", lambda: session.show_dock.emit("Train")),
                ],
            )
        elif review.queue is None or maker.making:
            self.empty.set(f"Predicting {len(session.table):,} clips with {session.model} ...")
        elif not len(review.queue) and not review.queue.labelled:
            self.empty.set(
                f"No clip has features at the address that {session.model} reads. Compute them first.",
                [("Go to Features", lambda: session.show_dock.emit("Features"))],
            )
        elif not review.left():
            self._show_end()
        else:
            self._show_start()

    def _show_start(self) -> None:
        review = self.maker.review
        key = self.host.keys.key
        title, about = ORDERS[self.maker.order], GOOD_FOR[self.maker.order]
        digits = "a digit corrects it"
        words = (
            f"{len(review.left()):,} clips to ask, {title}. {about}\n\nThe clip plays in a loop. "
            f"{'Enter' if key('confirm') == 'Return' else key('confirm')}: the prediction is right; {digits}; "
            f"{key('deny')}: not this; {key('review_skip')}: skip; {key('review_exclude')}: exclude an unusable clip."
        )
        if review.queue.without_features:
            words += f"\n\n{review.queue.without_features:,} more clips have no features and are left out."
        self.empty.set(words, [("Resume" if review.done else "Start", self.host.guarded(review.start))])

    def _show_end(self) -> None:
        review, maker = self.maker.review, self.maker
        _, skipped, _ = review.counts()
        buttons = []
        if skipped:
            buttons.append((f"Ask the {skipped} skipped again", self.host.guarded(review.ask_skipped)))
        words = "Nothing is left to ask in this order: every clip with features is labelled."
        if review.not_played():
            words = "Nothing is left to ask in this order that can be played; the reason is shown below."
            buttons.append(("Try again", self.host.guarded(review.start)))
        elif maker.order == "doubt":
            words = "No labelled clip is left to check."
        else:
            buttons.append(("Check labels in doubt", lambda: self.host.guarded(maker.set_order)("doubt")))
        if review.queue.without_features:
            words += f" {review.queue.without_features:,} clips have no features yet."
            buttons.append(("Go to Features", lambda: self.session.show_dock.emit("Features")))
        self.empty.set(words, buttons)

    # What is chosen

    def _choose(self) -> None:
        self.maker.set_settings(self.form.settings())

    def _train(self) -> None:
        self.maker.train()

    def _open_gallery(self, *_: object) -> None:
        review, title = self.maker.review, f"Left to review, {ORDERS[self.maker.order][0]}"
        questions = [review.question(clip) for clip in review.left()]
        notes = {q.clip_id: f"{' + '.join(q.predicted) or 'no action'} {q.confidence:.0%}" for q in questions}
        group = ClipGroup(title, tuple(notes), notes)
        self.host.galleries.show(GallerySet(title, (group,), "Review", label_all=False))
