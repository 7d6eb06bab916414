"""Slices of a picture are counted, and decide whether the decoder's threads share a frame."""

import os

import av
import numpy as np
import pytest

from actiondiff_gui.video.decoding import Decoder
from actiondiff_gui.video.reader import VideoReader
from actiondiff_gui.video.slices import slices_in


def written(path, slices, options=()):
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.thread_type = 96, 96, "yuv420p", "FRAME"
        stream.options = {"g": "12", "bf": "0", "x264-params": f"slices={slices}", **dict(options)}
        for number in range(30):
            frame = np.full((96, 96, 3), 6 * number, np.uint8)
            frame[number : number + 40, 20:60, 1] = 220
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def counted(path):
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        packets = [packet for packet in file.demux(stream) if packet.size]
        return {
            slices_in(stream.codec_context.name, stream.codec_context.extradata, bytes(p)) for p in packets
        }


@pytest.mark.parametrize("suffix", [".mp4", ".ts", ".h264", ".mkv"])
@pytest.mark.parametrize("slices", [1, 2, 4])
def test_slices_are_counted_in_containers_with_lengths_and_with_start_codes(tmp_path, suffix, slices):
    assert counted(written(tmp_path / f"made{suffix}", slices)) == {slices}


def test_fields_are_no_slices(tmp_path):
    assert counted(written(tmp_path / "fields.mp4", 1, {"flags": "+ilme+ildct"}.items())) <= {1}
    assert (
        slices_in("h264", None, b"\0\0\1\x65\x88\0\0\1\x65\x88") == 1
    )  # two units that begin at macroblock 0


def test_of_other_codecs_and_of_nonsense_nothing_is_known():
    assert slices_in("hevc", None, b"\0\0\1\x65\x88") == 0
    assert slices_in("h264", None, b"") == 0
    assert slices_in("h264", b"\1\0\0\0\xff", b"\xff\xff\xff\xff\x65\x88") == 1
    assert slices_in("h264", b"\1\0\0\0\xff", b"\0\0\0\0" * 9) == 0


def test_threads_share_a_frame_where_its_slices_allow_it_and_the_frames_are_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    kinds = {}
    for slices in (1, 2):
        path = written(tmp_path / f"{slices}.mp4", slices)
        decoder = Decoder(path)
        frames = [f.to_ndarray(format="rgb24") for step in decoder.steps() for f in step.frames]
        kinds[slices] = decoder.stream.thread_type.name
        decoder.close()
        with VideoReader(path) as reader:
            for number in (29, 3, 17, 16, 0, 28):
                assert np.array_equal(reader.read(number), frames[number])
    assert kinds == {1: "AUTO", 2: "SLICE"}
