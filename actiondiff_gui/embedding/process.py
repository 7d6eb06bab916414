"""Computation of a map in a separate process, so that the window stays responsive and the map can be cancelled.

UMAP compiles itself when it is first used and meanwhile holds Python's lock for more than a second at a
time. The process is reused for the next map, which then needs no compilation. It reads from its standard input
which folder to process, one line of JSON each, and ends when that input ends. Arrays travel as .npz.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.embedding.maps import Embedding, MapSettings, embed_clips
from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.settings import from_dict, to_dict

_POLL_SECONDS = 0.05
_POLITENESS = 5
_ASKED, _ANSWER = "asked.npz", "answer.npz"


class EmbedProcess:
    """Makes maps in another process; one that has finished its map is kept for the next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: subprocess.Popen[str] | None = None

    def job(
        self,
        features: np.ndarray,
        clip_ids: Sequence[str],
        settings: MapSettings | None = None,
        *,
        start: np.ndarray | None = None,
        what: str = "clips",
    ) -> Job[Embedding]:
        """Embed clips as :func:`~actiondiff_gui.embedding.maps.embed_clips` does; ``what`` they are is for the progress.

        Raises
        ------
        AnalysisError
            As there, and if the process ended before it had an answer.
        """
        count = len(clip_ids)
        process = self._taken()
        try:
            with tempfile.TemporaryDirectory(prefix="actiondiff-map-") as name:
                folder = Path(name)
                arrays: dict[str, Any] = {
                    "features": np.asarray(features),
                    "clip_ids": np.asarray(clip_ids, dtype=np.str_),
                    "settings": np.asarray(json.dumps(to_dict(settings or MapSettings()))),
                }
                if start is not None:
                    arrays["start"] = np.asarray(start, np.float32)
                np.savez(folder / _ASKED, **arrays)
                try:
                    _tell(process, {"folder": name})
                except OSError:
                    raise _ended(count) from None
                while not (folder / _ANSWER).exists():
                    yield Progress(0, 0, f"laying out {count} {what}")
                    if process.poll() is not None:
                        raise _ended(count)
                    time.sleep(_POLL_SECONDS)
                found = _read_answer(folder / _ANSWER)
        except BaseException:
            _kill(process)
            raise
        self._give_back(process)
        if isinstance(found, AnalysisError):
            raise found
        return found

    def prepare(self, method: str) -> None:
        """Start the process, if there is none, and let it load what ``method`` needs."""
        process = self._taken()
        with contextlib.suppress(OSError):
            _tell(process, {"prepare": method})
        self._give_back(process)

    def close(self) -> None:
        """End the process that waits for work; it starts again when it is needed."""
        with self._lock:
            process, self._idle = self._idle, None
        if process is not None:
            _kill(process)

    def _taken(self) -> subprocess.Popen[str]:
        with self._lock:
            process, self._idle = self._idle, None
        return process if process is not None and process.poll() is None else _started()

    def _give_back(self, process: subprocess.Popen[str]) -> None:
        with self._lock:
            other, self._idle = self._idle, process
        if other is not None:
            _kill(other)


def _tell(process: subprocess.Popen[str], order: dict[str, str]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()


def _started() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "actiondiff_gui.embedding.process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0)
        | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
    )


def _kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    process.wait()


def _ended(count: int) -> AnalysisError:
    return AnalysisError(
        f"The map of {count} clips was ended by the computer, probably because its memory was full. Close other "
        "programs, or use PCA, which needs less."
    )


def _read_answer(path: Path) -> Embedding | AnalysisError:
    with np.load(path, allow_pickle=False) as answer:
        facts = json.loads(str(answer["facts"]))
        if "error" in facts:
            return AnalysisError(facts["error"])
        return Embedding(
            answer["coordinates"],
            facts["method"],
            facts["parameters"],
            tuple(facts["explained_variance"]),
            tuple(facts["notes"]),
            facts["trustworthiness"],
        )


# The other side


def _serve() -> None:
    if hasattr(os, "nice"):
        # Where cores are few, the window goes first.
        os.nice(_POLITENESS)
    for line in sys.stdin:
        order = json.loads(line)
        if "prepare" in order:
            _prepare(order["prepare"])
            continue
        folder = Path(order["folder"])
        arrays = _answered(folder / _ASKED)
        if not folder.exists():
            continue  # the map is no longer wanted
        np.savez(folder / f"part-{_ANSWER}", **arrays)
        (folder / f"part-{_ANSWER}").replace(folder / _ANSWER)


def _answered(path: Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as asked:
            features, clip_ids = asked["features"], asked["clip_ids"].tolist()
            settings = from_dict(MapSettings, json.loads(str(asked["settings"])), AnalysisError)
            start = asked.get("start")
        found = embed_clips(features, clip_ids, settings, start=start)
    except AnalysisError as error:
        return {"facts": np.asarray(json.dumps({"error": str(error)}))}
    except Exception as error:
        sentence = f"The map could not be made ({type(error).__name__}: {error}). Try the other method, and report it."
        return {"facts": np.asarray(json.dumps({"error": sentence}))}
    facts = {
        "method": found.method,
        "parameters": dict(found.parameters),
        "explained_variance": found.explained_variance,
        "notes": found.notes,
        "trustworthiness": found.trustworthiness,
    }
    return {"facts": np.asarray(json.dumps(facts)), "coordinates": found.coordinates}


def _prepare(method: str) -> None:
    # A small map makes UMAP compile itself while features are still being read.
    features = np.random.default_rng(0).normal(size=(40, 8))
    with contextlib.suppress(Exception):
        embed_clips(
            features,
            [str(i) for i in range(len(features))],
            from_dict(MapSettings, {"method": method}, AnalysisError),
        )


if __name__ == "__main__":
    _serve()
