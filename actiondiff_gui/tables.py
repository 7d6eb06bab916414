"""Tables as text that is safe to open in a spreadsheet, and reading their cells.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula and runs it. Text cells that
begin so get an apostrophe in front (https://owasp.org/www-community/attacks/CSV_Injection), and so do those that begin
with an apostrophe themselves: :func:`text_of` undoes exactly what :func:`cell_of` did. Numbers stay numbers.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

APOSTROPHE = "'"
# The four full-width forms are taken for the same by some spreadsheets, which also pass over a tab or a line's end in
# front. A "-" alone is no formula; it stands where there is no timestep.
_RISKY = re.compile(r"\s*[=+@'\uff1d\uff0b\uff0d\uff20]|\s+-|-(?!\Z)|[\t\r\n]")


class Number(str):
    """A number that is already written as text, such as ``"-0.50"``; it is no formula."""

    __slots__ = ()


def decimal(value: float, digits: int) -> Number:
    """``value`` with so many decimals."""
    return Number(f"{value:.{digits}f}")


def cell_of(value: object) -> object:
    """Return the cell for ``value``: text that a spreadsheet would run gets an apostrophe in front."""
    if isinstance(value, str) and not isinstance(value, Number) and _RISKY.match(value):
        return APOSTROPHE + value
    return value


def text_of(cell: str) -> str:
    """Return the text for which :func:`cell_of` wrote ``cell``; any other cell is itself."""
    if cell.startswith(APOSTROPHE) and _RISKY.match(cell, 1):
        return cell[1:]
    return cell


def table_text(
    rows: Iterable[Sequence[object]], delimiter: str = ",", *, for_spreadsheets: bool = True
) -> str:
    """Return rows as delimited text.

    Parameters
    ----------
    rows : iterable of sequence
        Cells of each row; the first is usually the header.
    delimiter : str
    for_spreadsheets : bool
        False for formats that other tools define and that must hold each name as it is.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    # By itself csv quotes no carriage return, which ends a line where the table is read.
    careful = csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        cells = [cell_of(cell) for cell in row] if for_spreadsheets else list(row)
        returns = any(isinstance(cell, str) and "\r" in cell for cell in cells)
        (careful if returns else writer).writerow(cells)
    return text.getvalue()


def records_text(records: Sequence[Mapping[str, object]], columns: Sequence[str] = ()) -> str:
    """Return records with a header, as CSV text; missing values are empty.

    Columns are ``columns``, or those of all records in the order of their appearance.
    """
    names = columns or list(dict.fromkeys(name for record in records for name in record))
    return table_text([names, *([record.get(name, "") for name in names] for record in records)])
