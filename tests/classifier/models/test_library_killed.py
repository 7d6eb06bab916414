"""A program that is killed while it keeps, renames and deletes models loses none, and no prediction lacks its model."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from actiondiff_gui.classifier.models.files import set_aside
from actiondiff_gui.classifier.models.library import import_model, list_models, models_folder
from actiondiff_gui.classifier.models.saved import save_classifier
from actiondiff_gui.classifier.training.fitting import fit_head
from actiondiff_gui.project.project import Project

if not hasattr(signal, "SIGKILL"):
    pytest.skip("processes cannot be killed like this here", allow_module_level=True)


@pytest.fixture
def files(tmp_path: Path, make_tokens) -> tuple[Path, Path]:
    """Provide a project with some clips, and the file of a model."""
    tokens = make_tokens()
    model = tmp_path / "walk.safetensors"
    save_classifier(fit_head("linear", tokens, range(len(tokens))), model)
    with Project.create(tmp_path / "pets.actiondiff") as project:
        given = {"frame_count": 1000, "fps": 25.0, "width": 64, "height": 48, "fingerprint": "x"}
        video = project.add_video(tmp_path / "a.mp4", **given)
        project.add_clips(video.id, [(i, i + 5, None, None, None) for i in range(20)])
    return tmp_path / "pets.actiondiff", model


def orphans(project: Project) -> list[str]:
    """Names under which there are predictions and no model."""
    names = {model.name for model in list_models(project) if model.about is not None}
    return sorted({label.by for label in project.labels(sources=("model",))} - names)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "kills", [pytest.param(4, id="some"), pytest.param(120, id="120", marks=pytest.mark.slow)]
)
def test_no_prediction_is_without_its_model_after_a_kill(kills, files):
    path, model = files
    chance, changes, lost, found_hidden = random.Random(), 0, 0, 0
    for _ in range(kills):
        seed = chance.randrange(10**6)
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.classifier.models.keeping_models",
                str(path),
                str(model),
                str(seed),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout.readline() == "begun\n"
        time.sleep(chance.uniform(0.05, 0.6))
        process.kill()
        changes += len(process.stdout.read().split())
        process.wait()
        assert process.returncode == -signal.SIGKILL
        with Project.open(path) as project:
            folder = models_folder(project)
            found_hidden += any(".aside." in p.name for p in folder.iterdir()) if folder.exists() else 0
            lost += len(orphans(project))
            assert not lost, f"seed {seed}: {orphans(project)}"
            assert not [p for p in folder.glob(".*") if ".aside." in p.name]
            assert all(model.about is not None for model in list_models(project))
            twins = [p.stat().st_ino for p in folder.glob("[!.]*")]
            assert len(twins) == len(set(twins))
    print(f"{kills} kills in {changes} changes, {found_hidden} of them half-way through one: {lost} orphans")


@pytest.mark.parametrize("new", [None, "best"])
@pytest.mark.parametrize("point", ["before", "inside", "committed"])
def test_what_a_killed_program_set_aside_is_brought_back_or_removed(files, new, point):
    path, model = files
    code = f"""
        import os, sys
        from pathlib import Path
        from actiondiff_gui.classifier.models import files as model_files
        from actiondiff_gui.project.project import Project
        project = Project.open(sys.argv[1])
        folder = project.path.with_name("pets.models")
        new = {new!r} and folder / "best.safetensors"
        if {point!r} == "before":
            model_files._call = lambda *_: os._exit(9)
        if {point!r} == "committed":
            model_files._remove = lambda *_: os._exit(9)
        with model_files.set_aside(project, folder / "walk.safetensors", new):
            project.{"rename_predictor('walk', 'best')" if new else "forget_predictor('walk')"}
            if {point!r} != "committed":
                os._exit(9)
    """
    with Project.open(path) as project:
        import_model(project, model)
        project.label(project.clips()[0].id, "walk", source="model", by="walk", confidence=0.5)
    lines = [line[8:] for line in code.splitlines()]
    process = subprocess.run([sys.executable, "-c", "\n".join(lines), str(path)], check=False)
    assert process.returncode == 9
    with Project.open(path) as project:
        assert any(".aside." in p.name for p in models_folder(project).iterdir())
        kept = {None: [], "best": ["best"]}[new] if point == "committed" else ["walk"]
        assert [each.name for each in list_models(project)] == kept
        assert orphans(project) == []
        assert [p.stem for p in models_folder(project).iterdir()] == kept


def test_a_program_that_is_half_way_through_is_left_alone(files):
    path, model = files
    with Project.open(path) as project, Project.open(path) as other:
        import_model(project, model)
        from actiondiff_gui.project.storage import exclusive_use

        file = models_folder(project) / "walk.safetensors"
        with set_aside(project, file), exclusive_use.at_once():
            assert list_models(other) == []
            assert len(list(file.parent.iterdir())) == 1
        assert list(file.parent.iterdir()) == []
