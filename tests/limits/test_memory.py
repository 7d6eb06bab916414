"""Running out of memory ends in a sentence that names the operation and a remedy."""

import json
import sys

import pytest

from actiondiff_gui import faults
from tests.limits.processes import run

resource = pytest.importorskip("resource", reason="this system cannot limit a process")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to the limit")


def limited(megabytes: int):
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))

    return limit


def assert_told(done) -> None:
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    assert "There was not enough memory" in done.stderr, done.stderr
    assert "smaller parts" in done.stderr
    assert "unexpected error" not in done.stderr


def test_a_table_that_is_larger_than_the_memory(zoo_file, tmp_path):
    """One cell without an end, and the JSON of a BORIS project."""
    table = tmp_path / "long.csv"
    with table.open("w") as stream:
        stream.write("video,label\n" + "a" * (400 << 20))
    done = run("import", zoo_file, table, preexec_fn=limited(700))
    assert_told(done)
    assert "while `import` was running" in done.stderr
    project = tmp_path / "many.boris"
    with project.open("w") as stream:
        stream.write('{"behaviors_conf": {}, "observations": {"x": [')
        stream.write("[1.5]," * 20_000_000 + "1]}}")
    assert_told(run("import", zoo_file, project, preexec_fn=limited(700)))


@pytest.mark.parametrize("megabytes", [700, pytest.param(1500, marks=pytest.mark.slow)])
def test_too_little_memory_for_the_network(zoo_file, megabytes):
    """Wherever it gives out: libraries that cannot be loaded say so in their own ways, none of them as a traceback."""
    done = run("extract", zoo_file, "--layers", "9", preexec_fn=limited(megabytes))
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_every_kind_of_error_that_means_it():
    import numpy as np

    with pytest.raises(MemoryError) as raised:
        np.empty((1 << 50,))
    assert "8.00 PiB were asked for at once" in faults.sentence(raised.value, "counting")
    for error in (
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("std::bad_alloc"),
    ):
        assert faults.sentence(error, "counting").startswith("There was not enough memory while counting")


def test_anything_else_is_called_a_fault_and_its_details_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("ACTIONDIFF_GUI_HOME", str(tmp_path / "home"))

    def deep() -> None:
        deep()

    with pytest.raises(RecursionError) as raised:
        deep()
    said = faults.sentence(raised.value, "looking")
    assert said.startswith("An unexpected error occurred while looking (RecursionError")
    assert f"bug in ActionDiff GUI. The details are in {tmp_path / 'home' / 'errors.log'}" in said
    assert "in deep" in (tmp_path / "home" / "errors.log").read_text()


def test_a_pipe_that_is_closed_ends_a_command_without_a_word(zoo_file):
    import subprocess

    from tests.limits.processes import START, environment

    for arguments in (("models",), ("models", "--json"), ("export", zoo_file, "--out", "/dev/null/x")):
        process = subprocess.Popen(
            [*START, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            text=True,
        )
        process.stdout.close()
        said = process.stderr.read()
        process.wait(timeout=60)
        assert "Traceback" not in said, said
        assert "Exception ignored" not in said, said


def test_a_fault_in_a_command_is_a_sentence_too(zoo_file, tmp_path):
    """A feature folder that is a file in the way: not foreseen everywhere, and never a traceback."""
    done = run("export", zoo_file, "--out", tmp_path / "a" / "b" / "c.csv")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert json.dumps(done.stderr)
