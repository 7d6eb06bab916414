"""Ethogram dock: raster, time budget, transitions and agreement."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from qtpy.QtCore import QEvent
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

from actiondiff_gui.ethogram.agreement import Agreement
from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.common.listening import listen, when_destroyed
from actiondiff_gui.gui.common.theme import hint
from actiondiff_gui.gui.ethogram.agreement import AgreementPage
from actiondiff_gui.gui.ethogram.pages import BudgetPage, RasterPage, TransitionsPage
from actiondiff_gui.gui.ethogram.state.computing import (
    VIDEOS,
    EthogramChoice,
    Seen,
    chosen_videos,
    read_ethogram_job,
)
from actiondiff_gui.gui.project import menu as projects
from actiondiff_gui.gui.services.background_query import BackgroundQuery
from actiondiff_gui.gui.session.edit_words import selected_words
from actiondiff_gui.progress import Job

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host
    from actiondiff_gui.project.project import Project

SOON = 250
"""Milliseconds without a further change after which the bouts are read again."""
SETTING = "ethogram"


class EthogramDock(QWidget):
    """Shows the bouts of the project from the chosen source.

    Attributes
    ----------
    choice : EthogramChoice
    seen : Seen or None
        What is on screen.
    compared : Agreement or None
    """

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.choice = EthogramChoice()
        self.seen: Seen | None = None
        self.compared: Agreement | None = None
        self._words = ""
        self._key = f"compare {id(self)}"
        self._build()
        self._query = BackgroundQuery(self, host, "counting bouts", self._question, self._looked)
        session = self.session
        listen(
            self,
            (session.project_changed, self._project_changed),
            (session.clips_changed, self._changed),
            (session.actions_changed, self._changed),
            (session.domain_changed, self._changed),
            (session.models_changed, self._changed),
            (session.selection_changed, self._selection_changed),
            (session.video_changed, self._video_changed),
            (session.videos_chosen, self._videos_chosen),
            (session.frame_changed, self.raster.view.follow),
            (host.viewer.events.theme, self._theme_changed),
        )
        when_destroyed(self, host.jobs.leave, self._key)
        self._project_changed()

    def _build(self) -> None:
        host = self.host
        self.source, self.videos = QComboBox(), QComboBox()
        self.source.setToolTip("Source of the bouts: labels, predictions of a model, or both")
        self.videos.setToolTip("Recordings to include")
        for key, text in VIDEOS.items():
            self.videos.addItem(text, key)
        for box in (self.source, self.videos):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.source.activated.connect(host.guarded(self._choose_source))
        self.videos.activated.connect(host.guarded(self._choose_videos))
        self.save = QPushButton("Save")
        self.save.setToolTip("Export bouts for other programs, tables and pictures")
        menu = QMenu(self.save)
        menu.aboutToShow.connect(host.guarded(self._fill_save))
        self.save.setMenu(menu)
        self.raster, self.budget, self.transitions = RasterPage(host), BudgetPage(host), TransitionsPage(host)
        self.agreement = AgreementPage(host)
        self.raster.view.asked.connect(host.guarded(self._open))
        self.raster.view.row_asked.connect(host.guarded(self._open_alone))
        self.budget.chosen.connect(host.guarded(self._choose_budget))
        self.budget.asked.connect(host.guarded(self._select_of_row))
        self.transitions.chosen.connect(host.guarded(self._choose_own))
        self.transitions.map.clicked.connect(host.guarded(self._select_of_cell))
        self.agreement.chosen.connect(host.guarded(self._choose_compared))
        self.agreement.asked.connect(host.guarded(self._compare))
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        for title, page in (
            ("Raster", self.raster),
            ("Bouts", self.budget),
            ("Transitions", self.transitions),
            ("Agreement", self.agreement),
        ):
            self.tabs.addTab(page, title)
        self.words = hint("")
        self.words.setWordWrap(True)
        self.tabs.currentChanged.connect(host.guarded(lambda _: self._show_words()))
        top = QHBoxLayout()
        top.addWidget(self.source, 3)
        top.addWidget(self.videos, 2)
        top.addWidget(self.save)
        self.page = QWidget()
        column = QVBoxLayout(self.page)
        column.setContentsMargins(6, 6, 6, 4)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.words)
        self.empty = EmptyPage()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)

    # What is read, and when

    def showEvent(self, event: QEvent) -> None:
        """Read what changed while the dock was hidden."""
        super().showEvent(event)
        self._query.seen = True
        if self._query.stale:
            self._query.ask()

    def hideEvent(self, event: QEvent) -> None:
        """Read nothing while the dock is hidden."""
        super().hideEvent(event)
        self._query.seen = False

    def _project_changed(self) -> None:
        project = self.session.project
        self.seen, self.compared, self._words = None, None, ""
        self.choice = EthogramChoice.from_json(project.setting(SETTING) if project is not None else None)
        self._show_empty()
        self._changed()

    def _changed(self, *_: object) -> None:
        self._query.refresh(SOON)

    def _selection_changed(self, *_: object) -> None:
        if self.choice.videos == "selected":
            self._changed()

    def _videos_chosen(self, *_: object) -> None:
        if self.choice.videos == "chosen":
            self._forget_compared()
            self._changed()

    def _video_changed(self, *_: object) -> None:
        if self.choice.videos == "open":
            self._changed()
        if self.seen is not None:
            self.raster.show_bouts(self.seen.ethogram.bouts, self.session.video)

    def _theme_changed(self, *_: object) -> None:
        self.raster.view.repaint_all()

    def _question(self) -> Callable[[], Job[Seen]]:
        project, choice, model = self.session.needed(), self.choice, self.session.model
        ids = chosen_videos(self.session, self.choice.videos)
        return lambda: read_ethogram_job(project, choice, ids, model)

    def _looked(self, seen: Seen) -> None:
        self.seen = seen
        self._show()

    # What is shown

    def _show(self) -> None:
        seen = self.seen
        self._show_empty()
        if self.stack.currentWidget() is self.empty:
            return
        if not seen.alone:
            self.choice = replace(self.choice, source=seen.ethogram.source)
        with signals_blocked(self.source):
            self.source.clear()
            offered = seen.sources()
            for source in offered:
                words = source.words()
                self.source.addItem(words[0].upper() + words[1:], source)
            shown = seen.ethogram.source
            self.source.setCurrentIndex(offered.index(shown) if shown in offered else -1)
        with signals_blocked(self.videos):
            self.videos.setCurrentIndex(self.videos.findData(self.choice.videos))
        self.raster.show_bouts(seen.ethogram.bouts, self.session.video)
        self.budget.show_ethogram(seen.ethogram, self.session.table.facet_keys(), self.session.domain)
        self.transitions.show_ethogram(seen.ethogram)
        self.agreement.show_choice(self.choice, seen)
        if seen.alone:
            self.compared = None
        if self.compared is None:
            self._show_uncompared()
        self._show_words()

    def _show_uncompared(self) -> None:
        if self.seen.alone:
            text = (
                f"Only labels of {self.session.annotator} are shown, so there is nothing to compare. Project menu > "
                "Hide labels of others and predictions shows all again."
            )
        elif self.choice.videos == "chosen" and not self.session.chosen_videos:
            text = "No recordings are chosen. Choose some in the Videos tab, or include all recordings above."
        elif len(self.seen.raters) + len(self.seen.models) < 2:
            text = (
                "Agreement needs two annotations of the same recordings: a second person's labels (Project menu > Import "
                "a table, or label under another name), or a model's predictions."
            )
        else:
            text = "Choose the two sources and press Compare."
        self.agreement.show_result(None, text)

    def _show_words(self) -> None:
        from actiondiff_gui.ethogram.words import counted_words

        if self.seen is not None:
            on_agreement = self.tabs.currentWidget() is self.agreement
            self.words.setVisible(not on_agreement)
            self.words.setText(counted_words(self.seen.ethogram))

    def _show_empty(self) -> None:
        host, session, seen = self.host, self.session, self.seen
        if session.project is None:
            self._show_page(
                "An ethogram shows what the animals did, how often and for how long. Open a project first.",
                ("Try the sample", partial(projects.open_sample, host)),
                ("Open a project...", partial(projects.ask_open, host)),
            )
        elif not session.videos:
            self._show_page(
                "An ethogram summarises bouts in videos, and this project has no video yet.",
                ("Add videos...", partial(projects.ask_videos, host)),
            )
        elif seen is None:
            self._show_page("Counting bouts.")
        elif not seen.raters and not seen.models:
            self._show_page(
                "An ethogram summarises bouts, and this project has none yet. Open a recording in Clips and press an action's "
                "key at its start and end, or import the labels of BORIS or DeepEthogram.",
                ("Mark bouts", lambda: session.show_dock.emit("Clips")),
                ("Import a table...", partial(projects.ask_table, host)),
            )
        else:
            self.stack.setCurrentWidget(self.page)

    def _show_page(self, sentence: str, *buttons: tuple[str, Callable[[], object]]) -> None:
        guarded = [(text, self.host.guarded(run)) for text, run in buttons]
        self.empty.set(sentence, guarded)
        self.stack.setCurrentWidget(self.empty)

    # What the user chooses

    def _choose(self, **changes: Any) -> None:
        choice = replace(self.choice, **changes)
        if choice != self.choice:
            self.session.keep_setting(SETTING, choice.to_json())
            self.choice = choice

    def _choose_source(self, index: int) -> None:
        self._choose(source=self.source.itemData(index))
        self._query.ask()

    def _choose_videos(self, index: int) -> None:
        self._choose(videos=self.videos.itemData(index))
        self._forget_compared()
        self._query.ask()

    def _choose_budget(self, counted: str, by: str) -> None:
        self._choose(counted=counted, by=by)
        self._query.ask()

    def _choose_own(self, with_own: bool) -> None:
        self._choose(with_own=with_own)
        self._query.ask()

    def _choose_compared(self) -> None:
        page = self.agreement
        self._choose(
            first=page.first.currentData(),
            second=page.second.currentData(),
            frames=page.frames.value(),
            overlap=page.overlap.value(),
        )
        page.compare.setEnabled(page.first.currentData() != page.second.currentData())
        self._forget_compared()

    def _forget_compared(self) -> None:
        self.compared = None
        if self.seen is not None:
            self._show_uncompared()

    # What the user does

    def _open(self, video: str, frame: int, index: int) -> None:
        session, bouts = self.session, self.seen.ethogram.bouts
        session.open_video(video, frame, keep_selection=True)
        if index >= 0:
            session.select([bouts.clip_ids[bouts.clip[index]]], seen=session.in_open_video)

    def _open_alone(self, video: str) -> None:
        frame = self.session.frame if video == self.session.video else 0
        self.session.open_video(video, frame, keep_selection=True)
        self.raster.show_alone(True)

    def _select_of_row(self, group: str, action: str) -> None:
        from actiondiff_gui.ethogram.budget import places_of

        bouts = self.seen.ethogram.bouts
        self._select(places_of(bouts, self.seen.ethogram.by, group, action), action)

    def _select_of_cell(self, row: int, column: int) -> None:
        bouts, pairs = self.seen.ethogram.bouts, self.seen.ethogram.transitions.pairs
        mine = pairs[(bouts.action[pairs[:, 0]] == row) & (bouts.action[pairs[:, 1]] == column)]
        self._select(mine.ravel(), f"{bouts.actions[row]} followed by {bouts.actions[column]}")

    def _select(self, indices, what: str) -> None:
        bouts = self.seen.ethogram.bouts
        hidden = self.session.select(bouts.clip_ids[n] for n in dict.fromkeys(bouts.clip[indices].tolist()))
        self.host.tell(selected_words(len(self.session.selection) + hidden, hidden, f" of {what}"))

    def _compare(self) -> None:
        self._choose_compared()
        project, choice = self.session.needed(), self.choice
        ids = chosen_videos(self.session, choice.videos)
        from actiondiff_gui.ethogram.jobs import compare_job

        self.agreement.compare.setEnabled(False)
        self.agreement.show_result(None, "Comparing.")
        job = self.host.jobs.start(
            lambda: compare_job(project, choice.first, choice.second, ids, choice),
            "comparing",
            done=_weakly(self._were_compared, project, choice),
            failed=_weakly(self._not_compared),
            key=self._key,
        )
        stopped = _weakly(self._not_compared)
        job.when_stopped = lambda: stopped("Stopped. Press Compare to compare again.")

    def _were_compared(self, project: "Project", choice: EthogramChoice, found: Agreement) -> None:
        from actiondiff_gui.ethogram.words import agreement_words

        if self.session.project is not project:
            return
        self.compared = found
        self.agreement.compare.setEnabled(True)
        words = agreement_words(found, choice.frames, choice.first.words(), choice.second.words())
        self.agreement.show_result(found, words)

    def _not_compared(self, sentence: str) -> None:
        self.agreement.compare.setEnabled(True)
        self.agreement.show_result(None, sentence)

    def _fill_save(self) -> None:
        from actiondiff_gui.gui.ethogram.saving import fill_menu

        ids = chosen_videos(self.session, self.choice.videos)
        fill_menu(self.save.menu(), self.host, self.seen, ids, self.compared)


def _weakly(method: Callable, *values: object) -> Callable[[Any], None]:
    """Return a function that calls a method of a dock, if the dock still exists, with ``values`` and a job's result."""
    known = WeakMethod(method)

    def call(result: Any) -> None:
        found = known()
        if found is not None:
            found(*values, result)

    return call
