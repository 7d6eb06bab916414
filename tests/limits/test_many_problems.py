"""Files of nothing but bad rows need little memory and time, and their problems are counted."""

import json
import subprocess
import sys

import pytest

from tests.limits.processes import ROOT, environment

MEGABYTE = 10**6
TABLES = {
    # kind, header, one bad row
    "no such video": ("clips", "video,label\n", "nowhere.mp4,walk\n"),
    "each another video": ("clips", "video,label\n", "nowhere_{n}.mp4,walk\n"),
    "too many cells": ("clips", "video,label\n", "a.mp4,walk,run\n"),
    "no times": ("clips", "video,start_s,end_s\n", "a.mp4,soon,later\n"),
    "open quotation marks": ("clips", "video,label\n", 'a.mp4,"walk" "\n'),
    "no behaviour": ("boris", "Time,Behavior,Behavior type,Media file name\n", "{n},,START,a.mp4\n"),
    "no stop": ("boris", "Time,Behavior,Behavior type,Media file name\n", "{n},walk,START,a.mp4\n"),
    "no time": ("boris-aggregated", "Behavior,Start (s),Stop (s),Media file name\n", "walk,x,y,a.mp4\n"),
    "no video": (
        "boris-aggregated",
        "Behavior,Start (s),Stop (s),Media file name\n",
        "walk,{n}.5,{n}.9,b.mp4\n",
    ),
}


def measured(tmp_path, kind: str, header: str, row: str, size: int) -> dict:
    tmp_path.mkdir()
    table = tmp_path / "bad.csv"
    with table.open("w") as stream:
        stream.write(header)
        count = 0
        while stream.tell() < size:
            stream.write("".join(row.format(n=n) for n in range(count, count + 1000)))
            count += 1000
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "limits" / "peak_memory.py", kind, table],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=280,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {**json.loads(done.stdout), "rows": count, "size": table.stat().st_size}


@pytest.mark.parametrize("name", TABLES)
def test_a_thousand_problems_are_kept_and_all_are_counted(tmp_path, name):
    told = measured(tmp_path / "t", *TABLES[name], 1 * MEGABYTE)
    assert told["kept"] == 1000
    assert told["total"] - told["rows"] in (0, 1)  # one more where the table names a video that is not there


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_thirty_megabytes_of_bad_rows_take_a_few_times_their_size(tmp_path, name):
    told = measured(tmp_path / "t", *TABLES[name], 30 * MEGABYTE)
    share = told["bytes"] / told["size"]
    print(
        f"{name}: {told['rows']:,} bad rows, {share:.1f} bytes of memory for each of the file, {told['seconds']:.0f} s of work"
    )
    assert told["total"] - told["rows"] in (0, 1)
    # What BORIS's events say can be judged only together: each START waits for its STOP.
    assert share < (25 if name in ("no stop", "no video") else 2)
