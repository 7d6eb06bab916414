"""Window with one frame at every timestep as a picture, which can be saved."""

import os
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QImage, QPixmap
from qtpy.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from actiondiff_gui.gui.common.saving import ask_file
from actiondiff_gui.gui.overlays.state.kinds import Sheet
from actiondiff_gui.outputs import output

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

LARGEST = QSize(1100, 760)


class SheetDialog(QDialog):
    """Shows a sheet as large as the window allows."""

    def __init__(self, host: "Host", sheet: Sheet, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(sheet.title)
        self.host, self.sheet = host, sheet
        height, width = sheet.picture.shape[:2]
        # Qt reads from the bytes until it has copied them.
        buffer = np.ascontiguousarray(sheet.picture).tobytes()
        image = QImage(buffer, width, height, 3 * width, QImage.Format.Format_RGB888)
        self._whole = QPixmap.fromImage(image.copy())
        self.picture = QLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setMinimumSize(240, 160)
        self.keep, close = QPushButton("Save as PNG..."), QPushButton("Close")
        self.keep.clicked.connect(host.guarded(lambda: self._ask()))
        close.clicked.connect(lambda: self.close())
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.keep)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.addWidget(self.picture, 1)
        column.addLayout(row)
        self.resize(self._whole.size().scaled(LARGEST, Qt.AspectRatioMode.KeepAspectRatio) + QSize(0, 50))

    def resizeEvent(self, event) -> None:
        """Fit the picture into the window."""
        super().resizeEvent(event)
        self.picture.setPixmap(
            self._whole.scaled(
                self.picture.size(),
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        )

    def _ask(self) -> None:
        proposed = f"{self.host.session.needed().path.with_suffix('')} timesteps.png"
        out = ask_file(self.host, "Save the sheet", proposed, ["Picture (*.png)"], self)
        if out is not None:
            self.save(out)

    def save(self, out: str | os.PathLike[str]) -> None:
        """Write the picture, as PNG where the name has no known suffix."""
        from actiondiff_gui.overlays.files import write_picture

        out = output(out)
        out = out if out.suffix else out.with_name(f"{out.name}.png")
        picture = self.sheet.picture
        self.host.jobs.run(
            lambda: write_picture(picture, out),
            f"writing {out.name}",
            done=lambda path: self.host.tell(f"Written: {path}."),
        )
