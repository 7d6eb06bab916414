"""Questions of the import dialog: how the tables are read, and what their names mean in the project."""

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel
from superqt.utils import signals_blocked

from actiondiff_gui.gui.common.theme import hint
from actiondiff_gui.gui.project.state.importing import KINDS, Draft, Planned, Reading, found_in
from actiondiff_gui.project.formats.imports.behaviours import allowed
from actiondiff_gui.project.formats.imports.measure import VIDEO_SUFFIXES
from actiondiff_gui.project.formats.imports.plan import Choice

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_LEAVE_OUT = ""
_MOST_ROWS = 200
_ASKED_WIDTH, _NAME_WIDTH = 130, 170


class ImportQuestions(QScrollArea):
    """Questions about files and their content, with what was recognised preselected.

    Attributes
    ----------
    kind, unit, video, column, domain : QComboBox
    by : QLineEdit
    unite, points, outside : QCheckBox
    actions : dict of str to QComboBox
        By behaviour.
    videos : dict of str to VideoBox
        By media file as written.

    Signals: ``reading_changed`` when the files have to be read anew, ``choice_changed`` when only what becomes of them.
    """

    reading_changed = Signal()
    choice_changed = Signal()

    def __init__(self, host: "Host", draft: Draft) -> None:
        super().__init__()
        self.host, self.session = host, host.session
        self._spellings: tuple[tuple[str, ...], ...] = ()
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        self._reread = host.guarded(lambda *_: self.reading_changed.emit())
        self._replan = host.guarded(lambda *_: self.choice_changed.emit())
        self.kind, self.unit, self.column, self.domain = (QComboBox() for _ in range(4))
        self.video = VideoBox(host, "choose the video")
        self.by = QLineEdit()
        self.by.setPlaceholderText(draft.name if len(draft.paths) == 1 else "name of each file")
        self.by.setToolTip("Annotator stored with each label")
        self._labels: dict[QWidget, QElidingLabel] = {}
        for text, box, changed in (
            ("Read as", self.kind, self._reread),
            ("Times are in", self.unit, self._reread),
            ("Column with labels", self.column, self._reread),
            ("About the video", self.video, self._reread),
            ("Domain", self.domain, None),
            ("Labelled by", self.by, None),
        ):
            self._row(self._grid, text, box)
            if changed is not None:
                box.activated.connect(changed)
        self.unit.addItem("choose: seconds or frames?", None)
        self.unit.addItem("seconds", "seconds")
        self.unit.addItem("frames", "frames")
        self.domain.setToolTip(
            "The column across whose values a classifier should generalise, such as species"
        )
        self.unite, self.points, self.outside = (QCheckBox() for _ in range(3))
        self.unite.toggled.connect(self._reread)
        for box in (self.points, self.outside):
            box.toggled.connect(self._replan)
        self.points.setText("Events without a duration become bouts of one frame")
        self.points.setChecked(True)
        self.outside.setText("Videos may lie outside the table's folder")
        self._meanings = QWidget()
        self.look = QPushButton("Look for missing videos in a folder...")
        self.look.clicked.connect(host.guarded(lambda *_: self._ask_folder()))
        self.look.hide()
        self.actions: dict[str, QComboBox] = {}
        self.videos: dict[str, VideoBox] = {}
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 6, 0)
        self._column.addLayout(self._grid)
        for box in (self.unite, self.points, self.outside):
            self._column.addWidget(box)
        self._column.addWidget(self._meanings)
        self._column.addWidget(self.look)
        self._column.addStretch(1)
        self.setWidget(inner)

    # What was said

    def reading(self) -> Reading:
        """Return how the files are read."""
        known = self.video.meant()
        column = self.column.currentData()
        return Reading(
            self.kind.currentData(),
            self.unit.currentData(),
            known[0] if known else None,
            (column,) if column else None,
            self.unite.isChecked(),
        )

    def choice(self) -> Choice:
        """Return the choices made for their content."""
        meant = {name: box.meant() for name, box in self.videos.items()}
        if self.video.meant() is not None:
            meant[self.video.meant()[0]] = self.video.meant()
        ids = {name: said[1] for name, said in meant.items() if said is not None and isinstance(said[1], str)}
        files = {
            name: said[1] for name, said in meant.items() if said is not None and isinstance(said[1], Path)
        }
        return Choice(
            {behaviour: box.currentData() or None for behaviour, box in self.actions.items()},
            ids,
            self.points.isChecked(),
            files,
            self.outside.isChecked(),
        )

    # What is asked

    def show_draft(self, draft: Draft) -> None:
        """Ask the questions about files that were read; earlier answers stay."""
        asked = draft.asks.what if draft.asks is not None else ""
        with signals_blocked(self.kind):
            if not self.kind.count():
                self.kind.addItem("choose the tool" if asked == "format" else _kinds(draft), None)
                for kind, words in sorted(KINDS.items(), key=lambda one: one[1].casefold()):
                    self.kind.addItem(words[:1].upper() + words[1:], kind)
        if asked == "columns" and not self.column.count():
            self.column.addItem("choose the column", None)
            for name in draft.asks.choices:
                self.column.addItem(name, name)
        with signals_blocked(self.domain):
            if draft.fields and not self.domain.count():
                self.domain.addItem("as it is" if self._domain() else "none yet", None)
                for name in draft.fields:
                    self.domain.addItem(name, name)
                self.domain.setCurrentIndex(max(0, self.domain.findData(self._domain())))
        self._spellings = self._spellings or draft.spellings
        pairs = "; ".join(" and ".join(names) for names in self._spellings)
        self.unite.setText(f"Read as one behaviour: {pairs if len(pairs) < 45 else pairs[:44] + '…'}")
        self.unite.setToolTip(f"{pairs} differ only in capitalisation.")
        for box, shown in (
            (self.unit, draft.unit),
            (self.column, self.column.count() > 0),
            (self.video, asked == "video" or self.video.meant() is not None),
            (self.domain, bool(draft.fields)),
            (self.unite, bool(self._spellings)),
            (self.points, draft.points > 0),
            (self.outside, draft.leads_out),
        ):
            box.setVisible(shown)
            if box in self._labels:
                self._labels[box].setVisible(shown)

    def _domain(self) -> str | None:
        return self.session.project.domain_facet if self.session.project is not None else None

    def show_planned(self, planned: Planned) -> None:
        """Ask about each behaviour and each media file; the boxes stay where the same ones are asked about."""
        self.look.setVisible(bool(planned.missing))
        behaviours = list(planned.actions)[:_MOST_ROWS]
        written = sorted(planned.videos, key=lambda name: planned.videos[name] is not None)[:_MOST_ROWS]
        if behaviours == list(self.actions) and set(written) == set(self.videos):
            for name, box in self.videos.items():
                box.show_found(planned.videos[name])
            return
        kept = {name: box.currentData() for name, box in self.actions.items()}
        known = {name: box.meant() for name, box in self.videos.items()}
        self.actions, self.videos = {}, {}
        grid = QGridLayout()
        grid.setContentsMargins(0, 6, 0, 0)
        grid.setColumnStretch(1, 1)
        counts, actions = planned.draft.counts, [action.name for action in self.session.actions]
        if behaviours:
            self._head(grid, "Name in the file, times used", "Action here")
        for behaviour in behaviours:
            chosen = kept.get(behaviour, planned.actions[behaviour] or _LEAVE_OUT)
            box = self._action_box(actions, [chosen, allowed(behaviour)])
            box.setCurrentIndex(box.findData(chosen))
            self.actions[behaviour] = box
            self._row(grid, f"{behaviour} ({counts.get(behaviour, 0):,})", box, behaviour)
        if written:
            self._head(grid, "Video in the file", "Video here")
        for name in written:
            box = VideoBox(self.host, "not found: left out", name)
            box.say(known.get(name))
            box.show_found(planned.videos[name])
            box.activated.connect(self._replan)
            self.videos[name] = box
            last = name.replace("\\", "/").rsplit("/", 1)[-1]
            self._row(grid, last, box, name)
        for shown, count in ((len(behaviours), len(planned.actions)), (len(written), len(planned.videos))):
            if shown < count:
                grid.addWidget(hint(f"and {count - shown:,} more, as recognised"), grid.rowCount(), 0, 1, 2)
        fresh = QWidget()
        fresh.setLayout(grid)
        self._column.replaceWidget(self._meanings, fresh)
        self._meanings.deleteLater()
        self._meanings = fresh

    def _action_box(self, actions: list[str], new: list[str]) -> QComboBox:
        """Return a box of the project's actions, and of names for a new one."""
        box = QComboBox()
        box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for name in dict.fromkeys([*actions, *(name for name in new if name != _LEAVE_OUT)]):
            box.addItem(name if name in actions else f"{name} (new action)", name)
        box.addItem("leave out", _LEAVE_OUT)
        box.activated.connect(self._replan)
        return box

    def _head(self, grid: QGridLayout, *words: str) -> None:
        row = grid.rowCount()
        for column, text in enumerate(words):
            grid.addWidget(hint(text), row, column)

    def _row(self, grid: QGridLayout, text: str, box: QWidget, tip: str | None = None) -> None:
        label = QElidingLabel(text)
        label.setElideMode(Qt.TextElideMode.ElideMiddle)
        label.setToolTip(tip or "")
        label.setFixedWidth(_ASKED_WIDTH if tip is None else _NAME_WIDTH)
        row = grid.rowCount()
        grid.addWidget(label, row, 0)
        grid.addWidget(box, row, 1)
        box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._labels[box] = label

    def _ask_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Where are the videos?")
        if name:
            self.look_in(Path(name))

    def look_in(self, folder: Path) -> None:
        """Look for the videos that were not found in a folder."""
        missing = [name for name, box in self.videos.items() if box.missing]
        for name, path in found_in(missing, folder).items():
            self.videos[name].say((name, path))
        self.choice_changed.emit()


class VideoBox(QComboBox):
    """Choice of a video: the one found, one of the project, or a file.

    The project's videos are listed when the box is opened: there may be thousands, and as many boxes.

    Parameters
    ----------
    host : Host
    nothing : str
        What is said where no video was found.
    written : str
        Media file as written; "" where the file names none.
    """

    def __init__(self, host: "Host", nothing: str, written: str = "") -> None:
        super().__init__()
        self.host, self.written, self._nothing, self.missing = host, written, nothing, True
        self.addItem(nothing, None)
        self.activated.connect(host.guarded(self._picked))

    def meant(self) -> tuple[str, "str | Path"] | None:
        """Return the name as written, and the id of a video or a file; None where nothing was chosen."""
        said = self.currentData()
        if said is None or said == _FILE:
            return None
        name = said.name if isinstance(said, Path) else self.host.session.videos[said].path.name
        return self.written or name, said

    def say(self, meant: tuple[str, "str | Path"] | None) -> None:
        """Choose a video or a file as if a person had."""
        if meant is None:
            return
        said = meant[1]
        if isinstance(said, Path):
            self._add_file(said)
        else:
            self.fill()
            self.setCurrentIndex(max(0, self.findData(said)))

    def show_found(self, found: str | None) -> None:
        """Say in the first line what was found: the id of a video, "" for one that would be added, None for none."""
        self.missing = found is None
        if self.currentData() is None:
            video = self.host.session.videos.get(found) if found else None
            text = video.path.name if video else "will be added" if found == "" else self._nothing
            self.setItemText(0, text)

    def fill(self) -> None:
        """List the videos of the project, once."""
        if self.findData(_FILE) < 0:
            videos = sorted(self.host.session.videos.values(), key=lambda v: v.path.name.casefold())
            for video in videos:
                self.addItem(video.path.name, video.id)
                self.setItemData(self.count() - 1, str(video.path), Qt.ItemDataRole.ToolTipRole)
            self.addItem("Choose a file...", _FILE)

    def showPopup(self) -> None:
        """List the videos and open."""
        self.fill()
        super().showPopup()

    def _picked(self, _: int) -> None:
        if self.currentData() != _FILE:
            return
        patterns = " ".join(f"*{suffix}" for suffix in sorted(VIDEO_SUFFIXES))
        name, _ = QFileDialog.getOpenFileName(
            self, f"Which video is {self.written or 'meant'}?", "", f"Videos ({patterns});;All files (*)"
        )
        if name:
            self._add_file(Path(name))
        else:
            self.setCurrentIndex(0)

    def _add_file(self, path: Path) -> None:
        index = next((n for n in range(self.count()) if self.itemData(n) == path), None)
        if index is None:
            index = 1
            self.insertItem(1, path.name, path)
            self.setItemData(1, str(path), Qt.ItemDataRole.ToolTipRole)
        self.setCurrentIndex(index)


_FILE = "choose a file"


def _kinds(draft: Draft) -> str:
    words = KINDS[draft.kinds[0]] if len(draft.kinds) == 1 else "Several formats"
    return words[:1].upper() + words[1:]
