"""The complete workflow on the command line, and its errors."""

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from actiondiff_gui.cli import main
from actiondiff_gui.features.storage.token_file import read_header
from actiondiff_gui.project.project import Project
from tests.conftest import write_video


def call(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.stdout


def moving(pattern: np.random.Generator, action: str, length: int = 16) -> np.ndarray:
    """Write a block that stands, or jumps about: two actions that are easy to tell apart."""
    frames = np.full((length, 32, 32, 3), pattern.integers(40, 90), np.uint8)
    x, y = pattern.integers(4, 20, 2)
    for t in range(length):
        dx = 0 if action == "still" else int(8 * (t // 4 % 2))
        frames[t, y : y + 8, x + dx : x + dx + 4] = 230
    return frames


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two actions in three species, four clips each, and one broken file."""
    root = tmp_path_factory.mktemp("clips")
    pattern = np.random.default_rng(0)
    for species in ("ant", "bee", "cat"):
        for action in ("still", "hop"):
            for n in range(4):
                write_video(
                    root / species / action / f"{species}_{action}_{n}_day{n}.mp4", moving(pattern, action)
                )
    (root / "ant" / "hop" / "broken.mp4").write_bytes(b"not a video" * 50)
    return root


@pytest.fixture(scope="module")
def project(folder: Path, svd_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the clips imported and extracted at two timesteps and two layers."""
    path = tmp_path_factory.mktemp("project") / "small.actiondiff"
    call("import", path, folder, "--layout", "domain/class", "--domain", "species", code=3)
    call("extract", path, "--backbone", svd_folder, "--timesteps", "10,20", "--layers", "5,9")
    return path


def test_importing_names_what_it_passed_over_and_adds_nothing_twice(folder, tmp_path):
    path = tmp_path / "p.actiondiff"
    said = json.loads(
        call("import", path, folder, "--layout", "domain/class", "--domain", "species", "--json", code=3)
    )
    assert (said["clips_added"], said["domain"]) == (24, "species")
    assert said["facets"]["species"] == {"ant": 8, "bee": 8, "cat": 8}
    assert len(said["problems"]) == 1
    assert "broken.mp4" in said["problems"][0]
    again = json.loads(
        call("import", path, folder, "--layout", "domain/class", "--domain", "species", "--json", code=3)
    )
    assert again["clips_added"] == 0
    assert again["clips"] == 24


def test_facets_can_be_told_by_file_names(folder, tmp_path):
    path = tmp_path / "p.actiondiff"
    pattern = r"_(?P<day>day\d)$"
    said = json.loads(call("import", path, folder / "bee", "--names", pattern, "--domain", "day", "--json"))
    assert said["facets"]["day"] == {f"day{n}": 2 for n in range(4)}
    call("import", path, folder / "bee", "--names", "(", code=1)


def test_a_table_goes_out_and_comes_in_again(project, tmp_path):
    table = tmp_path / "clips.csv"
    call("export", project, "--out", table)
    with table.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 24
    assert {row["label"] for row in rows} == {"still", "hop"}
    again = tmp_path / "again.actiondiff"
    said = json.loads(call("import", again, table, "--json"))
    assert said["clips_added"] == 24


def test_answers_of_reviews_go_out_by_themselves(folder, tmp_path):
    path, table = tmp_path / "p.actiondiff", tmp_path / "answers.csv"
    call("import", path, folder / "bee")
    with Project.open(path) as opened:
        opened.add_answer(
            opened.clips()[0].id, "denied", said=["hop"], by="Ada", model="m", predicted=["hop"]
        )
    assert json.loads(call("export", path, "--format", "answers", "--out", table, "--json"))["answers"] == 1
    (row,) = csv.DictReader(table.open(newline=""))
    assert (row["answer"], row["said"], row["by"], row["model"]) == ("denied", "hop", "Ada", "m")


def test_what_is_there_is_not_extracted_again(project, svd_folder):
    options = ("--backbone", svd_folder, "--layers", "5,9", "--json")
    there = json.loads(call("extract", project, "--timesteps", "10,20", *options))
    assert (there["to_compute"], there["computed"]) == (0, 0)
    more = json.loads(call("extract", project, "--timesteps", "10,20,sigma=3", "--estimate", *options))
    assert more["to_compute"] == 24
    assert more["estimate"]["seconds"] > 0


def test_damaged_features_are_named_in_training_and_extracted_again(
    project, svd_folder, tmp_path, monkeypatch
):
    from actiondiff_gui.features import extraction

    # As for a store so large that its data are not read in planning.
    monkeypatch.setattr(extraction, "MOST_READ", 0)
    there = {file: file.read_bytes() for file in project.with_name("small.features").rglob("t20.safetensors")}
    for file in sorted(there)[:2]:
        with file.open("rb") as stream:
            place = read_header(stream, file).arrays["layer.9"].end - 9
        data = bytearray(there[file])
        data[place] ^= 4
        file.write_bytes(data)
    options = ("--backbone", svd_folder, "--timesteps", "20", "--layers", "5,9")
    assert "0 clips computed" in call("extract", project, *options)
    training = ("train", project, "--backbone", svd_folder, "--timestep", "20", "--layer", "9", "--out")
    done = CliRunner().invoke(main, [*map(str, training), str(tmp_path / "out")], catch_exceptions=False)
    assert (done.exit_code, done.stderr.count("Error:")) == (1, 1)
    assert "features of 2 clips are damaged" in done.stderr
    assert "actiondiff-gui extract" in done.stderr
    again = call("extract", project, *options, "--batch-size", "1")
    assert "2 clips computed (2 of them again, because files were damaged), 22 were there" in again
    assert "0 clips computed, 24 were there" in call("extract", project, *options)
    assert not list(project.with_name("small.features").rglob("*.damaged"))


def test_a_map_is_written(project, svd_folder, tmp_path):
    call(
        "embed",
        project,
        "--backbone",
        svd_folder,
        "--layer",
        9,
        "--timestep",
        20,
        "--method",
        "pca",
        "--out",
        tmp_path,
    )
    with (tmp_path / "map.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 24
    assert {row["domain"] for row in rows} == {"ant", "bee", "cat"}
    assert (tmp_path / "map.png").stat().st_size > 10_000


def test_a_classifier_is_trained_on_two_species_and_names_actions_of_the_third(project, svd_folder, tmp_path):
    model = tmp_path / "hop.safetensors"
    options = (
        "--backbone",
        svd_folder,
        "--timestep",
        20,
        "--layer",
        9,
        "--head",
        "linear",
        "--hold-out",
        "cat",
    )
    said = json.loads(call("train", project, *options, "--out", model, "--json"))
    assert said["training_clips"] == 16
    assert said["held_out"]["clips"] == 8
    described = json.loads(call("models", model, "--json"))[str(model)]
    assert described["classes"] == ["hop", "still"]
    assert (
        described["metrics"]["results"]["heads"]["linear"]["accuracy"]["value"]
        == said["held_out"]["accuracy"]
    )
    out = tmp_path / "predictions.csv"
    call("predict", project, "--model", model, "--backbone", svd_folder, "--out", out)
    with out.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 24
    with Project.open(project) as opened:
        predictions = opened.labels(sources=("model",))
        labels = opened.labels(sources=("person", "import"))
    assert len(predictions) == 24
    assert {p.by for p in predictions} == {"hop"}
    assert len(labels) == 24


def test_a_map_can_show_clips_as_a_trained_transformer_sees_them(project, svd_folder, tmp_path):
    model = tmp_path / "hop.safetensors"
    call("train", project, "--backbone", svd_folder, "--timestep", 20, "--layer", 9, "--out", model)
    call(
        "embed",
        project,
        "--backbone",
        svd_folder,
        "--model",
        model,
        "--method",
        "pca",
        "--out",
        tmp_path / "seen",
    )
    call(
        "embed",
        project,
        "--backbone",
        svd_folder,
        "--timestep",
        20,
        "--layer",
        9,
        "--method",
        "pca",
        "--out",
        tmp_path,
    )
    assert (tmp_path / "seen" / "map.csv").read_text() != (tmp_path / "map.csv").read_text()


def test_a_recording_longer_than_clips_may_be_is_read_to_its_end(project, svd_folder, tmp_path):
    model = tmp_path / "hop.safetensors"
    options = ("--backbone", svd_folder, "--timesteps", 20, "--layers", 9, "--max-seconds", 1)
    call("extract", project, *options)
    options = (
        "--backbone",
        svd_folder,
        "--timestep",
        20,
        "--layer",
        9,
        "--max-seconds",
        1,
        "--head",
        "linear",
    )
    call("train", project, *options, "--out", model)
    frames = np.concatenate([moving(np.random.default_rng(n), "hop", 24) for n in range(4)])
    recording = write_video(tmp_path / "long.mp4", frames)
    said = json.loads(
        call("predict", project, "--model", model, "--backbone", svd_folder, "--recording", recording,
             "--window-seconds", 0.7, "--min-seconds", 0.1, "--json")
    )  # fmt: skip
    assert max(bout["end_frame"] for bout in said["rows"]) > 90
    asked = ["predict", project, "--model", model, "--backbone", svd_folder, "--recording", recording]
    done = CliRunner().invoke(main, list(map(str, asked)))
    assert "note: This recording is not among those the model was trained on." in done.stderr


def test_a_recording_is_cut_into_bouts(project, svd_folder, tmp_path):
    model = tmp_path / "hop.safetensors"
    call(
        "train",
        project,
        "--backbone",
        svd_folder,
        "--timestep",
        20,
        "--layer",
        9,
        "--head",
        "linear",
        "--out",
        model,
    )
    pattern = np.random.default_rng(5)
    frames = np.concatenate([moving(pattern, action, 48) for action in ("still", "hop", "still")])
    recording = write_video(tmp_path / "long.mp4", frames)
    said = json.loads(
        call("predict", project, "--model", model, "--backbone", svd_folder, "--recording", recording,
             "--window-seconds", 0.7, "--json")
    )  # fmt: skip
    bouts = said["rows"]
    assert bouts
    assert all(0 <= b["start_frame"] < b["end_frame"] <= 144 for b in bouts)
    assert [b["start_frame"] for b in bouts] == sorted(b["start_frame"] for b in bouts)


STUDY = (
    "--timesteps",
    "10,20",
    "--layers",
    "5,9",
    "--timestep",
    20,
    "--layer",
    9,
    "--scoreboard",
    "--heads",
    "linear",
)


@pytest.fixture(scope="module")
def studied(project, svd_folder, tmp_path_factory) -> tuple[dict, Path]:
    """Return the output of a study with a scoreboard, and its folder."""
    out = tmp_path_factory.mktemp("study") / "new" / "report"
    return json.loads(call("study", project, "--backbone", svd_folder, *STUDY, "--out", out, "--json")), out


def test_a_study_leaves_a_report_with_its_figures_and_tables(studied, svd_folder):
    said, out = studied
    assert said["domains"] == ["ant", "bee", "cat"]
    assert set(said["held_out"]["heads"]) == {"transformer", "linear", "knn", "majority"}
    page = (out / "report.html").read_text()
    assert page.count("<img") >= 8
    for name in ("map", "timestep_layer", "confusion", "domains", "timesteps", "measures"):
        assert (out / f"{name}.png").stat().st_size > 10_000
    with (out / "predictions.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 24 * 4
    with (out / "study.csv").open(newline="") as stream:
        addresses = {(r["timestep"], r["layer"]) for r in csv.DictReader(stream)}
    assert addresses == {(t, n) for t in ("t10", "t20") for n in ("5", "9")}

    methods = [str(svd_folder), f"{svd_folder}:untrained", "pixels", "motion", "flow"]
    means = said["scoreboard"]["means"]
    assert {(m["method"], m["head"]) for m in means} == {(m, "linear") for m in methods}
    assert all(m["low"] <= m["value"] <= m["high"] for m in means)
    with (out / "scoreboard.csv").open(newline="") as stream:
        cells = list(csv.DictReader(stream))
    assert len(cells) == 5 * 12
    trained = [c for c in cells if c["method"] == methods[0] and c["kind"] == "leave-one-out"]
    assert all(c["timestep"] in ("t10", "t20") and c["layer"] in ("5", "9") for c in trained)
    # A block that jumps is told from one that stands by motion alone, in a species never seen.
    jumps = next(
        m for m in means if (m["method"], m["head"], m["kind"]) == ("motion", "linear", "leave-one-out")
    )
    assert jumps["value"] > 0.8
    assert "chosen on validation data only" in page
    assert "Trained on all other values of species" in page


def test_a_study_that_was_finished_once_scores_and_trains_nothing_again(
    studied, project, svd_folder, tmp_path, monkeypatch
):
    for place in (
        "actiondiff_gui.evaluation.study.study.score_family",
        "actiondiff_gui.classifier.training.held_out.fit_job",
        "actiondiff_gui.evaluation.scoreboard.playing.validated",
        "actiondiff_gui.evaluation.scoreboard.playing.predict",
    ):
        monkeypatch.setattr(place, lambda *_, **__: pytest.fail("computed again"))
    call("study", project, "--backbone", svd_folder, *STUDY, "--out", tmp_path)
    for name in ("study.csv", "predictions.csv", "scoreboard.csv", "scoreboard_means.csv"):
        assert (studied[1] / name).read_bytes() == (tmp_path / name).read_bytes()


def test_clips_of_several_actions_get_a_report_too(project, svd_folder, tmp_path):
    several = tmp_path / "several.actiondiff"
    shutil.copy(project, several)
    shutil.copytree(project.with_name("small.features"), tmp_path / "several.features")
    with Project.open(several) as opened:
        for number, clip in enumerate(opened.clips()):
            opened.label(clip.id, "day" if number % 2 else "night")
    options = ("--timesteps", 20, "--layers", 9, "--timestep", 20, "--layer", 9)
    said = json.loads(
        call("study", several, "--backbone", svd_folder, *options, "--out", tmp_path / "report", "--json")
    )
    assert sorted(said["actions"]) == ["day", "hop", "night", "still"]
    assert said["best_address"] is None
    means = said["held_out"]["heads"]["linear"]["mean_over_folds"]
    assert 0 <= means["mAP"] <= 1
    assert "top-1" not in means
    assert "exactly one action" in (tmp_path / "report" / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("extract", "{none}"), "none.actiondiff"),
        (("extract", "{text}"), "text.actiondiff"),
        (("extract", "{project}", "--backbone", "unheard-of"), "unheard-of"),
        (("extract", "{project}", "--timesteps", "99"), "schedule"),
        (("extract", "{project}", "--layers", "77"), "layers 1 to 13"),
        (("study", "{project}", "--domain", "age", "--out", "{out}"), "facet"),
        (("embed", "{project}", "--timestep", "3", "--out", "{out}"), "Compute them first"),
        (("models", "{text}"), "text.actiondiff"),
        (("predict", "{project}", "--model", "{text}"), "text.actiondiff"),
        (("study", "{project}", "--scoreboard", "--heads", "oracle", "--out", "{out}"), "oracle"),
        (("train", "{project}", "--preset", "magic", "--out", "{out}"), "magic"),
        (
            ("train", "{project}", "--timestep", "20", "--layer", "9", "--hold-out", "dog", "--out", "{out}"),
            "dog",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(project, svd_folder, tmp_path, arguments, words):
    text = tmp_path / "text.actiondiff"
    text.write_text("just a text")
    names = {"none": tmp_path / "none.actiondiff", "text": text, "project": project, "out": tmp_path / "out"}
    filled = [a.format(**names) for a in arguments]
    if arguments[0] in ("extract", "study", "embed", "train") and "--backbone" not in filled:
        filled += ["--backbone", str(svd_folder)]
    done = CliRunner().invoke(main, filled, catch_exceptions=False)
    assert done.exit_code == 1
    assert done.stderr.count("Error:") == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert text.read_text() == "just a text"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a single process")
def test_ctrl_c_stops_cleanly_and_the_same_command_goes_on(folder, svd_folder, tmp_path):
    path = tmp_path / "p.actiondiff"
    call("import", path, folder, "--layout", "domain/class", "--domain", "species", code=3)
    command = [
        sys.executable,
        "-m",
        "actiondiff_gui.cli",
        "extract",
        str(path),
        "--backbone",
        str(svd_folder),
    ]
    command += ["--batch-size", "1", "--timesteps", "all"]
    features = path.with_name("p.features")

    def finished():
        return [file for file in features.rglob("*.safetensors") if not file.name.startswith(".")]

    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    give_up = time.monotonic() + 200
    while not finished() and time.monotonic() < give_up:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "run the same command again" in said
    assert "Traceback" not in said
    assert 0 < len(finished()) < 24 * 30
    rest = json.loads(
        call("extract", path, "--backbone", svd_folder, "--timesteps", "0", "--estimate", "--json")
    )
    assert rest["to_compute"] < 24


def test_the_package_and_its_help_load_nothing_heavy():
    program = (
        "import sys, actiondiff_gui, actiondiff_gui.cli\n"
        "heavy = {'torch', 'diffusers', 'transformers', 'umap', 'sklearn', 'matplotlib', 'av', 'qtpy', 'napari'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "command", ["import", "extract", "embed", "train", "predict", "study", "export", "models", "demo"]
)
def test_every_command_explains_itself(command):
    said = call(command, "--help")
    assert said.startswith("Usage:")
    assert len(said.splitlines()) > 6


def test_a_model_kept_in_the_project_predicts_a_folder_in_one_go(project, svd_folder, tmp_path):
    path = tmp_path / "small.actiondiff"
    shutil.copy(project, path)
    shutil.copytree(project.with_name("small.features"), tmp_path / "small.features")
    options = ("--backbone", svd_folder, "--timestep", 20, "--layer", 9, "--head", "linear")
    page = tmp_path / "page.html"
    said = json.loads(
        call("train", path, *options, "--test", "each-domain", "--name", "hops", "--report", page, "--json")
    )
    assert said["model"] == "hops"
    assert [fold["name"] for fold in said["results"]["folds"]] == [
        f"held out: {species}" for species in ("ant", "bee", "cat")
    ]
    assert "guessing the most frequent action" in page.read_text(encoding="utf-8")
    folder = tmp_path / "new" / "deeper"
    pattern = np.random.default_rng(7)
    write_video(folder / "short.mp4", moving(pattern, "hop"))
    frames = np.concatenate([moving(pattern, action, 80) for action in ("still", "hop") * 2])
    write_video(folder / "long.mp4", frames, fps=5)
    (folder / "broken.mp4").write_bytes(b"no video at all")
    options = ("--model", "hops", "--backbone", svd_folder, "--folder", tmp_path / "new")
    for added in (2, 0):
        done = json.loads(call("predict", path, *options, "--json", code=3))
        assert any("broken.mp4" in reason for reason in done["failed"].values())
        videos = [row["video"] for row in done["rows"]]
        assert videos.count("short.mp4") == 1
        assert videos.count("long.mp4") >= 1
        with Project.open(path) as opened:
            names = {video.id: video.path.name for video in opened.videos()}
            clips = [clip for clip in opened.clips() if names[clip.video_id] == "long.mp4"]
            assert len(clips) == videos.count("long.mp4"), added
            assert opened.labels([clip.id for clip in clips], ("person", "import")) == []
    told = CliRunner().invoke(main, ["predict", str(path), *map(str, options)])
    assert (
        "note: None of these 2 videos is among those the model was trained on. They have 5 frames a second"
        in told.stderr
    )
    call("predict", path, "--model", "unheard of", code=1)
