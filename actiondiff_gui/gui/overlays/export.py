"""How does what is looked at become a file? Asks for the place, and starts the job that writes it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.common.saving import ask_file
from actiondiff_gui.outputs import output

if TYPE_CHECKING:
    from actiondiff_gui.gui.overlays.dock import LookDock

PAINTED = (
    "Video (*.mp4)",
    "Animation (*.gif)",
    "Picture of the view (*.png)",
    "Values (*.npy)",
    "Values (*.zarr)",
)
WEIGHTS = ("Table (*.csv)", "Values (*.npy)", "Picture of the view (*.png)")


def ask_export(dock: "LookDock") -> None:
    """Ask where to write what is shown.

    Raises
    ------
    ProjectError
        If nothing is shown.
    """
    if dock.stage.empty:
        raise ProjectError("Show something first; then it can be exported.")
    kinds = PAINTED if dock.stage.shown else WEIGHTS
    from actiondiff_gui.overlays.files import overlay_outputs

    usual = kinds[0].rpartition("*")[2].rstrip(")")
    place = f"{dock.session.needed().path.with_suffix('')} look{usual}"
    count = len(dock.stage.shown)
    out = ask_file(
        dock.host, "Export", place, kinds, dock, lambda out: overlay_outputs(out, count) if count else [out]
    )
    if out is not None:
        export(dock, out)


def export(dock: "LookDock", out: str | os.PathLike[str]) -> None:
    """Write what is shown to a file; its ending says what: the view as a picture, or the overlays themselves."""
    looking, session, host = dock.looking, dock.session, dock.host
    out = output(out)
    if out.suffix.lower() == ".png":
        # The canvas is read in the window's thread; writing needs none of it.
        job = looking.view_job(*dock.stage.picture(), out)
    elif dock.stage.shown:
        job = looking.export_job(dock.stage.shown, out, dock.form.opacity.value(), session.frame)
    else:
        job = looking.weights_job(session.frame_weights, out)

    def done(files: list[Path]) -> None:
        text = ", ".join(str(file) for file in files)
        dock.said.setText(f"Written: {text}.")
        host.tell(f"Written: {text}.")

    host.jobs.start(lambda: job, f"writing {out.name}", done=done, failed=dock.failed)
