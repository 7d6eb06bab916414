"""Tables as rows of text: files separated by comma, semicolon or tab, and the sheets of workbooks."""

import codecs
import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList, Problems
from actiondiff_gui.project.formats.tables.workbook import is_workbook, sheet_texts

_DELIMITERS = ",;\t"
MOST_COLUMNS = 10_000
MOST_BYTES = 1 << 30
HEADER_WITHIN = 200
"""A header that stands below other lines is looked for in so many records."""
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CHUNK = 1 << 20
_OF_TIME = re.compile(
    r"(?!.*(?:prob|score|conf|likel)).*(?:time|start|stop|begin|onset|zeit|temps|tiempo)", re.IGNORECASE
)
_PART_OF_DAY = re.compile(r"0\.\d{7,}|\d(\.\d+)?e-\d+")
_SHORTEST_S = 0.0005


@dataclass(frozen=True)
class _Text:
    """A file that holds text: how it is encoded, and a doubt about that; or the ``content`` of a sheet of a workbook."""

    path: Path
    encoding: str
    doubt: str | None
    content: str | None = None

    def lines(self) -> Iterator[str]:
        """Lines with their ends, read lazily."""
        if self.content is not None:
            yield from io.StringIO(self.content, newline="")
            return
        try:
            with self.path.open(encoding=self.encoding, newline="") as stream:
                yield from stream
        except (OSError, UnicodeError) as error:
            raise _unreadable(self.path, error) from error


@dataclass(frozen=True)
class _Rows:
    """The rows of a table that can be read, read again at each iteration, so that none is kept in memory."""

    text: _Text
    delimiter: str
    header_line: int
    columns: int
    count: int = 0
    empty: bool = False

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        waiting: list[tuple[int, tuple[str, ...]]] = []  # empty rows count where another one follows
        for row in self.looked_at():
            if isinstance(row, Problem):
                continue
            if any(cell.strip() for cell in row[1]):
                yield from waiting
                waiting.clear()
                yield row
            elif self.empty:
                waiting.append(row)

    def looked_at(self) -> Iterator[tuple[int, tuple[str, ...]] | Problem]:
        """Rows, empty ones too, and a problem in place of each that cannot be read."""
        for line, cells in _records(self.text, self.delimiter):
            if line <= self.header_line:
                continue
            if isinstance(cells, str):
                yield Problem(self.text.path, line, cells)
            elif len(cells) < self.columns or any(cell.strip() for cell in cells[self.columns :]):
                reason = (
                    f"the row has {len(cells)} cells, but the header has {self.columns} columns. "
                    "Put quotes around a cell that holds the separator."
                )
                yield Problem(self.text.path, line, reason)
            else:
                yield line, tuple(cells[: self.columns])


@dataclass(frozen=True)
class Table:
    """A table whose columns go by name.

    Attributes
    ----------
    path : Path
    columns : tuple of str
        Names in the header without white space around them; "" for a column without a name.
    rows : sized iterable of (int, tuple of str)
        For each row its line in the file, from 1, and its cells, as many as there are columns. Read from the file
        each time.
    delimiter : str
    problems : Problems
        Rows that could not be read, and doubts about the file.
    filled : frozenset of int
        Indices of the columns that have a cell with something in it.
    above : tuple of (int, tuple of str)
        Line and cells of the records above the header.
    """

    path: Path
    columns: tuple[str, ...]
    rows: _Rows
    delimiter: str
    problems: Problems
    filled: frozenset[int]
    above: tuple[tuple[int, tuple[str, ...]], ...] = ()

    def with_empty_rows(self) -> "Table":
        """Return the table with its rows of empty cells, but for those behind the last row with something in it."""
        rows = replace(self.rows, empty=True)
        return replace(self, rows=replace(rows, count=sum(1 for _ in rows)))


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
    fitting = [text for text in sheets if _find(text, lambda names: required in names, 1, 1) is not None]
    text = (fitting or sheets)[0]
    return _with_doubt(_table(text, *_header(text, required)), len(fitting) - 1)


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
    headers = [(text, *found) for text in sheets if (found := _find(text, fits, within)) is not None]
    if headers:
        return _with_doubt(_table(*headers[0]), len(headers) - 1)
    first = _first_line(sheets[0])
    begins = f"It begins with: {first[:120]!r}." if first else "It is empty."
    raise ProjectError(f"{path} has no line with {what}. {begins} Choose another file or another format.")


def first_records(path: Path, within: int = HEADER_WITHIN) -> list[list[list[str]]]:
    """Return the names in small letters of the first records, for each sheet and each delimiter: where a header is looked for.

    Raises
    ------
    ProjectError
        The file cannot be read, is no text, or is too large.
    """
    return [
        [_small(cells) for _, cells in _narrow(text, delimiter, within)]
        for text in _sheets(path)
        for delimiter in _DELIMITERS
    ]


def _with_doubt(table: Table, more: int) -> Table:
    """Return the table with a warning about sheets that hold another one."""
    if more <= 0:
        return table
    reason = (
        f"{more} more sheets hold such a table. Only the first one was read; save each as a file of its own."
    )
    problems = ProblemList(table.problems)
    problems.append(Problem(table.path, None, reason))
    return replace(table, problems=problems.sealed())


def _find(
    text: _Text, fits: Callable[[Sequence[str]], bool], within: int = HEADER_WITHIN, cells_at_least: int = 2
) -> tuple[int, list[str], str] | None:
    """Line, cells and delimiter of the first header that fits; of several delimiters the one with most cells."""
    found = []
    for delimiter in _DELIMITERS:
        for line, cells in _narrow(text, delimiter, within):
            if len(cells) >= cells_at_least and fits(_small(cells)):
                found.append((line, cells, delimiter))
                break
    return max(found, key=lambda header: len(header[1]), default=None)


def _narrow(text: _Text, delimiter: str, within: int) -> Iterator[tuple[int, list[str]]]:
    """Line and cells of the first records, which may not be too wide for a table of behaviours."""
    for line, cells in islice(_records(text, delimiter), within):
        if len(cells) > MOST_COLUMNS and not isinstance(cells, str):
            raise ProjectError(
                f"{text.path} has {len(cells):,} columns in line {line}; at most {MOST_COLUMNS:,} are read. It is no "
                "table of behaviours; choose another file."
            )
        if not isinstance(cells, str):
            yield line, cells


def _small(cells: Sequence[str]) -> list[str]:
    return [cell.strip().casefold() for cell in cells]


def _first_line(text: _Text) -> str:
    return next((line.strip() for line in text.lines() if line.strip()), "")


def _table(text: _Text, header_line: int, header: Sequence[str], delimiter: str) -> Table:
    columns = tuple(name.strip() for name in header)
    problems = ProblemList([] if text.doubt is None else [Problem(text.path, None, text.doubt)])
    rows = _Rows(text, delimiter, header_line, len(columns))
    count, empty = 0, set(range(len(columns)))
    parts: dict[int, set[str]] = {
        n: set() for n, name in enumerate(columns) if text.content is not None and _OF_TIME.match(name)
    }
    for row in rows.looked_at():
        if isinstance(row, Problem):
            problems.append(row)
            continue
        said = any(cell.strip() for cell in row[1])
        count += said
        for index, numbers in parts.items():
            numbers.add(row[1][index].strip())
        if empty and said:
            empty -= {index for index in empty if row[1][index].strip()}
    for index, numbers in parts.items():
        if _are_parts_of_days(numbers):
            raise ProjectError(
                f"{text.path} has parts of a day instead of seconds in its column {columns[index]!r}, such as "
                f"{max(numbers, key=len)}. Give the column the format [h]:mm:ss.000 in the spreadsheet program, and save it again."
            )
    rows = _Rows(text, delimiter, header_line, len(columns), count)
    filled = frozenset(range(len(columns))) - empty
    above = []
    for line, cells in _records(text, delimiter):
        if line >= header_line:
            break
        if not isinstance(cells, str):
            above.append((line, tuple(cell.strip() for cell in cells)))
    return Table(text.path, columns, rows, delimiter, problems.sealed(), filled, tuple(above))


def _are_parts_of_days(cells: set[str]) -> bool:
    """Return whether numbers are times that a spreadsheet program keeps as parts of a day and whose format is lost.

    They are below 1, with many digits, and less than half a thousandth apart: no two frames are, in seconds.
    """
    try:
        values = sorted({float(cell) for cell in cells if cell} | {0.0})
    except ValueError:
        return False
    many = sum(_PART_OF_DAY.fullmatch(cell) is not None for cell in cells)
    close = any(after - before < _SHORTEST_S for before, after in itertools.pairwise(values))
    return many > len(values) // 2 and values[0] == 0 and values[-1] < 1 and close


def _sheets(path: Path) -> list[_Text]:
    """Return the sheets of a workbook, at least one, or a file of text as the only one."""
    try:
        regular_file(path, ProjectError, "a table")
        with path.open("rb") as stream:
            packed = is_workbook(stream.read(8))
    except OSError as error:
        raise _unreadable(path, error) from error
    if not packed:
        return [_text(path)]
    return [_Text(path, "utf-8", None, text) for text in sheet_texts(path)]


def _text(path: Path) -> _Text:
    try:
        size = regular_file(path, ProjectError, "a table").stat().st_size
        if size > MOST_BYTES:
            raise ProjectError(
                f"The table {path} is {size / 1e9:.1f} GB large; tables of up to 1 GB are read. Cut it into parts."
            )
        with path.open("rb") as stream:
            start = stream.read(4)
        for mark, encoding in _BYTE_ORDER_MARKS:
            if start.startswith(mark) and _decodes(path, encoding):
                return _Text(path, encoding, None)
        if any(b"\0" in chunk for chunk in _chunks(path)):
            raise ProjectError(f"{path} is not a text table. Export it as CSV, encoded as UTF-8.")
        if _decodes(path, "utf-8"):
            return _Text(path, "utf-8", None)
        doubt = (
            "the file is not encoded as UTF-8 and was read as Windows-1252. "
            "Check names with accents, or save the table as UTF-8 and import it again."
        )
        return _Text(path, "cp1252" if _decodes(path, "cp1252") else "latin-1", doubt)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ProjectError:
    return ProjectError(f"The table {path} cannot be read: {getattr(error, 'strerror', None) or error}.")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _header(text: _Text, required: str) -> tuple[int, list[str], str]:
    found = []
    for delimiter in _DELIMITERS:
        line, cells = next(_records(text, delimiter), (0, []))
        if not isinstance(cells, str) and required in (cell.strip().casefold() for cell in cells):
            found.append((line, cells, delimiter))
    if not found:
        raise ProjectError(
            f'{text.path} has no column named "{required}". Its first line is: {_first_line(text)[:200]!r}. '
            "Give each column its name in the first line."
        )
    return max(found, key=lambda header: len(header[1]))


def _records(text: _Text, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Line and cells of each record that is not blank; a sentence in place of cells it cannot read."""
    reader = csv.reader(text.lines(), delimiter=delimiter, strict=True, skipinitialspace=True)
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
