"""Files of the maps page: a table with one row per clip and map, and a picture of the panels."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPointF
from qtpy.QtGui import QColor, QImage

from actiondiff_gui.gui.lab.saving import INK, new_image
from actiondiff_gui.gui.lab.state.maps import MapSeries
from actiondiff_gui.gui.map.legend import paint_shape
from actiondiff_gui.gui.map.state import colours as map_colours
from actiondiff_gui.tables import decimal

if TYPE_CHECKING:
    from actiondiff_gui.gui.common.clip_points import ClipPoints
    from actiondiff_gui.gui.session.clip_table import ClipRow


def map_rows(shown: MapSeries, clips: "Sequence[ClipRow | None]") -> list[dict]:
    """Return one row per existing clip and map, for a CSV file."""
    return [
        {
            "timestep": shown.asked.pairs[number][0],
            "layer": shown.asked.pairs[number][1],
            "pooling": shown.pooling,
            "method": shown.asked.settings.method,
            "clip_id": clip.id,
            "video": clip.video_name,
            "start_frame": clip.start,
            "end_frame": clip.end,
            "label": clip.label,
            **{f"facet:{key}": value for key, value in clip.facets.items()},
            "x": decimal(x, 5),
            "y": decimal(y, 5),
        }
        for number, points in sorted(shown.maps.items())
        for clip, (x, y) in zip(clips, points.tolist(), strict=True)
        if clip is not None
    ]


def maps_image(page: "ClipPoints", title: str) -> Callable[[], QImage]:
    """Return a function that draws the panels of ``page`` as they are on screen, on white, without any widget."""
    from actiondiff_gui.gui.common.panel_canvas import paint_frames

    canvas, chosen = page.canvas, page.chosen_points()
    points = canvas.pixels()
    colours = map_colours.point_colours(page.look.colours, chosen, "#b8bec4")
    shapes = np.array(page.look.shapes.styles)[page.look.shapes.codes]
    order = map_colours.drawing_order(page.look.colours, chosen)
    boxes, size = canvas.boxes(), (canvas.widget.width(), canvas.widget.height())
    radius, count = canvas.points.size / 2, canvas.count

    def draw() -> QImage:
        image, painter = new_image(*size, title)
        white = QColor("white")
        paint_frames(painter, white, INK, boxes)
        painter.setClipRect(0, 0, *size)
        for tile in range(len(points) // max(count, 1)):
            for clip in order.tolist():
                x, y = points[tile * count + clip]
                ink = QColor.fromRgbF(*map(float, colours[clip]))
                paint_shape(painter, str(shapes[clip]), ink, QPointF(float(x), float(y)), radius, white)
        painter.end()
        return image

    return draw
