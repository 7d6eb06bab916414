"""Can another tool's table be looked at in the window before it goes in, and does it go in as chosen?"""

import contextlib

import pytest
from qtpy.QtWidgets import QApplication

from actiondiff_gui.widgets import projects

EVENTS = (
    "Observation id,Subject,Behavior,Behavior type,Time,Media file name,FPS\n"
    "o,,Walk,START,0.0,{name},24\no,,Walk,STOP,0.5,{name},24\n"
    "o,,sniff,POINT,0.25,{name},24\no,,sniff,START,0.6,{name},24\n"
)


@pytest.fixture
def dialog(pets, wait, tmp_path):
    """The dialog for events of the second video, with a START that has no STOP."""
    path = tmp_path / "events.csv"
    path.write_text(EVENTS.format(name="C:/films/clip_1.MP4"), encoding="utf-8")
    projects.add_files(pets, [path])
    found = []

    def there() -> bool:
        found[:] = [w for w in pets.window.findChildren(object) if type(w).__name__ == "ImportTableDialog"]
        return bool(found)

    wait(there)
    dialog = found[0]
    found.clear()
    yield dialog
    with contextlib.suppress(RuntimeError):  # it was accepted, and Qt has deleted it
        dialog.close()
    QApplication.processEvents()


def labels(pets) -> list[tuple]:
    # A job may be writing: clips are read after the labels that name them.
    said = pets.session.project.labels(sources=("import",))
    clips = {clip.id: clip for clip in pets.session.project.clips()}
    return sorted((clips[s.clip_id].start, clips[s.clip_id].end, s.action, s.by) for s in said)


def test_a_table_is_shown_with_all_that_is_odd_and_goes_in_as_chosen(dialog, pets, wait):
    assert "2 bouts</b> in 1 video from events.csv (BORIS tabular events)" in dialog.said.text()
    assert "1 entry cannot go in" in dialog.said.text()
    text = dialog.found.toPlainText()
    assert "sniff starts at 0.6 s and has no STOP" in text
    assert "'Walk' was taken for the action 'walk'" in text
    assert not dialog.points.isHidden()
    assert pets.session.videos[dialog.videos["C:/films/clip_1.MP4"].currentData()].path.name == "clip_1.mp4"
    assert not labels(pets)
    box = dialog.actions["Walk"]
    box.setCurrentIndex(box.findData("Walk"))
    box.activated.emit(box.currentIndex())
    wait(lambda: dialog.ok.isEnabled() and dialog.planned.actions["Walk"] == "Walk")
    dialog.points.setChecked(False)
    wait(lambda: dialog.ok.isEnabled() and not dialog.planned.choice.points)
    dialog.by.setText("Bea")
    dialog.ok.click()
    wait(lambda: labels(pets))
    assert labels(pets) == [(0, 12, "Walk", "Bea")]
    wait(lambda: not pets.jobs.active())
    assert [action.name for action in pets.session.actions] == ["walk", "eat", "Walk"]


def test_a_behaviour_can_be_left_out_and_another_video_be_meant(dialog, pets, wait):
    for box, data in ((dialog.actions["sniff"], ""), (dialog.videos["C:/films/clip_1.MP4"], None)):
        first = next(v.id for v in pets.session.videos.values() if v.path.name == "clip_0.mp4")
        box.setCurrentIndex(box.findData(first if data is None else data))
        box.activated.emit(box.currentIndex())
    wait(lambda: dialog.ok.isEnabled() and dialog.planned.videos["C:/films/clip_1.MP4"] == first)
    dialog.ok.click()
    wait(lambda: labels(pets))
    assert labels(pets) == [(0, 12, "walk", "events.csv")]
    clip = next(s.clip_id for s in pets.session.project.labels(sources=("import",)))
    assert pets.session.project.clip(clip).video_id == first


def test_a_broken_table_is_a_sentence_and_a_table_of_clips_goes_in_at_once(pets, wait, tmp_path, videos):
    path = tmp_path / "broken.csv"
    path.write_bytes(b"\x00\x01" * 100)
    projects.add_files(pets, [path])
    wait(lambda: pets.jobs.problems)
    assert "broken.csv is not a text table" in pets.jobs.problems[-1]
    assert not labels(pets)
    path = tmp_path / "clips.csv"
    path.write_text(f"video,start_frame,end_frame,label\n{videos[0]},1,5,eat\n", encoding="utf-8")
    projects.add_files(pets, [path])
    wait(lambda: labels(pets) == [(1, 5, "eat", "clips.csv")])
