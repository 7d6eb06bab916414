"""Video decoding with exact access to frame i.

The names below are loaded when they are first asked for, so that importing this package costs nothing.
"""

from importlib import import_module
from typing import Any

_PLACES = {
    "FrameIndex": "frame_index",
    "LazyVideo": "array",
    "VideoInfo": "probing",
    "VideoReader": "reader",
    "index_job": "indexing",
    "open_video": "reader",
    "probe": "probing",
}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
