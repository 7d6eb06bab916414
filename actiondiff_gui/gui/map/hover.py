"""Card beside the point under the pointer: the clip's picture and its labels."""

from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QPixmap
from qtpy.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from actiondiff_gui.gui.common import theme
from actiondiff_gui.gui.common.thumbnails import HEIGHT, WIDTH
from actiondiff_gui.gui.session.clip_table import ClipRow

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_AWAY = 14


class HoverCard(QFrame):
    """Floats over ``parent`` beside a point; the pointer passes through it."""

    def __init__(self, host: "Host", parent: QWidget) -> None:
        super().__init__(parent)
        self.host = host
        self.clip: str | None = None
        self.setObjectName("actiondiff_hover")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.picture = QLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setMinimumSize(WIDTH // 2, HEIGHT // 2)
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setMaximumWidth(WIDTH + 40)
        self.text.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(5, 5, 5, 5)
        column.setSpacing(3)
        column.addWidget(self.picture)
        column.addWidget(self.text)
        self._thumbnails = host.thumbnails
        self._thumbnails.ready.connect(self._picture_came)
        self.hide()

    def show_clip(self, row: ClipRow | None, beside: QPoint) -> None:
        """Show the card of a clip beside a point of the parent; None hides it."""
        if row is None:
            self.clip = None
            self.hide()
            return
        self.clip = row.id
        self.text.setText(_said(row))
        ground, ink = (theme.colour(self.host.viewer, role) for role in ("background", "text"))
        line = theme.mixed(ground, ink, 0.35)
        self.setStyleSheet(
            f"#actiondiff_hover {{ background: {ground.name()}; border: 1px solid {line.name()}; border-radius: 3px; }}"
            f"#actiondiff_hover QLabel {{ background: transparent; color: {ink.name()}; }}"
        )
        self._show_picture()
        self._place(beside)
        self.show()
        self.raise_()

    def _place(self, beside: QPoint) -> None:
        self.layout().activate()
        size, room = self.sizeHint(), self.parentWidget().rect()
        self.resize(size)
        x = beside.x() + _AWAY if beside.x() + _AWAY + size.width() <= room.right() else 0
        x = x or beside.x() - _AWAY - size.width()
        y = beside.y() - size.height() // 2
        self.move(
            max(room.left() + 2, min(x, room.right() - size.width())),
            max(room.top() + 2, min(y, room.bottom() - size.height())),
        )
        self._beside = beside

    def _show_picture(self) -> None:
        image = self._thumbnails.get(self.clip)
        self.picture.setVisible(image is not None)
        if image is not None:
            self.picture.setPixmap(QPixmap.fromImage(image))

    def _picture_came(self, clip_id: str) -> None:
        if clip_id == self.clip and self.isVisible():
            self._show_picture()
            self._place(self._beside)


def _said(row: ClipRow) -> str:
    lines = [f"<b>{escape(row.label) if row.label else 'not labelled'}</b>"]
    if row.prediction:
        sure = f" {row.confidence:.0%}" if row.confidence is not None else ""
        lines.append(f"predicted: {escape(row.prediction)}{sure}")
    if row.facets:
        lines += [escape(f"{key}: {value}") for key, value in sorted(row.facets.items())]
    name = row.video_name if len(row.video_name) <= 24 else f"{row.video_name[:12]}…{row.video_name[-11:]}"
    lines.append(f"{row.seconds:.1f} s of {escape(name)}")
    return "<br>".join(lines)
