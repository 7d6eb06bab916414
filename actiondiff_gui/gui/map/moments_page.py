"""Page of the map for the moments of the open recording: each a point, with the path under the playhead."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from actiondiff_gui.embedding.maps import METHODS
from actiondiff_gui.embedding.moments import stretches
from actiondiff_gui.gui.common import theme
from actiondiff_gui.gui.common.empty import EmptyPage
from actiondiff_gui.gui.common.listening import debounced, listen
from actiondiff_gui.gui.gallery.menu import add_similar
from actiondiff_gui.gui.map.legend import MapLegend, groups_of
from actiondiff_gui.gui.map.moments_maker import MomentsMaker
from actiondiff_gui.gui.map.state import colours as map_colours
from actiondiff_gui.gui.map.state import moment_maps
from actiondiff_gui.gui.map.state.colours import ACTION, PREDICTION, START, Coding
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.timeline.state.time_axis import clock

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_COLOURS = {ACTION: "action", PREDICTION: "prediction", START: "time"}
_PATHS = {"1": "1 s", "3": "3 s", "10": "10 s", "60": "1 min", "0": "no path"}


class MomentsPage(QWidget):
    """The moments of the recording in the player, as points.

    A click goes to a moment. A lasso chooses moments, whose stretches become bouts.

    Attributes
    ----------
    maker : MomentsMaker
        Reads and makes the maps, and holds the one on screen.
    chosen : ndarray
        Indices of the moments that were circled, rising.
    """

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.maker = MomentsMaker(host)
        self.canvas = None
        self.chosen = np.empty(0, np.int64)
        self._drawn = None
        self._coding = Coding(np.zeros(0, np.int64), (), (), ())
        self._build()
        self._soon = debounced(self, host.guarded(self.refresh))
        session = self.session
        listen(
            self,
            (session.project_changed, self._changed),
            (session.video_changed, self._changed),
            (session.address_changed, self._changed),
            (session.clips_changed, self._changed),
            (session.actions_changed, self._changed),
            (session.frame_changed, self._frame_changed),
            (host.viewer.events.theme, self._theme_changed),
        )
        listen(self, (self.maker.changed, self._changed))

    def _build(self) -> None:
        guarded = self.host.guarded
        self.method, self.colour_by, self.reach = QComboBox(), QComboBox(), QComboBox()
        for box, entries, tip in (
            (self.method, METHODS, "How moments are laid out"),
            (self.colour_by, _COLOURS, "What colours stand for"),
            (self.reach, _PATHS, "How much of the path before and after the playhead is drawn"),
        ):
            for data, text in entries.items():
                box.addItem(text, data)
            box.setToolTip(tip)
        self.reach.setCurrentIndex(1)
        self.method.activated.connect(guarded(lambda _: self.refresh()))
        self.colour_by.activated.connect(guarded(lambda _: self.refresh()))
        self.reach.activated.connect(guarded(lambda _: self._show_place()))
        self.again = QPushButton("Update")
        self.again.setToolTip("Make this map again from the features that there are now")
        self.again.clicked.connect(guarded(lambda _=False: self._make(False)))
        head = QHBoxLayout()
        for text, box in (("", self.method), ("colour", self.colour_by), ("path", self.reach)):
            if text:
                head.addWidget(theme.hint(text))
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            head.addWidget(box, 1)
        head.addWidget(self.again)
        self.notice = QLabel()
        self.notice.setWordWrap(True)
        self.compute = QPushButton("Compute all of it")
        self.compute.setToolTip("Compute the features of the whole recording, and map every moment")
        self.compute.clicked.connect(guarded(lambda _=False: self._make(True)))
        self.noticed = QWidget()
        row = QHBoxLayout(self.noticed)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.notice, 1)
        row.addWidget(self.compute, 0, Qt.AlignmentFlag.AlignTop)
        self._plot = QVBoxLayout()
        self.caption = theme.hint("")
        self.caption.setWordWrap(True)
        self.legend = MapLegend()
        self.legend.chosen.connect(guarded(self._choose_value))
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(6, 2, 6, 4)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.noticed)
        column.addLayout(self._plot, 1)
        self.lasso = QPushButton("Lasso")
        self.lasso.setCheckable(True)
        self.lasso.setToolTip("Drag around moments to choose them (or hold Shift and drag)")
        self.lasso.toggled.connect(guarded(lambda on: self.canvas.set_lasso(on)))
        line = QHBoxLayout()
        line.addWidget(self.caption, 1)
        line.addWidget(self.lasso, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(line)
        column.addWidget(self.legend)
        column.addLayout(self._foot())
        self.page, self.empty, self.stack = page, EmptyPage(), QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)

    def _foot(self) -> QHBoxLayout:
        guarded = self.host.guarded
        self.text = QLabel()
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.similar, self.bouts = QPushButton("Similar"), QPushButton("Make bouts")
        self.similar.setToolTip("Clips that resemble the moment under the playhead")
        self.bouts.setToolTip("Make each stretch of chosen moments a bout of an action, in one step")
        self.deselect = QPushButton("Deselect")
        self.deselect.clicked.connect(guarded(lambda _=False: self.choose(np.empty(0, np.int64))))
        for button, fill in ((self.similar, self._fill_similar), (self.bouts, self._fill_bouts)):
            menu = QMenu(button)
            menu.aboutToShow.connect(guarded(fill))
            button.setMenu(menu)
        foot = QHBoxLayout()
        foot.addWidget(self.text, 1)
        for button in (self.deselect, self.similar, self.bouts):
            foot.addWidget(button)
        return foot

    # What is on screen

    def _changed(self, *_: object) -> None:
        self._soon.throttle()

    def showEvent(self, event: QEvent) -> None:
        """Catch up with what happened while it was hidden."""
        super().showEvent(event)
        if self.canvas is not None and self.canvas.lost:
            canvas, self.canvas, self._drawn = self.canvas, None, None
            canvas.discard()
        self._changed()

    def refresh(self) -> None:
        """Show the map of the open recording at the session's address, or what is missing for one."""
        if self.host.closed or not self.isVisible():
            return
        shown = self.maker.look(self.method.currentData())
        if shown is None:
            self._show_empty()
            self.stack.setCurrentWidget(self.empty)
            return
        self.stack.setCurrentWidget(self.page)
        if self.canvas is None:
            self._make_canvas()
        if self._drawn is not shown:
            self.chosen = np.empty(0, np.int64)
        self._take_colours()
        self._draw()
        if self._drawn is not shown:
            self._drawn = shown
            self.canvas.reset_view()
        self._show_words()
        self._show_place()

    def _show_empty(self) -> None:
        session, maker = self.session, self.maker
        if session.project is None or session.video is None:
            self.empty.set(
                "Each moment of a recording becomes a point, and its path shows how the action goes on. Open a "
                "recording first: in the Videos tab, or by opening a clip."
            )
        elif maker.making:
            self.empty.set("Making the map. The first UMAP takes about half a minute.")
        elif maker.reading:
            self.empty.set("Looking for a map of this recording.")
        else:
            name = session.videos[session.video].path.name
            said = maker.trouble or f"There is no map of the moments of {name} at {maker.address_text} yet."
            self.empty.set(
                said,
                [
                    ("Map the whole recording", partial(self.host.guarded(self._make), True)),
                    ("Map its clips only", partial(self.host.guarded(self._make), False)),
                ],
            )

    def _make(self, compute: bool) -> None:
        self.maker.make(self.method.currentData(), compute)

    def _make_canvas(self) -> None:
        from actiondiff_gui.gui.map.canvas import MapCanvas

        guarded = self.host.guarded
        self.canvas = canvas = MapCanvas(self)
        self._plot.addWidget(canvas.widget)
        canvas.clicked.connect(guarded(self._click))
        canvas.hovered.connect(guarded(self._hover))
        canvas.circled.connect(guarded(self._circled))
        canvas.lasso_changed.connect(self.lasso.setChecked)
        self._take_theme()

    def _ground_and_ink(self):
        return theme.colour(self.host.viewer, "canvas"), theme.colour(self.host.viewer, "text")

    def _take_theme(self) -> None:
        self.canvas.set_theme(*self._ground_and_ink())

    def _theme_changed(self, *_: object) -> None:
        if self.canvas is not None and not self.host.closed:
            self._take_theme()
            self._changed()

    def _take_colours(self) -> None:
        session, shown = self.session, self.maker.shown
        by = self.colour_by.currentData()
        if by == START:
            values = map_colours.ranges((shown.frames / session.videos[shown.video_id].fps).tolist())
        else:
            rows = moment_maps.clips_at(
                shown.frames, session.table.of_video(shown.video_id), by == PREDICTION
            )
            values = map_colours.values_of(rows, by)
        actions = [action.name for action in session.actions]
        self._coding = map_colours.coding_of(values, by, session.colour_of, actions)
        ground, ink = self._ground_and_ink()
        alike = map_colours.shaped([None] * len(shown), None)
        groups = groups_of(self._coding, alike, by, _COLOURS[by], None, ink.name())
        self.legend.show_groups(groups, theme.mixed(ground, ink, 0.6))

    def _draw(self) -> None:
        shown = self.maker.shown
        chosen = None
        if len(self.chosen):
            chosen = np.zeros(len(shown), bool)
            chosen[self.chosen] = True
        dimmed = theme.mixed(*self._ground_and_ink(), 0.4).name()
        colours = map_colours.point_colours(self._coding, chosen, dimmed, map_colours.point_alpha(len(shown)))
        shapes = np.full(len(shown), map_colours.SHAPES[0])
        order = map_colours.drawing_order(self._coding, chosen)
        self.canvas.show_points(shown.coordinates, colours, shapes, order)

    def _show_words(self) -> None:
        shown = self.maker.shown
        name = self.session.videos[shown.video_id].path.name
        self.caption.setText(moment_maps.caption(shown, name))
        said = list(shown.notes)
        if self.maker.making:
            said = ["Making the map."]
        elif self.maker.trouble:
            said.append(self.maker.trouble)
        elif not shown.whole:
            said.append("Only moments of clips are shown.")
        self.notice.setText(" ".join(said))
        self.compute.setVisible(not shown.whole and not self.maker.making)
        self.noticed.setVisible(bool(said))
        self.again.setEnabled(not self.maker.making)
        self._show_chosen()

    def _show_chosen(self) -> None:
        found = self._stretches()
        if not found:
            self.text.setText("Hold Shift and drag around moments to choose them.")
        else:
            fps = self.session.videos[self.maker.shown.video_id].fps
            seconds = sum(end - start for start, end in found) / fps
            many = f"{len(found)} stretch{'es' * (len(found) != 1)}"
            self.text.setText(f"{len(self.chosen):,} moments: {many}, {seconds:.1f} s")
        for button in (self.deselect, self.bouts):
            button.setVisible(bool(found))

    def _stretches(self) -> list[tuple[int, int]]:
        shown = self.maker.shown
        if shown is None or not len(self.chosen):
            return []
        count = self.session.videos[shown.video_id].frame_count
        return stretches(shown.frames, self.chosen, shown.step, count)

    # The playhead

    def _frame_changed(self, _: int) -> None:
        if self.isVisible():
            self._show_place()

    def _show_place(self) -> None:
        shown = self.maker.shown
        if self.canvas is None or shown is None or shown.video_id != self.session.video:
            return
        frame = self.session.frame
        reach = int(self.reach.currentData()) * self.session.videos[shown.video_id].fps
        path = shown.path(frame, round(reach)) if reach else np.empty(0, np.int64)
        self.canvas.show_path(path)
        self.canvas.set_current(shown.nearest(frame))

    # What the user does

    def choose(self, indices: np.ndarray) -> None:
        """Choose moments by their indices."""
        self.chosen = np.unique(indices)
        if self.maker.shown is not None and self.canvas is not None:
            self._draw()
            self._show_chosen()

    def _click(self, index: int, _: bool) -> None:
        if index >= 0:
            self.session.seek(int(self.maker.shown.frames[index]))
        else:
            self.choose(np.empty(0, np.int64))

    def _circled(self, indices: np.ndarray, with_ctrl: bool) -> None:
        self.choose(np.concatenate([self.chosen, indices]) if with_ctrl else indices)

    def _choose_value(self, _: str, value: str, with_ctrl: bool) -> None:
        self._circled(np.flatnonzero(self._coding.chosen(value)), with_ctrl)

    def _hover(self, index: int) -> None:
        shown = self.maker.shown
        if index < 0 or shown is None:
            QToolTip.hideText()
            return
        frame = int(shown.frames[index])
        said = self._coding.texts[self._coding.codes[index]]
        x, y = self.canvas.position_in_widget(index)
        place = self.canvas.widget.mapToGlobal(self.canvas.widget.rect().topLeft())
        place.setX(place.x() + round(x))
        place.setY(place.y() + round(y))
        fps = self.session.videos[shown.video_id].fps
        QToolTip.showText(place, f"{clock(frame / fps)} (frame {frame}), {said}", self.canvas.widget)

    def _fill_similar(self) -> None:
        from actiondiff_gui.embedding.neighbours import Moment

        menu = self.similar.menu()
        menu.clear()
        add_similar(menu, self.host, Moment(self.maker.shown.video_id, self.session.frame), "Map")

    def _fill_bouts(self) -> None:
        menu = self.bouts.menu()
        menu.clear()
        for action in self.session.actions:
            entry = menu.addAction(theme.swatch(action.colour), action.name)
            entry.triggered.connect(self.host.guarded(lambda _=False, n=action.name: self.make_bouts(n)))
        if not self.session.actions:
            menu.addAction("Add actions in the Clips tab first").setEnabled(False)

    def make_bouts(self, action: str) -> None:
        """Make the stretches of the chosen moments bouts of an action."""
        found = self._stretches()
        if not found:
            return
        editing.add_bouts(self.session, action, found)
        self.host.tell(f"{len(found)} bout{'s' * (len(found) != 1)} of {action} made.")
