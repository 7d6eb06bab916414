import numpy as np
import pytest

from actiondiff_gui.embedding.nearest import VectorIndex
from actiondiff_gui.embedding.neighbours import Moment, SimilarSettings, similar_job
from actiondiff_gui.errors import AnalysisError, FeatureStoreError
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project

WALK, EAT = np.array([3.0, 0, 0]), np.array([0, 3.0, 0])
# Video, first frame, label, direction of the features: two dogs and a cat of three recordings.
CLIPS = (
    (0, 0, "walk", WALK),
    (0, 5, "eat", EAT),
    (1, 0, "walk", WALK + np.array([0, 0.2, 0])),
    (1, 6, "", WALK + np.array([0, 0.5, 0])),
    (1, 12, "eat", WALK + np.array([0, 1.5, 0])),
    (2, 0, "walk", WALK + np.array([0, 0.4, 0])),
    (2, 6, "eat", EAT + np.array([0.2, 0, 0])),
    (2, 12, "", -WALK),
)


@pytest.fixture
def animals(tmp_path, videos):
    """Return features of eight clips of four frames, with one token for each frame, and the ids of the clips."""
    project = Project.create(tmp_path / "animals.actiondiff")
    run(import_videos(project, videos))
    project.remove_clip([clip.id for clip in project.clips()])
    project.domain_facet = "species"
    known = sorted(project.videos(), key=lambda video: video.frame_count)
    for video, species in zip(known, ("dog", "dog", "cat"), strict=True):
        project.set_video_facet(video.id, "species", species)
    ids = []
    for video, start, label, _ in CLIPS:
        ids.append(project.add_clip(known[video].id, start, start + 4).id)
        if label:
            project.label(ids[-1], label)
    features = FeatureSet(project, "tiny", "t20", 9)
    sources = {source.id: source for source in clip_sources(project)}
    for clip, (_, start, _, direction) in zip(ids, CLIPS, strict=True):
        tokens = np.tile(direction, (4, 1)).astype(np.float32)
        features.store.write(sources[clip].key, "t20", {9: tokens}, np.arange(start, start + 4), "mean")
    yield FeatureSet(project, "tiny", "t20", 9, "mean"), ids
    project.close()


def found(animals, asked, **settings):
    features, ids = animals
    result = run(similar_job(features, asked, SimilarSettings(**settings)))
    assert result.exact
    assert (np.diff(result.distances) >= 0).all()
    return [ids.index(clip) for clip in result.clip_ids]


def test_the_nearest_clips_come_first_and_the_asked_one_not_at_all(animals):
    _, ids = animals
    order = found(animals, [ids[0]])
    assert order[:3] == [2, 5, 3]
    features = np.array([direction for *_, direction in CLIPS])
    scaled = (features - features.mean(0)) / np.where(features.std(0) > 0, features.std(0), 1)
    unit = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    distances = 1 - unit[1:] @ unit[0]
    assert order == (1 + np.argsort(distances)).tolist()
    assert found(animals, [ids[0]], count=2) == [2, 5]


def test_only_other_domains_and_only_what_is_labelled_otherwise(animals):
    _, ids = animals
    assert found(animals, [ids[0]], other_domains=True)[0] == 5
    assert set(found(animals, [ids[0]], other_domains=True)) == {5, 6, 7}
    # The clip labelled "eat" that lies among the walking ones is the first to look at.
    assert found(animals, [ids[0]], labelled_otherwise=True)[0] == 4
    assert 7 not in found(animals, [ids[0]], labelled_otherwise=True)
    assert found(animals, [ids[0]], other_domains=True, labelled_otherwise=True) == [6]
    with pytest.raises(AnalysisError, match="not labelled"):
        found(animals, [ids[3]], labelled_otherwise=True)


def test_of_several_clips_the_nearest_one_counts(animals):
    _, ids = animals
    assert set(found(animals, [ids[0], ids[1]], count=2)) == {2, 6}


def test_a_moment_is_the_tokens_around_it_and_its_clip_is_not_found(animals):
    features, ids = animals
    video = features.project.clip(ids[1]).video_id
    assert found(animals, Moment(video, 6))[0] == 6
    assert 1 not in found(animals, Moment(video, 6))
    with pytest.raises(FeatureStoreError, match="covers frame 20"):
        found(animals, Moment(video, 20))


def test_a_clip_is_found_by_a_moment_that_its_mean_hides(animals):
    features, ids = animals
    project = features.project
    # A second of the opposite of eating, and then a shorter one of eating.
    video = max(project.videos(), key=lambda video: video.frame_count)
    fps, end = video.fps, video.frame_count
    assert end / fps > 1.5
    hidden = project.add_clip(video.id, 0, end)
    for clip in project.clips(video_id=video.id):
        if clip.id != hidden.id:
            project.remove_clip(clip.id)
    tokens = np.tile(-2 * EAT, (end, 1))
    last = slice(end // 2, end)
    tokens[last] = EAT
    (source,) = clip_sources(project, [hidden.id])
    features.store.write(source.key, "t20", {9: tokens}, np.arange(end), "mean")
    eating = ids[1]
    by_mean = run(similar_job(features, [eating], SimilarSettings()))
    assert by_mean.clip_ids[0] != hidden.id
    assert by_mean.frames == ()
    by_moment = run(similar_job(features, [eating], SimilarSettings(moments=True)))
    assert by_moment.clip_ids[0] == hidden.id
    assert by_moment.frames[0] >= end // 2
    assert len(set(by_moment.clip_ids)) == len(by_moment.clip_ids) == by_moment.searched


def test_what_is_in_a_box_is_computed_and_compared(tmp_path, videos):
    """The box around the whole picture finds the clip of the same frames, though it was never asked for by its id."""
    with Project.create(tmp_path / "boxes.actiondiff") as project:
        run(import_videos(project, videos))
        project.remove_clip([clip.id for clip in project.clips()])
        known = sorted(project.videos(), key=lambda video: video.frame_count)
        for video in known:
            project.add_clip(video.id, 0, video.frame_count)
        features = FeatureSet(project, "tiny", "t25", 4, "mean")
        run(features.extract_job(features.plan(["t25"], [4])))
        first = known[0]
        at = Moment(first.id, 0, (0, 0, first.width, first.height))
        found = run(similar_job(features, at, SimilarSettings(moments=True)))
        # The clip that holds the moment shows frames that were asked for, so it is not among them.
        assert len(found.clip_ids) == 2
        assert found.asked == ()
        part = run(similar_job(features, Moment(first.id, 0, (0, 0, 8, 8)), SimilarSettings(moments=True)))
        assert set(part.clip_ids) == set(found.clip_ids)
        assert not np.allclose(sorted(part.distances), sorted(found.distances))


def test_clips_that_overlap_the_asked_one_and_excluded_ones_are_left_out(animals):
    features, ids = animals
    project = features.project
    again = project.add_clip(project.clip(ids[0]).video_id, 2, 5)
    (source,) = clip_sources(project, [again.id])
    features.store.write(source.key, "t20", {9: np.tile(WALK, (3, 1))}, np.arange(2, 5), "mean")
    project.set_facet(ids[2], "excluded", "yes")
    assert found(animals, [ids[0]], count=1) == [5]


def test_what_lacks_features_says_what_to_compute(animals):
    features, _ = animals
    project = features.project
    bare = project.add_clip(features.project.clip(animals[1][2]).video_id, 16, 20)
    with pytest.raises(FeatureStoreError, match=r"no features of tiny at t20, layer 9.*Compute them first"):
        run(similar_job(features, [bare.id]))


@pytest.mark.slow
def test_the_approximate_search_finds_nearly_what_the_exact_one_does():
    random = np.random.default_rng(0)
    vectors = random.normal(size=(3000, 8)) @ random.normal(size=(8, 40)) + 0.1 * random.normal(
        size=(3000, 40)
    )
    exact, graph = VectorIndex(vectors), VectorIndex(vectors, exact=False)
    shared = 0
    for query in range(0, 3000, 100):
        known, near = exact.nearest(vectors[query], 10), graph.nearest(vectors[query], 10)
        assert known.exact
        assert not near.exact
        shared += len(set(known.places.tolist()) & set(near.places.tolist()))
    assert shared >= 0.95 * 300
    few = np.zeros(3000, bool)
    few[:20] = True
    assert set(graph.nearest(vectors[500], 5, few).places) == set(exact.nearest(vectors[500], 5, few).places)
