"""Map dock: a stored map of the clips, its colours and shapes, and what is selected on it."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, Qt, QTimer
from qtpy.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.gui.common.clip_points import ClipPoints
from actiondiff_gui.gui.common.docked import Docked
from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.common.listening import debounced, if_there, listen
from actiondiff_gui.gui.common.theme import hint
from actiondiff_gui.gui.gallery.page import GalleryPage
from actiondiff_gui.gui.gallery.state.sets import one_group
from actiondiff_gui.gui.map import saving as map_saving
from actiondiff_gui.gui.map.controls import MapControls
from actiondiff_gui.gui.map.moments_page import MomentsPage
from actiondiff_gui.gui.map.notice import MapNotice, show_empty
from actiondiff_gui.gui.map.selection import SelectionBar
from actiondiff_gui.gui.map.state import clip_maps
from actiondiff_gui.gui.map.state import colours as map_colours
from actiondiff_gui.gui.map.state.clip_maps import ClipMap

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

OWN_SIZE = (760, 720)
"""Pixels of a map in a window of its own."""
DRAWN_MS = 10
"""After it was made a canvas is drawn."""


class MapDock(ClipPoints, QWidget):
    """Shows one stored map of the project's clips, and makes new ones on request.

    Attributes
    ----------
    shown : ClipMap or None
        The map on screen.
    """

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.begin_points(host)
        self.maps = host.maps
        self.shown: ClipMap | None = None
        self._drawn: ClipMap | None = None
        self._stood_out: np.ndarray | None = None
        self._build()
        self._soon = debounced(self, self._catch_up)
        # In a turn of its own: other docks show the selection too, and drawing very many points takes a while.
        self._then_draw = debounced(self, self._draw_chosen)
        listen(self, (self.maps.changed, self._maps_changed))
        self.maps.made.connect(self._show_map)
        session = self.session
        for signal in (session.clips_changed, session.actions_changed, session.domain_changed):
            listen(self, (signal, self._changed))
        listen(self, (session.project_changed, self._project_changed))
        listen(self, (session.address_changed, self._address_changed))
        listen(self, (session.selection_changed, self._selection_changed))
        listen(self, (session.current_changed, self._current_changed))
        listen(self, (session.listed_changed, self._changed))
        listen(self, (host.stored_steps.changed, self._changed))
        listen(self, (host.viewer.events.theme, self._theme_changed))
        listen(self, (session.show_dock, self._show_kind))
        self._maps_changed()

    def _build(self) -> None:
        host = self.host
        self.controls, self.notice = MapControls(host), MapNotice(host)
        self.selection = SelectionBar(host, self.shows)
        self.controls.kept_chosen.connect(host.guarded(self._show_map))
        self.controls.colours_chosen.connect(host.guarded(self._refresh))
        self.controls.save_asked.connect(host.guarded(self._ask_save))
        self.controls.forget_asked.connect(host.guarded(lambda: self.maps.forget(self.shown)))
        plot = QWidget()
        self._plot = QVBoxLayout(plot)
        self._plot.setContentsMargins(0, 0, 0, 0)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(plot)
        self.beside: GalleryPage | None = None
        self.selection.beside_asked.connect(host.guarded(self._show_beside))
        self.page = QWidget()
        column = QVBoxLayout(self.page)
        column.setContentsMargins(6, 6, 6, 4)
        column.setSpacing(4)
        column.addWidget(self.controls)
        column.addWidget(self.notice)
        column.addWidget(self.split, 1)
        column.addLayout(self._below_points())
        column.addWidget(self.legend)
        column.addWidget(self.selection)
        self.empty = EmptyPage()
        self.moments = MomentsPage(host)
        self.stack = QStackedWidget()
        for page in (self.empty, self.page, self.moments):
            self.stack.addWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(self._switch())
        outer.addWidget(self.stack)

    def _switch(self) -> QHBoxLayout:
        self.of_clips, self.of_moments = QPushButton("Clips"), QPushButton("Moments of the recording")
        self.of_clips.setToolTip("Each clip of the project is a point")
        self.of_moments.setToolTip("Each moment of the open recording is a point")
        self._kinds = QButtonGroup(self)
        row = QHBoxLayout()
        row.setContentsMargins(6, 6, 6, 0)
        row.setSpacing(4)
        for button in (self.of_clips, self.of_moments):
            button.setCheckable(True)
            self._kinds.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self.out = QPushButton("Own window")
        self.out.setToolTip("Show the map in a window of its own, beside this one")
        self.out.clicked.connect(self.host.guarded(lambda _=False: self.pop_out()))
        row.addWidget(self.out)
        self.of_clips.setChecked(True)
        self.of_moments.toggled.connect(self.host.guarded(lambda _: self._refresh()))
        return row

    def _show_kind(self, title: str) -> None:
        dock, _, page = title.partition(":")
        if dock == "Map" and page:
            (self.of_moments if page == "Moments" else self.of_clips).setChecked(True)

    def pop_out(self) -> "MapDock":
        """Show the same map in a window of its own, and return what is in it."""
        holder, other = Docked(), MapDock(self.host)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(other)
        window = self.host.viewer.window
        dock = window.add_dock_widget(holder, name="Map", area="right", add_vertical_stretch=False)
        dock.setFloating(True)
        dock.resize(*OWN_SIZE)
        other._show_map(self.shown)
        other.names.setChecked(self.names.isChecked())
        other.controls.colour_boxes.copy(self.controls.colour_boxes)
        other.of_moments.setChecked(self.of_moments.isChecked())
        return other

    # Which map

    def _maps_changed(self) -> None:
        maps = self.maps.maps
        if self.shown not in maps:
            fitting = clip_maps.best_fit(maps, self.session.address, self._method())
            self._show_map(fitting or (maps[-1] if maps else None))
        else:
            self._changed()

    def _project_changed(self) -> None:
        self._show_map(None)

    def _address_changed(self) -> None:
        fitting = clip_maps.best_fit(self.maps.maps, self.session.address, self._method())
        if fitting is not None and fitting is not self.shown:
            self._show_map(fitting)
        else:
            self._changed()

    def _method(self) -> str:
        return self.shown.method if self.shown is not None else "umap"

    def _show_map(self, kept: ClipMap | None) -> None:
        self.shown = kept
        self._changed()

    def _changed(self, *_: object) -> None:
        self._soon.throttle()

    def showEvent(self, event: QEvent) -> None:
        """Catch up with what happened while it was hidden."""
        super().showEvent(event)
        if self.drop_lost_canvas():
            self._drawn = None
        self._changed()

    def hideEvent(self, event: QEvent) -> None:
        """Draw nothing while it is hidden."""
        super().hideEvent(event)
        self.session.look_again()
        self._soon.cancel()

    def _catch_up(self) -> None:
        self.host.guarded(self._refresh)()

    # What is on screen

    def _refresh(self) -> None:
        if self.host.closed or not self.isVisible():
            return
        session = self.session
        for button in (self.of_clips, self.of_moments, self.out):
            here = button is not self.out or self.window() is self.host.window
            button.setVisible(session.project is not None and here)
        if self.of_moments.isChecked() and session.project is not None:
            self.stack.setCurrentWidget(self.moments)
            return
        if self.shown is None or not len(session.table):
            show_empty(self.empty, self.host)
            self.stack.setCurrentWidget(self.empty)
            return
        shown = self.shown
        self.controls.show_choice(shown)
        by, said = self.controls.colour_by.currentData(), self.controls.colour_by.currentText()
        self._look_up(
            shown.clip_ids,
            by,
            said,
            self.controls.facet,
            lambda changed: self._looked_up(shown, changed),
            partial(clip_maps.differences, shown, session.address, session.table),
        )

    def _looked_up(self, shown: ClipMap, changed: list[str]) -> None:
        if self.shown is not shown or not self.isVisible():
            return
        self.notice.show_for(shown, changed)
        self.stack.setCurrentWidget(self.page)
        if self.canvas is None:
            self._make_canvas()
            # Making its drawing surface takes long enough for one turn of the event loop.
            QTimer.singleShot(DRAWN_MS, partial(if_there(self._looked_up), shown, changed))
            return
        self._draw(self.chosen_points())

    def _draw(self, chosen: np.ndarray | None) -> None:
        """Draw the map; ``chosen`` ``[N]`` bool stand out, None for all."""
        if self.shown is None:
            return
        if self.canvas is None:
            self._make_canvas()
        shown, session = self.shown, self.session
        self._stood_out = chosen
        self.canvas.show_points(shown.coordinates, *self._point_styles(chosen))
        named = (
            map_colours.name_places(self.look.colours, shown.coordinates) if self.names.isChecked() else ()
        )
        self.canvas.show_names(named)
        greyed = len(session.selection) < 2 and self.found_points() is not None
        listed = " Grey: clips that the Clips table does not list." if greyed else ""
        self.caption.setText(f"{clip_maps.caption(shown)}{listed}")
        self.canvas.set_current(self.look.index_of.get(self.session.current, -1))
        if self._drawn is not shown:
            self._drawn = shown
            self._hover(-1)
            self.canvas.reset_view()

    def _make_canvas(self) -> None:
        from actiondiff_gui.gui.map.canvas import MapCanvas

        canvas = MapCanvas(self)
        self.take_canvas(canvas)
        canvas.lasso_changed.connect(self.lasso.setChecked)

    def _below_points(self) -> QHBoxLayout:
        """Return the line below the points, which no button may cover: how to read them, and buttons."""
        guarded = self.host.guarded
        self.caption = hint("")
        self.caption.setWordWrap(True)
        self.caption.setToolTip(clip_maps.TRUSTWORTHINESS)
        self.names, self.lasso, self.reset = (
            QPushButton("Names"),
            QPushButton("Lasso"),
            QPushButton("Whole map"),
        )
        self.names.setCheckable(True)
        self.names.setToolTip("Write what colours stand for on the map, in the middle of its points")
        self.names.toggled.connect(guarded(lambda _: self._draw(self.chosen_points())))
        self.lasso.setCheckable(True)
        self.lasso.setToolTip("Drag around points to select their clips (or hold Shift and drag)")
        self.lasso.toggled.connect(guarded(lambda on: self.canvas.set_lasso(on)))
        self.reset.setToolTip("Show all points (or double-click beside them)")
        self.reset.clicked.connect(guarded(lambda _=False: self.canvas.reset_view()))
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.caption, 1)
        for button in (self.names, self.lasso, self.reset):
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        return line

    def eventFilter(self, watched, event: QEvent) -> bool:
        """Hide the card when the pointer leaves, and cancel the lasso with Escape."""
        if event.type() == QEvent.Type.Leave:
            self.canvas.leave()
        elif event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self.canvas.set_lasso(False)
        return False

    # What the user does

    def _ask_save(self, kind: str) -> None:
        shown, rows = self.shown, self.look.rows
        styles = (
            self.look.colours,
            self.controls.colour_by.currentText(),
            self.look.shapes,
            self.controls.shape_by.currentText(),
        )
        chosen = self.chosen_points()

        def write(path):
            if kind == "csv":
                return map_saving.save_table(path, shown, rows)
            return map_saving.save_figure(path, shown, *styles, chosen)

        map_saving.ask_save(self.host, kind, shown, write)

    def _selection_changed(self, _: tuple) -> None:
        # Rows and styles are of the map that was drawn last; another one is drawn with its own soon.
        self._then_draw.throttle()
        self._fill_beside()

    def _draw_chosen(self) -> None:
        if self.host.closed or self.shown is None or self.shown is not self._drawn or not self.isVisible():
            return
        chosen = self.chosen_points()
        # A single clip has its ring alone: 200,000 points are not drawn anew for it.
        if chosen is not None or self._stood_out is not None:
            self.host.guarded(self._draw)(chosen)

    def _show_beside(self, shown: bool) -> None:
        """Show the selected clips as a gallery under the points, or no more."""
        if self.beside is None:
            self.beside = GalleryPage(self.host, plain=True)
            self.split.addWidget(self.beside)
            self.split.setSizes([1000, 1000])
        self.beside.setVisible(shown)
        self._fill_beside()

    def _fill_beside(self) -> None:
        if self.beside is not None and self.beside.isVisible():
            self.beside.state.show(one_group("Selected on the map", self.session.selection, "Map"))
