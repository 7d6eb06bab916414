"""Small real fixtures: a pipeline folder in SVD's format, and a video file."""

import os
import shutil
import sys
import textwrap
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
TEMPLATE = Path(__file__).resolve().parents[1] / "plugins" / "template"
SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def golden() -> Path:
    """Folder of reference outputs of the paper's released code, where it lies beside the checkout."""
    folder = SHARED / "golden"
    if not folder.is_dir():
        pytest.skip("the reference outputs (../shared/golden) do not lie beside this checkout")
    return folder


@pytest.fixture(scope="session")
def svd_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a Stable Video Diffusion folder in diffusers format: 4 frames, 32 x 32 pixels, random weights."""
    import torch
    from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    folder = tmp_path_factory.mktemp("small-svd")
    torch.manual_seed(0)
    unet = UNetSpatioTemporalConditionModel(
        sample_size=16,
        block_out_channels=(32, 32, 64, 64),
        num_attention_heads=(2, 2, 4, 4),
        cross_attention_dim=32,
        addition_time_embed_dim=32,
        projection_class_embeddings_input_dim=96,
        num_frames=4,
    )
    vae = AutoencoderKLTemporalDecoder(
        block_out_channels=(32, 32), down_block_types=("DownEncoderBlock2D",) * 2, layers_per_block=1
    )
    clip = CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            patch_size=8,
            image_size=32,
            projection_dim=32,
        )
    )
    for name, part in (("unet", unet), ("vae", vae), ("image_encoder", clip)):
        part.save_pretrained(folder / name, safe_serialization=True)
    return folder


@pytest.fixture(scope="session")
def backbone(svd_folder: Path):
    """Provide the small folder, loaded on the CPU in float32."""
    from actiondiff_gui.backbones.registry import load_backbone

    return load_backbone(str(svd_folder), device="cpu", precision="float32")


def write_video(path: Path, frames: np.ndarray, fps: int = 24) -> Path:
    """Write uint8 frames ``[T, H, W, 3]`` losslessly to ``path``."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx264rgb", rate=Fraction(fps), options={"qp": "0", "preset": "ultrafast"}
        )
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "rgb24"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three short videos of 48 x 64 pixels: 23, 40 and 9 frames of moving noise."""
    folder = tmp_path_factory.mktemp("videos")
    random = np.random.default_rng(0)
    paths = []
    for number, length in enumerate((23, 40, 9)):
        still = random.integers(0, 255, (48, 64, 3), dtype=np.uint8)
        frames = np.stack([np.roll(still, 2 * t, axis=1) for t in range(length)])
        paths.append(write_video(folder / f"clip_{number}.mp4", frames))
    return paths


@pytest.fixture(scope="session")
def _zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.zoo import build_zoo, zoo_videos

    animals = zoo_videos(tmp_path_factory.mktemp("animals"))
    return build_zoo(tmp_path_factory.mktemp("zoo") / "zoo.actiondiff", animals)


@pytest.fixture
def zoo_file(_zoo: Path, tmp_path: Path) -> Path:
    """Provide a project of ants and bees that walk and eat, with made-up features; see :mod:`tests.zoo`."""
    shutil.copytree(_zoo.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / _zoo.name


@pytest.fixture
def clip_sources(videos: list[Path]) -> list:
    """Provide the three videos as whole clips."""
    from actiondiff_gui.features.clips import ClipSource
    from actiondiff_gui.video.fingerprint import fingerprint

    lengths = (23, 40, 9)
    return [
        ClipSource(path.stem, path, fingerprint(path), 0, length, 24.0)
        for path, length in zip(videos, lengths, strict=True)
    ]


def install_plugin(
    site: Path, name: str, module: str, code: str, value: str = "OFFER", stated: str | None = None
) -> None:
    """Leave a package with one entry point in ``site``, and what it states of itself."""
    (site / f"{module}.py").write_text(textwrap.dedent(code))
    if stated is not None:
        (site / f"{module}.toml").write_text(stated)
    about = site / f"{name.replace('-', '_')}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[actiondiff_gui.backbones]\n{name} = {module}:{value}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Provide a folder with one plugin that works and three that do not."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "plain_network.py").write_text((TEMPLATE / "actiondiff_template_network.py").read_text())
    plain = (TEMPLATE / "actiondiff_template.py").read_text()
    plain = plain.replace("actiondiff_template_network", "plain_network").replace('"template"', '"plain"')
    stated = (TEMPLATE / "actiondiff_template.toml").read_text().replace(".template]", ".plain]")
    install_plugin(folder, "plain", "plain", plain, stated=stated)
    install_plugin(folder, "cracked", "cracked", "import a_library_that_nobody_has\nOFFER = None\n")
    install_plugin(folder, "number", "number", "OFFER = 7\n")
    thief = stated.replace(".plain]", ".svd-xt]")
    install_plugin(folder, "thief", "thief", plain.replace('"plain"', '"svd-xt"'), stated=thief)
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for module in ("plain", "plain_network", "cracked", "number", "thief"):
        sys.modules.pop(module, None)


@pytest.fixture(scope="session")
def address():
    """Feature address of made-up tokens."""
    from tests.tokens import ADDRESS

    return ADDRESS


@pytest.fixture(scope="session")
def make_tokens():
    """Build made-up tokens whose classes, domains and sources are known."""
    from tests.tokens import build_tokens

    return build_tokens


@pytest.fixture(scope="session")
def quick():
    """Provide settings that train the smallest transformer in about a second."""
    from actiondiff_gui.classifier.training.presets import TrainingSettings

    return TrainingSettings(
        epochs=8,
        warmup_epochs=1,
        learning_rate=3e-3,
        layers=1,
        width=16,
        standardise=True,
        clip_norm=1.0,
        mixup=0.2,
    )
