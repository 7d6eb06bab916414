"""The page of recordings in a real window, with videos that were moved away."""

import shutil

import pytest
from qtpy.QtCore import Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLineEdit

from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def films(host, tmp_path, videos, wait):
    """Return a window with ``cage 1/mouse.mp4``, half of it labelled, ``cage 2/mouse.mp4`` and ``b.mp4``."""
    folder = tmp_path / "films"
    places = [folder / "cage 1" / "mouse.mp4", folder / "cage 2" / "mouse.mp4", folder / "b.mp4"]
    for video, place in zip(videos, places, strict=True):
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(video, place)
    path = tmp_path / "p.actiondiff"
    with Project.create(path) as project:
        run(import_videos(project, places))
        first = project.videos()[0]
        project.remove_clip([clip.id for clip in project.clips()])
        half = first.frame_count // 2
        for start, end in ((0, half), (0, half - 1)):
            project.label(project.add_clip(first.id, start, end).id, "walk", by="Ada")
    host.session.set_annotator("Ada")
    host.session.open_project(path)
    return host


@pytest.fixture
def page(films, wait):
    from actiondiff_gui.gui.videos.dock import VideosDock

    dock = VideosDock(films)
    films.viewer.window.add_dock_widget(dock, name="")
    films.window.resize(1200, 800)
    films.window.show()
    wait(lambda: dock.model.rowCount() == 3)
    return dock


def press(host, key, held) -> None:
    host.window.activateWindow()
    QTest.qWaitForWindowActive(host.window)
    host.viewer.window._qt_viewer.canvas.native.setFocus()
    QTest.keyClick(QApplication.focusWidget() or host.window, key, held)


def answer(text: str) -> None:
    """Type a text into the dialog that is about to open, and press Enter."""

    def type_it() -> None:
        dialog = QApplication.activeModalWidget()
        field = dialog.findChild(QLineEdit)
        field.selectAll()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)

    QTimer.singleShot(200, type_it)


def cell(page, line: int, key: str) -> str:
    column = [name for name, _ in page.model.columns].index(key)
    return page.model.index(line, column).data()


def test_recordings_are_told_apart_and_how_far_they_are_labelled(page):
    assert [(cell(page, n, "name"), cell(page, n, "folder")) for n in range(3)] == [
        ("mouse.mp4", "cage 1"),
        ("mouse.mp4", "cage 2"),
        ("b.mp4", "films"),
    ]
    assert [cell(page, n, "bouts") for n in range(3)] == ["2", "", ""]
    count = page.model.rows[0].frames
    assert cell(page, 0, "labelled") == f"{count // 2 / count:.0%}"
    page.search.setText("cage 2")
    assert page.model.rowCount() == 1


def test_videos_that_were_moved_are_said_to_be_missing_and_found_in_a_folder(page, films, tmp_path, wait):
    from actiondiff_gui.gui.videos import relinking
    from actiondiff_gui.gui.videos.missing import MissingBar

    (tmp_path / "films").rename(tmp_path / "moved")
    bar = MissingBar(films)
    wait(lambda: bar.said.text() != "")
    assert bar.said.text() == "3 of 3 videos are not where the project has them."
    assert bar.find.text() == "Find them..."
    QTest.mouseClick(bar.away, Qt.MouseButton.LeftButton)
    films.session.reread()
    page.look_again()
    wait(lambda: cell(page, 0, "state") == "missing")
    assert bar.isHidden()  # said once
    told = []
    films.session.notice.connect(told.append)
    relinking.find(films, [tmp_path / "moved"])
    wait(lambda: told)
    assert told[-1] == "3 videos found in moved."
    wait(lambda: page.model.rowCount() == 3 and cell(page, 0, "state") == "there")
    wait(lambda: bar.isHidden())
    page.choose(page.model.rows[2].id)
    page.open_chosen()
    wait(lambda: not films.player.why_no_picture())
    bar.deleteLater()


def test_a_removed_video_goes_with_its_bouts_and_ctrl_z_brings_it_back(page, films, wait):
    session = films.session
    first = page.model.rows[0].id
    session.open_video(first)
    wait(lambda: not films.player.why_no_picture())
    page.choose(first)
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    assert first not in session.videos
    assert session.video is None
    assert len(session.table) == 0
    press(films, Qt.Key.Key_Z, CTRL)
    assert first in session.videos
    assert {row.label for row in session.table.rows} == {"walk"}
    session.open_video(first)
    press(films, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert first not in session.videos
    assert session.video is None
    wait(lambda: page.model.line(first) < 0)
    press(films, Qt.Key.Key_Z, CTRL)
    assert {row.label for row in session.table.rows} == {"walk"}
    assert (session.needed().path.parent / "films" / "cage 1" / "mouse.mp4").is_file()


def test_a_removed_video_is_put_back_from_the_list_of_removed_ones(page, films):
    first = page.model.rows[0].id
    page.choose(first)
    page.remove_chosen()
    page.back.menu().aboutToShow.emit()
    (entry,) = page.back.menu().actions()
    assert entry.text().startswith("mouse.mp4: 2 clips, removed")
    entry.trigger()
    assert first in films.session.videos


def test_many_recordings_get_a_metadata_field_and_one_another_name(page, films, wait):
    page.table.selectAll()
    page.key.setCurrentText("cage")
    page.value.setCurrentText("7")
    page.set.click()
    assert {video.facets["cage"] for video in films.session.videos.values()} == {"7"}
    assert {row.facets["cage"] for row in films.session.table.rows} == {"7"}
    wait(lambda: ("facet:cage", "cage") in page.model.columns)
    from actiondiff_gui.gui.videos.state import changing

    b = page.model.rows[2].id
    changing.rename(films.session, b, "trial 2")
    assert films.session.videos[b].path.name == "trial 2.mp4"
    assert films.session.videos[b].path.is_file()


def test_enter_opens_the_chosen_recording(page, films, wait):
    page.choose(page.model.rows[1].id)
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    assert films.session.video == page.model.rows[1].id


def test_a_file_with_another_content_is_said_to_be_changed_until_the_original_is_found(
    page, films, tmp_path, wait
):
    b = page.model.rows[2]
    original = shutil.copy(b.folder / b.name, tmp_path / "kept.mp4")
    shutil.copy(page.model.rows[1].folder / "mouse.mp4", b.folder / b.name)
    page.look_again()
    wait(lambda: cell(page, 2, "state") == "changed")
    assert [cell(page, n, "state") for n in range(3)] == ["there", "there", "changed"]
    assert page.count.text() == "3 videos, 1 changed"
    column = [name for name, _ in page.model.columns].index("state")
    assert "Bring the original back" in page.model.index(2, column).data(Qt.ItemDataRole.ToolTipRole)
    page.search.setText("changed")
    assert [row.id for row in page.model.rows] == [b.id]
    page.search.clear()
    told = []
    films.session.notice.connect(told.append)
    page.choose(b.id)
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    assert told[-1] == "b.mp4 is not the file that was added. Press Find... to locate the original."
    assert page.find.isEnabled()
    from actiondiff_gui.gui.videos import relinking

    relinking.find(films, [original], [b.id])
    wait(lambda: films.session.videos[b.id].path == original)
    wait(lambda: cell(page, 2, "state") == "there")


def test_a_video_is_renamed_in_the_dialog_and_ctrl_z_gives_file_and_row_the_old_name(page, films):
    b = page.model.rows[2]
    page.choose(b.id)
    answer("trial 2")
    page.name.click()
    assert films.session.videos[b.id].path.name == "trial 2.mp4"
    press(films, Qt.Key.Key_Z, CTRL)
    assert films.session.videos[b.id].path == b.folder / b.name
    assert (b.folder / b.name).is_file()
    assert not (b.folder / "trial 2.mp4").exists()
    (b.folder / "taken.mp4").write_text("a note")
    told = []
    films.session.notice.connect(told.append)
    page.choose(b.id)
    answer("taken")
    page.name.click()
    assert (b.folder / "taken.mp4").read_text() == "a note"
    assert "is there already" in told[-1]


def test_metadata_of_many_is_undone_with_ctrl_z(page, films):
    page.table.selectAll()
    page.key.setCurrentText("cage")
    page.value.setCurrentText("7")
    page.set.click()
    press(films, Qt.Key.Key_Z, CTRL)
    assert [video.facets for video in films.session.videos.values()] == [{}, {}, {}]


def test_adding_a_folder_of_moved_files_relinks_them(page, films, tmp_path, wait):
    from actiondiff_gui.gui.project import menu as projects

    before = list(films.session.videos)
    (tmp_path / "films").rename(tmp_path / "moved")
    page.look_again()
    wait(lambda: cell(page, 0, "state") == "missing")
    projects.add_files(films, [tmp_path / "moved"], "")
    wait(lambda: cell(page, 0, "state") == "there")
    assert list(films.session.videos) == before
    assert {video.path.is_relative_to(tmp_path / "moved") for video in films.session.videos.values()} == {
        True
    }
