"""Models of the open project, read in the background, for all docks of a window."""

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QFileSystemWatcher, QObject, Signal

from actiondiff_gui.classifier.models.library import (
    KeptModel,
    export_model,
    list_models,
    models_folder,
    rename_model,
)
from actiondiff_gui.gui.common.listening import debounced
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.gui.train.state import models
from actiondiff_gui.gui.train.state.models import ModelRow, rows_of
from actiondiff_gui.gui.train.state.training import show_changes

if TYPE_CHECKING:
    from actiondiff_gui.gui.services.context import WindowContext
    from actiondiff_gui.outputs import Output
    from actiondiff_gui.project.project import Project

_SETTLED_MS = 400
"""A file is written in several steps."""


class ModelsKeeper(QObject):
    """Lists the models of the open project, and renames, deletes, imports and exports them in jobs.

    Signals: ``changed`` when the list or what is known of it changed.

    Attributes
    ----------
    rows : list of ModelRow
        Newest first.
    reading : bool
        Whether the list is being read.
    """

    changed = Signal()

    def __init__(self, host: "WindowContext") -> None:
        super().__init__(host)
        self.host, self.session = host, host.session
        self.rows: list[ModelRow] = []
        self.reading = False
        self._problems: dict[str, str] = {}
        self._looked: set[str] = set()
        self._seen = False
        # Models that another program trains here appear, too.
        self._watcher = QFileSystemWatcher(self)
        self._soon = debounced(self, self._look_at_folder, _SETTLED_MS)
        self._watcher.directoryChanged.connect(self._soon.throttle)
        self._files: tuple[tuple[str, int], ...] = ()
        host.session.project_changed.connect(self._open_project)
        host.session.models_changed.connect(self._read)
        self._open_project()

    def get(self, name: str | None) -> ModelRow | None:
        """Return the model called ``name``."""
        return next((row for row in self.rows if row.name == name), None)

    def look(self) -> None:
        """Find out which models cannot be used on this computer, now that the list is visible."""
        self._seen = True
        wanted = [row.model for row in self.rows if row.name not in self._looked]
        project = self.session.project
        if not wanted or project is None:
            return
        self._looked |= {model.name for model in wanted}
        self.host.jobs.start(
            lambda: models.problems_job(project, wanted),
            "checking the models",
            done=lambda problems: self._were_looked_at(project, problems),
            key="models looked at",
            quiet=True,
        )

    def rename(self, old: str, new: str) -> None:
        """Rename a model."""
        session, project = self.session, self.session.needed()

        def done(_: str) -> None:
            if session.project is project:
                session.reread(None)
                session.models_changed.emit()

        self._work(lambda: rename_model(project, old, new), f"renaming {old}", done)

    def delete(self, name: str) -> None:
        """Delete a model, its predictions and the bouts it found."""
        session, project = self.session, self.session.needed()

        def done(table: ClipTable) -> None:
            if session.project is project:
                show_changes(session, table)
                session.models_changed.emit()

        self._work(lambda: models.delete(project, name), f"deleting {name}", done)

    def export(self, name: str, file: "Output") -> None:
        """Copy a model to a file."""
        project = self.session.needed()
        self._work(
            lambda: export_model(project, name, file),
            f"exporting {name}",
            lambda _: self.host.tell(f"The model {name} was written to {file}."),
        )

    def bring(self, files: list[Path]) -> None:
        """Import models from files or other projects."""
        session, project = self.session, self.session.needed()

        def done(result: tuple[list[str], list[str]]) -> None:
            names, refused = result
            for text in refused:
                self.host.jobs.add_problem(text)
            if session.project is project and names:
                session.models_changed.emit()
                told = f"{', '.join(names)} imported." if len(names) < 4 else f"{len(names)} models imported."
                self.host.tell(told + (f" {len(refused)} refused." if refused else ""))

        self.host.jobs.start(lambda: models.import_job(project, files), "importing models", done=done)

    def _work(self, run, title: str, done) -> None:
        self.host.jobs.run(run, title, done=done)

    def _open_project(self) -> None:
        self.rows, self._problems, self._looked = [], {}, set()
        if self._watcher.directories():
            self._watcher.removePaths(self._watcher.directories())
        self._watch()
        self._files = self._listed()
        self._read()

    def _watch(self) -> None:
        """Watch the folder of models, or the project's own where there is none yet."""
        project = self.session.project
        if project is not None:
            folder = models_folder(project)
            wanted = str(folder if folder.is_dir() else folder.parent)
            if wanted not in self._watcher.directories():
                self._watcher.addPath(wanted)

    def _listed(self) -> tuple[tuple[str, int], ...]:
        project = self.session.project
        try:
            files = list(models_folder(project).iterdir()) if project is not None else []
            return tuple(sorted((f.name, f.stat().st_mtime_ns) for f in files if f.name[0] != "."))
        except OSError:
            return ()

    def _look_at_folder(self) -> None:
        self._watch()
        files = self._listed()
        if files != self._files:
            self._files = files
            self.session.models_changed.emit()

    def _read(self) -> None:
        project = self.session.project
        self.reading = project is not None
        if project is not None:
            self.host.jobs.run(
                lambda: list_models(project),
                "reading the models",
                done=lambda found: self._were_read(project, found),
                key="models",
                quiet=True,
            )
        self.changed.emit()

    def _were_read(self, project: "Project", found: list[KeptModel]) -> None:
        if self.session.project is project:
            self.reading = False
            self._looked &= {model.name for model in found}
            self.rows = rows_of(found, self._problems)
            self.changed.emit()
            if self._seen:
                self.look()

    def _were_looked_at(self, project: "Project", problems: dict[str, str]) -> None:
        if self.session.project is project:
            self._problems |= problems
            self.rows = rows_of([row.model for row in self.rows], self._problems)
            self.changed.emit()
