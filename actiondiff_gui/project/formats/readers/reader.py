"""Interface of a reader: detecting its files and reading them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.project.formats.readers.contents import ForeignTable
from actiondiff_gui.project.formats.tables.table import HEADER_WITHIN, first_records


class Unsaid(ProjectError):
    """A file does not tell something that has to be said by a person.

    Attributes
    ----------
    what : {"unit", "video", "format", "columns"}
    choices : tuple of str
        For columns, those that there are.
    """

    def __init__(
        self, text: str, what: Literal["unit", "video", "format", "columns"], choices: Sequence[str] = ()
    ) -> None:
        super().__init__(text)
        self.what, self.choices = what, tuple(choices)


@dataclass(frozen=True)
class Options:
    """What a person said about a file: its behaviours, its video, and whether capitals matter."""

    columns: Sequence[str] | None = None
    video: str | None = None
    unite_case: bool = False


class Peek:
    """A file that is looked at to find out which tool wrote it; each way of looking is done at most once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.suffix = path.suffix.casefold()

    @cached_property
    def head(self) -> bytes:
        """The first 4096 bytes, unpacked where they are packed by gzip.

        Raises
        ------
        ProjectError
            The file cannot be read.
        """
        import gzip
        import zlib

        try:
            with regular_file(self.path, ProjectError, "a file of labels").open("rb") as file:
                begin = file.read(4096)
            if begin.startswith(b"\x1f\x8b"):
                with gzip.open(self.path) as packed:
                    return packed.read(4096)
        except (OSError, EOFError, zlib.error) as error:
            raise ProjectError(
                f"{self.path} cannot be read: {getattr(error, 'strerror', None) or error}."
            ) from error
        return begin

    @cached_property
    def text(self) -> str:
        """The head as text without a byte order mark."""
        if self.head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return self.head.decode("utf-16", errors="replace")
        return self.head.decode("utf-8-sig", errors="replace")

    @cached_property
    def json(self) -> Any:
        """The content of a JSON file; None for a file that is none."""
        from actiondiff_gui.project.formats.readers.json_file import read_json

        if not self.text.lstrip().startswith(("{", "[")):
            return None
        try:
            return read_json(self.path)
        except ProjectError:
            return None

    @cached_property
    def xml_root(self) -> str:
        """Name of the outermost element of an XML file, "" for a file that is none."""
        import re

        text = re.sub(r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>", "", self.text, flags=re.DOTALL).lstrip()
        found = re.match(r"<([A-Za-z_][\w.-]*)", text)
        return found.group(1) if found and self.text.lstrip().startswith("<") else ""

    @cached_property
    def _records(self) -> list[list[list[str]]]:
        return first_records(self.path)

    def header(
        self, fits: Callable[[Sequence[str]], bool], within: int = HEADER_WITHIN
    ) -> tuple[str, ...] | None:
        """Return the names, in small letters, of a record of a table that fits; None where none does.

        Raises
        ------
        ProjectError
            The file is no table.
        """
        found = [
            names
            for records in self._records
            if (names := next((r for r in records[:within] if len(r) > 1 and fits(r)), None)) is not None
        ]
        return max(map(tuple, found), key=len) if found else None

    @cached_property
    def is_clips(self) -> bool:
        """Whether it is our own table of clips: a header with a column called video."""
        first = next((line.strip() for line in self.text.splitlines() if line.strip()), "")
        return (
            first.strip("\"'").casefold() == "video"
            or self.header(lambda names: "video" in names) is not None
        )


@dataclass(frozen=True)
class Reader:
    """One format of another tool.

    Attributes
    ----------
    kind : str
        Its key in :data:`~foreign.NAMES`.
    fits : callable
        Whether a file is in this format. May raise ProjectError for one that cannot be read at all.
    read : callable
        Reads a file; raises ProjectError with the name of the tool for one that is not as the tool writes it.
    last : bool
        Whether the format has so few marks of its own that our table of clips is tried before it.
    """

    kind: str
    fits: Callable[[Peek], bool]
    read: Callable[[Path, Options], ForeignTable]
    last: bool = False
