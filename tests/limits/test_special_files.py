"""Pipes, devices, sockets and folders in place of a file give an error at once."""

import os
import shutil
import socket
from pathlib import Path

import pytest

from tests.limits.processes import environment, run

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


def make_pipe(path):
    os.mkfifo(path)


def make_socket(path):
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(here)


def make_link_to_zeros(path):
    path.symlink_to("/dev/zero")


MADE = {
    "pipe": make_pipe,
    "socket": make_socket,
    "device": make_link_to_zeros,
    "folder": lambda path: path.mkdir(),
}
SAID = (
    "named pipe",
    "socket",
    "device",
    "folder",
    "no regular file",
    "no file",
    "does not exist",
    "is a directory",
)


@pytest.fixture(
    params=[
        pytest.param(kind, marks=[pytest.mark.slow] if kind in ("socket", "device") else []) for kind in MADE
    ]
)
def special(request, tmp_path):
    """Return a function that makes such a file at a path, replacing what is there."""

    def make(path):
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        MADE[request.param](path)
        return path

    return make


def refused(*arguments: object, env=None) -> str:
    done = run(*arguments, env=env)
    assert done.returncode in (1, 2), (arguments, done.returncode, done.stderr)
    assert any(
        word in done.stderr for word in (*SAID, "There is no backbone", "There is neither", "no model called")
    ), done.stderr
    assert "unexpected error" not in done.stderr
    return done.stderr


def test_as_a_project_or_table(special, tmp_path, zoo_file):
    path = special(tmp_path / "x.actiondiff")
    refused("export", path, "--out", tmp_path / "out.csv")
    refused("extract", path)
    table = special(tmp_path / "t.csv")
    boris = special(tmp_path / "t.boris")
    if not table.is_dir():
        refused("import", zoo_file, table)
        refused("import", zoo_file, table, "--format", "boris-aggregated")
        refused("import", zoo_file, boris)


def test_as_a_video(special, zoo_file, tmp_path):
    video = special(tmp_path / "v.mp4")
    table = tmp_path / "videos.csv"
    table.write_text(f"video,label\n{video},walk\n")
    done = run("import", zoo_file, table)
    assert done.returncode == 3, done.stderr
    assert "v.mp4" in done.stderr
    if not video.is_dir():
        refused("predict", zoo_file, "--model", "none", "--recording", video)


@pytest.mark.parametrize(
    "file", ["config.json", "unet", "unet/config.json", "unet/diffusion_pytorch_model.safetensors"]
)
def test_as_a_file_of_a_model_folder(special, zoo_file, tmp_path, svd_folder, file):
    folder = tmp_path / "model"
    shutil.copytree(svd_folder, folder)
    special(folder / file)
    asked = ["extract", zoo_file, "--backbone", folder, "--layers", "9", "--timesteps", "20"]
    done = run(*asked, "--estimate")
    assert done.returncode in (0, 1), done.stderr
    # An estimate reads no weights.
    weights = file.endswith(".safetensors")
    assert (done.returncode == 0) == (file == "config.json" or weights), done.stderr
    assert "unexpected error" not in done.stderr
    if not weights:
        return
    done = run(*asked)
    assert done.returncode == 1, done.stderr
    assert "unexpected error" not in done.stderr


def test_as_a_model_folder_or_a_classifier(special, zoo_file, tmp_path):
    path = special(tmp_path / "m.safetensors")
    refused("extract", zoo_file, "--backbone", path, "--estimate")
    refused("models", path)
    refused("predict", zoo_file, "--model", path)
    models = tmp_path / f"{zoo_file.stem}.models"
    special(models / "kept.safetensors")
    refused("predict", zoo_file, "--model", "kept")


def test_as_the_apps_preferences_and_its_log(special, tmp_path):
    home = tmp_path / "home"
    special(home / "preferences.json")
    special(home / "errors.log")
    code = (
        "from actiondiff_gui.gui.session.preferences import Preferences\n"
        "from actiondiff_gui import faults\n"
        "Preferences().set('annotator', 'Ada')\n"
        "print(faults.sentence(ZeroDivisionError('x'), 'trying'))\n"
    )
    import subprocess
    import sys

    env = environment(ACTIONDIFF_GUI_HOME=str(home))
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=env,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    assert "unexpected error" in done.stdout


def test_as_the_file_that_a_plugin_states_its_backbones_in(special, tmp_path):
    from tests.conftest import install_plugin

    site = tmp_path / "site"
    site.mkdir()
    install_plugin(site, "odd", "odd", "OFFER = None\n")
    special(site / "odd.toml")
    done = run("models", env=environment(PYTHONPATH=f"{site}{os.pathsep}{environment()['PYTHONPATH']}"))
    assert done.returncode == 0, done.stderr
    assert "The plugin odd cannot be used" in done.stdout
