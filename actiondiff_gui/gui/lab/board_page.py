"""Scoreboard page of the lab: methods trained on one domain and tested on another, and the report."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices, QImage
from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.backbones.reading import layers_key
from actiondiff_gui.evaluation.scoreboard.boards import OTHERS
from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.common.heat_map import HeatCell, HeatMap, HeatTable
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.saving import confirmed, known_to
from actiondiff_gui.gui.common.theme import hint, main_button_style
from actiondiff_gui.gui.features.run import Sentence
from actiondiff_gui.gui.lab.board import LabBoard
from actiondiff_gui.gui.lab.choice import Lab, Switch
from actiondiff_gui.gui.lab.saving import GROUND, INK, SaveButton, new_image
from actiondiff_gui.gui.lab.scores import LabScores
from actiondiff_gui.gui.lab.state.board import (
    KIND_WORDS,
    BoardRun,
    controls_in_words,
    cost_in_words,
    head_words,
    mean_in_words,
    method_about,
    method_words,
    methods_on_offer,
    row_in_words,
)
from actiondiff_gui.gui.lab.state.score_colours import Scale, scale_of

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

HEADS = ("knn", "linear", "transformer")
_SEEDS = (1, 3, 5)
_HEAD_TITLES = ("Neighbours", "Linear probe", "Transformer")


class BoardPage(QWidget):
    """Train on one domain, test on another: the means of all methods above, the matrix of one below."""

    name = "scoreboard"

    def __init__(self, host: "Host", lab: Lab) -> None:
        super().__init__()
        self.host, self.session, self.lab = host, host.session, lab
        self.boards = LabBoard(host, lab)
        self.costs = LabScores(host, self)
        self.report_page: Path | None = None
        self._method = ""
        self.heads = Switch(
            host,
            [(t, f"Classification head: {head_words(h)}") for t, h in zip(_HEAD_TITLES, HEADS, strict=True)],
        )
        self.methods, self.more = QToolButton(), QToolButton()
        self.save = SaveButton(host, self)
        self.means, self.matrix = HeatMap(host), HeatMap(host)
        self.means.setMinimumHeight(70)
        self.line, self.verdict, self.cost = Sentence(), Sentence(), Sentence()
        self.title = hint("")
        self.compute, self.report, self.open = (
            QPushButton(),
            QPushButton("Report..."),
            QPushButton("Open the report"),
        )
        self.compute.setObjectName("compute")
        self.report.setToolTip(
            "Write one page with figures, tables, settings and versions, and the tables behind them"
        )
        self.open.hide()
        self._build()
        guarded = host.guarded
        self.heads.chosen.connect(guarded(lambda _: self.show_state()))
        self.means.picked.connect(guarded(self._pick_method))
        self.means.pointed.connect(guarded(self._point_mean))
        self.matrix.pointed.connect(guarded(self._point))
        self.matrix.picked.connect(guarded(self._pick))
        self.means.tip, self.matrix.tip = self._mean_text, self._cell_text
        self.compute.clicked.connect(guarded(lambda _=False: self.start()))
        self.report.clicked.connect(guarded(lambda _=False: self.ask_report()))
        self.open.clicked.connect(guarded(lambda _=False: self._open_report()))
        self.boards.changed.connect(guarded(self.show_state))
        self.boards.reported.connect(guarded(self._reported))
        self.costs.changed.connect(guarded(self._costs_known))
        listen(self, (lab.changed, self._choice_changed))
        session = self.session
        listen(
            self,
            (session.domain_changed, self._changed),
            (session.address_changed, self._address_changed),
            (session.project_changed, self._project_changed),
            (host.viewer.events.theme, self._follow_theme),
        )
        self._offered: list = []
        self._fill_methods()
        self._follow_theme()
        self._choice_changed()

    def _build(self) -> None:
        top, bottom = QHBoxLayout(), QHBoxLayout()
        for button in (self.methods, self.more):
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            button.setMenu(QMenu(button))
            button.menu().setToolTipsVisible(True)
        self.methods.setToolTip("Methods compared")
        self.more.setToolTip("Number of training runs of the transformer")
        self._seeds = 1
        for count in _SEEDS:
            entry = self.more.menu().addAction(f"{count} time{'s' * (count != 1)}")
            entry.triggered.connect(self.host.guarded(lambda _=False, n=count: self._set_seeds(n)))
        top.addWidget(self.heads)
        top.addStretch(1)
        top.addWidget(self.more)
        top.addWidget(self.methods)
        top.addWidget(self.save)
        bottom.addWidget(self.compute, 1)
        bottom.addWidget(self.open)
        bottom.addWidget(self.report)
        self.full, self.empty = QWidget(), EmptyPage()
        inner = QVBoxLayout(self.full)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(3)
        inner.addWidget(self.verdict)
        inner.addWidget(self.means, 4)
        inner.addWidget(self.title)
        inner.addWidget(self.matrix, 6)
        inner.addWidget(self.line)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.full)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.stack, 1)
        column.addWidget(self.cost)
        column.addLayout(bottom)

    # What is asked

    @property
    def head(self) -> str:
        """The head used in the tables."""
        return HEADS[self.heads.group.checkedId()]

    def asked(self):
        """Return the board that would be computed now."""
        chosen = tuple(a.data() for a in self.methods.menu().actions() if a.isChecked())
        return self.boards.asked(chosen, (self.head,), self._seeds if self.head == "transformer" else 1)

    def start(self) -> None:
        """Compute the board."""
        asked = self.asked()
        if asked is not None and asked.methods:
            self.boards.play(asked, self.costs.run)

    def _costs_known(self) -> None:
        asked, known = self.asked(), self.costs.run
        shown = self.isVisible() and self.run is None
        if shown and asked is not None and asked.methods and known is not None and known.fingerprint:
            self.boards.recall(asked, known)
        self._show_cost()

    def comparison(self) -> str:
        """Say how the backbone compares with controls, once all is computed."""
        run = self.run
        return controls_in_words(run.board, self.head) if run is not None and run.board is not None else ""

    def ask_report(self) -> None:
        """Ask for a folder and write the report there."""
        project = self.session.needed()
        name = QFileDialog.getExistingDirectory(self, "Folder for the report", str(project.path.parent))
        if name:
            self.write_report(Path(name) / f"{project.path.stem} report")

    def write_report(self, folder: Path) -> None:
        """Write the report into a folder of its own; asks about files that are in the way."""
        from actiondiff_gui.report.cross_domain import FILES
        from actiondiff_gui.report_folder import ReportFolder

        command, known = f"study {self.session.needed().path.name}", known_to(self.host)
        out = confirmed(
            self.host, lambda force: ReportFolder(folder, command, FILES, force=force, known=known)
        )
        if out is not None:
            self.open.hide()
            self.boards.report(self.asked(), out)

    def _reported(self, page: Path) -> None:
        self.report_page = page
        self.open.setToolTip(str(page))
        self.open.show()
        self.host.tell(f"The report is {page}.")

    def _open_report(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.report_page)))

    def _set_seeds(self, count: int) -> None:
        self._seeds = count
        self.show_state()

    def _fill_methods(self) -> None:
        offered = methods_on_offer(self.session.address)
        if offered == self._offered:
            return
        self._offered = offered
        menu = self.methods.menu()
        menu.clear()
        for number, (name, on) in enumerate(offered):
            entry = menu.addAction(method_words(name))
            entry.setData(name)
            entry.setCheckable(True)
            entry.setChecked(on)
            entry.setEnabled(number > 0)
            entry.setToolTip(method_about(name))
            entry.toggled.connect(self.host.guarded(lambda _: self.show_state()))

    # What is shown

    @property
    def run(self) -> BoardRun | None:
        """The board shown."""
        return self.boards.run_of(self.asked())

    def show_state(self) -> None:
        """Show what is known now."""
        if self.host.closed:
            return
        count = sum(action.isChecked() for action in self.methods.menu().actions())
        self.methods.setText(f"{count} method{'s' * (count != 1)}  ")
        self.more.setVisible(self.head == "transformer")
        self.more.setText(f"{self._seeds} runs  ")
        run = self.run
        rows = run is not None and bool(run.rows)
        self.save.setEnabled(rows)
        self.verdict.setText(self.comparison())
        self.verdict.setVisible(bool(self.verdict.text()))
        if rows:
            self._show_tables(run)
            self.stack.setCurrentWidget(self.full)
        else:
            self._show_empty()
            self.stack.setCurrentWidget(self.empty)
        self._show_cost()

    def _show_empty(self) -> None:
        domain = self.session.domain
        if self.boards.playing:
            progress = self.boards.job.progress
            message = progress.message or "loading"
            self.empty.set(f"{message[:1].upper()}{message[1:]}...")
        elif self.boards.problem:
            self.empty.set(self.boards.problem)
        elif domain is None:
            self.empty.set(
                "The scoreboard trains on one domain and tests on another. Choose the facet that is the domain in the "
                "bar above, for example the species."
            )
        else:
            self.empty.set(
                f"Train on one {domain}, test on another, for all pairs, and on all others together. Each method "
                "predicts the actions at the timestep and layer with the best validation score on its training clips; the "
                f"tested {domain} is not used for this choice. Baselines without a network are listed as well."
            )

    def _scale(self, run: BoardRun) -> Scale:
        rows = [row for row in list(run.rows) if row.head == self.head]
        return scale_of([row.value for row in rows], self._chance(run))

    def _chance(self, run: BoardRun) -> float | None:
        chances = [row.chance for row in list(run.rows) if np.isfinite(row.chance)]
        return float(np.median(chances)) if chances else None

    def _show_tables(self, run: BoardRun) -> None:
        methods, domains, scale = run.methods(), run.domains(), self._scale(run)
        if self._method not in methods:
            self._method = methods[0]
        cells = {}
        for r, method in enumerate(methods):
            for c, kind in enumerate(KIND_WORDS):
                mean = run.mean(method, self.head, kind)
                cells[r, c] = HeatCell() if mean is None else _cell(mean)
        self.means.show_table(
            HeatTable(
                rows=[(method_words(name), "") for name in methods],
                columns=list(KIND_WORDS.values()),
                cells=cells,
                scale=scale,
                current=(methods.index(self._method), -1),
                corner="trained on",
                with_scale=False,
            )
        )
        trained = [*domains, OTHERS]
        cells = {}
        for r, train in enumerate(trained):
            for c, test in enumerate(domains):
                row = run.row(self._method, self.head, train, test)
                cells[r, c] = HeatCell() if row is None else _cell(row)
        self.title.setText(
            f"{method_words(self._method)}, {head_words(self.head)}: rows trained on, columns tested on"
        )
        self.matrix.show_table(
            HeatTable(
                rows=[(name, "") for name in trained],
                columns=domains,
                cells=cells,
                scale=scale,
                chance=self._chance(run),
                corner="tested on",
                legend="accuracy, higher is better",
            )
        )
        if not self.line.text():
            self._point(-1, -1)

    def _show_cost(self) -> None:
        boards, run, cost = self.boards, self.run, ""
        if boards.playing:
            progress = boards.job.progress
            told = f": {progress.done} of {progress.total}" if progress.total else "..."
            self.compute.setText(f"Computing{told}")
            self.compute.setEnabled(False)
        else:
            asked, known = self.asked(), self.costs.run
            ready = asked is not None and asked.domain is not None and known is not None and not known.trouble
            finished = run is not None and run.board is not None
            if ready:
                features = self.costs.cost_of_features()
                features = ", ".join(p for p in features.split(", ")[1:3]) if known.lacking else ""
                seconds = boards.seconds(asked, known.clips, len(known.domains))
                cost = "" if finished else cost_in_words(asked, seconds, features)
                self.compute.setText("Up to date" if finished else "Compute")
                self.compute.setToolTip("Earlier fits are read from disk")
            else:
                self.compute.setText("Compute")
                self.compute.setToolTip(known.trouble if known is not None else "")
            self.compute.setEnabled(bool(ready) and not finished)
        # Not on the button, which would be too narrow for it and cut it off.
        self.cost.setText(f"{cost[:1].upper()}{cost[1:]}." if cost else "")
        self.cost.setVisible(bool(cost))
        self.report.setEnabled(not boards.playing and self.session.domain is not None)

    def _cell_text(self, cell) -> str:
        run = self.run
        if run is None or cell is None:
            return ""
        domains = run.domains()
        trained = [*domains, OTHERS]
        if not (0 <= cell[0] < len(trained) and 0 <= cell[1] < len(domains)):
            return ""
        row = run.row(self._method, self.head, trained[cell[0]], domains[cell[1]])
        return row_in_words(row) if row is not None else "Not computed yet."

    def _mean_text(self, cell) -> str:
        run = self.run
        methods = run.methods() if run is not None else []
        if cell is None or not 0 <= cell[0] < len(methods):
            return ""
        mean = run.mean(methods[cell[0]], self.head, list(KIND_WORDS)[cell[1]])
        return mean_in_words(mean) if mean is not None else "Known when all is computed."

    def _point(self, row: int, column: int) -> None:
        run = self.run
        said = [*run.board.warnings, *run.board.failed] if run is not None and run.board is not None else []
        rest = (
            " ".join(said)
            or "Above: means of all methods; click one for its table. Below: one cell for each pair."
        )
        self.line.setText(self._cell_text((row, column)) if row >= 0 else rest)

    def _point_mean(self, row: int, column: int) -> None:
        if row >= 0:
            self.line.setText(self._mean_text((row, column)))
        else:
            self._point(-1, -1)

    # What the user does

    def _pick_method(self, row: int, _: int) -> None:
        run = self.run
        if run is not None:
            self._method = run.methods()[row]
            self.show_state()

    def _pick(self, row: int, column: int) -> None:
        # Go where this cell's address is, if it is one of the backbone's.
        run, domains = self.run, self.run.domains()
        trained = [*domains, OTHERS]
        found = run.row(self._method, self.head, trained[row], domains[column])
        if found is not None and self._method == self.session.address.backbone and found.readings:
            chosen = found.readings[0]
            step = "" if chosen.timestep == "-" else chosen.timestep
            self.session.set_address(timestep=step, layers=chosen.layers, pooling=chosen.pooling)

    # What happens

    def _choice_changed(self) -> None:
        from dataclasses import replace

        # Only what lacks is asked for; nothing is scored here.
        self.costs.choose(replace(self.lab.choice, measure="across_transformer"))
        self._changed()

    def _address_changed(self) -> None:
        self._fill_methods()
        self._changed()

    def _project_changed(self) -> None:
        self.report_page = None
        self.open.hide()
        self._changed()

    def _changed(self, *_: object) -> None:
        if self.isVisible():
            self.host.guarded(self.show_state)()

    def _follow_theme(self, _: object = None) -> None:
        self.compute.setStyleSheet(main_button_style(self.host.viewer))

    def showEvent(self, event) -> None:
        """Look up the cost."""
        super().showEvent(event)
        self.costs.set_seen(True)
        self._changed()

    def hideEvent(self, event) -> None:
        """Stop looking up the cost."""
        super().hideEvent(event)
        self.costs.set_seen(False)

    # Files

    def table_rows(self) -> list[dict]:
        """Return one row per method and cell, for a CSV file."""
        return [
            {
                "method": row.method,
                "head": row.head,
                "train": row.train,
                "test": row.test,
                "timestep": ";".join(at.timestep for at in row.readings),
                "layer": ";".join(layers_key(at.layers) for at in row.readings),
                "pooling": ";".join(at.pooling for at in row.readings),
                **{
                    name: f"{getattr(row, name):.6f}" if np.isfinite(getattr(row, name)) else ""
                    for name in ("validation", "value", "low", "high", "chance")
                },
                "clips": row.n,
                "seeds": row.seeds,
            }
            for row in list(self.run.rows)
        ]

    def image(self) -> QImage:
        """Draw both tables on white, with a title."""
        above, below = self.means, self.matrix
        title = (
            f"Trained on one {self.session.domain}, tested on another, by {head_words(self.head)}. Above: means of all "
            f"methods. Below: {method_words(self._method)}, rows trained on, columns tested on."
        )
        image, painter = new_image(
            max(above.width(), below.width()), above.height() + below.height() + 16, title
        )
        above.paint(painter, GROUND, INK)
        painter.translate(0, above.height() + 16)
        below.paint(painter, GROUND, INK)
        painter.end()
        return image


def _cell(score) -> HeatCell:
    return (
        HeatCell(score.value, "value", not score.low > score.chance)
        if np.isfinite(score.value)
        else HeatCell(None, "trouble")
    )
