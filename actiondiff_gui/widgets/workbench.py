"""How do the docks stand together? Tabs on the right under one address bar, the timeline below the video."""

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QMenu, QTabWidget, QToolButton, QVBoxLayout, QWidget

from actiondiff_gui.widgets import projects
from actiondiff_gui.widgets.address_bar import AddressBar
from actiondiff_gui.widgets.host import Host, host_of
from actiondiff_gui.widgets.jobs_line import JobsLine

if TYPE_CHECKING:
    import napari

TIMELINE = "ActionDiff timeline"
WORKBENCH = "ActionDiff"


def _clips(host: Host) -> QWidget:
    from actiondiff_gui.widgets.clips_dock import ClipsDock

    return ClipsDock(host)


def _features(host: Host) -> QWidget:
    from actiondiff_gui.widgets.features_dock import FeaturesDock

    return FeaturesDock(host)


def _map(host: Host) -> QWidget:
    from actiondiff_gui.widgets.map_dock import MapDock

    return MapDock(host)


def _timeline(host: Host) -> QWidget:
    from actiondiff_gui.widgets.timeline_dock import TimelineDock

    return TimelineDock(host)


TABS = {"Clips": _clips, "Features": _features, "Map": _map}


class Workbench(QWidget):
    """All docks together. Opening it also docks the timeline under the video and takes dropped files."""

    def __init__(self, napari_viewer: "napari.viewer.Viewer") -> None:
        super().__init__()
        self.host = host_of(napari_viewer)
        self.setMinimumWidth(430)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for title, make in TABS.items():
            self.tabs.addTab(make(self.host), title)
        self.tabs.setCornerWidget(ProjectButton(self.host), Qt.Corner.TopRightCorner)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.address_bar = AddressBar(self.host)
        self.jobs_line = JobsLine(self.host)
        column.addWidget(self.address_bar)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.jobs_line)
        self._remember_tab()
        self.host.session.show_dock.connect(self._show_tab)
        dock_timeline(self.host)
        take_drops(self.host)

    def _remember_tab(self) -> None:
        preferences = self.host.session.preferences
        titles = list(TABS)
        if preferences.get("tab") in titles:
            self.tabs.setCurrentIndex(titles.index(preferences.get("tab")))
        self.tabs.currentChanged.connect(lambda place: preferences.set("tab", titles[place]))

    def _show_tab(self, title: str) -> None:
        if title in TABS:
            self.tabs.setCurrentIndex(list(TABS).index(title))


class SingleDock(QWidget):
    """One dock by itself, between the address bar and the jobs line."""

    def __init__(self, host: Host, content: QWidget) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(AddressBar(host))
        column.addWidget(content, 1)
        column.addWidget(JobsLine(host))
        self.content = content
        take_drops(host)


class ProjectButton(QToolButton):
    """A menu: projects, recent ones, what to add, export."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip("Projects, videos, tables")
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        host.session.project_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        project = self.host.session.project
        self.setText(project.path.stem if project is not None else "Project")

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
        menu.addSeparator()
        add("Keys...", lambda h: h.keyboard.run("help"))


def dock_timeline(host: Host) -> QWidget:
    """Dock the timeline below the video, once."""
    window = host.viewer.window
    if TIMELINE in window.dock_widgets:
        return window.dock_widgets[TIMELINE]
    timeline = _timeline(host)
    window.add_dock_widget(timeline, name=TIMELINE, area="bottom", add_vertical_stretch=False)
    return timeline


def take_drops(host: Host) -> None:
    """Let files that are dropped on the window go into the project instead of becoming bare layers."""
    if not hasattr(host, "drops"):
        host.drops = _Drops(host)


class _Drops(QObject):
    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.host = host
        host.viewer.window._qt_viewer.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take drops of files that are ours; leave everything else to napari."""
        if event.type() != QEvent.Type.Drop or self.host.closed:
            return False
        from pathlib import Path

        from actiondiff_gui.project.formats.measure import VIDEO_SUFFIXES
        from actiondiff_gui.session.opening import SUFFIX

        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        known = {*VIDEO_SUFFIXES, SUFFIX, ".csv", ".tsv"}
        if not paths or not all(path.is_dir() or path.suffix.lower() in known for path in paths):
            return False
        event.acceptProposedAction()
        self.host.guarded(projects.add_files)(self.host, paths)
        return True
