"""The measure of difficulty detects actions that pixels give away, and only those."""

import numpy as np

from sample_data.difficulty import FACETS, left_out_accuracy, rows, table, validation_clips
from sample_data.world import ACTIONS, VALIDATION_SEEDS


def test_features_that_name_the_action_are_found_out_and_noise_is_not():
    rng = np.random.default_rng(0)
    actions = np.tile(np.arange(6), 60)
    domains = np.repeat(np.array(["a", "b", "c"]), 120)
    telling = np.eye(6)[actions] * 8 + rng.normal(size=(360, 6))
    assert min(left_out_accuracy(telling, actions, domains).values()) > 0.95
    assert max(left_out_accuracy(rng.normal(size=(360, 6)), actions, domains).values()) < 0.35


def test_rows_of_a_model_and_of_a_control_name_their_addresses():
    specs = validation_clips(1)[::5]
    clips = np.random.default_rng(0).integers(0, 255, (len(specs), 2, 64, 64, 3), dtype=np.uint8)
    found = [row for name in ("pixels", "tiny") for row in rows(name, specs, clips, ["t20"], ["1", "1,4"])]
    assert [(row["timestep"], row["layers"], row["pooling"]) for row in found] == [
        ("-", [1], "mean"),
        ("t20", [1], "mean"),
        ("t20", [1], "mean+change"),
        ("t20", [1, 4], "mean"),
        ("t20", [1, 4], "mean+change"),
    ]
    assert len({row["digest"] for row in found}) == 2
    assert all(0 <= row[facet] <= 1 for row in found for facet in FACETS)
    assert table(found)[-1].startswith("| fixed | tiny | t20, layers 1, 4, mean+change | 0.")


def test_validation_clips_are_balanced_and_use_validation_seeds_once():
    specs = validation_clips(2)
    assert len({spec.seed for spec in specs}) == len(specs) == 144
    assert all(spec.seed in VALIDATION_SEEDS for spec in specs)
    assert {action: sum(spec.action == action for spec in specs) for action in ACTIONS} == dict.fromkeys(
        ACTIONS, 24
    )
