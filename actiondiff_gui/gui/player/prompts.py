"""Small fields that are asked for by a key: where to go in a video, and what to remark on a bout."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout

from actiondiff_gui.errors import ActionDiffError, ProjectError
from actiondiff_gui.gui.session import coding

if TYPE_CHECKING:
    from actiondiff_gui.gui.player.player import Player
    from actiondiff_gui.gui.services.context import WindowContext


class Field(QDialog):
    """Line edit; Enter accepts it, and errors are shown below it."""

    def __init__(self, host: "WindowContext", title: str, hint: str, text: str, do) -> None:
        super().__init__(host.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.host, self.do = host, do
        self.line = QLineEdit(text)
        self.line.setPlaceholderText(hint)
        self.line.setMinimumWidth(320)
        self.said = QLabel(hint)
        self.said.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for part in (self.line, self.said, buttons):
            column.addWidget(part)
        self.line.selectAll()
        self.line.setFocus()

    def accept(self) -> None:
        """Accept the text, or show why it is invalid."""
        try:
            self.do(self.line.text())
        except ActionDiffError as error:
            self.said.setText(str(error))
            self.line.selectAll()
            return
        super().accept()


def ask_where(host: "WindowContext", player: "Player") -> None:
    """Ask for a frame or time of the open video, and go there."""
    session = host.session
    video = session.videos[session.needed_video()]

    def go(text: str) -> None:
        frame = coding.frame_of(text, player.fps)
        if not 0 <= frame < video.frame_count:
            last = video.frame_count - 1
            raise ProjectError(f"This video has frames 0 to {last} ({last / player.fps:.2f} s).")
        player.pause()
        row = session.current_row
        if row is not None and not row.start <= frame < row.end:
            session.set_looping(False)
        session.seek(frame)

    Field(host, "Go to", "A frame, such as 1502, or a time, such as 1:02.5", "", go).open()


def ask_comment(host: "WindowContext", clip_ids: Sequence[str]) -> None:
    """Ask for a comment on clips."""
    session = host.session
    texts = {row.comment for row in session.table.known(clip_ids)}
    text = texts.pop() if len(texts) == 1 else ""
    many = "" if len(clip_ids) == 1 else f" on {len(clip_ids)} bouts"
    Field(
        host,
        f"Comment{many}",
        "Stored with the bout; empty removes it",
        text,
        lambda said: coding.set_comment(session, clip_ids, said),
    ).open()
