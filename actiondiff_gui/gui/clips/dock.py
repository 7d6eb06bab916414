"""Clips dock: a table of clips with their labels, to search, sort, select and edit."""

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QMenu, QPushButton, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from actiondiff_gui.gui.clips.edit_bar import ClipsEditBar, clip_menu
from actiondiff_gui.gui.clips.filter_bar import ClipsFilterBar
from actiondiff_gui.gui.clips.state.columns import shown_table
from actiondiff_gui.gui.clips.view import ClipsView
from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.common.listening import debounced, listen, when_destroyed
from actiondiff_gui.gui.common.saving import ask_file
from actiondiff_gui.gui.common.theme import hint
from actiondiff_gui.gui.gallery.menu import add_clusters, add_similar, open_selected
from actiondiff_gui.gui.gallery.page import GalleryPage
from actiondiff_gui.gui.gallery.state.sets import GallerySet, one_group
from actiondiff_gui.gui.project import menu as projects
from actiondiff_gui.project.paths import names_apart

if TYPE_CHECKING:
    from actiondiff_gui.gui.clips.state.filtering import ClipFilter
    from actiondiff_gui.gui.host import Host

MOST_RECENT = 4
_SETTLED_MS = 120


class ClipsDock(QWidget):
    """Table of the project's clips, with a start page where there is no project or no clip."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.start = _StartPage(host)
        self.no_clips = EmptyPage(
            "This project has no videos yet. Add videos, or a folder whose names give the labels.",
            [
                ("Add videos...", lambda: projects.ask_videos(host)),
                ("Add a folder...", lambda: projects.ask_folder(host)),
                ("Import a table...", lambda: projects.ask_table(host)),
            ],
        )
        self.filter_bar = ClipsFilterBar(host)
        self.view = ClipsView(host)
        self.no_match = EmptyPage(
            "No clip matches the filters.", [("Clear the filters", self.filter_bar.clear_all)]
        )
        self.edit_bar = ClipsEditBar(host)
        self._add_buttons()
        self.middle = QStackedLayout()
        self.middle.addWidget(self.view)
        self.middle.addWidget(self.no_match)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.filter_bar)
        column.addLayout(self.middle, 1)
        column.addWidget(self.edit_bar)
        self.full = whole
        self.pages = QStackedLayout(self)
        self.gallery = GalleryPage(host)
        for page in (self.start, self.no_clips, self.full, self.gallery):
            self.pages.addWidget(page)
        self.gallery.left.connect(host.guarded(self._leave_gallery))
        host.galleries.asked.connect(self._show_gallery)
        self._listed_as = object()
        self.view.clips.modelReset.connect(self._list)
        when_destroyed(self, self.session.list_clips, self._listed_as, None)
        self._stale = False
        self._facets: dict[str, list[str]] = {}
        self._settled = debounced(self, host.guarded(self._look_again), _SETTLED_MS)
        self.filter_bar.changed.connect(host.guarded(self._filter))
        self.filter_bar.again.clicked.connect(host.guarded(self._apply_again))
        self.view.menu_asked.connect(host.guarded(self._show_menu))
        self.view.export_asked.connect(host.guarded(self._export_shown))
        listen(
            self,
            (self.session.project_changed, self._project_changed),
            (self.session.clips_reread, self._clips_reread),
            (self.session.clips_changed, self._clips_changed),
            (self.session.selection_changed, self._show_chosen),
            (self.session.current_changed, self._show_chosen),
            (self.session.reveal, self._reveal),
        )
        listen(self.filter_bar, (self.session.actions_changed, self.filter_bar.show_actions))
        self._show_all()

    def _add_buttons(self) -> None:
        host = self.host
        self.add = QPushButton("Add")
        self.add.setToolTip("Add videos, a folder of videos, or a table of clips")
        menu = QMenu(self.add)
        # Held here, or Python could not see that their connections lead back to the viewer.
        self._entries = []
        for text, ask in (
            ("Videos...", projects.ask_videos),
            ("A folder...", projects.ask_folder),
            ("A table of clips...", projects.ask_table),
        ):
            entry = menu.addAction(text)
            entry.triggered.connect(host.guarded(lambda _=False, a=ask: a(host)))
            self._entries.append(entry)
        self.add.setMenu(menu)
        self.actions = QPushButton("Actions...")
        self.actions.setToolTip("Add, rename, recolour, order and remove actions")
        self.actions.clicked.connect(host.guarded(self._open_actions))
        self.as_gallery = QPushButton("Gallery")
        self.as_gallery.setToolTip("Clips as looping pictures: listed, selected, similar, or clustered")
        looping = QMenu(self.as_gallery)
        looping.aboutToShow.connect(host.guarded(self._fill_gallery_menu))
        self.as_gallery.setMenu(looping)
        self.filter_bar.below.addWidget(self.as_gallery)
        self.filter_bar.below.addWidget(self.add)
        self.filter_bar.below.addWidget(self.actions)

    def _open_actions(self, *_: object) -> None:
        from actiondiff_gui.gui.project.actions_dialog import ActionsDialog

        ActionsDialog(self.host).open()

    def _export_shown(self, *_: object) -> None:
        """Write the listed clips in the shown columns to a file that is asked for."""
        project = self.session.needed()
        keys = [key for key in self.view.shown_columns() if key != "picture"]
        titles = {column.key: column.title for column in self.view.clips.columns}
        out = ask_file(
            self.host, "Export the listed clips", project.path.with_suffix(".csv"), ["Tables (*.csv)"], self
        )
        if out is not None:
            listed = self.view.clips.listed
            text = shown_table(listed, keys, [titles[key] for key in keys], self.view.clips.text_of)
            with out.written() as part:
                part.write_text(text, encoding="utf-8", newline="")
            self.host.tell(f"{len(listed):,} clips written to {out}.")

    def _show_menu(self, place: QPoint) -> None:
        menu = clip_menu(self.host, self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    # What the user filters

    def _filter(self, wanted: "ClipFilter") -> None:
        self._stale = False
        self.view.clips.set_filter(wanted)
        self._show_lines()

    def _apply_again(self, *_: object) -> None:
        self._stale = False
        self.view.clips.apply_again()
        self._show_lines()

    def _list(self) -> None:
        self.session.list_clips(self._listed_as, self.view.clips.listed)

    # The gallery

    def _fill_gallery_menu(self) -> None:
        menu, host, chosen = self.as_gallery.menu(), self.host, self.session.selection
        menu.clear()
        entry = menu.addAction(f"The {len(self.view.clips.listed):,} listed clips")
        entry.triggered.connect(host.guarded(lambda _=False: self.open_gallery()))
        if chosen:
            entry = menu.addAction(
                f"The {len(chosen):,} selected clips" if len(chosen) > 1 else "The selected clip"
            )
            entry.triggered.connect(host.guarded(lambda _=False: open_selected(host, "Clips")))
            menu.addSeparator()
            add_similar(menu, host, chosen, "Clips")
        menu.addSeparator()
        self._cluster_form = add_clusters(menu, host, "Clips")

    def open_gallery(self) -> None:
        """Show the listed clips as a gallery."""
        self.host.galleries.show(one_group("Listed clips", self.view.clips.listed, label_all=False))

    def _show_gallery(self, shown: GallerySet) -> None:
        self.pages.setCurrentWidget(self.gallery)
        self.gallery.show_set(shown)

    def _leave_gallery(self, tab: str) -> None:
        self.pages.setCurrentWidget(self.full)
        if tab != "Clips":
            self.session.show_dock.emit(tab)

    # What the session says

    def _project_changed(self) -> None:
        self.pages.setCurrentWidget(self.full)
        self.filter_bar.clear_all()
        self.view.clips.set_sort("")

    def _clips_reread(self, clip_ids: tuple[str, ...] | None) -> None:
        if clip_ids is not None:
            self.view.clips.clips_reread()

    def _clips_changed(self, clip_ids: tuple[str, ...] | None) -> None:
        if clip_ids is None:
            self._show_all()
            return
        self.view.clips.clips_changed(clip_ids)
        # A clip that is being edited stays where it is, so that the next arrow key leads to the next one.
        chosen, current = self.session.selection, self.session.current
        others = len(clip_ids) - len(chosen.lines(clip_ids))
        if others and (others > 1 or current not in clip_ids or current in chosen):
            self._apply_again()
        self._settled.throttle()

    def _reveal(self, clip_ids: tuple[str, ...], told: str) -> None:
        """Clear the filter where it hides some of the clips, and say so."""
        if any(clip in self.session.table and self.view.clips.line(clip) < 0 for clip in clip_ids):
            self.filter_bar.clear_all()
            self.session.tell(f"{told} The filters were cleared to show it.")

    def _look_again(self) -> None:
        if self.session.table.facet_values() is not self._facets:
            self._show_facets()
            self.view.clips.set_filter(self.filter_bar.wanted())
        self._stale = self.view.clips.stale()
        self._show_lines()

    def _show_facets(self) -> None:
        self._facets = self.session.table.facet_values()
        self.filter_bar.show_facets()
        self.edit_bar.show_facets()

    def _show_all(self) -> None:
        """Rebuild the table from the session's clips."""
        session = self.session
        if session.project is None:
            self.start.show_recent()
            self.pages.setCurrentWidget(self.start)
        elif self.pages.currentWidget() is not self.gallery or not len(session.table):
            self.pages.setCurrentWidget(self.full if session.videos else self.no_clips)
        self._stale = False
        names = names_apart(video.path for video in session.videos.values())
        self.view.clips.names = dict(zip(session.videos, names, strict=True))
        self.filter_bar.show_videos(names)
        self.filter_bar.show_actions()
        self._show_facets()
        self.view.clips.filter = self.filter_bar.wanted()
        self.view.clips.show_table(session.table)
        self._show_lines()

    def _show_lines(self) -> None:
        shown, of = self.view.clips.rowCount(), len(self.session.table)
        self.filter_bar.show_count(shown, of, self._stale)
        if shown:
            self.middle.setCurrentWidget(self.view)
        else:
            self._explain()
            self.middle.setCurrentWidget(self.no_match)
        self._show_chosen()

    def _explain(self) -> None:
        video = self.session.videos.get(self.view.clips.filter.video)
        if not len(self.session.table):
            self.no_match.set(
                "There are no clips yet. Choose a video above, then press the key of an action where it begins "
                "and again where it ends."
            )
        elif video is not None and not any(r.video_id == video.id for r in self.session.table.rows):
            self.no_match.set(
                f"{video.path.name} has no clips yet. Press the key of an action where it begins and again "
                "where it ends.",
                [("Clear the filters", self.filter_bar.clear_all)],
            )
        else:
            self.no_match.set(
                "No clip matches the filters.", [("Clear the filters", self.filter_bar.clear_all)]
            )

    def _show_chosen(self, *_: object) -> None:
        shown = len(self.view.chosen_lines())
        self.edit_bar.show_chosen(len(self.session.selection) - shown)


class _StartPage(QWidget):
    """Start page without a project: how to begin, and the recent projects."""

    def __init__(self, host: "Host") -> None:
        super().__init__()
        self.host = host
        self.page = EmptyPage(
            "Try the sample first, or start with your own videos.",
            [
                ("Try the sample", lambda: projects.open_sample(host)),
                ("Add videos...", lambda: projects.ask_videos(host)),
                ("Open a project...", lambda: projects.ask_open(host)),
            ],
        )
        self.page.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.lately = hint("Recent projects")
        self.lately.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.recent = [QPushButton() for _ in range(MOST_RECENT)]
        self.paths: list[Path] = []
        column = QVBoxLayout(self)
        column.addStretch(2)
        column.addWidget(self.page)
        column.addWidget(self.lately)
        for place, button in enumerate(self.recent):
            button.setMinimumWidth(150)
            button.setMaximumWidth(260)
            button.clicked.connect(lambda _=False, n=place: projects.open_project(host, self.paths[n]))
            column.addWidget(button, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    def show_recent(self) -> None:
        """List the recent projects that still exist."""
        self.paths = self.host.session.preferences.recent_projects[:MOST_RECENT]
        self.lately.setVisible(bool(self.paths))
        names = [path.stem for path in self.paths]
        for place, button in enumerate(self.recent):
            button.setVisible(place < len(self.paths))
            if place < len(self.paths):
                path, alike = self.paths[place], names.count(names[place]) > 1
                button.setText(f"{path.stem} ({path.parent.name})" if alike else path.stem)
                button.setToolTip(str(path))
