"""Maps page of the lab: the same clips at each timestep or layer, side by side or as one moving map."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.embedding.alignment import movement
from actiondiff_gui.embedding.maps import METHODS
from actiondiff_gui.gui.common.clip_points import ClipPoints
from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.features.run import Sentence
from actiondiff_gui.gui.lab.choice import Lab, Switch
from actiondiff_gui.gui.lab.maps import LabMaps
from actiondiff_gui.gui.lab.maps_files import map_rows, maps_image
from actiondiff_gui.gui.lab.maps_player import MapPlayer
from actiondiff_gui.gui.lab.saving import SaveButton
from actiondiff_gui.gui.lab.state.comparing import sigmas_of
from actiondiff_gui.gui.lab.state.maps import MapSeries
from actiondiff_gui.gui.map.colour_boxes import ColourBoxes
from actiondiff_gui.gui.map.state import clip_maps

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host
    from actiondiff_gui.gui.session.clip_table import ClipRow

_FOLLOWS_UP_TO = 2000
"""Largest number of clips for which maps of another address are made automatically."""


class MapsPage(ClipPoints, QWidget):
    """Small multiples of one set of clips, and a slider that morphs one map through them."""

    name = "maps"

    def __init__(self, host: "Host", lab: Lab) -> None:
        super().__init__()
        self.begin_points(host)
        self.lab, self.maps = lab, LabMaps(host, lab)
        self.shown: MapSeries | None = None
        self._drawn: tuple = ()
        self._build()
        self._soon, self._follow = QTimer(self), QTimer(self)
        # Bound methods: a closure can be collected before the timer it waits for is gone.
        for timer, run in ((self._soon, self._refresh_now), (self._follow, self._follow_now)):
            timer.setSingleShot(True)
            timer.timeout.connect(run)
        self._soon.setInterval(0)
        self._follow.setInterval(400)
        session = self.session
        for signal in (session.clips_changed, session.actions_changed, session.domain_changed):
            listen(self, (signal, self._changed))
        listen(
            self,
            (session.project_changed, self._changed),
            (session.address_changed, self._changed),
            (session.features_changed, self._features_came),
            (session.selection_changed, self._selection_changed),
            (session.current_changed, self._current_changed),
            (session.listed_changed, self._changed),
            (host.viewer.events.theme, self._theme_changed),
        )
        listen(self, (lab.changed, self._changed))
        listen(self, (self.maps.changed, self._maps_changed))

    def _build(self) -> None:
        host = self.host
        self.across, self.method, self.colour_boxes = QComboBox(), QComboBox(), ColourBoxes(host)
        self.across.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.across.setToolTip("What differs from map to map")
        for key in ("timesteps", "layers"):
            self.across.addItem(key, key)
        for key, title in METHODS.items():
            self.method.addItem(title, key)
        self.way = Switch(
            host,
            (
                ("Side by side", "All maps at once"),
                ("Moving", "One map that moves from timestep to timestep"),
            ),
        )
        self.save = SaveButton(host, self)
        self.notice = Sentence()
        self.player = MapPlayer(host)
        top = QHBoxLayout()
        top.addWidget(self.across, 1)
        top.addWidget(self.method)
        top.addWidget(self.way)
        top.addWidget(self.save)
        self._plot = QVBoxLayout()
        self.full, self.empty = QWidget(), EmptyPage()
        inner = QVBoxLayout(self.full)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        inner.addLayout(self._plot, 1)
        inner.addWidget(self.player)
        inner.addWidget(self.notice)
        inner.addWidget(self.legend)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.full)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.colour_boxes)
        column.addWidget(self.stack, 1)
        guarded = host.guarded
        for box in (self.across, self.method):
            box.activated.connect(guarded(self._changed))
        self.way.chosen.connect(guarded(self._way_chosen))
        self.colour_boxes.chosen.connect(guarded(self._changed))
        self.player.moved.connect(guarded(self._draw))

    # What is shown

    @property
    def is_moving(self) -> bool:
        """Whether one moving map is shown instead of all side by side."""
        return self.way.buttons[1].isChecked()

    def make(self, method: str) -> None:
        """Make the maps of the present address."""
        self.method.setCurrentIndex(self.method.findData(method))
        self.maps.make(self.across.currentData(), method)

    def _refresh_now(self) -> None:
        self.host.guarded(self._refresh)()

    def _follow_now(self) -> None:
        self.host.guarded(self._make_again)()

    def _make_again(self) -> None:
        if self.isVisible() and self._fitting() is None and not self.maps.problem:
            self.make(self.method.currentData())

    def _fitting(self) -> MapSeries | None:
        return self.maps.fitting(self.across.currentData(), self.method.currentData())

    def _refresh(self) -> None:
        if self.host.closed or not self.isVisible():
            return
        self._name_choices()
        fitting = self._fitting()
        if fitting is None and self.shown is not None and self._may_follow():
            self._follow.start()
        self.shown = fitting
        if fitting is None or not fitting.maps:
            self._show_empty(fitting)
            return
        self.colour_boxes.fill()
        by, said = self.colour_boxes.colour_by.currentData(), self.colour_boxes.colour_by.currentText()
        self._look_up(fitting.clip_ids, by, said, self.colour_boxes.facet, lambda _: self._looked_up(fitting))

    def _looked_up(self, fitting: MapSeries) -> None:
        if self.shown is not fitting or not self.isVisible():
            return
        self.stack.setCurrentWidget(self.full)
        self.player.setVisible(self.is_moving)
        self.player.set_count(len(fitting.maps))
        self.save.setEnabled(True)
        self._draw()
        self._say()

    def _may_follow(self) -> bool:
        return not self.maps.problem and len(self.session.table) <= _FOLLOWS_UP_TO

    def _name_choices(self) -> None:
        here = clip_maps.spelled_out(self.session.address)
        for index, text in enumerate(
            (f"timesteps, layer {here.one_layer}", f"layers, {here.timestep or 'no timestep'}")
        ):
            self.across.setItemText(index, text)

    def _show_empty(self, making: MapSeries | None) -> None:
        self.save.setEnabled(False)
        self._drawn = ()
        make = self.host.guarded(self.make)
        if making is not None:
            self.empty.set(self._making_words() or "Reading features...")
        elif self._follow.isActive():
            self.empty.set("")
        else:
            problem = self.maps.problem
            buttons = [("Make UMAP maps", partial(make, "umap")), ("Make PCA maps", partial(make, "pca"))]
            if problem:
                buttons.append(("Go to Features", partial(self.session.show_dock.emit, "Features")))
            self.empty.set(
                problem
                or "The same clips, mapped at each timestep and aligned to each other, so that a point moves only where "
                "its features changed. UMAP groups similar clips; PCA is quicker. Both use stored features only.",
                buttons,
            )
        self.stack.setCurrentWidget(self.empty)

    def _making_words(self) -> str:
        job = self.maps.job
        if job is None or job.finished:
            return ""
        message = job.progress.message or "reading features"
        done = f" ({job.progress.done} of {job.progress.total})" if job.progress.total else ""
        return f"{message[:1].upper()}{message[1:]}{done}..."

    def _say(self) -> None:
        shown = self.shown
        said = []
        if not shown.finished:
            said.append(self._making_words())
        elif self.is_moving:
            said.append(self._moving_words())
        if shown.left_out:
            said.append(f"{shown.left_out} clips lack features at some of these and are left out.")
        said += [note for note in shown.notes if note not in said]
        text = " ".join(filter(None, said))
        if text != self.notice.text():
            self.notice.setText(text)
        self.notice.setVisible(bool(text))

    def _titles(self, long: bool = False) -> list[str]:
        sigmas = sigmas_of(self.lab.about)
        across = self.across.currentData()
        told = []
        for step, layer in self.shown.asked.pairs:
            if across == "layers":
                told.append(f"layer {layer}")
            else:
                told.append(f"{step}, σ {sigmas[step]:.3g}" if long and step in sigmas else step)
        return told

    def _moving_words(self) -> str:
        numbers, at = sorted(self.shown.maps), self.player.position
        first = min(int(at), max(len(numbers) - 2, 0))
        if len(numbers) < 2:
            return ""
        titles = self._titles()
        one, other = (numbers[first], numbers[first + 1])
        far = np.median(movement(self.shown.maps[one], self.shown.maps[other]))
        return f"{titles[one]} to {titles[other]}: half of the clips move less than {far:.2f} of the map's spread."

    def _draw(self, *_: object) -> None:
        if self.shown is None or not self.shown.maps or self.stack.currentWidget() is not self.full:
            return
        if self.canvas is None:
            self._make_canvas()
        from actiondiff_gui.gui.common.panel_canvas import Panel

        shown, titles = self.shown, self._titles(long=self.is_moving or self._wide())
        here = clip_maps.spelled_out(self.session.address)
        if self.is_moving:
            at = self.player.position
            numbers = sorted(shown.maps)
            nearest = numbers[round(at)]
            exact = abs(at - round(at)) < 1e-6
            between = () if exact else (titles[numbers[int(at)]], titles[numbers[int(at) + 1]])
            title = titles[nearest] if exact else "  →  ".join(between)
            current = exact and shown.asked.pairs[nearest] == (here.timestep, here.one_layer)
            panels = [Panel(title, shown.at(at), "", current)]
            self._say()
        else:
            panels = [
                Panel(
                    titles[n],
                    shown.maps.get(n),
                    "" if n in shown.maps else self._empty_words(n),
                    index == (here.timestep, here.one_layer),
                )
                for n, index in enumerate(shown.asked.pairs)
            ]
        self.canvas.show_panels(panels, *shown.bounds(), *self._point_styles(self.chosen_points()))
        self.canvas.set_current(self.look.index_of.get(self.session.current, -1))

    def _wide(self) -> bool:
        return self.canvas is not None and self.canvas.layout.side > 110

    def _empty_words(self, number: int) -> str:
        why = self.shown.empty.get(number)
        return f"{why}: click to see the cost" if why else "..."

    def _make_canvas(self) -> None:
        from actiondiff_gui.gui.common.panel_canvas import PanelCanvas

        self.take_canvas(PanelCanvas(self))

    def eventFilter(self, watched, event: QEvent) -> bool:
        """Hide the card when the pointer leaves, and lay the panels out anew for another size."""
        if event.type() == QEvent.Type.Leave:
            self.canvas.leave()
        elif event.type() == QEvent.Type.Resize:
            self._soon.start()
        return False

    # What the user does

    def row_at(self, index: int) -> "ClipRow | None":
        """Return the clip of a point; every clip has one on each panel."""
        return super().row_at(self.canvas.clip_of(index))

    def _circled(self, indices: np.ndarray, with_ctrl: bool) -> None:
        clips = [self.canvas.clip_of(index) for index in indices.tolist()]
        super()._circled(np.unique(np.array(clips, np.int64)), with_ctrl)

    def _click(self, index: int, with_ctrl: bool) -> None:
        panel = -1 if self.row_at(index) else self.canvas.panel_title_at(*self.canvas.pointer)
        if panel < 0:
            super()._click(index, with_ctrl)
        elif self.canvas.panels[panel].points is None:
            self.session.show_dock.emit("Lab:Grid")
        else:
            self.go_to(panel)

    def go_to(self, panel: int) -> None:
        """Make a panel's timestep and layer the address of the whole window."""
        numbers = sorted(self.shown.maps)
        number = numbers[round(self.player.position)] if self.is_moving else panel
        step, layer = self.shown.asked.pairs[number]
        self.session.set_address(timestep="" if step == "-" else step, layers=(layer,))

    def _way_chosen(self, _: int) -> None:
        if not self.is_moving:
            self.player.stop()
        elif self.shown is not None and self.shown.maps:
            here = clip_maps.spelled_out(self.session.address)
            numbers = sorted(self.shown.maps)
            at = next(
                (
                    k
                    for k, n in enumerate(numbers)
                    if self.shown.asked.pairs[n] == (here.timestep, here.one_layer)
                ),
                0,
            )
            self.player.set_count(len(numbers))
            self.player.go_to(at)
        self._changed()

    # What happens

    def _changed(self, *_: object) -> None:
        self._soon.start()

    def _features_came(self) -> None:
        # Maps that lacked clips may be complete now.
        fitting = self._fitting()
        if fitting is not None and (fitting.empty or fitting.left_out) and fitting.finished:
            self.maps.forget(fitting)
        self.maps.problem = ""
        self._changed()

    def _maps_changed(self) -> None:
        series = self._fitting()
        now = (series, len(series.maps) if series else 0, series.finished if series else False)
        if now != self._drawn:
            self._drawn = now
            self._changed()
        elif self.isVisible() and series is not None and not series.finished:
            if series.maps:
                self._say()
            else:
                self.empty.set(self._making_words())

    def _selection_changed(self, _: tuple) -> None:
        if self.isVisible():
            self.host.guarded(self._draw)()

    def showEvent(self, event: QEvent) -> None:
        """Catch up with what happened while it was hidden."""
        super().showEvent(event)
        self.drop_lost_canvas()
        self._changed()

    def hideEvent(self, event: QEvent) -> None:
        """Draw nothing while it is hidden."""
        super().hideEvent(event)
        self.session.look_again()
        self._soon.stop()
        self.player.stop()

    # Files

    def table_rows(self) -> list[dict]:
        """Return one row per clip and map, for a CSV file."""
        return map_rows(self.shown, self.look.rows)

    def image(self):
        """Return a function that draws the panels as they are on screen, on white."""
        method = METHODS[self.shown.asked.settings.method]
        colour, shape = self.colour_boxes.colour_by.currentText(), self.colour_boxes.shape_by.currentText()
        across = self.across.currentText()
        return maps_image(
            self, f"{method} of {self.canvas.count} clips, {across}; colour: {colour}, shape: {shape}"
        )
