"""Description of a backbone before loading, against the loaded backbone."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from actiondiff_gui.backbones.description import layer_words, short_name
from actiondiff_gui.backbones.identity import describe, description_of, identify, remember
from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.features.settings import ExtractionSettings, Provenance

FIELDS = (
    "window",
    "stride",
    "resolution",
    "multiple",
    "schedule",
    "layers",
    "default_timestep",
    "default_layer",
)


@pytest.fixture(scope="module")
def tiny():
    return load_backbone("tiny", "cpu", "float32")


def test_the_sample_backbone_is_described_as_it_is(tiny):
    said = describe("tiny")
    assert said.id == tiny.id == "tiny"
    for field in FIELDS:
        assert getattr(said, field) == getattr(tiny, field), field


def test_a_folder_is_described_as_it_is(backbone, svd_folder):
    said = describe(str(svd_folder))
    assert said.id == backbone.id
    for field in FIELDS:
        assert getattr(said, field) == getattr(backbone, field), field
    assert description_of(backbone).layers == said.layers


def test_describing_loads_no_torch():
    code = (
        "import sys\n"
        "from actiondiff_gui.backbones.identity import describe\n"
        "for name in ('tiny', 'svd', 'svd-xt'):\n"
        "    assert describe(name).layers\n"
        "sys.exit(', '.join({'torch', 'diffusers', 'transformers'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_papers_backbone_is_known_without_a_download():
    said = describe("svd-xt")
    assert (said.window, said.resolution, len(said.schedule)) == (25, (576, 1024), 30)
    assert said.default_timestep.key == "t20"
    layer = said.layer(said.default_layer)
    assert (layer.channels, said.grid(layer)) == (1280, (18, 32))


def test_a_folder_that_is_no_model_is_said_in_a_sentence(tmp_path, svd_folder):
    with pytest.raises(BackboneError, match=r"Choose the folder that holds unet"):
        describe(str(tmp_path))
    other = shutil.copytree(svd_folder, tmp_path / "other")
    config = other / "unet" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"_class_name": "UNet2DModel"}))
    with pytest.raises(BackboneError, match="UNet2DModel"):
        describe(str(other))


def test_what_had_to_be_loaded_is_remembered(backbone):
    with pytest.raises(BackboneError, match="once it is loaded"):
        describe("someone/elses-model")
    remember("someone/elses-model", description_of(backbone))
    assert describe("someone/elses-model").layers == backbone.layers


def test_an_identity_finds_the_features_of_the_loaded_backbone(backbone, svd_folder):
    identity = identify(str(svd_folder), "cpu", "float32")
    assert identity.digest == backbone.digest
    settings = ExtractionSettings(stride=2)
    assert Provenance.of(identity, settings) == Provenance.of(backbone, settings)
    assert identity.layers == backbone.layers
    assert identity.weight_bytes > sum(f.stat().st_size for f in svd_folder.rglob("*.safetensors"))


def test_a_model_that_is_not_here_has_no_identity_and_is_not_downloaded(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert identify("svd-xt", "cpu") is None
    assert identify("someone/elses-model", "cpu") is None
    assert not list(Path(tmp_path).iterdir())
    with pytest.raises(BackboneError, match="no backbone 'svd-xl'"):
        identify("svd-xl", "cpu")


def test_layers_are_told_in_words():
    words = [layer_words(layer.name) for layer in describe("svd-xt").layers]
    assert words[0] == "first convolution"
    assert words[1] == "block 1, attention 1"
    assert words[3] == "block 1, halving"
    assert words[-1] == "middle"
    assert len(set(words)) == len(words)
    assert layer_words("encoder.blocks.7") == "block 8"
    assert layer_words("encoder.layernorm") == "output, normalised"
    assert layer_words("neck") == "neck"


def test_a_folder_is_shown_by_its_last_part():
    assert short_name("/models/mine") == "mine"
    assert short_name("svd-xt") == "svd-xt"
