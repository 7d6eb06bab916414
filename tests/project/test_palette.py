"""Default colours are distinguishable with colour vision deficiencies."""

import numpy as np
import pytest

from actiondiff_gui.project.palette import PALETTE, next_colour

# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# 2009, severity 1.0, for linear RGB.
VISION = {
    "usual": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colours, vision):
    """CIE L*a*b* (D65) of ``colours`` as somebody with ``vision`` sees them, [N, 3]."""
    rgb = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = np.clip(linear @ np.array(VISION[vision]).T, 0, 1) @ TO_XYZ.T / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


@pytest.mark.parametrize("vision", VISION)
def test_no_two_colours_look_alike(vision):
    seen = lab(PALETTE, vision)
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)[np.triu_indices(len(PALETTE), 1)]
    assert apart.min() > 10  # a difference of 2.3 is just noticeable side by side


@pytest.mark.parametrize("vision", VISION)
def test_no_colour_looks_like_the_grey_of_what_is_not_labelled(vision):
    assert np.linalg.norm(lab(PALETTE, vision) - lab(["#808080"], vision), axis=-1).min() > 8


@pytest.mark.parametrize("canvas", ["#262930", "#FFFFFF"])
def test_every_colour_stands_out_from_a_dark_and_from_a_white_canvas(canvas):
    lightness = lab([*PALETTE, canvas], "usual")[:, 0]
    assert np.abs(lightness[:-1] - lightness[-1]).min() > 8


def test_colours_are_given_in_order_and_a_freed_one_is_given_again():
    assert next_colour([]) == PALETTE[0]
    assert next_colour(PALETTE[:3]) == PALETTE[3]
    assert next_colour([PALETTE[0].lower(), PALETTE[2]]) == PALETTE[1]
    assert next_colour(PALETTE) == PALETTE[0]
    assert next_colour([*PALETTE, PALETTE[0], "#123456"]) == PALETTE[1]
