"""Reader of the behaviours in an NWB file.

Bouts are the rows of tables of intervals (ndx-ethogram among them), of tables of events (of NWB itself and of
ndx-events, old and new), and interval series. Times count from the start of the session; the video's own start is taken
off. What is in the file is read by the description of its extensions that it holds itself.
"""

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.project.formats.imports.facet_names import bout_facet
from actiondiff_gui.project.formats.imports.report import Problem, ProblemList
from actiondiff_gui.project.formats.readers.contents import NWB, Clock, ForeignTable, Stretch
from actiondiff_gui.project.formats.readers.reader import Options, Peek, Reader, Unsaid
from actiondiff_gui.project.formats.tables.cells import Unit
from actiondiff_gui.project.formats.writers.frame_times import FrameTimes
from actiondiff_gui.project.formats.writers.nwb import CONFIDENCE, MISSING, SAID_BY

SIGNATURE = b"\x89HDF\r\n\x1a\n"
BEHAVIOURS = (
    *("label", "labels", "behavior", "behaviour", "action", "activity", "event_type", "event_name", "event"),
    *("annotation", "state", "motif", "syllable", "tags", "name"),
)
SUBJECTS = ("subject", "subject_id", "animal", "animal_id", "individual", "identity", "mouse", "who")
_TIMES = (
    "start_time",
    "stop_time",
    "timestamp",
    "duration",
    "event_times",
    "timeseries",
    "id",
    SAID_BY,
    CONFIDENCE,
)
_NO_BEHAVIOURS = ("trials", "invalid_times", "epochs")
_NOTHING = ("", "nan", "none", "n.a.")


def read_nwb(path: Path, options: Options) -> ForeignTable:
    """Read all bouts of a file; ``options.columns`` name the columns that hold behaviours.

    Raises
    ------
    ProjectError
        pynwb is not installed, the file is none of NWB, holds no bouts, or names no video and none is given.
    """
    with _opened(path) as file:
        objects = list(file.objects.values())
        film = _film(objects, path, options)
        found = _Found(path, film, tuple(name.casefold() for name in options.columns or BEHAVIOURS))
        for thing in objects:
            found.read(thing)
    if not found.seen:
        names = [name for thing in objects for name in getattr(thing, "colnames", ())]
        raise Unsaid(
            f"{path} of NWB holds no bouts of behaviours: no table of intervals or events with a column such as label or "
            "behavior. Name the column (--columns), or choose another file.",
            "columns",
            [name for name in dict.fromkeys(names) if name not in _TIMES],
        )
    stretches = sorted(found.stretches, key=lambda s: s.start)
    return ForeignTable(
        path,
        NWB,
        tuple(stretches),
        tuple(dict.fromkeys(s.behaviour for s in stretches)),
        film.files,
        {film.files[0]: film.fps} if film.fps else {},
        {film.files[0]: film.times.count} if film.times else {},
        problems=found.problems.sealed(),
        notes=found.notes.sealed(),
    )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        from pynwb import NWBHDF5IO
    except ImportError as error:
        raise ProjectError(MISSING) from error
    try:
        regular_file(path, ProjectError, "a file of NWB")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with NWBHDF5IO(str(path), mode="r", load_namespaces=True) as io:
                yield io.read()
    except ProjectError:
        raise
    except Exception as error:  # pynwb, hdmf and h5py raise whatever a file makes them stumble over
        what = str(error).strip().splitlines() or [type(error).__name__]
        raise ProjectError(
            f"{path} is not as NWB writes it ({what[0][:160]}). Choose another file."
        ) from error


@dataclass(frozen=True)
class _Film:
    """The video that times are about, and the time of the session at which it starts.

    ``times`` tells when each frame of a single file was taken after the start; the clock of the file may be another.
    """

    files: tuple[str, ...]
    start: float = 0.0
    begins: tuple[float, ...] = ()
    others: int = 0
    times: FrameTimes | None = None
    fps: float | None = None

    def frames(self, begin: float, end: float) -> tuple[int, int]:
        """Return the frames from ``begin`` to ``end`` seconds after the start; of an event the one that it lies in."""
        assert self.times is not None
        last, count = self.times.seconds(self.times.count), self.times.count
        first = self.times.shown(begin) if begin == end else self.times.edge(min(begin, last))
        behind = count + 1 if begin > last else first
        return behind, max(self.times.edge(min(end, last)) + (end > last), behind + 1)

    def clock(self, observation: str) -> Clock | None:
        """For a video in several files, when each of them begins."""
        if len(self.files) < 2:
            return None
        return Clock(observation, self.files, (None,) * len(self.files), None, self.begins)


def _film(objects: Sequence[Any], path: Path, options: Options) -> _Film:
    films = [
        _as_film(thing)
        for thing in objects
        if _is_a(thing, "ImageSeries") and getattr(thing, "external_file", None) is not None
    ]
    films = [film for film in films if film.files]
    wanted = None if options.video is None else Path(options.video.replace("\\", "/")).stem.casefold()
    same = [
        film
        for film in films
        if any(Path(f.replace("\\", "/")).stem.casefold() == wanted for f in film.files)
    ]
    if options.video is not None and not same:
        known = films[0] if len(films) == 1 and len(films[0].files) == 1 else None
        start = films[0].start if len(films) == 1 else 0.0
        return replace(known, files=(options.video,)) if known else _Film((options.video,), start)
    if not films:
        raise Unsaid(f"{path} of NWB names no video. Say which one it is about (--video NAME).", "video")
    chosen = (same or films)[0]
    return replace(chosen, others=0 if same else len(films) - 1)


def _as_film(series: Any) -> _Film:
    files = tuple(text for file in series.external_file[:] if (text := _text(file)))
    times = None if series.timestamps is None else series.timestamps[:]
    start = float(times[0]) if times is not None and len(times) else float(series.starting_time or 0.0)
    firsts = [] if series.starting_frame is None else [int(frame) for frame in series.starting_frame[:]]
    if len(files) == 1:
        return _Film(
            files, start, times=_frame_times(times), fps=None if series.rate is None else float(series.rate)
        )
    if len(files) < 2 or len(firsts) != len(files):
        return _Film(files, start)
    if times is not None and max(firsts) < len(times):
        return _Film(files, start, tuple(float(times[frame]) - start for frame in firsts))
    return _Film(files, start, tuple(frame / series.rate for frame in firsts) if series.rate else ())


def _frame_times(times: np.ndarray | None) -> FrameTimes | None:
    """When frames were taken, where that is told of all and rises."""
    if times is None or len(times) < 3:  # two may be the begin and the end
        return None
    after = np.asarray(times, float) - float(times[0])
    steps = np.diff(after)
    if not (np.isfinite(after).all() and (steps > 0).all()):
        return None
    return FrameTimes(np.append(after, after[-1] + np.median(steps)))


@dataclass
class _Found:
    path: Path
    film: _Film
    columns: tuple[str, ...]
    stretches: list[Stretch] = field(default_factory=list)
    problems: ProblemList = field(default_factory=ProblemList)
    notes: ProblemList = field(default_factory=ProblemList)
    seen: bool = False

    def __post_init__(self) -> None:
        if self.film.others:
            reason = (
                f"the file has {self.film.others + 1} videos. The bouts were put on {self.film.files[0]}; say which one is meant "
                "(--video NAME)."
            )
            self.notes.append(Problem(self.path, None, reason))

    def read(self, thing: Any) -> None:
        """Read the bouts of an object of the file, if it holds any."""
        if (
            _is_a(thing, "TimeIntervals")
            or _is_a(thing, "EventsTable")
            or _is_a(thing, "AnnotatedEventsTable")
        ):
            self._table(thing)
        elif _is_a(thing, "IntervalSeries"):
            self._interval_series(thing)
        elif _is_a(thing, "TTLs"):
            reason = f"{thing.name!r} holds pulses of devices, not behaviours, and was left out."
            self.notes.append(Problem(self.path, None, reason))
        elif _is_a(thing, "LabeledEvents") or _is_a(thing, "AnnotationSeries"):
            self._labelled(thing)
        elif _is_a(thing, "Events"):
            self.seen = True
            for time in thing.timestamps[:]:
                self._add(thing.name, float(time), float(time), None, {})

    def _table(self, table: Any) -> None:
        names = {name.casefold(): name for name in table.colnames}
        behaviour = next((names[name] for name in self.columns if name in names), None)
        texts = [n for n in table.colnames if n not in _TIMES and _is_text(table[n])]
        if behaviour is None and (table.name in _NO_BEHAVIOURS or texts or self.columns != BEHAVIOURS):
            few = ", ".join(texts[:6]) or "none of text"
            reason = f"the table {table.name!r} has no column that names a behaviour ({few}), and was left out. Name it (--columns)."
            self.notes.append(Problem(self.path, None, reason))
            return
        self.seen = True
        who = next((names[name] for name in SUBJECTS if name in names), None)
        facets = {
            name: bout_facet(name, "NWB")
            for name in table.colnames
            if name not in (*_TIMES, behaviour, who) and _is_plain(table[name])
        }
        if str(getattr(table, "labeling_method", "")) == "automated":
            reason = f"the table {table.name!r} says that these are predictions. They become labels with the source import."
            self.notes.append(Problem(self.path, None, reason))
        cells = {
            name: list(table[name][:])
            for name in table.colnames
            if name in (*_TIMES[:5], behaviour, who, *facets)
        }
        nameless = 0
        for row in range(len(table)):
            said = {
                facets[name]: text
                for name in facets
                if (text := _text(cells[name][row])).casefold() not in _NOTHING
            }
            subject = _text(cells[who][row]) if who else ""
            named = _behaviours(table.name if behaviour is None else cells[behaviour][row])
            nameless += not named
            for name in named:
                for start, stop in _spans(cells, row):
                    self._add(name, start, stop, subject or None, said)
        if nameless:
            reason = f"{nameless:,} rows of the table {table.name!r} name no behaviour in {behaviour!r}, and were left out."
            self.notes.append(Problem(self.path, None, reason))

    def _interval_series(self, series: Any) -> None:
        """Read an interval series: a positive number begins an interval, a negative one ends it."""
        self.seen = True
        opened: dict[int, float] = {}
        for what, time in zip(series.data[:], series.timestamps[:], strict=False):
            if what > 0:
                opened[int(what)] = float(time)
            elif -int(what) in opened:
                self._add(series.name, opened.pop(-int(what)), float(time), None, {})
        for time in opened.values():
            self._add(series.name, time, math.nan, None, {})

    def _labelled(self, series: Any) -> None:
        """Return times of events, and for each its text or the number of its label."""
        self.seen = True
        labels = getattr(series, "data__labels", None)  # so called in the file, and by classes made from it
        labels = getattr(series, "labels", None) if labels is None else labels
        names = None if labels is None else {str(n): _text(label) for n, label in enumerate(labels[:])}
        for what, time in zip(series.data[:], series.timestamps[:], strict=False):
            for each in _behaviours(
                what if names is None else names.get(_text(what), f"{series.name} {what}")
            ):
                self._add(each, float(time), float(time), None, {})

    def _add(
        self, behaviour: str, start: float, stop: float, subject: str | None, facets: dict[str, str]
    ) -> None:
        begin, end = start - self.film.start, stop - self.film.start
        if not (math.isfinite(begin) and math.isfinite(end) and 0 <= round(begin, 6) <= round(end, 6)):
            reason = f"{behaviour} from {start:g} to {stop:g} s of the session is no stretch of the video. It was left out."
            self.problems.append(Problem(self.path, None, reason))
            return
        clock = self.film.clock(self.path.stem)
        video = self.film.files[0] if clock is None else ""
        unit: Unit = "seconds"
        point, begin = begin == end, max(begin, 0.0)
        if self.film.times is not None:
            unit, (begin, end) = "frames", self.film.frames(begin, end)
        self.stretches.append(
            Stretch(None, video, behaviour, begin, end, unit, subject, point, facets, clock)
        )


def _spans(cells: dict[str, list[Any]], row: int) -> list[tuple[float, float]]:
    """Begins and ends of a row: one of a table of intervals or events, several of old tables of events."""
    if "start_time" in cells:
        return [(float(cells["start_time"][row]), float(cells["stop_time"][row]))]
    if "event_times" in cells:
        return [(float(time), float(time)) for time in cells["event_times"][row]]
    start = float(cells["timestamp"][row])
    length = float(cells["duration"][row]) if "duration" in cells else 0.0
    return [(start, start + (length if math.isfinite(length) else 0.0))]


def _behaviours(cell: Any) -> list[str]:
    """Return the behaviours that a cell names: one, or a list of tags."""
    several = cell if isinstance(cell, list | tuple) or getattr(cell, "ndim", 0) > 0 else [cell]
    return [text for each in several if (text := _text(each)).casefold() not in _NOTHING]


def _text(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return " ".join(text.split())


def _is_a(thing: Any, kind: str) -> bool:
    """Return whether an object is of a type of NWB, or of one made from it; types of extensions are made when a file is read."""
    return any(each.__name__ == kind for each in type(thing).__mro__)


def _is_plain(column: Any) -> bool:
    """Return whether the cells of a column are single words or numbers."""
    first = _first(column)
    return isinstance(first, str | bytes | int | float) or getattr(first, "shape", None) == ()


def _is_text(column: Any) -> bool:
    return isinstance(_first(column), str | bytes)


def _first(column: Any) -> Any:
    return column[0] if len(column) else None


def _fits(peek: Peek) -> bool:
    return peek.suffix == ".nwb"


READER = Reader(NWB, _fits, read_nwb)
