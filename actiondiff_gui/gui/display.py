"""Whether there is a screen, and what Qt needs of the system: looked at before Qt would end the process without a word."""

import ctypes
import os
import sys
from pathlib import Path

from actiondiff_gui.errors import ActionDiffError

PACKAGES = (
    "libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 "
    "libxcb-xinerama0 libxkbcommon-x11-0 libgl1 libegl1 libdbus-1-3"
)
"""Debian's packages that a window needs; the README names the same."""


def check_display() -> None:
    """Check on Linux that there is a screen and that Qt's plugin for X can be loaded; a Qt binding must be installed.

    Raises
    ------
    ActionDiffError
        Names what is missing, and how it is installed.
    """
    platform = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if not sys.platform.startswith("linux") or platform not in ("", "xcb"):
        return
    if not platform and os.environ.get("WAYLAND_DISPLAY"):
        return  # Qt draws there without X
    if not os.environ.get("DISPLAY"):
        raise ActionDiffError(
            "The window needs a screen, and there is none here (DISPLAY is not set). Log in at the computer itself, with "
            "ssh -X, or by a remote desktop. The commands work without it."
        )
    from qtpy.QtCore import QLibraryInfo

    plugin = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath), "platforms", "libqxcb.so")
    if plugin.is_file():
        try:
            ctypes.CDLL(str(plugin))
        except OSError as error:
            raise library_missing(error) from error


def library_missing(error: Exception) -> ActionDiffError:
    """Return the error for a library of the system that could not be loaded."""
    return ActionDiffError(
        f"The window cannot be opened, because a library of the system is missing or broken ({error}). On Debian and "
        f"Ubuntu install them with: sudo apt install {PACKAGES}. The commands work without them."
    )
