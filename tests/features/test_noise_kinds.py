"""Do features of versions before stay what they are, now that noise is drawn in another way?"""

import json
import shutil

import pytest

from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from actiondiff_gui.workflow.features import settings_of_classifier


@pytest.fixture
def project(videos, tmp_path):
    with Project.create(tmp_path / "p.actiondiff") as opened:
        run(import_videos(opened, videos[2:]))
        yield opened


def test_what_was_computed_before_is_found_and_gone_on_with(project, svd_folder):
    former = FeatureSet(
        project, str(svd_folder), 20, 4, settings=ExtractionSettings(generator="numpy"), device="cpu"
    )
    # The values that versions before had, no more and no less: the address is their digest.
    values = former.store.provenance.values
    assert sorted(values) == sorted(
        [
            "stride",
            "resolution",
            "regime",
            "draws",
            "max_seconds",
            "weights",
            "precision",
            "window",
            "sigmas",
            "version",
        ]
    )
    assert values["version"] == 1
    assert FeatureSet(project, str(svd_folder), device="cpu").store.provenance.generator == "philox"
    run(former.extract_job())
    now = FeatureSet(project, str(svd_folder), 20, 4, device="cpu", precision="float32")
    assert now.address == former.address
    assert now.plan() == []
    assert now.settings.generator == "numpy"
    (unit,) = now.plan([10])
    assert run(now.extract_job([unit])).failed == {}
    # Asked for by name, the new kind lies beside it.
    new = FeatureSet(project, str(svd_folder), settings=ExtractionSettings(generator="philox"), device="cpu")
    assert new.store.folder != now.store.folder
    assert new.store.provenance.values["version"] == 2
    assert len(new.plan()) == 1


def test_a_classifier_kept_before_asks_for_the_noise_it_was_trained_with(project, svd_folder):
    for settings in (ExtractionSettings(generator="numpy"), ExtractionSettings(condition="plain")):
        features = FeatureSet(project, str(svd_folder), settings=settings, device="cpu")
        kept = json.loads(json.dumps(features.store.provenance.values))
        again, precision = settings_of_classifier(kept)
        digest = Provenance.of(features.network(), again).digest
        assert (digest, precision) == (features.store.provenance.digest, "float32")


def test_a_model_may_say_which_noise_its_results_were_measured_with(project, svd_folder, tmp_path):
    folder = shutil.copytree(svd_folder, tmp_path / "noted")
    (folder / "actiondiff.json").write_text('{"norms": "diffusers", "noise": "numpy"}')
    assert "generator" not in FeatureSet(project, str(folder), device="cpu").store.provenance.values
    assert FeatureSet(project, "tiny", device="cpu").store.provenance.generator == "numpy"
