"""Written BORIS projects open in BORIS, and their bouts come back unchanged."""

import importlib.util
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from actiondiff_gui.project.formats.readers.contents import OFFSET, of_bout
from actiondiff_gui.project.formats.readers.detect import kind_of, read_foreign
from actiondiff_gui.project.formats.writers.boris_project import write_boris_project
from actiondiff_gui.project.formats.writers.bouts import write_boris
from actiondiff_gui.project.formats.writers.frame_times import FrameTimes
from actiondiff_gui.project.formats.writers.named_bout import NamedBout, Told
from actiondiff_gui.project.records import Video

STATES, DOTS = ("walk", 'say "hi", x', "走る"), ("peck", "Ruf, lang")
RATES = (12.5, 24000 / 1001, 25.0, 29.97, 30000 / 1001, 30.0, 59.94, 100.0, 240.0)
WORDS = st.text(st.sampled_from("ab é,;\"'走\t"), max_size=8).map(lambda s: " ".join(s.split()))
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def recordings(draw, name: str = "film") -> Told:
    """Bouts that may touch, and overlap those of others; points; comments, modifiers, a category, an offset, variables."""
    fps, frames = draw(st.sampled_from(RATES)), draw(st.integers(1, 100_000))
    found = []

    def facets(action: str, point: bool) -> dict[str, str]:
        said = {"comment": draw(WORDS), "modifier 1": draw(WORDS), "modifier 2": draw(WORDS)}
        said |= {} if point else {"comment at stop": draw(WORDS)}
        said |= {"event": "point"} if point else {}
        said |= {"behavioral category": "move"} if action == "walk" else {}
        return {
            key: value
            for key, value in said.items()
            if value and value.casefold() not in ("na", "nan", "none")
        }

    for action in STATES:
        for subject in (None, "mouse 2"):
            cuts = sorted(draw(st.sets(st.integers(0, frames), max_size=5)))
            pairs = pairwise(cuts) if draw(st.booleans()) else zip(cuts[::2], cuts[1::2], strict=False)
            found += [NamedBout(name, a, b, action, subject, facets=facets(action, False)) for a, b in pairs]
    for action in DOTS:
        for at in sorted(draw(st.sets(st.integers(0, frames - 1), max_size=3))):
            found.append(NamedBout(name, at, at + 1, action, facets=facets(action, True)))
    film = Video(name, Path(f"/films/{name}.mp4"), "f", frames, fps, 64, 48, "a")
    said = {"sex": "f", **draw(st.sampled_from([{}, {OFFSET: "5"}, {OFFSET: "0.25"}]))}
    found.sort(key=lambda b: (b.start, b.end, b.action, b.subject or ""))
    return Told(film, name, FrameTimes.of_rate(fps, frames), tuple(found), said)


def as_told(told: Told) -> list[tuple]:
    return sorted((b.start, b.end, b.action, b.subject or "", sorted(b.facets.items())) for b in told.bouts)


def as_read(path: Path, told: Told) -> list[tuple]:
    table = read_foreign(path)
    assert not table.problems
    out = []
    for s in table.stretches:
        if not s.video.endswith(f"{told.name}.mp4"):
            continue
        start = told.times.shown(s.start) if s.point else told.times.edge(s.start)
        facets = {k: v for k, v in s.facets.items() if of_bout(k)} | ({"event": "point"} if s.point else {})
        end = start + 1 if s.point else told.times.edge(s.end)
        out.append((start, end, s.behaviour, s.subject or "", sorted(facets.items())))
        assert table.facets.get(s.video, {}) == dict(told.facets)
    return sorted(out)


@QUICK
@given(recordings(), st.sampled_from(["p.boris", "p.boris.gz", "p.tsv", "p.csv"]))
def test_what_is_written_for_boris_comes_back_as_it_went(tmp_path, told, name):
    path = tmp_path / name
    path.unlink(missing_ok=True)
    if "boris" in name:
        write_boris_project([told], [*STATES, *DOTS, "not shown"], path)
        assert read_foreign(path).behaviours == (*STATES, *DOTS, "not shown")
    else:
        write_boris([told], path)
    if told.bouts:
        assert kind_of(path) == ("boris-project" if "boris" in name else "boris")
        assert as_read(path, told) == as_told(told)


@pytest.mark.parametrize("fps", [240.0, 120000 / 1001, 999.0])
def test_points_whose_time_lies_halfway_between_milliseconds_come_back_at_their_frame(tmp_path, fps):
    dots = [NamedBout("film", at, at + 1, "peck", facets={"event": "point"}) for at in range(1500)]
    film = Video("film", Path("/films/film.mp4"), "f", 1500, fps, 64, 48, "a")
    told = Told(film, "film", FrameTimes.of_rate(fps, 1500), tuple(dots), {})
    path = write_boris_project([told], ["peck"], tmp_path / "p.boris")
    assert as_read(path, told) == as_told(told)


def boris_python() -> str | None:
    """Return a Python that has BORIS: the one named by BORIS_PYTHON, or this one."""
    return os.environ.get("BORIS_PYTHON") or (sys.executable if importlib.util.find_spec("boris") else None)


@pytest.mark.boris
@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(boris_python() is None, reason="boris-behav-obs is not installed")
@settings(
    max_examples=int(os.environ.get("BORIS_EXAMPLES", "8")),
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.tuples(*(recordings(f"film {n}") for n in range(6))), st.sampled_from(["p.boris", "p.boris.gz"]))
def test_boris_opens_a_project_finds_nothing_wrong_and_exports_the_same_bouts(
    tmp_path_factory, several, name
):
    folder = tmp_path_factory.mktemp("boris")
    path = write_boris_project(several, [*STATES, *DOTS], folder / name)
    script = Path(__file__).with_name("boris_code.py")
    done = subprocess.run(
        [boris_python(), str(script), str(path), str(folder)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    for number, told in enumerate(several):
        if told.bouts:
            for kind in ("tsv", "xlsx"):
                assert as_read(folder / f"{number}.{kind}", told) == as_told(told)
