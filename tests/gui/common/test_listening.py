"""Widgets on a hidden page receive no signals, and what they missed once, when the page is shown."""

from psygnal import Signal
from qtpy.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from actiondiff_gui.gui.common.listening import listen


class Says:
    clips_changed = Signal(object)
    closed = Signal()


class Hears(QWidget):
    def __init__(self, says: Says) -> None:
        super().__init__()
        self.heard: list = []
        listen(self, (says.clips_changed, self._clips), (says.closed, self._closed))

    def _clips(self, ids) -> None:
        self.heard.append(ids if ids is None else sorted(ids))

    def _closed(self) -> None:
        self.heard.append("closed")


def pages(qtbot, *widgets: QWidget) -> QTabWidget:
    tabs = QTabWidget()
    qtbot.addWidget(tabs)
    for number, widget in enumerate(widgets):
        tabs.addTab(widget, str(number))
    return tabs


def test_a_hidden_page_hears_once_when_shown_and_all_clips_that_changed(qtbot):
    says = Says()
    seen, hidden = Hears(says), Hears(says)
    tabs = pages(qtbot, seen, hidden)
    says.clips_changed.emit(("a",))
    says.closed.emit()
    says.clips_changed.emit(("b", "c"))
    assert seen.heard == [["a"], "closed", ["b", "c"]]
    assert hidden.heard == []
    tabs.setCurrentWidget(hidden)
    assert hidden.heard == ["closed", ["a", "b", "c"]]
    says.clips_changed.emit(("d",))
    assert hidden.heard[-1] == ["d"]
    assert seen.heard[-1] == ["b", "c"]
    tabs.setCurrentWidget(seen)
    assert seen.heard[-1] == ["d"]


def test_all_clips_stays_all_clips_whatever_follows(qtbot):
    says = Says()
    hidden = Hears(says)
    tabs = pages(qtbot, QWidget(), hidden)
    says.clips_changed.emit(None)
    says.clips_changed.emit(("a",))
    tabs.setCurrentIndex(1)
    assert hidden.heard == [None]


def test_a_page_of_a_page_wakes_when_both_are_shown(qtbot):
    says = Says()
    inner, part = QTabWidget(), Hears(says)
    holder = QWidget()
    QVBoxLayout(holder).addWidget(part)
    inner.addTab(QWidget(), "first")
    inner.addTab(holder, "second")
    tabs = pages(qtbot, QWidget(), inner)
    says.clips_changed.emit(("a",))
    tabs.setCurrentIndex(1)
    assert part.heard == []
    inner.setCurrentIndex(1)
    assert part.heard == [["a"]]


def test_a_widget_that_was_deleted_hears_nothing_more(qtbot):
    says = Says()
    tabs = pages(qtbot, QWidget(), gone := Hears(says))
    says.clips_changed.emit(("a",))
    tabs.removeTab(1)
    heard = gone.heard
    with qtbot.waitSignal(gone.destroyed):
        gone.deleteLater()
    says.clips_changed.emit(("b",))
    assert heard == []


def test_of_missed_selections_the_last_one_holds(qtbot):
    """Selections do not add up: a page that missed two showed "2 selected", and keys would have meant both."""

    class Selects:
        selection_changed = Signal(tuple)

    class Shows(QWidget):
        def __init__(self, says) -> None:
            super().__init__()
            self.shown = ()
            listen(self, (says.selection_changed, self._show))

        def _show(self, ids) -> None:
            self.shown = ids

    says = Selects()
    hidden = Shows(says)
    tabs = pages(qtbot, QWidget(), hidden)
    says.selection_changed.emit(("a",))
    says.selection_changed.emit(())
    says.selection_changed.emit(("b",))
    tabs.setCurrentIndex(1)
    assert hidden.shown == ("b",)
