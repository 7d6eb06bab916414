"""Writers in processes of their own, to work beside a test or to be killed."""

from pathlib import Path

import numpy as np

from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.store import TokenStore

WHOLE = ExtractionSettings(stride=2, max_seconds=None)
PLAIN = Provenance("small", {"stride": 4})


def tokens_of(layer: int) -> np.ndarray:
    """Made-up tokens ``[5, 8]`` of a layer."""
    return np.random.default_rng(layer).normal(size=(5, 8)).astype(np.float16)


def write_layer(root: Path, layer: int, clips: list[str], together) -> None:
    """Write one layer of each clip; all processes that meet at ``together`` write the same clip at once."""
    store = TokenStore(root, PLAIN)
    for clip in clips:
        together.wait(60)
        store.write(clip, "t20", {layer: tokens_of(layer)}, np.arange(0, 20, 4))


def write_and_pack(root: Path, layer: int, clips: list[str], together) -> None:
    """Write one layer of each clip, pack after every fourth, and read what was written before."""
    from actiondiff_gui.features.storage.packing import pack

    store = TokenStore(root, PLAIN)
    for number, clip in enumerate(clips):
        together.wait(60)
        store.write(clip, "t20", {layer: tokens_of(layer)}, np.arange(0, 20, 4))
        if number % 4 == layer % 4:
            pack(store.folder / clip[:2])
        for earlier in clips[: number + 1]:
            found = store.read(earlier, "t20", [layer])[0][layer]
            assert np.array_equal(found, tokens_of(layer)), earlier


def extract_long(folder: str, root: Path, clip: ClipSource, keep_seconds: float, ready) -> None:
    """Extract one clip; set ``ready`` just before the first window."""
    import torch

    from actiondiff_gui.backbones.registry import load_backbone
    from actiondiff_gui.features.extraction import extract_job, plan
    from actiondiff_gui.progress import run

    torch.set_num_threads(1)
    backbone = load_backbone(folder, device="cpu", precision="float32")
    store = TokenStore(root, Provenance.of(backbone, WHOLE))
    units = plan([clip], backbone, store, ("t20",), (9,))
    ready.set()
    run(extract_job(units, backbone, WHOLE, store, batch_size=1, keep_seconds=keep_seconds))
