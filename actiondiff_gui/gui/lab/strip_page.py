"""Frame strip page of the lab: feature colours of the shown frame at each timestep and layer."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QImage, QPixmap
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.common.listening import debounced, listen, when_destroyed
from actiondiff_gui.gui.common.strip_grid import StripGrid, image_of
from actiondiff_gui.gui.common.theme import mute
from actiondiff_gui.gui.features.extraction import extractions
from actiondiff_gui.gui.features.run import Sentence
from actiondiff_gui.gui.lab.choice import Lab
from actiondiff_gui.gui.lab.saving import GROUND, INK, SaveButton, new_image
from actiondiff_gui.gui.lab.state.comparing import sigmas_of
from actiondiff_gui.gui.lab.state.strip import StripAsked, Strips, walks_in_words
from actiondiff_gui.gui.map.state import clip_maps

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host
    from actiondiff_gui.overlays.strip import FrameStrip

FOLLOWS_WITHIN = 4.0
"""Seconds up to which the next strip is made automatically."""

_FRAME_HEIGHT, _PAUSE_MS = 84, 350


class StripPage(QWidget):
    """Feature colours of the shown frame at all timesteps and layers; a click makes one the address."""

    name = "strip"

    def __init__(self, host: "Host", lab: Lab) -> None:
        super().__init__()
        self.host, self.session, self.lab = host, host.session, lab
        self.strips = Strips(host.session.loaded)
        self.strip: FrameStrip | None = None
        self.problem = ""
        self._of: StripAsked | None = None
        self._job = None
        self._took = float("inf")
        self._number = -1
        self._key = f"lab strip {id(self)}"
        when_destroyed(self, host.jobs.leave, self._key)
        self.picture, self.about, self.line = QLabel(), Sentence(), Sentence()
        self.picture.setFixedHeight(_FRAME_HEIGHT)
        self.button = QPushButton("Show this frame")
        self.save = SaveButton(host, self)
        self.grid = StripGrid(host)
        self.about.setText(
            "Similar colours are similar features. Colours are comparable down a column, and aligned between layers as "
            "far as possible. A colour has no meaning of its own."
        )
        mute(self.about)
        head, side, buttons = QHBoxLayout(), QVBoxLayout(), QHBoxLayout()
        buttons.addWidget(self.button)
        buttons.addStretch(1)
        buttons.addWidget(self.save)
        side.addWidget(self.about, 1)
        side.addLayout(buttons)
        head.addWidget(self.picture)
        head.addLayout(side, 1)
        self.full, self.empty = QWidget(), EmptyPage()
        inner = QVBoxLayout(self.full)
        inner.setContentsMargins(6, 4, 6, 4)
        inner.setSpacing(4)
        inner.addLayout(head)
        inner.addWidget(self.grid, 1)
        inner.addWidget(self.line)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.full)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stack)
        guarded = host.guarded
        self._soon = debounced(self, self._follow_now, _PAUSE_MS)
        self.button.clicked.connect(guarded(lambda _=False: self.make()))
        self.grid.picked.connect(guarded(self._pick))
        self.grid.pointed.connect(guarded(self._point))
        session = self.session
        listen(
            self,
            (session.project_changed, self._forget),
            (session.current_changed, self._changed),
            (session.frame_changed, self._frame_changed),
            (session.address_changed, self._changed),
        )
        listen(self, (lab.changed, self._changed))
        listen(self, (host.jobs.changed, self._jobs_changed))
        self.show_state()

    # What is asked

    def asked(self) -> StripAsked | None:
        """Return the strip of the open clip at the present address and choice."""
        session = self.session
        if session.project is None or session.current is None or not self.lab.choice.timesteps:
            return None
        address = replace(session.address, timestep="", layers=())
        choice = replace(self.lab.choice, measure="", summary="")
        return StripAsked(session.project, address, session.current, choice)

    @property
    def fits(self) -> bool:
        """Whether the strip on screen is of the shown frame."""
        return self.strip is not None and self._of == self.asked() and self.strip.covers(self.session.frame)

    @property
    def making(self) -> bool:
        """Whether a strip is being made."""
        return self._job is not None and not self._job.finished

    def make(self) -> None:
        """Compute the strip of the shown frame."""
        asked, frame = self.asked(), self.session.frame
        if asked is None:
            return
        strips, began = self.strips, time.monotonic()
        loaded = self.session.loaded.holds(asked.address)
        self.problem = ""

        def done(strip: "FrameStrip") -> None:
            # The first one also loads the backbone, which says nothing of the next.
            self._took = time.monotonic() - began if loaded else self._took
            self._came(asked, strip)

        self._job = self.host.jobs.start(
            lambda: strips.job(asked, frame),
            "computing the frame strip",
            done=done,
            failed=self._failed,
            key=self._key,
            lane="heavy",
        )
        self.show_state()

    def _came(self, asked: StripAsked, strip: "FrameStrip") -> None:
        if asked == self.asked():
            self._of, self.strip, self._number = asked, strip, -1
        self.show_state()

    def _failed(self, text: str) -> None:
        self.problem = text
        self.show_state()

    # What is shown

    def show_state(self) -> None:
        """Show what is known now."""
        if self.host.closed:
            return
        asked = self.asked()
        shown = self.strip is not None and self._of is not None and asked == self._of
        self.save.setEnabled(shown)
        if not shown:
            self._show_empty(asked)
            self.stack.setCurrentWidget(self.empty)
            return
        self.stack.setCurrentWidget(self.full)
        self._show_frame()
        self.button.setVisible(not self.fits or self.making)
        self.button.setEnabled(not self.making)
        cost = walks_in_words(asked, extractions(self.host).paces)
        self.button.setText("Computing..." if self.making else f"Show this frame ({cost})")
        here = clip_maps.spelled_out(self.session.address)
        steps, layers = self.strip.timesteps, self.strip.layers
        at = here.timestep or "-"
        layer = here.one_layer
        there = at in steps and layer in layers
        self.grid.set_current((steps.index(at), layers.index(layer)) if there else None)
        if self.problem:
            self.line.setText(self.problem)
        else:
            self._point(-1, -1)

    def _show_empty(self, asked: StripAsked | None) -> None:
        if asked is None:
            self.empty.set(
                "Open a clip in the Clips tab or on the map to see the features of its frames at each timestep and "
                "layer."
            )
        elif self.making:
            message = self._job.progress.message or "waiting"
            self.empty.set(f"{message[:1].upper()}{message[1:]}...")
        else:
            cost = walks_in_words(asked, extractions(self.host).paces)
            self.empty.set(
                self.problem
                or "The shown frame, coloured by its features: regions with similar features have similar colours. "
                "Find the timestep at which the background fades and the animal remains.",
                ((f"Show this frame ({cost})", self.host.guarded(self.make)),),
            )

    def _show_frame(self) -> None:
        strip = self.strip
        number = strip.nearest(self.session.frame)
        if number == self._number:
            return
        self._number = number
        seen = strip.seen[number]
        image = QPixmap.fromImage(image_of(seen))
        smooth = Qt.TransformationMode.SmoothTransformation
        self.picture.setPixmap(image.scaledToHeight(_FRAME_HEIGHT, smooth))
        pictures = {
            (strip.timesteps.index(step), strip.layers.index(layer)): each[number]
            for (step, layer), each in strip.colours.items()
        }
        aspect = seen.shape[1] / seen.shape[0]
        self.grid.show_pictures(pictures, strip.timesteps, [str(n) for n in strip.layers], aspect)

    def _point(self, row: int, column: int) -> None:
        strip = self.strip
        if strip is None or self.problem:
            return
        if row < 0:
            frame = int(strip.frames[max(self._number, 0)])
            self.line.setText(f"Frame {frame:,}. Click a picture to use its timestep and layer everywhere.")
            return
        step, layer = strip.timesteps[row], strip.layers[column]
        height, width = strip.colours[step, layer].shape[1:3]
        sigma = sigmas_of(self.lab.about).get(step)
        noise = f" (σ {sigma:.3g})" if sigma is not None else ""
        self.line.setText(f"{step}{noise}, layer {layer}: {height} x {width} positions.")

    # What happens

    def _pick(self, row: int, column: int) -> None:
        step = self.strip.timesteps[row]
        self.session.set_address(timestep="" if step == "-" else step, layers=(self.strip.layers[column],))

    def _changed(self, *_: object) -> None:
        self.problem = ""
        if self.isVisible():
            self.host.guarded(self.show_state)()
            self._soon.throttle()

    def _frame_changed(self, _: int) -> None:
        if self.isVisible() and self.strip is not None:
            if self.fits:
                self._show_frame()
                self._point(-1, -1)
            self._soon.throttle()

    def _follow_now(self) -> None:
        self.host.guarded(self._follow)()

    def _follow(self) -> None:
        if not self.isVisible() or self.host.closed or self.host.player.playing:
            return
        quick = self._took <= FOLLOWS_WITHIN
        if self.asked() is not None and not self.fits and quick and not self.making and not self.problem:
            self.make()
        else:
            self.show_state()

    def _jobs_changed(self) -> None:
        if self._job is not None and self.isVisible() and self.stack.currentWidget() is self.empty:
            self.host.guarded(self.show_state)()

    def _forget(self) -> None:
        self.host.jobs.leave(self._key)
        self.strip, self._of, self._job, self.problem = None, None, None, ""
        self._changed()

    def showEvent(self, event) -> None:
        """Catch up with what happened while it was hidden."""
        super().showEvent(event)
        self._changed()

    def hideEvent(self, event) -> None:
        """Compute nothing while it is hidden."""
        super().hideEvent(event)
        self._soon.cancel()

    # Files

    def table_rows(self) -> list[dict]:
        """Return one row per cell with its colour, for a CSV file."""
        strip, number = self.strip, max(self._number, 0)
        return [
            {
                "frame": int(strip.frames[number]),
                "timestep": step,
                "layer": layer,
                "row": row,
                "column": column,
                "red": int(red),
                "green": int(green),
                "blue": int(blue),
            }
            for (step, layer), pictures in strip.colours.items()
            for row, line in enumerate(pictures[number])
            for column, (red, green, blue) in enumerate(line)
        ]

    def image(self) -> QImage:
        """Draw the frame and its pictures on white, with a title."""
        grid, row = self.grid, self.session.current_row
        name = row.video_name if row is not None else ""
        title = f"Feature colours of frame {int(self.strip.frames[max(self._number, 0)])} of {name}"
        image, painter = new_image(grid.width(), grid.height() + _FRAME_HEIGHT + 10, title)
        pixmap = self.picture.pixmap()
        painter.drawPixmap(QRectF(0, 0, pixmap.width(), pixmap.height()), pixmap, QRectF(pixmap.rect()))
        painter.translate(0, _FRAME_HEIGHT + 10)
        grid.paint(painter, GROUND, INK)
        painter.end()
        return image
