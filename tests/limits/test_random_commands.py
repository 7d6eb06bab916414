"""Random command lines end in a result or a sentence."""

import os
import random

import click
import pytest
from click.testing import CliRunner

from actiondiff_gui.cli import COMMANDS, main

COUNT = int(os.environ.get("ACTIONDIFF_GUI_COMMAND_LINES", "40"))
WORDS = (
    *(
        "",
        "0",
        "-1",
        "1e99",
        "nan",
        "a,b",
        "=",
        "a=b",
        "x" * 5000,
        "\udcff",
        "(",
        "(?P<a>",
        "../..",
        "tiny",
        "svd-xt:untrained",
    ),
    *("9-1", "1-99999999", "sigma=0", "all", "owner/model", "walk", "ant", "species", "[]", "💥", "a\nb"),
)


def value(draw: random.Random, kind: click.ParamType, files: list[str]) -> str:
    if isinstance(kind, click.Choice) and draw.random() < 0.8:
        return draw.choice(list(kind.choices))
    if isinstance(kind, click.Path) and draw.random() < 0.8:
        return draw.choice(files)
    if isinstance(kind, click.types.IntParamType | click.types.FloatParamType) and draw.random() < 0.8:
        return draw.choice(["0", "1", "2", "9", "-3", "20", "100000"])
    return draw.choice([*WORDS, *files])


def command_line(draw: random.Random, files: list[str]) -> list[str]:
    # What trains or plays through all domains takes minutes, and `open` opens a window.
    name = draw.choice([name for name in COMMANDS if name not in ("open", "demo", "study", "train")])
    line = [name]
    for parameter in main.get_command(None, name).params:
        if isinstance(parameter, click.Argument):
            line.append(value(draw, parameter.type, files))
        elif parameter.required or draw.random() < 0.12:
            line.append(draw.choice(parameter.opts))
            if not parameter.is_flag:
                line.append(value(draw, parameter.type, files))
    if name == "extract" and "--estimate" not in line:
        line.append("--estimate")
    return line


@pytest.mark.parametrize("count", [COUNT, pytest.param(300, marks=pytest.mark.slow)])
def test_random_command_lines_end_in_a_result_or_a_sentence(zoo_file, tmp_path, monkeypatch, count):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "words.csv").write_text("video,label\na.mp4,walk\n")
    (tmp_path / "deep.boris").write_text("[" * 100_000)
    (tmp_path / "folder").mkdir()
    files = [
        zoo_file.name,
        "empty.csv",
        "words.csv",
        "deep.boris",
        "folder",
        ".",
        "new.actiondiff",
        "nowhere/x.csv",
    ]
    ended: dict[int, int] = {}
    for n in range(count):
        line = command_line(random.Random(n), files)
        done = CliRunner().invoke(main, line)
        said = f"{n}: {line}\n{done.output}"
        assert done.exception is None or isinstance(done.exception, SystemExit), said
        assert "Traceback" not in done.output, said
        assert "unexpected error" not in done.output, said
        assert done.exit_code in (0, 1, 2, 3), said
        ended[done.exit_code] = ended.get(done.exit_code, 0) + 1
    print(f"{count} command lines: {dict(sorted(ended.items()))} by exit code")
