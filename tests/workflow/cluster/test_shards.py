"""Parts of a project cover every clip once and give the bytes of a single process."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiondiff_gui.backbones.registry import find_offer
from actiondiff_gui.errors import FeatureStoreError
from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.workflow.cluster.shards import Shard, shard_of, windows_of

ABOUT = find_offer("svd").shape()
SETTINGS = ExtractionSettings()
spans = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 900), st.integers(1, 900)), min_size=1, max_size=40
)


def made(spans) -> list[ClipSource]:
    return [
        ClipSource(str(n), Path(f"{video}.mp4"), video, start, start + length, 25.0)
        for n, (video, start, length) in enumerate(spans)
    ]


@given(spans, st.integers(1, 9), st.randoms(use_true_random=False))
def test_every_clip_is_in_one_part_whatever_its_place_and_id(spans, of, random):
    clips = made(spans)
    parts = [shard_of(clips, Shard(n + 1, of), ABOUT, SETTINGS) for n in range(of)]
    keys = [clip.key for part in parts for clip in part]
    assert sorted(keys) == sorted({clip.key for clip in clips})
    others = [replace(clip, id=f"other {clip.id}", path=Path("moved.mp4")) for clip in clips]
    random.shuffle(others)
    assert [
        clip.key for n in range(of) for clip in shard_of(others, Shard(n + 1, of), ABOUT, SETTINGS)
    ] == keys
    work = [windows_of(clip, ABOUT, SETTINGS) for part in parts for clip in part]
    for part in parts:
        # A part is off its share by no more than the clip at either end.
        own = sum(windows_of(clip, ABOUT, SETTINGS) for clip in part)
        assert abs(own - sum(work) / of) <= max(work)


@pytest.mark.parametrize("text", ["0/4", "5/4", "1/0", "3", "3/", "a/b", "-1/4", ""])
def test_a_part_that_is_none_is_refused_in_a_sentence(text):
    with pytest.raises(FeatureStoreError, match=r"part.*(3/16|counted)"):
        Shard.read(text)
