"""How does a widget follow the session for exactly as long as it exists?

psygnal lets go of a method when its Python object is gone, but Qt may delete the widget before that.
"""

import contextlib
from weakref import WeakMethod

from qtpy.QtCore import QObject


def follow(widget: QObject, signal, slot) -> None:
    """Connect a method of ``widget`` to a session's or viewer's signal until Qt deletes the widget."""
    signal.connect(slot)
    kept = WeakMethod(slot)
    widget.destroyed.connect(lambda: _let_go(signal, kept))


def _let_go(signal, kept: WeakMethod) -> None:
    slot = kept()
    if slot is not None:
        with contextlib.suppress(ValueError, KeyError):  # it may be gone already
            signal.disconnect(slot)
