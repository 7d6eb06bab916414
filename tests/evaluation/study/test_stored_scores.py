"""The digest of clips is that of all of them written at once, so that scores kept by earlier versions are found."""

import hashlib
import json
from types import SimpleNamespace

import numpy as np
import pytest

from actiondiff_gui.evaluation.study import stored_scores
from actiondiff_gui.evaluation.study.stored_scores import clips_digest


@pytest.mark.parametrize("count", [0, 1, 2, 57])
@pytest.mark.parametrize("at_once", [1, 10, 5000])
def test_the_digest_does_not_depend_on_how_many_clips_are_written_at_once(monkeypatch, count, at_once):
    random = np.random.default_rng(count)
    clips = SimpleNamespace(
        keys=tuple(f"{random.integers(0, 20):024x}" for _ in range(count)),
        clip_ids=(),
        classes=("éat", "walk"),
        domains=tuple(random.choice(["ant", "bee"], count)),
        groups=tuple(f"g{n % 3}" for n in range(count)),
        labels=random.integers(-1, 2, (count, 2)),
    )
    clips.domains = tuple(map(str, clips.domains))
    rows = zip(clips.keys, clips.domains, clips.groups, clips.labels, strict=True)
    told = sorted(
        [name, domain, group, sorted([clips.classes[k], int(row[k])] for k in np.flatnonzero(row))]
        for name, domain, group, row in rows
    )
    expected = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
    monkeypatch.setattr(stored_scores, "AT_ONCE", at_once)
    assert clips_digest(clips) == expected
