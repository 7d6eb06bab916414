"""Where does the model look? Choose a look, click a point in the video, and see it over the clip."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.session.clip_table import ClipRow
from actiondiff_gui.session.looking import LOOKS, Look, Looking
from actiondiff_gui.widgets import projects
from actiondiff_gui.widgets.empty import EmptyPage
from actiondiff_gui.widgets.listening import listen, when_destroyed
from actiondiff_gui.widgets.look_layers import LookLayers
from actiondiff_gui.widgets.theme import hint
from actiondiff_gui.widgets.weight_strip import WeightStrip

if TYPE_CHECKING:
    from actiondiff_gui.widgets.host import Host

MOST_CLIPS = 6
"""Clips that are shown side by side at most."""


class LookDock(QWidget):
    """Overlays of the session's current clip, and of selected ones, at the session's address."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.looking = Looking(host.session)
        self.layers = LookLayers(host)
        self._shown: list[tuple[ClipRow, Any]] = []
        self._point: tuple[int, float, float] | None = None
        self._classifier = None
        self._keys = (f"look {id(self)}", f"classifier {id(self)}")
        self.look = QComboBox()
        for look in LOOKS:
            self.look.addItem(look.title, look.id)
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.clips = QComboBox()
        self.clips.addItem("the open clip", "current")
        self.clips.addItem("the selected clips, side by side", "selection")
        self.timesteps = QComboBox()
        self.timesteps.addItem("this timestep", "address")
        self.timesteps.addItem("the paper's seven, side by side", "paper")
        self.head = QComboBox()
        self.model = QPushButton("Choose a model...")
        self.action = QComboBox()
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(60)
        self.show_button = QPushButton("Show")
        self.clear_button = QPushButton("Clear")
        self.export_button = QPushButton("Export...")
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.strip = WeightStrip(host)
        self.strip.hide()
        self.form = QFormLayout()
        self.form.addRow("Look at", self.look)
        self.form.addRow("", self.about)
        self.form.addRow("Clips", self.clips)
        self.form.addRow("Timesteps", self.timesteps)
        self.form.addRow("Attention head", self.head)
        self.form.addRow("Classifier", self.model)
        self.form.addRow("Action", self.action)
        self.form.addRow("Opacity", self.opacity)
        buttons = QHBoxLayout()
        for button in (self.show_button, self.clear_button, self.export_button):
            buttons.addWidget(button)
        self.cross = hint("")
        self.cross.setWordWrap(True)
        full = QWidget()
        column = QVBoxLayout(full)
        column.addLayout(self.form)
        column.addLayout(buttons)
        column.addWidget(self.said)
        column.addWidget(self.strip)
        column.addStretch(1)
        column.addWidget(self.cross)
        self.empty = EmptyPage()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(full)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)
        guarded = host.guarded
        self.look.currentIndexChanged.connect(guarded(self._look_changed))
        self.opacity.valueChanged.connect(lambda value: self.layers.set_opacity(value / 100))
        self.show_button.clicked.connect(guarded(lambda: self.compute()))
        self.clear_button.clicked.connect(guarded(self.clear))
        self.export_button.clicked.connect(guarded(self._ask_export))
        self.model.clicked.connect(guarded(self._ask_model))
        listen(
            self,
            (self.session.current_changed, self._clip_changed),
            (self.session.project_changed, self._project_changed),
            (self.session.address_changed, self._address_changed),
        )
        self.host.viewer.mouse_drag_callbacks.append(self._pressed)
        host.closing.connect(self._let_go)
        self._traces = [host, self.layers, WeakMethod(self._pressed)]
        when_destroyed(self, _clean_up, self._traces)
        for key in self._keys:
            when_destroyed(self, host.jobs.leave, key)
        self._address_changed()
        self._look_changed()
        self._clip_changed()

    # What can be chosen

    @property
    def chosen(self) -> Look:
        """The look that is chosen."""
        return LOOKS[self.look.currentIndex()]

    def _look_changed(self) -> None:
        look = self.chosen
        self.about.setText(look.about)
        for widget, needed in (
            (self.clips, look.many_clips),
            (self.timesteps, look.many_timesteps),
            (self.head, look.heads),
            (self.model, look.model),
            (self.action, look.action),
            (self.opacity, look.painted),
        ):
            self.form.setRowVisible(widget, needed)
        self.cross.setVisible(look.heads)
        self.show_button.setVisible(not look.point)
        self.strip.setVisible(not look.painted and len(self.strip.frames) > 0)
        self._say_what_next()

    def _address_changed(self) -> None:
        from actiondiff_gui.backbones.description import describe
        from actiondiff_gui.errors import ActionDiffError

        self.cross.setText("")
        try:
            described = describe(self.session.address.backbone)
            layers, usual = described.layers, described.default_layer
        except ActionDiffError:
            layers, usual = (), 0
        heads, why = self.looking.heads(layers, usual)
        self.head.clear()
        self.head.addItem("mean over heads", None)
        for number in range(heads):
            self.head.addItem(f"head {number}", number)
        self.cross.setText(why)
        if self._shown:
            self.said.setText(f"What is shown is of {self._shown_at}. Show it again for the new address.")

    def _clip_changed(self, *_: object) -> None:
        if self.session.project is None:
            self.empty.set(
                "Open a project to see where the model looks in its clips.",
                [("Try the sample", lambda: self.host.guarded(projects.open_sample)(self.host))],
            )
        elif self.session.current is None:
            self.empty.set("Open a clip: then click a point in it and see where the model looks from there.")
        self.pages.setCurrentIndex(int(self.session.current is not None))
        if self._shown and self.session.current not in {row.id for row, _ in self._shown}:
            self.clear()

    def _project_changed(self) -> None:
        self._point = None
        self._clip_changed()
        self._say_what_next()

    def _say_what_next(self) -> None:
        if self.chosen.point:
            self.said.setText("Click a point in the video.")
        elif self.chosen.model and self._classifier is None:
            self.said.setText("Choose a classifier that was trained here or on the command line.")
        else:
            self.said.setText("")

    # Computing and showing

    def _pressed(self, viewer: Any, event: Any):
        """napari's way of telling a press, a drag and a release: a click is a release without a drag."""
        if not self.chosen.point or not self.isVisible() or event.button != 1:
            return
        dragged = False
        yield
        while event.type == "mouse_move":
            dragged = True
            yield
        if not dragged:
            self.host.guarded(self.click)(float(event.position[-2]), float(event.position[-1]))

    def click(self, row: float, column: float) -> None:
        """Look from a point of the shown frame: row and column in pixels of the video."""
        if self.session.current is None:
            raise ProjectError("Open a clip first, then click a point in it.")
        self._point = (self.session.frame, row, column)
        self.layers.show_point(*self._point)
        self.compute()

    def compute(self) -> None:
        """Compute the chosen look and show it."""
        rows = self._rows()
        look = self.chosen
        if look.model and self._classifier is None:
            raise ProjectError("Choose a classifier first.")
        job = self.looking.job(
            look.id,
            [row.id for row in rows],
            point=self._point,
            head=self.head.currentData(),
            all_timesteps=look.many_timesteps and self.timesteps.currentData() == "paper",
            classifier=self._classifier,
            action=self.action.currentText(),
        )
        self.said.setText("Computing ...")
        self.host.jobs.start(
            lambda: job,
            f"looking at {rows[0].video_name}",
            done=lambda found: self._show(look, rows, found),
            failed=self._failed,
            key=self._keys[0],
            lane="heavy",
        )

    def _rows(self) -> list[ClipRow]:
        row = self.session.current_row
        if row is None:
            raise ProjectError("Open a clip first.")
        rows = [row]
        if self.chosen.many_clips and self.clips.currentData() == "selection":
            rows += [self.session.table.get(i) for i in self.session.selection if i != row.id]
        return rows[:MOST_CLIPS]

    def _failed(self, text: str) -> None:
        self.said.setText(text)
        self.host.tell(text)

    def _show(self, look: Look, rows: Sequence[ClipRow], found: Any) -> None:
        if self.host.closed or self.session.current != rows[0].id:
            return
        self._shown_at = self.looking.address_in_words()
        if not look.painted:
            frames, weights = found
            self.strip.show_weights(frames, weights)
            self.strip.setVisible(True)
            self.said.setText(f"{look.title} at {self._shown_at}. The highest bar counts most.")
            return
        # Several timesteps of one clip are shown beside each other like several clips.
        shown = list(zip(rows if len(found) == len(rows) else [rows[0]] * len(found), found, strict=True))
        self.layers.show(shown, self.opacity.value() / 100)
        self._shown = shown
        self.export_button.setEnabled(True)
        low, high = shown[0][1].limits
        scale = "" if look.id == "colours" else f" Colours run from {low:.3g} to {high:.3g}."
        self.said.setText(f"{_cells([overlay.title for _, overlay in shown])}{scale}")

    def clear(self) -> None:
        """Take the overlays away."""
        self.layers.clear()
        self.layers.forget_point()
        self._shown = []
        self.strip.hide()
        self._say_what_next()

    def _let_go(self) -> None:
        _clean_up(self._traces)

    # Files

    def _ask_model(self) -> None:
        folder = str(self.session.needed().path.parent)
        name, _ = QFileDialog.getOpenFileName(
            self, "Choose a classifier", folder, "Classifiers (*.safetensors)"
        )
        if name:
            self.use_model(Path(name))

    def use_model(self, path: Path) -> None:
        """Take the classifier in a file, for evidence and deciding frames."""

        def done(classifier: Any) -> None:
            self._classifier = classifier
            self.model.setText(path.name)
            self.action.clear()
            self.action.addItems(classifier.classes)
            self._say_what_next()

        self.host.jobs.run(
            lambda: self.looking.load_classifier(path),
            f"reading {path.name}",
            done=done,
            failed=self._failed,
            key=self._keys[1],
        )

    def _ask_export(self) -> None:
        if not self._shown:
            raise ProjectError("Show something first; then it can be exported.")
        name, _ = QFileDialog.getSaveFileName(
            self,
            "Export the overlay",
            str(self.session.needed().path.with_suffix("")) + " overlay.mp4",
            "Video (*.mp4);;Animation (*.gif);;Picture of the first frame (*.png);;Values (*.npy)",
        )
        if name:
            self.export(Path(name))

    def export(self, out: Path) -> None:
        """Write the overlay of the open clip to a file; its ending says what."""
        row, overlay = self._shown[0]
        video = self.session.videos[row.video_id].path
        opacity = self.opacity.value() / 100
        self.host.jobs.start(
            lambda: self.looking.export_job(video, overlay, out, opacity, row.start, row.end),
            f"writing {out.name}",
            done=lambda path: self.host.tell(f"Written to {path}."),
        )


def _clean_up(traces: list) -> None:
    """Leave nothing of a look dock in the viewer; the dock itself may be gone."""
    if traces:
        host, layers, pressed = traces
        # The list is known for longer than the viewer may be.
        traces.clear()
        callbacks = host.viewer.mouse_drag_callbacks
        if pressed() in callbacks:
            callbacks.remove(pressed())
        layers.clear()
        layers.forget_point()


def _cells(titles: Sequence[str]) -> str:
    """What the cells of the grid show, in reading order; one title where all are alike."""
    different = list(dict.fromkeys(titles))
    if len(different) == 1:
        return f"{titles[0][:1].upper()}{titles[0][1:]}."
    parts = [title.split(", ") for title in different]
    told = [", ".join(p for n, p in enumerate(each) if any(o[n] != p for o in parts)) for each in parts]
    return f"In reading order: {'; '.join(told)}."
