"""How long does a widget listen, and how often does it act on what it hears? Until Qt destroys it; once for several."""

import contextlib
from collections.abc import Callable
from types import MethodType
from weakref import WeakMethod

from qtpy.compat import isalive
from qtpy.QtCore import QObject
from superqt.utils import QSignalDebouncer

_stops: set[Callable] = set()
"""What is called when a widget is destroyed. Kept here, so that Python never collects it together with its widget:
Qt would then call what is half gone already."""

_ALREADY_GONE = (ValueError, KeyError, TypeError, RuntimeError, SystemError)
"""What a signal of psygnal, PyQt6 or PySide6 raises where the pair was taken apart before, as Qt does for a deleted widget."""


def listen(widget: QObject, *pairs: tuple) -> None:
    """Connect signals of the session or of napari to bound methods of ``widget``, each pair a signal and a method.

    Both hold methods weakly, but a widget whose dock was removed stays in Python until its cycles are
    collected, and a signal that reaches it then fails for all that listen. So the pairs are taken apart when
    Qt destroys the widget.
    """
    kept = []
    for signal, method in pairs:
        signal.connect(method)
        kept.append((signal, WeakMethod(method)))

    def stop() -> None:
        for signal, known in kept:
            method = known()
            if method is not None:
                with contextlib.suppress(*_ALREADY_GONE):
                    signal.disconnect(method)
        kept.clear()

    when_destroyed(widget, stop)


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
    """Something whose ``throttle()`` calls ``run`` so many milliseconds after its last call, and ``cancel()`` gives that up.

    With 0 milliseconds several calls in one round of events become one. ``run`` is a bound method, or kept by its owner: a
    closure can be collected before the timer it waits for is gone.
    """
    soon = QSignalDebouncer(parent=widget)
    soon.setTimeout(milliseconds)
    soon.triggered.connect(run)
    return soon


def if_there(method: MethodType) -> Callable[..., object]:
    """Calls a bound method of a widget, and nothing where Qt has deleted the widget by then."""
    known = WeakMethod(method)

    def call(*values: object) -> object:
        found = known()
        return found(*values) if found is not None and isalive(found.__self__) else None

    return call
