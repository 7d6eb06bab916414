"""A file that ends before its own structure does is told; a whole one, and what stands behind it, is not."""

import random
import struct
from pathlib import Path

import av
import pytest

from actiondiff_gui.errors import VideoError
from actiondiff_gui.video.decoding import Step
from actiondiff_gui.video.reader import VideoReader
from actiondiff_gui.video.scanning import _Scan
from actiondiff_gui.video.truncation import ends_early
from tests.video.made_videos import SHARED_VIDEOS
from tests.video.numbered import write_numbered
from tests.video.test_video_order import CONTAINERS, H264

BARE = frozenset({".264", ".265", ".h264", ".h265", ".hevc", ".m1v", ".m2v", ".mjpeg", ".mjpg"})
"""Coded pictures without a container state nothing of what should follow."""
LAYOUTS = {
    "begun.mp4": ("mp4", {"movflags": "faststart"}),
    "fragments.mp4": ("mp4", {"movflags": "frag_keyframe+empty_moov"}),
    "live.mkv": ("matroska", {"live": "1"}),
}
NAMES = [*(f"video{suffix}" for suffix in CONTAINERS if suffix not in BARE), *LAYOUTS]


def whole(folder: Path, name: str) -> Path:
    if name not in LAYOUTS:
        settings = CONTAINERS[Path(name).suffix]
        if settings.get("codec", "libx264") not in av.codecs_available:
            pytest.skip(f"this PyAV cannot write {settings['codec']}")
        return write_numbered(folder / name, **settings)
    muxer, options = LAYOUTS[name]
    with (
        av.open(str(write_numbered(folder / "source.mkv", **H264))) as source,
        av.open(str(folder / name), "w", format=muxer, options=options) as copy,
    ):
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                copy.mux(packet)
    return folder / name


def said_of(path: Path) -> str:
    try:
        with VideoReader(path) as reader:
            return " ".join(reader.warnings)
    except VideoError as refusal:
        return f"is damaged, and not opened: {refusal}"


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_file_is_silent_and_a_cut_one_is_told(name, tmp_path):
    path = whole(tmp_path, name)
    content = path.read_bytes()
    assert said_of(path) == ""
    for share in (0.5, 0.9, 0.99):
        # No frame of DV and no packet of a transport stream ends at an odd byte.
        path.write_bytes(content[: int(len(content) * share) | 1])
        said = said_of(path)
        assert name in said, f"{share:.0%}"
        assert "cut off" in said or "is damaged" in said


@pytest.mark.parametrize(
    "name", [name for name in NAMES if not name.endswith((".dv", ".y4m", ".ivf", ".nut"))]
)
def test_what_stands_behind_a_whole_file_is_no_damage(name, tmp_path):
    """Frame by frame, those left out show more frames or errors of their own."""
    path = whole(tmp_path, name)
    content = path.read_bytes()
    chance = random.Random(name)
    behind = (bytes(4096), b"TAG" + bytes(125), chance.randbytes(3000))
    for more in behind:
        path.write_bytes(content + more)
        assert said_of(path) == "", more[:8]


def test_any_bytes_in_any_container_are_answered(tmp_path):
    path = tmp_path / "any.bin"
    starts = [
        b"",
        b"RIFF",
        b"OggS\0",
        b"GIF89a",
        b"\0\0\1\xba",
        bytes.fromhex("1a45dfa3"),
        b"FLV\1",
        b"\0\0\0\x20ftyp",
    ]
    starts += [bytes.fromhex("060e2b34"), bytes.fromhex("3026b2758e66cf11"), b".RMF", b"G" * 400]
    containers = (
        "avi",
        "ogg",
        "gif",
        "mpeg",
        "matroska,webm",
        "flv",
        "mov,mp4",
        "mxf",
        "asf",
        "rm",
        "mpegts",
        "nut",
        "dv",
    )
    chance = random.Random(1)
    for number in range(60):
        for start in starts:
            path.write_bytes(start + chance.randbytes(chance.choice([0, 1, 3, 9, 40, 600])))
            for container in (*containers, "yuv4mpegpipe", "unknown"):
                last = None if number % 2 else (chance.randrange(700), chance.randrange(700))
                said = ends_early(path, container, last)
                assert said is None or "any.bin is cut off or damaged" in said
    path.unlink()
    assert ends_early(path, "avi") is None


def _chunk(kind: bytes, length: int, content: bytes = b"") -> bytes:
    return kind + struct.pack("<I", length) + content


def test_lengths_beyond_four_gigabytes_and_open_ones_are_read_as_they_are_meant(tmp_path):
    path = tmp_path / "a.bin"
    first = _chunk(b"RIFF", 0, b"AVI ") + _chunk(b"LIST", 40, bytes(40)) + _chunk(b"JUNK", 3, bytes(4))
    second = _chunk(b"RIFF", 0, b"AVIX") + _chunk(b"LIST", 100, bytes(100))
    files = {
        "avi": (first + second, first + _chunk(b"RIFF", 0, b"AVI ") + _chunk(b"LIST", 0, b"movi00dc")),
        "mov": (
            struct.pack(">I4sQ", 1, b"mdat", 116) + bytes(100),
            struct.pack(">I4s", 0, b"mdat") + bytes(50),  # to the end of the file, wherever it is
        ),
        "matroska": (bytes.fromhex("1a45dfa38018538067") + b"\x40\x32" + bytes(50),),
    }
    for container, contents in files.items():
        for number, content in enumerate(contents):
            path.write_bytes(content)
            assert ends_early(path, container) is None
            path.write_bytes(content[:-9])
            assert (ends_early(path, container) is None) == (number == 1)


def test_a_stream_of_ogg_with_a_spoilt_page_is_told(tmp_path):
    path = whole(tmp_path, "video.ogv")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert "1 of its pages, the first at byte" in said_of(path)


def test_pictures_that_a_decoder_leaves_out_in_silence_are_told(tmp_path):
    """It gives no error for a picture of HEVC whose reference is lost."""
    path = write_numbered(
        tmp_path / "bare.hevc", codec="libx265", options={"x265-params": "keyint=60:log-level=none"}
    )
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = random.Random(1).randbytes(200)
    path.write_bytes(content)
    with VideoReader(path) as reader:
        assert reader.frame_count < 58
        assert "cannot be decoded" in " ".join(reader.warnings)


def test_parts_of_one_picture_and_those_before_the_first_key_frame_are_not_missed():
    scan = _Scan(Path("a.mkv"), 1, "matroska,webm", (1, 25), 25.0, True, None, "h264")
    for number, time in enumerate((5, 8, 8, 8, 3, 4, 9)):
        scan.add_packet(Step(pts=time, is_key=number == 1, position=number, size=1))
    assert scan.pictures == 2


def test_pictures_of_an_avi_that_are_in_its_index_only_are_told(tmp_path):
    path = write_numbered(tmp_path / "a.avi", codec="mpeg4", options={"g": "15"})
    content = bytearray(path.read_bytes())
    heads = [at for at in range(len(content)) if content[at : at + 4] == b"00dc"][20:22]
    for at in heads:
        content[at : at + 8] = b"\xee" * 8
    path.write_bytes(content)
    with VideoReader(path) as reader:
        assert reader.frame_count == 58
        assert "its index lists 60 pictures, and 58 are found" in " ".join(reader.warnings)


@pytest.mark.skipif(not SHARED_VIDEOS.exists(), reason="the real footage is not here")
def test_real_footage_that_is_whole_is_silent():
    cut = ("trunc_", "corrupted", "scrunch-part", "field_encoding", "roundup1414")  # they are parts of files
    files = [path for path in SHARED_VIDEOS.rglob("*") if path.is_file() and path.suffix in CONTAINERS]
    for path in files:
        if any(word in path.name for word in cut):
            continue
        try:
            with av.open(str(path), metadata_errors="ignore") as container:
                name = container.format.name
        except av.FFmpegError:
            continue
        assert ends_early(path, name) is None
