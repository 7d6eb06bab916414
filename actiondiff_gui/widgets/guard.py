"""What happens to an error on its way to the user? It becomes a sentence; its details go to a log file."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from actiondiff_gui.faults import log_file, sentence

__all__ = ["guarded", "log_file", "sentence"]


def guarded(tell: Callable[[str], object]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a callback so that an error in it becomes a sentence passed to ``tell``, never a traceback.

    A signal's values that the callback does not take are left out, as Qt does for plain callbacks.
    """

    def decorate(callback: Callable[..., Any]) -> Callable[..., Any]:
        parameters = inspect.signature(callback).parameters.values()
        takes = sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
        if any(p.kind == p.VAR_POSITIONAL for p in parameters):
            takes = None

        @functools.wraps(callback)
        def wrapped(*args: Any, **options: Any) -> Any:
            try:
                return callback(*args[:takes], **options)
            except Exception as error:
                tell(sentence(error))
                return None

        return wrapped

    return decorate
