"""Where do the clips lie? The map dock: a kept map, its colours and shapes, and what is selected on it."""

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, QPoint, Qt, QTimer
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from actiondiff_gui.session import clip_maps, map_looks
from actiondiff_gui.session.clip_maps import ClipMap
from actiondiff_gui.session.map_looks import Coding
from actiondiff_gui.widgets import map_saving, theme
from actiondiff_gui.widgets.empty import EmptyPage
from actiondiff_gui.widgets.listening import listen
from actiondiff_gui.widgets.map_controls import MapControls
from actiondiff_gui.widgets.map_legend import MapLegend, groups_of
from actiondiff_gui.widgets.map_maker import maps_of
from actiondiff_gui.widgets.map_notice import MapNotice, show_empty
from actiondiff_gui.widgets.map_selection import SelectionBar

if TYPE_CHECKING:
    from actiondiff_gui.session.clip_table import ClipRow
    from actiondiff_gui.widgets.host import Host


class MapDock(QWidget):
    """Shows one kept map of the project's clips, and makes new ones when asked.

    Attributes
    ----------
    shown : ClipMap or None
        The map on screen.
    rows : list of ClipRow or None
        ``[N]`` what is known now of the clips on it; None for one that was deleted.
    colours, shapes : Coding
        How they look.
    """

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.maps = maps_of(host)
        self.canvas = None
        self.shown: ClipMap | None = None
        self.rows: list[ClipRow | None] = []
        self.colours = self.shapes = Coding(np.zeros(0, np.int64), (), (), ())
        self._places: dict[str, int] = {}
        self._drawn: ClipMap | None = None
        self._build()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        # A bound method: a closure can be collected before the timer it waits for is gone.
        self._soon.timeout.connect(self._catch_up)
        self.maps.changed.connect(self._maps_changed)
        self.maps.made.connect(self._show_map)
        session = self.session
        for signal in (session.clips_changed, session.actions_changed, session.domain_changed):
            listen(self, (signal, self._changed))
        listen(self, (session.project_changed, self._project_changed))
        listen(self, (session.address_changed, self._address_changed))
        listen(self, (session.selection_changed, self._selection_changed))
        listen(self, (session.current_changed, self._current_changed))
        listen(self, (host.viewer.events.theme, self._theme_changed))
        self._maps_changed()

    def _build(self) -> None:
        host = self.host
        self.controls, self.notice = MapControls(host), MapNotice(host)
        self.legend, self.selection = MapLegend(), SelectionBar(host)
        self.controls.kept_chosen.connect(host.guarded(self._show_map))
        self.controls.looks_chosen.connect(host.guarded(self._refresh))
        self.controls.save_asked.connect(host.guarded(self._ask_save))
        self.controls.forget_asked.connect(host.guarded(lambda: self.maps.forget(self.shown)))
        self.legend.chosen.connect(host.guarded(self._choose_value))
        self._plot = QVBoxLayout()
        self.page = QWidget()
        column = QVBoxLayout(self.page)
        column.setContentsMargins(6, 6, 6, 4)
        column.setSpacing(4)
        column.addWidget(self.controls)
        column.addWidget(self.notice)
        column.addLayout(self._plot, 1)
        column.addWidget(self.legend)
        column.addWidget(self.selection)
        self.empty = EmptyPage()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)

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
        ids = kept.clip_ids if kept is not None else ()
        self._places = {clip: place for place, clip in enumerate(ids)}
        self._changed()

    def _changed(self, *_: object) -> None:
        self._soon.start()

    def showEvent(self, event: QEvent) -> None:
        """Catch up with what happened while it was hidden."""
        super().showEvent(event)
        self._changed()

    def hideEvent(self, event: QEvent) -> None:
        """Draw nothing while it is hidden."""
        super().hideEvent(event)
        self._soon.stop()

    def _catch_up(self) -> None:
        self.host.guarded(self._refresh)()

    # What is on screen

    def _refresh(self) -> None:
        if self.host.closed or not self.isVisible():
            return
        session = self.session
        if self.shown is None or not len(session.table):
            show_empty(self.empty, self.host)
            self.stack.setCurrentWidget(self.empty)
            return
        self.controls.show_choice(self.shown)
        self.notice.show_for(self.shown)
        self.rows = [session.table.get(clip) for clip in self.shown.clip_ids]
        by, facet = self.controls.colour_by.currentData(), self.controls.facet
        self.colours = map_looks.coloured(
            self.rows, by, session.colour_of, [action.name for action in session.actions]
        )
        self.shapes = map_looks.shaped(self.rows, facet)
        self._show_legend(by, facet)
        self.stack.setCurrentWidget(self.page)
        self._draw()

    def _draw(self) -> None:
        if self.canvas is None:
            self._make_canvas()
        chosen, shown = self._chosen(), self.shown
        dimmed = theme.mixed(*self._ground_and_ink(), 0.4).name()
        gone = np.array([row is None for row in self.rows], bool)
        colours = map_looks.point_colours(self.colours, chosen, dimmed)
        colours[gone] = 0
        self.canvas.show_points(
            shown.coordinates,
            colours,
            np.array(self.shapes.looks)[self.shapes.codes],
            map_looks.drawing_order(self.colours, chosen),
        )
        self.canvas.set_current(self._places.get(self.session.current, -1))
        if self._drawn is not shown:
            self._drawn = shown
            self._hover(-1)
            self.canvas.reset_view()

    def _chosen(self) -> np.ndarray | None:
        places = [self._places[i] for i in self.session.selection if i in self._places]
        if not places:
            return None
        chosen = np.zeros(len(self.shown), bool)
        chosen[places] = True
        return chosen

    def _make_canvas(self) -> None:
        from actiondiff_gui.widgets.map_canvas import MapCanvas
        from actiondiff_gui.widgets.map_hover import HoverCard

        self.canvas = MapCanvas(self)
        self._plot.addWidget(self.canvas.widget)
        self.card = HoverCard(self.host, self)
        self.canvas.clicked.connect(self.host.guarded(self._click))
        self.canvas.hovered.connect(self.host.guarded(self._hover))
        self.canvas.circled.connect(self.host.guarded(self._circled))
        self._lay_buttons_over(self.canvas)
        self.canvas.widget.installEventFilter(self)
        self._theme_changed()

    def _lay_buttons_over(self, canvas) -> None:
        self.lasso, self.reset = QPushButton("Lasso"), QPushButton("Whole map")
        self.lasso.setCheckable(True)
        self.lasso.setToolTip("Drag around points to select their clips (or hold Shift and drag)")
        self.reset.setToolTip("Show all points (or double-click beside them)")
        self.lasso.toggled.connect(self.host.guarded(canvas.set_lasso))
        self.reset.clicked.connect(self.host.guarded(lambda _=False: canvas.reset_view()))
        canvas.lasso_changed.connect(self.lasso.setChecked)
        row = QHBoxLayout(canvas.widget)
        row.setContentsMargins(4, 4, 4, 4)
        row.addStretch(1)
        for button in (self.lasso, self.reset):
            button.setCursor(Qt.CursorShape.ArrowCursor)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)

    def eventFilter(self, watched, event: QEvent) -> bool:
        """Hide the card when the pointer leaves, and give up the lasso with Escape."""
        if event.type() == QEvent.Type.Leave:
            self.canvas.leave()
        elif event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self.canvas.set_lasso(False)
        return False

    def _ground_and_ink(self):
        return theme.colour(self.host.viewer, "canvas"), theme.colour(self.host.viewer, "text")

    def _theme_changed(self, *_: object) -> None:
        if self.canvas is not None and not self.host.closed:
            self.canvas.set_theme(*self._ground_and_ink())
            self.canvas.leave()
            self._changed()

    def _show_legend(self, by: str, facet: str | None) -> None:
        ground, ink = self._ground_and_ink()
        groups = groups_of(
            self.colours,
            self.shapes,
            by,
            self.controls.colour_by.currentText(),
            facet,
            theme.mixed(ground, ink, 0.7).name(),
        )
        self.legend.show_groups(groups, theme.mixed(ground, ink, 0.6))

    # What the user does

    def _click(self, place: int, with_ctrl: bool) -> None:
        row = self.rows[place] if 0 <= place < len(self.rows) else None
        if row is None:
            if not with_ctrl:
                self.session.select(())
        elif with_ctrl:
            kept = [i for i in self.session.selection if i != row.id]
            added = [] if row.id in self.session.selection else [row.id]
            self.session.select([*kept, *added])
        else:
            self.session.open_clip(row.id)
            self.host.player.play()

    def _circled(self, places: np.ndarray, with_ctrl: bool) -> None:
        ids = [self.rows[place].id for place in places.tolist() if self.rows[place] is not None]
        self.session.select([*(self.session.selection if with_ctrl else ()), *ids])

    def _choose_value(self, by: str, value: str, with_ctrl: bool) -> None:
        values = map_looks.values_of(self.rows, by)
        ids = [
            row.id for row, said in zip(self.rows, values, strict=True) if row is not None and said == value
        ]
        self.session.select([*(self.session.selection if with_ctrl else ()), *ids])

    def _hover(self, place: int) -> None:
        row = self.rows[place] if 0 <= place < len(self.rows) else None
        beside = QPoint()
        if row is not None:
            x, y = self.canvas.place_in_widget(place)
            beside = self.canvas.widget.mapTo(self, QPoint(round(x), round(y)))
        self.card.show_clip(row, beside)

    def _ask_save(self, kind: str) -> None:
        shown, rows = self.shown, list(self.rows)
        look = (
            self.colours,
            self.controls.colour_by.currentText(),
            self.shapes,
            self.controls.shape_by.currentText(),
        )
        chosen = self._chosen()

        def write(path):
            if kind == "csv":
                return map_saving.save_table(path, shown, rows)
            return map_saving.save_figure(path, shown, *look, chosen)

        map_saving.ask_save(self.host, kind, shown, write)

    def _selection_changed(self, _: tuple) -> None:
        if self.shown is not None and self.isVisible() and self.canvas is not None:
            self._draw()

    def _current_changed(self, clip: str | None) -> None:
        if self.canvas is not None:
            self.canvas.set_current(self._places.get(clip, -1))
