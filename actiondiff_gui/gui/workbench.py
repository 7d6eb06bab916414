"""Arrangement of the docks: tabs on the right under one address bar, the timeline below the video."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtWidgets import QDockWidget, QInputDialog, QMenu, QTabWidget, QToolButton, QVBoxLayout, QWidget

from actiondiff_gui.gui.common.docked import Docked
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.forms.address_bar import AddressBar
from actiondiff_gui.gui.host import Host, host_of
from actiondiff_gui.gui.project import menu as projects
from actiondiff_gui.gui.project.state.importing import TABLES as LABELS
from actiondiff_gui.gui.project.state.opening import SUFFIX
from actiondiff_gui.gui.services.jobs_line import JobsLine
from actiondiff_gui.project.formats.imports.measure import VIDEO_SUFFIXES

if TYPE_CHECKING:
    import napari

TIMELINE = "ActionDiff timeline"
TIMELINE_CONTENT = "timeline.dock:TimelineDock"
WORKBENCH = "ActionDiff"
MISSING_BAR = "videos.missing:MissingBar"
WIDTH, TIMELINE_HEIGHT = 500, 190
"""Usual sizes in pixels of the docks at the right and below; the user's sizes are remembered."""


TABS = {
    "Clips": "clips.dock:ClipsDock",
    "Videos": "videos.dock:VideosDock",
    "Features": "features.dock:FeaturesDock",
    "Map": "map.dock:MapDock",
    "Overlays": "overlays.dock:OverlaysDock",
    "Train": "train.dock:TrainDock",
    "Review": "review.dock:ReviewDock",
    "Ethogram": "ethogram.dock:EthogramDock",
    "Lab": "lab.dock:LabDock",
}
"""The tabs, left to right, and what fills each: a module beside this one and its class, imported when it is made."""


def dock_content(place: str, host: Host) -> QWidget:
    """Return the widget of a dock; ``place`` is ``module:class``, as in :data:`TABS`."""
    module, _, name = place.partition(":")
    return getattr(import_module(f"actiondiff_gui.gui.{module}"), name)(host)


class Workbench(Docked):
    """All docks together. Opening it also docks the timeline under the video and takes dropped files."""

    def __init__(self, napari_viewer: "napari.viewer.Viewer") -> None:
        super().__init__()
        self.host = host_of(napari_viewer)
        self.setMinimumWidth(430)
        self.tabs = QTabWidget()
        self.tabs.tabBar().setDrawBase(False)
        for title, place in TABS.items():
            self.tabs.addTab(dock_content(place, self.host), title)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.address_bar = AddressBar(self.host)
        self.address_bar.top.addWidget(ProjectButton(self.host))
        self.jobs_line = JobsLine(self.host)
        self.missing = dock_content(MISSING_BAR, self.host)
        column.addWidget(self.address_bar)
        column.addWidget(self.missing)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.jobs_line)
        self._remember_tab()
        listen(self, (self.host.session.show_dock, self._show_tab))
        self.timeline = dock_timeline(self.host)
        take_drops(self.host)
        open_galleries(self.host)
        self.host.closing.connect(self._keep_sizes)
        # The sizes of docks can be set once they are laid out.
        QTimer.singleShot(0, self._restore_sizes)

    def _remember_tab(self) -> None:
        preferences = self.host.session.preferences
        titles = list(TABS)
        if preferences.get("tab") in titles:
            self.tabs.setCurrentIndex(titles.index(preferences.get("tab")))
        self.tabs.currentChanged.connect(lambda place: preferences.set("tab", titles[place]))

    def _show_tab(self, title: str) -> None:
        title = title.partition(":")[0]
        if title in TABS:
            self.tabs.setCurrentIndex(list(TABS).index(title))

    def _keep_sizes(self) -> None:
        sizes = {"width": self.width(), "timeline": self.timeline.height()}
        self.host.session.preferences.set("sizes", sizes)

    def _restore_sizes(self) -> None:
        kept = self.host.session.preferences.get("sizes", {})
        kept = kept if isinstance(kept, dict) else {}
        for widget, name, usual, way in (
            (self, "width", WIDTH, Qt.Orientation.Horizontal),
            (self.timeline, "timeline", TIMELINE_HEIGHT, Qt.Orientation.Vertical),
        ):
            size = kept.get(name, usual)
            dock = _dock_of(widget)
            if dock is not None and isinstance(size, int) and 50 < size < 5000:
                self.host.window.resizeDocks([dock], [size], way)


def _dock_of(widget: QWidget) -> QDockWidget | None:
    while widget is not None and not isinstance(widget, QDockWidget):
        widget = widget.parentWidget()
    return widget


class SingleDock(Docked):
    """One dock alone, between the address bar and the jobs line. napari makes its subclasses from the menu."""

    title = ""

    def __init__(self, napari_viewer: "napari.viewer.Viewer") -> None:
        super().__init__()
        self.host = host = host_of(napari_viewer)
        self._window_size = host.window.size()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.content = dock_content(TABS[self.title], host)
        bar = AddressBar(host)
        bar.top.addWidget(ProjectButton(host))
        column.addWidget(bar)
        column.addWidget(self.content, 1)
        column.addWidget(JobsLine(host))
        dock_timeline(host)
        take_drops(host)
        open_galleries(host)
        # napari docks it after it is made.
        QTimer.singleShot(0, self._join_others)

    def _join_others(self) -> None:
        """Become a tab beside the other docks: below them it would make the window taller than the screen."""
        mine, window = _dock_of(self), self.host.window
        others = [_dock_of(other) for kind in (SingleDock, Workbench) for other in window.findChildren(kind)]
        beside = next((dock for dock in others if dock is not None and dock is not mine), None)
        if mine is None or beside is None or mine.isFloating() or mine in window.tabifiedDockWidgets(beside):
            return
        window.tabifyDockWidget(beside, mine)
        mine.raise_()
        window.resize(self._window_size)


class Clips(SingleDock):
    """The table of clips alone."""

    title = "Clips"


class Videos(SingleDock):
    """The page of recordings alone."""

    title = "Videos"


class Features(SingleDock):
    """The features dock alone."""

    title = "Features"


class Map(SingleDock):
    """The map alone."""

    title = "Map"


class Overlays(SingleDock):
    """The overlays dock alone."""

    title = "Overlays"


class Train(SingleDock):
    """The train dock alone."""

    title = "Train"


class Review(SingleDock):
    """The review dock alone."""

    title = "Review"


class Ethogram(SingleDock):
    """The ethogram alone."""

    title = "Ethogram"


class Lab(SingleDock):
    """The timestep lab alone."""

    title = "Lab"


class Timeline(Docked):
    """The timeline alone."""

    def __init__(self, napari_viewer: "napari.viewer.Viewer") -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(dock_content(TIMELINE_CONTENT, host_of(napari_viewer)))


class ProjectButton(QToolButton):
    """A menu: projects, recent ones, what to add, export."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        listen(self, (host.session.project_changed, self._show))
        self._show()

    def _show(self) -> None:
        project = self.host.session.project
        name = project.path.stem if project is not None else "Project"
        # Two spaces keep the text clear of the arrow that napari's style paints over the button's edge.
        self.setText(self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, 130) + "  ")
        self.setToolTip(str(project.path) if project is not None else "Projects, videos, tables")

    def _fill(self) -> None:
        menu, host = self.menu(), self.host
        menu.clear()

        def add(text: str, run, enabled: bool = True) -> None:
            action = menu.addAction(text)
            action.setEnabled(enabled)
            action.triggered.connect(lambda _=False: host.guarded(run)(host))

        opened = host.session.project is not None
        add("New project...", projects.ask_new)
        add("Open project...", projects.ask_open)
        recent = menu.addMenu("Open recent")
        for path in host.session.preferences.recent_projects:
            action = recent.addAction(path.stem)
            action.setToolTip(str(path))
            action.triggered.connect(lambda _=False, p=path: projects.open_project(host, p))
        recent.setEnabled(not recent.isEmpty())
        add("Try the sample", projects.open_sample)
        menu.addSeparator()
        add("Add videos...", projects.ask_videos)
        add("Add a folder...", projects.ask_folder)
        add("Import a table...", projects.ask_table)
        add("Export clips and labels...", projects.ask_export, opened)
        add("Export answers of reviews...", projects.ask_export_answers, opened)
        menu.addSeparator()
        add("Restore a backup...", projects.ask_restore)
        add("Check the project...", projects.ask_check, opened)
        menu.addSeparator()
        add("Actions...", _open_actions, opened)
        add("Subjects...", _open_subjects, opened)
        add(f"Labelling as {host.session.annotator}...", _ask_annotator)
        blind = menu.addAction("Hide labels of others and predictions")
        blind.setCheckable(True)
        blind.setChecked(host.session.blind)
        blind.toggled.connect(host.guarded(host.session.set_blind))
        add("Keys...", lambda h: h.keyboard.run("help"))


def _open_actions(host: Host) -> None:
    from actiondiff_gui.gui.project.actions_dialog import ActionsDialog

    ActionsDialog(host).open()


def _open_subjects(host: Host) -> None:
    from actiondiff_gui.gui.project.subjects_dialog import SubjectsDialog

    SubjectsDialog(host).open()


def _ask_annotator(host: Host) -> None:
    name, given = QInputDialog.getText(
        host.window, "Annotator", "Name stored with each label:", text=host.session.annotator
    )
    if given:
        host.session.set_annotator(name)


def dock_timeline(host: Host) -> QWidget:
    """Dock the timeline below the video, once."""
    window = host.viewer.window
    if TIMELINE in window.dock_widgets:
        return window.dock_widgets[TIMELINE]
    # napari's menu gives its dock another name.
    if (docked := host.window.findChild(Timeline)) is not None:
        return docked
    timeline = dock_content(TIMELINE_CONTENT, host)
    window.add_dock_widget(timeline, name=TIMELINE, area="bottom", add_vertical_stretch=False)
    return timeline


def open_galleries(host: Host) -> None:
    """Let a gallery open in a dock of its own where no Clips dock shows it."""

    def open_alone() -> None:
        from actiondiff_gui.gui.gallery.alone import GalleryAlone

        host.viewer.window.add_dock_widget(GalleryAlone(host), name="Gallery", area="right")

    host.galleries.open_alone = open_alone


def take_drops(host: Host) -> None:
    """Add files dropped on the window to the project, instead of opening them as layers."""
    if not hasattr(host, "drops"):
        host.drops = _Drops(host)


class _Drops(QObject):
    """Takes supported files wherever they are dropped: on the video, or on a dock."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.host = host
        host.window.setAcceptDrops(True)
        for target in (host.window, host.viewer.window._qt_viewer):
            target.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take drops of supported files; leave everything else to napari."""
        kind = event.type()
        if kind not in (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop) or self.host.closed:
            return False
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if not paths or not all(map(_is_ours, paths)):
            return False
        event.acceptProposedAction()
        if kind == QEvent.Type.Drop:
            self.host.guarded(projects.add_files)(self.host, paths)
        return True


DROPPED = (*VIDEO_SUFFIXES, SUFFIX, *(set(LABELS) - {".npy", ".gz"}), ".boris.gz")
"""Endings of files that a drop adds to the project. Arrays may be meant for napari, and come in by the menu."""


def _is_ours(path: Path) -> bool:
    return path.is_dir() or path.name.lower().endswith(DROPPED)
