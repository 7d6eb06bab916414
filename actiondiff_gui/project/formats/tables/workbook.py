"""Sheets of a workbook (.xlsx, .ods) as tab-separated text."""

import csv
import datetime
import io
import math
import re
import zipfile
import zlib
from pathlib import Path

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.inputs import regular_file

WORKBOOKS = (".xlsx", ".xlsm", ".ods")
MOST_BYTES = 1 << 28
"""A workbook may unpack to so many bytes."""
MOST_CELLS = 20_000_000
"""A sheet may have so many cells, empty ones too: one cell far out makes all before it."""


def is_workbook(data: bytes) -> bool:
    """Return whether a file's content is that of a workbook: a ZIP archive, or one of Excel's before 2007."""
    return data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


def sheet_texts(path: Path) -> list[str]:
    """Return the sheets, at least one, as text separated by tabs, line by line as in the workbook.

    Raises
    ------
    ProjectError
        It is no workbook that can be read.
    """
    try:
        if regular_file(path, ProjectError, "a workbook of labels").stat().st_size > MOST_BYTES:
            raise ProjectError(
                f"{path} is too large for a workbook of labels. Save the sheet that is meant as .csv."
            )
        data = path.read_bytes()
        if not data.startswith(b"PK"):
            raise ProjectError(f"{path} is a workbook of Excel before 2007. Save it as .xlsx or .csv.")
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            entries = packed.infolist()
            size = sum(entry.file_size for entry in entries)
            if size > MOST_BYTES:
                raise ProjectError(
                    f"{path} unpacks to {size / 1e9:.1f} GB. Save the sheet that is meant as .csv."
                )
            cells = max((_extent(packed.read(entry)) for entry in entries), default=0)
    except (
        zipfile.BadZipFile,
        zlib.error,
        ValueError,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise ProjectError(f"{path} is damaged: {error}. Save it again as .xlsx or .csv.") from error
    if cells > MOST_CELLS:
        raise ProjectError(
            f"{path} has a sheet of {cells:,} cells up to the last one with something in it; at most {MOST_CELLS:,} are read. Delete "
            "what lies far below or to the right of the labels, or save the labels as .csv."
        )
    import pandas as pd

    try:
        with pd.ExcelFile(io.BytesIO(_plain_cells(data))) as book:
            frames = [
                book.parse(name, header=None, dtype=object, na_filter=False) for name in book.sheet_names
            ]
    except Exception as error:  # the readers raise whatever the XML makes them stumble over
        raise ProjectError(
            f"{path} cannot be read as a workbook ({error}). Save it again as .xlsx, .ods or .csv."
        ) from error
    return [_text(frame.to_numpy(dtype=object).tolist()) for frame in frames] or [""]


def _extent(xml: bytes) -> int:
    """Return how many cells the largest sheet in a part of a workbook has, up to its last cells with something in them."""
    largest = row = column = rows = columns = 0
    for found in _PARTS.finditer(xml):
        kind, said = found[1] or found[2], found[3]
        place, again = _PLACE.search(said), _AGAIN.search(said)
        times = int(again[1]) if again else 1
        if kind == b"table":  # of an .ods, which has all sheets in one part
            row = rows = columns = 0
        elif kind in (b"row", b"table-row"):
            row, column = (int(place[2]) if place else row + times), 0
        else:
            column = _column(place[1]) if place and place[1] else column + times
            row = int(place[2]) if place else row
            if not said.endswith(b"/") or b"office:value=" in said:
                rows, columns = max(rows, row), max(columns, column)
                largest = max(largest, rows * columns)
    return largest


_PARTS = re.compile(
    rb"<(?:table:(table|table-row|(?:covered-)?table-cell)|(?:\w+:)?(row|c))(?=[\s/>])([^>]*)>"
)
_PLACE = re.compile(rb"""\sr=["']([A-Z]{0,3})(\d{1,9})["']""")
_AGAIN = re.compile(rb'number-(?:rows|columns)-repeated="(\d{1,9})"')


def _column(letters: bytes) -> int:
    """Return the number of a column that is named by letters: 1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number


def _plain_cells(data: bytes) -> bytes:
    """Return an .ods with cells as pandas reads them: times as seconds (it reads what is shown, without fractions), and no "void".

    BORIS writes its empty cells as "void".
    """
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        names = packed.namelist()
        if "content.xml" not in names or "mimetype" not in names:
            return data
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as again:
            for name in names:
                content = packed.read(name)
                again.writestr(name, _CELL.sub(_plain_cell, content) if name == "content.xml" else content)
    return out.getvalue()


_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b[^>]*>")
_TIME = re.compile(rb'office:time-value="(-?)PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d*)?)S)?"')


def _plain_cell(found: re.Match[bytes]) -> bytes:
    cell = found[0].replace(b' office:value-type="void"', b"")
    time = _TIME.search(cell)
    if time is None:
        return cell
    sign, hours, minutes, seconds = time.groups()
    value = 3600 * int(hours or 0) + 60 * int(minutes or 0) + float((seconds or b"0").replace(b",", b"."))
    written = f'office:value="{-value if sign else value!r}"'.encode()
    return cell.replace(b'value-type="time"', b'value-type="float"').replace(time[0], written)


_DAY_0 = datetime.datetime(1899, 12, 31)
_FIRST_DATE = datetime.datetime(1900, 3, 1)
"""From here on Excel's days are one off: it knows a 29th of February 1900."""


def _text(rows: list[list[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows([[_cell(v) for v in row] for row in rows])
    return out.getvalue()


def _cell(value: object) -> str:
    if value is None or value is False or value is True:
        return "" if value is None else str(int(value))
    if isinstance(value, float):
        return (
            ""
            if math.isnan(value)
            else str(int(value))
            if value.is_integer() and abs(value) < 1e15
            else repr(value)
        )
    if isinstance(value, datetime.timedelta):
        return repr(value.total_seconds())
    if isinstance(value, datetime.time):  # a cell in the format h:min:s
        return value.isoformat()
    if isinstance(value, datetime.datetime) and value < _FIRST_DATE:  # 24 h and more in the format h:min:s
        return repr((value - _DAY_0).total_seconds())
    return " ".join(str(value).splitlines())
