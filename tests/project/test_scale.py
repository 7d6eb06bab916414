"""Scaling with the number of clips, by comparing amounts of work and never by wall-clock time."""

import time
from contextlib import contextmanager

import pytest

from actiondiff_gui.project.project import Project


@contextmanager
def steps_of_sqlite(project: Project):
    """Count, in thousands, the instructions that SQLite runs: the same on every machine."""
    connection, count = project._database._connection, [0]

    def tick() -> int:
        count[0] += 1
        return 0

    connection.set_progress_handler(tick, 1000)
    try:
        yield count
    finally:
        connection.set_progress_handler(None, 0)


def fill(project: Project, videos: int, clips: int) -> list[str]:
    ids = []
    with project.transaction(record=False):
        for v in range(videos):
            video = project.add_video(
                *(project.path.parent / f"{v}.mp4",),
                **{"frame_count": 10**6, "fps": 25, "width": 64, "height": 48, "fingerprint": f"{v}"},
                facets={"species": f"s{v % 3}"},
            )
            rows = [(i, i + 10, None, None, None) for i in range(clips)]
            ids += [clip.id for clip in project.add_clips(video.id, rows)]
        project.add_labels([(clip_id, f"action {i % 10}", 1, None) for i, clip_id in enumerate(ids[::4])])
    return ids


@pytest.fixture(scope="module")
def projects(tmp_path_factory):
    """Projects of 1,000 and 100,000 clips with the ids of their clips and the seconds it took to fill them."""
    made = []
    for videos in (1, 100):
        project = Project.create(tmp_path_factory.mktemp("scale") / "many.sqlite")
        start = time.process_time()
        ids = fill(project, videos, 1000)
        made.append((project, ids, time.process_time() - start))
    yield made
    for project, _, _ in made:
        project.close()


def test_filling_a_project_takes_time_in_proportion(projects):
    (_, few, quick), (_, many, slow) = projects
    assert len(many) == 100 * len(few)
    assert slow < 300 * max(quick, 0.01)


@pytest.mark.parametrize(
    "click",
    [
        lambda project, ids: project.clip(ids[500]),
        lambda project, ids: project.clips(ids[500:510]),
        lambda project, ids: project.clips(video_id=project.clip(ids[500]).video_id)[0],
        lambda project, ids: project.labels(ids[500:510]),
        lambda project, ids: project.label_matrix(ids[500:510]),
        lambda project, ids: project.label(ids[500], "action 1", -1),
        lambda project, ids: project.update_clip(ids[500], end=1234),
        lambda project, ids: project.set_facet(ids[500:510], "species", "x"),
        lambda project, ids: project.history(),
        lambda project, ids: project.undo(),
        lambda project, ids: project.remove_clip(ids[501]),
    ],
    ids=["clip", "clips", "video", "labels", "matrix", "label", "move", "facet", "history", "undo", "remove"],
)
def test_a_click_costs_the_same_among_many_clips_as_among_few(projects, click):
    costs = []
    for project, ids, _ in projects:
        with steps_of_sqlite(project) as count:
            click(project, ids)
        costs.append(count[0])
    assert costs[1] <= 2 * costs[0] + 3


@pytest.mark.parametrize(
    "whole",
    [
        lambda project, ids: project.clips(),
        lambda project, ids: project.labels(),
        lambda project, ids: project.label_matrix(ids[510:]),
        lambda project, ids: project.facets(),
    ],
    ids=["clips", "labels", "matrix", "facets"],
)
def test_a_question_about_all_clips_is_a_few_queries_and_grows_no_faster_than_they_do(projects, whole):
    costs = []
    for project, ids, _ in projects:
        statements = []
        project._database._connection.set_trace_callback(statements.append)
        with steps_of_sqlite(project) as count:
            whole(project, ids)
        project._database._connection.set_trace_callback(None)
        assert len(statements) < 6
        costs.append(count[0])
    assert costs[1] <= 200 * (costs[0] + 1)
