"""Export of what the overlays show: asks for a file and starts the job that writes it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QWidget

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.common.saving import ask_file
from actiondiff_gui.outputs import output

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host
    from actiondiff_gui.gui.overlays.stage import OverlayStage
    from actiondiff_gui.gui.overlays.state.computing import OverlayJobs

PAINTED = (
    "Video (*.mp4)",
    "Animation (*.gif)",
    "Picture of the view (*.png)",
    "Values (*.npy)",
    "Values (*.zarr)",
)
WEIGHTS = ("Table (*.csv)", "Values (*.npy)", "Picture of the view (*.png)")


class OverlayExport(QObject):
    """Writes what an overlay shows to a file. Signals: ``written(sentence)``, ``failed(sentence)``."""

    written = Signal(str)
    failed = Signal(str)

    def __init__(
        self, host: "Host", stage: "OverlayStage", overlay_jobs: "OverlayJobs", parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.host, self.stage, self.overlay_jobs = host, stage, overlay_jobs

    def ask(self, opacity: float) -> None:
        """Ask where to write what is shown.

        Raises
        ------
        ProjectError
            If nothing is shown.
        """
        if self.stage.empty:
            raise ProjectError("Show an overlay first, then export it.")
        kinds = PAINTED if self.stage.shown else WEIGHTS
        from actiondiff_gui.overlays.files import overlay_outputs

        usual = kinds[0].rpartition("*")[2].rstrip(")")
        proposed = f"{self.host.session.needed().path.with_suffix('')} overlay{usual}"
        count = len(self.stage.shown)
        out = ask_file(
            self.host,
            "Export",
            proposed,
            kinds,
            self.parent(),
            lambda out: overlay_outputs(out, count) if count else [out],
        )
        if out is not None:
            self.write(out, opacity)

    def write(self, out: str | os.PathLike[str], opacity: float) -> None:
        """Write what is shown to a file; its suffix says what: the view as a picture, or the overlays themselves."""
        session, overlay_jobs = self.host.session, self.overlay_jobs
        out = output(out)
        if out.suffix.lower() == ".png":
            # The canvas is read in the window's thread; writing needs none of it.
            job = overlay_jobs.view_job(*self.stage.picture(), out)
        elif self.stage.shown:
            job = overlay_jobs.export_job(self.stage.shown, out, opacity, session.frame)
        else:
            job = overlay_jobs.weights_job(session.frame_weights, out)

        def done(files: list[Path]) -> None:
            text = f"Written: {', '.join(str(file) for file in files)}."
            self.written.emit(text)
            self.host.tell(text)

        self.host.jobs.start(lambda: job, f"writing {out.name}", done=done, failed=self.failed.emit)
