"""A project of real short videos with synthetic features of known structure."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.gui.train.state.training import token_location_job
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from tests.conftest import write_video

AT = Address(timestep="t20", layers=(9,), pooling="mean")
SPECIES = ("ant", "ant", "ant", "bee", "bee", "bee")
CHANNELS = 12


def zoo_videos(folder: Path) -> list[Path]:
    """Six videos of 24 frames of 32 x 32 pixels: three of ants, three of bees."""
    random = np.random.default_rng(0)
    return [
        write_video(folder / f"{species}_{n}.mp4", random.integers(0, 255, (24, 32, 32, 3), dtype=np.uint8))
        for n, species in enumerate(SPECIES)
    ]


def build_zoo(
    path: Path, videos: Sequence[Path], actions: Sequence[str] = ("walk", "eat"), labelled: bool = True
) -> Path:
    """Each video has three clips of each action, whose features at t20, layer 9 of the tiny model tell them apart."""
    random = np.random.default_rng(1)
    directions = 2 * random.normal(size=(len(actions), CHANNELS))
    with Project.create(path) as project:
        run(import_videos(project, videos))
        for clip in project.clips():
            project.remove_clip(clip.id)
        project.domain_facet = "species"
        for action in actions:
            project.add_action(action)
        for video, species in zip(project.videos(), SPECIES, strict=True):
            project.set_video_facet(video.id, "species", species)
            starts = [4 * k + n for n in range(3) for k in range(len(actions))]
            clips = project.add_clips(video.id, [(start, start + 4, None, None, None) for start in starts])
            if labelled:
                said = [(c.id, actions[i % len(actions)], 1, None) for i, c in enumerate(clips)]
                project.add_labels(said, by="Ada")
        place = run(token_location_job(project, LoadedFeatures(), AT))
        for source in clip_sources(project):
            action = source.start // 4 % len(actions)
            tokens = directions[action] + random.normal(size=(4, CHANNELS))
            place.store.write(source.key, "t20", {9: tokens}, np.arange(source.start, source.end))
        project.set_setting("address", AT.to_json())
    return path
