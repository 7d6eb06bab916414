"""An ethogram goes to another project and to BORIS and comes back as it was."""

import json

from actiondiff_gui.ethogram.source import Source
from actiondiff_gui.progress import run
from actiondiff_gui.project.ethograms import add_ethogram, listed_subjects, read_ethogram
from actiondiff_gui.project.modifiers import modifiers_of, text_of
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Action, Modifier
from actiondiff_gui.report.ethogram_files import export_bouts_job

SIDE = Modifier("side", "single", ("left", "right"))
PARTS = Modifier("parts", "multiple", ("head", "tail"))


def test_an_ethogram_goes_out_to_boris_with_bouts_and_comes_back(project, add_video, tmp_path):
    project.add_action("walk", "#0072B2", "on four legs", key="W", group="gait", category="moving")
    project.add_action("run", key="Shift+W", group="gait", category="moving")
    project.add_action("bite", key="B", modifiers=[SIDE, PARTS, Modifier("force", "number")])
    project.add_action("call", key="C", point=True)
    project.set_setting("subjects", [{"name": "dam", "key": "1"}, {"name": "pup", "key": ""}])
    video = add_video("a.mp4")
    clip = project.add_clip(
        video.id,
        10,
        20,
        subject="dam",
        facets={"modifier 1": "left", "modifier 2": "head,tail", "modifier 3": "2.5"},
    )
    project.label(clip.id, "bite", by="Ada")
    out = tmp_path / "out.boris"
    run(export_bouts_job(project, Source("labels"), "boris-project", out))
    found = read_ethogram(out)
    known = {action.name: action for action in found.actions}
    assert (known["walk"].key, known["run"].key, known["call"].key) == ("W", "Shift+W", "C")
    assert known["walk"].group == known["run"].group != ""
    assert known["bite"].group == ""
    assert (known["walk"].category, known["walk"].description) == ("moving", "on four legs")
    assert known["bite"].modifiers == (SIDE, PARTS, Modifier("force", "number"))
    assert known["call"].point
    assert found.subjects == (("dam", "1"), ("pup", ""))
    (observation,) = json.loads(out.read_text())["observations"].values()
    assert {event[3] for event in observation["events"]} == {"left|head,tail|2.5"}


def test_actions_that_are_there_keep_what_they_have(project, tmp_path):
    project.add_action("walk", key="W")
    ethogram = read_ethogram(project.path)
    with Project.create(tmp_path / "b.actiondiff") as other:
        other.add_action("stride", key="W")
        assert add_ethogram(other, ethogram) == (
            1,
            ["W was the key of walk, which has none now: another action has it."],
        )
        assert add_ethogram(other, ethogram) == (0, [])
        assert [(action.name, action.key) for action in other.actions()] == [("stride", "W"), ("walk", "")]
        assert listed_subjects(other) == []


def test_forty_actions_have_thirty_two_colours_before_one_comes_again(project):
    for n in range(40):
        project.add_action(f"action {n}")
    colours = [action.colour for action in project.actions()]
    assert len(set(colours[:32])) == 32


def test_modifiers_are_read_as_they_are_written():
    line = "side: left, right; parts (several): head, tail; force (number)"
    assert modifiers_of(line) == (SIDE, PARTS, Modifier("force", "number"))
    assert text_of(modifiers_of(line)) == line
    assert Action("walk", "#000000").modifiers == modifiers_of("")
