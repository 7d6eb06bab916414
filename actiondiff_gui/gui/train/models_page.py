"""Page "Models" of the train dock: the list of models, the one in use, and their actions."""

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QMenu,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

from actiondiff_gui.gui.common import theme
from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.saving import ask_file
from actiondiff_gui.gui.features.run import Sentence, warning_colour
from actiondiff_gui.gui.train.models_apply import ApplyForm
from actiondiff_gui.gui.train.models_keeper import ModelsKeeper
from actiondiff_gui.gui.train.state.models import ModelRow

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

COLUMNS = ("model", "score and features")
NAME = Qt.ItemDataRole.UserRole


class ModelsPage(QWidget):
    """List of models and what can be done with them.

    Signals: ``results_asked(name)``, ``compare_asked(names)``, ``report_asked(name)``, ``new_asked``.
    """

    results_asked = Signal(str)
    compare_asked = Signal(object)
    report_asked = Signal(str)
    new_asked = Signal()

    def __init__(self, host: "Host", keeper: ModelsKeeper, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session, self.keeper = host, host.session, keeper
        self._build()
        listen(self, (keeper.changed, self.show_models))
        listen(
            self,
            (self.session.models_changed, self.show_models),
            (host.viewer.events.theme, self._follow_theme),
        )
        self.show_models()

    def _build(self) -> None:
        host = self.host
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setHorizontalHeaderLabels(COLUMNS)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        # Two lines for each model: what it is called, and below it where it comes from.
        self.table.verticalHeader().setDefaultSectionSize(2 * self.fontMetrics().height() + 12)
        self.table.setWordWrap(True)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.use, self.results = QPushButton("Use"), QPushButton("Results")
        self.use.setToolTip("Use this model for reviews and predictions")
        self.compare, self.more = QPushButton("Compare"), QPushButton("More")
        self.compare.setToolTip("Select two models or more (Ctrl and click), to see them side by side")
        self.bring = QPushButton("Import...")
        self.bring.setToolTip("Import a model file, or all models of another project")
        menu = QMenu(self.more)
        self.more.setMenu(menu)
        menu.aboutToShow.connect(host.guarded(lambda: self._fill(menu)))
        self.problem = Sentence()
        self.apply = ApplyForm(host)
        row = QHBoxLayout()
        row.setSpacing(4)
        for button in (self.use, self.results, self.compare, self.more):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.bring)
        full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(6)
        column.addWidget(self.table, 1)
        column.addLayout(row)
        column.addWidget(self.problem)
        column.addWidget(self.apply)
        self.empty = EmptyPage()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(full)
        self._full = full
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)
        self.table.itemSelectionChanged.connect(host.guarded(self._chosen_changed))
        self.table.cellDoubleClicked.connect(host.guarded(lambda *_: self._show_results()))
        self.table.customContextMenuRequested.connect(host.guarded(self._context))
        self.use.clicked.connect(host.guarded(lambda _=False: self.session.set_model(self.chosen().name)))
        self.results.clicked.connect(host.guarded(lambda _=False: self._show_results()))
        self.compare.clicked.connect(host.guarded(lambda _=False: self.compare_asked.emit(self.names())))
        self.bring.clicked.connect(host.guarded(lambda _=False: self.ask_import()))

    def showEvent(self, event) -> None:
        """Find out which models cannot be used on this computer."""
        super().showEvent(event)
        self.keeper.look()
        self.apply.show_state()

    # What is shown

    def show_models(self) -> None:
        """Show the list, with the same models selected as before."""
        if self.host.closed:
            return
        rows = self.keeper.rows
        if not rows:
            told = "Reading the models." if self.keeper.reading else "This project has no models yet."
            buttons = (
                []
                if self.keeper.reading
                else [("Train one", self.new_asked.emit), ("Import...", self.ask_import)]
            )
            self.empty.set(told, buttons)
            self.stack.setCurrentWidget(self.empty)
            return
        self.stack.setCurrentWidget(self._full)
        kept = set(self.names()) or {self.session.model}
        in_use = self.session.model
        with signals_blocked(self.table):
            self.table.setRowCount(len(rows))
            for index, row in enumerate(rows):
                self._show_row(index, row, row.name == in_use)
            self.table.clearSelection()
            mode = QAbstractItemView.SelectionMode
            self.table.setSelectionMode(mode.MultiSelection)
            for index, row in enumerate(rows):
                if row.name in kept:
                    self.table.selectRow(index)
            self.table.setSelectionMode(mode.ExtendedSelection)
            if not self.table.selectedItems():
                self.table.selectRow(0)
        self._chosen_changed()

    def _show_row(self, index: int, row: ModelRow, in_use: bool) -> None:
        made = f"{'trained' if row.model.trained else 'written'} {row.made}"
        below = ", ".join(filter(None, (made, row.data)))
        score = row.score if not row.problem else "unavailable"
        texts = (f"{row.name}{'  (in use)' if in_use else ''}\n{below}", f"{score}\n{row.address}")
        viewer = self.host.viewer
        quiet = theme.mixed(theme.colour(viewer, "background"), theme.colour(viewer, "text"), 0.45)
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setData(NAME, row.name)
            item.setToolTip(row.problem or text)
            if row.problem:
                item.setForeground(quiet)
            font = item.font()
            font.setBold(in_use and not column)
            item.setFont(font)
            self.table.setItem(index, column, item)

    def names(self) -> list[str]:
        """Return the names of the selected models."""
        rows = sorted({index.row() for index in self.table.selectionModel().selectedRows()})
        return [self.table.item(row, 0).data(NAME) for row in rows]

    def choose(self, name: str) -> None:
        """Select one model."""
        for index, row in enumerate(self.keeper.rows):
            if row.name == name:
                self.table.selectRow(index)

    def chosen(self) -> ModelRow | None:
        """Return the selected model, or None where there are none or several."""
        names = self.names()
        return self.keeper.get(names[0]) if len(names) == 1 else None

    def _chosen_changed(self) -> None:
        row, count = self.chosen(), len(self.names())
        usable = row is not None and row.model.about is not None
        self.use.setEnabled(usable and not row.problem and row.name != self.session.model)
        self.results.setEnabled(usable)
        self.compare.setEnabled(count > 1)
        self.more.setEnabled(row is not None)
        self.problem.setText(row.problem if row is not None else "")
        self.problem.setVisible(bool(self.problem.text()))
        self.problem.setStyleSheet(f"color: {warning_colour(self.host.viewer)};")
        if row is None:
            self.apply.show_model("")
        else:
            self.apply.show_model(row.name, row.problem, row.model.about)

    # What the user does

    def _show_results(self) -> None:
        row = self.chosen()
        if row is not None and row.model.about is not None:
            self.results_asked.emit(row.name)

    def _context(self, point) -> None:
        menu = QMenu(self)
        self._fill(menu)
        menu.popup(self.table.viewport().mapToGlobal(point))

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        row = self.chosen()
        if row is None:
            return
        guarded = self.host.guarded
        usable = row.model.about is not None
        for text, run, able in (
            ("Rename...", self.ask_rename, True),
            ("Report...", lambda: self.report_asked.emit(row.name), usable),
            ("Export...", self.ask_export, usable),
            ("Delete...", self.ask_delete, True),
        ):
            action = menu.addAction(text)
            action.setEnabled(able)
            action.triggered.connect(lambda _=False, r=run: guarded(r)())

    def ask_rename(self) -> None:
        """Ask for another name."""
        old = self.chosen().name
        new, given = QInputDialog.getText(self.host.window, "Rename a model", "Name:", text=old)
        if given and new.strip() != old:
            self.keeper.rename(old, new)

    def ask_delete(self) -> None:
        """Ask whether to delete, and do it."""
        name = self.chosen().name
        text = (
            f"Delete the model {name}? Its predictions and the bouts it found are deleted too; labels stay, "
            "also those that confirmed a prediction. This cannot be undone."
        )
        yes = QMessageBox.StandardButton.Yes
        if QMessageBox.question(self.host.window, "Delete a model", text) == yes:
            self.keeper.delete(name)

    def ask_export(self) -> None:
        """Ask for a file and copy the model to it."""
        name, project = self.chosen().name, self.session.needed()
        proposed = project.path.parent / f"{name}.safetensors"
        file = ask_file(self.host, "Export a model", proposed, ["Models (*.safetensors)"])
        if file is not None:
            self.keeper.export(name, file)

    def ask_import(self) -> None:
        """Ask for files and import their models."""
        project = self.session.needed()
        files, _ = QFileDialog.getOpenFileNames(
            self.host.window,
            "Import models",
            str(project.path.parent),
            "Models and projects (*.safetensors *.actiondiff)",
        )
        if files:
            self.keeper.bring([Path(file) for file in files])

    def _follow_theme(self, _: object = None) -> None:
        self.show_models()
