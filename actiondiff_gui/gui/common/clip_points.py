"""Points of a map that stand for clips: picking, hovering, circling and colouring, on any canvas."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QPoint

from actiondiff_gui.gui.common import theme
from actiondiff_gui.gui.common.listening import when_destroyed
from actiondiff_gui.gui.map.legend import MapLegend, groups_of
from actiondiff_gui.gui.map.state import colours as map_colours
from actiondiff_gui.gui.map.state.looks import PointLook, ids_at, look_of

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host
    from actiondiff_gui.gui.session.clip_list import Clips
    from actiondiff_gui.gui.session.clip_table import ClipRow

AT_ONCE = 5_000
"""Clips that are looked up in the window's thread; more are in a job, after which they are drawn."""


class ClipPoints:
    """Mixed into a widget that shows clips as points on ``canvas``, with a ``legend`` under it.

    Attributes
    ----------
    canvas : QObject or None
        What draws the points: of :mod:`map_canvas` or :mod:`panel_canvas`. None until it is needed.
    look : PointLook
        What is known of the clips that are drawn, and their colours and shapes.
    """

    def begin_points(self, host: "Host") -> None:
        """Start without a canvas and without points."""
        self.host, self.session = host, host.session
        self.canvas = None
        self.look = PointLook()
        self.legend = MapLegend()
        self.legend.chosen.connect(host.guarded(self._choose_value))
        self._key = f"points {id(self)}"
        when_destroyed(self, host.jobs.leave, self._key)

    def row_at(self, index: int) -> "ClipRow | None":
        """Return the clip of a point of the canvas."""
        return self.look.rows[index] if 0 <= index < len(self.look.rows) else None

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

    def _look_up(
        self,
        ids: tuple[str, ...],
        by: str,
        said: str,
        facet: str | None,
        then: Callable[[Any], object],
        also: Callable[[], Any] = lambda: None,
    ) -> None:
        """Look clips up and call ``then`` with what ``also`` returned, by which time :attr:`look` is of these clips."""
        session = self.session
        actions = {action.name: action.colour for action in session.actions}
        look = partial(look_of, self.look, session.table, ids, by, facet, actions)

        def found(answer: tuple[PointLook, Any]) -> None:
            if self.host.closed:
                return
            self.look, more = answer
            session.look_again()
            ground, ink = self._ground_and_ink()
            faint = theme.mixed(ground, ink, 0.7).name()
            groups = groups_of(self.look.colours, self.look.shapes, by, said, facet, faint)
            self.legend.show_groups(groups, theme.mixed(ground, ink, 0.6))
            then(more)

        if len(ids) <= AT_ONCE:
            self.host.jobs.leave(self._key)
            found((look(), also()))
        else:
            self.host.jobs.run(
                lambda: (look(), also()), "colouring the map", done=found, key=self._key, quiet=True
            )

    def _point_styles(self, chosen: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return colours ``[N, 4]``, shapes ``[N]`` and drawing order ``[N]`` of the points where these stand out."""
        look = self.look
        colours = map_colours.point_colours(
            look.colours,
            chosen,
            theme.mixed(*self._ground_and_ink(), 0.4).name(),
            map_colours.point_alpha(len(look.rows)),
        )
        colours[look.gone] = 0
        styles = np.array(look.shapes.styles)[look.shapes.codes]
        return colours, styles, map_colours.drawing_order(look.colours, chosen)

    def chosen_points(self) -> np.ndarray | None:
        """Return which points are to stand out, ``[N]`` bool: the selected clips, or else those that a search found.

        None for all. Of a single clip this is not so: it has its ring, and all others would turn grey for it.
        """
        chosen = self._points_of(self.session.selection)
        return chosen if np.count_nonzero(chosen) > 1 else self.found_points()

    def found_points(self) -> np.ndarray | None:
        """Return which points are clips that the Clips table lists, ``[N]`` bool; None where it lists all, or none of them."""
        listed = self.session.listed
        if len(listed) == len(self.session.table):
            return None
        found = self._points_of(listed)
        return found if found.any() else None

    def _points_of(self, clips: "Clips") -> np.ndarray:
        """Return which points are among these clips, ``[N]`` bool."""
        found, index_of = np.zeros(len(self.look.rows), bool), self.look.index_of
        if len(clips) < AT_ONCE:
            found[[index_of[clip] for clip in clips if clip in index_of]] = True
        else:
            found[list(index_of.values())] = clips.have(index_of)
        return found

    def _ground_and_ink(self):
        return theme.colour(self.host.viewer, "canvas"), theme.colour(self.host.viewer, "text")

    def _click(self, index: int, with_ctrl: bool) -> None:
        row = self.row_at(index)
        if row is None:
            if not with_ctrl:
                self.session.select(())
        elif with_ctrl:
            self.session.select(self.session.selection.toggled(row.id), seen=self.shows)
        else:
            self.session.open_clip(row.id)
            self.host.player.play()

    def _circled(self, indices: np.ndarray, with_ctrl: bool) -> None:
        self._choose(indices, with_ctrl)

    def _choose(self, indices: np.ndarray, with_ctrl: bool) -> None:
        """Select the clips at these indices, ``with_ctrl`` besides those that are selected."""
        ids = ids_at(self.look, indices)
        self.session.select(self.session.selection.joined(ids) if with_ctrl else ids, seen=self.shows)

    def _choose_value(self, by: str, value: str, with_ctrl: bool) -> None:
        coding = self.look.colours if by == self.look.by else self.look.shapes
        self._choose(np.flatnonzero(coding.chosen(value)), with_ctrl)

    def shows(self, clip_id: str) -> bool:
        """Return whether a clip is a point on screen."""
        return clip_id in self.look.index_of and self.isVisibleTo(self.window())

    def _hover(self, index: int) -> None:
        row = self.row_at(index)
        beside = QPoint()
        if row is not None:
            x, y = self.canvas.position_in_widget(index)
            beside = self.canvas.widget.mapTo(self, QPoint(round(x), round(y)))
        self.card.show_clip(row, beside)

    def _current_changed(self, clip: str | None) -> None:
        if self.canvas is not None:
            self.canvas.set_current(self.look.index_of.get(clip, -1))

    def _theme_changed(self, *_: object) -> None:
        if self.canvas is not None and not self.host.closed:
            self.canvas.set_theme(*self._ground_and_ink())
            self.canvas.leave()
            self._changed()
