"""Opening of galleries: from the table, the map, a confusion matrix, the review."""

from collections.abc import Callable

from qtpy.QtCore import QObject, Signal

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.gallery.state.finding import Found
from actiondiff_gui.gui.gallery.state.sets import GallerySet
from actiondiff_gui.gui.services.context import WindowContext
from actiondiff_gui.progress import Job

_KEY = "gallery"


class Galleries(QObject):
    """Shows sets of clips in the gallery of the Clips dock, or in a dock of its own where there is none.

    Signals: ``asked(set)`` for a set that is to be shown.

    Attributes
    ----------
    open_alone : callable
        Opens that dock; of the window's docks.
    """

    asked = Signal(object)

    def __init__(self, host: WindowContext) -> None:
        super().__init__(host)
        self.host, self.session = host, host.session
        self.open_alone: Callable[[], object] = lambda: None

    def show(self, shown: GallerySet) -> None:
        """Show a set of clips.

        Raises
        ------
        ProjectError
            None of its clips is in the project.
        """
        table = self.host.session.table
        if not any(clip in table for group in shown.groups for clip in group.clip_ids):
            raise ProjectError("None of these clips is in this project.")
        if not self._heard():
            self.open_alone()
        self.host.session.show_dock.emit("Clips:Gallery")
        self.asked.emit(shown)

    def _heard(self) -> bool:
        """Return whether a page listens; by the signal's name, which PyQt6 and PySide6 both know."""
        kind = self.metaObject()
        methods = map(kind.method, range(kind.methodOffset(), kind.methodCount()))
        return any(bytes(each.name()) == b"asked" and self.isSignalConnected(each) for each in methods)

    def find(self, make: Callable[[], Job[Found]], title: str, lane: str = "") -> None:
        """Find clips in a job of a lane, and show them; a newer search replaces one that runs."""
        project, table = self.session.project, self.session.table
        rows = list(table.rows)

        def came(found: Found) -> None:
            if self.session.project is not project:
                return
            if found.table is not None:
                self.session.reread_since(found.table, table, rows)
            self.show(found.shown)
            self.host.tell(found.words)

        self.host.jobs.start(make, title, done=came, key=_KEY, lane=lane)
