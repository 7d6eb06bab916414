import numpy as np
import pytest

from actiondiff_gui.errors import BackboneError, FeatureStoreError
from actiondiff_gui.features.extraction import extract_job, plan
from actiondiff_gui.features.maps import MapMemory
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import run


@pytest.fixture
def memory(backbone):
    return MapMemory(backbone, ExtractionSettings())


def test_the_spatial_mean_of_a_map_is_the_stored_token(memory, backbone, clip_sources, tmp_path):
    clip, step = clip_sources[1], backbone.schedule[20]
    settings = ExtractionSettings()
    store = TokenStore(tmp_path, Provenance.of(backbone, settings))
    run(extract_job(plan([clip], backbone, store, [step], [6]), backbone, settings, store))
    tokens, frames = store.read(clip.key, step.key, [6])
    found = run(memory.maps_job(clip, step, 6))
    assert found.values.shape == (10, 32, *found.placement.grid)
    np.testing.assert_array_equal(found.frames, frames)
    np.testing.assert_allclose(found.values.astype(np.float32).mean((2, 3)), tokens[6], rtol=2e-2, atol=2e-3)


def test_maps_are_answered_from_memory_the_second_time(memory, backbone, clip_sources):
    clip, step = clip_sources[0], backbone.schedule[20]
    assert not memory.has(clip, step, 9)
    first = run(memory.maps_job(clip, step, 9))
    assert memory.has(clip, step, 9)
    assert run(memory.maps_job(clip, step, 9)) is first


def test_the_oldest_maps_make_room(backbone, clip_sources):
    memory = MapMemory(backbone, ExtractionSettings(), most_bytes=30_000)
    step = backbone.schedule[20]
    for clip in clip_sources:
        run(memory.maps_job(clip, step, 9))
    assert not memory.has(clip_sources[0], step, 9)
    assert memory.has(clip_sources[2], step, 9)


def test_a_clip_whose_maps_do_not_fit_is_refused_before_it_is_computed(backbone, clip_sources):
    memory = MapMemory(backbone, ExtractionSettings(), most_bytes=1000)
    with pytest.raises(FeatureStoreError, match="Choose a shorter clip"):
        run(memory.maps_job(clip_sources[1], backbone.schedule[0], 1))


def test_attention_is_asked_at_the_frame_that_is_nearest(memory, backbone, clip_sources):
    clip, step = clip_sources[1], backbone.schedule[20]
    found = memory.attention(clip, step, 6, "spatial", frame=17, cell=(1, 2))
    assert found.frames.tolist() == [16, 20, 24, 28]
    assert found.frames[found.nearest] == 16
    np.testing.assert_allclose(found.weights.sum((2, 3)), 1, rtol=1e-5)
    over_time = memory.attention(clip, step, 6, "temporal", frame=17, cell=(1, 2))
    assert over_time.weights.shape == (4, 2, 4)


def test_frames_that_only_fill_up_a_window_are_not_shown(memory, backbone, clip_sources):
    clip = clip_sources[1]
    found = memory.attention(clip, backbone.schedule[20], 6, "temporal", frame=39, cell=(0, 0))
    assert found.frames.tolist() == [32, 36]
    assert found.weights.shape[::2] == (2, 2)


def test_what_attention_keeps_stays_within_its_memory(memory, backbone, clip_sources, monkeypatch):
    clip, step = clip_sources[1], backbone.schedule[20]
    memory.attention(clip, step, 6, "spatial", 0, (0, 0))
    one = sum(each.nbytes for each in memory._attention.values())
    monkeypatch.setattr("actiondiff_gui.features.maps.MOST_ATTENTION_BYTES", 2 * one)
    for frame in (0, 16, 36, 0):
        memory.attention(clip, step, 6, "spatial", frame, (0, 0))
    assert sum(each.nbytes for each in memory._attention.values()) == 2 * one
    assert [key[1] for key in memory._attention] == [2, 0]


def test_a_region_of_interest_moves_the_maps(memory, backbone, videos):
    from actiondiff_gui.features.clips import ClipSource
    from actiondiff_gui.video.fingerprint import fingerprint

    clip = ClipSource("roi", videos[0], fingerprint(videos[0]), 0, 23, 24.0, (20, 10, 30, 30))
    where = memory.placement(clip, 6)
    assert where.cell(25, 35) is not None
    assert where.cell(5, 35) is None


def test_a_backbone_without_attention_says_so(clip_sources, backbone):
    class Plain:
        id = "plain"
        window, stride, layers = backbone.window, backbone.stride, backbone.layers

    with pytest.raises(BackboneError, match="plain offers no attention"):
        MapMemory(Plain(), ExtractionSettings()).attention(
            clip_sources[0], backbone.schedule[0], 6, "spatial", 0, (0, 0)
        )
