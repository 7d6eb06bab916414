"""Which DINO models are there, and what do they offer? Image features: each frame is seen by itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from actiondiff_gui.backbones.offers import Checkpoint
from actiondiff_gui.backbones.protocol import NO_TIMESTEP, Layer
from actiondiff_gui.backbones.shape import Shape
from actiondiff_gui.backbones.transformers_family import TransformersFamily

_V2, _V3 = "Apache 2.0", "DINOv3 Licence, to accept on the hub"
_SIZES = {
    # name, repository, licence, model type, patch, channels, blocks, heads, bytes
    "dinov2-small": ("facebook/dinov2-small", _V2, "dinov2", 14, 384, 12, 6, 88_000_000),
    "dinov2-base": ("facebook/dinov2-base", _V2, "dinov2", 14, 768, 12, 12, 346_000_000),
    "dinov2-large": ("facebook/dinov2-large", _V2, "dinov2", 14, 1024, 24, 16, 1_220_000_000),
    "dinov2-giant": ("facebook/dinov2-giant", _V2, "dinov2", 14, 1536, 40, 24, 4_550_000_000),
    "dinov3-small": (
        "facebook/dinov3-vits16-pretrain-lvd1689m",
        _V3,
        "dinov3_vit",
        16,
        384,
        12,
        6,
        86_000_000,
    ),
    "dinov3-base": (
        "facebook/dinov3-vitb16-pretrain-lvd1689m",
        _V3,
        "dinov3_vit",
        16,
        768,
        12,
        12,
        343_000_000,
    ),
    "dinov3-large": (
        "facebook/dinov3-vitl16-pretrain-lvd1689m",
        _V3,
        "dinov3_vit",
        16,
        1024,
        24,
        16,
        1_210_000_000,
    ),
}


class DinoFamily(TransformersFamily):
    """Folders of DINOv2, with and without registers, and of DINOv3's vision transformers."""

    model_types = ("dinov2", "dinov2_with_registers", "dinov3_vit")
    modules = ("transformers", "transformers.modeling_utils", "actiondiff_dino.backbone")
    note = "A model of images: each frame is seen by itself, so there is no attention between frames."

    def shape_of(self, config: Mapping[str, Any]) -> Shape:
        """Every block is a layer, and the normalised output behind them is one more."""
        patch, channels = config["patch_size"], config["hidden_size"]
        blocks, heads = config["num_hidden_layers"], config["num_attention_heads"]
        path, last = (
            ("model.layer", "norm")
            if config["model_type"] == "dinov3_vit"
            else ("encoder.layer", "layernorm")
        )
        layers = [Layer(n + 1, f"{path}.{n}", channels, patch, heads) for n in range(blocks)]
        return Shape(
            window=8,
            stride=4,
            multiple=patch,
            resolution=(16 * patch, 16 * patch),
            schedule=(),
            layers=(*layers, Layer(blocks + 1, last, channels, patch)),
            default_timestep=NO_TIMESTEP,
            default_layer=blocks + 1,
        )

    def load_folder(self, folder: Path, *, id: str, digest: str, device: str, precision: str) -> Any:
        """Load a model."""
        from actiondiff_dino.backbone import load

        shape = self.shape_of(self.config(folder))
        return load(folder, shape, id=id, digest=digest, device=device, precision=precision)


FAMILY = DinoFamily(
    Checkpoint(
        id=name,
        title=f"{name.split('-')[0].replace('dino', 'DINO')} {name.split('-')[1]}: image features, frame by frame",
        repo=repo,
        licence=licence,
        config={
            "model_type": kind,
            "patch_size": patch,
            "hidden_size": channels,
            "num_hidden_layers": blocks,
            "num_attention_heads": heads,
        },
        download_bytes=size,
    )
    for name, (repo, licence, kind, patch, channels, blocks, heads, size) in _SIZES.items()
)
