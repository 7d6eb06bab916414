"""Writer of NWB files: bouts and ethogram as in ndx-ethogram, points as a table of events."""

import os
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.outputs import output
from actiondiff_gui.project.formats.readers.contents import CATEGORY, EVENT
from actiondiff_gui.project.formats.writers.clip_table import written_path
from actiondiff_gui.project.formats.writers.named_bout import NamedBout, Told

BOUTS, POINTS, ETHOGRAM, VIDEO = "bouts", "point_events", "ethogram", "video"
SUBJECT, SAID_BY, CONFIDENCE = "subject", "said_by", "confidence"
MISSING = (
    "NWB files need pynwb and ndx-ethogram, which are not installed. Install them: "
    'pip install "actiondiff-gui[nwb]".'
)


def write_nwb(
    recording: Told, actions: Sequence[str], path: str | os.PathLike[str], description: str = ""
) -> Path:
    """Write one recording.

    Times count from the first frame. NWB asks when a session started, which nobody knows here: the time at which the
    video's file was last changed is written, and the description says so.

    Raises
    ------
    ProjectError
        pynwb is not installed, or the disk refuses.
    """
    try:
        from ndx_ethogram import Ethogram, EthogramBouts
        from pynwb import NWBHDF5IO, NWBFile
        from pynwb.event import EventsTable
        from pynwb.image import ImageSeries
    except ImportError as error:
        raise ProjectError(MISSING) from error
    out, film = output(path), recording.video
    file = NWBFile(
        session_description=(
            f"Behaviour in {film.path.name}: {description or 'bouts'}. The start of the session is the time at which the "
            "video's file was last changed; times count from its first frame."
        ),
        identifier=str(uuid.uuid4()),
        session_start_time=_changed(film.path),
    )
    series = ImageSeries(
        name=VIDEO,
        description="The video that the bouts are about.",
        unit="n.a.",
        external_file=[written_path(film.path, out.parent)],
        format="external",
        starting_frame=[0],
        **_clock(recording),
    )
    file.add_acquisition(series)
    module = file.create_processing_module("behavior", "Bouts of behaviours.")
    catalogue = _catalogue(Ethogram, actions, recording.bouts)
    module.add(catalogue)
    bouts = [bout for bout in recording.bouts if not bout.point]
    points = [bout for bout in recording.bouts if bout.point]
    if bouts:
        table = EthogramBouts(
            name=BOUTS,
            description=f"Bouts ({description or 'labels'}).",
            labeling_method=_method(bouts),
            source_software="ActionDiff GUI",
            annotator=", ".join(sorted({bout.said_by for bout in bouts})) or "unknown",
            source_video=series,
            ethogram=catalogue,
        )
        seconds = recording.times.seconds
        _fill(
            table,
            bouts,
            lambda b: {"start_time": seconds(b.start), "stop_time": seconds(b.end), "label": b.action},
        )
        module.add(table)
    if points:
        events = EventsTable(name=POINTS, description="Events without a duration.")
        events.add_column("label", "The behaviour.")
        _fill(events, points, lambda b: {"timestamp": recording.times.seconds(b.start), "label": b.action})
        file.add_events_table(events)
    try:
        with out.written() as part, NWBHDF5IO(str(part), "w") as written:
            written.write(file)
    except OSError as error:
        raise ProjectError(
            f"The NWB file {out} cannot be written: {error.strerror or error}. Check that its folder exists and may be "
            "written to."
        ) from error
    return out.path


def _catalogue(make: Callable[..., Any], actions: Sequence[str], bouts: Sequence[NamedBout]) -> Any:
    """All behaviours, with their kind and category."""
    table = make(name=ETHOGRAM, description="All behaviours that were looked for.")
    dots = {bout.action for bout in bouts if bout.point} - {bout.action for bout in bouts if not bout.point}
    categories = {bout.action: bout.facets[CATEGORY] for bout in bouts if bout.facets.get(CATEGORY)}
    for action in dict.fromkeys([*actions, *(bout.action for bout in bouts)]):
        kind = "point" if action in dots else "state"
        more = {"category": categories.get(action, "")} if categories else {}
        table.add_row(behavior=action, definition="", behavior_type=kind, **more)
    return table


def _fill(table: Any, bouts: Sequence[NamedBout], own: Callable[[NamedBout], dict[str, object]]) -> None:
    """Add a row for each bout: what ``own`` gives, who showed it, who said it, and its facets."""
    said = [
        {name: value for key, value in _said(bout).items() if (name := key.replace("/", "_"))}
        for bout in bouts
    ]
    names = dict.fromkeys(name for row in said for name in row)
    for name in names:
        table.add_column(name, f"{name} of the bout.")
    for bout, row in zip(bouts, said, strict=True):
        table.add_row(**own(bout), **{name: row.get(name, "") for name in names})


def _said(bout: NamedBout) -> dict[str, str]:
    out = {SUBJECT: bout.subject} if bout.subject else {}
    out |= {SAID_BY: bout.said_by} if bout.said_by else {}
    out |= {CONFIDENCE: f"{bout.confidence:.4f}"} if bout.confidence is not None else {}
    return out | {key: value for key, value in bout.facets.items() if key != EVENT}


def _method(bouts: Sequence[NamedBout]) -> str:
    """Return ndx-ethogram's term for how labels were made; "curated" where a model said one part and persons another."""
    predicted = {bout.predicted for bout in bouts}
    return "curated" if len(predicted) == 2 else "automated" if True in predicted else "manual"


def _clock(recording: Told) -> dict[str, object]:
    """Rate of a video whose frames are even, or the times of all of them."""
    begins, fps = recording.times.edges[:-1], recording.video.fps
    if np.allclose(begins, np.arange(len(begins)) / fps, rtol=0, atol=0.001):
        return {"rate": float(fps), "starting_time": 0.0, "num_samples": len(begins)}
    return {"timestamps": begins}


def _changed(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, ValueError):
        return datetime.now(UTC)
