"""Backbones of plugins in every list of the window, used like built-in ones."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QStyleOptionViewItem

from actiondiff_gui.gui.features.dock import FeaturesDock
from actiondiff_gui.gui.forms.address_bar import AddressBar
from tests.conftest import install_plugin

# The fixture comes first: what is offered is read when the window opens.
pytestmark = pytest.mark.usefixtures("site")


def item(box, name):
    return box.model().item(box.findData(name))


def test_a_broken_plugin_is_shown_with_its_sentence_and_cannot_be_chosen(site, pets, wait):
    bar, dock = AddressBar(pets), FeaturesDock(pets)
    dock.use_backbone("cracked")
    wait(lambda: item(bar.backbone, "cracked").text() == "cracked (unavailable)")
    bar._choose_backbone(bar.backbone.findData("tiny"))
    for box in (bar.backbone, dock.backbone):
        assert item(box, "plain").isEnabled()
        assert item(box, "svd-xt").isEnabled()
        broken = item(box, "cracked")
        assert not broken.isEnabled()
        assert broken.text() == "cracked (unavailable)"
        assert "a_library_that_nobody_has" in broken.data(Qt.ItemDataRole.ToolTipRole)
    dock.use_backbone("cracked")
    assert "The plugin cracked cannot be used" in dock.run_panel.problem.text()
    assert pets.session.address.backbone == "tiny"
    bar.deleteLater()
    dock.deleteLater()


def test_what_is_downloaded_and_its_licence_are_said_before(site, pets):
    bar = AddressBar(pets)
    told = item(bar.backbone, "svd-xt").data(Qt.ItemDataRole.ToolTipRole)
    assert "about 9.0 GB (4.2 GB in half precision) to download once" in told.lower().replace("gb", "GB")
    assert "Stability AI Community Licence" in told
    bar.deleteLater()


def test_the_list_says_which_weights_are_here_and_what_they_need(site, pets, wait):
    bar = AddressBar(pets)
    bar.show()
    bar.backbone.showPopup()
    view = bar.backbone.view()

    def line(name: str) -> str:
        index = bar.backbone.model().index(bar.backbone.findData(name), 0)
        option = QStyleOptionViewItem()
        bar.backbone.itemDelegate().initStyleOption(option, index)
        assert view.visualRect(index).width() >= view.fontMetrics().horizontalAdvance(option.text)
        return option.text

    wait(view.isVisible)
    assert line("tiny") == "tiny:  here, CPU is enough"
    assert line("svd-xt") == "svd-xt:  download 4.2 GB, memory over 4.2 GB, GPU advised"
    told = item(bar.backbone, "svd-xt").data(Qt.ItemDataRole.ToolTipRole)
    assert "Memory for the weights: 4.2 GB on a GPU, 9.0 GB on a CPU" in told
    assert bar.backbone.currentText() == "tiny"
    bar.backbone.hidePopup()
    bar.deleteLater()


def test_a_plugin_without_timesteps_is_chosen_computed_and_mapped(site, pets, wait):
    from actiondiff_gui.gui.features.extraction import extractions

    bar, dock = AddressBar(pets), FeaturesDock(pets)
    pets.viewer.window.add_dock_widget(dock, name="features")
    pets.window.show()
    bar._choose_backbone(bar.backbone.findData("plain"))
    assert pets.session.address.backbone == dock.backbone.currentData() == "plain"
    wait(lambda: bar.description is not None)
    assert not bar.timestep.isVisibleTo(bar)
    assert "no timesteps" in bar.timestep_text.text()
    assert bar.layers.list.row_keys() == [1, 2]
    assert dock.timesteps.checked() == ["-"]
    assert not dock.timesteps.isVisibleTo(dock)
    dock.choose_all_layers()
    dock.compute()
    wait(lambda: not extractions(pets).running, limit=240)
    assert dock.run_panel.ending.text() == "3 clips have features."
    wait(lambda: dock.watcher.outlook is not None and dock.watcher.outlook.coverage is not None)
    wait(lambda: dock.watcher.outlook.coverage.there == {"-": 3})
    maps = pets.maps
    maps.make("pca")
    wait(lambda: maps.maps, limit=240)
    assert maps.maps[-1].title == "PCA layer 2, 3 clips"
    bar.deleteLater()


def test_a_plugin_that_hangs_holds_up_neither_the_window_nor_its_closing(pets, tmp_path, wait, monkeypatch):
    """Its module is imported in a job; meanwhile another backbone can be chosen, and the window can be closed."""
    run, hangs = tmp_path / "run", tmp_path / "hanging"
    hangs.mkdir()
    code = f"import pathlib, time\npathlib.Path({str(run)!r}).touch()\ntime.sleep(10**6)\n"
    install_plugin(hangs, "hangs", "hangs", code)
    monkeypatch.syspath_prepend(str(hangs))
    bar = AddressBar(pets)
    bar._choose_backbone(bar.backbone.findData("hangs"))
    wait(run.exists)
    assert bar.description is None
    bar._choose_backbone(bar.backbone.findData("tiny"))
    assert bar.description.id == "tiny"
    bar.deleteLater()
    pets.close()
