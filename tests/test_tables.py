"""Tables are safe in spreadsheets and read back unchanged."""

import ast
import csv
import io
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

import actiondiff_gui
from actiondiff_gui.errors import ProjectError
from actiondiff_gui.progress import run
from actiondiff_gui.project import checks
from actiondiff_gui.project.formats.imports.clip_table import import_clip_table
from actiondiff_gui.project.formats.tables.table import read_table
from actiondiff_gui.project.formats.writers.bouts import write_boris, write_bouts
from actiondiff_gui.project.formats.writers.clip_table import export_clip_table
from actiondiff_gui.project.formats.writers.frame_table import write_deepethogram, write_frames
from actiondiff_gui.project.formats.writers.frame_times import FrameTimes
from actiondiff_gui.project.formats.writers.named_bout import NamedBout, Told
from actiondiff_gui.project.project import Project
from actiondiff_gui.tables import cell_of, decimal, records_text, table_text, text_of
from tests.conftest import write_video

RUN = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
NAMES = st.text(alphabet=st.sampled_from("=+-@'!; \tab1\"\uff1d"), min_size=1, max_size=5) | st.text(
    max_size=8
)


def runs(cell: str) -> bool:
    """Whether a spreadsheet may take a cell for more than text."""
    return cell != "-" and (cell.startswith(RUN) or cell.lstrip().startswith(RUN))


@given(NAMES)
@example("'")
@example("'=1")
@example("''")
@example(" =1")
@example("-")
@example("'-")
@example(" -")
def test_every_text_is_shown_as_text_and_comes_back(text):
    cell = cell_of(text)
    assert not runs(cell)
    assert text_of(cell) == text
    if not runs(text) and not text.lstrip().startswith("'"):
        assert cell == text


@given(st.lists(NAMES, min_size=1, max_size=4), st.sampled_from(",;\t"))
@example(["\r"], ",")
@example(["a\rb", "c"], ";")
def test_every_row_comes_back_from_its_text(cells, delimiter):
    text = table_text([cells], delimiter)
    (found,) = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    assert list(map(text_of, found)) == cells


def test_numbers_stay_numbers():
    rows = [[-1, -0.5, decimal(-0.25, 3), "-0.25"]]
    assert table_text(rows) == "-1,-0.5,-0.250,'-0.25\n"
    assert records_text([{"a": -1}, {"=b": "+c"}]) == "a,'=b\n-1,\n,'+c\n"


def allowed(check):
    def may(value: str) -> bool:
        try:
            check(value)
        except ProjectError:
            return False
        return True

    return may


ACTIONS = NAMES.filter(allowed(checks.action_name)).map(checks.action_name)
KEYS = NAMES.filter(allowed(checks.facet_key)).map(checks.facet_key)
VALUES = NAMES.filter(allowed(lambda text: checks.text(text, "it"))).map(lambda text: checks.text(text, "it"))


@settings(max_examples=40, deadline=None)
@given(action=ACTIONS, key=KEYS, value=VALUES, subject=VALUES, group=VALUES)
@example(action="=cmd()", key="@who", value="'=1", subject="'", group="+49 30")
def test_clips_come_back_from_their_table_with_every_name(
    tmp_path_factory, action, key, value, subject, group
):
    if key.casefold() in {"start", "end"}:
        return
    folder = tmp_path_factory.mktemp("t")
    _video(folder / "@eaDir" / "a.mp4")
    with Project.create(folder / "p.actiondiff") as project:
        _fill(project, folder / "@eaDir" / "a.mp4", action, key, value, subject, group)
        export_clip_table(project, folder / "t.csv")
        before = _said(project)
    for row in csv.reader((folder / "t.csv").open(newline="", encoding="utf-8")):
        assert not any(map(runs, row))
    with Project.create(folder / "again.actiondiff") as project:
        assert run(import_clip_table(project, folder / "t.csv")).problems == ()
        assert _said(project) == before


_FILM: list[bytes] = []


def _video(path: Path) -> Path:
    """One film, written once and copied then."""
    import numpy as np

    if not _FILM:
        _FILM.append(write_video(path, np.zeros((8, 16, 16, 3), np.uint8)).read_bytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_FILM[0])
    return path


def _fill(project: Project, video: Path, action: str, key: str, value: str, subject: str, group: str) -> None:
    from actiondiff_gui.project.formats.imports.measure import measure_video

    measured = measure_video(video)
    added = project.add_video(
        video,
        frame_count=measured.frame_count,
        fps=measured.fps,
        width=measured.width,
        height=measured.height,
        fingerprint=measured.fingerprint,
        source_group=group,
    )
    clip = project.add_clip(added.id, 0, 4, subject=subject)
    project.set_facet(clip.id, key, value)
    project.label(clip.id, action)


def _said(project: Project) -> list:
    classes, matrix = project.label_matrix([clip.id for clip in project.clips()])
    clips = [(c.start, c.end, c.subject, c.facets, c.source_group) for c in project.clips()]
    return [clips, classes, matrix.tolist(), [video.path.name for video in project.videos()]]


def test_formats_of_other_tools_hold_the_real_names_and_the_table_of_bouts_is_safe(tmp_path):
    video = _video(tmp_path / "a.mp4")
    with Project.create(tmp_path / "p.actiondiff") as project:
        _fill(project, video, "=HYPERLINK()", "k", "v", "@who", "g")
        bout = NamedBout(project.videos()[0].id, 0, 4, "=HYPERLINK()", "@who", "Ada")
        told = Told(project.videos()[0], "a", FrameTimes.of_rate(24.0, 8), (bout,), {"k": "-v"})
    boris = write_boris([told], tmp_path / "b.tsv").read_text()
    assert "\t=HYPERLINK()\t" in boris
    assert "\t@who\t" in boris
    assert (
        write_frames(told, ["=HYPERLINK()"], tmp_path / "f.csv")
        .read_text()
        .startswith("frame,=HYPERLINK()\n")
    )
    assert ",=HYPERLINK()\n" in write_deepethogram(told, ["=HYPERLINK()"], tmp_path / "d.csv").read_text()
    write_bouts([told], tmp_path / "bouts.csv")
    table = read_table(tmp_path / "bouts.csv", "video")
    (row,) = (dict(zip(table.columns, cells, strict=True)) for _, cells in table.rows)
    assert (row["label"], row["subject"], row["k"]) == ("'=HYPERLINK()", "'@who", "'-v")
    with Project.create(tmp_path / "again.actiondiff") as project:
        assert run(import_clip_table(project, tmp_path / "bouts.csv")).problems == ()
        (clip,) = project.clips()
        assert (clip.subject, clip.facets["k"], project.actions()[0].name) == ("@who", "-v", "=HYPERLINK()")


def test_only_one_module_writes_tables():
    root = Path(actiondiff_gui.__file__).parent
    found = {
        file.name
        for file in root.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("writer", "DictWriter")
    }
    # The reader of workbooks makes text of a sheet in memory, for the readers of text.
    assert found == {"tables.py", "workbook.py"}
