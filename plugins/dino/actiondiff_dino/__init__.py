"""DINO models as backbones: image features, frame by frame."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.plugin_toml import stated_beside
from actiondiff_gui.backbones.protocol import NO_TIMESTEP, Layer
from actiondiff_gui.backbones.transformers_family import TransformersFamily

_SIZES = {
    # name, model type, patch, channels, blocks, heads
    "dinov2-small": ("dinov2", 14, 384, 12, 6),
    "dinov2-base": ("dinov2", 14, 768, 12, 12),
    "dinov2-large": ("dinov2", 14, 1024, 24, 16),
    "dinov2-giant": ("dinov2", 14, 1536, 40, 24),
    "dinov3-small": ("dinov3_vit", 16, 384, 12, 6),
    "dinov3-base": ("dinov3_vit", 16, 768, 12, 12),
    "dinov3-large": ("dinov3_vit", 16, 1024, 24, 16),
}


class DinoFamily(TransformersFamily):
    """Folders of DINOv2, with and without registers, and of DINOv3's vision transformers."""

    model_types = ("dinov2", "dinov2_with_registers", "dinov3_vit")
    modules = ("transformers", "transformers.modeling_utils", "actiondiff_dino.backbone")
    note = "A model of images: each frame is seen by itself, so there is no attention between frames."

    def shape_of(self, config: Mapping[str, Any]) -> Description:
        """Every block is a layer, and the normalised output behind them is one more."""
        patch, channels = config["patch_size"], config["hidden_size"]
        blocks, heads = config["num_hidden_layers"], config["num_attention_heads"]
        path, last = (
            ("model.layer", "norm")
            if config["model_type"] == "dinov3_vit"
            else ("encoder.layer", "layernorm")
        )
        layers = [Layer(n + 1, f"{path}.{n}", channels, patch, heads) for n in range(blocks)]
        return Description(
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
    stated_beside(__file__).checkpoints(
        {
            name: {
                "model_type": kind,
                "patch_size": patch,
                "hidden_size": channels,
                "num_hidden_layers": blocks,
                "num_attention_heads": heads,
            }
            for name, (kind, patch, channels, blocks, heads) in _SIZES.items()
        }
    )
)
