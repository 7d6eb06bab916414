"""Overlays dock: choose an overlay, click a point in the video, and see it over the clip."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import ref

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.common.listening import listen, when_destroyed
from actiondiff_gui.gui.common.theme import hint
from actiondiff_gui.gui.common.weight_strip import WeightStrip
from actiondiff_gui.gui.overlays.clicks import OverlayClicks
from actiondiff_gui.gui.overlays.export import OverlayExport
from actiondiff_gui.gui.overlays.form import OverlayForm
from actiondiff_gui.gui.overlays.models import OverlayModels
from actiondiff_gui.gui.overlays.sheet import SheetDialog
from actiondiff_gui.gui.overlays.stage import OverlayStage
from actiondiff_gui.gui.overlays.state.computing import OverlayJobs
from actiondiff_gui.gui.overlays.state.kinds import ONE, OverlayKind, OverlayRequest, Sheet
from actiondiff_gui.gui.project import menu as projects
from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.session.frame_weights import FrameWeights

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

MOST_CLIPS = 6
"""Largest number of clips side by side."""
PATIENCE_MS = 250
"""An overlay that takes longer is shown in the jobs line, where it can be stopped."""


class OverlaysDock(QWidget):
    """Overlays of the session's current clip, and of selected ones, at the session's address.

    Attributes
    ----------
    form : OverlayForm
        What is chosen.
    stage : OverlayStage
        What is shown.
    """

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.overlay_jobs = OverlayJobs(host.session)
        self.stage = OverlayStage(host, self.overlay_jobs)
        self.exporter = OverlayExport(host, self.stage, self.overlay_jobs, self)
        self._shown_kind: OverlayKind | None = None
        self._shown_at = ""
        self._no_attention = ""
        self._point: tuple[str, tuple[int, float, float]] | None = None
        self._key = f"overlay {id(self)}"
        self.form = OverlayForm()
        self.show_button, self.clear_button = QPushButton("Show"), QPushButton("Clear")
        self.export_button = QPushButton("Export...")
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.strip = WeightStrip(host)
        self.strip.hide()
        self.why = hint("")
        self.why.setWordWrap(True)
        self.exporter.written.connect(self.said.setText)
        self.exporter.failed.connect(self.failed)
        self._lay_out()
        guarded, form = host.guarded, self.form
        form.kind.currentIndexChanged.connect(guarded(self._kind_changed))
        for box in (form.head, form.timesteps, form.action, form.clips, form.measure):
            box.activated.connect(guarded(lambda _: self._chosen_anew()))
        form.opacity_changed.connect(lambda: self.stage.layers.set_opacity(form.opacity.value()))
        self.show_button.clicked.connect(guarded(lambda: self._show_pressed()))
        self.clear_button.clicked.connect(guarded(lambda: self.clear()))
        self.export_button.clicked.connect(guarded(lambda: self.exporter.ask(form.opacity.value())))
        listen(
            self,
            (self.session.current_changed, self._clip_changed),
            (self.session.project_changed, self._project_changed),
            (self.session.address_changed, self._address_changed),
            (self.session.selection_changed, self._say_cost),
            (self.session.weights_changed, self._weights_changed),
        )
        self.models = OverlayModels(host, form, self.overlay_jobs, self._say_what_next, self.failed)
        clicks = OverlayClicks(host, self.stage.layers, self._wants_clicks, self.click)
        host.player.moved.connect(self._video_moved)
        host.closing.connect(self._let_go)
        self._traces = [self.stage, clicks]
        when_destroyed(self, _clean_up, self._traces)
        when_destroyed(self, host.jobs.leave, self._key)
        self._address_changed()
        self._kind_changed()
        self._clip_changed()

    def _video_moved(self) -> None:
        self.stage.layers.follow_video()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (self.show_button, self.clear_button, self.export_button):
            buttons.addWidget(button)
        full = QWidget()
        column = QVBoxLayout(full)
        column.addWidget(self.form)
        column.addLayout(buttons)
        column.addWidget(self.said)
        column.addWidget(self.strip)
        column.addStretch(1)
        column.addWidget(self.why)
        self.empty = EmptyPage()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(full)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)

    # What can be chosen

    def _kind_changed(self, *_: object) -> None:
        self.form.show_rows()
        kind = self.form.chosen
        self.why.setVisible(bool(kind and kind.heads and not self._no_attention))
        if kind is not None and kind.model:
            self.models.use_usual()
        self._show_buttons()
        self._say_what_next()

    def _show_buttons(self) -> None:
        kind = self.form.chosen
        here = self._point is not None and self._point[0] in self.stage.clips | {self.session.current}
        if (other := self._other_layer()) is not None:
            self.show_button.setVisible(True)
            self.show_button.setText(f"Use layer {other}")
        else:
            self.show_button.setVisible(bool(kind) and (not kind.point or here))
            self.show_button.setText("Show again" if kind and kind.point else "Show")
        self.clear_button.setEnabled(here or not self.stage.empty)
        self.export_button.setEnabled(not self.stage.empty)

    def _other_layer(self) -> int | None:
        """Return a layer with attention where the overlay needs attention and the address's layer has none."""
        kind = self.form.chosen
        if kind is None or not kind.heads or not self._no_attention:
            return None
        return self.overlay_jobs.layer_with_attention()

    def _show_pressed(self) -> None:
        other = self._other_layer()
        if other is None:
            self.compute()
        else:
            self.session.set_address(layers=(other,))

    def _chosen_anew(self) -> None:
        """Follow another head, action or number of timesteps where that costs little."""
        self._show_buttons()
        kind = self.form.chosen
        if kind is self._shown_kind and (kind.model or (kind.point and self._is_ready(kind))):
            self.compute()
        else:
            self._say_what_next()

    def _is_ready(self, kind: OverlayKind) -> bool:
        rows, clicked = self._rows()
        point = self._point[1] if self._point is not None else None
        ids = [row.id for row in rows]
        return point is not None and self.overlay_jobs.ready(kind.id, ids, point, clicked, self.form.steps)

    def _address_changed(self) -> None:
        described = self.overlay_jobs.description()
        heads, why = self.overlay_jobs.heads(described)
        self.form.set_heads(heads)
        self._no_attention = "" if heads else why
        self.form.set_timesteps(*self.overlay_jobs.timesteps(described))
        self.form.show_rows()
        self.why.setText(why)
        self._kind_changed()
        if not self.stage.empty and not (self._shown_kind and self._shown_kind.model):
            self.said.setText(f"The overlay is of {self._shown_at}. Show it again for the new address.")

    def _clip_changed(self, *_: object) -> None:
        if self.session.project is None:
            self.empty.set(
                "Open a project to see attention, similarity and features over its clips.",
                [
                    ("Try the sample", lambda: self.host.guarded(projects.open_sample)(self.host)),
                    ("Open a project...", lambda: self.host.guarded(projects.ask_open)(self.host)),
                ],
            )
        elif self.session.current is None:
            self.empty.set(
                "Open a clip, then click a point in it to see what the network attends to from there.",
                [("Go to Clips", lambda: self.session.show_dock.emit("Clips"))],
            )
        self.pages.setCurrentIndex(int(self.session.current is not None))
        if not self.stage.empty and self.session.current not in self.stage.clips:
            self.clear()
        self._show_buttons()
        self._say_cost()

    def _project_changed(self) -> None:
        self._point = None
        self._clip_changed()
        self._say_what_next()

    def _say_what_next(self) -> None:
        kind = self.form.chosen
        if kind is None:
            self.said.setText("")
        elif kind.heads and self._no_attention:
            self.said.setText(self._no_attention)
        elif kind.model and self.models.classifier is None:
            self.said.setText(
                "Choose a model above."
                if self.models.some
                else "This needs a trained model: train one on this project, or choose a file."
            )
        elif kind.point and self._point is None:
            self.said.setText("Click a point in the video.")
        else:
            self.said.setText("")
        self._say_cost()

    def _say_cost(self, *_: object) -> None:
        """Show the cost before the work, on the button and in an empty status line."""
        if self.session.current is None or self.form.chosen is None:
            return
        rows, _ = self._rows()
        cost = self.overlay_jobs.cost(self.form.chosen, rows, self.form.steps)
        self.show_button.setToolTip(cost)
        if cost and not self.said.text():
            self.said.setText(cost)

    # Computing and showing

    def _wants_clicks(self) -> bool:
        kind = self.form.chosen
        return (
            kind is not None and kind.point and not (kind.heads and self._no_attention) and self.isVisible()
        )

    def click(self, row: float, column: float, number: int = 0) -> None:
        """Compute an overlay from a point of the shown frame: row and column in pixels of the video in the overlay ``number``."""
        current = self.session.current_row
        if current is None:
            raise ProjectError("Open a clip first, then click a point in it.")
        clip = self.stage.layers.row_at(number) or current
        # Side by side, frames are linked at the clips' beginnings.
        frame = clip.start + max(0, self.session.frame - current.start)
        self._point = (clip.id, (min(frame, clip.end - 1), row, column))
        self.stage.layers.show_point(row, column, number)
        self.compute()

    def compute(self) -> None:
        """Compute the chosen overlay and show it."""
        rows, clicked = self._rows()
        kind, form = self.form.chosen, self.form
        clicked = clicked if kind is not None and kind.point else 0
        if kind is None:
            raise ProjectError("Choose an overlay first.")
        if kind.model and self.models.classifier is None:
            raise ProjectError("Choose a model first.")
        if kind.point and self._point is None:
            raise ProjectError("Click a point in the video first.")
        ready = kind.point and self._is_ready(kind)
        asked = OverlayRequest(
            kind.id,
            [row.id for row in rows],
            point=self._point[1] if kind.point else None,
            clicked=clicked,
            head=form.head.currentData() if kind.heads else None,
            timesteps=form.steps,
            classifier=self.models.classifier if kind.model else None,
            action=form.action.currentText(),
            measure=form.measure.currentData(),
            opacity=form.opacity.value(),
        )
        job = self.overlay_jobs.job(asked)
        if form.steps != ONE:
            rows = rows[clicked : clicked + 1]
        if not ready:
            self.said.setText("Computing ...")
        running = self.host.jobs.start(
            lambda: job,
            f"computing overlays of {rows[0].video_name}",
            done=lambda found: self._show(kind, rows, found),
            failed=self.failed,
            key=self._key,
            # What is in memory needs no network, and need not wait for it.
            lane="" if ready else "heavy",
            quiet=True,
        )
        said = ref(self.said)
        running.when_stopped = lambda: said() is not None and said().setText("Stopped.")
        jobs = ref(self.host.jobs)
        QTimer.singleShot(PATIENCE_MS, lambda: _show_job(jobs, running))

    def _rows(self) -> tuple[list[ClipRow], int]:
        """Return the clips to compute, the open one first, and the index of the one in which the point lies."""
        row = self.session.current_row
        if row is None:
            raise ProjectError("Open a clip first.")
        rows = [row]
        if self.form.many_clips:
            rows += self.session.table.known(i for i in self.session.selection if i != row.id)
        rows = rows[:MOST_CLIPS]
        at = self._point[0] if self._point is not None else row.id
        return rows, next((n for n, each in enumerate(rows) if each.id == at), 0)

    def failed(self, text: str) -> None:
        """Show why something could not be shown or written."""
        self.said.setText(text)
        self.host.tell(text)

    def _show(self, kind: OverlayKind, rows: Sequence[ClipRow], found: Any) -> None:
        if self.host.closed or self.session.current is None:
            return
        model = self.models.classifier if kind.model else None
        self._shown_kind, self._shown_at = kind, self.overlay_jobs.address_in_words(model)
        if isinstance(found, Sheet):
            self.sheet = SheetDialog(self.host, found, self)
            self.sheet.show()
            self.said.setText(f"{found.title}.")
            return
        if isinstance(found, FrameWeights):
            self.stage.weigh(found)
        else:
            self.stage.paint(rows, found, self.form.opacity.value())
            if kind.point and self._point is not None:
                clip, (_, row, column) = self._point
                self.stage.point(clip, row, column)
        self.said.setText(self.stage.words())
        self._show_buttons()

    def _weights_changed(self) -> None:
        weights = self.session.frame_weights
        if weights is not None:
            self.strip.show_weights(weights.frames, weights.weights)
        self.strip.setVisible(weights is not None)

    def clear(self) -> None:
        """Remove what is shown."""
        self.stage.clear()
        self._point, self._shown_kind = None, None
        self._show_buttons()
        self._say_what_next()

    def _let_go(self) -> None:
        _clean_up(self._traces)

    def export(self, out: Path) -> None:
        """Write what is shown to a file, in the format of its suffix."""
        self.exporter.write(out, self.form.opacity.value())


def _show_job(jobs: Any, job: Any) -> None:
    """Show the progress of a job that takes time."""
    jobs = jobs()
    if jobs is not None and job.quiet and not job.finished:
        job.quiet = False
        jobs.changed.emit()


def _clean_up(traces: list) -> None:
    """Remove everything of an overlays dock from the viewer; the dock itself may be gone."""
    if traces:
        stage, clicks = traces
        # The list is known for longer than the viewer may be.
        traces.clear()
        clicks.stop()
        stage.end()
