"""What shall become of another tool's table? Its behaviours, its videos, and what would not fit, before anything goes in."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.project.formats.foreign import NAMES
from actiondiff_gui.project.formats.foreign_plan import Choice
from actiondiff_gui.session.importing import Planned, replan_job
from actiondiff_gui.widgets.import_report import listed
from actiondiff_gui.widgets.theme import hint

if TYPE_CHECKING:
    from actiondiff_gui.widgets.host import Host

_LEAVE_OUT = ""
_MOST_ROWS = 200


class ImportTableDialog(QDialog):
    """Shows what an import would add, lets behaviours and videos be chosen, and imports.

    Attributes
    ----------
    planned : Planned
        What would come of the present choice.
    actions, videos : dict of str to QComboBox
        By behaviour, and by media file as written.
    """

    def __init__(self, host: "Host", planned: Planned) -> None:
        super().__init__(host.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.host, self.session, self.planned = host, host.session, planned
        self.project = host.session.project
        self.setWindowTitle("Import labels of another tool")
        self.resize(640, 560)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.by = QLineEdit()
        self.by.setPlaceholderText(
            planned.tables[0].path.name if len(planned.tables) == 1 else "name of each file"
        )
        self.by.setToolTip("Name that is kept with each label, to tell raters apart")
        self.points = QCheckBox("Events without a duration become bouts of one frame")
        self.points.setChecked(planned.choice.points)
        self.points.setVisible(planned.points > 0)
        self.points.toggled.connect(host.guarded(lambda _: self._replan()))
        self.actions: dict[str, QComboBox] = {}
        self.videos: dict[str, QComboBox] = {}
        self.found = QTextEdit()
        self.found.setReadOnly(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.ok.setText("Import")
        for button in buttons.buttons():
            button.setIcon(QIcon())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.said)
        column.addWidget(self._choices())
        column.addWidget(self.points)
        column.addWidget(hint("Before you import:"))
        column.addWidget(self.found, 1)
        column.addWidget(buttons)
        self._show()

    def _choices(self) -> QWidget:
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.addWidget(hint("labelled by"), 0, 0)
        grid.addWidget(self.by, 0, 1)
        known = [action.name for action in self.session.actions]
        counts = self.planned.behaviours
        for behaviour, action in list(self.planned.actions.items())[:_MOST_ROWS]:
            box = QComboBox()
            names = dict.fromkeys([*known, " ".join(behaviour.split())])
            for name in names:
                box.addItem(name if name in known else f"{name} (new action)", name)
            box.addItem("leave out", _LEAVE_OUT)
            box.setCurrentIndex(box.findData(action or _LEAVE_OUT))
            box.activated.connect(self.host.guarded(lambda _: self._replan()))
            self.actions[behaviour] = box
            self._row(grid, f"{behaviour} ({counts[behaviour]:,})", box)
        videos = sorted(self.session.videos.values(), key=lambda video: video.path.name.casefold())
        for written, video_id in list(self.planned.videos.items())[:_MOST_ROWS]:
            box = QComboBox()
            box.addItem("added from the table's folder" if video_id == "" else "no video: left out", "")
            for video in videos:
                box.addItem(video.path.name, video.id)
            box.setCurrentIndex(max(0, box.findData(video_id or "")))
            box.activated.connect(self.host.guarded(lambda _: self._replan()))
            self.videos[written] = box
            self._row(grid, written, box)
        inner = QWidget()
        inner.setLayout(grid)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(inner)
        area.setMinimumHeight(min(inner.sizeHint().height() + 4, 240))
        return area

    def _row(self, grid: QGridLayout, text: str, box: QComboBox) -> None:
        label = QLabel(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, 260))
        label.setToolTip(text)
        row = grid.rowCount()
        grid.addWidget(label, row, 0)
        grid.addWidget(box, row, 1)

    def choice(self) -> Choice:
        """What is chosen now."""
        return Choice(
            {behaviour: box.currentData() or None for behaviour, box in self.actions.items()},
            {written: box.currentData() for written, box in self.videos.items() if box.currentData()},
            self.points.isChecked(),
        )

    def _replan(self) -> None:
        tables, choice, project = self.planned.tables, self.choice(), self.project
        self.ok.setEnabled(False)
        self.host.jobs.start(
            lambda: replan_job(project, tables, choice),
            "comparing",
            done=_if_open(self),
            key="import plan",
            quiet=True,
        )

    def show_planned(self, planned: Planned) -> None:
        """Show what would come of another choice."""
        self.planned = planned
        self._show()

    def _show(self) -> None:
        planned = self.planned
        kinds = ", ".join(dict.fromkeys(NAMES[table.kind] for table in planned.tables))
        files = planned.tables[0].path.name if len(planned.tables) == 1 else f"{len(planned.tables)} files"
        videos = sum(bool(one.entries) for plan in planned.plans for one in plan.videos)
        left = planned.problems.total
        text = f"<b>{planned.bouts:,} bouts</b> in {videos:,} video{'' if videos == 1 else 's'} from {files} ({kinds})."
        if left:
            text += f" {left:,} {'entry' if left == 1 else 'entries'} cannot go in."
        self.said.setText(text)
        self.ok.setEnabled(planned.bouts > 0)
        parts = listed(planned.problems)
        if planned.notes:
            head = "<p>These would go in, but there is something to know:</p>" if parts else ""
            parts += [head, *listed(planned.notes)]
        self.found.setHtml("".join(parts) or "<p>Everything fits, and nothing is contradicted.</p>")

    def accept(self) -> None:
        """Import as chosen."""
        from actiondiff_gui.widgets.projects import enter_planned

        planned, by = self.planned, self.by.text().strip() or None
        super().accept()
        if self.session.project is self.project:
            self.host.guarded(enter_planned)(self.host, planned, by)


def _if_open(dialog: ImportTableDialog):
    from weakref import ref

    known = ref(dialog)

    def show(planned: Planned) -> None:
        found = known()
        if found is not None and found.isVisible():
            found.show_planned(planned)

    return show
