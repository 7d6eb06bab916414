"""Videos whose frames show their own number, and the number read from a viewer's screen."""

from pathlib import Path

import numpy as np

from tests.conftest import write_video

BITS, BLOCK = 8, 8
HEIGHT, WIDTH = 48, BITS * BLOCK


def numbered_video(path: Path, frames: int) -> Path:
    """Write a video of 48 x 64 pixels in which frame n shows n as eight white or black blocks, highest first."""
    numbers = np.arange(frames)[:, None] >> np.arange(BITS - 1, -1, -1) & 1
    picture = np.repeat(numbers * 255, BLOCK, axis=1).astype(np.uint8)
    picture = np.broadcast_to(picture[:, None, :, None], (frames, HEIGHT, WIDTH, 3))
    return write_video(path, np.ascontiguousarray(picture))


def number_on_screen(layer) -> int:
    """Return the number of the frame whose picture napari's canvas holds of a video's layer."""
    visual = layer._slice.image.view
    blocks = visual[HEIGHT // 2, BLOCK // 2 :: BLOCK, 0] > 127
    return int(sum(int(bit) << place for place, bit in enumerate(blocks[::-1])))
