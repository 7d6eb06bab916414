"""Gallery in a dock of its own, where no Clips dock shows it."""

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QVBoxLayout

from actiondiff_gui.gui.common.docked import Docked
from actiondiff_gui.gui.gallery.page import GalleryPage

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class GalleryAlone(Docked):
    """A gallery that shows what is asked for."""

    def __init__(self, host: "Host") -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.page = GalleryPage(host, plain=True)
        column.addWidget(self.page)
        host.galleries.asked.connect(self.page.show_set)
