"""Keeping Python's garbage collector from stopping the window while layers come and go.

A collection of all garbage looks at every object there is: with torch loaded that takes 0.2 to 0.5 s.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any


@contextmanager
def quick_removal() -> Iterator[None]:
    """Let napari collect only young garbage while layers are removed, instead of all of it for each layer.

    napari does so against a fault of some OpenGL drivers on Windows; there nothing is changed.
    """
    canvas: Any = sys.modules.get("napari._vispy.canvas")
    if sys.platform == "win32" or getattr(canvas, "gc", None) is not gc:
        yield
        return
    canvas.gc = SimpleNamespace(collect=lambda: gc.collect(0))
    try:
        yield
    finally:
        canvas.gc = gc
