"""The steps of docs/coming_from_boris.md and docs/coming_from_jabs_deepethogram.md, followed in the workbench."""

import gzip
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialog, QFileDialog, QPushButton

from actiondiff_gui.cli import main
from actiondiff_gui.gui.app import open_in
from actiondiff_gui.gui.workbench import ProjectButton
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Modifier
from tests.gui.numbered import numbered_video

DOCS = Path(__file__).resolve().parents[2] / "docs"


def boris(path: Path) -> None:
    fields = {"type": "State event", "description": "", "color": "", "category": "", "coding map": ""}
    side = {"0": {"name": "side", "type": 0, "values": ["left", "right"]}}
    behaviours = [
        {**fields, "code": "walk", "key": "w", "excluded": "rest", "modifiers": {}},
        {**fields, "code": "rest", "key": "W", "excluded": "walk", "modifiers": side},
        {**fields, "code": "call", "key": "c", "excluded": "", "modifiers": {}, "type": "Point event"},
    ]
    events = [[0.5, "m1", "walk", "", ""], [1.25, "m1", "walk", "", "slow"], [2.0, "", "call", "", ""]]
    observation = {"file": {"1": ["a.mp4"]}, "type": "MEDIA", "events": events, "time offset": 0}
    made = {
        "behaviors_conf": {str(n): each for n, each in enumerate(behaviours)},
        "subjects_conf": {"0": {"key": "1", "name": "m1", "description": ""}},
        "observations": {"one": {**observation, "independent_variables": {"dose": "5"}}},
    }
    text = json.dumps(made).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)


def jabs(path: Path) -> None:
    blocks = [{"start": 25, "end": 49, "present": True}, {"start": 60, "end": 69, "present": False}]
    path.write_text(json.dumps({"file": "a.mp4", "num_frames": 90, "labels": {"0": {"walk": blocks}}}))


def deepethogram(path: Path) -> None:
    said = [-1 if n >= 60 else int(20 <= n < 40) for n in range(90)]
    rows = "".join(f"{n},{-1 if s < 0 else 1 - s},{s}\n" for n, s in enumerate(said))
    path.write_text(",background,rear\n" + rows)


@pytest.fixture
def film(host, tmp_path):
    """Return a workbench with a project of one recording of 90 numbered frames, called a.mp4."""
    path = tmp_path / "film.actiondiff"
    with Project.create(path) as project:
        run(import_videos(project, [numbered_video(tmp_path / "a.mp4", 90)]))
        project.remove_clip([clip.id for clip in project.clips()])
    open_in(host.viewer)
    host.session.open_project(path)
    return host


def dropped(host, path: Path, wait) -> QDialog:
    """Drop a file on the window, and return the dialog that asks about it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(host.viewer.window._qt_viewer, QDragEnterEvent(QPoint(50, 50), *how))
    QApplication.sendEvent(host.viewer.window._qt_viewer, QDropEvent(QPointF(50, 50), *how))

    def there() -> list[QDialog]:
        found = host.window.findChildren(QDialog)
        return [w for w in found if type(w).__name__ == "ImportTableDialog" and w.isVisible()]

    wait(there)
    (dialog,) = there()
    wait(lambda: dialog.planned is not None)
    return dialog


def bouts(session) -> list[tuple]:
    return sorted(
        (row.start, row.end, row.subject, row.label or f"not {', '.join(row.denied)}")
        for row in session.table
    )


DROPS = {
    "lab.boris": (boris, [(15, 37, "m1", "walk"), (60, 61, "", "call")]),
    "lab.boris.gz": (boris, [(15, 37, "m1", "walk"), (60, 61, "", "call")]),
    "a.json": (jabs, [(25, 50, "0", "walk"), (60, 70, "0", "not walk")]),
    "a_labels.csv": (deepethogram, [(20, 40, "", "rear")]),
}


@pytest.mark.parametrize("name", DROPS)
def test_labels_of_other_tools_are_dropped_on_the_window(film, wait, tmp_path, name):
    make, expected = DROPS[name]
    make(tmp_path / name)
    dialog = dropped(film, tmp_path / name, wait)
    assert bouts(film.session) == []
    dialog.ok.click()
    wait(lambda: not film.jobs.active())
    found = bouts(film.session)
    fps = next(iter(film.session.videos.values())).fps
    if make is boris:
        assert found == [
            (round(0.5 * fps), round(1.25 * fps), "m1", "walk"),
            (round(2 * fps), round(2 * fps) + 1, "", "call"),
        ]
        (video,) = film.session.videos.values()
        assert video.facets["dose"] == "5"
    else:
        assert [row for row in found if not row[3].startswith("not rear")] == expected


def test_the_ethogram_of_boris_is_taken_over_and_goes_back_as_a_project(film, wait, tmp_path, monkeypatch):
    from actiondiff_gui.gui.project.actions_dialog import ActionsDialog

    boris(tmp_path / "lab.boris")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "lab.boris"), ""))
    dialog = ActionsDialog(film)
    dialog.open()
    button = next(b for b in dialog.findChildren(QPushButton) if b.text() == "From a project...")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    known = {action.name: action for action in film.session.actions}
    assert (known["walk"].key, known["rest"].key) == ("W", "Shift+W")
    assert known["walk"].group == known["rest"].group != ""
    assert known["call"].point
    assert known["rest"].modifiers == (Modifier("side", "single", ("left", "right")),)
    dialog.close()
    (video,) = film.session.videos
    film.session.project.label(film.session.project.add_clip(video, 10, 20).id, "walk", by="Ada")
    film.session.close_project()
    out = tmp_path / "back.boris"
    asked = ["export", str(tmp_path / "film.actiondiff"), "--format", "boris-project", "--out", str(out)]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    made = json.loads(out.read_text())
    assert len(made["observations"]) == 1
    assert {each["code"] for each in made["behaviors_conf"].values()} >= {"walk"}


def test_every_entry_of_a_menu_that_the_pages_name_is_there(film):
    from actiondiff_gui.gui.project.actions_dialog import ActionsDialog

    (button,) = film.window.findChildren(ProjectButton)
    button._fill()
    there = [action.text() for action in button.menu().actions()]
    dialog = ActionsDialog(film)
    there += [each.text() for each in dialog.findChildren(QPushButton)]
    dialog.deleteLater()
    named = set()
    for page in ("coming_from_boris.md", "coming_from_jabs_deepethogram.md", "workbench.md", "ethogram.md"):
        text = (DOCS / page).read_text(encoding="utf-8")
        for name in re.findall(r"Project menu > \*?([A-Z][\w ]+?)(?:\.\.\.|\*|[,);.]|$)", text, re.MULTILINE):
            named.add(name)
            assert any(each.startswith(name) for each in there), f"{page}: {name}"
    assert {"Actions", "Subjects", "Labelling as"} <= named
