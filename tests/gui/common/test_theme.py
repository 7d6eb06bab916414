"""Muted texts are readable in both themes of napari."""

import numpy as np
import pytest
from qtpy.QtWidgets import QVBoxLayout, QWidget

from actiondiff_gui.gui.common.theme import hint

NEEDED = 4.5
"""Contrast of small text, by the Web Content Accessibility Guidelines 2."""


def luminance(pixels: np.ndarray) -> np.ndarray:
    """Return relative luminance of ``[..., 3]`` sRGB values, 0 to 255, as WCAG 2 defines it."""
    share = pixels / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_hint_has_enough_contrast(host, theme):
    host.viewer.theme = theme
    ground = QWidget(host.window)
    QVBoxLayout(ground).addWidget(hint("MMM ███"))
    ground.show()
    image = ground.grab().toImage()
    rows = [
        [image.pixelColor(x, y).getRgb()[:3] for x in range(image.width())] for y in range(image.height())
    ]
    light = luminance(np.array(rows))
    assert (light.max() + 0.05) / (light.min() + 0.05) >= NEEDED
