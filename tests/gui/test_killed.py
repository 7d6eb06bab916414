"""Labels that a window showed are in the project after its process was killed."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.project.project import Project

if not hasattr(signal, "SIGKILL"):
    pytest.skip("processes cannot be killed like this here", allow_module_level=True)


def label_and_be_killed(path, home, seed: int, after: float) -> list[dict]:
    """Let somebody label in a window and kill it ``after`` seconds of that; returns what the window said."""
    said_to = home / f"said-{seed}"
    with said_to.open("wb") as out, (home / f"errors-{seed}").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.gui.killed_window", str(path), str(seed)],
            stdout=out,
            stderr=errors,
            env={**os.environ, "ACTIONDIFF_GUI_HOME": str(home)},
        )
        try:
            end = time.monotonic() + 90
            while said_to.read_bytes().count(b"\n") < 3:
                assert process.poll() is None, (home / f"errors-{seed}").read_text()
                assert time.monotonic() < end, "the window did not open in time"
                time.sleep(0.01)
            time.sleep(after)
            assert process.poll() is None, (home / f"errors-{seed}").read_text()
        finally:
            process.kill()
            process.wait()
    assert process.returncode == -signal.SIGKILL
    # A last line without an end was being written when the process died; a newline that is there ends a whole one.
    return [json.loads(line) for line in said_to.read_text().split("\n")[:-1] if line.startswith("{")]


def kept(project: Project) -> dict:
    """Return what the project holds, in the words of :func:`tests.gui.killed_window.shown`."""
    rows = ClipTable.read(project)
    return {r.id: [r.start, r.end, list(r.labels), list(r.denied), r.facets] for r in rows}


def check(path, said: list[dict]) -> int:
    """Compare the project with the last that was shown; returns for how many clips that is exact."""
    last = next(line["shown"] for line in reversed(said) if "shown" in line)
    about = said[-1].get("about")
    with Project.open(path) as project:
        clips = kept(project)
        # A change that was under way may be there or not; all else is as it was shown.
        sure = set(last["clips"]) - set(about or ())
        assert {i: clips.get(i) for i in sure} == {i: last["clips"][i] for i in sure}
        assert len(clips) <= len(last["clips"]) + (about is not None)
        if about is None:
            bouts = {video: project.open_bouts().get(video, {}) for video in last["bouts"]}
            assert bouts == last["bouts"]
        project.person = "Ada"
        before = kept(project)
        if project.undo():
            assert project.redo()
            assert kept(project) == before
    return len(sure)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "kills", [pytest.param(2, id="twice"), pytest.param(100, id="often", marks=pytest.mark.slow)]
)
def test_nothing_that_was_shown_is_missing_after_a_kill(kills, project_file, home):
    home.mkdir()
    chance = random.Random()
    changes = 0
    for _ in range(kills):
        seed, after = chance.randrange(10**6), chance.uniform(0.2, 3.0)
        said = label_and_be_killed(project_file, home, seed, after)
        print(f"seed {seed}, killed after {after:.3f} s and {len(said)} lines")
        check(project_file, said)
        changes += sum("about" in line for line in said)
        json.loads((home / "preferences.json").read_text("utf-8"))
        assert not (home / "errors.log").exists(), (home / "errors.log").read_text()
    print(f"{kills} kills in {changes} changes: nothing that was shown is missing")
    assert changes > 2 * kills
    with Project.open(project_file) as project:
        assert project.undo("Ada")
