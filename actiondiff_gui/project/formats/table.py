"""Which cells does a table hold? Rows of text separated by comma, semicolon or tab, and the sheets of workbooks."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.report import Problem
from actiondiff_gui.project.formats.workbook import is_workbook, sheet_texts

_DELIMITERS = ",;\t"
MOST_COLUMNS = 10_000
MOST_BYTES = 1 << 30
HEADER_WITHIN = 200
"""A header that stands below other lines is looked for in so many records."""
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True)
class Table:
    """A table whose columns go by name.

    Attributes
    ----------
    path : Path
    columns : tuple of str
        Names in the header without white space around them; "" for a column without a name.
    rows : tuple of (int, tuple of str)
        For each row its line in the file, from 1, and its cells, as many as there are columns.
    delimiter : str
    problems : tuple of Problem
        Rows that could not be read, and doubts about the file.
    above : tuple of (int, tuple of str)
        Line and cells of the records above the header.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    delimiter: str
    problems: tuple[Problem, ...]
    above: tuple[tuple[int, tuple[str, ...]], ...] = ()


def read_table(path: Path, required: str) -> Table:
    """Read the table at ``path``.

    The delimiter is the one of comma, semicolon and tab with which the header has a column called
    ``required``, in capitals or not. Text is UTF-8 or UTF-16 if it starts with a byte order mark, else
    UTF-8; anything else is read as Windows-1252, with a problem that says so.

    Raises
    ------
    ProjectError
        The file cannot be read, is no text, or has no such column.
    """
    sheets = _sheets(path)
    for place, (text, doubt) in enumerate(sheets):
        try:
            return _table(path, text, doubt, *_header(text, required, path))
        except ProjectError:
            if place + 1 == len(sheets):
                raise
    raise ProjectError(f"{path} has no sheet.")


def find_table(
    path: Path, fits: Callable[[Sequence[str]], bool], what: str, within: int = HEADER_WITHIN
) -> Table:
    """Read the table whose header ``fits`` accepts, which may stand below some lines of other text.

    Parameters
    ----------
    path : Path
    fits : callable
        Is asked with the names of a record, stripped and in small letters, whether it is the header.
    what : str
        What columns were looked for, for the error's sentence.
    within : int
        In how many records the header is looked for.

    Raises
    ------
    ProjectError
        The file cannot be read, is no text, is too large, or has no such header.
    """
    sheets = _sheets(path)
    tables = [
        (text, doubt, *found) for text, doubt in sheets if (found := _find(text, fits, path, within)) is not None
    ]
    if tables:
        table = _table(path, *tables[0])
        if len(tables) > 1:
            reason = f"{len(tables) - 1} more sheets hold such a table. Only the first one was read; save each as a file of its own."
            table = replace(table, problems=(*table.problems, Problem(path, None, reason)))
        return table
    text = sheets[0][0] if sheets else ""
    first = text.lstrip().splitlines()[:1]
    begins = f"It begins with: {''.join(first)[:120]!r}." if first else "It is empty."
    raise ProjectError(f"{path} has no line with {what}. {begins} Choose another file or another format.")


def find_header(
    path: Path, fits: Callable[[Sequence[str]], bool], within: int = HEADER_WITHIN
) -> tuple[str, ...] | None:
    """The names, in small letters, of the first record that ``fits`` accepts as a header, or None.

    Raises
    ------
    ProjectError
        The file cannot be read, is no text, or is too large.
    """
    for text, _ in _sheets(path):
        found = _find(text, fits, path, within)
        if found is not None:
            return tuple(_small(found[1]))
    return None


def _sheets(path: Path) -> list[tuple[str, str | None]]:
    """Text of each sheet, and a doubt about it; a text file is one sheet."""
    data = _bytes(path)
    if is_workbook(data):
        return [(text, None) for text in sheet_texts(path, data)]
    return [_decode(data, path)]


def _find(
    text: str, fits: Callable[[Sequence[str]], bool], path: Path, within: int = HEADER_WITHIN
) -> tuple[int, list[str], str] | None:
    """Line, cells and delimiter of the first header that fits; of several delimiters the one with most cells."""
    found = []
    for delimiter in _DELIMITERS:
        for place, (line, cells) in enumerate(_records(text, delimiter)):
            if place >= within:
                break
            if isinstance(cells, str):
                continue
            if len(cells) > MOST_COLUMNS:
                raise ProjectError(
                    f"{path} has {len(cells):,} columns in line {line}; at most {MOST_COLUMNS:,} are read. It is no "
                    "table of behaviours; choose another file."
                )
            if len(cells) > 1 and fits(_small(cells)):
                found.append((line, cells, delimiter))
                break
    return max(found, key=lambda header: len(header[1]), default=None)


def _small(cells: Sequence[str]) -> list[str]:
    return [cell.strip().casefold() for cell in cells]


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise ProjectError(
                f"The table {path} is {size / 1e9:.1f} GB large; tables of up to 1 GB are read. Cut it into parts."
            )
        return path.read_bytes()
    except OSError as error:
        raise ProjectError(f"The table {path} cannot be read: {error.strerror or error}.") from error


def _table(
    path: Path, text: str, doubt: str | None, header_line: int, header: Sequence[str], delimiter: str
) -> Table:
    columns = tuple(name.strip() for name in header)
    problems = [] if doubt is None else [Problem(path, None, doubt)]
    rows = []
    above = []
    for line, cells in _records(text, delimiter):
        if line <= header_line:
            if line < header_line and not isinstance(cells, str):
                above.append((line, tuple(cell.strip() for cell in cells)))
            continue
        if isinstance(cells, str):
            problems.append(Problem(path, line, cells))
        elif len(cells) != len(columns):
            problems.append(
                Problem(
                    path,
                    line,
                    f"the row has {len(cells)} cells, but the header has {len(columns)} columns. "
                    "Put quotes around a cell that holds the separator.",
                )
            )
        elif any(cell.strip() for cell in cells):
            rows.append((line, tuple(cells)))
    return Table(path, columns, tuple(rows), delimiter, tuple(problems), tuple(above))


def _decode(data: bytes, path: Path) -> tuple[str, str | None]:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding), None
            except UnicodeDecodeError:
                break
    if b"\0" in data:
        raise ProjectError(f"{path} is not a text table. Export it as CSV, encoded as UTF-8.")
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        doubt = (
            "the file is not encoded as UTF-8 and was read as Windows-1252. "
            "Check names with accents, or save the table as UTF-8 and import it again."
        )
    try:
        return data.decode("cp1252"), doubt
    except UnicodeDecodeError:
        return data.decode("latin-1"), doubt


def _header(text: str, required: str, path: Path) -> tuple[int, list[str], str]:
    found = []
    for delimiter in _DELIMITERS:
        line, cells = next(_records(text, delimiter), (0, []))
        if not isinstance(cells, str) and required in (cell.strip().casefold() for cell in cells):
            found.append((line, cells, delimiter))
    if not found:
        first = text.lstrip().splitlines()[:1]
        raise ProjectError(
            f'{path} has no column named "{required}". Its first line is: {"".join(first)[:200]!r}. '
            "Give each column its name in the first line."
        )
    return max(found, key=lambda header: len(header[1]))


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Line and cells of each record that is not blank; a sentence in place of cells it cannot read."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True
    )
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, f"the row cannot be read ({error}). Check its quotation marks."
            continue
        if cells and not (line == 1 and cells[0].casefold().startswith("sep=")):  # Excel's own first line
            yield line, cells
