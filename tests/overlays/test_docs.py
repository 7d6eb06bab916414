"""The example in the docs runs as written."""

import re
from pathlib import Path

from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project

DOCS = Path(__file__).resolve().parents[2] / "docs" / "overlays.md"


def test_the_example_in_python_runs(videos, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with Project.create(tmp_path / "mice.actiondiff") as project:
        run(import_videos(project, videos))
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(code, str(DOCS), "exec"), {})
    assert "attention from the clicked point" in capsys.readouterr().out
    assert (tmp_path / "alike.mp4").stat().st_size > 1000
