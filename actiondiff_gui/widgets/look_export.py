"""How does what is looked at become a file? Asks for the place, and starts the job that writes it."""

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog

from actiondiff_gui.errors import ProjectError

if TYPE_CHECKING:
    from actiondiff_gui.widgets.look_dock import LookDock

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
    usual = kinds[0].rpartition("*")[2].rstrip(")")
    place = f"{dock.session.needed().path.with_suffix('')} look{usual}"
    name, kind = QFileDialog.getSaveFileName(dock, "Export", place, ";;".join(kinds))
    if name:
        path = Path(name)
        # Where a name was typed without an ending, the chosen kind gives it.
        export(dock, path if path.suffix else path.with_suffix(kind.rpartition("*")[2].rstrip(")")))


def export(dock: "LookDock", out: Path) -> None:
    """Write what is shown to a file; its ending says what: the view as a picture, or the overlays themselves."""
    looking, session, host = dock.looking, dock.session, dock.host
    if out.suffix.lower() == ".png":
        # The canvas is read in the window's thread; writing needs none of it.
        job = looking.view_job(*dock.stage.picture(), out)
    elif dock.stage.shown:
        job = looking.export_job(dock.stage.shown, out, dock.form.opacity.value() / 100, session.frame)
    else:
        job = looking.weights_job(session.frame_weights, out)

    def done(files: list[Path]) -> None:
        text = ", ".join(str(file) for file in files)
        dock.said.setText(f"Written: {text}.")
        host.tell(f"Written: {text}.")

    host.jobs.start(lambda: job, f"writing {out.name}", done=done, failed=dock.failed)
