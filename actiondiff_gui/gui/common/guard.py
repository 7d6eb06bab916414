"""Error handling of callbacks: an error becomes a sentence, its details go to a log file."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from psygnal import EmitLoopError

from actiondiff_gui import faults
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.faults import log_file

__all__ = ["guarded", "log_file", "sentence", "told_by"]


def sentence(error: BaseException, doing: str = "") -> str:
    """Return the sentence to show for ``error``; an unexpected error is written to the log file first."""
    return faults.sentence(told_by(error), doing)


def told_by(error: BaseException) -> BaseException:
    """Return the error itself, where a signal has wrapped one with a readable message."""
    cause = error.__cause__ if isinstance(error, EmitLoopError) else None
    while isinstance(cause, EmitLoopError):
        cause = cause.__cause__
    return cause if isinstance(cause, ActionDiffError) else error


def guarded(tell: Callable[[BaseException], object]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a callback so that an error in it is passed to ``tell``, which shows a sentence and never a traceback.

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
                tell(error)
                return None

        return wrapped

    return decorate
