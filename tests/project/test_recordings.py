"""What is kept of a recording: regions of subjects and a second view, and their way into the history."""

import pytest

from actiondiff_gui.errors import ChangedSinceError, ProjectError
from actiondiff_gui.project.history.steps import OF_RECORDING
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.recordings import (
    SecondView,
    change_subject,
    region,
    second_view,
    set_region,
    set_second_view,
)


def rois(project, video) -> list:
    return [clip.roi for clip in project.clips(video_id=video.id)]


def test_a_region_goes_to_the_bouts_of_its_subject_in_one_step_that_is_undone_and_redone(project, add_video):
    video, other = add_video("a.mp4"), add_video("b.mp4")
    project.add_clip(video.id, 0, 5, subject="Rex")
    project.add_clip(video.id, 5, 9, subject="Tom")
    own = project.add_clip(video.id, 9, 12, subject="Rex", roi=(5, 5, 5, 5))
    project.add_clip(other.id, 0, 5, subject="Rex")
    steps = project.history()[0]
    changed = set_region(project, video.id, "Rex", (1, 2, 10, 20))
    assert len(changed) == 1
    assert project.history()[0] == steps + 1
    assert rois(project, video) == [(1, 2, 10, 20), None, own.roi]
    assert rois(project, other) == [None]
    set_region(project, video.id, "Rex", (3, 3, 8, 8))
    assert rois(project, video) == [(3, 3, 8, 8), None, own.roi]

    taken = project.undo()
    assert taken.what == "region of Rex of a.mp4"
    assert taken.video_ids == (video.id,)
    assert region(project, video.id, "Rex") == (1, 2, 10, 20)
    assert rois(project, video) == [(1, 2, 10, 20), None, own.roi]
    project.undo()
    assert region(project, video.id, "Rex") is None
    assert rois(project, video) == [None, None, own.roi]
    project.redo()
    project.redo()
    assert region(project, video.id, "Rex") == (3, 3, 8, 8)
    set_region(project, video.id, "Rex", None)
    assert rois(project, video) == [None, None, own.roi]
    assert region(project, video.id, "Rex") is None
    project.undo()
    assert region(project, video.id, "Rex") == (3, 3, 8, 8)


def test_a_region_without_bouts_is_a_step_too_and_other_settings_are_none(project, add_video):
    video = add_video()
    set_region(project, video.id, "Rex", (1, 2, 10, 20))
    project.set_setting("bookmarks", {video.id: [3]})
    assert project.history() == (1, 0)
    assert project.undo().clip_ids == ()
    assert region(project, video.id, "Rex") is None
    assert project.setting("bookmarks") == {video.id: [3]}


def test_a_clip_that_is_given_to_another_subject_takes_over_that_ones_region(project, add_video):
    video = add_video()
    set_region(project, video.id, "Rex", (1, 2, 10, 20))
    set_region(project, video.id, "Tom", (2, 3, 4, 5))
    clip = project.add_clip(video.id, 0, 5)
    for subject, roi in (("Rex", (1, 2, 10, 20)), ("Tom", (2, 3, 4, 5)), (None, None)):
        change_subject(project, clip.id, subject)
        assert (project.clip(clip.id).subject, project.clip(clip.id).roi) == (subject, roi)
    project.update_clip(clip.id, roi=(7, 7, 7, 7))
    change_subject(project, clip.id, "Rex")
    assert project.clip(clip.id).roi == (7, 7, 7, 7)


def test_a_region_of_somebody_else_is_not_taken_back_without_a_question(project, add_video):
    video = add_video("a.mp4")
    project.person = "Ada"
    set_region(project, video.id, "Rex", (1, 2, 10, 20))
    project.person = "Bo"
    set_region(project, video.id, "Rex", (3, 3, 8, 8))
    project.person = "Ada"
    with pytest.raises(ChangedSinceError, match=r"Bo changed a\.mp4"):
        project.undo()
    assert region(project, video.id, "Rex") == (3, 3, 8, 8)


def test_what_is_no_region_is_refused_or_counts_as_none(project, add_video):
    video = add_video()
    with pytest.raises(ProjectError, match="does not lie within"):
        set_region(project, video.id, "Rex", (0, 0, video.width + 1, 5))
    with pytest.raises(ProjectError, match="Choose a subject first"):
        set_region(project, video.id, "", (0, 0, 5, 5))
    for broken in ({"Rex": "all"}, {"Rex": [0, 0, 99999, 5]}, [3], "x"):
        project.set_setting(f"{OF_RECORDING}{video.id}", {"regions": broken})
        assert region(project, video.id, "Rex") is None
    set_region(project, video.id, "Rex", (1, 2, 10, 20))
    assert region(project, video.id, "Rex") == (1, 2, 10, 20)


def test_regions_are_there_after_closing_and_can_still_be_undone(project, add_video):
    video = add_video()
    set_region(project, video.id, "Rex", (1, 2, 10, 20))
    path = project.path
    project.close()
    with Project.open(path) as again:
        assert region(again, video.id, "Rex") == (1, 2, 10, 20)
        assert again.undo()
        assert region(again, video.id, "Rex") is None


def test_a_second_view_is_kept_beside_the_regions_and_undone(project, add_video):
    video, other = add_video("a.mp4"), add_video("b.mp4")
    set_region(project, video.id, "Rex", (1, 2, 10, 20))
    set_second_view(project, video.id, SecondView(other.id, 1.5))
    assert second_view(project, video.id) == SecondView(other.id, 1.5)
    assert second_view(project, other.id) is None
    set_second_view(project, video.id, SecondView(other.id, -2))
    assert project.undo().what == "second view of a.mp4"
    assert second_view(project, video.id) == SecondView(other.id, 1.5)
    assert region(project, video.id, "Rex") == (1, 2, 10, 20)
    set_second_view(project, video.id, None)
    assert second_view(project, video.id) is None
    assert region(project, video.id, "Rex") == (1, 2, 10, 20)
    with pytest.raises(ProjectError, match="its own second view"):
        set_second_view(project, video.id, SecondView(video.id))
    with pytest.raises(ProjectError, match="at most a day"):
        set_second_view(project, video.id, SecondView(other.id, float("nan")))
    with pytest.raises(ProjectError):
        set_second_view(project, video.id, SecondView("nobody"))
    for broken in ({"video": 3, "offset": 0}, {"video": other.id}, {"video": other.id, "offset": "x"}, [1]):
        project.set_setting(f"{OF_RECORDING}{video.id}", {"second view": broken})
        assert second_view(project, video.id) is None
