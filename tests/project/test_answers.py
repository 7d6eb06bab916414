"""Review answers are stored beside the labels, and are undone and redone with them."""

import csv

import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.writers.answers import export_answers
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.storage import schema
from tests.project.storage.old_layouts import to_layout


@pytest.fixture
def clip(project, add_video):
    project.add_action("walk")
    return project.add_clip(add_video().id, 10, 40)


def answer(project, clip, kind="confirmed", said=("walk",), model="first", sure=0.1 + 0.2, asked="random"):
    with project.transaction():
        for action in said:
            project.label(clip.id, action, by="Ada")
        prediction = {"model": model, "predicted": ("walk",), "confidence": sure}
        project.add_answer(clip.id, kind, said=said, by="Ada", asked=asked, **prediction)


def test_an_answer_says_who_when_and_what_which_model_had_predicted(project, clip):
    answer(project, clip)
    project.close()
    with Project.open(project.path) as again:
        (found,) = again.answers()
        (label,) = again.labels(sources=["person"])
    assert (found.clip_id, found.answer, found.said, found.by) == (clip.id, "confirmed", ("walk",), "Ada")
    assert (found.model, found.predicted, found.confidence) == ("first", ("walk",), 0.1 + 0.2)
    assert found.asked == "random"
    assert abs((found.time - label.time).total_seconds()) < 10


def test_undo_takes_label_and_answer_back_together_and_redo_brings_both(project, clip):
    answer(project, clip)
    before = project.answers()
    step = project.latest_step()
    project.set_facet(clip.id, "excluded", "yes")
    assert project.latest_step() > step
    project.undo()
    assert project.latest_step() == step
    project.undo()
    assert (project.answers(), project.labels()) == ([], [])
    project.redo()
    assert project.answers() == before
    project.remove_clip(clip.id)
    assert project.answers() == []
    project.undo()
    assert project.answers() == before


def test_a_renamed_model_keeps_its_answers_and_the_history_stays(project, clip):
    answer(project, clip)
    project.add_labels([(clip.id, "walk", 1, 0.5)], source="model", by="first")
    project.rename_predictor("first", "best")
    assert [a.model for a in project.answers()] == ["best"]
    assert project.undo()
    assert project.answers() == []


def test_an_answer_that_makes_no_sense_changes_nothing(project, clip):
    with pytest.raises(ProjectError, match="An answer must be one of"):
        answer(project, clip, "perhaps")
    with pytest.raises(ProjectError, match="between 0 and 1"):
        answer(project, clip, sure=1.5)
    assert (project.answers(), project.labels()) == ([], [])


def test_a_project_from_before_there_were_answers_is_brought_up_to_date(project, clip):
    project.label(clip.id, "walk", by="Ada")
    labels = project.labels()
    project.close()
    to_layout(project.path, 1)
    with Project.open(project.path) as again:
        assert again.labels() == labels
        assert again.answers() == []
        answer(again, clip)
        assert len(again.answers()) == 1
        again.undo()
        again.undo()
        assert (again.labels(), again.answers()) == ([], [])
    assert schema.check_file(project.path) == schema.SCHEMA_VERSION


def test_ten_thousand_answers_are_read_in_one_go_and_those_of_one_clip_alone(project, add_video):
    project.add_action("walk")
    clips = project.add_clips(
        add_video().id, [(i % 900, i % 900 + 9, None, None, None) for i in range(10_000)]
    )
    with project.transaction():
        for each in clips:
            project.add_answer(
                each.id, "confirmed", said=["walk"], model="m", predicted=["walk"], confidence=0.5
            )
    assert len(project.answers()) == 10_000
    assert [a.clip_id for a in project.answers([clips[77].id])] == [clips[77].id]


def test_answers_are_exported_with_their_clips(project, clip, tmp_path):
    answer(project, clip, "corrected")
    out = project.path.parent / "answers.csv"
    assert export_answers(project, out) == 1
    (row,) = csv.DictReader(out.open(newline=""))
    assert (row["answer"], row["said"], row["model"], row["predicted"]) == (
        "corrected",
        "walk",
        "first",
        "walk",
    )
    assert (row["video"], row["start_frame"], row["end_frame"]) == ("a.mp4", "10", "40")
    assert (row["confidence"], row["asked"], row["by"]) == ("0.3000", "random", "Ada")
