"""Synthetic clips whose features follow the action, the domain, or nothing."""

import numpy as np

from actiondiff_gui.features.tokens import FeatureAddress, TokenSet


def world(action=0.0, domain=0.0, clips=72, actions=4, domains=3, channels=20, seed=0):
    """Features ``[clips, channels]`` with the given strength of action and domain in unit noise, with their
    actions, domains and groups of one clip each, in a balanced design."""
    random = np.random.default_rng(seed)
    which_action = np.arange(clips) % actions
    which_domain = np.arange(clips) // actions % domains
    features = (
        action * random.normal(size=(actions, channels))[which_action]
        + domain * random.normal(size=(domains, channels))[which_domain]
        + random.normal(size=(clips, channels))
    )
    return (
        features,
        np.array(["walk", "eat", "rest", "jump", "groom", "sniff"])[which_action],
        np.array([f"species {i}" for i in which_domain]),
        np.array([f"video {i}" for i in range(clips)]),
    )


def token_set(features, actions, domains, groups, timestep="t20", layer=9):
    """Clips of one token each."""
    classes = tuple(sorted(set(actions)))
    labels = np.array([[int(action == name) for name in classes] for action in actions], np.int8)
    return TokenSet(
        tuple(f"clip {i:04d}" for i in range(len(features))),
        tuple(np.asarray(features, np.float32)[:, None]),
        classes,
        labels,
        tuple(domains),
        tuple(groups),
        FeatureAddress("tiny", "digest", timestep, layer),
    )
