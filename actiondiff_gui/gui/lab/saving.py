"""Export menu of the lab's pages: pictures are drawn here and written in a job."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QImage, QPainter
from qtpy.QtWidgets import QMenu, QPushButton

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.common.saving import ask_file
from actiondiff_gui.outputs import output
from actiondiff_gui.tables import records_text

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

KINDS = {"png": "Picture (PNG)", "csv": "Table (CSV)"}
GROUND, INK = QColor("#ffffff"), QColor("#1c2733")
"""Colours of a picture for print."""

_SCALE, _MARGIN, _TITLE = 2, 16, 30


class SaveButton(QPushButton):
    """Menu that exports a page: ``page.table_rows()`` as a table, ``page.image()`` as a picture.

    The latter is a QImage, or a function that draws one and knows no widget: it is called in a job.
    """

    def __init__(self, host: "Host", page) -> None:
        super().__init__("Save")
        self.host, self.page = host, page
        self.setToolTip("Save this page as a picture or a table")
        menu = QMenu(self)
        for kind, text in KINDS.items():
            entry = menu.addAction(f"{text}...")
            entry.triggered.connect(host.guarded(lambda _=False, k=kind: self.ask(k)))
        self.setMenu(menu)

    def ask(self, kind: str) -> None:
        """Ask for a file of ``kind`` and write it."""
        project = self.host.session.needed()
        proposed = project.path.with_name(f"{project.path.stem}_lab_{self.page.name}.{kind}")
        out = ask_file(self.host, "Save the page", proposed, [f"{KINDS[kind]} (*.{kind})"])
        if out is not None:
            self.write(out)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the page to ``path`` in the format of its suffix."""
        if Path(path).suffix.lower() == ".csv":
            rows = self.page.table_rows()
            write = lambda: write_table(path, rows)  # noqa: E731
        else:
            image = self.page.image()
            write = lambda: write_image(path, image)  # noqa: E731
        self.host.jobs.run(
            write, f"writing {Path(path).name}", done=lambda _: self.host.tell(f"Written to {path}.")
        )


def new_image(width: int, height: int, title: str) -> tuple[QImage, QPainter]:
    """Return a white picture with room for ``width`` x ``height`` points below its title, and a painter placed there.

    The painter has to be ended.
    """
    full = (width + 2 * _MARGIN, height + 2 * _MARGIN + _TITLE)
    image = QImage(full[0] * _SCALE, full[1] * _SCALE, QImage.Format.Format_RGB32)
    image.fill(GROUND)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.scale(_SCALE, _SCALE)
    painter.setPen(INK)
    font = painter.font()
    font.setPixelSize(12)
    painter.setFont(font)
    box = QRectF(_MARGIN, _MARGIN - 6, width, _TITLE)
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, title)
    painter.translate(_MARGIN, _MARGIN + _TITLE)
    return image, painter


def write_image(path: str | os.PathLike[str], image: QImage | Callable[[], QImage]) -> Path:
    """Write a picture, or the picture that a function draws.

    Raises
    ------
    ActionDiffError
        If the disk refuses.
    """
    image = image() if callable(image) else image
    try:
        with output(path).written() as part:
            if not image.save(str(part), "PNG"):
                raise OSError("the picture was not written")
    except OSError as error:
        raise _refused(path, error) from error
    return Path(path)


def write_table(path: str | os.PathLike[str], rows: Sequence[Mapping[str, object]]) -> Path:
    """Write rows with a header of all their columns, in order of first appearance.

    Raises
    ------
    ActionDiffError
        If the disk refuses.
    """
    try:
        with output(path).written() as part:
            part.write_text(records_text(rows), encoding="utf-8", newline="")
    except OSError as error:
        raise _refused(path, error) from error
    return Path(path)


def _refused(path: str | os.PathLike[str], error: OSError) -> ActionDiffError:
    return ActionDiffError(
        f"{path} could not be written ({error.strerror or error}). Check that its folder is writable and has free space."
    )
