"""Files appear whole or not at all, and killed writers leave nothing behind."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from actiondiff_gui.files import STALE_SECONDS, left_behind, part_of, sweep, whole_file

ROOT = Path(__file__).resolve().parents[1]


def writer(path: Path) -> subprocess.Popen:
    """Return a process that replaces a file without end; it has begun when this returns."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.endless_writer", str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline()
    return process


def ended(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()
    process.stdout.close()


def parts(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if ".part" in file.name]


@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=pytest.mark.slow)])
def test_what_killed_writers_left_is_swept_and_the_file_is_always_whole(tmp_path, kills, capsys):
    dice, left, path = random.Random(kills), 0, tmp_path / "kept.json"
    for _ in range(kills):
        process = writer(path)
        time.sleep(dice.uniform(0, 0.05))
        ended(process)
        left += len(parts(tmp_path))
        assert parts(tmp_path) == left_behind(tmp_path)
        # The next start of anything that keeps its files here.
        sweep(tmp_path)
        assert parts(tmp_path) == []
        if path.exists():
            first, _, second = path.read_text().partition(" ")
            assert first == second
    assert left
    with capsys.disabled():
        print(f"\n{kills} kills left {left} parts, and 0 after the next start")


def test_what_a_living_process_writes_is_left_alone(tmp_path):
    process = writer(tmp_path / "theirs.json")
    try:
        with whole_file(tmp_path / "ours.json") as part:
            part.write_text("ours")
            sweep(tmp_path)
            assert part.exists()
            assert process.stdout.readline()
            assert left_behind(tmp_path) == []
    finally:
        ended(process)
    with whole_file(tmp_path / "ours.json") as part:
        part.write_text("ours again")
    assert {file.name for file in tmp_path.iterdir()} <= {"ours.json", "theirs.json"}


def test_of_another_machine_only_old_parts_are_left_behind(tmp_path):
    theirs = part_of(tmp_path / "a.json")
    theirs = theirs.with_name(theirs.name.replace(f"-{os.getpid()}-", "-1-"))
    machine = theirs.name.split(".")[2].split("-")[0]
    theirs = theirs.with_name(theirs.name.replace(machine, "0123abcd"))
    before = tmp_path / f".b.{'0' * 32}.part.json"
    for part in (theirs, before):
        part.write_text("")
    assert left_behind(tmp_path) == []
    day_ago = time.time() - STALE_SECONDS - 60
    for part in (theirs, before):
        os.utime(part, (day_ago, day_ago))
    assert left_behind(tmp_path) == sorted((theirs, before))


def test_files_of_the_person_are_no_parts(tmp_path):
    names = ("a.part.json", ".hidden", ".a.part", ".a.1-2-3.part.mp4", "notes.participants.csv")
    for name in names:
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (0, 0))
    sweep(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == set(names)
