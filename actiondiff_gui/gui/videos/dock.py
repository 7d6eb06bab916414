"""The page of recordings: a table, and what can be done with the chosen ones."""

from itertools import groupby
from typing import TYPE_CHECKING

from qtpy.QtCore import QItemSelection, QItemSelectionModel, QItemSelectionRange, QPoint, Qt, QTimer
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.common.listening import debounced, if_there, listen
from actiondiff_gui.gui.common.theme import hint
from actiondiff_gui.gui.project import menu as projects
from actiondiff_gui.gui.videos import relinking
from actiondiff_gui.gui.videos.model import PICTURE, VideosModel
from actiondiff_gui.gui.videos.state import changing
from actiondiff_gui.gui.videos.state.listing import rows_of

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host
    from actiondiff_gui.project.project import Project

_WIDTHS = {
    **{"picture": PICTURE.width() + 8, "name": 150, "folder": 110, "state": 62, "length": 62},
    **{"fps": 66, "bouts": 52, "labelled": 66, "predictions": 70},
}
_LOOK_MS = 300


class VideosDock(QWidget):
    """Videos dock: all recordings of the project, to open, find, rename, remove and describe."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self._kept: list[str] = []
        self._stale: set[str] | None = None
        self._sized = False
        self._missing: frozenset[str] = frozenset()
        self._changed: frozenset[str] = frozenset()
        self._checked: dict[str, tuple[object, bool]] = {}
        self.model = VideosModel(host.thumbnails, self)
        self.table = _Table(self)
        self.table.setModel(self.model)
        # Else the header asks for every cell whether it is chosen, at each painting.
        self.table.header.setSelectionModel(QItemSelectionModel(self.model, self.table.header))
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search name, folder, metadata, missing, changed")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.model.search)
        self.count = QLabel()
        self.add = QPushButton("Add")
        menu = QMenu(self.add)
        self._entries = []
        for text, ask in (("Videos...", projects.ask_videos), ("A folder...", projects.ask_folder)):
            entry = menu.addAction(text)
            entry.triggered.connect(host.guarded(lambda _=False, a=ask: a(host)))
            self._entries.append(entry)
        self.add.setMenu(menu)
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.count)
        top.addWidget(self.add)
        self.open = self._button("Open", "Show the video in the player (Enter)", self.open_chosen)
        self.find = self._button(
            "Find...", "Locate a missing or changed video, or all of them", self.ask_place
        )
        self.name = self._button("Rename...", "Rename the file on disk", self.ask_name)
        self.remove = self._button(
            "Remove",
            "Remove the videos from the project; can be undone, and files are kept",
            self.remove_chosen,
        )
        self.back = QPushButton("Removed")
        self.back.setToolTip("Restore a removed video with all its clips and labels")
        self.back.setMenu(QMenu(self.back))
        self.back.menu().aboutToShow.connect(host.guarded(self._fill_back))
        buttons = QHBoxLayout()
        for button in (self.open, self.find, self.name, self.remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.back)
        self.key, self.value = _field("field, such as cage"), _field("value")
        self.set = self._button(
            "Set", "Set this field of the selected videos; an empty value removes it", self.set_field
        )
        fields = QHBoxLayout()
        for part, share in (
            (hint("Metadata"), 0),
            (self.key, 1),
            (hint("="), 0),
            (self.value, 1),
            (self.set, 0),
        ):
            fields.addWidget(part, share)
        full = QWidget()
        inside = QVBoxLayout(full)
        inside.setContentsMargins(6, 4, 6, 4)
        for part in (top, self.table, buttons, fields):
            inside.addWidget(part) if isinstance(part, QWidget) else inside.addLayout(part)
        self.empty = EmptyPage(
            "Recordings are listed here with their folder, length and labelled share.",
            [
                ("Add videos", lambda: projects.ask_videos(host)),
                ("Add a folder", lambda: projects.ask_folder(host)),
                ("Open a project", lambda: projects.ask_open(host)),
            ],
        )
        self.full, self.pages = full, QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(full)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pages)
        self.table.selectionModel().selectionChanged.connect(self._chosen_changed)
        self.model.modelAboutToBeReset.connect(self._keep_chosen)
        self.model.modelReset.connect(self._choose_kept)
        self.table.doubleClicked.connect(host.guarded(lambda _: self.open_chosen()))
        self.table.header.sortIndicatorChanged.connect(self._sort)
        self._soon = debounced(self, self._show_and_look, _LOOK_MS)
        listen(
            self,
            (self.session.project_changed, self._project_changed),
            (self.session.clips_changed, self._clips_changed),
            (self.session.video_changed, self._video_changed),
        )
        self.pages.setCurrentWidget(full if self.session.videos else self.empty)
        # The page is painted first, and filled then.
        QTimer.singleShot(0, if_there(self._show_and_look))

    def _button(self, text: str, tip: str, run) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(self.host.guarded(lambda _=False: run()))
        return button

    # What is chosen

    def chosen(self) -> list[str]:
        """Return the ids of the selected recordings, as they are listed."""
        # By ranges: Qt makes an object for each selected line otherwise, which takes long for thousands.
        ranges = self.table.selectionModel().selection()
        lines = sorted({line for part in ranges for line in range(part.top(), part.bottom() + 1)})
        return [self.model.rows[line].id for line in lines]

    def choose(self, *video_ids: str) -> None:
        """Select recordings in the table."""
        model, flags, found = self.table.selectionModel(), QItemSelectionModel.SelectionFlag, QItemSelection()
        lines = sorted({line for line in map(self.model.line, video_ids) if line >= 0})
        for _, together in groupby(enumerate(lines), lambda pair: pair[1] - pair[0]):
            run = [line for _, line in together]
            found.append(QItemSelectionRange(self.model.index(run[0], 0), self.model.index(run[-1], 0)))
        model.select(found, flags.ClearAndSelect | flags.Rows)
        if lines:
            model.setCurrentIndex(self.model.index(lines[-1], 0), flags.NoUpdate)

    def open_chosen(self) -> None:
        """Show the first selected recording in the player."""
        ids = self.chosen()
        if not ids:
            return
        why = self.session.why_unplayable(ids[0])
        if why:
            self.host.tell(f"{why} Press Find... to locate it.")
        elif ids[0] in self._changed:
            name = self.session.videos[ids[0]].path.name
            self.host.tell(f"{name} is not the file that was added. Press Find... to locate the original.")
        self.session.open_video(ids[0])
        self.host.viewer.window._qt_viewer.canvas.native.setFocus()

    def ask_place(self) -> None:
        """Ask for the file of the only selected recording without its file, else for the folder of all of them."""
        lost = [each for each in self.chosen() if each in self._changed or self.session.why_unplayable(each)]
        if len(lost) == 1:
            relinking.ask_file(self.host, lost[0])
        else:
            relinking.ask_folder(self.host, sorted(self._missing | self._changed))

    def ask_name(self) -> None:
        """Ask for another name of the selected recording."""
        ids = self.chosen()
        if len(ids) == 1:
            path = self.session.videos[ids[0]].path
            name, given = QInputDialog.getText(
                self, "Rename the file", f"New name of {path.name}:", text=path.name
            )
            if given:
                changing.rename(self.session, ids[0], name)

    def remove_chosen(self) -> None:
        """Remove the selected recordings from the project."""
        changing.remove(self.session, self.chosen())

    def set_field(self) -> None:
        """Set a metadata field of the selected recordings."""
        if self.chosen() and self.key.currentText().strip():
            changing.set_metadata(
                self.session, self.chosen(), self.key.currentText(), self.value.currentText()
            )

    def _fill_back(self) -> None:
        menu = self.back.menu()
        menu.clear()
        for gone in self.session.needed().removed_videos():
            when = gone.time.astimezone().strftime("%Y-%m-%d %H:%M")
            name = gone.path.replace("\\", "/").rpartition("/")[2]
            entry = menu.addAction(
                f"{name}: {gone.clips:,} clips, removed {when} by {gone.by or 'an unknown annotator'}"
            )
            entry.triggered.connect(
                self.host.guarded(lambda _=False, n=gone.n: changing.put_back(self.session, n))
            )
        if menu.isEmpty():
            menu.addAction("No video was removed").setEnabled(False)

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        for button in (self.open, self.find, self.name, self.remove):
            entry = menu.addAction(button.text())
            entry.setEnabled(button.isEnabled())
            entry.triggered.connect(lambda _=False, b=button: b.click())
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    # What the session says

    def _project_changed(self) -> None:
        self._missing = self._changed = frozenset()
        self._checked = {}
        self.search.clear()
        self._clips_changed(None)

    def _clips_changed(self, clip_ids: tuple[str, ...] | None) -> None:
        if clip_ids is None:
            self._stale = None
        elif self._stale is not None:
            self._stale |= {row.video_id for row in self.session.table.known(clip_ids)}
        self._soon.throttle()

    def _video_changed(self, _: str | None) -> None:
        self.table.viewport().update()

    def look_again(self) -> None:
        """Read all recordings anew, and look for their files."""
        self._stale = None
        self._show_and_look()

    def showEvent(self, event) -> None:
        """Look for the files: some may have been moved meanwhile."""
        super().showEvent(event)
        self._look()

    def _show_and_look(self) -> None:
        stale, self._stale = self._stale, set()
        if stale is None:
            self._show()
            self._look()
        elif stale:
            self._show_some(stale)

    def _show_some(self, video_ids: set[str]) -> None:
        """Show recordings whose clips were changed in place; their files are not looked for."""
        session = self.session
        videos = [session.videos[each] for each in video_ids if each in session.videos]
        clips = [row for row in session.table.rows if row.video_id in video_ids]
        self.model.change_rows(rows_of(videos, clips, self._missing, self._changed))

    def _show(self) -> None:
        session, columns = self.session, self.model.columns
        self.pages.setCurrentWidget(self.full if session.videos else self.empty)
        rows = rows_of(session.videos.values(), session.table.rows, self._missing, self._changed)
        self.model.show_rows(rows)
        counts = [f"{len(rows):,} video{'s' * (len(rows) != 1)}"]
        for state in ("missing", "changed"):
            count = sum(row.state == state for row in rows)
            counts += [f"{count:,} {state}"] * bool(count)
        self.count.setText(", ".join(counts))
        typed = self.key.currentText()
        self.key.clear()
        self.key.addItems(sorted({key for row in rows for key in row.facets}))
        self.key.setCurrentText(typed)
        if columns != self.model.columns or not self._sized:
            self._sized = True
            for section, (key, _) in enumerate(self.model.columns):
                self.table.setColumnWidth(section, _WIDTHS.get(key, 80))

    def _look(self) -> None:
        project = self.session.project
        if project is None or self.host.closed:
            return
        self.host.jobs.start(
            lambda: changing.missing_job(project),
            "looking for the videos",
            done=lambda found: self._came(project, found),
            failed=lambda _: None,
            key="videos page",
            quiet=True,
        )

    def _came(self, project: "Project", found: frozenset[str]) -> None:
        if project is not self.session.project or self.host.closed:
            return
        if found != self._missing:
            self._missing = found
            self._show()
        checked = self._checked
        self.host.jobs.start(
            lambda: changing.changed_job(project, checked),
            "comparing the videos",
            done=lambda changed: self._compared(project, changed),
            failed=lambda _: None,
            key="videos page",
            quiet=True,
        )

    def _compared(self, project: "Project", found: frozenset[str]) -> None:
        if project is self.session.project and found != self._changed:
            self._changed = found
            self._show()

    def _keep_chosen(self) -> None:
        self._kept = self.chosen()

    def _choose_kept(self) -> None:
        # Qt tells of nothing where what was chosen is not listed any more.
        with signals_blocked(self.table.selectionModel()):
            self.choose(*self._kept)
        self._chosen_changed()

    def _chosen_changed(self, *_: object) -> None:
        chosen = self.chosen()
        self._show_buttons(chosen)
        self.session.choose_videos(tuple(chosen))

    def _show_buttons(self, chosen: list[str]) -> None:
        self.open.setEnabled(bool(chosen))
        self.remove.setEnabled(bool(chosen))
        self.set.setEnabled(bool(chosen))
        self.name.setEnabled(len(chosen) == 1 and chosen[0] not in self._missing)
        self.find.setEnabled(bool(self._missing or self._changed))

    def _sort(self, section: int, order: Qt.SortOrder) -> None:
        key = self.model.columns[section][0] if section >= 0 else ""
        self.model.sort_by("" if key == "picture" else key, order == Qt.SortOrder.DescendingOrder)


class _Table(QTableView):
    """Table view; Enter opens, Delete removes, letters stay shortcuts of the window."""

    def __init__(self, dock: VideosDock) -> None:
        super().__init__(dock)
        self.dock = dock
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setIconSize(PICTURE)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setDefaultSectionSize(PICTURE.height() + 6)
        self.header = self.horizontalHeader()
        self.header.setSectionsClickable(True)
        self.header.setSectionsMovable(True)
        self.header.setSortIndicatorShown(True)
        self.header.setSortIndicatorClearable(True)
        self.header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)

    def event(self, event) -> bool:
        """Keep the keys that the table uses from the window's shortcuts."""
        if event.type() == event.Type.ShortcutOverride and event.key() in (
            *(Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End),
            *(Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Delete),
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event) -> None:
        """Open with Enter, remove with Delete."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.dock.open.click()
        elif event.key() == Qt.Key.Key_Delete:
            self.dock.remove.click()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Do not search by typed letters: they are shortcuts of the window."""

    def contextMenuEvent(self, event) -> None:
        """Show the context menu of the selected recordings."""
        self.dock._show_menu(event.globalPos())


def _field(words: str) -> QComboBox:
    box = QComboBox()
    box.setEditable(True)
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    box.lineEdit().setPlaceholderText(words)
    box.setMinimumContentsLength(6)
    box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return box
