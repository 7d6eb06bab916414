"""Domain table: which domains are trained on, and which are held out."""

from collections.abc import Sequence

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem
from superqt.utils import signals_blocked

from actiondiff_gui.gui.train.state.choices import DomainCount

TRAIN, HELD = 3, 4
_MOST_ROWS = 6


class DomainTable(QTableWidget):
    """Domains with their clips and labels, and two check boxes each.

    Signals: ``ticked`` when the user changed a tick.
    """

    ticked = Signal()

    def __init__(self) -> None:
        super().__init__(0, 5)
        self.setHorizontalHeaderLabels(["domain", "clips", "labelled", "train", "hold out"])
        self.verticalHeader().hide()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self._names: list[str] = []
        self.itemChanged.connect(self._changed)

    def show_domains(
        self,
        facet: str,
        domains: Sequence[DomainCount],
        train: Sequence[str],
        held: Sequence[str],
        ticks: tuple[bool, bool],
    ) -> None:
        """Show domains; ``ticks`` says whether there are check boxes for training and for holding out."""
        self._names = [domain.name for domain in domains]
        with signals_blocked(self):
            self.setHorizontalHeaderItem(0, QTableWidgetItem(facet))
            self.setRowCount(len(domains))
            for row, domain in enumerate(domains):
                texts = (domain.name or "(not known)", f"{domain.clips:,}", f"{domain.labelled:,}")
                for column, text in enumerate(texts):
                    item = QTableWidgetItem(text)
                    item.setToolTip(text)
                    if column:
                        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    self.setItem(row, column, item)
                able = bool(domain.name and domain.labelled)
                for column, chosen in ((TRAIN, train), (HELD, held)):
                    item = QTableWidgetItem()
                    item.setFlags(
                        Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled
                        if able
                        else Qt.ItemFlag.NoItemFlags
                    )
                    if able:
                        on = domain.name in chosen
                        item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
                    self.setItem(row, column, item)
        for column, shown in zip((TRAIN, HELD), ticks, strict=True):
            self.setColumnHidden(column, not shown)
        self.setFixedHeight(self.sizeHint().height())

    def chosen(self, column: int) -> tuple[str, ...]:
        """Return the names of the domains that are checked in a column."""
        return tuple(
            name
            for row, name in enumerate(self._names)
            if self.item(row, column).data(Qt.ItemDataRole.CheckStateRole) is not None
            and self.item(row, column).checkState() == Qt.CheckState.Checked
        )

    def tick(self, name: str, column: int, on: bool = True) -> None:
        """Check a domain as the user would."""
        item = self.item(self._names.index(name), column)
        item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)

    def _changed(self, item: QTableWidgetItem) -> None:
        if item.column() not in (TRAIN, HELD):
            return
        if item.checkState() == Qt.CheckState.Checked:
            # A domain is on one side only.
            other = self.item(item.row(), HELD if item.column() == TRAIN else TRAIN)
            with signals_blocked(self):
                other.setCheckState(Qt.CheckState.Unchecked)
        self.ticked.emit()

    def sizeHint(self) -> QSize:
        """Return the height of the rows, up to a few."""
        rows = min(max(self.rowCount(), 1), _MOST_ROWS)
        height = (
            rows * self.verticalHeader().defaultSectionSize() + self.horizontalHeader().sizeHint().height()
        )
        return QSize(300, height + 2 * self.frameWidth() + 2)
