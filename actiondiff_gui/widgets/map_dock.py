"""Where do the clips lie? The map dock: a kept map, its colours and shapes, and what is selected on it."""

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, QPoint, QSignalBlocker, Qt, QTimer
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.session import clip_maps, map_looks
from actiondiff_gui.session.clip_maps import METHODS, ClipMap
from actiondiff_gui.session.map_looks import ACTION, CONFIDENCE, FACET, PREDICTION, SAID_BY, Coding
from actiondiff_gui.widgets import map_saving, projects, theme
from actiondiff_gui.widgets.empty import EmptyPage
from actiondiff_gui.widgets.map_legend import Entry, MapLegend
from actiondiff_gui.widgets.map_maker import maps_of
from actiondiff_gui.widgets.map_selection import SelectionBar

if TYPE_CHECKING:
    from actiondiff_gui.session.clip_table import ClipRow
    from actiondiff_gui.widgets.host import Host

_NO_SHAPE, _BY_DOMAIN = "", "domain"
_COLOURS = {ACTION: "action", PREDICTION: "prediction", CONFIDENCE: "confidence", SAID_BY: "labelled by"}


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
        self._soon.timeout.connect(host.guarded(self._refresh))
        self.maps.changed.connect(self._maps_changed)
        self.maps.made.connect(self._show_map)
        session = self.session
        for signal in (session.clips_changed, session.actions_changed, session.domain_changed):
            signal.connect(self._changed)
        session.project_changed.connect(self._project_changed)
        session.address_changed.connect(self._address_changed)
        session.selection_changed.connect(self._selection_changed)
        session.current_changed.connect(self._current_changed)
        host.viewer.events.theme.connect(self._theme_changed)
        self._maps_changed()

    def _build(self) -> None:
        host = self.host
        self.kept = QComboBox()
        self.kept.setToolTip("Maps of this project that were made before")
        self.kept.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.kept.activated.connect(host.guarded(self._choose_kept))
        self.new = self._menu_button("New map", "Make a map of the address above")
        self.save = self._menu_button("Save", "Keep this map as a picture or a table")
        self.colour_by, self.shape_by = QComboBox(), QComboBox()
        self.colour_by.setToolTip("What colours stand for")
        self.shape_by.setToolTip("What shapes stand for")
        for box in (self.colour_by, self.shape_by):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.activated.connect(host.guarded(lambda _: self._refresh()))
        self.lasso = QPushButton("Lasso")
        self.lasso.setCheckable(True)
        self.lasso.setToolTip("Drag around points to select their clips (or hold Shift and drag)")
        self.reset = QPushButton("Whole map")
        self.reset.setToolTip("Show all points (or double-click beside them)")
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.help = QPushButton()
        self.help.clicked.connect(host.guarded(lambda: self._help()))
        self._help = lambda: None
        self.legend = MapLegend()
        self.legend.chosen.connect(host.guarded(self._choose_value))
        self.selection = SelectionBar(host)
        self.lasso.toggled.connect(host.guarded(self._set_lasso))
        self.reset.clicked.connect(host.guarded(lambda _=False: self._reset_view()))

        top, looks, notes = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.kept, 1)
        top.addWidget(self.new)
        top.addWidget(self.save)
        for text, box in (("colour", self.colour_by), ("shape", self.shape_by)):
            looks.addWidget(theme.hint(text))
            looks.addWidget(box, 1)
        looks.addWidget(self.lasso)
        looks.addWidget(self.reset)
        notes.addWidget(self.note, 1)
        notes.addWidget(self.help, 0, Qt.AlignmentFlag.AlignTop)
        self._plot = QVBoxLayout()
        self.page = QWidget()
        column = QVBoxLayout(self.page)
        column.setContentsMargins(6, 6, 6, 4)
        column.setSpacing(4)
        for part in (top, looks, notes):
            column.addLayout(part)
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

    def _menu_button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        menu = QMenu(button)
        menu.aboutToShow.connect(self.host.guarded(self._fill_new if text == "New map" else self._fill_save))
        button.setMenu(menu)
        return button

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

    def _choose_kept(self, place: int) -> None:
        self._show_map(self.kept.itemData(place))

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

    # What is on screen

    def _refresh(self) -> None:
        if self.host.closed or not self.isVisible():
            return
        session, maps = self.session, self.maps
        if self.shown is None or not len(session.table):
            self._show_empty()
            self.stack.setCurrentWidget(self.empty)
            return
        self._fill_kept()
        self._fill_looks()
        self._show_note()
        self.rows = [session.table.get(clip) for clip in self.shown.clip_ids]
        by = self.colour_by.currentData()
        self.colours = map_looks.coloured(self.rows, by, session.colour_of)
        facet = self.shape_by.currentData()
        facet = session.domain if facet == _BY_DOMAIN else facet
        self.shapes = map_looks.shaped(self.rows, facet or None)
        self._show_legend(by, facet)
        self.stack.setCurrentWidget(self.page)
        self._draw()
        self.new.setEnabled(not maps.making)

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
            map_looks.point_size(len(shown)),
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
        self.canvas.lasso_changed.connect(self.lasso.setChecked)
        self.canvas.widget.installEventFilter(self)
        self._theme_changed()

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
            self._changed()

    def _show_empty(self) -> None:
        from functools import partial

        session, maps, host = self.session, self.maps, self.host
        words = clip_maps.in_words(clip_maps.spelled_out(session.address))
        if session.project is None:
            self.empty.set(
                "The map lays out clips so that those in which the network sees like things lie near each other. "
                "Open a project first.",
                (
                    ("Try the sample", partial(projects.open_sample, host)),
                    ("Open a project...", partial(projects.ask_open, host)),
                ),
            )
        elif not len(session.table):
            self.empty.set(
                "The map lays out clips, and this project has none yet.",
                (
                    ("Add videos...", partial(projects.ask_videos, host)),
                    ("Import a table...", partial(projects.ask_table, host)),
                ),
            )
        elif maps.reading:
            self.empty.set("Reading the kept maps.")
        elif maps.making:
            self.empty.set(f"Making a map of {words}. The first UMAP takes about half a minute.")
        elif maps.lacking == session.address:
            self.empty.set(maps.trouble, (("Compute features", self._compute),))
        else:
            self.empty.set(
                maps.trouble or f"There is no map of {words} yet.",
                (
                    ("Make a UMAP map", partial(host.guarded(maps.make), "umap")),
                    ("Make a PCA map", partial(host.guarded(maps.make), "pca")),
                ),
            )

    def _show_note(self) -> None:
        shown, maps, session = self.shown, self.maps, self.session
        said = clip_maps.differences(shown, session.address, session.table)
        text, help, run = "", "", None
        if maps.making:
            said = [f"Making a map of {clip_maps.in_words(clip_maps.spelled_out(session.address))}."]
        elif maps.lacking == session.address:
            said, help, run = [maps.trouble], "Compute features", self._compute
        elif said:
            help, run = "Update", self._update
        elif shown.missing:
            help, run = "Compute features", self._compute
            if maps.fresh(shown):
                said, help, run = ["Features were computed since."], "Update", self._update
        text = " ".join([*said, clip_maps.left_out(shown) if not maps.making else "", *shown.notes]).strip()
        self.note.setText(text)
        self.note.setVisible(bool(text))
        self.help.setText(help)
        self.help.setVisible(bool(help))
        self._help = run or (lambda: None)

    def _update(self) -> None:
        self.maps.make(self._method())

    def _compute(self) -> None:
        address = clip_maps.spelled_out(self.session.address)
        try:
            from actiondiff_gui.widgets.extraction import start_extraction
        except ImportError:
            self._go_to_features()
            return
        start_extraction(self.host, [address.timestep], [address.layer])

    def _go_to_features(self) -> None:
        above = self.parentWidget()
        while above is not None and not isinstance(above, QTabWidget):
            above = above.parentWidget()
        for place in range(above.count() if above is not None else 0):
            if above.tabText(place) == "Features":
                above.setCurrentIndex(place)
                return
        self.host.tell("Compute the features in the Features dock, then make the map.")

    def _fill_kept(self) -> None:
        maps = self.maps.maps
        titles = [kept.title for kept in maps]
        with QSignalBlocker(self.kept):
            self.kept.clear()
            for kept in reversed(maps):
                text = kept.title
                if titles.count(text) > 1:
                    text += f", {clip_maps.made_at(kept)}"
                self.kept.addItem(text, kept)
                tip = f"{clip_maps.in_words(kept.address, backbone=True)}, made {clip_maps.made_at(kept)}"
                self.kept.setItemData(self.kept.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
            self.kept.setCurrentIndex(maps[::-1].index(self.shown))

    def _fill_looks(self) -> None:
        facets = self.session.table.facet_keys()
        colours = [*_COLOURS.items(), *((FACET + facet, facet) for facet in facets)]
        colours = [colours[0], *colours[len(_COLOURS) :], *colours[1 : len(_COLOURS)]]
        domain = self.session.domain
        shapes = [(_BY_DOMAIN, f"{domain} (domain)")] if domain else []
        shapes += [(facet, facet) for facet in facets if facet != domain] + [(_NO_SHAPE, "all alike")]
        for box, entries in ((self.colour_by, colours), (self.shape_by, shapes)):
            chosen = box.currentData()
            with QSignalBlocker(box):
                box.clear()
                for data, text in entries:
                    box.addItem(text, data)
                box.setCurrentIndex(max(0, box.findData(chosen)))

    def _show_legend(self, by: str, facet: str | None) -> None:
        colours, shapes = self.colours, self.shapes
        same = by == FACET + (facet or "")
        looks = dict(zip(shapes.values, shapes.looks, strict=True)) if same else {}
        groups = [
            (
                self.colour_by.currentText(),
                [
                    Entry(by, value, text, count, look, looks.get(value, "disc"))
                    for value, text, count, look in zip(
                        colours.values, colours.texts, colours.counts(), colours.looks, strict=True
                    )
                ],
            )
        ]
        if facet and not same:
            ink = theme.mixed(*self._ground_and_ink(), 0.7).name()
            entries = [
                Entry(FACET + facet, value, text, count, ink, look)
                for value, text, count, look in zip(
                    shapes.values, shapes.texts, shapes.counts(), shapes.looks, strict=True
                )
            ]
            groups.append((facet, entries))
        self.legend.show_groups(groups)

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

    def _set_lasso(self, on: bool) -> None:
        if self.canvas is not None:
            self.canvas.set_lasso(on)

    def _reset_view(self) -> None:
        if self.canvas is not None:
            self.canvas.reset_view()

    def _fill_new(self) -> None:
        menu = self.new.menu()
        menu.clear()
        words = clip_maps.in_words(clip_maps.spelled_out(self.session.address))
        for method, name in METHODS.items():
            run = self.host.guarded(self.maps.make)
            menu.addAction(f"{name} of {words}").triggered.connect(lambda _=False, m=method, r=run: r(m))
        menu.addSeparator()
        forget = self.host.guarded(lambda: self.maps.forget(self.shown))
        menu.addAction("Delete the shown map").triggered.connect(lambda _=False: forget())

    def _fill_save(self) -> None:
        menu = self.save.menu()
        menu.clear()
        for kind, text in map_saving.KINDS.items():
            ask = self.host.guarded(self._ask_save)
            menu.addAction(f"{text}...").triggered.connect(lambda _=False, k=kind, a=ask: a(k))

    def _ask_save(self, kind: str) -> None:
        shown, rows = self.shown, list(self.rows)
        look = (self.colours, self.colour_by.currentText(), self.shapes, self.shape_by.currentText())
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
