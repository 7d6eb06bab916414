"""Opening of galleries: from the table, the map, a confusion matrix, the review."""

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.gallery.state.sets import GallerySet

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class Galleries(QObject):
    """Shows sets of clips in the gallery of the Clips dock, or in a dock of its own where there is none.

    Signals: ``asked(set)`` for a set that is to be shown.
    """

    asked = Signal(object)

    def __init__(self, host: "Host") -> None:
        super().__init__(host)
        self.host = host

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
            self._open_dock()
        self.host.session.show_dock.emit("Clips:Gallery")
        self.asked.emit(shown)

    def _open_dock(self) -> None:
        from actiondiff_gui.gui.gallery.alone import GalleryAlone

        self.host.viewer.window.add_dock_widget(GalleryAlone(self.host), name="Gallery", area="right")
