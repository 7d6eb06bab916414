"""What of plugins that are installed, broken or doubled? Real packages in a folder on the path, as pip leaves them."""

import subprocess
import sys
from pathlib import Path

import pytest

from actiondiff_gui.backbones.description import describe
from actiondiff_gui.backbones.identity import identify
from actiondiff_gui.backbones.registry import available, find_offer, load_backbone
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.features.settings import ExtractionSettings, Provenance


def test_a_plugin_is_found_described_identified_and_loaded(site):
    offer = find_offer("plain")
    assert (offer.origin, offer.problem, offer.licence) == ("plugin", "", "BSD 3-Clause")
    assert describe("plain").layers == offer.shape().layers
    identity = identify("plain", "cpu", "float32")
    backbone = load_backbone("plain", "cpu", "float32")
    settings = ExtractionSettings()
    assert Provenance.of(identity, settings) == Provenance.of(backbone, settings)


def test_broken_plugins_are_named_and_stop_nothing_else(site):
    offers = {offer.id: offer for offer in available()}
    assert {"tiny", "svd-xt", "plain"} <= set(offers)
    assert "The plugin cracked cannot be used" in offers["cracked"].problem
    assert "a_library_that_nobody_has" in offers["cracked"].problem
    assert "neither an Offer" in offers["number"].problem
    assert not offers["cracked"].is_here(False)
    for ask in (describe, load_backbone, identify):
        with pytest.raises(
            BackboneError, match=r"The plugin cracked cannot be used .* all other backbones work\."
        ):
            ask("cracked")


def test_a_plugin_cannot_take_a_built_in_name(site):
    offers = {offer.id: offer for offer in available()}
    assert offers["svd-xt"].origin == "hub"
    assert "its name svd-xt is built in already" in offers["svd-xt (thief)"].problem


def test_a_plugin_that_fails_while_loading_is_said_in_a_sentence(site, monkeypatch):
    import plain_network

    def fail(*_, **__):
        raise ZeroDivisionError("a stranger's mistake")

    monkeypatch.setattr(plain_network, "TemplateBackbone", fail)
    with pytest.raises(
        BackboneError, match=r"plain of the plugin plain:OFFER could not be loaded .*ZeroDivisionError"
    ):
        load_backbone("plain", "cpu", "float32")


def test_what_a_plugin_raises_when_it_is_asked_becomes_a_sentence(site, monkeypatch):
    import plain

    monkeypatch.setattr(plain, "SHAPE", None)
    offer = find_offer("plain")
    assert offer.shape() is None
    monkeypatch.delattr(plain, "SHAPE")
    with pytest.raises(
        BackboneError, match=r"plain of the plugin plain:OFFER could not say what it offers .*NameError"
    ):
        describe("plain")


def test_the_command_lists_plugins_with_their_problems(site):
    done = subprocess.run(
        [sys.executable, "-m", "actiondiff_gui.cli", "models"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": f"{site}:{Path(__file__).resolve().parents[2]}", "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    line = {text.partition("  ")[0]: text for text in lines}
    assert "BSD 3-Clause" in line["plain"]
    assert "9.0 GB" in line["svd-xt"]
    assert "cannot be used" in line["cracked"]


def test_listing_backbones_loads_no_torch():
    """Also with every plugin that is installed here: importing one must be quick."""
    code = (
        "import sys\nfrom actiondiff_gui.backbones.registry import available\n"
        "from actiondiff_gui.backbones.description import describe\n"
        "for offer in available():\n    offer.problem or describe(offer.id)\n"
        "sys.exit(', '.join({'torch', 'diffusers', 'transformers'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
