"""Import dialog for tables of clips and labels, with a preview on the video before anything is imported."""

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QTextEdit,
    QVBoxLayout,
)

from actiondiff_gui.gui.common.listening import if_there, listen
from actiondiff_gui.gui.common.theme import accent
from actiondiff_gui.gui.project.import_preview import ImportPreview
from actiondiff_gui.gui.project.import_questions import ImportQuestions
from actiondiff_gui.gui.project.import_report import for_window, listed
from actiondiff_gui.gui.project.state.importing import Draft, Measures, Planned, planned_job, read_job
from actiondiff_gui.project.formats.imports.report import NO_PROBLEMS

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_KEY = "import plan"
_ASKED = {
    "unit": "{} does not say whether its times are seconds or frames. Choose one, and check that the frames match.",
    "video": "{} names no video. Choose the one it is about.",
    "columns": "{} has no column of a known name that says what is shown. Choose the column.",
    "format": "{} is in no format that was recognised. Choose the tool that wrote it.",
}


class ImportTableDialog(QDialog):
    """Shows what an import would add, lets the user change it, and imports.

    Attributes
    ----------
    draft : Draft
        The files as they were read.
    planned : Planned or None
        What would come of the present choice; None while it is compared.
    questions : ImportQuestions
    preview : ImportPreview
    """

    def __init__(
        self, host: "Host", draft: Draft, enter: Callable[[Planned, str | None, str | None], None]
    ) -> None:
        super().__init__(host.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.host, self.session, self.draft = host, host.session, draft
        self._enter = enter
        self.project = host.session.project
        self.planned: Planned | None = None
        self._measure = Measures()
        self.setWindowTitle(f"Import {draft.name}")
        self.resize(1060, 690)
        self.said, self.state = QLabel(), QLabel()
        for label in (self.said, self.state):
            label.setWordWrap(True)
        self.said.setTextFormat(Qt.TextFormat.RichText)
        self.questions = ImportQuestions(host, draft)
        self.preview = ImportPreview(host)
        self.found = QTextEdit()
        self.found.setReadOnly(True)
        self.found.setFixedHeight(130)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.ok.setText("Import")
        self.ok.setObjectName("import")
        self.ok.setStyleSheet(accent(host.viewer, "import"))
        for button in buttons.buttons():
            button.setIcon(QIcon())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        middle = QGridLayout()
        middle.setHorizontalSpacing(14)
        middle.addWidget(self.questions, 0, 0)
        middle.addWidget(self.preview, 0, 1)
        middle.setColumnStretch(0, 4)
        middle.setColumnStretch(1, 6)
        column = QVBoxLayout(self)
        column.addWidget(self.said)
        column.addLayout(middle, 1)
        column.addWidget(self.state)
        column.addWidget(self.found)
        column.addWidget(buttons)
        self.questions.reading_changed.connect(host.guarded(self._read))
        self.questions.choice_changed.connect(host.guarded(self._plan))
        listen(self, (host.jobs.changed, self._progress))
        self.show_draft(draft)

    def _read(self) -> None:
        paths, reading = self.draft.paths, self.questions.reading()
        self._wait("Reading.")
        self.host.jobs.start(
            lambda: read_job(paths, reading),
            "reading tables",
            done=if_there(self.show_draft),
            failed=if_there(self._failed),
            key=_KEY,
            quiet=True,
        )

    def show_draft(self, draft: Draft) -> None:
        """Show files that were read, and compare them with the project and its videos."""
        self.draft = draft
        self.questions.show_draft(draft)
        self._plan()

    def _plan(self) -> None:
        draft, project, measure = self.draft, self.project, self._measure
        choice = self.questions.choice()
        fresh = not self.questions.actions
        if fresh and draft.doubtful:
            choice = None
        self._wait("Comparing with the videos.")
        self.host.jobs.start(
            lambda: planned_job(project, draft, choice, measure),
            "comparing",
            done=if_there(self.show_planned),
            failed=if_there(self._failed),
            key=_KEY,
            quiet=True,
        )

    def _wait(self, text: str) -> None:
        self.planned = None
        self.ok.setEnabled(False)
        self.state.setText(text)

    def _progress(self) -> None:
        job = next((j for j in self.host.jobs.active() if j.key == _KEY), None)
        if job is not None and self.planned is None and job.progress.total > 1:
            done = f"{job.progress.done:,} of {job.progress.total:,}"
            self.state.setText(f"Comparing with the videos: {done}, {job.progress.message}.")

    def _failed(self, sentence: str) -> None:
        self.said.setText(escape(for_window(sentence)))
        self.state.setText("")

    def show_planned(self, planned: Planned) -> None:
        """Show the plan of a choice."""
        self.planned = planned
        self.questions.show_planned(planned)
        self.preview.show_planned(planned)
        asks, draft = planned.draft.asks, planned.draft
        if asks is not None:
            self.said.setText(_ASKED[asks.what].format(escape(draft.name)))
        elif not draft.tables:
            self.said.setText(escape(for_window(draft.unread[0].reason)))
        else:
            self.said.setText(_summary(planned))
        self.ok.setEnabled(planned.clips > 0)
        problems = planned.problems if draft.tables or asks is None or asks.what == "format" else NO_PROBLEMS
        left, notes = problems.total, planned.notes.total
        parts = listed(problems)
        if notes:
            head = "<p>These would be imported, with remarks:</p>" if parts else ""
            parts += [head, *listed(planned.notes)]
        told = [f"{left:,} {'entry' if left == 1 else 'entries'} cannot be imported"] if left else []
        told += [f"{notes:,} {'remark' if notes == 1 else 'remarks'}"] if notes else []
        self.state.setText(
            "; ".join(told) + "." if told else "Everything can be imported." if draft.tables else ""
        )
        self.found.setHtml("".join(parts))
        self.found.setVisible(bool(parts))

    def accept(self) -> None:
        """Import as chosen."""
        planned, by = self.planned, self.questions.by.text().strip() or None
        domain = self.questions.domain.currentData() if planned is not None and planned.draft.fields else None
        super().accept()
        if planned is not None and self.session.project is self.project:
            self.host.guarded(self._enter)(planned, by, domain)

    def done(self, result: int) -> None:
        """Stop the jobs of the dialog."""
        for key in (_KEY, "import pictures"):
            self.host.jobs.leave(key)
        super().done(result)


def _summary(planned: Planned) -> str:
    clips, videos = planned.clips, planned.filled
    what = "clip" if planned.draft.fields or planned.draft.tables[0].kind == "clips" else "bout"
    text = (
        f"<b>{clips:,} {what}{'' if clips == 1 else 's'}</b> in {videos:,} video{'' if videos == 1 else 's'}"
    )
    recognised = planned.draft.recognised
    asked = ""
    if planned.draft.doubtful and not any(planned.actions.values()):
        asked = " Choose an action for each column that is a behaviour."
    return (
        f"{escape(recognised[:1].upper() + recognised[1:])}: {text} from {escape(planned.draft.name)}.{asked}"
    )
