import json
from dataclasses import replace

import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.preferences import Preferences
from actiondiff_gui.gui.session.session import Session


def heard(signal) -> list:
    said = []
    signal.connect(lambda *values: said.append(values))
    return said


def test_the_selection_is_told_once_and_unknown_clips_are_left_out(session):
    said = heard(session.selection_changed)
    ids = [row.id for row in session.table]
    session.select([ids[1], "nobody", ids[0], ids[1]])
    session.select([ids[1], ids[0]])
    assert said == [((ids[1], ids[0]),)]


def test_opening_a_clip_shows_its_video_at_its_first_frame(session):
    row = session.table.rows[1]
    session.needed().update_clip(row.id, start=12)
    session.reread_clips([row.id])
    session.open_clip(row.id)
    assert (session.video, session.frame, session.current) == (row.video_id, 12, row.id)
    assert session.selection == (row.id,)


def test_seeking_stays_within_the_video(session):
    session.open_clip(session.table.rows[2].id)
    session.seek(10**6)
    assert session.frame == 8
    session.seek(-4)
    assert session.frame == 0


def test_stepping_goes_through_clips_and_finds_the_unlabelled_ones(session):
    ids = [row.id for row in session.table]
    assert session.step_clip(1)
    assert session.current == ids[0]
    assert session.step_clip(1, unlabelled=True)
    assert session.current == ids[1]
    assert session.step_clip(1)
    assert not session.step_clip(1)
    assert session.step_clip(1, unlabelled=True)
    assert session.current == ids[1], "it goes round to the unlabelled clip before"


def test_the_address_is_kept_with_the_project(session, tmp_path):
    settings = ExtractionSettings(stride=2, resolution=(64, 96), regime="noised", draws=3)
    session.set_address(timestep="t5", layers=(7,), settings=settings)
    path = session.project.path
    session.close_project()
    again = Session(Preferences(tmp_path / "home"))
    again.open_project(path)
    assert again.address == Address("tiny", "t5", (7,), settings=settings)
    again.close_project()


@pytest.mark.parametrize(
    "kept",
    [None, 3, {}, {"settings": {"stride": 0}}, {"backbone": "x", "settings": {"resolution": "huge"}}, ["a"]],
)
def test_an_address_that_makes_no_sense_becomes_the_usual_one(kept):
    assert Address.from_json(kept) == Address()


def test_an_address_survives_json():
    address = Address(
        "svd-xt",
        "sigma1.5",
        (3, 6),
        "mean+change",
        ExtractionSettings(resolution=(64, 64)),
        "cuda",
        "bfloat16",
    )
    kept = json.loads(json.dumps(address.to_json()))
    assert Address.from_json(kept) == address
    for wrong in ({"layers": [6, 3]}, {"layers": "36"}, {"pooling": "max"}, {"layers": [True]}):
        assert Address.from_json(kept | wrong) == Address()
    # Of versions that knew one layer and the mean.
    old = {name: value for name, value in kept.items() if name not in ("layers", "pooling")}
    assert Address.from_json(old | {"layer": 9}) == replace(address, layers=(9,), pooling="mean")
    assert Address.from_json(old | {"layer": 0}) == replace(address, layers=(), pooling="")


def test_a_project_that_cannot_be_opened_leaves_the_session_as_it_was(session, tmp_path):
    text = tmp_path / "text.actiondiff"
    text.write_text("not a project")
    before = session.project
    with pytest.raises(ProjectError, match=r"text\.actiondiff"):
        session.open_project(text)
    assert session.project is before
    assert len(session.table) == 3


def test_projects_are_remembered_latest_first_and_only_while_they_are_there(session, tmp_path):
    first = session.project.path
    second = tmp_path / "second.actiondiff"
    session.open_project(second, create=True)
    preferences = Preferences(tmp_path / "home")
    assert preferences.recent_projects == [second, first]
    session.close_project()
    second.unlink()
    assert preferences.recent_projects == [first]


def test_preferences_that_cannot_be_read_count_as_empty(tmp_path):
    (tmp_path / "preferences.json").write_text("{broken")
    preferences = Preferences(tmp_path)
    assert preferences.get("tab") is None
    preferences.set("tab", "Map")
    assert Preferences(tmp_path).get("tab") == "Map"


def test_closing_a_project_tells_that_nothing_is_open(session):
    session.open_clip(session.table.rows[0].id)
    said = heard(session.current_changed)
    session.close_project()
    assert said == [(None,)]
    assert (session.video, session.selection, len(session.table)) == (None, (), 0)
    with pytest.raises(ProjectError, match="No project is open"):
        session.needed()


def test_the_annotators_name_is_remembered_on_this_computer(session, tmp_path):
    session.set_annotator(" Cleo ")
    assert Session(Preferences(tmp_path / "home")).annotator == "Cleo"
    session.set_annotator("")
    assert session.annotator
    assert Preferences(tmp_path / "home").get("annotator") is None
