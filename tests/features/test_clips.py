"""Windows of a clip: cut as in the paper, and never beyond its edges."""

from pathlib import Path

import numpy as np
import pytest

from actiondiff_gui.errors import BackboneError, FeatureStoreError
from actiondiff_gui.features.clips import (
    ClipSource,
    clip_windows,
    fitted_resolution,
    padded,
    pieces,
    window_seed,
)
from actiondiff_gui.features.cropping import crop
from actiondiff_gui.features.settings import ExtractionSettings


def clip(start=0, end=100, roi=None, fingerprint="f", fps=25.0):
    return ClipSource("c", Path("video.mp4"), fingerprint, start, end, fps, roi)


@pytest.mark.parametrize(("start", "end"), [(0, 100), (7, 8), (10, 61), (3, 203)])
@pytest.mark.parametrize("stride", [1, 4])
def test_windows_hold_every_strided_frame_of_the_clip_once_and_no_other(start, end, stride):
    windows = clip_windows(clip(start, end), stride, 25, None)
    assert [f for w in windows for f in w.frames] == list(range(start, end, stride))
    assert [w.number for w in windows] == list(range(len(windows)))
    assert all(len(w.frames) == 25 for w in windows[:-1])


def test_only_the_first_seconds_are_used():
    windows = clip_windows(clip(0, 10_000), 4, 25, 180.0)
    assert max(f for w in windows for f in w.frames) == 180 * 25 - 4


def test_a_short_window_is_filled_with_black_frames():
    frames = np.full((3, 2, 2, 3), 7, np.uint8)
    filled = padded(frames, 5)
    assert filled.shape == (5, 2, 2, 3)
    assert (filled[:3] == 7).all()
    assert (filled[3:] == 0).all()


def test_seeds_follow_from_what_a_window_shows():
    windows = clip_windows(clip(), 4, 5, None)
    seeds = {window_seed(clip(), w) for w in windows}
    assert len(seeds) == len(windows)
    assert window_seed(clip(), windows[0]) == window_seed(clip(), windows[0])
    for other in (clip(start=1), clip(end=99), clip(roi=(0, 0, 5, 5)), clip(fingerprint="g")):
        assert window_seed(other, windows[0]) not in seeds


def test_the_region_of_interest_is_cut_out_and_clipped_to_the_picture():
    frames = np.arange(2 * 10 * 12 * 3).reshape(2, 10, 12, 3)
    assert np.array_equal(crop(frames, clip(roi=(3, 2, 4, 5))), frames[:, 2:7, 3:7])
    assert crop(frames, clip(roi=(-2, 6, 5, 50))).shape == (2, 4, 3, 3)
    with pytest.raises(FeatureStoreError, match="outside the picture"):
        crop(frames, clip(roi=(50, 50, 5, 5)))


def test_an_empty_clip_is_refused():
    with pytest.raises(FeatureStoreError, match="no frame"):
        clip(5, 5)


def test_keeping_the_aspect_keeps_pixels_and_shape():
    assert fitted_resolution(576, 1024, (576, 1024), 64) == (576, 1024)
    portrait = fitted_resolution(1920, 1080, (576, 1024), 64)
    assert portrait == (1024, 576)
    assert fitted_resolution(100, 100, (576, 1024), 64) == (768, 768)
    assert fitted_resolution(1, 1000, (64, 64), 32)[0] == 32


@pytest.mark.parametrize(
    "wrong",
    [
        {"stride": 0},
        {"regime": "loud"},
        {"draws": 3},
        {"draws": 0, "regime": "noised"},
        {"resolution": "big"},
        {"max_seconds": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(BackboneError):
        ExtractionSettings(**wrong)


@pytest.mark.parametrize(("end", "seconds"), [(1000, 10.0), (999, 0.1), (30, 60.0), (7201, 60.0)])
def test_the_pieces_of_a_recording_hold_the_same_frames_as_the_whole(end, seconds):
    whole = clip(3, end)
    parts = pieces(whole, 4, 25, seconds)
    cut = [w.frames for part in parts for w in clip_windows(part, 4, 25, None)]
    assert cut == [w.frames for w in clip_windows(whole, 4, 25, None)]
    assert all(part.end - part.start <= max(100, seconds * 25) for part in parts)
    assert len({part.key for part in parts}) == len(parts)
