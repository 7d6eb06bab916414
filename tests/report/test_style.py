import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from actiondiff_gui.errors import AnalysisError, OutputError
from actiondiff_gui.outputs import Output
from actiondiff_gui.report.style import (
    PALETTE,
    colours,
    markers,
    new_figure,
    plain,
    plain_names,
    save,
    styled,
    text_on,
)


def test_names_keep_the_colours_given_and_get_others_that_are_free():
    chosen = colours(["walk", "eat", "rest"], {"eat": PALETTE[0], "fly": "red"})

    assert chosen["eat"] == PALETTE[0]
    assert chosen["walk"] == PALETTE[1]
    assert len(set(chosen.values())) == 4
    assert set(chosen) == {"walk", "eat", "rest", ""}


def test_a_hundred_names_have_colours_of_their_own():
    assert len(set(colours(map(str, range(60))).values())) == 61


def deuteranope(colour):
    """Return the image as seen without green cones, in linear RGB (Viénot, Brettel and Mollon 1999)."""
    linear = np.array(to_rgb(colour)) ** 2.2
    return np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]) @ linear


def test_the_first_eight_colours_stay_apart_for_the_colour_blind():
    seen = [np.clip(deuteranope(colour), 0, 1) ** (1 / 2.2) for colour in PALETTE[:8]]

    nearest = min(np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i])
    assert nearest > 0.12


def test_domains_have_shapes_in_order():
    assert markers(["b", "a", "b"]) == {"b": "o", "a": "s"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("walk", "walk"),
        ("a\n b", "a b"),
        ("$x$", r"\$x\$"),
        ("_hidden", "\u2009_hidden"),
        ("abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz"),
        ("abcdefghijklmnopqrstuvwxyz0", "abcdefghijklmnopq…tuvwxyz0"),
    ],
)
def test_names_are_shown_plainly(name, shown):
    assert plain(name) == shown


def test_long_names_that_differ_in_their_middle_stay_apart():
    names = ["walk", *(f"individual number {i:02d} of the western colony" for i in range(3))]

    assert list(plain_names(names).values()) == [
        "walk",
        "…00 of the western colony",
        "…01 of the western colony",
        "…02 of the western colony",
    ]


@pytest.mark.parametrize(
    ("ground", "ink"), [("#ffffff", "#000000"), ("#440154", "#ffffff"), ("#fde725", "#000000")]
)
def test_text_is_readable_on_its_ground(ground, ink):
    assert text_on(ground) == ink


@styled
def small_figure():
    figure = new_figure(2, "A title", "below")
    figure.add_subplot().plot([0, 1])
    return figure


def test_a_png_is_wide_enough_for_sharp_screens_and_the_same_each_time(tmp_path):
    first = save(small_figure(), tmp_path / "a.png")
    second = save(small_figure(), tmp_path / "b.png")

    assert Image.open(first).size == (2560, 400)
    assert first.read_bytes() == second.read_bytes()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a.png", "b.png"]


def test_an_svg_is_the_same_each_time(tmp_path):
    texts = [save(small_figure(), tmp_path / name).read_text() for name in ("a.svg", "b.svg")]

    assert texts[0] == texts[1]
    assert texts[0].startswith("<?xml")


def test_an_unknown_ending_is_refused(tmp_path):
    with pytest.raises(AnalysisError, match=r"\.png or \.svg"):
        save(small_figure(), tmp_path / "a.jpg")


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(OutputError, match="there is no folder"):
        save(small_figure(), tmp_path / "missing" / "a.png")


def test_a_figure_that_fails_to_draw_leaves_the_older_file(tmp_path):
    path = save(small_figure(), tmp_path / "a.png")
    before = path.read_bytes()

    class Broken(Figure):
        def savefig(self, *args, **parameters):
            raise OSError(28, "No space left on device")

    with pytest.raises(AnalysisError, match="No space left"):
        save(Broken(), Output(path, force=True))

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
