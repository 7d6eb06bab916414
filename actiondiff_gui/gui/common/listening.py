"""Connections of widgets to signals: weakly held, dropped with the widget, and deferred while it is hidden."""

import contextlib
from collections.abc import Callable, Iterable
from inspect import signature
from types import MethodType
from typing import Any
from weakref import WeakMethod, ref

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, SignalInstance
from qtpy.QtWidgets import QStackedWidget, QWidget
from superqt.utils import QSignalDebouncer

_GATHERED = ("clips_changed", "clips_reread")
"""Signals of which several together say what one says; others tell how things are now, such as what is selected."""
_stops: set[Callable] = set()
"""What is called when a widget is destroyed. Kept here, so that Python never collects it together with its widget:
Qt would then call what is half gone already."""


def listen(widget: QObject, *pairs: tuple) -> None:
    """Connect signals of the session or of napari to bound methods of ``widget``, each pair a signal and a method.

    A widget on a page that is not shown (of tabs, or of another stack of pages) sleeps: what it misses is told to it once,
    in the order of arrival, when the page is shown. Whatever is held, is held weakly: a widget whose dock was removed
    stays in Python until its cycles are collected, and a signal that reaches it then fails for all that listen. So the
    pairs are taken apart when Qt destroys the widget.
    """
    sleeper = _Sleeper(widget)
    ears = [_Ear(sleeper, signal, method) for signal, method in pairs]

    def stop() -> None:
        for ear in ears:
            ear.close()
        ears.clear()

    when_destroyed(widget, stop)


class _Ear:
    """Receiver that passes a signal on to a method, or stores it for a hidden widget."""

    def __init__(self, sleeper: "_Sleeper", signal: Any, method: MethodType) -> None:
        self._sleeper, self._signal, self._method = ref(sleeper), signal, WeakMethod(method)
        self._gathers = getattr(signal, "name", "") in _GATHERED
        takes = signature(method).parameters.values()
        some = any(each.kind is each.VAR_POSITIONAL for each in takes)
        self._count = None if some else sum(each.kind is not each.KEYWORD_ONLY for each in takes)
        signal.connect(self.hear)

    def hear(self, *values: object) -> None:
        """Pass the signal on, or store it; of several of one kind the last, or all clips that they name."""
        method, sleeper = self._method(), self._sleeper()
        if method is None:
            return
        values = values[: self._count]
        if sleeper is None or not sleeper.sleeps():
            method(*values)
            return
        before = sleeper.missed.pop(self, None)
        sleeper.missed[self] = _together(before, values) if before is not None and self._gathers else values

    def close(self) -> None:
        # Qt forgets an ear with its sender, which may be gone by now, and holds the ear weakly.
        if not isinstance(self._signal, SignalInstance):
            with contextlib.suppress(ValueError, KeyError):  # it may be gone already
                self._signal.disconnect(self.hear)


class _Sleeper(QObject):
    """Tracks whether a widget is on a hidden page, and delivers the signals it missed when the page is shown."""

    def __init__(self, widget: QObject) -> None:
        super().__init__(widget)
        self.missed: dict[_Ear, tuple[object, ...]] = {}
        self._page: QObject | None = None

    def sleeps(self) -> bool:
        """Return whether the widget is on a page that is hidden, and wait for that to be shown."""
        page = self.parent()
        while page is not None:
            above = page.parent()
            if isinstance(above, QStackedWidget) and isinstance(page, QWidget) and page.isHidden():
                break
            page = above
        if page is not self._page:
            if self._page is not None and isalive(self._page):
                self._page.removeEventFilter(self)
            self._page = page
            if page is not None:
                page.installEventFilter(self)
        return page is not None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Deliver the stored signals when the page is shown, unless it lies on another hidden page."""
        if event.type() == QEvent.Type.ShowToParent and watched is self._page and not self.sleeps():
            missed, self.missed = self.missed, {}
            for ear, values in missed.items():
                ear.hear(*values)
        return False


def _together(old: tuple[object, ...], new: tuple[object, ...]) -> tuple[object, ...]:
    """Merge two calls: the ids of both, where None stands for all, and otherwise the later call."""
    if len(old) != 1 or len(new) != 1 or isinstance(new[0], str):
        return new
    before, after = old[0], new[0]
    if not isinstance(after, Iterable):
        return new
    return (None,) if before is None else ((*before, *after),) if isinstance(before, Iterable) else new


def when_destroyed(widget: QObject, run: Callable[..., object], *values: object) -> None:
    """Call ``run(*values)`` when Qt destroys ``widget``, to which they must not refer; a bound method is held weakly."""
    known = WeakMethod(run) if isinstance(run, MethodType) else lambda: run

    def stop(*_: object) -> None:
        _stops.discard(stop)
        function = known()
        if function is not None:
            function(*values)

    _stops.add(stop)
    # A bound method would not be called any more; a function that does not know the widget is.
    widget.destroyed.connect(stop)


def debounced(widget: QObject, run: Callable[[], object], milliseconds: int = 0) -> QSignalDebouncer:
    """Return an object whose ``throttle()`` calls ``run`` that many milliseconds after its last call; ``cancel()`` stops it.

    With 0 milliseconds several calls in one round of events become one. ``run`` is a bound method, or kept by its owner: a
    closure can be collected before the timer it waits for is gone.
    """
    soon = QSignalDebouncer(parent=widget)
    soon.setTimeout(milliseconds)
    soon.triggered.connect(run)
    return soon


def if_there(method: MethodType) -> Callable[..., object]:
    """Call a bound method of a widget, unless Qt has deleted the widget."""
    known = WeakMethod(method)

    def call(*values: object) -> object:
        found = known()
        return found(*values) if found is not None and isalive(found.__self__) else None

    return call
