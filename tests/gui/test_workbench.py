import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog, QLineEdit

from actiondiff_gui.gui.app import open_in
from actiondiff_gui.gui.project import menu as projects
from actiondiff_gui.gui.timeline.dock import TimelineDock
from actiondiff_gui.gui.workbench import TIMELINE, ProjectButton


@pytest.fixture
def bench(host):
    return open_in(host.viewer)


def drop(host, *paths) -> None:
    """Drop files on the window, as a file manager does."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    # Qt gives a drop to whoever took the drag that came before it.
    QApplication.sendEvent(host.viewer.window._qt_viewer, QDragEnterEvent(QPoint(50, 50), *how))
    QApplication.sendEvent(host.viewer.window._qt_viewer, QDropEvent(QPointF(50, 50), *how))


def test_the_plugin_menu_opens_the_workbench_and_each_dock_alone(make_napari_viewer, home):
    import npe2

    manager = npe2.PluginManager.instance()
    if "actiondiff-gui" not in manager:
        manager.register(npe2.PluginManifest.from_distribution("actiondiff-gui"))
    viewer = make_napari_viewer()
    for name in ("Workbench", "Clips", "Features", "Map", "Overlays", "Ethogram", "Timeline"):
        viewer.window.add_plugin_dock_widget("actiondiff-gui", name)
    assert len(viewer.window.dock_widgets) >= 6


def test_docks_from_the_menu_are_tabs_of_each_other_in_a_window_that_does_not_grow(
    make_napari_viewer, home, wait
):
    import npe2

    manager = npe2.PluginManager.instance()
    if "actiondiff-gui" not in manager:
        manager.register(npe2.PluginManifest.from_distribution("actiondiff-gui"))
    viewer = make_napari_viewer(show=True)
    window = viewer.window._qt_window
    window.resize(1280, 800)
    QTest.qWait(50)
    docks = []
    for name in ("Clips", "Map", "Overlays", "Train"):
        dock, content = viewer.window.add_plugin_dock_widget("actiondiff-gui", name)
        docks.append(dock)
        QTest.qWait(50)
        assert content.findChild(ProjectButton) is not None
    wait(lambda: len(window.tabifiedDockWidgets(docks[0])) == len(docks) - 1)
    assert window.height() <= 800
    assert TIMELINE in viewer.window.dock_widgets
    assert len(window.findChildren(TimelineDock)) == 1
    assert docks[-1].widget().isVisible()


def test_opening_the_workbench_imports_nothing_heavy(tmp_path):
    program = textwrap.dedent(
        """
        import sys
        import napari
        viewer = napari.Viewer(show=False)
        from actiondiff_gui.gui.app import open_in
        bench = open_in(viewer)
        for place in range(bench.tabs.count()):
            bench.tabs.setCurrentIndex(place)
        print(sorted({"torch", "diffusers", "transformers", "umap", "sklearn", "matplotlib"} & set(sys.modules)))
        viewer.close()
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**__import__("os").environ, "ACTIONDIFF_GUI_HOME": str(tmp_path)},
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_opening_it_twice_gives_one_workbench(bench, host):
    from actiondiff_gui.gui.plugin import open_workbench

    docked = set(host.viewer.window.dock_widgets)
    open_workbench(host.viewer)
    assert set(host.viewer.window.dock_widgets) == docked


def test_dropped_videos_become_clips_of_a_new_project(bench, host, wait, videos, home):
    drop(host, *videos[:2])
    wait(lambda: len(host.session.table) == 2 and not host.jobs.active())
    assert host.session.project.path.is_relative_to(home)
    assert {row.video_name for row in host.session.table} == {video.name for video in videos[:2]}
    assert "2 videos" in host.viewer.status


def test_a_dropped_project_opens(bench, host, wait, project_file):
    drop(host, project_file)
    wait(lambda: host.session.project is not None)
    assert host.session.project.path == project_file


def test_a_dropped_picture_is_left_to_napari(bench, host, tmp_path):
    import imageio.v3 as imageio

    picture = tmp_path / "picture.png"
    imageio.imwrite(picture, np.zeros((8, 8), np.uint8))
    drop(host, picture)
    assert host.session.project is None
    assert [layer.name for layer in host.viewer.layers] == ["picture"]


def test_a_broken_video_is_told_and_the_others_go_in(bench, host, wait, videos, tmp_path):
    from actiondiff_gui.gui.project.import_report import ImportReportDialog

    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a video at all")
    projects.add_files(host, [broken, videos[0]])
    wait(lambda: len(host.session.table) == 1 and not host.jobs.active())
    (told,) = [
        w for w in QApplication.topLevelWidgets() if isinstance(w, ImportReportDialog) and w.host is host
    ]
    assert "broken.mp4" in told.text()
    told.close()


def test_the_sample_opens_with_all_its_clips(bench, host, wait):
    projects.open_sample(host)
    wait(lambda: host.session.project is not None, 120)
    assert len(host.session.table) == 216
    assert host.session.domain == "species"
    assert "arena.mp4" in {video.path.name for video in host.session.videos.values()}


def test_the_sample_menu_opens_the_workbench_with_the_sample(make_napari_viewer, home, wait):
    import npe2

    from actiondiff_gui.gui.host import host_of

    manager = npe2.PluginManager.instance()
    if "actiondiff-gui" not in manager:
        manager.register(npe2.PluginManifest.from_distribution("actiondiff-gui"))
    viewer = make_napari_viewer()
    viewer.open_sample("actiondiff-gui", "creatures")
    wait(lambda: host_of(viewer).session.project is not None, 120)
    assert len(host_of(viewer).session.table) == 216
    assert not viewer.layers
    assert "ActionDiff" in viewer.window.dock_widgets


def test_a_workbench_from_naparis_menu_is_the_one_that_the_sample_opens_in(host):
    import npe2

    from actiondiff_gui.gui.plugin import open_workbench
    from actiondiff_gui.gui.workbench import Workbench

    manager = npe2.PluginManager.instance()
    if "actiondiff-gui" not in manager:
        manager.register(npe2.PluginManifest.from_distribution("actiondiff-gui"))
    host.viewer.window.add_plugin_dock_widget("actiondiff-gui", "Workbench")
    open_workbench(host.viewer)
    assert len(host.window.findChildren(Workbench)) == 1


def test_the_address_bar_leads_and_follows(bench, pets):
    bar, session = bench.address_bar, pets.session
    assert bar.timestep.value() == bar.description.default_timestep.index
    bar.timestep.setValue(5)
    assert session.address.timestep == "t5"
    assert "sigma" in bar.timestep_text.text()
    session.set_address(layers=(3,))
    assert bar.layers.layers == (3,)
    session.set_domain(None)
    assert bar.domain.currentData() is None


def test_layers_side_by_side_and_pooling_are_chosen_in_the_bar(bench, host, pets):
    bar, session = bench.address_bar, pets.session
    session.set_address(layers=(9,), pooling="mean")
    told = []
    session.address_changed.connect(lambda: told.append((session.address.layers, session.address.pooling)))
    tree = bar.layers.list.tree
    bar.layers.popup.popup(QPoint(0, 0))
    for layer in (3, 6):
        tree.topLevelItem(layer - 1).setCheckState(0, Qt.CheckState.Checked)
    assert told == [], "nothing is read anew while boxes are ticked"
    bar.layers.popup.close()
    assert told == [((3, 6, 9), "mean")]
    assert bar.layers.text().strip() == "3, 6, 9"
    assert not bar.change.isChecked()
    bar.change.click()
    assert told[1:] == [((3, 6, 9), "mean+change")]
    assert pets.session.project.setting("address")["layers"] == [3, 6, 9]
    # A row is that layer alone, and closes the list.
    bar.layers.popup.popup(QPoint(0, 0))
    tree.scrollToItem(tree.topLevelItem(4))
    box = tree.visualItemRect(tree.topLevelItem(4))
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(120, box.center().y()))
    assert not bar.layers.popup.isVisible()
    assert told[2:] == [((5,), "mean+change")]
    # Without any layer nothing changes.
    bar.layers.popup.popup(QPoint(0, 0))
    tree.topLevelItem(4).setCheckState(0, Qt.CheckState.Unchecked)
    bar.layers.popup.close()
    assert len(told) == 3
    assert bar.layers.list.checked() == [5]


def test_a_deeper_schedule_follows_the_backbone(bench, pets):
    pets.session.set_address(backbone="svd", timestep="", layers=())
    assert bench.address_bar.timestep.maximum() == 24


def test_the_video_reader_gives_frames_as_they_are_asked_for(videos):
    from actiondiff_gui.gui.plugin import get_reader
    from actiondiff_gui.video.reader import VideoReader

    ((data, options, kind),) = get_reader(str(videos[0]))(str(videos[0]))
    assert kind == "image"
    assert options["rgb"]
    with VideoReader(videos[0]) as reader:
        np.testing.assert_array_equal(data[7], reader.read(7))
    assert get_reader("notes.txt") is None


def test_closing_the_window_closes_the_project_and_all_threads(make_napari_viewer, home, wait, project_file):
    from actiondiff_gui.gui.host import host_of

    before = set(threading.enumerate())
    viewer = make_napari_viewer()
    host = host_of(viewer)
    open_in(viewer, project_file)
    wait(lambda: host.session.project is not None)
    host.session.open_clip(host.session.table.rows[0].id)
    wait(lambda: not host.player.why_no_picture())
    host.player.play()
    viewer.close()
    assert host.session.project is None
    assert set(threading.enumerate()) <= before


def test_the_tab_and_the_sizes_of_last_time_come_back(make_napari_viewer, home, wait):
    from actiondiff_gui.gui.host import host_of

    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(1400, 900)
    bench = open_in(viewer)
    bench.tabs.setCurrentIndex(2)
    wait(lambda: bench.width() == 500)
    viewer.window._qt_window.resizeDocks([bench.parentWidget()], [620], Qt.Orientation.Horizontal)
    wait(lambda: bench.width() == 620)
    host_of(viewer).close()
    viewer.close()
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(1400, 900)
    again = open_in(viewer)
    assert again.tabs.currentIndex() == 2
    wait(lambda: again.width() == 620)


def test_after_an_import_the_next_key_is_the_players(bench, host, wait, videos, tmp_path):
    host.window.resize(1200, 800)
    host.window.show()
    host.window.activateWindow()
    QTest.qWaitForWindowActive(host.window)
    field = bench.tabs.currentWidget().findChild(QLineEdit)
    projects.add_files(host, [videos[1]])
    if field is not None:
        field.setFocus()
    wait(lambda: len(host.session.table) == 1 and not host.jobs.active())
    host.session.project.add_action("walk")
    host.session.reread_actions()
    host.session.open_video(host.session.table.rows[0].video_id)
    wait(lambda: not host.player.why_no_picture())
    assert QApplication.focusWidget() is host.viewer.window._qt_viewer.canvas.native
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Period)
    assert host.session.frame == 1
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_1)
    assert host.session.open_bouts == {"walk": 1}


@pytest.mark.parametrize(
    ("typed", "made"),
    [
        ("mice trial 2.1", "mice trial 2.1.actiondiff"),
        ("mice.actiondiff", "mice.actiondiff"),
        ("mice", "mice.actiondiff"),
    ],
)
def test_a_new_project_gets_its_ending_also_behind_a_dot(host, wait, tmp_path, monkeypatch, typed, made):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / typed), ""))
    projects.ask_new(host)
    wait(lambda: host.session.project is not None)
    assert host.session.project.path == tmp_path / made
    assert (tmp_path / made).is_file()
