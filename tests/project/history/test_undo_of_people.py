"""Undo and redo where two people change one project."""

import pytest

from actiondiff_gui.errors import ChangedSinceError
from actiondiff_gui.project.project import Project
from tests.project.storage.old_layouts import to_layout


@pytest.fixture
def two(project, add_video):
    """Provide the project as Ada and as Bo have it open, and a clip of it that Ada added."""
    video = add_video("b.mp4")
    project.person = "Ada"
    clip = project.add_clip(video.id, 10, 20)
    with Project.open(project.path) as other:
        other.person = "Bo"
        yield project, other, clip


def said(project) -> set[tuple[str, str]]:
    return {(label.action, label.by) for label in project.labels()}


def test_undo_takes_back_ones_own_last_change_and_not_anothers(two, add_video):
    ada, bo, clip = two
    elsewhere = ada.add_clip(add_video("c.mp4").id, 0, 5)
    ada.label(clip.id, "walk", by="Ada")
    bo.label(elsewhere.id, "eat", by="Bo")
    assert ada.undo().what == "walk on 1 clip of b.mp4"
    assert said(ada) == {("eat", "Bo")}
    assert bo.undo().what == "eat on 1 clip of c.mp4"
    assert bo.undo() is None
    assert ada.history() == (2, 1)


def test_a_new_change_ends_only_what_the_same_person_could_redo(two):
    ada, bo, clip = two
    ada.label(clip.id, "walk", by="Ada")
    bo.label(clip.id, "eat", by="Bo")
    bo.undo()
    ada.undo()
    ada.label(clip.id, "run", by="Ada")
    assert ada.redo() is None
    assert bo.redo(anyway=True)
    assert said(ada) == {("run", "Ada"), ("eat", "Bo")}


def test_where_somebody_changed_the_clip_since_undo_says_so_and_changes_nothing(two):
    ada, bo, clip = two
    ada.label(clip.id, "walk", by="Ada")
    bo.label(clip.id, "eat", by="Bo")
    with pytest.raises(ChangedSinceError, match=r"^Bo changed clip 1 of b\.mp4 at \d\d:\d\d after") as error:
        ada.undo()
    assert (error.value.who, error.value.what) == ("Bo", "clip 1 of b.mp4")
    assert said(ada) == {("walk", "Ada"), ("eat", "Bo")}
    assert ada.undo(anyway=True)
    assert said(ada) == {("eat", "Bo")}
    bo.undo()
    assert ada.redo()
    assert said(ada) == {("walk", "Ada")}


def test_what_somebody_else_changed_since_stays_when_undo_goes_on_all_the_same(two):
    ada, bo, clip = two
    with ada.transaction():
        ada.update_clip(clip.id, start=12)
        ada.set_facet(clip.id, "view", "top")
    bo.update_clip(clip.id, end=30)
    ada.undo(anyway=True)
    now = ada.clip(clip.id)
    assert (now.start, now.end, now.facets) == (12, 30, {})


def test_a_clip_that_goes_takes_anothers_labels_along_and_redo_brings_them_back(two):
    ada, bo, clip = two
    with bo.transaction():
        bo.label(clip.id, "eat", by="Bo")
        bo.set_facet(clip.id, "view", "top")
        bo.add_answer(clip.id, "corrected", said=["eat"], by="Bo", model="m", confidence=0.1)
    bo.label(clip.id, "eat", source="model", by="m", confidence=0.123456789012345)
    before = (ada.clips(), ada.labels(), ada.answers())
    for _ in range(2):
        with pytest.raises(ChangedSinceError):
            ada.undo()
        ada.undo(anyway=True)
        assert ada.clips() == ada.labels() == ada.answers() == []
        ada.redo()
        assert (ada.clips(), ada.labels(), ada.answers()) == before
        bo.undo(anyway=True)
        bo.redo()


def test_redoing_a_deletion_keeps_what_others_said_meanwhile(two):
    ada, bo, clip = two
    ada.remove_clip(clip.id)
    ada.undo()
    bo.label(clip.id, "eat", by="Bo")
    with pytest.raises(ChangedSinceError):
        ada.redo()
    ada.redo(anyway=True)
    assert ada.clips() == []
    ada.undo()
    assert said(ada) == {("eat", "Bo")}


def test_a_change_of_a_clip_that_another_deleted_can_be_undone_without_harm(two):
    ada, bo, clip = two
    ada.label(clip.id, "walk", by="Ada")
    ada.label(clip.id, "walk", -1, by="Ada")
    bo.remove_clip(clip.id)
    with pytest.raises(ChangedSinceError, match=r"Bo changed a clip of b\.mp4"):
        ada.undo()
    ada.undo(anyway=True)
    assert ada.clips() == []
    bo.undo(anyway=True)
    assert said(ada) == {("walk", "Ada")}


def test_the_history_of_an_older_project_can_be_taken_back_by_anybody(two):
    ada, bo, clip = two
    ada.label(clip.id, "walk", by="Ada")
    bo.label(clip.id, "eat", by="Bo")
    bo.undo()
    for project in two[:2]:
        project.close()
    to_layout(ada.path, 2)
    with Project.open(ada.path) as again:
        again.person = "Cy"
        assert again.history() == (2, 1)
        assert again.redo()
        assert said(again) == {("walk", "Ada"), ("eat", "Bo")}
        while again.undo():
            pass
        assert again.clips() == []
        assert again.history("Ada") == (0, 0)
        assert again.history() == (0, 3)


def test_an_odd_history_of_an_older_project_does_not_keep_it_from_opening(two):
    ada, bo, clip = two
    ada.label(clip.id, "walk", by="Ada")
    ada.close()
    bo._database._connection.execute("UPDATE change SET after = 'no json' WHERE row_of = 'label'")
    bo.close()
    to_layout(ada.path, 2)
    with Project.open(ada.path) as again:
        assert again.history() == (1, 0)
        assert said(again) == {("walk", "Ada")}
