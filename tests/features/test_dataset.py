from actiondiff_gui.features.dataset import ProjectTokens, clip_sources
from actiondiff_gui.features.extraction import extract_job, plan
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project


def test_the_same_videos_have_the_same_order_in_every_project(videos, backbone, tmp_path):
    settings = ExtractionSettings()
    store = TokenStore(tmp_path, Provenance.of(backbone, settings))
    orders = []
    for name, paths in (("one", videos), ("other", videos[::-1])):
        with Project.create(tmp_path / f"{name}.actiondiff") as project:
            run(import_videos(project, paths))
            units = plan(clip_sources(project), backbone, store, ["t20"], [9])
            run(extract_job(units, backbone, settings, store))
            tokens = ProjectTokens(project, store, [9], labelled=False)("t20", 9)
            place = sorted(range(len(tokens)), key=lambda i, order=tokens.order: order[i])
            orders.append([len(tokens.tokens[i]) for i in place])
            assert sorted(tokens.order) != sorted(tokens.clip_ids)
    assert orders[0] == orders[1]
