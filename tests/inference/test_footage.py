"""What a model was trained on is told from what it is to be applied to."""

from dataclasses import replace
from pathlib import Path

import pytest

from actiondiff_gui.inference.footage import footage_of, other_footage
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Video

FILM = Video("a", Path("/a.mp4"), "0" * 64, 100, 25.0, 640, 480, "a", {"species": "mouse"})
METRICS = {
    "plan": {"domain": "species"},
    "data": {
        "domains": ["mouse"],
        "footage": {"videos": ["0" * 16], "sizes": [[640, 480]], "rates": [25.0]},
    },
}


def films(count: int, **other) -> list[Video]:
    return [replace(FILM, id=str(n), fingerprint=f"{n + 1}" * 64, **other) for n in range(count)]


def test_recordings_that_a_model_was_trained_on_need_no_word():
    assert other_footage(METRICS, [FILM]) == ""
    assert other_footage(METRICS, []) == ""


def test_other_recordings_of_the_same_kind_are_to_be_looked_at():
    assert other_footage(METRICS, films(5)) == (
        "None of these 5 recordings is among those the model was trained on. So check some of what it finds."
    )
    assert other_footage(METRICS, [FILM, *films(2)]).startswith("2 of these 3 recordings are not among")
    assert other_footage(METRICS, films(1)).startswith("This recording is not among")


def test_another_frame_rate_size_or_domain_is_named():
    told = other_footage(METRICS, films(2, fps=60.0, width=320, height=240, facets={"species": "rat"}))
    assert "They have 60 frames a second, those had 25." in told
    assert "They are 320 x 240 pixels, those were 640 x 480." in told
    assert "Their species is rat; the model learned mouse." in told
    assert told.endswith("So expect it to be worse than its test score.")
    assert "frames a second" not in other_footage(METRICS, films(2, fps=24.9))


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"footage": 3},
        {"footage": {"videos": 1, "sizes": [[[], 2], [1]], "rates": ["x", -1, None, 10**400]}},
    ],
)
def test_nothing_that_a_file_says_of_its_footage_is_believed_unchecked(data):
    told = other_footage({"data": data, "plan": []}, films(2))
    assert told.startswith(("The model does not say", "None of these 2 recordings"))


def test_the_footage_of_clips_is_that_of_their_videos(zoo_file):
    with Project.open(zoo_file) as project:
        first, second, *_ = project.videos()
        clips = [clip.id for video in (first, second) for clip in project.clips(video_id=video.id)]
        found = footage_of(project, clips)
    assert found["videos"] == sorted(video.fingerprint[:16] for video in (first, second))
    assert (found["sizes"], found["rates"]) == ([(32, 32)], [24.0])
