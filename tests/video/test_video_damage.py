"""Decoding of damaged files, and safety against hostile ones."""

import json
import os
import random
import struct
import subprocess
import sys
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from actiondiff_gui.errors import VideoError
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from actiondiff_gui.video.container import MAX_PIXELS
from actiondiff_gui.video.probing import probe
from actiondiff_gui.video.reader import VideoReader
from actiondiff_gui.video.sound import waveform_job
from tests.video.numbered import SIZE, number_in, picture, write_numbered

CHILD = Path(__file__).with_name("read_within_limits.py")
PEAK_MIB = 1500
"""A frame of the largest size that is allowed takes 192 MiB; a few of them are alive at a time."""


def read_within_limits(paths, compare=True, timeout=120) -> list[dict]:
    """Return a limited child process's results for the files; a crash or a hang fails the test by name."""
    command = [sys.executable, str(CHILD), "compare" if compare else "read", *map(str, paths)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, cwd=CHILD.parents[2], env=_environment()
    )
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"{paths[len(results)]}: {done.stderr[-2000:]}"
    assert len(results) == len(paths)
    return results


def _environment():
    return {**os.environ, "PYTHONPATH": str(CHILD.parents[2]), "OMP_NUM_THREADS": "1"}


SOURCES = {
    "a.mp4": {"options": {"bf": "2", "g": "10"}, "container_options": {"movflags": "faststart"}},
    "b.mkv": {"options": {"bf": "2", "g": "10"}},
    "c.avi": {"codec": "mpeg4", "options": {"g": "10"}},
    "d.ts": {"codec": "mpeg2video", "options": {"g": "10"}},
    "e.webm": {"codec": "libvpx-vp9", "options": {"deadline": "realtime"}},
    "f.gif": {"codec": "gif", "pix_fmt": "rgb8"},
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_file_that_is_cut_off_offers_its_good_frames(name, make_video, straight, tmp_path):
    whole = make_video(name, **SOURCES[name])
    expected, _ = straight(whole)
    content = whole.read_bytes()
    cut = tmp_path / f"cut_{name}"
    cut.write_bytes(content[: len(content) * 3 // 4])
    with VideoReader(cut) as reader:
        assert 5 <= reader.frame_count < 40
        # What the file still holds whole is what it held before; the frame at the cut may be half there.
        for number in range(reader.frame_count - 4, -1, -1):
            np.testing.assert_array_equal(reader.read(number), expected[number], err_msg=f"frame {number}")


def test_damage_in_the_middle_is_said_and_frames_resume_at_the_next_key_frame(make_video, straight, tmp_path):
    whole = make_video("whole.avi", frames=60, codec="png", pix_fmt="rgb24")
    expected, times = straight(whole)
    content = bytearray(whole.read_bytes())
    start = [i for i in range(len(content)) if content[i : i + 4] == b"00dc"][30] + 8
    content[start : start + 60] = bytes(60)
    broken = tmp_path / "broken.avi"
    broken.write_bytes(content)
    with VideoReader(broken) as reader:
        assert 57 <= reader.frame_count <= 59
        assert len(reader.warnings) == 1
        assert "broken.avi is damaged or cut off" in reader.warnings[0]
        assert reader.timestamps[-1] == pytest.approx(times[-1] - times[0])
        for number, time in enumerate(reader.timestamps):
            np.testing.assert_array_equal(reader.read(number), expected[round(time * 25)])


def test_frames_after_damage_are_left_out_until_they_can_be_trusted(make_video, straight, tmp_path):
    settings = {"frames": 60, "options": {"g": "20", "bf": "0", "x264-params": "scenecut=0:slices=1"}}
    whole = make_video("whole.mp4", **settings)
    expected, _ = straight(whole)
    content = bytearray(whole.read_bytes())
    with av.open(str(whole)) as container:
        packet = [p for p in container.demux(video=0) if p.size][25]
        place, size = packet.pos, packet.size
    content[place : place + size] = b"\xff" * size
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(content)
    with VideoReader(broken) as reader:
        kept = [*range(25), *range(40, 60)]
        assert reader.frame_count == len(kept)
        assert "15 frames after damage left out" in reader.warnings[0] or "14 frames" in reader.warnings[0]
        for place, number in reversed(list(enumerate(kept))):
            np.testing.assert_array_equal(reader.read(place), expected[number])


def test_a_file_without_one_good_frame_is_refused(make_video, tmp_path):
    whole = make_video("whole.avi", frames=5, codec="mjpeg", pix_fmt="yuvj420p").read_bytes()
    content = bytearray(whole)
    first = content.find(b"00dc")
    content[first + 8 : content.find(b"idx1")] = bytes(content.find(b"idx1") - first - 8)
    broken = tmp_path / "nothing.avi"
    broken.write_bytes(content)
    for refuse in (probe, VideoReader):
        with pytest.raises(VideoError, match=r"No frame of .*nothing.avi can be decoded"):
            refuse(broken)


@pytest.mark.parametrize("name", SOURCES)
def test_files_broken_at_random_neither_crash_nor_hang_nor_eat_memory(name, make_video, tmp_path):
    content = make_video(name, frames=24, **SOURCES[name]).read_bytes()
    chance = random.Random(name)
    broken = []
    for number in range(14):
        data = bytearray(content)
        kind = number % 4
        if kind == 0:
            data = data[: chance.randrange(len(data))]
        elif kind == 1:
            for _ in range(chance.choice([1, 8, 64])):
                data[chance.randrange(len(data))] = chance.randrange(256)
        elif kind == 2:
            for _ in range(6):
                data[chance.randrange(min(900, len(data)))] ^= 1 << chance.randrange(8)
        else:
            place = chance.randrange(len(data))
            data[place : place + 700] = data[:300]
        broken.append(tmp_path / f"broken_{number}_{name}")
        broken[-1].write_bytes(data)
    for result in read_within_limits(broken, compare=False):
        assert result["peak_mib"] < PEAK_MIB
        if "refused" in result:
            assert Path(result["path"]).name in result["refused"]
        else:
            assert result["frames"] > 0
            assert result["times_ascend"]


def test_packets_that_are_lost_on_the_way_are_told(tmp_path):
    whole = write_numbered(tmp_path / "whole.ts", range(90), options={"g": "30", "bf": "2"}).read_bytes()
    packets = [whole[at : at + 188] for at in range(0, len(whole), 188)]
    middle = len(packets) // 2
    broken = tmp_path / "lost.ts"
    broken.write_bytes(b"".join(packets[:middle] + packets[middle + 5 :]))
    with VideoReader(broken) as reader:
        count, warnings = reader.frame_count, reader.warnings
        numbers = [number_in(reader.read(at)) for at in range(count)]
        order = random.Random(2).sample(range(count), count)
        assert [number_in(reader.read(at)) for at in order] == [numbers[at] for at in order]
    assert numbers != list(range(90))
    assert "marked as incomplete" in warnings[0]
    assert "lost.ts" in warnings[0]


def test_a_packet_without_data_ends_nothing(tmp_path):
    """As cameras and screen recorders write it for a picture that they did not take; once all after it was left out."""
    path, holed = write_numbered(tmp_path / "a.nut", range(30), codec="mpeg4"), tmp_path / "b.nut"
    with av.open(str(path)) as source, av.open(str(holed), "w") as copy:
        stream = copy.add_stream_from_template(source.streams.video[0])
        step = round(1 / 25 / source.streams.video[0].time_base)
        for number, packet in enumerate(p for p in source.demux(video=0) if p.size):
            if number == 10:
                nothing = av.Packet(0)
                nothing.pts = nothing.dts = packet.pts
                nothing.time_base, nothing.stream = packet.time_base, stream
                copy.mux(nothing)
            if number >= 10:
                packet.pts = packet.dts = packet.pts + step
            packet.stream = stream
            copy.mux(packet)
    with av.open(str(holed)) as made:
        assert [p.size for p in made.demux(video=0)].count(0) == 2  # the last one ends the stream
    with VideoReader(holed) as reader:
        assert reader.frame_count == 30
        assert [number_in(reader.read(n)) for n in random.Random(0).sample(range(30), 30)] == (
            random.Random(0).sample(range(30), 30)
        )
        assert reader.timestamps[10] == pytest.approx(11 / 25)
        assert "about 1 frame is missing at 1 place," in reader.warnings[0]


def test_a_recording_that_begins_late_on_its_clock_is_whole_and_one_that_is_cut_is_told(tmp_path):
    """Matroska states when a stream ends, not how long it lasts."""
    path, late = write_numbered(tmp_path / "a.mkv", codec="mpeg4"), tmp_path / "late.mkv"
    with av.open(str(path)) as source, av.open(str(late), "w", options={"avoid_negative_ts": "0"}) as copy:
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.dts, packet.pts = packet.dts + 100_000, packet.pts + 100_000
                packet.stream = stream
                copy.mux(packet)
    with VideoReader(late) as reader:
        assert (reader.frame_count, reader.warnings) == (60, ())
        assert reader.timestamps[0] == 0
    assert probe(late).duration_s == pytest.approx(2.4, abs=0.05)
    content = late.read_bytes()
    late.write_bytes(content[: len(content) // 2])
    with VideoReader(late) as reader:
        assert any("cut off" in said for said in reader.warnings)


def test_frames_that_are_missing_from_an_even_recording_are_told(tmp_path):
    path = write_numbered(
        tmp_path / "gap.mkv", range(60), options={"bf": "0", "g": "12"}, keep=lambda n: n not in (20, 21, 40)
    )
    with VideoReader(path) as reader:
        (warning,) = reader.warnings
    assert "about 3 frames are missing at 2 places, the first before frame 20" in warning


@pytest.mark.parametrize("name", ["cut.avi", "cut.mkv"])
def test_a_file_cut_at_nine_tenths_says_how_many_frames_it_lacks(name, tmp_path, caplog):
    path = write_numbered(tmp_path / name, range(100), codec="mpeg4", options={"g": "10"})
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 9 // 10])
    report = run(import_videos(Project.create(tmp_path / "p.adgp"), [path]))
    with VideoReader(path) as reader:
        assert 80 <= reader.frame_count < 95
        said = f"{path} is cut off or damaged: it states 100 frames and holds {reader.frame_count}."
        assert said in reader.warnings
    assert said in [note.reason for note in report.notes]
    assert said in caplog.messages


def _gif(width, height):
    picture = struct.pack("<HHHH", 0, 0, width, height) + b"\0\x02\x02D\x01\0"
    return (
        b"GIF89a" + struct.pack("<HH", width, height) + b"\xf0\0\0\0\0\0\xff\xff\xff"
        b"\x21\xf9\x04\0\x0a\0\0\0," + picture + b";"
    )


def _png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_header_that_claims_giant_frames_is_refused_before_they_are_made(tmp_path):
    side = int(MAX_PIXELS**0.5) + 1
    giants = {"canvas.gif": _gif(65535, 65535), "over.gif": _gif(side, side), "sheet.png": _png(20000, 20000)}
    for name, content in giants.items():
        (tmp_path / name).write_bytes(content)
    for result in read_within_limits([tmp_path / name for name in giants], compare=False):
        assert "refused" in result
        assert result["peak_mib"] < 300


def test_an_mp4_header_that_counts_samples_it_cannot_hold_is_refused(make_video, tmp_path):
    plain = make_video("plain.mp4", frames=5).read_bytes()
    fragments = make_video(
        "fragments.mp4", frames=5, container_options={"movflags": "frag_keyframe+empty_moov"}
    ).read_bytes()
    giants = []
    for name, content, box, offset, claim in (
        ("table.mp4", plain, b"stsz", 8, struct.pack(">II", 1, 80_000_000)),
        ("run.mp4", fragments, b"trun", 4, struct.pack(">II", 1, 80_000_000)),
    ):
        data = bytearray(content)
        place = data.find(box) + offset
        data[place : place + 8] = claim
        giants.append(tmp_path / name)
        giants[-1].write_bytes(data)
    for result in read_within_limits(giants, compare=False):
        assert "counts 80000000 samples" in result["refused"]
        assert result["peak_mib"] < 300


def test_the_largest_frames_that_are_allowed_fit_into_the_stated_memory(tmp_path):
    path = tmp_path / "large.gif"
    path.write_bytes(_gif(7000, 7000))
    (result,) = read_within_limits([path], compare=False)
    assert result["frames"] == 1
    assert result["peak_mib"] < PEAK_MIB


def test_a_stream_that_begins_behind_the_start_of_the_file_is_no_error(tmp_path):
    """PyAV, which has not heard of it, ends with an IndexError then."""
    path = tmp_path / "late.flv"
    with av.open(str(path), "w") as container:
        video, sound = container.add_stream("libx264", rate=25), container.add_stream("aac", rate=44100)
        video.width, video.height, video.pix_fmt = SIZE[0], SIZE[1], "yuv420p"
        for number in range(120):
            frame = av.VideoFrame.from_ndarray(picture(number)).reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(video.encode(frame))
            for part in range(2):
                silence = av.AudioFrame.from_ndarray(np.zeros((1, 882), np.float32), "fltp", "mono")
                silence.sample_rate, silence.pts = 44100, (2 * number + part) * 882
                container.mux(sound.encode(silence))
        container.mux(video.encode())
        container.mux(sound.encode())
    text = b"\x02\x00\x0aonTextData\x08\x00\x00\x00\x01\x00\x04text\x02\x00\x02hi\x00\x00\x09"
    head = bytes([18]) + len(text).to_bytes(3, "big") + b"\x00\x12\x00" + bytes(4)
    path.write_bytes(path.read_bytes() + head + text + (len(text) + 11).to_bytes(4, "big"))
    with VideoReader(path) as reader:
        assert [number_in(reader.read(at)) for at in (0, 60, 119)] == [0, 60, 119]
        assert (reader.frame_count, reader.warnings) == (120, ())
    run(waveform_job(path, 0.0, 5.0))
