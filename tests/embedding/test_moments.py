import numpy as np
import pytest

from actiondiff_gui.embedding.moments import recording_moments_job, stretches
from actiondiff_gui.errors import FeatureStoreError
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.features.recordings import recording_pieces, whole_video
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project


@pytest.fixture
def project(tmp_path, videos):
    with Project.create(tmp_path / "animals.actiondiff") as project:
        run(import_videos(project, videos))
        project.remove_clip([clip.id for clip in project.clips()])
        yield project


def _features(project: Project) -> FeatureSet:
    return FeatureSet(project, "tiny", "t20", 9, "mean")


def _longest(project: Project):
    return max(project.videos(), key=lambda video: video.frame_count)


def test_moments_of_overlapping_clips_are_each_there_once_as_their_mean(project):
    video = _longest(project)
    ids = [project.add_clip(video.id, start, start + 4).id for start in (8, 2, 4)]
    features = _features(project)
    with pytest.raises(FeatureStoreError, match=rf"{video.path.name} has no features of tiny at"):
        run(recording_moments_job(features, video.id))
    by_id = {source.id: source for source in clip_sources(project)}
    for clip, value in zip(ids, (8.0, 2.0, 4.0), strict=True):
        source = by_id[clip]
        frames = np.arange(source.start, source.end)
        features.store.write(source.key, "t20", {9: np.full((4, 3), value)}, frames, "mean")
    found = run(recording_moments_job(features, video.id))
    assert found.frames.tolist() == list(range(2, 12))
    assert found.vectors[:, 0].tolist() == [2, 2, 3, 3, 4, 4, 8, 8, 8, 8]
    assert not found.whole
    assert found.step == 1


def test_a_recording_that_was_computed_as_a_whole_has_moments_to_its_end(project):
    video, features = _longest(project), _features(project)
    (piece,) = recording_pieces(features.store, whole_video(project, video.id))
    frames = np.arange(0, video.frame_count)
    features.store.write(piece.key, "t20", {9: np.ones((len(frames), 3))}, frames, "mean")
    found = run(recording_moments_job(features, video.id))
    assert found.whole
    assert found.frames.tolist() == frames.tolist()


def test_what_a_recording_lacks_is_computed_when_asked_for(project):
    video = min(project.videos(), key=lambda video: video.frame_count)
    found = run(recording_moments_job(_features(project), video.id, compute=True))
    assert found.whole
    assert found.frames[0] == 0
    assert found.frames[-1] + found.step >= video.frame_count
    assert np.isfinite(found.vectors).all()


def test_chosen_moments_become_stretches_across_small_gaps_only():
    frames = np.arange(0, 100, 2)
    assert stretches(frames, [], 2, 100) == []
    assert stretches(frames, [5, 6, 7], 2, 100) == [(10, 16)]
    # One or two that were not chosen are bridged, three are not.
    assert stretches(frames, [1, 4, 8, 9], 2, 100) == [(2, 10), (16, 20)]
    assert stretches(frames, [49], 2, 99) == [(98, 99)]
    # Moments of clips that lie apart are never one stretch, though nothing lies between them in the list.
    apart = np.array([0, 2, 4, 60, 62, 64])
    assert stretches(apart, range(6), 2, 100) == [(0, 6), (60, 66)]
