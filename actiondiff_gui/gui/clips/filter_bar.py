"""Filter bar of the clips table: a search field, and boxes for label, facet and video."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QStringListModel, Signal
from qtpy.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget
from superqt.utils import signals_blocked

from actiondiff_gui.gui.clips.state.filtering import DISAGREE, PREDICTED, UNLABELLED, ClipFilter
from actiondiff_gui.gui.common.listening import debounced
from actiondiff_gui.gui.common.theme import swatch

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_SEARCH_MS = 200
_STATES = (
    ("All labels", ""),
    ("Unlabelled", UNLABELLED),
    ("Predicted only", PREDICTED),
    ("Disagreement", DISAGREE),
)


class ClipsFilterBar(QWidget):
    """Fields that define a :class:`ClipFilter`.

    Signals: ``changed(ClipFilter)`` once the user is done with a change.
    """

    changed = Signal(object)

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search labels, facets, videos")
        self.search.setClearButtonEnabled(True)
        self.label = _box(
            "Filter by label. Predicted only: a prediction but no label. "
            "Disagreement: prediction and label differ"
        )
        self.facet = _box("Filter by a facet")
        self.value = _box("Value of the facet")
        self.video = _box("Filter by video; choosing one also opens it, to label bouts")
        self.video.view().setUniformItemSizes(True)
        self.video.setMaxVisibleItems(20)
        self._video_ids: list[str] = []
        self.count = QLabel()
        self.again = QPushButton("Refresh")
        self.again.setToolTip("Filter and sort again: some listed clips have changed")
        self.again.hide()
        self.clear = QPushButton("Clear the filters")
        grid = QGridLayout(self)
        grid.setContentsMargins(6, 6, 6, 4)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(4)
        grid.addWidget(self.search, 0, 0, 1, 2)
        grid.addWidget(self.video, 0, 2)
        grid.addWidget(self.label, 1, 0)
        grid.addWidget(self.facet, 1, 1)
        grid.addWidget(self.value, 1, 2)
        for column in range(3):
            grid.setColumnStretch(column, 1)
        below = QHBoxLayout()
        below.setSpacing(4)
        below.addWidget(self.count)
        below.addStretch(1)
        below.addWidget(self.again)
        below.addWidget(self.clear)
        self.below = below
        grid.addLayout(below, 2, 0, 1, 3)
        self._typing = debounced(self, self._changed, _SEARCH_MS)
        self.search.textChanged.connect(self._typed)
        self.search.returnPressed.connect(self._changed)
        self.label.activated.connect(self._changed)
        self.facet.activated.connect(self._facet_chosen)
        self.value.activated.connect(self._changed)
        self.video.activated.connect(host.guarded(self._video_chosen))
        self.clear.clicked.connect(self.clear_all)

    def wanted(self) -> ClipFilter:
        """Return the filter that the fields define."""
        kind, what = self.label.currentData() or ("state", "")
        return ClipFilter(
            text=" ".join(self.search.text().split()),
            facet=self.facet.currentData() or "",
            value=(self.value.currentData() or "") if self.facet.currentData() else "",
            video=self._video_ids[self.video.currentIndex() - 1] if self.video.currentIndex() > 0 else "",
            **{kind: what},
        )

    def clear_all(self) -> None:
        """Show all clips."""
        with signals_blocked(self.search):
            self.search.clear()
        for box in (self.label, self.facet, self.video):
            box.setCurrentIndex(0)
        self._show_values()
        self._changed()

    def show_count(self, shown: int, of: int, stale: bool) -> None:
        """Show how many clips are listed, and whether the order or filter is out of date."""
        clips = "clip" if of == 1 else "clips"
        self.count.setText(f"{of:,} {clips}" if shown == of else f"{shown:,} of {of:,} {clips}")
        self.again.setVisible(stale)
        self.clear.setVisible(not self.wanted().empty)

    def show_videos(self, names: Sequence[str]) -> None:
        """List the videos of the project under these names."""
        chosen = self._video_ids[self.video.currentIndex() - 1] if self.video.currentIndex() > 0 else None
        self._video_ids = list(self.session.videos)
        with signals_blocked(self.video):
            # The box deletes a model that is its child when it gets another.
            self.video.setModel(QStringListModel(["All videos", *names], self.video))
            index = self._video_ids.index(chosen) + 1 if chosen in self.session.videos else 0
            self.video.setCurrentIndex(index)
        self.video.setEnabled(bool(names))

    def show_facets(self) -> None:
        """List the facets of the project."""
        _fill(self.facet, [("Any facet", ""), *((key, key) for key in self.session.table.facet_keys())])
        self._show_values()

    def show_actions(self) -> None:
        """List the actions of the project."""
        _fill(self.label, [(title, ("state", state)) for title, state in _STATES])
        kept = self._label_kept
        with signals_blocked(self.label):
            if self.session.actions:
                self.label.insertSeparator(self.label.count())
            for action in self.session.actions:
                self.label.addItem(swatch(action.colour), action.name, ("action", action.name))
            indices = [i for i in range(self.label.count()) if self.label.itemData(i) == kept]
            self.label.setCurrentIndex(indices[0] if indices else 0)

    _label_kept: tuple[str, str] = ("state", "")

    def _typed(self) -> None:
        self._typing.throttle()

    def _changed(self, *_: object) -> None:
        self._typing.cancel()
        self._label_kept = self.label.currentData() or ("state", "")
        self.changed.emit(self.wanted())

    def _facet_chosen(self, _: int) -> None:
        self._show_values()
        self._changed()

    def _show_values(self) -> None:
        facet = self.facet.currentData() or ""
        self.value.setEnabled(bool(facet))
        if not facet:
            _fill(self.value, [("Any value", "")])
            return
        values = self.session.table.facet_values().get(facet, [])
        entries = [("Not set", ""), *((value, value) for value in values)]
        _fill(self.value, entries, first=1 if values else 0)

    def _video_chosen(self, index: int) -> None:
        if index > 0:
            video = self._video_ids[index - 1]
            if video != self.session.video:
                self.session.open_video(video)
        self._changed()


def _box(tip: str) -> QComboBox:
    box = QComboBox()
    box.setToolTip(tip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    return box


def _fill(box: QComboBox, entries: list[tuple[str, object]], first: int = 0) -> None:
    """List ``entries``; the chosen entry stays where it is among them, else entry ``first`` is chosen."""
    chosen = box.currentData()
    with signals_blocked(box):
        box.clear()
        for text, data in entries:
            box.addItem(text, data)
        indices = [i for i, (_, data) in enumerate(entries) if data and data == chosen]
        box.setCurrentIndex(indices[0] if indices else first)
