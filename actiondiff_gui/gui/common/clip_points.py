"""Points of a map that stand for clips: picking, hovering, circling and colouring, on any canvas."""

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPoint

from actiondiff_gui.gui.common import theme
from actiondiff_gui.gui.map.legend import MapLegend, groups_of
from actiondiff_gui.gui.map.state import colours as map_colours
from actiondiff_gui.gui.map.state.colours import Coding

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host
    from actiondiff_gui.gui.session.clip_table import ClipRow


class ClipPoints:
    """Mixed into a widget that shows clips as points on ``canvas``, with a ``legend`` under it.

    Attributes
    ----------
    canvas : QObject or None
        What draws the points: of :mod:`map_canvas` or :mod:`panel_canvas`. None until it is needed.
    rows : list of ClipRow or None
        ``[N]`` what is known now of the clips; None for one that was deleted.
    colours, shapes : Coding
        Their colours and shapes.
    """

    def begin_points(self, host: "Host") -> None:
        """Start without a canvas and without points."""
        self.host, self.session = host, host.session
        self.canvas = None
        self.rows: list[ClipRow | None] = []
        self.colours = self.shapes = Coding(np.zeros(0, np.int64), (), (), ())
        self.legend = MapLegend()
        self.legend.chosen.connect(host.guarded(self._choose_value))
        self._ids: tuple[str, ...] = ()
        self._index_of: dict[str, int] = {}

    def row_at(self, index: int) -> "ClipRow | None":
        """Return the clip of a point of the canvas."""
        return self.rows[index] if 0 <= index < len(self.rows) else None

    def take_canvas(self, canvas) -> None:
        """Show a new canvas and connect its signals."""
        from actiondiff_gui.gui.map.hover import HoverCard

        self.canvas = canvas
        self._plot.addWidget(canvas.widget)
        self.card = HoverCard(self.host, self)
        guarded = self.host.guarded
        canvas.clicked.connect(guarded(self._click))
        canvas.hovered.connect(guarded(self._hover))
        canvas.circled.connect(guarded(self._circled))
        canvas.widget.installEventFilter(self)
        self._theme_changed()

    def drop_lost_canvas(self) -> bool:
        """Drop the canvas where its dock was moved to another window, so that a new one is made; returns whether it was."""
        if self.canvas is None or not self.canvas.lost:
            return False
        canvas, self.canvas = self.canvas, None
        canvas.widget.removeEventFilter(self)
        canvas.discard()
        return True

    def _take_rows(self, ids: tuple[str, ...], by: str, said: str, facet: str | None) -> None:
        session = self.session
        if ids is not self._ids:
            self._ids, self._index_of = ids, dict(zip(ids, range(len(ids)), strict=True))
        self.rows = list(map(session.table.get, ids))
        actions = [action.name for action in session.actions]
        self.colours = map_colours.coloured(self.rows, by, session.colour_of, actions)
        self.shapes = map_colours.shaped(self.rows, facet)
        session.look_again()
        ground, ink = self._ground_and_ink()
        faint = theme.mixed(ground, ink, 0.7).name()
        groups = groups_of(self.colours, self.shapes, by, said, facet, faint)
        self.legend.show_groups(groups, theme.mixed(ground, ink, 0.6))

    def _point_styles(self, chosen: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return colours ``[N, 4]``, shapes ``[N]`` and drawing order ``[N]`` of the points where these stand out."""
        colours = map_colours.point_colours(
            self.colours,
            chosen,
            theme.mixed(*self._ground_and_ink(), 0.4).name(),
            map_colours.point_alpha(len(self.rows)),
        )
        colours[np.array([row is None for row in self.rows], bool)] = 0
        styles = np.array(self.shapes.styles)[self.shapes.codes]
        return colours, styles, map_colours.drawing_order(self.colours, chosen)

    def chosen_points(self) -> np.ndarray | None:
        """Return which points are to stand out, ``[N]`` bool: the selected clips, or else those that a search found.

        None for all. Of a single clip this is not so: it has its ring, and all others would turn grey for it.
        """
        chosen = np.zeros(len(self.rows) + 1, bool)
        selected = self.session.selection
        # Those that are no points fall on the one behind the last.
        chosen[[self._index_of.get(clip, -1) for clip in selected]] = True
        return chosen[:-1] if np.count_nonzero(chosen[:-1]) > 1 else self.found_points()

    def found_points(self) -> np.ndarray | None:
        """Return which points are clips that the Clips table lists, ``[N]`` bool; None where it lists all, or none of them."""
        listed = self.session.listed
        if len(listed) == len(self.session.table):
            return None
        found = np.fromiter((row is not None and row.id in listed for row in self.rows), bool, len(self.rows))
        return found if found.any() else None

    def _ground_and_ink(self):
        return theme.colour(self.host.viewer, "canvas"), theme.colour(self.host.viewer, "text")

    def _click(self, index: int, with_ctrl: bool) -> None:
        row = self.row_at(index)
        if row is None:
            if not with_ctrl:
                self.session.select(())
        elif with_ctrl:
            kept = [i for i in self.session.selection if i != row.id]
            added = [] if row.id in self.session.selection else [row.id]
            self.session.select([*kept, *added], seen=self.shows)
        else:
            self.session.open_clip(row.id)
            self.host.player.play()

    def _circled(self, indices: np.ndarray, with_ctrl: bool) -> None:
        ids = [row.id for row in map(self.row_at, indices.tolist()) if row is not None]
        self.session.select([*(self.session.selection if with_ctrl else ()), *ids], seen=self.shows)

    def _choose_value(self, by: str, value: str, with_ctrl: bool) -> None:
        values = map_colours.values_of(self.rows, by)
        ids = [
            row.id for row, said in zip(self.rows, values, strict=True) if row is not None and said == value
        ]
        self.session.select([*(self.session.selection if with_ctrl else ()), *ids], seen=self.shows)

    def shows(self, clip_id: str) -> bool:
        """Return whether a clip is a point on screen."""
        return clip_id in self._index_of and self.isVisibleTo(self.window())

    def _hover(self, index: int) -> None:
        row = self.row_at(index)
        beside = QPoint()
        if row is not None:
            x, y = self.canvas.position_in_widget(index)
            beside = self.canvas.widget.mapTo(self, QPoint(round(x), round(y)))
        self.card.show_clip(row, beside)

    def _current_changed(self, clip: str | None) -> None:
        if self.canvas is not None:
            self.canvas.set_current(self._index_of.get(clip, -1))

    def _theme_changed(self, *_: object) -> None:
        if self.canvas is not None and not self.host.closed:
            self.canvas.set_theme(*self._ground_and_ink())
            self.canvas.leave()
            self._changed()
