"""Project with made-up features: each clip is a position on a line, walking right of 0 and eating left of it."""

import numpy as np

from actiondiff_gui.classifier.models.library import keep_model
from actiondiff_gui.classifier.training.fitting import fit_head
from actiondiff_gui.features.dataset import ProjectTokens, clip_sources, features_folder
from actiondiff_gui.features.settings import Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos

PROVENANCE = {"made": "up"}
LABELLED = 6


def fill(session: Session, clips: int, videos=(), model: str = "first") -> None:
    """Cut two videos of a project into overlapping clips, give them features, label six and train on these.

    One clip of the third video stays without features.
    """
    project = session.needed()
    if videos:
        run(import_videos(project, list(videos)))
    for action in ("walk", "eat"):
        if action not in {a.name for a in project.actions()}:
            project.add_action(action)
    shortest, middle, longest = sorted(project.videos(), key=lambda video: video.frame_count)
    project.remove_clip([clip.id for clip in project.clips()])
    project.add_clip(shortest.id, 0, 4)
    made = []
    for n, video in enumerate((longest, middle)):
        rows = [(i % 19, i % 19 + 3 + i // 19, None, None, None) for i in range((clips + 1 - n) // 2)]
        made += project.add_clips(video.id, rows)
    store = TokenStore(features_folder(project), Provenance("made-up", PROVENANCE))
    rng = np.random.default_rng(0)
    at = rng.permutation(np.linspace(-2, 2, clips))
    places = {}
    for n, clip in enumerate(clip_sources(project, [clip.id for clip in made])):
        places[clip.id] = float(at[n])
        tokens = np.ones((3, 3), np.float32)
        tokens[:, 0] = at[n] + rng.normal(scale=0.05, size=3)
        store.write(clip.key, "-", {1: tokens}, np.arange(3))
    session.made_up_places = places
    by_place = sorted(places, key=places.get)
    for clip in [*by_place[5:8], *by_place[-8:-5]]:
        project.label(clip, "walk" if places[clip] > 0 else "eat", source="import", by="table")
    tokens = ProjectTokens(project, store, [1])("-", 1)
    classifier = fit_head("linear", tokens, range(len(tokens)), extraction=PROVENANCE, single_source=True)
    keep_model(project, classifier, model)
    session.reread()
    session.set_model(model)


def truth_of(session: Session, clip_id: str) -> float:
    """Return the position of a clip on the line."""
    return session.made_up_places[clip_id]
