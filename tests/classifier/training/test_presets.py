"""The paper's presets, and refusal of invalid settings."""

import json

import pytest

from actiondiff_gui.classifier.training.presets import PRESETS, TrainingSettings, preset
from actiondiff_gui.errors import ClassifierError


@pytest.mark.parametrize(
    ("name", "loss", "alpha", "lr", "decay", "mixup", "tokens", "layers"),
    [
        ("animal-kingdom", "focal", 0.25, 3e-5, 1e-4, 0.2, 150, 6),
        ("animal-kingdom-unseen-species", "focal", 0.25, 3e-5, 1e-4, 0.2, 150, 6),
        ("charades-ego", "focal", 1.0, 1e-4, 1e-3, 0.3, 400, 7),
        ("ucf-hmdb", "cross-entropy", None, 1e-5, 1e-4, 0.0, 500, 6),
    ],
)
def test_presets_hold_the_papers_table(name, loss, alpha, lr, decay, mixup, tokens, layers):
    s = preset(name)
    assert (s.loss, s.learning_rate, s.weight_decay) == (loss, lr, decay)
    assert (s.mixup, s.max_tokens, s.layers, s.heads) == (mixup, tokens, layers, 8)
    assert (s.epochs, s.warmup_epochs, s.batch_size) == (15, 4, 16)
    assert alpha is None or (s.alpha, s.gamma) == (alpha, 2.0)
    assert not s.standardise
    assert s.width is None


@pytest.mark.parametrize("name", PRESETS)
def test_settings_survive_json(name):
    s = preset(name, seed=3)
    assert TrainingSettings.from_dict(json.loads(json.dumps(s.to_dict()))) == s


@pytest.mark.parametrize(
    "change",
    [
        {"loss": "hinge"},
        {"epochs": 0},
        {"epochs": 2.5},
        {"epochs": True},
        {"learning_rate": float("nan")},
        {"learning_rate": -1e-3},
        {"learning_rate": "fast"},
        {"dropout": 1.0},
        {"width": 0},
        {"layers": 10**9},
        {"standardise": 1},
        {"seed": -1},
    ],
)
def test_nonsense_is_refused_with_the_settings_name(change):
    with pytest.raises(ClassifierError, match=next(iter(change))):
        preset("small-data", **change)


def test_unknown_presets_and_names_are_refused():
    with pytest.raises(ClassifierError, match="small-data"):
        preset("large-data")
    with pytest.raises(ClassifierError, match="colour"):
        TrainingSettings.from_dict({"colour": "red"})
