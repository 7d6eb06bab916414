"""Opening of galleries: from the table, the map, a confusion matrix, the review."""

from collections.abc import Callable

from qtpy.QtCore import QObject, Signal

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.gallery.state.sets import GallerySet
from actiondiff_gui.gui.services.context import WindowContext


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
        self.host = host
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
        if not self.receivers(self.asked):
            self.open_alone()
        self.host.session.show_dock.emit("Clips:Gallery")
        self.asked.emit(shown)
