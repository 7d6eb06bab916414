"""A project whose features a network computes that sleeps, and a SLURM where there is one."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from tests.conftest import install_plugin

ROOT = Path(__file__).resolve().parents[3]


class Spread:
    """A project, and what was computed for it."""

    def __init__(self, root: Path) -> None:
        self.path, self.log = root / "p.actiondiff", root / "sleepy.log"

    def lines(self) -> list[list[str]]:
        """Process, time and what it did, for everything that networks did so far."""
        return [line.split() for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def windows(self) -> list[str]:
        """The windows computed, each as often as it was."""
        return [what for _, _, what in self.lines() if what != "loaded"]

    def tokens(self) -> dict[str, bytes]:
        """The files of tokens."""
        folder = self.path.parent
        return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*.safetensors")}


@pytest.fixture
def spread(videos, tmp_path, monkeypatch) -> Spread:
    """Sixty clips of one window each; processes that are started find the sleepy network."""
    site = tmp_path / "site"
    site.mkdir()
    code = (Path(__file__).parent / "sleepy.py").read_text()
    stated = '[backbones.sleepy]\ntitle = "A network that sleeps"\nlicence = "none"\n'
    install_plugin(site, "sleepy", "sleepy", code, stated=stated)
    monkeypatch.syspath_prepend(str(site))
    paths = [str(site), str(ROOT), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    found = Spread(tmp_path / "shared")
    found.path.parent.mkdir()
    monkeypatch.setenv("SLEEPY_LOG", str(found.log))
    with Project.create(found.path) as project:
        run(import_videos(project, videos))
        project.remove_clip([clip.id for clip in project.clips()])
        for video in project.videos():
            for start in range(video.frame_count - 4):
                project.add_clip(video.id, start, start + 4)
    return found


@pytest.fixture
def one_process(spread, tmp_path) -> dict[str, bytes]:
    """What one process computes for the same project."""
    from tests.limits.processes import run as call

    other = Spread(tmp_path / "alone")
    shutil.copytree(spread.path.parent, other.path.parent)
    env = {**os.environ, "SLEEPY_SECONDS": "0", "SLEEPY_LOG": str(other.log)}
    call("extract", other.path, "--backbone", "sleepy", env=env)
    return other.tokens()


@pytest.fixture
def slurm() -> None:
    """A SLURM that answers."""
    try:
        told = subprocess.run(["sinfo", "-h"], capture_output=True, text=True, timeout=20)
    except FileNotFoundError:
        pytest.skip("there is no SLURM here (../shared/tools/slurm-local.sh starts one)")
    if told.returncode or not told.stdout.strip():
        pytest.skip(f"SLURM does not answer: {told.stderr.strip()}")
