"""Sound of real files: a tone that is there in known seconds."""

import numpy as np
import pytest

from actiondiff_gui.errors import VideoError
from actiondiff_gui.progress import run
from actiondiff_gui.video.sound import RATE, Chunks, Waveform, decode_job, has_sound, waveform_job
from tests.video.sounding import SECONDS, movie


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "aac"), ("a.mkv", "pcm_s16le")])
def test_the_waveform_is_loud_where_the_tone_is(tmp_path, name, codec):
    path = movie(tmp_path / name, codec=codec)
    assert has_sound(path)
    wave = run(waveform_job(path, 0.0, SECONDS))
    assert len(wave.peaks) == 100 * SECONDS
    assert wave.peaks[:90].max() < 10
    assert wave.peaks[112:188].min() > 80
    assert wave.peaks[215:380].max() < 10
    # It begins at the first frame.
    later = run(waveform_job(path, 0.5, SECONDS))
    assert later.peaks[62:138].min() > 80
    assert later.peaks[:40].max() < 10


def test_a_pixel_has_the_loudest_sound_of_its_time():
    wave = Waveform(np.array([0, 0, 255, 0, 51], np.uint8))
    assert wave.between(np.array([0.0, 0.02, 0.04, 0.05, 0.06])) == pytest.approx([0, 1, 0.2, 0])
    assert wave.between(np.array([0.0, 0.01, 0.02])) == pytest.approx([0, 0])
    assert wave.between(np.array([0.02, 0.022, 0.024])) == pytest.approx([1, 1])
    assert Waveform(np.zeros(0, np.uint8)).between(np.array([0.0, 1.0])).tolist() == [0]


def test_samples_begin_at_the_asked_time(tmp_path):
    path = movie(tmp_path / "a.mp4")
    chunks = Chunks()
    job, samples = decode_job(path, 0.7, chunks), b""
    try:
        while True:
            next(job)
            samples += chunks.take(1 << 20)
    except StopIteration:
        samples += chunks.take(1 << 20)
    left = np.abs(np.frombuffer(samples, np.int16).reshape(-1, 2)[:, 0].astype(int))
    loud = np.flatnonzero(left > 2000)
    assert loud[0] / RATE == pytest.approx(0.3, abs=0.05)
    assert loud[-1] / RATE == pytest.approx(1.3, abs=0.05)
    assert len(left) / RATE == pytest.approx(SECONDS - 0.7, abs=0.1)
    assert chunks.ended


def test_what_is_decoded_ahead_is_limited_and_given_out_in_whole_samples(tmp_path):
    chunks = Chunks()
    job = decode_job(movie(tmp_path / "a.mp4"), 0.0, chunks)
    for _ in range(200):
        next(job)
    assert chunks.seconds < 1.2
    assert len(chunks.take(1001)) == 1000
    job.close()
    assert chunks.ended


def test_a_file_without_sound_has_none_and_a_broken_one_is_said_in_a_sentence(tmp_path):
    silent = movie(tmp_path / "silent.mp4", sound=False)
    assert not has_sound(silent)
    assert len(run(waveform_job(silent, 0.0, SECONDS)).peaks) == 0
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all" * 100)
    with pytest.raises(VideoError, match=r"broken\.mp4"):
        has_sound(broken)


def test_damaged_sound_is_silent_and_stops_nothing(tmp_path):
    path = movie(tmp_path / "a.mkv", codec="pcm_s16le")
    data = bytearray(path.read_bytes())
    random = np.random.default_rng(0)
    for place in random.integers(len(data) // 3, len(data), 400):
        data[place] = int(random.integers(256))
    path.write_bytes(data)
    wave = run(waveform_job(path, 0.0, SECONDS))
    assert len(wave.peaks) in (0, 100 * SECONDS)
