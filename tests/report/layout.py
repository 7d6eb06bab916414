"""Layout defects of a figure: text that is cut off or overlaps other text."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text


def visible_texts(figure: Figure):
    """(text, its box in pixels) of all texts that are drawn."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    hidden = _not_drawn(figure)
    texts = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    return [(text, text.get_window_extent(renderer)) for text in texts if id(text) not in hidden]


def _not_drawn(figure: Figure) -> set[int]:
    """Ids of tick labels that matplotlib keeps in reserve, and of those of axes that are switched off."""
    hidden = set()
    for ax in figure.findobj(Axes):
        for axis in (ax.xaxis, ax.yaxis):
            drawn = {id(tick) for tick in axis._update_ticks()} if ax.axison else set()
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if id(tick) not in drawn:
                    hidden |= {id(tick.label1), id(tick.label2)}
            if not ax.axison:
                hidden.add(id(axis.label))
    return hidden


def complaints(figure: Figure) -> list[str]:
    """One sentence for each text that is cut off or overlaps another."""
    texts = visible_texts(figure)
    width, height = figure.bbox.width, figure.bbox.height
    found = [
        f"{text.get_text()!r} is cut off"
        for text, box in texts
        if box.x0 < -0.5 or box.y0 < -0.5 or box.x1 > width + 0.5 or box.y1 > height + 0.5
    ]
    level = [(text.get_text(), box) for text, box in texts if text.get_rotation() % 90 == 0]
    boxes = np.array([box.extents for _, box in level]).reshape(-1, 4)
    across, down = (
        np.minimum.outer(boxes[:, i + 2], boxes[:, i + 2]) - np.maximum.outer(boxes[:, i], boxes[:, i])
        for i in (0, 1)
    )
    found += [
        f"{level[i][0]!r} lies on {level[j][0]!r}"
        for i, j in np.argwhere(np.triu((across > 1) & (down > 2), 1))
    ]
    return found
