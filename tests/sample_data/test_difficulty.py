"""Does the measure of difficulty see an action that pixels give away, and only then?"""

import numpy as np

from sample_data.difficulty import left_out_accuracy, motion_features, pixel_features, validation_clips
from sample_data.world import ACTIONS, VALIDATION_SEEDS


def test_features_that_name_the_action_are_found_out_and_noise_is_not():
    rng = np.random.default_rng(0)
    actions = np.tile(np.arange(6), 60)
    domains = np.repeat(np.array(["a", "b", "c"]), 120)
    telling = np.eye(6)[actions] * 8 + rng.normal(size=(360, 6))
    assert min(left_out_accuracy(telling, actions, domains).values()) > 0.95
    assert max(left_out_accuracy(rng.normal(size=(360, 6)), actions, domains).values()) < 0.35


def test_a_clip_in_which_nothing_moves_has_no_motion_energy():
    clips = np.full((2, 8, 64, 64, 3), 90, np.uint8)
    clips[1, ::2, 16:24, 8:16] = 200
    still, blinking = motion_features(clips)
    assert np.count_nonzero(still) == 1  # the histogram's first bin: no change anywhere
    assert np.flatnonzero(blinking[:64]).tolist() == [2 * 8 + 1]
    assert pixel_features(clips).shape == (2, 3 * 8 * 8 * 3)


def test_validation_clips_are_balanced_and_use_validation_seeds_once():
    specs = validation_clips(2)
    assert len({spec.seed for spec in specs}) == len(specs) == 144
    assert all(spec.seed in VALIDATION_SEEDS for spec in specs)
    assert {action: sum(spec.action == action for spec in specs) for action in ACTIONS} == dict.fromkeys(
        ACTIONS, 24
    )
