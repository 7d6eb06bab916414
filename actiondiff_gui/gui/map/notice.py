"""Notices of the map dock: one line with a button, and the empty page."""

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QTabWidget, QWidget

from actiondiff_gui.features.dataset import features_folder
from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.map.state import clip_maps
from actiondiff_gui.gui.map.state.clip_maps import ClipMap
from actiondiff_gui.gui.project import menu as projects

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host
    from actiondiff_gui.gui.session.session import Session


class MapNotice(QWidget):
    """Says that a map is being made, is out of date, or lacks clips, with the button that helps."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session, self.maps = host, host.session, host.maps
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.button = QPushButton()
        self.button.clicked.connect(host.guarded(lambda _=False: self._run()))
        self._run = lambda: None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)

    def show_for(self, shown: ClipMap, changed: list[str]) -> None:
        """Show the notice for the map on screen; ``changed`` says what changed since it was made."""
        session, maps = self.session, self.maps
        left_out = clip_maps.left_out(shown)
        compute = ("Compute features", partial(compute_features, self.host, self))
        update = ("Update", partial(maps.make, shown.method))
        if maps.making:
            said, help = [f"Making a map of {_words(session)}."], None
        elif maps.lacking == session.address:
            meanwhile = self.host.jobs.meanwhile()
            said, help = ([maps.trouble, meanwhile], None) if meanwhile else ([maps.trouble], compute)
        elif changed:
            said, help = [*changed, left_out], update
        elif left_out and maps.fresh(shown):
            said, help = [left_out, "Features were computed since."], update
        elif left_out:
            said, help = [left_out], compute
        else:
            said, help = [], None
        text = " ".join(filter(None, [*said, *shown.notes]))
        self.text.setText(text)
        self.setVisible(bool(text))
        self.button.setVisible(help is not None)
        if help is not None:
            self.button.setText(help[0])
            self._run = help[1]


def show_empty(page: EmptyPage, host: "Host") -> None:
    """Say on ``page`` why there is no map, with the buttons that help."""
    session, maps = host.session, host.maps
    if session.project is None:
        page.set(
            "The map places clips with similar features near each other. Open a project first.",
            (
                ("Try the sample", partial(projects.open_sample, host)),
                ("Open a project...", partial(projects.ask_open, host)),
            ),
        )
    elif not len(session.table):
        page.set(
            "This project has no clips to map yet.",
            (
                ("Add videos...", partial(projects.ask_videos, host)),
                ("Import a table...", partial(projects.ask_table, host)),
            ),
        )
    elif maps.reading:
        page.set("Reading the stored maps.")
    elif maps.making:
        page.set(f"Making a map of {_words(session)}. The first UMAP takes about half a minute.")
    elif maps.lacking == session.address and (meanwhile := host.jobs.meanwhile()):
        page.set(f"{maps.trouble} {meanwhile} Make the map when they are there.")
    elif maps.lacking != session.address and _nothing_stored(host):
        said = f"The map places clips by their features, and there are none at {_words(session)} yet."
        page.set(said, (("Compute features", partial(compute_features, host, page)),))
    elif maps.lacking == session.address:
        page.set(maps.trouble, (("Compute features", partial(compute_features, host, page)),))
    else:
        make = host.guarded(maps.make)
        page.set(
            maps.trouble
            or f"There is no map of {_words(session)} yet. UMAP groups similar clips; PCA is quicker and shows the "
            "largest differences.",
            (("Make a UMAP map", partial(make, "umap")), ("Make a PCA map", partial(make, "pca"))),
        )


def _nothing_stored(host: "Host") -> bool:
    """Return whether it is known that no clip has features at the session's address."""
    if not features_folder(host.session.needed()).is_dir():
        return True
    address, stored = clip_maps.spelled_out(host.session.address), host.stored_steps
    return bool(stored.by_layer) and not stored.words([address.timestep], address.layers)


def compute_features(host: "Host", widget: QWidget) -> None:
    """Compute the features of all clips at the session's address, or lead to the dock that can."""
    address = clip_maps.spelled_out(host.session.address)
    try:
        from actiondiff_gui.gui.features.extraction import start_extraction
    except ImportError:
        pass
    else:
        start_extraction(host, [address.timestep], address.layers)
        return
    while widget is not None and not isinstance(widget, QTabWidget):
        widget = widget.parentWidget()
    titles = [widget.tabText(i) for i in range(widget.count())] if widget is not None else []
    if "Features" in titles:
        widget.setCurrentIndex(titles.index("Features"))
    else:
        host.tell("Compute the features in the Features dock, then make the map.")


def _words(session: "Session") -> str:
    return clip_maps.address_text(clip_maps.spelled_out(session.address))
