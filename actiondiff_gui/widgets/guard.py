"""What happens to an error on its way to the user? It becomes a sentence; its details go to a log file."""

import functools
import inspect
import logging
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from psygnal import EmitLoopError

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.session.preferences import home

_log = logging.getLogger("actiondiff_gui")


def log_file() -> Path:
    """Where the details of unexpected errors are kept."""
    return home() / "errors.log"


def sentence(error: BaseException, doing: str = "") -> str:
    """What to tell the user of ``error``; one that was not foreseen is written to the log file first."""
    error = told_by(error)
    if isinstance(error, ActionDiffError):
        return str(error)
    details = "".join(traceback.format_exception(error))
    _log.error("unexpected error %s", doing, exc_info=error)
    kept = keep_details(f"{doing}\n{details}")
    where = f" The details are in {log_file()}; please report them." if kept else ""
    what = f" while {doing}" if doing else ""
    return f"Something went wrong{what} that was not foreseen ({type(error).__name__}: {error}).{where}"


def told_by(error: BaseException) -> BaseException:
    """The error itself, where a signal has wrapped one that is a sentence."""
    cause = error.__cause__ if isinstance(error, EmitLoopError) else None
    while isinstance(cause, EmitLoopError):
        cause = cause.__cause__
    return cause if isinstance(cause, ActionDiffError) else error


def keep_details(text: str) -> bool:
    """Add to the log file; False where it cannot be written."""
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        with log_file().open("a", encoding="utf-8") as stream:
            stream.write(f"{datetime.now().isoformat(timespec='seconds')} {text}\n")
    except OSError:
        return False
    return True


def guarded(tell: Callable[[BaseException], object]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a callback so that an error in it is passed to ``tell``, which makes a sentence of it, never a traceback.

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
