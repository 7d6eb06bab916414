"""Lists of timesteps and layers with check boxes, and quick choices above them."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

from actiondiff_gui.backbones.description import Description, layer_words
from actiondiff_gui.backbones.protocol import Timestep
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.theme import check_boxes, colour, hint, mixed

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

KEY = Qt.ItemDataRole.UserRole


class CheckedList(QWidget):
    """A table whose rows can be checked, under a title with quick choices.

    Signals: ``changed`` when the user checked or unchecked something.

    Parameters
    ----------
    title : str
    columns : sequence of str
        Headings; the last column takes the room that is left.
    choices : sequence of (str, str, callable)
        Text, tooltip, and what to call for each quick choice.
    """

    changed = Signal()

    def __init__(
        self,
        host: "Host",
        title: str,
        columns: Sequence[str],
        choices: Sequence[tuple[str, str, Callable[[], object]]],
    ) -> None:
        super().__init__()
        self.host = host
        self.title = QLabel(title)
        self.count = hint("")
        self.tree = QTreeWidget()
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setAllColumnsShowFocus(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setColumnCount(len(columns))
        self.tree.setHeaderLabels(columns)
        header = self.tree.header()
        header.setSectionsMovable(False)
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(30)
        for column in range(1, len(columns) - 1):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        # The width of contents leaves out the check mark as the style sheet draws it.
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(0, 34 + self.fontMetrics().horizontalAdvance("t000"))
        self.tree.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.title)
        row.addWidget(self.count)
        row.addStretch(1)
        self.buttons: dict[str, QToolButton] = {}
        for text, tip, run in choices:
            button = QToolButton()
            button.setText(text)
            button.setToolTip(tip)
            button.clicked.connect(host.guarded(lambda _=False, f=run: f()))
            self.buttons[text] = button
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(row)
        column.addWidget(self.tree, 1)
        self.tree.itemChanged.connect(host.guarded(self._item_changed))
        self.tree.itemPressed.connect(host.guarded(self._item_pressed))
        self.tree.itemClicked.connect(host.guarded(self._item_clicked))
        self._pressed = Qt.CheckState.Unchecked
        listen(self, (host.viewer.events.theme, self._follow_theme))
        self._follow_theme()

    def resizeEvent(self, event) -> None:
        """Keep the checked rows visible."""
        super().resizeEvent(event)
        self._show_checked()

    def fill(self, rows: Iterable[tuple[object, Sequence[str], str]]) -> None:
        """Show rows of key, column texts and tooltip; checked keys stay checked."""
        kept = set(self.checked())
        with signals_blocked(self.tree):
            self.tree.clear()
            for key, texts, tip in rows:
                item = QTreeWidgetItem(list(texts))
                item.setData(0, KEY, key)
                item.setCheckState(0, Qt.CheckState.Checked if key in kept else Qt.CheckState.Unchecked)
                for index in range(len(texts)):
                    item.setToolTip(index, tip)
                self.tree.addTopLevelItem(item)
        self._show_count()

    def row_keys(self) -> list:
        """Return the keys of all rows."""
        return [item.data(0, KEY) for item in self._items()]

    def checked(self) -> list:
        """Return the keys of the checked rows, from the top."""
        return [item.data(0, KEY) for item in self._items() if item.checkState(0) == Qt.CheckState.Checked]

    def check(self, keys: Iterable[object]) -> None:
        """Check these rows and no others; ``changed`` is not emitted."""
        wanted = set(keys)
        with signals_blocked(self.tree):
            for item in self._items():
                on = item.data(0, KEY) in wanted
                item.setCheckState(0, Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        self._show_checked()
        self._show_count()

    def set_text(self, key: object, column: int, text: str) -> None:
        """Change one cell."""
        with signals_blocked(self.tree):
            for item in self._items():
                if item.data(0, KEY) == key:
                    item.setText(column, text)
        self.tree.viewport().update()

    def _items(self) -> list[QTreeWidgetItem]:
        return [self.tree.topLevelItem(index) for index in range(self.tree.topLevelItemCount())]

    def _show_checked(self) -> None:
        first = next((i for i in self._items() if i.checkState(0) == Qt.CheckState.Checked), None)
        if first is not None:
            self.tree.scrollToItem(first, QAbstractItemView.ScrollHint.PositionAtCenter)

    def _show_count(self) -> None:
        chosen, total = len(self.checked()), self.tree.topLevelItemCount()
        self.count.setText(f"{chosen} of {total}" if total else "")

    def _item_changed(self, _: QTreeWidgetItem, column: int) -> None:
        if column == 0:
            self._show_count()
            self.changed.emit()

    def _item_pressed(self, item: QTreeWidgetItem, _: int) -> None:
        self._pressed = item.checkState(0)

    def _item_clicked(self, item: QTreeWidgetItem, _: int) -> None:
        # A click on the box itself has changed the item by now.
        if item.checkState(0) == self._pressed:
            self._row_clicked(item)

    def _row_clicked(self, item: QTreeWidgetItem) -> None:
        """Toggle the row that was clicked beside its check box."""
        on = item.checkState(0) == Qt.CheckState.Checked
        item.setCheckState(0, Qt.CheckState.Unchecked if on else Qt.CheckState.Checked)

    def _follow_theme(self, _: object = None) -> None:
        viewer = self.host.viewer
        button = colour(viewer, "foreground").name()
        for each in self.buttons.values():
            each.setStyleSheet(
                f"QToolButton {{ background: {button}; padding: 2px 7px; border-radius: 2px; }}"
                f"QToolButton:hover {{ background: {colour(viewer, 'primary').name()}; }}"
            )
        background, text = colour(viewer, "background"), colour(viewer, "text")
        box = colour(viewer, "primary")
        head = mixed(background, text, 0.75).name()
        self.tree.setStyleSheet(
            f"""
            QTreeView {{ background: {colour(viewer, "foreground").name()}; border: 0; border-radius: 2px; }}
            QTreeView::item {{ padding: 2px 3px; color: {text.name()}; }}
            QTreeView::item:hover {{ background: {box.name()}; }}
            {check_boxes(viewer, "QTreeView")}
            QHeaderView::section {{ background: {background.name()}; color: {head}; border: 0; padding: 1px 6px; }}
            """
        )


Row = tuple[object, tuple[str, ...], str]


def timestep_rows(about: Description, further: Timestep | None = None) -> list[Row]:
    """Return a row for each timestep of a backbone, and for one that is in no schedule."""
    if not about.schedule:
        return [("-", ("-", "none", ""), "This backbone has no timesteps")]
    ends = {0: ", noisiest", len(about.schedule) - 1: ", cleanest"}
    steps = ([further] if further is not None else []) + list(about.schedule)
    tip = "Noisier timesteps keep the gist of the scene, cleaner ones its details"
    return [
        (
            step.key,
            (
                step.key if step.index is not None else "own",
                f"sigma {step.sigma:.3g}{ends.get(step.index, '')}",
                "",
            ),
            tip,
        )
        for step in steps
    ]


def layer_rows(about: Description) -> list[Row]:
    """Return a row for each layer of a backbone, with its grid at the backbone's own picture size."""
    rows = []
    for layer in about.layers:
        height, width = about.grid(layer)
        texts = (f"{layer.channels} channels", f"{height} x {width}")
        tip = f"{layer.name}: {', '.join(texts)} positions"
        rows.append((layer.index, (str(layer.index), layer_words(layer.name), *texts), tip))
    return rows
