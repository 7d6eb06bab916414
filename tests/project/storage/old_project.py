"""A project as the first version of the program wrote it, with content."""

import sqlite3
import uuid
from pathlib import Path

TABLES = Path(__file__).with_name("layout_1.sql")


def old_project(path: Path, clips: int = 300) -> Path:
    """Write a project of layout 1 with one video, ``clips`` clips that are labelled "walk", and no file of the video."""
    connection = sqlite3.connect(path)
    connection.executescript(TABLES.read_text())
    connection.execute(
        "INSERT INTO video VALUES (1, ?, 'a.mp4', 'of a', 100000, 25.0, 640, 480, 'a.mp4')",
        (uuid.uuid4().hex,),
    )
    connection.execute("INSERT INTO action VALUES (1, 'walk', '#0072B2', '', 1)")
    connection.executemany(
        "INSERT INTO clip VALUES (?, ?, 1, ?, ?, NULL, NULL, NULL, NULL, NULL)",
        [(n, uuid.uuid4().hex, n, n + 1) for n in range(1, clips + 1)],
    )
    connection.executemany(
        "INSERT INTO label VALUES (?, 1, 'person', 'Ada', 1, NULL, ?)",
        [(n, 1_700_000_000_000_000 + n) for n in range(1, clips + 1)],
    )
    connection.commit()
    connection.close()
    return path
