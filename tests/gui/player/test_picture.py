"""Brightness and contrast by their sliders: what is on screen changes, what features are computed from does not."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.player.picture import gamma_of, limits_of
from actiondiff_gui.video.reader import VideoReader


@pytest.fixture
def bar(timeline, pets):
    """Return the player's bar in a window with a video."""
    pets.window.activateWindow()
    assert QTest.qWaitForWindowActive(pets.window)
    return timeline.player_bar


def middle(host) -> int:
    """Return the mean of the pixels in the middle of the canvas."""
    QApplication.processEvents()
    image = host.viewer.screenshot(canvas_only=True, flash=False)
    rows, columns = image.shape[:2]
    return float(image[rows // 2 - 20 : rows // 2 + 20, columns // 2 - 20 : columns // 2 + 20, :3].mean())


def test_the_sliders_change_what_is_shown_and_reset_brings_it_back(bar, pets, videos):
    layer, before = pets.player.layer, middle(pets)
    bright, contrast = bar.picture.sliders.values()
    bar.picture.menu().popup(bar.mapToGlobal(QPoint(0, 0)))
    QApplication.processEvents()
    bright.setFocus()
    for _ in range(6):
        QTest.keyClick(bright, Qt.Key.Key_PageUp)
    assert bright.value() == 60
    assert layer.gamma == pytest.approx(gamma_of(60))
    assert bar.picture.isChecked()
    assert middle(pets) > before + 5
    for _ in range(3):
        QTest.keyClick(contrast, Qt.Key.Key_PageDown)
    assert tuple(layer.contrast_limits) == pytest.approx(limits_of(-30))
    # The frames themselves, as features and exports read them, are the file's.
    with VideoReader(pets.session.videos[pets.session.video].path) as reader:
        np.testing.assert_array_equal(np.asarray(layer.data[12]), reader.read(12))
    QTest.mouseClick(bar.picture.reset, Qt.MouseButton.LeftButton)
    assert (layer.gamma, tuple(layer.contrast_limits)) == (1.0, (0.0, 255.0))
    assert not bar.picture.isChecked()
    assert middle(pets) == pytest.approx(before, abs=1)
    bar.picture.menu().close()


def test_the_next_video_is_shown_alike_also_in_a_new_layer(bar, pets, wait):
    session = pets.session
    bar.picture.sliders["Brightness"].setValue(40)
    session.open_clip(session.table.rows[0].id)
    wait(lambda: not session.why_no_picture())
    assert pets.player.layer.gamma == pytest.approx(gamma_of(40))
    pets.viewer.layers.remove(pets.player.layer)
    session.open_clip(session.table.rows[2].id)
    wait(lambda: not session.why_no_picture())
    assert pets.player.layer.gamma == pytest.approx(gamma_of(40))


def test_the_sliders_stand_where_the_layers_own_controls_have_it(bar, pets):
    pets.player.layer.gamma = 0.5
    pets.player.toggle()
    pets.player.toggle()
    bar.picture.menu().popup(bar.mapToGlobal(QPoint(0, 0)))
    assert bar.picture.sliders["Brightness"].value() == 50
    bar.picture.menu().close()


def test_the_setting_says_that_features_stay_as_they_are(bar):
    assert "Features, overlays and exports use the recording as it is." in bar.picture.toolTip()
