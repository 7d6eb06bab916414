import numpy as np
import pytest
from qtpy.QtTest import QTest

from actiondiff_gui.gui.features.lists import KEY
from actiondiff_gui.gui.forms.address_bar import AddressBar
from actiondiff_gui.gui.forms.stored_steps import StepSlider


@pytest.fixture
def bar(host, zoo_file, wait):
    host.session.open_project(zoo_file)
    bar = AddressBar(host)
    host.viewer.window.add_dock_widget(bar, name="bar", area="right")
    host.window.show()
    wait(lambda: bar.stored.shares)
    yield bar
    host.viewer.window.remove_dock_widget(bar)
    bar.deleteLater()


def test_the_slider_marks_the_timesteps_with_features_at_the_layers_in_use(bar, host, wait):
    place = next(n for n, step in enumerate(bar.description.schedule) if step.key == "t20")
    assert bar.timestep.shares[place] == 1
    assert sum(bar.timestep.shares.values()) == 1
    slider = bar.timestep
    slider.ink = slider.ink.fromRgb(255, 0, 255)
    QTest.qWait(20)
    picture = slider.grab().toImage()
    y, ratio = slider.height() - 2, picture.devicePixelRatio()
    marked = [
        x
        for x in range(slider.width())
        if picture.pixelColor(round(x * ratio), round(y * ratio)).getRgb()[:3] == (255, 0, 255)
    ]
    assert np.mean(marked) == pytest.approx(slider.x_of(place), abs=1.5)
    # At another layer nothing is stored.
    host.session.set_address(layers=(4,))
    assert not any(bar.timestep.shares.values())
    wait(lambda: not bar.stored._query.stale and not bar.stored._query.running)
    assert not any(bar.timestep.shares.values())
    host.session.close_project()
    assert not any(bar.timestep.shares.values())


def test_the_list_of_layers_says_which_are_stored_at_the_timestep_in_use(bar, host, wait):
    host.session.set_address(timestep="t20")
    wait(lambda: bar.stored.by_layer)

    def said() -> dict:
        items = bar.layers.list._items()
        return {item.data(0, KEY): item.text(4) for item in items if item.text(4)}

    wait(lambda: said() == {9: "all"})
    host.session.set_address(timestep="t5")
    assert said() == {}
    stored = bar.stored
    stored.by_layer = {("t20", 9): 1.0, ("t20", 4): 0.998, ("t25", 9): 0.001}
    assert stored.words(["t20"], [9]) == "all"
    assert stored.words(["t20"], [4, 9]) == "99%"
    assert stored.words(["t20", "t25"], [9]) == "1%"
    assert stored.words(["t20"], [5]) == ""


def test_dragging_snaps_to_a_stored_neighbour_and_no_further(qtbot):
    slider = StepSlider()
    qtbot.addWidget(slider)
    slider.setRange(0, 29)
    slider.show_shares({20: 1.0, 22: 0.5})
    for dragged, there in ((19, 20), (21, 20), (20, 20), (23, 22), (18, 18), (5, 5)):
        slider.setSliderPosition(dragged)
        slider.sliderMoved.emit(dragged)
        assert slider.sliderPosition() == there
