"""Detection of the tool that wrote a file, and reading it."""

from collections.abc import Sequence
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.not_read import said_of_document, said_of_positions, said_of_table
from actiondiff_gui.project.formats.readers.contents import ForeignTable
from actiondiff_gui.project.formats.readers.reader import Options, Peek, Unsaid
from actiondiff_gui.project.formats.readers.registry import READERS

CLIPS = "clips"
"""Our own table of clips."""


def kind_of(path: Path) -> str:
    """Return the format of a file, detected by its content: a key of :data:`~foreign.NAMES`, or CLIPS.

    Raises
    ------
    ProjectError
        The file cannot be read, or is in no format that is known; where a known tool wrote it in another form, the sentence
        names that tool.
    """
    peek = Peek(path)
    _refuse(said_of_document(peek))
    for reader in READERS:
        if reader.last:
            if peek.is_clips:
                return CLIPS
            _refuse(said_of_table(peek))
        if reader.fits(peek):
            return reader.kind
    lines = [line for line in peek.text.splitlines() if line.strip("\0 \t,;\ufeff")]
    if len(lines) < 2 and len(peek.head) < 4096 and peek.json is None and not peek.xml_root:
        what = "holds one line only" if lines else "is empty"
        raise ProjectError(
            f"{path} {what}, so there is nothing to import. Export the labels again, or choose another file."
        )
    if peek.json is not None or peek.xml_root:
        raise Unsaid(
            f"{path} is {'JSON' if peek.json is not None else 'XML'} of no tool whose labels are read. {_TOOLS}",
            "format",
        )
    positions = said_of_positions(peek)
    if positions is not None:  # a person may know of a column that names behaviours
        raise Unsaid(positions, "format")
    raise Unsaid(
        f"{path} is in no known format: no column video (a table of clips), no columns Time and Behavior, Start (s) "
        f"and Stop (s), or time, subject and code (BORIS), and no column that holds only 0 and 1 (a table of frames). {_TOOLS}",
        "format",
    )


def _refuse(sentence: str | None) -> None:
    if sentence is not None:
        raise ProjectError(sentence)


_TOOLS = "Name the tool that wrote it (--format), or export its labels again."


def read_foreign(
    path: Path,
    kind: str | None = None,
    columns: Sequence[str] | None = None,
    video: str | None = None,
    unite_case: bool = False,
) -> ForeignTable:
    """Read a file of another tool.

    Parameters
    ----------
    path : Path
    kind : str, optional
        A key of :data:`~foreign.NAMES`; by default told by the content.
    columns : sequence of str, optional
        Behaviours of a table of frames, see :func:`read_frame_table`.
    video : str, optional
        The video of a file that names none.
    unite_case : bool
        Whether behaviours that differ by capitals only are one.

    Raises
    ------
    ProjectError
        The file is in none of these formats.
    """
    kind = kind or kind_of(path)
    for reader in READERS:
        if reader.kind == kind:
            return reader.read(path, Options(columns, video, unite_case))
    raise ProjectError(f"{path} is a table of clips, which needs no translation.")
