"""Protection of existing files, for every command and each of its output options."""

import os
import shutil
import stat
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from actiondiff_gui.classifier.models.library import keep_model, model_path
from actiondiff_gui.cli import COMMANDS, main
from actiondiff_gui.cli.export import BOUTS, NUMBERS
from actiondiff_gui.progress import run
from actiondiff_gui.project.project import Project

FOLDERS = {("study", "out"), ("embed", "out"), ("demo", "out")}
"""Options that name a folder of outputs."""


def output_options() -> list[tuple[str, str]]:
    """Command and option of every path that need not be there: what it names is written."""
    return [
        (name, option.name)
        for name, command in sorted((each, main.get_command(None, each)) for each in COMMANDS)
        for option in command.params
        if isinstance(option, click.Option) and isinstance(option.type, click.Path) and not option.type.exists
    ]


FORMATS = ("clips", "answers", *BOUTS, *NUMBERS)
CASES = [
    (command, option, extra)
    for command, option in output_options()
    for extra in ([("--format", each) for each in FORMATS] if command == "export" else [()])
]


@pytest.fixture(scope="module")
def template(_zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a project with a kept model, a prediction of it and an answer."""
    from actiondiff_gui.classifier.training.fitting import fit_job
    from actiondiff_gui.classifier.training.presets import preset
    from actiondiff_gui.evaluation.splits import train_on_all
    from actiondiff_gui.features.dataset import ProjectTokens
    from actiondiff_gui.gui.session.loaded import LoadedFeatures
    from actiondiff_gui.gui.train.state.training import token_location_job
    from tests.zoo import AT

    folder = shutil.copytree(_zoo.parent, tmp_path_factory.mktemp("template"), dirs_exist_ok=True)
    with Project.open(folder / _zoo.name) as project:
        for video in project.videos():
            project.move_video(video.id, shutil.copy(video.path, folder), video.fingerprint)
        store = run(token_location_job(project, LoadedFeatures(), AT)).store
        tokens = ProjectTokens(project, store, [9])("t20", 9)
        fold = train_on_all(tokens)
        linear = run(fit_job("linear", tokens, fold.train, fold.validation, preset("small-data"), "cpu"))
        keep_model(project, linear, "kept")
        clip = project.clips()[0]
        project.add_answer(clip.id, "denied", said=["eat"], by="Ada", model="m", predicted=["walk"])
        project.add_labels([(clip.id, "eat", 1, 0.9)], source="model", by="kept")
        return project.path


@pytest.fixture
def world(template: Path, tmp_path: Path) -> dict[str, Path]:
    """Return files that no output may replace, in ``tmp_path``."""
    shutil.copytree(template.parent, tmp_path, dirs_exist_ok=True)
    zoo_file = tmp_path / template.name
    with Project.open(zoo_file) as project:
        video, kept = project.videos()[0].path, model_path(project, "kept")
    other = tmp_path / "other.txt"  # a project by its content alone
    Project.create(other).close()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("mine")
    (tmp_path / "link").symlink_to(zoo_file)
    os.link(zoo_file, tmp_path / "hard")
    found = {
        "project": zoo_file,
        "journal": zoo_file.with_name(zoo_file.name + "-journal"),
        "video": video,
        "model": kept,
        "other project": other,
        "pipe": tmp_path / "pipe",
        "link": tmp_path / "link",
        "hard link": tmp_path / "hard",
        "new file in the models' folder": kept.with_name("new.safetensors"),
        "missing folder": tmp_path / "nowhere" / "x.csv",
    }
    if os.geteuid() == 0:
        os.mknod(tmp_path / "null", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        found["device"] = tmp_path / "null"
    return found


def arguments(command: str, option: str, extra: tuple[str, ...], project: Path, out: Path) -> list[str]:
    """Return a call that fails as soon as its work begins, so that a refusal is seen to come before."""
    needed = {
        "attend": ["--clip", "no such clip", "--point", "1,2,3"],
        "export": ["--against", "nobody"] if "agreement" in extra else ["--video", "no such video"],
        "predict": ["--model", "no such model"],
        "similar": ["--clip", "no such clip"],
        "queue": ["--model", "no such model"],
        "demo": ["--timesteps", "no such timestep"],
    }
    needed |= {name: ["--backbone", "no such backbone"] for name in ("train", "study", "embed")}
    before = [] if command == "demo" else [str(project)]
    return [command, *before, *needed.get(command, []), *extra, f"--{option}", str(out)]


def state(folder: Path) -> dict[str, object]:
    """Return the kind and content of every file of a folder."""
    return {
        str(each): (each.lstat().st_mode, each.lstat().st_rdev, each.read_bytes() if each.is_file() else None)
        for each in folder.rglob("*")
        if not each.name.endswith("-journal")
    }


def refused(tmp_path: Path, given: list[str]) -> str:
    before = state(tmp_path)
    done = CliRunner().invoke(main, given, catch_exceptions=False)
    assert done.exit_code == 1, (given, done.output)
    assert done.stderr.startswith("Error: "), done.stderr
    assert "Traceback" not in done.output
    assert state(tmp_path) == before, given
    return done.stderr


@pytest.mark.parametrize(("command", "option", "extra"), CASES)
def test_no_command_writes_over_what_is_protected_whatever_is_asked(command, option, extra, world, tmp_path):
    for what, path in world.items():
        folder = (command, option) in FOLDERS
        if folder and what == "missing folder":  # such a folder is made
            continue
        for force in ((), ("--force",)):
            if command == "attend" and what == "journal":  # it takes no file of that ending
                continue
            if command == "attend" and path.suffix not in (".mp4", ".png"):
                path = _with_ending(path)
            told = refused(tmp_path, arguments(command, option, (*extra, *force), world["project"], path))
            assert str(path) in told, (what, told)
            assert "no such" not in told, (what, told)
            assert "--force" not in told or not force, (what, told)


def _with_ending(path: Path) -> Path:
    """Another name of the same file with an ending that `attend` takes."""
    link = path.with_name(f"{path.name}.png")
    if os.path.lexists(path) and not link.is_symlink():
        link.symlink_to(path)
    return link


@pytest.mark.parametrize(("command", "option", "extra"), CASES)
def test_a_file_that_is_there_stays_unless_force_is_given(command, option, extra, world, tmp_path):
    if (command, option) in FOLDERS:
        out = tmp_path / "folder"
        old = out / ("map.csv" if command == "embed" else "report.html")
    else:
        out = old = tmp_path / ("old.mp4" if command == "attend" else "old.csv")
    old.write_text("of another program")
    told = refused(tmp_path, arguments(command, option, extra, world["project"], out))
    assert "--force" in told
    assert str(old) in told
    if (command, option) not in FOLDERS:
        told = refused(
            tmp_path,
            arguments(command, option, (*extra, "--force"), world["project"], tmp_path / "no" / "x.mp4"),
        )
        assert "there is no folder" in told


@pytest.mark.parametrize("extra", [("--format", each) for each in FORMATS])
def test_with_force_a_file_is_replaced(extra, world, tmp_path):
    out = tmp_path / ("old.png" if "raster" in extra else "old.csv")
    out.write_text("of another program")
    given = ["export", str(world["project"]), *extra, "--against", "kept", "--force", "--out", str(out)]
    given += [] if extra[1] in ("clips", "answers", "agreement") else ["--video", world["video"].name]
    done = CliRunner().invoke(main, given, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert out.read_bytes() != b"of another program"


def test_every_command_that_writes_files_is_among_those_that_are_tried():
    assert output_options() == [
        ("attend", "out"),
        ("demo", "out"),
        ("embed", "out"),
        ("export", "out"),
        ("predict", "out"),
        ("queue", "out"),
        ("similar", "out"),
        ("study", "out"),
        ("train", "out"),
        ("train", "report"),
    ]
    for command, _ in output_options():
        assert any(option.name == "force" for option in main.get_command(None, command).params), command


@pytest.mark.parametrize("kind", BOUTS)
def test_files_of_an_earlier_run_are_replaced_and_others_are_not(kind, world, tmp_path):
    out = tmp_path / "labels"
    out.mkdir()

    def export(*more: str) -> int:
        given = ["export", str(world["project"]), "--format", kind, "--out", str(out), *more]
        return CliRunner().invoke(main, given, catch_exceptions=False).exit_code

    assert export() == 0
    files = sorted(each for each in out.iterdir() if each.name[0] != ".")
    assert len(files) == 6
    assert export() == 0
    files[0].write_text("corrected by hand")
    assert export() == 1
    assert files[0].read_bytes() == b"corrected by hand"
    assert export("--force") == 0
    assert files[0].read_bytes() != b"corrected by hand"
    shutil.copy(world["project"], files[1])
    before = files[1].read_bytes()
    assert export("--force") == 1
    assert files[1].read_bytes() == before


def test_what_a_command_reads_is_not_written_over(world, tmp_path):
    new = tmp_path / "new" / "film.mp4"
    new.parent.mkdir()
    shutil.copy(world["video"], new)
    sent = tmp_path / "sent.safetensors"
    shutil.copy(world["model"], sent)
    base = ["predict", str(world["project"]), "--force", "--model"]
    for given in (
        [*base, "kept", "--recording", str(new), "--out", str(new)],
        [*base, "kept", "--folder", str(new.parent), "--out", str(new)],
        [*base, str(sent), "--out", str(sent)],
    ):
        assert "--recording" in (told := refused(tmp_path, given)) or "--folder" in told or "--model" in told


def test_the_report_and_the_model_of_a_training_are_two_files(world, tmp_path):
    same = str(tmp_path / "x.html")
    given = ["train", str(world["project"]), "--out", same, "--report", same, "--force"]
    assert "twice" in refused(tmp_path, given)


def test_a_project_in_the_way_of_the_demonstration_is_not_used(tmp_path):
    out = tmp_path / "demo-out"
    out.mkdir()
    Project.create(out / "sample.actiondiff").close()
    for force in ([], ["--force"]):
        assert "sample.actiondiff" in refused(tmp_path, ["demo", "--out", str(out), *force])
