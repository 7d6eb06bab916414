"""Synthetic tokens with known classes, domains and sources."""

import numpy as np

from actiondiff_gui.features.tokens import FeatureAddress, TokenSet

ADDRESS = FeatureAddress("made-up", "d1", "t20", 9)


def build_tokens(
    per_class=6,
    classes=3,
    domains=("a", "b", "c"),
    channels=16,
    signal=2.0,
    shift=3.0,
    seed=0,
    lengths=(5, 12),
    clips_per_source=2,
):
    """Each class has its direction, each domain its own offset, each clip its noise."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(classes, channels))
    tokens, labels, names, sources, ids = [], [], [], [], []
    for domain in domains:
        offset = rng.normal(size=channels) * shift
        for k in range(classes):
            for i in range(per_class):
                length = int(rng.integers(*lengths))
                clip = rng.normal(size=(length, channels)) + offset + signal * directions[k]
                tokens.append(clip.astype(np.float32))
                labels.append(k)
                names.append(domain)
                sources.append(f"{domain}/{k}/{i // clips_per_source}")
                ids.append(f"{domain}-{k}-{i:03d}")
    matrix = np.zeros((len(ids), classes), np.int8)
    matrix[np.arange(len(ids)), labels] = 1
    return TokenSet(
        tuple(ids),
        tuple(tokens),
        tuple(f"action {k}" for k in range(classes)),
        matrix,
        tuple(names),
        tuple(sources),
        ADDRESS,
    )
