"""Lower part of the features dock: cost, progress and outcome of an extraction."""

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.features.cost import size_text
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.theme import colour
from actiondiff_gui.gui.features.coverage import OutlookWatcher
from actiondiff_gui.gui.features.extraction import extractions
from actiondiff_gui.gui.features.state.extracting import clips_in_words

if TYPE_CHECKING:
    from actiondiff_gui.gui.features.state.extracting import Outlook
    from actiondiff_gui.gui.host import Host

CLIP = Qt.ItemDataRole.UserRole


class RunPanel(QWidget):
    """Cost, button, progress and outcome of an extraction.

    Signals: ``compute`` and ``load`` when the user asks for it.
    """

    compute = Signal()
    load = Signal()

    def __init__(self, host: "Host", watcher: OutlookWatcher) -> None:
        super().__init__()
        self.host, self.session, self.watcher = host, host.session, watcher
        self.extractions = extractions(host)
        self.problem = Sentence()
        self.forecast = Sentence()
        self.measure = QPushButton("Measure the time")
        self.measure.setToolTip(
            "Count the work of one window and time a small one; some backbones have to be loaded for it, which may take a minute"
        )
        self.button = QPushButton("Compute features")
        self.button.setObjectName("compute")
        self.button.setMinimumHeight(30)
        self.progress = QLabel()
        self.progress.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.ending = Sentence()
        self.show_map = QPushButton("Show the map")
        self.failures = QListWidget()
        self.failures.setWordWrap(True)
        self.failures.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.failures.setMaximumHeight(96)
        self.show_clip = QPushButton("Show this clip")
        self.show_clip.setToolTip("Select the clip, to correct or delete it")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(5)
        column.addWidget(self.problem)
        column.addLayout(_row(self.forecast, self.measure))
        column.addWidget(self.button)
        column.addWidget(self.progress)
        column.addLayout(_row(self.ending, self.show_map))
        column.addWidget(self.failures)
        column.addWidget(self.show_clip, alignment=Qt.AlignmentFlag.AlignLeft)
        self.button.clicked.connect(host.guarded(self._press))
        self.measure.clicked.connect(host.guarded(lambda _=False: watcher.measure()))
        self.show_map.clicked.connect(host.guarded(self._show_map))
        self.show_clip.clicked.connect(host.guarded(self._show_clip))
        self.failures.itemDoubleClicked.connect(host.guarded(self._show_clip))
        watcher.changed.connect(self.show_state)
        self.extractions.changed.connect(self.show_state)
        listen(self, (host.viewer.events.theme, self._follow_theme))
        self._follow_theme()
        self.own_problem = ""
        self.show_state()

    def show_state(self) -> None:
        """Show the present coverage, cost and progress."""
        if self.host.closed:
            return
        running = self.extractions.running
        self._show_problem(self.own_problem or self.watcher.problem)
        self._show_forecast()
        self.button.setVisible(not running)
        self.forecast.setVisible(not running and bool(self.forecast.text()))
        self.measure.setVisible(not running and self._may_measure())
        self.progress.setVisible(running)
        if running:
            self._show_progress()
        self._show_ending()

    def _show_problem(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _show_forecast(self) -> None:
        watcher, outlook = self.watcher, self.watcher.outlook
        text, able = "Compute features", False
        if watcher.problem:
            told = ""
        elif outlook is None:
            told = "Checking which features are stored..."
        elif outlook.about is None:
            told = _download_words(outlook)
            told = told or f"{outlook.address.backbone} must be loaded before the cost is known."
            text, able = ("Download and compute" if outlook.download_bytes else "Load and compute"), True
        elif outlook.coverage is None:
            told = "Choose at least one timestep and one layer."
        elif not outlook.coverage.clips:
            told = "No clips in scope: select some, or choose all above."
        elif not outlook.coverage.units:
            clips = outlook.coverage.clips
            told = f"{'All ' if clips > 1 else ''}{clips_in_words(clips)} {'are' if clips > 1 else 'is'} computed."
        else:
            told, able = watcher.forecast(), True
            if outlook.download_bytes:
                told, text = f"{told}. {_download_words(outlook)}", "Download and compute"
            if watcher.measuring and watcher.pace is None:
                told += ", measuring the time..."
            elif watcher.pace_problem and watcher.pace is None:
                told += f". The time could not be measured: {watcher.pace_problem}"
        self.forecast.setText(told)
        self.button.setText(text)
        self.button.setEnabled(able)

    def _may_measure(self) -> bool:
        watcher = self.watcher
        coverage = watcher.outlook.coverage if watcher.outlook is not None else None
        return (
            coverage is not None
            and bool(coverage.units)
            and watcher.outlook.here
            and watcher.pace is None
            and not watcher.measuring
            and not watcher.looking
        )

    def _show_progress(self) -> None:
        # How far it is, and the way to stop it, stand in the line of jobs below.
        job, latest = self.extractions.job, self.extractions.latest
        if job.stopping:
            told = "Stopping after the current batch..."
        elif job.state == "waiting":
            told = "Waiting for another job..."
        elif not job.progress.total:
            message = job.progress.message or "loading"
            told = f"{message[:1].upper()}{message[1:]}..."
        else:
            told = "Each finished clip is kept at once."
            told = job.progress.message.capitalize() if latest.where.elsewhere else told
        self.progress.setText(told)

    def _show_ending(self) -> None:
        ending, latest = self.extractions.ending, self.extractions.latest
        here = self.session.address
        if latest is not None and (latest.address.backbone, latest.address.settings) != (
            here.backbone,
            here.settings,
        ):
            # It is about other features than those that are shown now.
            ending, latest = "", None
        self.ending.setText(ending)
        self.ending.setVisible(bool(ending))
        self.show_map.setVisible(bool(ending) and latest.kept > 0)
        self._set_colour(self.ending, bool(self.extractions.problem))
        failures = latest.failures if latest is not None else {}
        shown = [self.failures.item(index).data(CLIP) for index in range(self.failures.count())]
        if shown != list(failures):
            self.failures.clear()
            for clip, text in failures.items():
                item = QListWidgetItem(text)
                item.setData(CLIP, clip)
                item.setToolTip(text)
                self.failures.addItem(item)
            if failures:
                self.failures.setCurrentRow(0)
        self.failures.setVisible(bool(failures))
        self.show_clip.setVisible(bool(failures))

    def _press(self, _: bool = False) -> None:
        self.compute.emit()

    def _show_map(self, _: bool = False) -> None:
        self.session.show_dock.emit("Map")

    def _show_clip(self, *_: object) -> None:
        item = self.failures.currentItem()
        if item is not None:
            self.session.open_clip(item.data(CLIP), alone=True)

    def _set_colour(self, label: QLabel, warning: bool) -> None:
        label.setStyleSheet(f"color: {self._warning};" if warning else "")

    def _follow_theme(self, _: object = None) -> None:
        viewer = self.host.viewer
        self._warning = warning_colour(viewer)
        self._set_colour(self.problem, True)
        accent, text = colour(viewer, "current"), colour(viewer, "text")
        white = "white" if accent.lightness() < 160 else "black"
        self.button.setStyleSheet(
            f"QPushButton#compute {{ background: {accent.name()}; color: {white}; font-weight: bold; }}"
            f"QPushButton#compute:disabled {{ background: {colour(viewer, 'foreground').name()}; "
            f"color: {text.name()}; font-weight: normal; }}"
        )


def _download_words(outlook: "Outlook") -> str:
    """Return what has to be downloaded before anything is computed; "" for nothing."""
    if not outlook.download_bytes:
        return ""
    licence = f" (licence: {outlook.licence})" if outlook.licence else ""
    size = size_text(outlook.download_bytes)
    return (
        f"{outlook.address.backbone} is not on this computer: about {size} will be downloaded first{licence}."
    )


class Sentence(QLabel):
    """Wrapped text that never makes the dock wider or the window taller."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def minimumSizeHint(self) -> QSize:
        """Return the size of a short line, whatever the text."""
        return QSize(60, self.fontMetrics().height())


def warning_colour(viewer) -> str:
    """Return the colour of error sentences, legible on the theme's background."""
    return "#e8a33d" if colour(viewer, "background").lightness() < 128 else "#a34a00"


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    for index, widget in enumerate(widgets):
        row.addWidget(widget, 0 if index else 1)
    return row
