"""Discovery of installed, broken and duplicate plugins, from real packages in a folder on the path."""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from actiondiff_gui.backbones.identity import describe, identify
from actiondiff_gui.backbones.plugin_toml import stated_by
from actiondiff_gui.backbones.registry import available, find_offer, load_backbone, needed_offer
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from tests.conftest import TEMPLATE, install_plugin

ROOT = Path(__file__).resolve().parents[2]


def test_a_plugin_is_found_described_identified_and_loaded(site):
    listed = find_offer("plain")
    assert (listed.origin, listed.problem, listed.licence) == ("plugin", "", "BSD 3-Clause")
    with pytest.raises(BackboneError, match="known once it is loaded"):
        describe("plain")
    offer = needed_offer("plain")
    assert (offer.title, offer.licence, offer.source) == (listed.title, listed.licence, listed.source)
    assert describe("plain").layers == offer.shape().layers
    identity = identify("plain", "cpu", "float32")
    backbone = load_backbone("plain", "cpu", "float32")
    settings = ExtractionSettings()
    assert Provenance.of(identity, settings) == Provenance.of(backbone, settings)


def test_broken_plugins_are_named_and_stop_nothing_else(site):
    for name in ("cracked", "number"):
        assert find_offer(name).asleep
        needed_offer(name)
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
    offer = needed_offer("plain")
    import plain

    monkeypatch.setattr(plain, "SHAPE", None)
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
    assert "known once it is chosen" in line["cracked"]
    assert "is built in already" in line["svd-xt (thief)"]


def test_listing_backbones_loads_no_torch():
    """Also with every plugin that is installed here: importing one that is asked for must be quick."""
    code = (
        "import sys\nfrom actiondiff_gui.backbones.registry import available\n"
        "from actiondiff_gui.backbones.registry import needed_offer\n"
        "from actiondiff_gui.backbones.plugins import wake_silent\n"
        "for offer in available():\n    offer.problem or offer.asleep or offer.shape()\n"
        "wake_silent()\n"
        "for offer in available():\n    offer.problem or needed_offer(offer.id).shape()\n"
        "sys.exit(', '.join({'torch', 'diffusers', 'transformers'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def command(site, *arguments: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "actiondiff_gui", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        env={**os.environ, "PYTHONPATH": f"{site}:{ROOT}"},
        **options,
    )


RUDE = {
    "leaves": "import sys\nsys.exit(0)\n",
    "interrupts": "raise KeyboardInterrupt\n",
    "generates": "raise GeneratorExit\n",
    "base": "class Rude(BaseException):\n    def __str__(self):\n        raise self\nraise Rude\n",
    "fills": "x = bytearray(1 << 60)\n",
    "deep": "def f():\n    f()\nf()\n",
}


@pytest.mark.parametrize("name", RUDE)
def test_whatever_a_plugin_raises_when_it_is_imported_is_said_and_stops_nothing(site, name):
    install_plugin(site, name, f"rude_{name}", RUDE[name])
    done = command(site, "models", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert {"tiny", "plain", name} <= {each["id"] for each in json.loads(done.stdout)["backbones"]}
    asked = command(site, "models", "--check", name)
    assert asked.returncode == 1, asked.stderr
    assert f"The plugin {name} cannot be used" in asked.stdout + asked.stderr
    assert "Traceback" not in asked.stderr


def test_what_a_plugin_raises_while_it_is_loaded_is_said_too(site):
    code = (TEMPLATE / "actiondiff_template.py").read_text().replace('"template"', '"quits"')
    code = code.replace(
        "    from actiondiff_template_network import TemplateBackbone\n", "    raise SystemExit(0)\n"
    )
    stated = (TEMPLATE / "actiondiff_template.toml").read_text().replace(".template]", ".quits]")
    install_plugin(site, "quits", "quits", code, stated=stated)
    asked = command(site, "models", "--check", "quits")
    assert asked.returncode == 1
    assert (
        "quits of the plugin quits:OFFER could not be loaded (SystemExit: 0)" in asked.stderr + asked.stdout
    )
    assert "Traceback" not in asked.stderr


def test_listing_runs_no_code_of_a_plugin(site, tmp_path):
    """Each leaves a file when it is imported; one of them would never end."""
    touch = f"import pathlib, time\npathlib.Path({str(tmp_path)!r}, 'run').touch()\ntime.sleep(10**6)\n"
    install_plugin(site, "hangs", "hangs", touch)
    install_plugin(
        site, "says-and-hangs", "says_and_hangs", touch, stated='[backbones.slow]\ntitle = "Slow"\n'
    )
    for arguments in (("models",), ("models", "--json"), ("models", "--check", "tiny:nothing")):
        done = command(site, *arguments) if "--check" not in arguments else None
        assert done is None or "hangs" in done.stdout
    assert "Slow" in command(site, "models").stdout
    assert not (tmp_path / "run").exists()


def test_a_plugin_that_hangs_when_it_is_asked_for_is_stopped_by_an_interrupt(site, tmp_path):
    run = tmp_path / "run"
    install_plugin(
        site,
        "hangs",
        "hangs",
        f"import pathlib, time\npathlib.Path({str(run)!r}).touch()\ntime.sleep(10**6)\n",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "actiondiff_gui", "models", "--check", "hangs"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{site}:{ROOT}"},
    )
    until = time.monotonic() + 100
    while not run.exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said.splitlines()[-1].startswith("Stopped.")) == (130, True), said
    assert "Traceback" not in said


def test_what_a_plugin_prints_does_not_get_into_the_json(site):
    """By Python, to the descriptor, and from C, whose output waits until the process ends."""
    code = (site / "plain.py").read_text()
    printing = (
        "import ctypes, os, sys\nprint('python')\nsys.__stdout__.write('original')\nos.write(1, b'descriptor')\n"
        "ctypes.CDLL(None).printf(b'from C')\n"
    )
    code = code.replace('"plain"', '"loud"').replace("plain_network", "loud_network")
    (site / "loud_network.py").write_text(printing + (site / "plain_network.py").read_text())
    stated = (site / "plain.toml").read_text().replace(".plain]", ".loud]")
    install_plugin(site, "loud", "loud", printing + code, stated=stated)
    done = command(site, "models", "--check", "loud", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    assert json.loads(done.stdout)["backbone"] == "loud"
    for word in ("python", "original", "descriptor", "from C"):
        assert word in done.stderr


def test_a_plugin_that_states_nothing_is_found_by_the_names_it_turns_out_to_offer(site):
    code = (site / "plain.py").read_text().replace('"plain"', '"twin"') + "OFFERS = [OFFER]\n"
    install_plugin(
        site,
        "pair",
        "pair",
        code.replace("stated_beside(__file__)", "Stated({'twin': {}})").replace(
            "import stated_beside", "import Stated"
        ),
        "OFFERS",
    )
    asked = command(site, "models", "--check", "twin")
    assert asked.returncode == 0, asked.stderr
    other = command(site, "models", "--check", "pair")
    assert "The plugin pair offers twin. Choose one of these." in other.stderr


@pytest.mark.parametrize("stated", ["no toml [", "[backbones.a]\ntitle = 7\n", "x = 1\n", "backbones = 3\n"])
def test_a_statement_that_makes_no_sense_is_said(site, stated):
    install_plugin(site, "odd", "odd", "OFFER = None\n", stated=stated)
    done = command(site, "models")
    assert done.returncode == 0, done.stderr
    assert "The plugin odd cannot be used" in done.stdout


@pytest.mark.parametrize("name", ["dino", "efficientnet_lite", "sd21", "videomae", "vjepa2", "wan21"])
def test_the_packages_in_this_repository_are_listed_as_they_are(name, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "plugins" / name))
    stated = stated_by(f"actiondiff_{name}")
    module = importlib.import_module(f"actiondiff_{name}")
    if not Path(module.__file__).is_relative_to(ROOT):
        pytest.skip("another copy of the package is imported")
    family = getattr(module, "FAMILY", None)
    offers = [module.OFFER] if family is None else family.offers()
    texts = [(o.id, o.title, o.source, o.licence, o.download_bytes, o.half_bytes) for o in offers]
    assert texts == [
        (o.id, o.title, o.source, o.licence, o.download_bytes, o.half_bytes) for o in stated.offers()
    ]
    if family is not None:
        assert list(stated.reads["values"]) == list(getattr(family, "model_types", ()) or [family.class_name])
