"""Folders that the app, and the libraries it uses, keep files of their own in on this computer."""

import os
import tempfile
from functools import lru_cache
from pathlib import Path

from actiondiff_gui.errors import ActionDiffError


def home() -> Path:
    """Folder for what the app keeps; the variable ``ACTIONDIFF_GUI_HOME`` chooses another one.

    Raises
    ------
    ActionDiffError
        If none is chosen and it is not known who the user is.
    """
    chosen = os.environ.get("ACTIONDIFF_GUI_HOME")
    if chosen:
        return Path(chosen)
    import platformdirs

    try:
        folder = platformdirs.user_data_path("actiondiff-gui", appauthor=False)
    except RuntimeError:
        folder = Path()
    if folder.is_absolute():  # older versions of platformdirs leave a "~" that stands for nobody
        return folder
    raise ActionDiffError(
        "It is not known where your files belong: neither the variable HOME nor the system's list of users says. "
        "Set ACTIONDIFF_GUI_HOME to a folder of your own."
    )


def made(folder: Path) -> Path:
    """Make a folder of the app where it is not there yet, and return it.

    Raises
    ------
    ActionDiffError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ActionDiffError(
            f"The folder {folder} cannot be made ({error.strerror or error}). Set ACTIONDIFF_GUI_HOME to a folder that "
            "you may write to."
        ) from error
    return folder


def user_home() -> Path | None:
    """Return the user's home folder; None where the system does not know it."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def settle() -> None:
    """Give libraries another folder for their caches where the user's folder is unknown or cannot be written.

    numba (below UMAP) refuses to start without one, matplotlib warns, and the hub's client would make a folder
    called "~". Has to come before they are imported; variables that are set already stay.
    """
    known = user_home()
    cache = os.environ.get("XDG_CACHE_HOME") or (None if known is None else known / ".cache")
    if cache is not None and _writable(Path(cache)):
        return
    variables = {"NUMBA_CACHE_DIR": "numba", "MPLCONFIGDIR": "matplotlib"}
    if known is None:
        variables |= {"XDG_CACHE_HOME": "cache", "XDG_CONFIG_HOME": "config", "HF_HOME": "huggingface"}
    for name, folder in variables.items():
        if not os.environ.get(name):
            target = _private() / folder
            target.mkdir(exist_ok=True)
            os.environ[name] = str(target)


def _writable(folder: Path) -> bool:
    # Asked by writing: what the permission bits say does not hold for root, nor in /proc or on read-only disks.
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@lru_cache(maxsize=1)
def _private() -> Path:
    """Return a folder for temporary files that nobody else can write to, the same in every process of the user."""
    if hasattr(os, "getuid"):
        folder = Path(tempfile.gettempdir()) / f"actiondiff-gui-{os.getuid()}"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            about = folder.lstat()
        except OSError:
            about = None
        # numba runs what it finds in its cache, so a folder that somebody else prepared is not taken.
        if about is not None and about.st_uid == os.getuid() and about.st_mode & 0o170077 == 0o040000:
            return folder
    return Path(tempfile.mkdtemp(prefix="actiondiff-gui-"))
