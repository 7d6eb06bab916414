"""Context menu and tooltip of a bar on the timeline."""

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QMenu

from actiondiff_gui.embedding.neighbours import Moment
from actiondiff_gui.gui.common.theme import swatch
from actiondiff_gui.gui.gallery.menu import add_similar
from actiondiff_gui.gui.player.second_view import ask_second_view
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.timeline.state.lanes import DENIED, LABEL, PREDICTION
from actiondiff_gui.gui.timeline.state.time_axis import clock

if TYPE_CHECKING:
    from actiondiff_gui.gui.timeline.view import TimelineView


def bar_menu(view: "TimelineView", row: ClipRow, action: str) -> QMenu:
    """Return the menu of a bar of ``row`` in the lane of ``action`` ("": that of unlabelled clips), for all selected clips."""
    session, host = view.session, view.host
    menu = QMenu(view)
    ids = session.selection if row.id in session.selection else (row.id,)
    many = f" {len(ids)} clips" if len(ids) > 1 else ""

    def add(to: QMenu, text: str, run, *values: object):
        entry = to.addAction(text)
        entry.triggered.connect(lambda _=False: host.guarded(run)(*values))
        return entry

    add(menu, "Play in a loop", _play, view, row.id)
    add(menu, "Zoom to it", view.show_clip, row.id)
    menu.addSeparator()
    as_one = menu.addMenu(f"Label{many} as")
    as_one.setEnabled(bool(session.actions))
    for known in session.actions:
        entry = add(as_one, known.name, editing.relabel, session, ids, known.name)
        entry.setIcon(swatch(known.colour))
        if known.name in row.labels:
            font = entry.font()
            font.setBold(True)
            entry.setFont(font)
    also = menu.addMenu("Label also as")
    for known in session.actions:
        if known.name not in row.labels:
            add(also, known.name, editing.label, session, ids, known.name).setIcon(swatch(known.colour))
    also.setEnabled(bool(row.labels) and not also.isEmpty())
    never = menu.addMenu("Label as not")
    for known in session.actions:
        if known.name not in row.denied:
            add(never, known.name, editing.label, session, ids, known.name, -1).setIcon(swatch(known.colour))
    never.setEnabled(not never.isEmpty())
    if row.prediction and row.prediction not in row.labels:
        add(menu, f"Confirm {row.prediction}", editing.confirm, session, ids)
    if action and action not in row.denied:
        add(menu, f"Not {action}", editing.label, session, ids, action, -1)
    if row.labelled:
        add(menu, "Remove the labels", editing.clear, session, ids)
    menu.addSeparator()
    similar = menu.addMenu("Find similar clips")
    add_similar(similar, host, ids, "Clips")
    similar.addSeparator()
    add_similar(similar, host, Moment(row.video_id, session.frame), "Clips")
    menu.addSeparator()
    add(menu, f"Delete{many or ' the clip'}", editing.delete, session, ids)
    return menu


def empty_menu(view: "TimelineView") -> QMenu:
    """Return the menu outside all bars."""
    menu = QMenu(view)
    session = view.session
    menu.addAction("Show the whole video").triggered.connect(lambda _=False: view.fit())
    entry = menu.addAction("Map of the moments of this recording")
    entry.setEnabled(session.video is not None)
    entry.triggered.connect(lambda _=False: session.show_dock.emit("Map:Moments"))
    entry = menu.addAction("Zoom to the current clip")
    entry.setEnabled(session.current is not None)
    entry.triggered.connect(lambda _=False: view.show_clip(session.current))
    entry = menu.addAction("Hide lanes without bouts if not all fit")
    entry.setCheckable(True)
    entry.setChecked(view.collapsing)
    entry.toggled.connect(view.set_collapsing)
    if view.host.sound.there:
        entry = menu.addAction("Show the waveform of the sound")
        entry.setCheckable(True)
        entry.setChecked(view.waveform is not None)
        entry.toggled.connect(view.set_waveform)
    lanes = menu.addMenu("Lanes of subjects")
    for text, on in (("All subjects together", False), ("Grouped by subject", True)):
        entry = lanes.addAction(text)
        entry.setCheckable(True)
        entry.setChecked(view.by_subject == on)
        entry.triggered.connect(lambda _=False, by=on: view.set_by_subject(by))
    entry = menu.addAction("Second view of this recording...")
    entry.triggered.connect(lambda _=False: view.host.guarded(ask_second_view)(view.host))
    if session.open_bouts:
        bouts = ", ".join(session.open_bouts)
        entry = menu.addAction(f"Cancel the open bout: {bouts}")
        entry.triggered.connect(lambda _=False: view.host.guarded(editing.give_up_bouts)(session))
    return menu


def _play(view: "TimelineView", clip_id: str) -> None:
    view.session.open_clip(clip_id)
    view.host.player.play()


def bar_words(row: ClipRow, kind: int, action: str) -> str:
    """Return the tooltip of a bar: action, source, frames and seconds."""
    if kind == LABEL:
        first = f"{action}, by {row.said_by or 'an unknown annotator'}"
    elif kind == DENIED:
        first = f"not {action}, by {row.said_by or 'an unknown annotator'}"
    elif kind == PREDICTION:
        sure = "" if row.confidence is None else f", confidence {row.confidence:.0%}"
        first = f"{action}?{sure}, predicted by {row.model or 'a model'}"
    else:
        first = "not labelled"
        if row.prediction:
            sure = "" if row.confidence is None else f", confidence {row.confidence:.0%}"
            first += f"; predicted: {row.prediction}{sure}"
    frames = row.end - row.start
    length = f"{frames} frame{'s' if frames != 1 else ''}, {row.seconds:.2f} s"
    return f"{first}\nframes {row.start} to {row.end - 1} ({length})\nfrom {clock(row.start / row.fps)}"
