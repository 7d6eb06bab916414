"""Results of a model: sentences, scores, confusion matrix, actions, domains and calibration."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.classifier.result_words import (
    main_score,
    percent,
    points,
    sentences,
    with_interval,
)
from actiondiff_gui.gui.common.figure import CellsView, FigureView
from actiondiff_gui.gui.common.one_line import OneLine
from actiondiff_gui.gui.common.scrolled import scrolled
from actiondiff_gui.gui.features.run import Sentence
from actiondiff_gui.gui.gallery.state.sets import one_group
from actiondiff_gui.gui.session.edit_words import selected_words
from actiondiff_gui.gui.train import figures

if TYPE_CHECKING:
    from actiondiff_gui.classifier.models.library import KeptModel
    from actiondiff_gui.gui.host import Host


class ResultsPage(QWidget):
    """The results of one model.

    Signals: ``back``, ``report_asked(name)``, ``apply_asked(name)``.
    """

    back = Signal()
    report_asked = Signal(str)
    apply_asked = Signal(str)

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.name = ""
        self.results: Mapping[str, Any] = {}
        self.facet: str | None = None
        self._chosen: tuple[str, list[str]] = ("", [])
        self._build()

    def _build(self) -> None:
        host = self.host
        self.leave = QToolButton()
        self.leave.setText("‹ back")
        self.leave.setAutoRaise(True)
        self.title = OneLine(Qt.TextElideMode.ElideMiddle)
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.apply = QPushButton("Apply...")
        self.apply.setToolTip("Predict clips and recordings with this model")
        self.report = QPushButton("Report...")
        self.report.setToolTip("Write a page with figures and every setting")
        head = QHBoxLayout()
        head.addWidget(self.leave)
        head.addWidget(self.title, 1)
        head.addWidget(self.apply)
        head.addWidget(self.report)
        self.verdict = Sentence()
        self.verdict.setFont(font)
        self.words, self.scores_title = (
            Sentence(),
            _heading("Compared with simpler heads on the same held-out clips"),
        )
        self.bars = FigureView(host)
        self.numbers = Sentence()
        self.matrix_title = _heading("Confusion: click a cell to select its clips")
        self.matrix = CellsView(host, self._cell_words, names=True)
        self.gallery = QPushButton("Gallery")
        self.gallery.setToolTip("Show the clips that were selected here last as looping pictures")
        self.gallery.clicked.connect(host.guarded(self._open_gallery))
        self.matrix_head = QWidget()
        line = QHBoxLayout(self.matrix_head)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.matrix_title, 1)
        line.addWidget(self.gallery)
        self.classes_title = _heading("Per action, with 95 % intervals")
        self.classes = _table(["action", "clips", "precision", "recall", "F1"])
        self.domains_title = _heading("By domain")
        self.domains = _table(["domain", "clips", "score", "guessing"])
        self.calibration_title = _heading("Calibration")
        self.calibration_words = Sentence()
        self.reliability = FigureView(host)
        self.reliability.set_lines(11)
        self.curves_title = _heading("Training curves")
        self.curves = FigureView(host)
        self.curves.set_lines(11)
        self.data = Sentence()
        self.notes = Sentence()
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(8, 2, 8, 8)
        column.setSpacing(5)
        for widget in (
            self.verdict,
            self.words,
            self.scores_title,
            self.bars,
            self.numbers,
            self.matrix_head,
            self.matrix,
            self.classes_title,
            self.classes,
            self.domains_title,
            self.domains,
            self.calibration_title,
            self.calibration_words,
            self.reliability,
            self.curves_title,
            self.curves,
            self.data,
            self.notes,
        ):
            column.addWidget(widget)
        column.addStretch(1)
        self.scroll = scrolled(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(4, 4, 4, 0)
        outer.setSpacing(4)
        outer.addLayout(head)
        outer.addWidget(self.scroll, 1)
        self.leave.clicked.connect(host.guarded(lambda _=False: self.back.emit()))
        self.report.clicked.connect(host.guarded(lambda _=False: self.report_asked.emit(self.name)))
        self.apply.clicked.connect(host.guarded(lambda _=False: self.apply_asked.emit(self.name)))
        self.matrix.clicked.connect(host.guarded(self._choose_cell))
        self.classes.cellClicked.connect(host.guarded(self._choose_class))
        self.domains.cellClicked.connect(host.guarded(self._choose_domain))

    def show_model(self, model: "KeptModel") -> None:
        """Show the results stored with a model."""
        metrics = model.about.metrics if model.about is not None else {}
        results = metrics.get("results")
        self.name = model.name
        self.results = results if isinstance(results, Mapping) else {}
        self.facet = (metrics.get("plan") or {}).get("domain")
        self.title.setText(model.name)
        self.report.setEnabled(bool(self.results))
        tested = bool(self.results.get("heads"))
        for widget in (
            self.scores_title,
            self.bars,
            self.numbers,
            self.matrix_head,
            self.matrix,
            self.classes_title,
            self.classes,
            self.domains_title,
            self.domains,
        ):
            widget.setVisible(tested)
        self._chosen = ("", [])
        self.gallery.setEnabled(False)
        said = ["This model was made by another program or version and does not say how it was tested."]
        if self.results:
            said = sentences(self.results)
        elif isinstance(metrics.get("again"), str):
            said = [
                f"Retrained from {metrics['again']} on all labels, so no clips were held out for testing.",
                "Review estimates its accuracy on random clips.",
            ]
        self.verdict.setText(said[0])
        self.words.setText(" ".join(said[1:]))
        self.words.setVisible(len(said) > 1)
        if tested:
            self._show_scores()
        self._show_calibration()
        self._show_course(metrics)
        self.scroll.verticalScrollBar().setValue(0)

    def _show_scores(self) -> None:
        results = self.results
        name, head = main_score(results), results["head"]
        self.bars.set_lines(2 + 2.2 * len(results["heads"]))
        self.bars.show_figure(figures.heads, results["heads"], name, head)
        own = results["heads"][head]
        self.numbers.setText(
            ", ".join(f"{score} {with_interval(value)}" for score, value in own.items()) + "."
        )
        classes = results["classes"]
        colours = {name: self.session.colour_of(name) for name in classes}
        self.matrix.set_lines(7 + 1.8 * len(classes))
        self.matrix.show_cells(len(classes), figures.confusion, results["confusion"], colours)
        shown = any(any(row) for row in results["confusion"])
        self.matrix.setVisible(shown)
        self.matrix_head.setVisible(shown)
        _fill(
            self.classes,
            [
                [row["name"], f"{row['clips']}", *(_cell(row[s]) for s in ("precision", "recall", "f1"))]
                for row in results["per_class"]
            ],
        )
        self.domains.setHorizontalHeaderItem(0, QTableWidgetItem(self.facet or "domain"))
        _fill(
            self.domains,
            [
                [row["name"], f"{row['clips']}", with_interval(row["value"]), percent(row.get("guess"))]
                for row in results["domains"]
            ],
        )
        self.domains.setHorizontalHeaderItem(2, QTableWidgetItem(name))
        self.domains.setHorizontalHeaderItem(3, QTableWidgetItem("guessing"))

    def _show_calibration(self) -> None:
        found = self.results.get("calibration")
        shown = isinstance(found, Mapping) and bool(found["after"]["bins"])
        for widget in (self.calibration_title, self.calibration_words, self.reliability):
            widget.setVisible(shown)
        if not shown:
            return
        after, before = found["after"]["error"], found["before"]["error"]
        words = f"Expected calibration error on {found['on']}: {points(after)}"
        temperature = found.get("temperature")
        if temperature and temperature != 1.0:
            words += f"; without the temperature of {temperature:.2f}: {points(before)}"
        self.calibration_words.setText(f"{words}. Bars on the diagonal mean calibrated confidence.")
        self.reliability.show_figure(figures.reliability, found, words=figures.reliability_words(found))

    def _show_course(self, metrics: Mapping[str, Any]) -> None:
        history = [row for row in metrics.get("history", ()) if isinstance(row, Mapping)]
        self.curves_title.setVisible(bool(history))
        self.curves.setVisible(bool(history))
        if history:
            metric = metrics.get("validation_metric", "")
            words = figures.curves_words(history, metric)
            best = metrics.get("best_epoch", 0)
            self.curves.show_figure(figures.curves, history, metric, best, words=words)
        data = metrics.get("data") or {}
        said = []
        if data:
            said.append(f"Trained on {data['train']} clips of {data['sources']} sources")
            if data.get("validation"):
                said[0] += f" ({data['validation']} more for validation)" if history else ""
            if data.get("domains"):
                said[0] += f", {', '.join(data['domains'])}"
            said[0] += "."
        if metrics.get("seconds"):
            said.append(f"Training took {metrics['seconds']:.0f} s.")
        if metrics.get("stopped"):
            said.append("Stopped by the user.")
        self.data.setText(" ".join(said))
        notes = [n for fold in self.results.get("folds", ()) for n in fold["notes"]]
        self.notes.setText(" ".join(dict.fromkeys([*notes, *self.results.get("failed", ())])))
        self.notes.setVisible(bool(self.notes.text()))

    # Showing clips

    def cell_clips(self, row: int, column: int) -> list[str]:
        """Return the ids of the clips in a cell; column -1 for the whole row."""
        kept = self.results.get("clips") or {}
        return [
            clip
            for clip, true, best in zip(
                kept.get("ids", ()), kept.get("true", ()), kept.get("best", ()), strict=True
            )
            if true == [row] and column in (best, -1)
        ]

    def _cell_words(self, row: int, column: int) -> str:
        names, counts = self.results["classes"], self.results["confusion"][row]
        if column < 0:
            return f"{sum(counts)} clips labelled {names[row]}. Click to select them."
        return (
            f"{counts[column]} clips labelled {names[row]} and predicted as {names[column]}. "
            "Click to select them."
        )

    def _choose_cell(self, row: int, column: int) -> None:
        names = self.results["classes"]
        title = names[row] if column < 0 else f"{names[row]} predicted as {names[column]}"
        self._select(title, self.cell_clips(row, column))

    def _choose_class(self, row: int, _: int) -> None:
        kept = self.results.get("clips") or {}
        self._select(
            self.results["per_class"][row]["name"],
            [c for c, true in zip(kept.get("ids", ()), kept.get("true", ()), strict=True) if row in true],
        )

    def _choose_domain(self, row: int, _: int) -> None:
        name = self.results["domains"][row]["name"]
        facet = self.facet
        ids = (self.results.get("clips") or {}).get("ids", ())
        rows = self.session.table.known(ids)
        self._select(name, [r.id for r in rows if facet and r.facets.get(facet) == name])

    def _open_gallery(self, *_: object) -> None:
        self.host.galleries.show(one_group(*self._chosen, "Train"))

    def _select(self, title: str, ids: list[str]) -> None:
        here = [clip for clip in ids if clip in self.session.table]
        self._chosen = (title, here)
        self.gallery.setEnabled(bool(here))
        hidden = self.session.select(here)
        if ids and not here:
            self.host.tell("These clips are not in this project: the model was trained in another one.")
        else:
            self.host.tell(selected_words(len(here), hidden))


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    label.setContentsMargins(0, 8, 0, 0)
    return label


def _table(columns: list[str]) -> QTableWidget:
    table = QTableWidget(0, len(columns))
    table.setHorizontalHeaderLabels(columns)
    table.verticalHeader().hide()
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 7)
    return table


def _fill(table: QTableWidget, rows: list[list[str]]) -> None:
    table.setRowCount(len(rows))
    for index, row in enumerate(rows):
        for column, text in enumerate(row):
            item = QTableWidgetItem(text)
            if not column:
                item.setToolTip(text)
            else:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            table.setItem(index, column, item)
    height = (
        table.horizontalHeader().sizeHint().height() + len(rows) * table.verticalHeader().defaultSectionSize()
    )
    table.setFixedHeight(height + 2 * table.frameWidth() + 2)


def _cell(value: Mapping[str, Any]) -> str:
    if value.get("value") is None:
        return "–"
    if value.get("low") is None:
        return f"{100 * value['value']:.0f}"
    return f"{100 * value['value']:.0f} ({100 * value['low']:.0f}–{100 * value['high']:.0f})"
