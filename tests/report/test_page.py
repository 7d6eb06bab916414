import base64
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from actiondiff_gui.errors import AnalysisError, OutputError
from actiondiff_gui.report.page import Picture, Section, Table, report_html, versions, write_report


class Reader(HTMLParser):
    """Collects tags with their attributes and the text, and checks that tags are closed in order."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text, self.open = [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "map.png"
    Image.new("RGB", (4, 3), "red").save(path)
    return path


def test_pictures_are_embedded_byte_for_byte_and_nothing_is_loaded_from_elsewhere(picture):
    html = report_html("Report", [Section("Map", figures=[Picture(picture, "A map", "Three clusters")])])
    reader = Reader(html)

    (image,) = reader.all("img")
    kind, data = image["src"].split(",", 1)
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data) == picture.read_bytes()
    assert image["alt"] == "Three clusters"
    assert "A map" in reader.text
    assert not reader.all("script") + reader.all("link")
    assert "http" not in html.replace("http-equiv", "")


def test_text_from_others_stays_text(picture):
    evil = '<script>alert(1)</script> & "quotes" \' </style>'
    html = report_html(
        evil,
        [Section(evil, [evil], [Picture(picture, evil)], [Table([evil], [[evil]], evil)], [evil])] * 3,
        evil,
        {evil: evil},
        {evil: [evil]},
        {evil: evil},
    )
    reader = Reader(html)

    assert not reader.all("script")
    assert {tag for tag, _ in reader.tags if tag in ("style",)} == {"style"}
    assert "".join(reader.text).count(evil) >= 20
    assert all(attributes["alt"] == evil for attributes in reader.all("img"))


def test_numbers_stand_at_the_right_and_unknown_ones_are_a_dash():
    rows = [["fish", 0.68449, 48, None], ["fly", float("nan"), np.int64(3), np.float32(0.5)]]
    reader = Reader(
        report_html("Report", [Section("Scores", tables=[Table(["domain", "a", "n", "b"], rows)])])
    )

    cells = [text for text in reader.text if text.strip()]
    start = cells.index("fish")
    assert cells[start : start + 8] == ["fish", "0.684", "48", "–", "fly", "–", "3", "0.500"]
    assert [attributes.get("class") for attributes in reader.all("td")] == [None, *["number"] * 3] * 2


def test_the_end_names_settings_provenance_and_versions():
    reader = Reader(
        report_html(
            "Report", [], settings={"layers": [1, 2], "noise": False, "C": 10.0}, provenance={"project": "x"}
        )
    )
    text = "\n".join(reader.text)

    for expected in ("layers", "1, 2", "noise", "no", "10", "project", "numpy", np.__version__, "python"):
        assert expected in text.split("\n")


def test_packages_that_are_missing_are_not_named():
    assert "surely-not-installed" not in versions(["surely-not-installed", "numpy"])
    assert versions(["numpy"])["numpy"] == np.__version__


def test_contents_lead_to_sections_even_of_one_title():
    reader = Reader(report_html("Report", [Section("Äpfel & so"), Section("Äpfel & so"), Section("")]))

    targets = [attributes["href"][1:] for attributes in reader.all("a")]
    assert targets == [attributes["id"] for attributes in reader.all("section")][:3]
    assert len(set(targets)) == 3


def test_a_file_that_is_no_picture_or_is_missing_is_named(tmp_path):
    (tmp_path / "notes.png").write_text("<svg onload=alert(1)>")
    for name, sentence in (("notes.png", "is not a PNG or JPEG"), ("gone.png", "could not be read")):
        with pytest.raises(AnalysisError, match=rf"{name}.*{sentence}"):
            report_html("Report", [Section("x", figures=[Picture(tmp_path / name)])])


def test_a_row_that_does_not_fit_its_table_is_refused():
    with pytest.raises(AnalysisError, match="has 1 cells where there are 2 columns"):
        report_html("Report", [Section("x", tables=[Table(["a", "b"], [[1]])])])


def test_a_report_is_written_whole_or_not_at_all(tmp_path):
    path = write_report(tmp_path / "report.html", report_html("Bericht über Fische", []))

    assert "Bericht über Fische" in path.read_text(encoding="utf-8")
    with pytest.raises(OutputError, match="there is no folder"):
        write_report(tmp_path / "missing" / "report.html", "x")
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write_report(tmp_path / "folder.html", "x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder.html", "report.html"]
