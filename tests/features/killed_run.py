"""An extraction in a process of its own, to be killed."""

from pathlib import Path

from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.features.clips import ClipSource
from actiondiff_gui.features.extraction import extract_job, plan
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.progress import run


def extract(folder: str, root: Path, clips: list[ClipSource], ready) -> None:
    """Extract ``clips`` into ``root`` as the tests of extraction do; set ``ready`` just before the first window."""
    import torch

    torch.set_num_threads(1)
    backbone = load_backbone(folder, device="cpu", precision="float32")
    settings = ExtractionSettings(stride=2)
    store = TokenStore(root, Provenance.of(backbone, settings))
    ready.set()
    run(extract_job(plan(clips, backbone, store, (5, 20), (4, 9)), backbone, settings, store, 1))
