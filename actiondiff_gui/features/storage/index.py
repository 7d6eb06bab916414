"""Index of a store: what it holds, known without opening its files. For plans of very many clips.

Each process adds a line to a file of its own in ``<store>/index`` for every clip it keeps: key, timesteps, layers and
milliseconds since 1970, such as ``9f3c… t0,t20 1-13c 1764000000000`` (``c``: with the change). The index only ever says what is there: what it does not know may be there all the
same, and a clip that is gone, folder and pack, is not.
"""

import contextlib
import os
import re
import time
import uuid
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from actiondiff_gui.features.storage.packs import folders_of, packed_clips

FOLDER, SUFFIX = "index", ".txt"
NOTHING = "-"
"""In the place of the layers: a file was set aside."""
_OWN = f"{uuid.uuid4().hex[:8]}"
_LINE = re.compile(r"[0-9a-f]{24} \S+ \S+ \d{13}")
Held = dict[str, frozenset[str]]
"""Names of arrays for each timestep."""


def note(store: Path, clip: str, timesteps: Iterable[str], names: Iterable[str]) -> None:
    """Add to the index of ``store`` that the files of a clip hold arrays of these ``names``, besides what is known; none: it is gone.

    An index that cannot be written is incomplete, and costs nothing but time.
    """
    note_all(store, [(clip, timesteps, names)])


def note_all(store: Path, found: Iterable[tuple[str, Iterable[str], Iterable[str]]]) -> None:
    """:func:`note` of many clips."""
    folder = store / FOLDER
    now = time.time_ns() // 1_000_000
    lines = "".join(
        f"{clip} {','.join(steps)} {in_short(frozenset(names))} {now}\n" for clip, steps, names in found
    )
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{os.getpid()}-{_OWN}{SUFFIX}").open("a", encoding="ascii") as out:
            out.write(lines)


class Index:
    """What the index of a store knew when it was read.

    Parameters
    ----------
    store : Path
        The store's folder.
    """

    def __init__(self, store: Path) -> None:
        # Clips are many and what they hold is nearly always the same: it is kept once and numbered.
        self._kinds: list[Held] = [{}]
        self._numbers: dict[tuple[int, str, str], int] = {}
        self._of: dict[str, int] = {}
        gone: dict[str, int] = {}
        lines = list(_lines(store / FOLDER))
        for line in lines:
            clip, _, names, when = line.split(" ")
            if names == NOTHING:
                gone[clip] = max(gone.get(clip, 0), int(when))
        for line in lines:
            clip, steps, names, when = line.split(" ")
            # What was said of a clip before something of it was set aside is not relied on, in whatever order the files are.
            if names != NOTHING and int(when) > gone.get(clip, 0):
                self._of[clip] = self._added(self._of.get(clip, 0), steps, names)
        self.kept = set(_kept(store))
        """Keys of the clips that have a folder or lie in a pack."""

    def __len__(self) -> int:
        return len(self._of)

    def holds(self, clip: str, timesteps: Iterable[str], names: frozenset[str]) -> bool:
        """Whether files of all ``timesteps`` with arrays of all ``names`` are there, as far as is known."""
        number = self._of.get(clip, 0)
        if not number or clip not in self.kept:
            return False
        held = self._kinds[number]
        return all(names <= held.get(step, frozenset()) for step in timesteps)

    def _added(self, number: int, steps: str, names: str) -> int:
        key = (number, steps, names)
        if key not in self._numbers:
            held = dict(self._kinds[number])
            for step in steps.split(","):
                held[step] = held.get(step, frozenset()) | from_short(names)
            self._numbers[key] = len(self._kinds)
            self._kinds.append(held)
        return self._numbers[key]


def _lines(folder: Path) -> Iterator[str]:
    """Whole lines of all files; those of killed processes may end in the middle."""
    with contextlib.suppress(OSError):
        for file in [each for each in folder.iterdir() if each.suffix == SUFFIX]:
            with contextlib.suppress(OSError, UnicodeError), file.open(encoding="ascii") as stream:
                for line in stream:
                    if line.endswith("\n") and _LINE.fullmatch(line, 0, len(line) - 1):
                        yield line[:-1]


def _kept(store: Path) -> Iterator[str]:
    for folder in folders_of(store):
        with contextlib.suppress(OSError):
            yield from (each.name for each in os.scandir(folder))
        yield from packed_clips(folder)


@lru_cache(maxsize=4096)
def in_short(names: frozenset[str]) -> str:
    """Write ``layer.1``, ``layer.2``, ``layer.2.change`` as ``1,2c``; neighbours as ``1-13c``."""
    layers = sorted(int(name.split(".")[1]) for name in names if not name.endswith(".change"))
    runs: list[list[int]] = []
    marks: list[str] = []
    for layer in layers:
        mark = "c" if f"layer.{layer}.change" in names else ""
        if runs and runs[-1][1] == layer - 1 and marks[-1] == mark:
            runs[-1][1] = layer
        else:
            runs.append([layer, layer])
            marks.append(mark)
    parts = [
        f"{first}{mark}" if first == last else f"{first}-{last}{mark}"
        for (first, last), mark in zip(runs, marks, strict=True)
    ]
    return ",".join(parts) or NOTHING


@lru_cache(maxsize=4096)
def from_short(text: str) -> frozenset[str]:
    """Return what :func:`in_short` shortened; nothing where it is not valid."""
    names: set[str] = set()
    with contextlib.suppress(ValueError):
        for part in text.split(","):
            first, _, last = part.removesuffix("c").partition("-")
            for layer in range(int(first), min(int(last or first), int(first) + 10_000) + 1):
                names |= {f"layer.{layer}"} | ({f"layer.{layer}.change"} if part.endswith("c") else set())
    return frozenset(names)
