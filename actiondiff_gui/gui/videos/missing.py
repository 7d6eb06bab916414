"""A line above the docks that says once that videos of the project are missing, and offers to find them."""

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from actiondiff_gui.gui.common.listening import debounced, listen
from actiondiff_gui.gui.videos import relinking
from actiondiff_gui.gui.videos.state.changing import missing_job

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class MissingBar(QWidget):
    """Notice of missing videos; hidden without any, and once dismissed until another project is opened."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.missing: frozenset[str] = frozenset()
        self._away = False
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.find = QPushButton("Find them...")
        self.find.setToolTip("Choose the folder they were moved to; they are recognised by their content")
        self.find.clicked.connect(host.guarded(lambda _=False: relinking.ask_folder(host)))
        self.away = QPushButton("Not now")
        self.away.clicked.connect(self._put_away)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        row.addWidget(self.said, 1)
        row.addWidget(self.find)
        row.addWidget(self.away)
        self.hide()
        self._soon = debounced(self, self._look, 50)
        listen(
            self,
            (self.session.project_changed, self._project_changed),
            (self.session.clips_reread, self._clips_reread),
        )
        self._project_changed()

    def _project_changed(self) -> None:
        self._away = False
        self._show(frozenset())
        self._soon.throttle()

    def _clips_reread(self, clip_ids: tuple[str, ...] | None) -> None:
        # All may have changed: a folder was found, or videos were added or removed.
        if clip_ids is None and self.missing:
            self._soon.throttle()

    def _look(self) -> None:
        project = self.session.project
        if project is None or self.host.closed:
            return
        self.host.jobs.start(
            lambda: missing_job(project),
            "looking for the videos",
            done=lambda found: self._came(project, found),
            failed=lambda _: None,
            key="missing videos",
            quiet=True,
        )

    def _came(self, project: object, found: frozenset[str]) -> None:
        if project is self.session.project:
            self._show(found)

    def _show(self, found: frozenset[str]) -> None:
        self.missing = found
        self.setVisible(bool(found) and not self._away)
        if found:
            of, gone = len(self.session.videos), len(found)
            names = [self.session.videos[each].path.name for each in found if each in self.session.videos]
            which = names[0] if len(names) == 1 else f"{gone:,} of {of:,} videos"
            self.said.setText(
                f"{which} {'is' if gone == 1 else 'are'} not where the project has {'it' if gone == 1 else 'them'}."
            )

    def _put_away(self) -> None:
        self._away = True
        self.hide()
