import numpy as np
import pytest

from actiondiff_gui.embedding.clusters import ClusterSettings
from actiondiff_gui.embedding.neighbours import Moment, SimilarSettings
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.gui.clips.dock import ClipsDock
from actiondiff_gui.gui.gallery import menu as finding


@pytest.fixture
def docked(pets):
    """Return the Clips dock over 24 clips of two kinds, of a dog and a cat, with features at t20, layer 9."""
    session = pets.session
    session.set_address(timestep="t20", layers=(9,), pooling="mean")
    project = session.project
    project.remove_clip([clip.id for clip in project.clips()])
    _, middle, longest = sorted(project.videos(), key=lambda video: video.frame_count)
    ids = []
    for video, species in ((middle, "dog"), (longest, "cat")):
        rows = [(i, i + 1, None, None, {"species": species}) for i in range(12)]
        ids += [clip.id for clip in project.add_clips(video.id, rows)]
    store = session.loaded.features(project, session.address).store
    random = np.random.default_rng(0)
    for number, source in enumerate(sorted(clip_sources(project), key=lambda s: ids.index(s.id))):
        centre = np.array([4.0, 0, 0, 0]) if number % 2 else np.array([0, 4.0, 0, 0])
        tokens = centre + 0.3 * random.normal(size=(2, 4))
        store.write(source.key, "t20", {9: tokens.astype(np.float32)}, np.array([source.start, source.start]))
    session.reread()
    dock = ClipsDock(pets)
    pets.viewer.window.add_dock_widget(dock, name="clips", area="right")
    pets.window.show()
    return dock


def ids(dock):
    table = dock.session.table
    order = {video: n for n, video in enumerate(dict.fromkeys(row.video_id for row in table))}
    return [
        row.id
        for row in sorted(table, key=lambda r: (r.facets["species"] == "cat", order[r.video_id], r.start))
    ]


def entries(menu):
    return {entry.text(): entry for entry in menu.actions()}


def test_similar_clips_of_another_domain_are_found_from_the_menu_with_their_distances(docked, wait):
    clips = ids(docked)
    docked.session.select([clips[1]])
    docked._fill_gallery_menu()
    entries(docked.as_gallery.menu())["Clips like it of another species"].trigger()
    wait(lambda: docked.gallery.isVisible())
    shown = docked.gallery.state.clip_ids
    assert set(shown[:6]) == set(clips[13::2])
    assert len(shown) == 12
    distances = [float(docked.gallery.state.group.notes[clip]) for clip in shown]
    assert distances == sorted(distances)
    assert "Similar to 1 clip, of other domains" in docked.gallery.title.text()


def test_a_moment_finds_clips_too(docked, wait):
    row = docked.session.table.get(ids(docked)[0])
    finding.find_similar(docked.host, Moment(row.video_id, 0), SimilarSettings(count=5), "Clips")
    wait(lambda: docked.gallery.isVisible())
    assert set(docked.gallery.state.clip_ids) < set(ids(docked)[::2])


def test_without_features_the_window_says_what_to_compute(docked, wait):
    docked.session.set_address(timestep="t10")
    finding.find_similar(docked.host, ids(docked)[:1], SimilarSettings(), "Clips")
    wait(lambda: docked.host.jobs.problems)
    assert "Compute them first" in docked.host.jobs.problems[0]
    assert not docked.gallery.isVisible()


def test_clusters_are_groups_of_the_gallery_and_a_column_and_are_labelled_at_once(docked, wait):
    clips = ids(docked)
    finding.find_clusters(docked.host, ClusterSettings(), "Clips")
    wait(lambda: docked.gallery.isVisible())
    state = docked.gallery.state
    titles = [group.title for group in state.shown.groups]
    assert len([title for title in titles if title.startswith(("Cluster 1: ", "Cluster 2: "))]) == 2
    one = {clips.index(clip) % 2 for clip in state.clip_ids}
    assert len(one) == 1
    assert state.group.notes[state.clip_ids[0]] == "medoid"
    assert {docked.session.table.get(clip).facets["cluster"] for clip in state.clip_ids} == {"1"}
    docked.gallery.grid.command.emit("action:eat")
    assert {docked.session.table.get(clip).label for clip in state.clip_ids} == {"eat"}
    docked.host.keyboard.run("undo")
    docked.host.keyboard.run("undo")
    assert "cluster" not in docked.session.table.facet_keys()
