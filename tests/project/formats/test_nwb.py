"""Import of behaviours from NWB files that were made with pynwb."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.formats.readers.contents import ForeignTable
from actiondiff_gui.project.formats.readers.detect import kind_of, read_foreign

pynwb = pytest.importorskip("pynwb")

from pynwb import spec  # noqa: E402
from pynwb.behavior import BehavioralEpochs  # noqa: E402
from pynwb.epoch import TimeIntervals  # noqa: E402
from pynwb.event import EventsTable  # noqa: E402
from pynwb.image import ImageSeries  # noqa: E402
from pynwb.misc import AnnotationSeries, IntervalSeries  # noqa: E402


def session():
    return pynwb.NWBFile("s", "id", datetime(2026, 1, 1, tzinfo=UTC))


def film(*files: str, name: str = "video", **given) -> ImageSeries:
    given = given or {"rate": 25.0, "num_samples": 500}
    given.setdefault("starting_frame", [0])
    return ImageSeries(name=name, unit="n.a.", external_file=list(files), format="external", **given)


def intervals(name: str, *rows: tuple, columns: tuple[str, ...] = ("label",)) -> TimeIntervals:
    table = TimeIntervals(name=name, description="x")
    for column in columns:
        table.add_column(column, "x")
    for start, stop, *cells in rows:
        table.add_row(start_time=start, stop_time=stop, **dict(zip(columns, cells, strict=True)))
    return table


def read(file, path: Path, **given) -> ForeignTable:
    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(file)
    assert kind_of(path) == "nwb"
    return read_foreign(path, **given)


def told(table: ForeignTable) -> list[tuple]:
    return [(s.video, s.behaviour, round(s.start, 6), round(s.end, 6), s.subject) for s in table.stretches]


def test_intervals_events_and_epochs_of_a_session_that_began_before_its_video(tmp_path):
    file = session()
    file.add_acquisition(film("../films/a.mp4", rate=25.0, num_samples=500, starting_time=10.0))
    columns = ("behavior", "animal", "speed")
    file.add_time_intervals(
        intervals("scored", (11.0, 12.0, "walk", "m1", 0.5), (30.0, 31.0, "rest", "", 2.0), columns=columns)
    )
    file.add_time_intervals(intervals("digging", (12.0, 13.0), columns=()))
    file.add_trial(start_time=0.0, stop_time=100.0)
    file.add_epoch(14.0, 15.0, ["groom", "sit"])
    events = EventsTable(name="events", description="x")
    events.add_column("event_type", "x")
    events.add_column("duration", "x")
    events.add_row(timestamp=16.0, event_type="peck", duration=float("nan"))
    events.add_row(timestamp=17.0, event_type="jump", duration=0.5)
    file.add_events_table(events)
    module = file.create_processing_module("behavior", "x")
    series = IntervalSeries(name="rear", data=[1, -1, 1], timestamps=[18.0, 19.0, 20.0])
    module.add(BehavioralEpochs(interval_series=[series]))
    file.add_acquisition(AnnotationSeries(name="notes", data=["call"], timestamps=[21.0]))
    table = read(file, tmp_path / "s.nwb")
    video = "../films/a.mp4"
    assert told(table) == [
        (video, "walk", 1.0, 2.0, "m1"),
        (video, "digging", 2.0, 3.0, None),
        (video, "groom", 4.0, 5.0, None),
        (video, "sit", 4.0, 5.0, None),
        (video, "peck", 6.0, 6.0, None),
        (video, "jump", 7.0, 7.5, None),
        (video, "rear", 8.0, 9.0, None),
        (video, "call", 11.0, 11.0, None),
        (video, "rest", 20.0, 21.0, None),
    ]
    assert [s.behaviour for s in table.stretches if s.point] == ["peck", "call"]
    assert table.stretches[0].facets == {"speed": "0.5"}
    (problem,) = table.problems
    assert "rear from 20 to nan s of the session is no stretch of the video" in problem.reason
    assert "the table 'trials' has no column that names a behaviour" in "".join(map(str, table.notes))


@pytest.fixture(scope="module")
def old_events(tmp_path_factory):
    """Makes a series of a type of ndx-events 0.2.1, whose specification these lines repeat in short."""
    times = spec.NWBDatasetSpec("x", "float32", "timestamps", shape=(None,))
    labels = spec.NWBAttributeSpec("labels", "x", "text", shape=(None,))
    data = spec.NWBDatasetSpec("x", "uint8", "data", shape=(None,), attributes=[labels])
    plain = spec.NWBGroupSpec(
        "x", neurodata_type_def="Events", neurodata_type_inc="NWBDataInterface", datasets=[times]
    )
    kinds = [plain]
    for name, above in (("LabeledEvents", "Events"), ("TTLs", "LabeledEvents")):
        kinds.append(
            spec.NWBGroupSpec("x", neurodata_type_def=name, neurodata_type_inc=above, datasets=[data])
        )
    space = spec.NWBNamespaceBuilder("x", "ndx-events", version="0.2.1", author="x", contact="x")
    space.include_type("NWBDataInterface", namespace="core")
    for kind in kinds:
        space.add_spec("ndx-events.extensions.yaml", kind)
    folder = tmp_path_factory.mktemp("ndx")
    space.export("ndx-events.namespace.yaml", outdir=str(folder))
    pynwb.load_namespaces(str(folder / "ndx-events.namespace.yaml"))
    return lambda kind, **given: pynwb.get_class(kind, "ndx-events")(**given)


def test_events_of_the_older_ndx_events_have_their_labels(tmp_path, old_events):
    file = session()
    file.add_acquisition(film("a.mp4"))
    given = {
        "timestamps": [1.0, 2.0, 3.0],
        "data": np.array([0, 1, 7], np.uint8),
        "data__labels": ["peck", "call"],
    }
    file.add_acquisition(old_events("LabeledEvents", name="scored", **given))
    file.add_acquisition(old_events("TTLs", name="camera", **given))
    file.add_acquisition(old_events("Events", name="licks", timestamps=[4.0]))
    table = read(file, tmp_path / "s.nwb")
    points = [("peck", 1.0), ("call", 2.0), ("scored 7", 3.0), ("licks", 4.0)]
    assert told(table) == [("a.mp4", name, at, at, None) for name, at in points]
    assert all(s.point for s in table.stretches)
    (note,) = table.notes
    assert "'camera' holds pulses of devices" in note.reason


def test_a_video_in_several_files_and_several_cameras(tmp_path):
    file = session()
    file.add_acquisition(film("a.mp4", "b.mp4", rate=25.0, num_samples=1000, starting_frame=[0, 500]))
    file.add_acquisition(film("top.mp4", name="top", rate=50.0, num_samples=1000, starting_time=2.0))
    file.add_time_intervals(intervals("bouts", (3.0, 4.0, "walk"), (21.0, 22.0, "rest")))
    table = read(file, tmp_path / "s.nwb")
    assert table.videos == ("a.mp4", "b.mp4")
    assert {s.clock.begins for s in table.stretches} == {(0.0, 20.0)}
    assert "the file has 2 videos" in str(table.notes[0])
    table = read_foreign(tmp_path / "s.nwb", video="TOP.avi")
    assert told(table)[0] == ("top.mp4", "walk", 1.0, 2.0, None)


def test_columns_are_named_where_their_names_do_not_tell(tmp_path):
    file = session()
    file.add_acquisition(film("a.mp4"))
    file.add_time_intervals(intervals("scored", (1.0, 2.0, "walk"), columns=("what_it_did",)))
    path = tmp_path / "s.nwb"
    with pytest.raises(ProjectError, match=r"NWB holds no bouts.*--columns"):
        read(file, path)
    assert told(read_foreign(path, columns=["What_It_Did"])) == [("a.mp4", "walk", 1.0, 2.0, None)]


def test_what_is_no_nwb_file_or_names_no_video_is_said(tmp_path):
    path = tmp_path / "s.nwb"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(ProjectError, match="NWB"):
        read_foreign(path)
    file = session()
    file.add_time_intervals(intervals("scored", (1.0, 2.0, "walk")))
    with pytest.raises(ProjectError, match=r"NWB names no video.*--video NAME"):
        read(file, path)
    assert told(read_foreign(path, video="a.mp4")) == [("a.mp4", "walk", 1.0, 2.0, None)]


def test_rows_that_name_no_behaviour_are_told(tmp_path):
    file = session()
    file.add_acquisition(film("a.mp4"))
    file.add_time_intervals(intervals("scored", (1.0, 2.0, "walk"), (3.0, 4.0, ""), (5.0, 6.0, "n.a.")))
    table = read(file, tmp_path / "s.nwb")
    assert told(table) == [("a.mp4", "walk", 1.0, 2.0, None)]
    assert "2 rows of the table 'scored' name no behaviour in 'label'" in str(table.notes[0])


def test_frames_are_those_that_were_taken_at_the_times_of_the_session(tmp_path):
    """A camera at 24.5 frames a second whose file says 25, with a pause of two seconds."""
    taken = 10 + np.arange(500) / 24.5 + 2 * (np.arange(500) >= 300)
    file = session()
    file.add_acquisition(film("a.mp4", timestamps=taken))
    late = float(taken[-1]) + 0.5
    rows = [
        (float(taken[a]), float(taken[b]), "walk") for a, b in ((0, 10), (200, 250), (290, 310), (400, 499))
    ]
    file.add_time_intervals(
        intervals("scored", *rows, (float(taken[490]), late, "run"), (late, late + 1, "rest"))
    )
    file.add_acquisition(AnnotationSeries(name="notes", data=["call"], timestamps=[float(taken[450])]))
    table = read(file, tmp_path / "a.nwb")
    assert told(table) == [
        ("a.mp4", "walk", 0, 10, None),
        ("a.mp4", "walk", 200, 250, None),
        ("a.mp4", "walk", 290, 310, None),
        ("a.mp4", "walk", 400, 499, None),
        ("a.mp4", "call", 450, 451, None),
        ("a.mp4", "run", 490, 501, None),
        ("a.mp4", "rest", 501, 502, None),
    ]
    assert table.rows == {"a.mp4": 500}
    assert {s.unit for s in table.stretches} == {"frames"}
