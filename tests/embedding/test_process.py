import numpy as np
import pytest

from actiondiff_gui.embedding.maps import MapSettings, embed_clips
from actiondiff_gui.embedding.process import EmbedProcess
from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.progress import run


@pytest.fixture
def process():
    process = EmbedProcess()
    yield process
    process.close()


def _clips(count: int = 20):
    return np.random.default_rng(0).normal(size=(count, 6)).astype(np.float32), [
        f"c{i}" for i in range(count)
    ]


def test_a_map_from_the_process_is_the_map_made_here(process):
    features, ids = _clips()
    there, here = (
        run(process.job(features, ids, MapSettings("pca"))),
        embed_clips(features, ids, MapSettings("pca")),
    )
    np.testing.assert_array_equal(there.coordinates, here.coordinates)
    assert there.explained_variance == here.explained_variance
    assert dict(there.parameters) == dict(here.parameters)


def test_the_process_stays_for_the_next_map_and_its_errors_are_sentences(process):
    features, ids = _clips()
    run(process.job(features, ids, MapSettings("pca")))
    kept = process._idle
    with pytest.raises(AnalysisError, match="exactly the same features"):
        run(process.job(features * 0, ids, MapSettings("pca")))
    assert process._idle is kept
    process.close()
    assert kept.poll() is not None


def test_a_stopped_map_ends_its_process(process):
    features, ids = _clips()
    process.prepare("pca")
    child = process._idle
    job = process.job(features, ids, MapSettings("umap"))
    next(job)
    job.close()
    assert child.poll() is not None


def test_a_process_that_dies_is_told(process):
    features, ids = _clips()
    process.prepare("pca")
    child = process._idle
    job = process.job(features, ids, MapSettings("umap"))
    next(job)
    child.kill()
    with pytest.raises(AnalysisError, match="memory"):
        run(job)
