"""Handling of Ctrl-C: a command ends with one sentence and never with a traceback."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STOPPED = 130
"""Exit code of a command that was stopped."""
SENTENCE = "Stopped. Finished work is kept; run the same command again to continue."

_pressed: list[int] = []
_hearing = 0
_own_process = False


def watch() -> None:
    """Let Ctrl-C end this process at once, as long as no command has begun that may have something to finish.

    A module that is interrupted while it loads may swallow the interrupt, or turn it into any other error.
    """
    global _own_process
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return  # ignored, as by nohup, or somebody else's
    _own_process = True
    signal.signal(signal.SIGINT, _press)
    usual = sys.unraisablehook
    sys.unraisablehook = lambda told: None if told.exc_type is KeyboardInterrupt else usual(told)


@contextmanager
def heard() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt in this block and is remembered, for Python loses some (in destructors).

    In a process of :func:`watch`, pressing it again ends the process at once.
    """
    global _hearing
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    ignored = before is signal.SIG_IGN
    if not ignored and before is not _press:
        signal.signal(signal.SIGINT, _press)
    if not _hearing:
        _pressed.clear()
    _hearing += 1
    try:
        yield
    finally:
        _hearing -= 1
        if not ignored and before is not _press:
            signal.signal(signal.SIGINT, before)


def pressed() -> bool:
    """Return whether Ctrl-C was pressed since the outermost :func:`heard` began."""
    return bool(_pressed)


def is_real(error: BaseException) -> bool:
    """Return whether a KeyboardInterrupt means that somebody pressed Ctrl-C, and was not raised by third-party code."""
    if not isinstance(error, KeyboardInterrupt) or threading.current_thread() is not threading.main_thread():
        return False
    return pressed() or not _hearing


def _press(number: int, _frame: object) -> None:
    _pressed.append(number)
    if _own_process and (not _hearing or len(_pressed) > 1):
        os.write(2, f"{SENTENCE}\n".encode())
        os._exit(STOPPED)
    raise KeyboardInterrupt
