"""Export menu of the map, and the jobs that write its files."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from actiondiff_gui.backbones.description import short_name
from actiondiff_gui.backbones.reading import layers_key
from actiondiff_gui.embedding.maps import METHODS
from actiondiff_gui.gui.common.saving import ask_file
from actiondiff_gui.gui.map.state.clip_maps import ClipMap, address_text
from actiondiff_gui.gui.map.state.colours import Coding, drawing_order, point_colours
from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.tables import decimal

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

KINDS = {"png": "Picture (PNG)", "svg": "Drawing (SVG)", "csv": "Table (CSV)"}
_DIMMED = "#b8bec4"


def ask_save(host: "Host", kind: str, shown: ClipMap, write) -> None:
    """Ask for a file of ``kind`` (a key of :data:`KINDS`) and let ``write(path)`` fill it in a job."""
    project = host.session.needed()
    step = f"_{shown.address.timestep}" if shown.address.timestep not in ("", "-") else ""
    proposed = f"{project.path.stem}_{shown.method}{step}_layer{layers_key(shown.address.layers, shown.address.pooling)}.{kind}"
    path = ask_file(host, "Save the map", project.path.with_name(proposed), [f"{KINDS[kind]} (*.{kind})"])
    if path is not None:
        host.jobs.run(
            lambda: write(path),
            f"writing {path.name}",
            done=lambda _: host.tell(f"The map was written to {path}."),
        )


def save_figure(
    path: str | os.PathLike[str],
    shown: ClipMap,
    colours: Coding,
    colour_title: str,
    shapes: Coding,
    shape_title: str,
    chosen: np.ndarray | None,
) -> Path:
    """Draw the map for print, with the same colours, shapes and selection, and write it as PNG or SVG."""
    from actiondiff_gui.report.clip_map import clip_map_figure
    from actiondiff_gui.report.style import save

    plain_shape = shapes.styles[0]
    one = len(shapes.values) == 1
    legends = [
        (
            f"{colour_title} (clips)",
            [
                (style, plain_shape if one else "disc", f"{text} ({count})")
                for style, text, count in zip(colours.styles, colours.texts, colours.counts(), strict=True)
            ],
        )
    ]
    if not one:
        legends.append(
            (
                f"{shape_title} (clips)",
                [
                    ("#5b6772", style, f"{text} ({count})")
                    for style, text, count in zip(shapes.styles, shapes.texts, shapes.counts(), strict=True)
                ],
            )
        )
    if chosen is not None:
        legends[0] = (f"{colour_title} (clips), others in grey", legends[0][1])
    figure = clip_map_figure(
        shown.coordinates,
        point_colours(colours, chosen, _DIMMED),
        np.array(shapes.styles)[shapes.codes],
        drawing_order(colours, chosen),
        legends,
        title=f"{METHODS[shown.method]} of {len(shown)} clips",
        subtitle=f"features of {short_name(shown.address.backbone)}, {address_text(shown.address)}",
        axes=axis_texts(shown),
    )
    return save(figure, path)


def axis_texts(shown: ClipMap) -> tuple[str, str]:
    """Return the labels of the axes: shares of the variance, or that distances in a UMAP say little."""
    if shown.explained_variance:
        first, second = (*shown.explained_variance, 0.0)[:2]
        return f"first axis: {first:.0%} of the variance", f"second axis: {second:.0%}"
    return (
        f"nearby points are similar, large distances mean little ({shown.parameters.get('n_neighbors')} neighbours)",
        "",
    )


def save_table(path: str | os.PathLike[str], shown: ClipMap, rows: list[ClipRow | None]) -> Path:
    """Write one line per point that is still a clip."""
    from actiondiff_gui.report.clip_map import write_clip_map_table

    there = [(row, xy) for row, xy in zip(rows, shown.coordinates.tolist(), strict=True) if row is not None]
    facets = sorted({key for row, _ in there for key in row.facets})
    table = [
        {
            "clip_id": row.id,
            "video": row.video_name,
            "start_frame": row.start,
            "end_frame": row.end,
            "x": decimal(x, 5),
            "y": decimal(y, 5),
            "label": row.label,
            "facets": row.facets,
            "prediction": row.prediction,
            "confidence": "" if row.confidence is None else f"{row.confidence:.4f}",
        }
        for row, (x, y) in there
    ]
    return write_clip_map_table(path, table, facets)
