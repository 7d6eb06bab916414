"""Form below the list of models that applies one to clips or recordings, and settings of the bouts."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.gui.common import theme
from actiondiff_gui.gui.common.folded import Folded
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.features.extraction import extractions
from actiondiff_gui.gui.features.run import Sentence, warning_colour
from actiondiff_gui.gui.forms.settings_form import SettingsForm
from actiondiff_gui.gui.train.state.applying import (
    BOUTS,
    SCOPES,
    Asked,
    Outcome,
    apply_job,
    forecast,
    is_recording,
    look_job,
    usual_sliding,
)
from actiondiff_gui.gui.train.state.training import show_changes
from actiondiff_gui.inference.footage import other_footage
from actiondiff_gui.inference.recordings import Sliding
from actiondiff_gui.project.facets import is_excluded

if TYPE_CHECKING:
    from actiondiff_gui.classifier.models.saved import Description
    from actiondiff_gui.gui.host import Host
    from actiondiff_gui.project.project import Project


@dataclass(frozen=True)
class _Folder:
    """A chosen folder: how many videos it holds, and how they differ from the model's training footage."""

    path: Path
    count: int
    warning: str


class ApplyForm(QWidget):
    """Form that applies the shown model."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.model = ""
        self.scope = QComboBox()
        for name, words in SCOPES.items():
            self.scope.addItem(words, name)
        self.scope.setToolTip("Predictions are stored beside the labels and never replace them")
        self.button = QPushButton("Apply")
        self.button.setObjectName("apply")
        self.bouts = Folded(host, "Bout detection", lambda: SettingsForm(self._usual()))
        self.told, self.takes, self.warns = Sentence(), Sentence(), Sentence()
        theme.mute(self.takes)
        self._about: Description | None = None
        row = QHBoxLayout()
        row.addWidget(self.scope, 1)
        row.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.bouts)
        column.addWidget(self.warns)
        column.addWidget(self.takes)
        column.addWidget(self.told)
        self.scope.activated.connect(host.guarded(lambda _: self._leave_folder()))
        self.button.clicked.connect(host.guarded(self._pressed))
        listen(
            self,
            (self.session.selection_changed, self._changed),
            (self.session.clips_changed, self._changed),
            (self.session.video_changed, self._changed),
            (host.viewer.events.theme, self._follow_theme),
        )
        self._follow_theme()

    def _usual(self) -> Sliding:
        kept = self.session.project.setting("sliding") if self.session.project is not None else None
        if kept:
            return Sliding.from_dict(kept)
        return usual_sliding([row.seconds for row in self.session.table.rows[:5000] if row.labels])

    def sliding(self) -> Sliding:
        """Return the settings of bouts.

        Raises
        ------
        ClassifierError
            A value makes no sense.
        """
        return self._usual() if self.bouts.inner is None else self.bouts.inner.settings()

    def show_model(self, name: str, problem: str = "", about: "Description | None" = None) -> None:
        """Set the model to apply with its description, and the reason if it cannot be applied."""
        if name != self.model:
            self.told.setText("")
            self._folder = None
        self.model, self._problem, self._about = name, problem, about
        self.show_state()

    def show_state(self) -> None:
        """Show what applying would do."""
        if self.host.closed:
            return
        scope = self.scope.currentData()
        self.bouts.setVisible(scope in BOUTS)
        count = self._count(scope)
        words = {"all": "Predict", "unlabelled": "Predict", "selected": "Predict"}.get(scope, "Find bouts")
        asks = scope == "folder" and self._folder is None
        words = "Predict" if scope == "folder" else words
        self.button.setText("Choose..." if asks else f"{words}{'' if count is None else f' ({count:,})'}")
        able = bool(self.model) and not self._problem and count != 0
        self.button.setEnabled(able)
        videos = self._videos(scope) if able and scope in ("video", "recordings") else []
        recordings = [self.session.videos[video] for video in videos]
        paces = extractions(self.host).paces
        self.takes.setText(forecast(recordings, self._about, paces) if self._about is not None else "")
        self.takes.setVisible(bool(self.takes.text()))
        warning = other_footage(self._about.metrics, recordings) if self._about is not None else ""
        self.warns.setText(
            self._folder.warning if scope == "folder" and self._folder is not None else warning
        )
        self.warns.setVisible(bool(self.warns.text()))

    _problem = ""
    _folder: "_Folder | None" = None

    def _leave_folder(self) -> None:
        self._folder = None
        self.show_state()

    def _pressed(self, _: bool = False) -> None:
        if self.scope.currentData() == "folder" and self._folder is None:
            self._ask_folder()
        else:
            self._apply()

    def _ask_folder(self) -> None:
        """Ask for a folder, and look at its videos: what is said of them stands above the button before it is pressed."""
        project, about = self.session.needed(), self._about
        name = QFileDialog.getExistingDirectory(
            self.host.window, "Predict a folder of videos", str(project.path.parent)
        )
        if not name or about is None:
            return
        path = Path(name)

        def looked(found: tuple[int, str]) -> None:
            count, warning = found
            if self._about is about and self.scope.currentData() == "folder":
                self._folder = _Folder(path, count, warning)
                which = f"{count:,} video{'s' * (count != 1)}" if count else "no videos"
                self.told.setText(f"{path.name} holds {which}.")
                self.show_state()

        self.told.setText(f"Looking at the videos in {path.name}.")
        job = self.host.jobs.start(
            lambda: look_job(path, about),
            "looking at a folder",
            done=looked,
            failed=self._failed,
            key="apply folder",
        )
        job.when_stopped = lambda: self.told.setText("Stopped.")

    def _count(self, scope: str) -> int | None:
        """Return the number of clips, recordings or files in scope; None for a folder that is not chosen yet."""
        if scope == "folder":
            return None if self._folder is None else self._folder.count
        if scope in BOUTS:
            return len(self._videos(scope))
        return len(self._clips(scope))

    def _clips(self, scope: str) -> list[str]:
        if scope == "selected":
            return list(self.session.selection)
        rows = (row for row in self.session.table.rows if not is_excluded(row.facets))
        return [row.id for row in rows if scope == "all" or not row.labelled]

    def _videos(self, scope: str) -> list[str]:
        videos = self.session.videos
        if scope == "video":
            return [self.session.video] if self.session.video in videos else []
        return [video.id for video in videos.values() if is_recording(video)]

    def _apply(self, _: bool = False) -> None:
        session = self.session
        project, scope = session.needed(), self.scope.currentData()
        sliding = self.sliding()
        folder = self._folder.path if scope == "folder" and self._folder is not None else None
        if scope in BOUTS and self.bouts.inner is not None:
            session.keep_setting("sliding", sliding.to_dict())
        clips = self._clips(scope) if scope not in BOUTS else []
        videos = self._videos(scope) if scope in ("video", "recordings") else []
        asked = Asked(self.model, scope, tuple(clips), tuple(videos), folder, sliding)
        address, loaded = session.address, session.loaded
        self.told.setText("Predicting; the jobs line shows the progress.")
        job = self.host.jobs.start(
            lambda: apply_job(project, loaded, address, asked),
            f"applying {asked.model}",
            done=lambda outcome: self._applied(project, asked, outcome),
            failed=self._failed,
            key="apply",
            lane="heavy",
        )
        job.when_stopped = lambda: self.told.setText("Stopped. What was finished is kept.")

    def _applied(self, project: "Project", asked: Asked, outcome: Outcome) -> None:
        session = self.session
        if session.project is not project:
            return
        show_changes(session, outcome.table)
        session.set_model(asked.model)
        session.features_changed.emit()
        self.told.setText(outcome.text)
        for text in outcome.failures:
            if text not in self.host.jobs.problems:
                self.host.jobs.problems.append(text)
        self.host.jobs.changed.emit()
        self.host.tell(outcome.text)

    def _failed(self, text: str) -> None:
        self.told.setText(text)
        self.host.jobs.add_problem(text)

    def _changed(self, _: object) -> None:
        if self.isVisible():
            self.show_state()

    def _follow_theme(self, _: object = None) -> None:
        self.button.setStyleSheet(theme.accent(self.host.viewer, "apply"))
        self.warns.setStyleSheet(f"color: {warning_colour(self.host.viewer)};")
