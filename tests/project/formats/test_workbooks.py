"""Workbooks of spreadsheet programs read like tables of text."""

import datetime
import io
import zipfile

import openpyxl
import pandas as pd
import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.readers.detect import kind_of
from tests.project.formats.label_files import AS_TOLD, imported, labelled, said, tabular

ENGINES = {".xlsx": "openpyxl", ".ods": "odf"}


def sheet(text: str, numbers=("Time",)) -> pd.DataFrame:
    lines = [line.split(",") for line in text.strip().split("\n")]
    frame = pd.DataFrame(lines[1:], columns=lines[0])
    for name in numbers:
        frame[name] = frame[name].astype(float)
    return frame


@pytest.mark.parametrize("ending", ENGINES)
def test_events_of_boris_in_a_workbook(project, add_video, ending):
    add_video("a.mp4", frame_count=500)
    path = project.path.parent / f"events{ending}"
    sheet(tabular()).to_excel(path, index=False, engine=ENGINES[ending])
    assert kind_of(path) == "boris"
    assert not imported(project, path.read_bytes(), path.name).problems
    assert labelled(project) == AS_TOLD


@pytest.mark.parametrize("ending", ENGINES)
def test_tables_of_frames_and_spreadsheets_of_events_in_a_workbook(project, add_video, ending):
    add_video("a.mp4", frame_count=500)
    path = project.path.parent / f"a{ending}"
    with pd.ExcelWriter(path, engine=ENGINES[ending]) as book:
        pd.DataFrame({"time": [0.0, 0.1, 0.2], "walk": [0, 1, 0]}).to_excel(book, index=False)
    imported(project, path.read_bytes(), path.name)
    events = pd.DataFrame({"time": [1, 2.5], "subject": "", "code": "run", "modifier": "", "comment": None})
    events.to_excel(path, index=False, engine=ENGINES[ending])
    imported(project, path.read_bytes(), path.name, video="a.mp4")
    assert [(b[1:3], b[4]) for b in labelled(project)] == [((3, 5), "walk"), ((25, 62), "run")]


def test_times_in_cells_of_excel_and_sheets_that_are_not_read(project, add_video):
    add_video("a.mp4", frame_count=500)
    book = openpyxl.Workbook()
    book.active.append(["notes"])
    for title in ("one", "two"):
        page = book.create_sheet(title)
        page.append(["Observation id", "Media file name", "Behavior", "Behavior type", "Time"])
        page.append(["o1", "a.mp4", "walk", "START", datetime.time(0, 0, 1)])
        page.append(["o1", "a.mp4", "walk", "STOP", datetime.timedelta(seconds=2)])
    path = project.path.parent / "two.xlsx"
    book.save(path)
    report = imported(project, path.read_bytes(), path.name)
    assert [bout[1:3] for bout in labelled(project)] == [(25, 50)]
    assert "1 more sheets hold such a table" in said(report.problems)


@pytest.mark.parametrize("shown", ["h:mm:ss", "[h]:mm:ss", "mm:ss.000", "[$-F400]h:mm:ss AM/PM", "[ss].00"])
def test_numbers_that_are_shown_as_times_are_times(project, add_video, shown):
    """Excel keeps a time as a part of a day; also one of more than 24 hours."""
    add_video("a.mp4", frame_count=90_020 * 25)
    book = openpyxl.Workbook()
    book.active.append(["Observation id", "Media file name", "Behavior", "Behavior type", "Time"])
    for row, (what, seconds) in enumerate(
        [("START", 30.2), ("STOP", 31.0), ("START", 90_000.2), ("STOP", 90_001)]
    ):
        book.active.append(["o1", "a.mp4", "walk", what, seconds / 86_400])
        book.active.cell(row + 2, 5).number_format = shown
    path = project.path.parent / "day.xlsx"
    book.save(path)
    assert not imported(project, path.read_bytes(), path.name).problems
    assert [bout[1:3] for bout in labelled(project)] == [(755, 775), (2_250_005, 2_250_025)]


@pytest.mark.parametrize("ending", ENGINES)
def test_parts_of_a_day_that_do_not_say_so_are_not_read_as_seconds(project, add_video, ending):
    add_video("a.mp4", frame_count=500)
    path = project.path.parent / f"events{ending}"
    frame = sheet(tabular())
    frame["Time"] = frame["Time"] / 86_400
    frame.to_excel(path, index=False, engine=ENGINES[ending])
    with pytest.raises(
        ProjectError, match=r"events.* has parts of a day instead of seconds in its column 'Time'"
    ):
        imported(project, path.read_bytes(), path.name)
    assert labelled(project) == []
    thirds = pd.DataFrame({"time": [n / 30 for n in range(9)], "walk": [0, 1, 1, 0, 0, 0, 0, 1, 1]})
    thirds["walk start likelihood"] = [n / 86_400 for n in range(9)]  # a name of time, and no time
    thirds.to_excel(path, index=False, engine=ENGINES[ending])
    imported(project, path.read_bytes(), path.name, video="a.mp4", columns=("walk",))
    assert labelled(project)


def test_a_damaged_workbook_is_refused_in_a_sentence(project, tmp_path):
    path = tmp_path / "whole.xlsx"
    sheet(tabular()).to_excel(path, index=False)
    for data in (path.read_bytes()[:700], b"PK\x03\x04" + bytes(400), b"\xd0\xcf\x11\xe0" + bytes(400)):
        with pytest.raises(ProjectError, match=r"Save it"):
            imported(project, data, "broken.xlsx")


def test_empty_cells_of_boris_and_times_of_libreoffice_in_an_ods(project, add_video):
    """BORIS writes cells of the type "void"; a time is shown without its fraction."""
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    add_video("a.mp4", frame_count=500)
    book = OpenDocumentSpreadsheet()
    page = Table(name="o1")
    book.spreadsheet.addElement(page)

    def add(*cells: TableCell) -> None:
        row = TableRow()
        page.addElement(row)
        for cell in cells:
            row.addElement(cell)

    def text(value: str) -> TableCell:
        cell = TableCell(valuetype="string")
        cell.addElement(P(text=value))
        return cell

    def time(value: str, shown: str) -> TableCell:
        cell = TableCell(valuetype="time", timevalue=value)
        cell.addElement(P(text=shown))
        return cell

    def void() -> TableCell:
        return TableCell(valuetype="void")

    add(
        *map(
            text,
            ("Observation id", "Media file name", "Subject", "Behavior", "Comment", "Behavior type", "Time"),
        )
    )
    for subject, behaviour, what, seconds in (
        ("m1", "walk", "START", "PT00H00M01.000S"),
        ("m1", "walk", "STOP", "PT2S"),
        ("m2", "sniff", "START", "PT0M4.0S"),
        ("m2", "sniff", "STOP", "PT00H00M05.500S"),
    ):
        add(*map(text, ("o1", "a.mp4", subject, behaviour)), void(), text(what), time(seconds, "00:00:09"))
    path = project.path.parent / "events.ods"
    book.save(path)
    assert kind_of(path) == "boris"
    assert not imported(project, path.read_bytes(), path.name).problems
    assert labelled(project) == AS_TOLD


def changed(path, ending: str, part: str, what: bytes, into: bytes) -> bytes:
    """Return a workbook of BORIS's events in which a part says something else."""
    sheet(tabular()).to_excel(path, index=False, engine=ENGINES[ending])
    out = io.BytesIO()
    with zipfile.ZipFile(path) as packed, zipfile.ZipFile(out, "w") as again:
        for name in packed.namelist():
            content = packed.read(name)
            again.writestr(name, content.replace(what, into, 1) if name == part else content)
    return out.getvalue()


FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
REPEATED = (
    b'<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"'
    b"%s></table:table-row></table:table>"
)


@pytest.mark.parametrize(
    ("ending", "part", "what", "into"),
    [
        (".xlsx", "xl/worksheets/sheet1.xml", b"</sheetData>", FAR),
        (".ods", "content.xml", b"</table:table>", REPEATED % b"><text:p>x</text:p></table:table-cell"),
    ],
)
def test_a_cell_far_out_does_not_fill_the_memory(project, tmp_path, ending, part, what, into):
    data = changed(tmp_path / f"a{ending}", ending, part, what, into)
    with pytest.raises(ProjectError, match=r"far\.\w+ has a sheet of 17,1\d\d,\d{3},\d{3} cells"):
        imported(project, data, f"far{ending}")


def test_empty_cells_to_the_end_of_a_sheet_are_no_cells(project, add_video, tmp_path):
    add_video("a.mp4", frame_count=500)
    data = changed(tmp_path / "a.ods", ".ods", "content.xml", b"</table:table>", REPEATED % b"/")
    assert not imported(project, data, "b.ods").problems
    assert labelled(project) == AS_TOLD
