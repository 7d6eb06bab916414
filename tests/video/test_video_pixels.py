"""Frames are upright and have the recorded colours."""

from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.cropping import crop
from actiondiff_gui.video.pixels import Orientation
from actiondiff_gui.video.preview import Previews
from actiondiff_gui.video.probing import probe
from actiondiff_gui.video.reader import VideoReader
from tests.video.numbered import number_in, write_numbered


@pytest.mark.parametrize("angle", [0, 90, 180, 270, -90])
def test_a_rotated_recording_stands_upright(angle, make_video, straight):
    path = make_video("turned.mp4", frames=6, rotation=angle)
    stored, _ = straight(path)
    with VideoReader(path) as reader:
        upright = np.rot90(stored[4], angle // 90)
        assert (reader.height, reader.width) == upright.shape[:2]
        np.testing.assert_array_equal(reader.read(4), upright)
        assert reader.read(4).flags.c_contiguous
    assert probe(path).rotation == angle % 360
    assert (probe(path).height, probe(path).width) == upright.shape[:2]


def test_a_mirrored_recording_is_mirrored_back(tmp_path, straight):
    path = tmp_path / "mirrored.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.set_display_matrix([-65536, 0, 0, 0, 65536, 0, 64 << 16, 0, 1 << 30])
        for number in range(3):
            ramp = np.broadcast_to(np.linspace(0, 200, 64, dtype=np.uint8)[None, :, None], (48, 64, 3))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(ramp + np.uint8(number))))
        container.mux(stream.encode())
    stored, _ = straight(path)
    with VideoReader(path) as reader:
        np.testing.assert_array_equal(reader.read(1), stored[1][:, ::-1])


def test_mirroring_comes_before_turning():
    pixels = np.arange(6).reshape(2, 3, 1)
    np.testing.assert_array_equal(Orientation(1, True).apply(pixels)[..., 0], pixels[..., 0].T)
    assert Orientation(3).size(20, 10) == (10, 20)


@pytest.mark.parametrize(("matrix", "range_"), [(1, 1), (5, 1), (9, 1), (1, 2), (6, 2)])
def test_colours_follow_the_matrix_and_range_that_the_file_names(matrix, range_, tmp_path):
    """Kr and Kb: ITU-R BT.709, BT.601, BT.2020; codes: ITU-T H.273, tables 4 (matrix)."""
    kr, kb = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}[matrix]
    colour = np.array([180, 60, 110]) / 255
    luma = colour @ [kr, 1 - kr - kb, kb]
    chroma = (colour[2] - luma) / (2 - 2 * kb), (colour[0] - luma) / (2 - 2 * kr)
    scale, offset, chroma_scale = (219, 16, 224) if range_ == 1 else (255, 0, 255)
    values = [luma * scale + offset, *(128 + c * chroma_scale for c in chroma)]
    planes = np.stack([np.full((32, 32), round(v), np.uint8) for v in values])
    path = tmp_path / "colour.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv444p"
        stream.codec_context.colorspace, stream.codec_context.color_range = matrix, range_
        frame = av.VideoFrame.from_ndarray(planes, format="yuv444p", channel_last=False)
        frame.colorspace, frame.color_range = matrix, range_
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with VideoReader(path) as reader:
        np.testing.assert_allclose(reader.read(0)[16, 16], colour * 255, atol=3)


def test_transparency_is_dropped_and_the_colour_under_it_shown(tmp_path):
    path = tmp_path / "alpha.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "bgra"
        bgra = np.tile(np.array([30, 120, 200, 0], np.uint8), (16, 16, 1))
        container.mux(stream.encode(av.VideoFrame.from_ndarray(bgra, format="bgra")))
        container.mux(stream.encode())
    with VideoReader(path) as reader:
        assert reader.read(0)[8, 8].tolist() == [200, 120, 30]


@pytest.mark.parametrize("name", ["still.png", "still.jpg"])
def test_a_picture_file_plays_as_one_frame(name, tmp_path):
    path = tmp_path / name
    Image.fromarray(np.full((20, 30, 3), 90, np.uint8)).save(path)
    with VideoReader(path) as reader:
        assert reader.frame_count == 1
        assert reader.timestamps.tolist() == [0.0]
        assert reader.fps > 0
        np.testing.assert_allclose(reader.read(0), 90, atol=2)


def test_an_upright_photograph_is_turned_by_its_exif_orientation_or_left_as_stored(tmp_path):
    path = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.full((20, 30, 3), 90, np.uint8)).save(path, exif=exif)
    with VideoReader(path) as reader:
        assert reader.read(0).shape[:2] == (reader.height, reader.width)


@pytest.mark.parametrize(
    ("shape", "angle", "size"),
    [((4, 3), 0, (427, 240)), ((1, 2), 0, (320, 480)), ((4, 3), 90, (240, 427)), ((1, 1), 0, (320, 240))],
)
def test_pixels_that_are_not_square_are_shown_in_their_shape(shape, angle, size, tmp_path):
    def prepare(stream):
        stream.sample_aspect_ratio = Fraction(*shape)
        if angle:
            stream.set_display_rotation(angle)

    path = write_numbered(tmp_path / "shaped.mp4", range(10), prepare=prepare)
    with VideoReader(path) as reader:
        assert (reader.width, reader.height) == size
        assert reader.read(7).shape == (size[1], size[0], 3)
        assert angle or number_in(reader.read(7)) == 7
    assert (probe(path).width, probe(path).height) == size
    with Previews(path) as previews:
        assert previews.at(0.2).shape == (size[1], size[0], 3)


def test_a_region_is_cut_from_the_picture_in_its_display_shape(tmp_path):
    """A square of 60 pixels on the screen is one of the picture, whatever the shape of the stored pixels."""
    path = tmp_path / "square.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"qp": "1"})
        stream.width, stream.height, stream.pix_fmt = 100, 120, "yuv444p"
        stream.sample_aspect_ratio = Fraction(2, 1)
        stored = np.zeros((120, 100, 3), np.uint8)
        stored[30:90, 40:70] = 255
        container.mux(stream.encode(av.VideoFrame.from_ndarray(stored).reformat(format="yuv444p")))
        container.mux(stream.encode())
    with VideoReader(path) as reader:
        frames = reader.read_many([0])
    part = crop(frames, ClipSource("c", path, "f", 0, 1, 25.0, roi=(80, 30, 60, 60)))
    assert frames.shape == (1, 120, 200, 3)
    assert part[:, 2:-2, 2:-2].min() > 250
    assert frames[0, 60, 70].max() < 5
    assert frames[0, 60, 150].max() < 5


def test_a_shape_of_pixels_that_cannot_be_is_passed_over(tmp_path):
    def prepare(stream):
        stream.sample_aspect_ratio = Fraction(1000, 1)

    with VideoReader(write_numbered(tmp_path / "odd.mkv", range(3), codec="ffv1", prepare=prepare)) as reader:
        assert (reader.width, reader.height) == (320, 240)
