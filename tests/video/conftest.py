"""Videos that several tests of this folder use."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.video.made_videos import straight_decode, write_video


@pytest.fixture
def make_video(tmp_path: Path) -> Callable[..., Path]:
    """Writer of small videos into the test's own folder: ``make_video("a.mp4", frames=10)``."""
    return lambda name, **settings: write_video(tmp_path / name, **settings)


@pytest.fixture(scope="session")
def long_gop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 frames with B-frames and a key frame every 30, in MP4."""
    path = tmp_path_factory.mktemp("videos") / "long_gop.mp4"
    return write_video(path, frames=120, options={"g": "30", "bf": "3", "x264-params": "scenecut=0"})


@pytest.fixture(scope="session")
def long_gop_frames(long_gop: Path) -> list[np.ndarray]:
    return straight_decode(long_gop)[0]


@pytest.fixture
def straight() -> Callable[[Path], tuple[list[np.ndarray], list[float]]]:
    return straight_decode
