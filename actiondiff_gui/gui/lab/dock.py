"""Timestep lab: four pages that compare how well timesteps and layers carry the action across domains."""

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.lab.choice import ChoiceButtons, Lab, Switch
from actiondiff_gui.gui.lab.grid_page import GridPage
from actiondiff_gui.gui.project import menu as projects

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

PAGES = (
    ("Grid", "How well each timestep and layer separates the actions"),
    ("Maps", "The same clips mapped at several timesteps or layers"),
    ("Frame strip", "Features of one frame at each timestep and layer"),
    ("Scoreboard", "Train on one domain, test on another"),
)


def _maps_page(host: "Host", lab: Lab) -> QWidget:
    from actiondiff_gui.gui.lab.maps_page import MapsPage

    return MapsPage(host, lab)


def _strip_page(host: "Host", lab: Lab) -> QWidget:
    from actiondiff_gui.gui.lab.strip_page import StripPage

    return StripPage(host, lab)


def _board_page(host: "Host", lab: Lab) -> QWidget:
    from actiondiff_gui.gui.lab.board_page import BoardPage

    return BoardPage(host, lab)


class LabDock(QWidget):
    """Comparison of timesteps and layers, by scores and by pictures.

    Attributes
    ----------
    lab : Lab
        What is compared, for all pages.
    pages : list of QWidget
        In the order of :data:`PAGES`; a page is made when it is first shown.
    """

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.lab = Lab(host, self)
        self.switch = Switch(host, PAGES)
        self.choice = ChoiceButtons(host, self.lab)
        self.pages: list[QWidget | None] = [None] * len(PAGES)
        self.stack = QStackedWidget()
        top = QHBoxLayout()
        top.setContentsMargins(6, 6, 6, 0)
        top.addWidget(self.switch)
        top.addStretch(1)
        top.addWidget(self.choice)
        self.full, self.empty = QWidget(), EmptyPage()
        column = QVBoxLayout(self.full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(top)
        column.addWidget(self.stack, 1)
        self.whole = QStackedWidget()
        self.whole.addWidget(self.empty)
        self.whole.addWidget(self.full)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.whole)
        self.switch.chosen.connect(host.guarded(self._show_page))
        session = self.session
        listen(
            self,
            (session.project_changed, self._show),
            (session.clips_changed, self._show),
            (session.address_changed, self._show),
            (session.show_dock, self._asked_for),
        )
        self._show_page(0)
        self._show()

    def page(self, number: int) -> QWidget:
        """Return one of the pages, made on first use."""
        if self.pages[number] is None:
            made = self._makers()[number](self.host, self.lab)
            self.pages[number] = made
            self.stack.addWidget(made)
            if PAGES[number][0] == "Scoreboard":
                grid = self.page(0)
                made.boards.changed.connect(self.host.guarded(lambda: grid.set_comparison(made.comparison())))
        return self.pages[number]

    def _makers(self) -> tuple:
        return GridPage, _maps_page, _strip_page, _board_page

    def _show_page(self, number: int) -> None:
        self.stack.setCurrentWidget(self.page(number))

    def _asked_for(self, title: str) -> None:
        # "Lab:Grid" asks for a page.
        dock, _, page = title.partition(":")
        titles = [name for name, _ in PAGES]
        if dock == "Lab" and page in titles:
            self.switch.choose(titles.index(page))

    def _show(self, *_: object) -> None:
        host, session = self.host, self.session
        if session.project is None:
            self.empty.set(
                "According to the paper, features of noisier timesteps carry more of the action and less of the scene. "
                "The lab tests this on your clips. Open a project first.",
                (
                    ("Try the sample", partial(projects.open_sample, host)),
                    ("Open a project...", partial(projects.ask_open, host)),
                ),
            )
        elif not len(session.table):
            self.empty.set(
                "The lab compares how clips look at different timesteps and layers, and this project has no clips yet.",
                (
                    ("Add videos...", partial(projects.ask_videos, host)),
                    ("Import a table...", partial(projects.ask_table, host)),
                ),
            )
        elif self.lab.about is None:
            self.empty.set(
                "The timesteps and layers of this backbone are known once it is loaded. Compute features of one timestep first.",
                (("Go to Features", partial(session.show_dock.emit, "Features")),),
            )
        else:
            self.whole.setCurrentWidget(self.full)
            return
        self.whole.setCurrentWidget(self.empty)
