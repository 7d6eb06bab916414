"""A project whose features were computed on another machine, without the weights."""

import shutil
from pathlib import Path

from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from tests.zoo import SPECIES, zoo_videos

SETTINGS = ExtractionSettings(stride=4)
TIMESTEPS, LAYERS = ("t10", "t20"), (5, 9)


def extracted_elsewhere(svd_folder: Path, root: Path) -> tuple[Path, Path]:
    """Return a project of twelve clips with features at two timesteps and two layers, and where the weights lay: they are gone.

    Ants and bees, each walking and resting; a stride of four frames.
    """
    weights = Path(shutil.copytree(svd_folder, root / "small-svd"))
    path = root / "zoo.actiondiff"
    with Project.create(path) as project:
        run(import_videos(project, zoo_videos(root / "animals")))
        project.remove_clip([clip.id for clip in project.clips()])
        project.domain = "species"
        for video, species in zip(project.videos(), SPECIES, strict=True):
            project.set_video_facet(video.id, "species", species)
            for start, action in ((0, "walk"), (12, "rest")):
                project.label(project.add_clip(video.id, start, start + 8).id, action)
        features = FeatureSet(project, str(weights), settings=SETTINGS, device="cpu")
        run(features.extract_job(features.plan(TIMESTEPS, LAYERS)))
    weights.rename(root / "on the cluster")
    return path, weights
