"""Grid page of the lab: scores by timestep and layer, and the button that computes them."""

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QImage
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

from actiondiff_gui.backbones.description import short_name
from actiondiff_gui.evaluation.measures import ALL_MEASURES, measure_called
from actiondiff_gui.evaluation.study.verdict import chosen_elsewhere, score_of, verdict
from actiondiff_gui.features.cost import duration_text
from actiondiff_gui.gui.common.heat_map import HeatCell, HeatMap, HeatTable
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.scrolled import scrolled
from actiondiff_gui.gui.common.theme import main_button_style, mute
from actiondiff_gui.gui.features.extraction import extractions
from actiondiff_gui.gui.features.run import Sentence
from actiondiff_gui.gui.lab.choice import Lab
from actiondiff_gui.gui.lab.saving import GROUND, INK, SaveButton, new_image
from actiondiff_gui.gui.lab.scores import LabScores
from actiondiff_gui.gui.lab.state import score_colours as score_looks
from actiondiff_gui.gui.lab.state.comparing import (
    SUMMARY_WORDS,
    cell_in_words,
    missing_timesteps,
    sigmas_of,
)
from actiondiff_gui.gui.map.state import clip_maps

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_MEAN = ""


class GridPage(QWidget):
    """Scores of all (timestep, layer); a click makes one the address of the whole window.

    Signals: ``changed`` when more is known.
    """

    changed = Signal()

    def __init__(self, host: "Host", lab: Lab) -> None:
        super().__init__()
        self.host, self.session, self.lab = host, host.session, lab
        self.scores = LabScores(host, self)
        self.measure, self.domain, self.summary = QComboBox(), QComboBox(), QComboBox()
        self.measure.setToolTip("Score computed at each timestep and layer")
        self.domain.setToolTip("Domain that the score is for")
        self.summary.setToolTip("Pooling of a clip's tokens into one vector")
        for measure in ALL_MEASURES.values():
            self.measure.addItem(measure.title, measure.key)
            self.measure.setItemData(self.measure.count() - 1, measure.meaning, Qt.ItemDataRole.ToolTipRole)
        for key, words in SUMMARY_WORDS.items():
            self.summary.addItem(words, key)
        for box in (self.measure, self.domain, self.summary):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.save = SaveButton(host, self)
        self.map = HeatMap(host)
        self.map.tip = self._tip
        self.line, self.notes, self.verdict = Sentence(), Sentence(), Sentence()
        self.verdict.setObjectName("verdict")
        self._comparison = ""
        mute(self.notes)
        self.button = QPushButton()
        self.button.setObjectName("compute")
        self._run = lambda: None
        top, below = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.measure, 1)
        top.addWidget(self.save)
        below.addWidget(self.domain, 1)
        below.addWidget(self.summary, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addLayout(top)
        column.addLayout(below)
        column.addWidget(self._scrolled(), 1)
        column.addWidget(self.button)
        guarded = host.guarded
        self.measure.activated.connect(guarded(lambda n: lab.set(measure=self.measure.itemData(n))))
        self.summary.activated.connect(guarded(lambda n: lab.set(summary=self.summary.itemData(n))))
        self.domain.activated.connect(guarded(lambda _: self.show_state()))
        self.map.picked.connect(guarded(self._pick))
        self.map.pointed.connect(guarded(self._point))
        self.button.clicked.connect(guarded(lambda _=False: self._run()))
        listen(self, (lab.changed, self._choice_changed))
        self.scores.changed.connect(guarded(self.show_state))
        extractions(host).changed.connect(self._extraction_changed)
        listen(self, (host.viewer.events.theme, self._follow_theme))
        self._follow_theme()
        self._choice_changed()

    def _scrolled(self) -> QScrollArea:
        """Return verdict, map and sentences; they scroll where the window is low."""
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.verdict)
        column.addSpacing(4)
        column.addWidget(self.map, 1)
        column.addWidget(self.line)
        column.addWidget(self.notes)
        return scrolled(inner)

    # What is shown

    @property
    def axes(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Timesteps and layers of the rows and columns."""
        return self.lab.choice.timesteps, self.lab.choice.layers

    def show_state(self) -> None:
        """Show what is known now."""
        if self.host.closed:
            return
        run = self.scores.run
        self._fill_domains()
        self.map.show_table(self._table())
        self._say()
        self._show_buttons()
        self.save.setEnabled(run is not None and any(c.score for c in run.cells.values()))
        self.changed.emit()

    @property
    def _pooling(self) -> str:
        """Of all cells: that of the address."""
        return clip_maps.spelled_out(self.session.address).pooling or "mean"

    def _table(self) -> HeatTable:
        steps, layers = self.axes
        sigmas, measure = sigmas_of(self.lab.about), measure_called(self.lab.choice.measure)
        here = clip_maps.spelled_out(self.session.address)
        current = (
            (steps.index(here.timestep), layers.index(here.layers[0]))
            if here.timestep in steps and len(here.layers) == 1 and here.layers[0] in layers
            else None
        )
        rows = [(s, f"σ {sigmas[s]:.3g}" if s in sigmas else "") for s in steps]
        shown = self._shown_scores()
        chances = [s.chance for s in shown.values() if np.isfinite(s.chance)]
        chance = float(np.median(chances)) if chances and measure.kind != "difference" else None
        cells, run = {}, self.scores.run
        for position, key in self._by_position():
            score = shown.get(key)
            if score is not None and np.isfinite(score.value):
                told = score_looks.tells(measure, score.low, score.high, score.chance)
                cells[position] = HeatCell(score.value, "value", not told)
            elif run is not None and key in run.cells:
                cells[position] = HeatCell(None, "trouble")
            else:
                cells[position] = HeatCell(
                    None, "missing" if run is not None and key in run.lacking else "waiting"
                )
        best = self._best()
        words = {"high": "higher is better", "low": "lower is better"}[measure.wanted]
        return HeatTable(
            rows=rows,
            columns=[str(layer) for layer in layers],
            cells=cells,
            scale=score_looks.scale_of([c.value for c in cells.values() if c.value is not None], chance),
            chance=chance,
            best=(steps.index(best[0]), layers.index(best[1])) if best else None,
            best_text=self._best_words() if best else "",
            current=current,
            ends=("noisier", "cleaner"),
            corner="layer",
            legend=f"{measure.kind}, {words}",
        )

    def _by_position(self):
        steps, layers = self.axes
        return [((r, c), (s, n)) for r, s in enumerate(steps) for c, n in enumerate(layers)]

    def _shown_scores(self) -> dict:
        run, domain = self.scores.run, self.domain.currentData() or ""
        if run is None:
            return {}
        found = {position: score_of(cell, domain) for position, cell in dict(run.cells).items()}
        return {position: score for position, score in found.items() if score is not None}

    def _best(self):
        measure, domain = measure_called(self.lab.choice.measure), self.domain.currentData() or ""
        if domain:
            return chosen_elsewhere(dict(self.scores.run.cells), domain, measure.wanted)
        known = {p: s.value for p, s in self._shown_scores().items() if np.isfinite(s.value)}
        pick = max if measure.wanted == "high" else min
        return pick(known, key=known.get) if known else None

    def _best_words(self) -> str:
        # A cell that is best by its own score is flattered by it.
        return "best on validation domains" if self.domain.currentData() else "best cell, by its own score"

    def _fill_domains(self) -> None:
        run = self.scores.run
        names = run.domains if run is not None else ()
        per_domain = run is None or any(cell.domains for cell in run.cells.values())
        entries = [("mean over all domains", _MEAN)]
        if per_domain:
            entries += [(f"{self.session.domain}: {name}", name) for name in names]
        shown = [(self.domain.itemText(n), self.domain.itemData(n)) for n in range(self.domain.count())]
        if entries != shown:
            chosen = self.domain.currentData()
            with signals_blocked(self.domain):
                self.domain.clear()
                for text, data in entries:
                    self.domain.addItem(text, data)
                self.domain.setCurrentIndex(max(0, self.domain.findData(chosen)))
        self.domain.setEnabled(len(entries) > 1)

    def _say(self) -> None:
        run = self.scores.run
        problem = self.scores.problem
        if problem:
            text = problem
        elif run is None:
            text = "Checking stored scores..." if self.scores.looking else ""
        elif run.trouble:
            text = run.trouble
        else:
            text = self._cell_text(self.map.table.current)
        self.line.setText(text)
        self.verdict.setText(self._verdict_words(run))
        self.verdict.setVisible(bool(self.verdict.text()))
        self.notes.setText(self._scored_words(run))
        self.notes.setVisible(bool(self.notes.text()))

    def set_comparison(self, text: str) -> None:
        """Take a sentence on how the backbone compares with controls, from a finished scoreboard; "" for none."""
        self._comparison = text
        self._say()

    def _verdict_words(self, run) -> str:
        if run is None or run.trouble or run.waiting or self.domain.currentData():
            return ""
        measure = measure_called(self.lab.choice.measure)
        told = verdict(measure, self.lab.choice.timesteps, dict(run.cells), run.domains)
        return " ".join([*told, self._comparison]) if told else ""

    def _scored_words(self, run) -> str:
        if run is None or run.trouble or not run.clips:
            return ""
        if not run.actions:
            return f"{run.clips} labelled clips, none with features here yet."
        facet, count = self.session.domain, len(run.domains)
        told = f"{run.clips} clips, {len(run.actions)} actions, {count} values of {facet}; empty: no features yet."
        if not run.lacking:
            told = told.replace("; empty: no features yet", "")
        return " ".join([told, *run.warnings])

    def _cell_text(self, position) -> str:
        run = self.scores.run
        steps, layers = self.axes
        if run is None or position is None or position[0] >= len(steps) or position[1] >= len(layers):
            return "Click a cell to use its timestep and layer for map, overlays and training."
        key = steps[position[0]], layers[position[1]]
        return cell_in_words(run, key, sigmas_of(self.lab.about), self.domain.currentData() or "")

    def _tip(self, position) -> str:
        text = self._cell_text(position)
        return f"{text} Click to use it." if self.scores.run is not None else ""

    def _show_buttons(self) -> None:
        scores, run = self.scores, self.scores.run
        extracting = extractions(self.host).running
        text, tip, able, do = "", "", False, None
        if scores.scoring:
            progress = scores.progress
            text = f"Scoring: {progress.done} of {progress.total} cells" if progress.total else "Scoring..."
        elif extracting:
            job = extractions(self.host).job
            clips = f": {job.progress.done} of {job.progress.total}" if job.progress.total else "..."
            text = f"Computing features{clips}"
        elif run is not None and run.waiting and not (run.lacking and scores.running_by_itself):
            seconds = scores.seconds_of_scoring()
            took = f", about {duration_text(seconds)}" if seconds else ""
            count = len(run.waiting)
            text, able, do = f"Score {count} cell{'s' * (count != 1)}{took}", True, scores.score
        elif missing_timesteps(run):
            cost = scores.cost_of_features().split(", ")
            count = len(missing_timesteps(run))
            told = [
                f"{count} timestep{'s' * (count != 1)}",
                *(part.removesuffix(" of disk") for part in cost[1:3]),
            ]
            if scores.watcher.measuring and scores.watcher.pace is None:
                told.append("measuring the time...")
            text, able, do = f"Compute missing: {', '.join(told)}", True, scores.compute
            tip = f"{', '.join(missing_timesteps(run))}: {', '.join(cost)}; then the cells are scored"
        self.button.setText(text.replace("&", "&&"))
        self.button.setToolTip(tip)
        self.button.setVisible(bool(text))
        self.button.setEnabled(able)
        self._run = do or (lambda: None)

    # What the user does

    def _pick(self, row: int, column: int) -> None:
        steps, layers = self.axes
        step = steps[row] if steps[row] != "-" else ""
        self.session.set_address(timestep=step, layers=(layers[column],))

    def _point(self, row: int, column: int) -> None:
        run = self.scores.run
        if run is not None and not run.trouble and not self.scores.problem:
            self.line.setText(self._cell_text((row, column) if row >= 0 else self.map.table.current))

    # What happens

    def _choice_changed(self) -> None:
        choice = self.lab.choice
        for box, value in ((self.measure, choice.measure), (self.summary, choice.summary)):
            with signals_blocked(box):
                box.setCurrentIndex(max(0, box.findData(value)))
        self.scores.choose(choice)
        self.show_state()

    def _extraction_changed(self) -> None:
        if self.isVisible():
            self.host.guarded(self.show_state)()

    def _follow_theme(self, _: object = None) -> None:
        self.button.setStyleSheet(main_button_style(self.host.viewer))

    def showEvent(self, event) -> None:
        """Start looking up the scores."""
        super().showEvent(event)
        self.scores.set_seen(True)
        self.host.guarded(self.show_state)()

    def hideEvent(self, event) -> None:
        """Stop looking up; running scoring goes on."""
        super().hideEvent(event)
        self.scores.set_seen(False)

    # Files

    def table_rows(self) -> list[dict]:
        """Return one row per cell, for a CSV file."""
        run, domain = self.scores.run, self.domain.currentData() or ""
        sigmas, measure = sigmas_of(self.lab.about), self.lab.choice.measure
        rows = []
        for (step, layer), cell in sorted(
            run.cells.items(), key=lambda item: run.places.index(item[0]) if item[0] in run.places else 0
        ):
            score = score_of(cell, domain)
            if score is None:
                continue
            rows.append(
                {
                    "timestep": step,
                    "sigma": f"{sigmas[step]:.6g}" if step in sigmas else "",
                    "layer": layer,
                    "pooling": self._pooling,
                    "measure": measure,
                    "tokens": self.lab.choice.summary,
                    "domain": domain,
                    **{name: f"{getattr(score, name):.6f}" for name in ("value", "low", "high", "chance")},
                    "clips": score.n,
                }
            )
        return rows

    def image(self) -> QImage:
        """Draw the grid on white, with a title."""
        measure = measure_called(self.lab.choice.measure)
        of = (
            f"{self.domain.currentText()}, {self.session.domain}; {short_name(self.session.address.backbone)}"
        )
        grid = self.map
        title = f"{measure.title} ({of}, {self._pooling}, {self.summary.currentText()})"
        image, painter = new_image(grid.width(), grid.height(), title)
        grid.paint(painter, GROUND, INK)
        painter.end()
        return image

    name = "grid"
