"""Every command works, or reports an error, for a user without a home folder."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.limits.processes import ROOT, environment, run

NOBODY = 54_321
"""A number that no user has."""
VARIABLES = (
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "NUMBA_CACHE_DIR",
    "MPLCONFIGDIR",
    "HF_HOME",
    "ACTIONDIFF_GUI_HOME",
)
HOMES = ["none", "proc", "read-only", "file"]


@pytest.fixture(params=HOMES)
def user(request, tmp_path):
    """Options of a process: a user that the system does not know, with this home."""
    readable = _readable_by_all()
    if request.param == "none" and not readable:
        pytest.skip("only root can become a user that nobody knows")
    home = {
        "none": None,
        "proc": "/proc",
        "read-only": str(tmp_path / "home"),
        "file": str(tmp_path / "file"),
    }[request.param]
    (tmp_path / "home").mkdir(mode=0o555)
    (tmp_path / "file").touch()
    changes = dict.fromkeys(VARIABLES) | {"HOME": home, "TMPDIR": str(tmp_path / "tmp")}
    (tmp_path / "tmp").mkdir()
    options = {"env": environment(**changes)}
    if readable:
        work = tmp_path / "work"
        work.mkdir()
        for folder in (tmp_path, tmp_path / "tmp", work):
            os.chown(folder, NOBODY, NOBODY)
        options["user"] = NOBODY
    return options


def _readable_by_all() -> bool:
    """Whether this is root, and another user can read Python and this package."""
    if not hasattr(os, "getuid") or os.getuid() != 0:
        return False
    places = [Path(sys.executable), Path(sys.executable).resolve(), ROOT]
    folders = {folder for place in places for folder in (place, *place.parents)}
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in folders)


def owned(path: Path, user: dict) -> Path:
    if "user" in user:
        for each in (path, *path.rglob("*")):
            os.chown(each, NOBODY, NOBODY)
    return path


def test_models_and_import(user, tmp_path, zoo_file):
    work = owned(zoo_file.parent, user)
    done = run("models", "--json", cwd=work, **user)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["backbones"]
    table = work / "videos.csv"
    video = shutil.copy(
        ROOT / "sample_data" / "clips" / "biped" / "eat" / "biped_eat_raised_field_0.mp4", work
    )
    table.write_text(f"video,label\n{Path(video).name},eat\n")
    owned(work, user)
    done = run("import", work / "new.actiondiff", table, cwd=work, **user)
    assert done.returncode == 0, done.stderr
    assert "1 clips" in done.stdout
    assert not list(work.glob("~*")), "a folder called ~ was made"


@pytest.mark.parametrize("user", ["proc"], indirect=True)
def test_umap_finds_a_place_for_its_cache(user, tmp_path):
    """numba, below UMAP, refuses to start without a place for its cache; here none of the usual ones can be written."""
    code = (
        "from actiondiff_gui import app_folders\napp_folders.settle()\n"
        # As where the packages belong to somebody else; root can write everywhere.
        "import numba.core.caching as caching\n"
        "caching.InTreeCacheLocator.from_function = classmethod(lambda *_: None)\n"
        "import umap, matplotlib.font_manager, numba\nprint(numba.config.CACHE_DIR)\n"
    )
    made = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=280, cwd=tmp_path, **user
    )
    assert made.stdout.strip().startswith(str(tmp_path / "tmp")), made.stderr[-2000:]
    assert "temporary cache directory" not in made.stderr, "matplotlib found no place"


def test_the_apps_own_folder_is_asked_for_in_a_sentence(user, tmp_path):
    """What the window does at its start, and when the sample or a new project is asked for."""
    code = (
        "from actiondiff_gui.errors import ActionDiffError\n"
        "from actiondiff_gui import faults\n"
        "from actiondiff_gui.gui.session.preferences import Preferences\n"
        "from actiondiff_gui.gui.project.state.opening import new_project_path, sample_job\n"
        "kept = Preferences()\nkept.set('annotator', 'Ada')\nprint(kept.get('annotator'), kept.recent_projects)\n"
        "for make in (lambda: new_project_path('x'), lambda: next(sample_job())):\n"
        "    try:\n        make()\n        print('made')\n"
        "    except ActionDiffError as error:\n        print(error)\n"
        "print(faults.sentence(ZeroDivisionError('x')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=tmp_path, **user
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "Ada []"
    assert len(lines) == 4
    if "user" in user:
        assert all("Set ACTIONDIFF_GUI_HOME" in line for line in lines[1:3]), lines
        assert "actiondiff-gui-errors-" in lines[3]


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can become another user")
def test_a_user_that_the_system_does_not_know(tmp_path):
    """Becomes one in the middle, for Python itself may lie where only root can read."""
    work = tmp_path / "work"
    work.mkdir()
    base = Path(tempfile.gettempdir())
    for folder in (tmp_path, *(each for each in tmp_path.parents if each != base and base in each.parents)):
        folder.chmod(0o755)
    os.chown(work, NOBODY, NOBODY)
    code = (
        "import os, tempfile\nfrom pathlib import Path\n"
        "import platformdirs, platformdirs.unix\n"
        "from actiondiff_gui import app_folders, faults\n"
        "from actiondiff_gui.errors import ActionDiffError\n"
        "from actiondiff_gui.project.project import Project\n"
        "from actiondiff_gui.gui.session.session import Session\n"
        "from actiondiff_gui.gui.project.state.opening import new_project_path\n"
        f"os.setuid({NOBODY})\n"
        "assert app_folders.user_home() is None\napp_folders.settle()\n"
        "print(all(os.environ[name].startswith(tempfile.gettempdir()) for name in ('HF_HOME', 'NUMBA_CACHE_DIR', 'MPLCONFIGDIR')))\n"
        "session = Session()\nsession.preferences.set('annotator', 'Ada')\nprint(session.annotator)\n"
        "with Project.create('p.actiondiff') as project:\n"
        "    video = project.add_video('a.mp4', frame_count=9, fps=9, width=9, height=9, fingerprint='f')\n"
        "    print(video.path.name)\n"
        "try:\n    new_project_path('x')\n"
        "except ActionDiffError as error:\n    print(error)\n"
        "print(faults.sentence(ZeroDivisionError('x')))\n"
    )
    changes = dict.fromkeys(VARIABLES) | {"HOME": None, "USER": None, "LOGNAME": None}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=work,
        env=environment(**changes),
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:3] == ["True", "person", "a.mp4"]
    assert lines[3].startswith("It is not known where your files belong")
    assert "actiondiff-gui-errors-" in lines[4]
    assert [path.name for path in work.iterdir()] == ["p.actiondiff"]
