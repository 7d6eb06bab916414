"""Dialogs that ask for an output file, and the check of the answer before any work."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

from actiondiff_gui.errors import OutputExistsError
from actiondiff_gui.outputs import Output, check_all
from actiondiff_gui.project.referred_files import known_files
from actiondiff_gui.protected import Known

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

TABLES = (".csv", ".tsv", ".txt")


class Checked(Protocol):
    """An output, or a folder of outputs."""

    def check(self) -> None:
        """Raise OutputError for what may not be written."""


Asked = TypeVar("Asked", bound=Checked)


def ask_file(
    host: "Host",
    title: str,
    proposed: Path | str,
    kinds: Sequence[str],
    parent: QWidget | None = None,
    files: Callable[[Output], list[Output]] = lambda out: [out],
) -> Output | None:
    """Ask for a file to write, and check it; None where the dialog was cancelled.

    Parameters
    ----------
    host, title, parent
    proposed : path
    kinds : sequence of str
        Filters of the dialog, such as ``"Table (*.csv)"``. A name without one of their endings gets that of the
        chosen one.
    files : callable
        All files that will be written for this output.

    Raises
    ------
    OutputError
        If nothing may be written there.
    """
    name, kind = QFileDialog.getSaveFileName(parent or host.window, title, str(proposed), ";;".join(kinds))
    if not name:
        return None
    path = _with_ending(Path(name), kinds, kind)

    def make(force: bool) -> Output:
        return Output(path, force=force, known=known_to(host))

    # The dialog has asked about a file of the very name that it returns, and about no other.
    asked = [each.path for each in files(make(False))] == [Path(name)]
    return confirmed(host, make, lambda out: check_all(files(out)), asked)


def confirmed(
    host: "Host",
    make: Callable[[bool], Asked],
    check: Callable[[Asked], None] = lambda out: out.check(),
    force: bool = False,
) -> Asked | None:
    """Return the checked output that ``make(force)`` gives; asks whether to overwrite existing files, None for no.

    Raises
    ------
    OutputError
        If nothing may be written there.
    """
    out = make(force)
    try:
        check(out)
        return out
    except OutputExistsError as error:
        names = ", ".join(file.name for file in error.files[:5])
        more = f" and {len(error.files) - 5} more" if len(error.files) > 5 else ""
        one = len(error.files) == 1
        text = f"{names}{more} {'exists' if one else 'exist'} already. Replace {'it' if one else 'them'}?"
    yes = QMessageBox.StandardButton.Yes
    if QMessageBox.question(host.window, "Replace files", text) != yes:
        return None
    out = make(True)
    check(out)
    return out


def known_to(host: "Host") -> Known:
    """Return what no output may overwrite while the project is open."""
    return known_files(host.session.needed().path, host.session.videos.values())


def _with_ending(path: Path, kinds: Sequence[str], chosen: str) -> Path:
    endings = [f".{ending}" for kind in kinds for ending in re.findall(r"\*\.(\w+)", kind)]
    fitting = (*endings, *(TABLES if set(endings) & set(TABLES) else ()))
    if path.suffix.lower() in fitting:
        return path
    wanted = re.findall(r"\*\.(\w+)", chosen)
    return path.with_name(path.name + (f".{wanted[0]}" if wanted else endings[0]))
