"""A home of its own for what the app keeps."""

from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the app keeps what it remembers, for this test alone."""
    folder = tmp_path / "home"
    monkeypatch.setenv("ACTIONDIFF_GUI_HOME", str(folder))
    return folder
