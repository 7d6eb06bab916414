"""What a window needs of the system is told in a sentence, before Qt would end the process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from actiondiff_gui.gui.display import PACKAGES

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X is Linux's")
README = Path(__file__).resolve().parents[2] / "README.md"


def opened(**environment: str | None) -> subprocess.CompletedProcess:
    """Open the app in a process of its own."""
    full = {**os.environ, "QT_QPA_PLATFORM": "xcb", **environment}
    full = {name: value for name, value in full.items() if value is not None}
    command = [sys.executable, "-m", "actiondiff_gui", "open"]
    return subprocess.run(command, env=full, capture_output=True, text=True, timeout=120)


def test_a_missing_library_of_x_names_debians_packages(tmp_path):
    (tmp_path / "libxcb-cursor.so.0").write_bytes(b"")  # found before the system's, and cannot be loaded
    done = opened(LD_LIBRARY_PATH=str(tmp_path))
    told = " ".join(done.stderr.split())
    assert done.returncode == 1
    assert "libxcb-cursor.so.0" in told
    assert f"sudo apt install {PACKAGES}" in told
    assert "Traceback" not in told


def test_no_screen_is_said(tmp_path):
    done = opened(DISPLAY=None, WAYLAND_DISPLAY=None)
    assert done.returncode == 1
    assert "DISPLAY is not set" in done.stderr


def test_the_readme_names_the_same_packages():
    told = " ".join(README.read_text().split())
    assert f"apt install {PACKAGES}" in told
