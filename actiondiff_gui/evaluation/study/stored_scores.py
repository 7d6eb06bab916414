"""Scores stored beside the project's features, one line of JSON each.

A file is of one set of features (backbone and settings), one set of clips with their labels, domains and source
groups, and one set of choices. If any of these changes, another file is used; the old one is used again
when the change is reverted.

Several processes can share the work of one question: each computes the values whose names fall to its share, and adds them to a
file of its own beside the common one. All of these files are read.
"""

import glob
import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import asdict, dataclass, is_dataclass
from heapq import merge
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.inputs import regular_file

VERSION = 1
"""Raised whenever the same question would be answered with other numbers than before."""
MOST_FILES = 60
"""Files in one folder; the oldest go first."""
AT_ONCE = 5000
"""Clips that are sorted at once."""


@dataclass(frozen=True)
class Share:
    """Share ``number`` of ``of`` shares of the values of a question, counted from 1; a value falls to one by its name alone."""

    number: int
    of: int

    def has(self, name: str) -> bool:
        """Return whether a value is of this share."""
        return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % self.of == self.number - 1


_share: ContextVar[Share | None] = ContextVar("share", default=None)


@contextmanager
def only_share(share: Share) -> Iterator[None]:
    """Compute only the values of one share, in this thread."""
    token = _share.set(share)
    try:
        yield
    finally:
        _share.reset(token)


def sharing() -> bool:
    """Return whether only a share is computed, so that what lacks may be another process's."""
    return _share.get() is not None


class KeptScores:
    """Values that JSON can hold, by name, in a file that grows by a line with each.

    A disk that refuses stops nothing: :attr:`trouble` then says so, and the values are there until the object is
    gone. Lines that are damaged, such as the last one of a process that was killed, are skipped.

    Parameters
    ----------
    file : Path or None
        None: in memory only.
    about : mapping
        Written to the file's first line, for a person who looks into it.

    Attributes
    ----------
    trouble : str
        One sentence if a value could not be written, "" otherwise.
    """

    def __init__(self, file: Path | None = None, about: Mapping[str, Any] | None = None) -> None:
        self.file, self.trouble = file, ""
        self._share = _share.get()
        self._about = dict(about or {})
        self._values: dict[str, Any] = {}
        self._mended = False
        if file is not None:
            for part in sorted(file.parent.glob(f"{glob.escape(file.stem)}.*of*.jsonl")):
                self._read(part)
        if file is not None and file.is_file():
            self._read(file)
        if file is not None and self._share is not None:
            # Lines of several processes in one file could run into each other on a shared disk.
            self.file = file.with_name(f"{file.stem}.{self._share.number}of{self._share.of}{file.suffix}")

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def mine(self, name: str) -> bool:
        """Return whether this process is to compute the value of that name."""
        return self._share is None or self._share.has(name)

    def get(self, name: str) -> Any:
        """Return the value of that name; numbers that are not known are NaN. None where there is none."""
        return self._values.get(name)

    def put(self, name: str, value: Any) -> None:
        """Keep a value of numbers, texts, lists and dicts."""
        # What is read back later must not differ from what is used now.
        line = json.dumps({"name": name, "value": _to_json(value)}, allow_nan=False)
        self._values[name] = _from_json(json.loads(line)["value"])
        if self.file is None or self.trouble:
            return
        try:
            new = not self.file.exists()
            if new:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                _remove_oldest(self.file.parent)
                line = json.dumps({"version": VERSION, "about": _to_json(self._about)}) + "\n" + line
            elif not self._mended and not self.file.read_bytes().endswith(b"\n"):
                line = "\n" + line
            self._mended = True
            with self.file.open("a", encoding="utf-8", newline="\n") as stream:
                stream.write(line + "\n")
        except OSError as error:
            self.trouble = (
                f"The scores could not be kept in {self.file.parent} ({error.strerror or error}), so they will be "
                "computed again next time. Free some space, or check that the folder may be written to."
            )

    def _read(self, file: Path) -> None:
        try:
            lines = regular_file(file).read_text(encoding="utf-8", errors="replace").splitlines()
        except (OSError, ActionDiffError):
            return
        for line in lines:
            try:
                found = json.loads(line)
                self._values[str(found["name"])] = _from_json(found["value"])
            except (ValueError, KeyError, TypeError, RecursionError):
                continue


def kept_scores(folder: Path | None, clips: TokenSet, choices: Mapping[str, Any]) -> KeptScores:
    """Return the scores kept in ``folder`` for these clips and choices.

    Parameters
    ----------
    folder : Path or None
        The project's folder of scores; None keeps nothing on the disk.
    clips : TokenSet
        Clips with labels, domains, source groups and the backbone, digest and pooling of their features. Tokens are not
        looked at.
    choices : mapping
        Whatever else changes the numbers: settings of probes and of training, the summary over time.
    """
    about = {
        "version": VERSION,
        "backbone": clips.address.backbone,
        "features": clips.address.digest,
        "clips": len(clips),
        "clips digest": clips_digest(clips),
        "choices": _to_json(
            {
                name: asdict(c) if is_dataclass(c) and not isinstance(c, type) else c
                for name, c in choices.items()
            }
        ),
    }
    if clips.address.pooling != "mean":
        about["pooling"] = clips.address.pooling
    if folder is None:
        return KeptScores(None, about)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", clips.address.backbone).strip(".-") or "backbone"
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
    return KeptScores(Path(folder) / f"{name}-{clips.address.digest}" / f"{digest}.jsonl", about)


def clips_digest(clips: TokenSet) -> str:
    """Hex digest (16 digits) of what clips show and what is said of them, whatever their order and ids."""
    names = clips.keys or clips.clip_ids
    told = [
        [
            name,
            domain,
            group,
            sorted([clips.classes[k], int(row[k])] for k in np.flatnonzero(row)),
        ]
        for name, domain, group, row in zip(names, clips.domains, clips.groups, clips.labels, strict=True)
    ]
    # All at once, sorting and writing would stop every other thread of Python, the window's too: for seconds with very many clips.
    parts = [sorted(told[at : at + AT_ONCE]) for at in range(0, len(told), AT_ONCE)]
    digest = hashlib.sha256(b"[")
    for number, each in enumerate(merge(*parts)):
        digest.update((", " if number else "").encode() + json.dumps(each).encode())
    digest.update(b"]")
    return digest.hexdigest()[:16]


def _remove_oldest(folder: Path) -> None:
    # The files of shares count as one with the common one.
    latest: dict[str, float] = {}
    files = list(folder.glob("*.jsonl"))
    for file in files:
        question = file.name.partition(".")[0]
        with suppress(OSError):  # another process removes old ones, too
            latest[question] = max(latest.get(question, 0.0), file.stat().st_mtime)
    oldest = sorted(latest, key=lambda question: latest[question])[: max(0, len(latest) - MOST_FILES + 1)]
    for file in files:
        if file.name.partition(".")[0] in oldest:
            file.unlink(missing_ok=True)


def _to_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _from_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _from_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    return math.nan if value is None else value
