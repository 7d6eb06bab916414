"""V-JEPA 2 models as backbones: video features without a noise schedule."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.plugin_toml import stated_beside
from actiondiff_gui.backbones.protocol import NO_TIMESTEP, Layer
from actiondiff_gui.backbones.transformers_family import TransformersFamily

WINDOW = 16
"""Frames per window. The models were trained on 64; their positions rotate, so fewer will do, as in their own tests."""
_SIZES = {
    # name: picture, channels, blocks, heads
    "vjepa2-large": (256, 1024, 24, 16),
    "vjepa2-huge": (256, 1280, 32, 16),
    "vjepa2-giant": (256, 1408, 40, 22),
    "vjepa2-giant-384": (384, 1408, 40, 22),
}


class VJEPA2Family(TransformersFamily):
    """Folders of V-JEPA 2's encoder."""

    model_types = ("vjepa2",)
    modules = ("transformers", "transformers.modeling_utils", "actiondiff_vjepa2.backbone")
    note = (
        "The model attends to all positions of all frames at once. What is shown is that attention cut to one frame "
        "(spatial) or to one position (temporal)."
    )

    def shape_of(self, config: Mapping[str, Any]) -> Description:
        """Every block is a layer, and the normalised output behind them is one more."""
        patch, channels, blocks = config["patch_size"], config["hidden_size"], config["num_hidden_layers"]
        heads, side = config["num_attention_heads"], config["crop_size"]
        layers = [Layer(n + 1, f"layer.{n}", channels, patch, heads) for n in range(blocks)]
        return Description(
            window=WINDOW,
            stride=4,
            multiple=patch,
            resolution=(side, side),
            schedule=(),
            layers=(*layers, Layer(blocks + 1, "layernorm", channels, patch)),
            default_timestep=NO_TIMESTEP,
            default_layer=blocks + 1,
        )

    def load_folder(self, folder: Path, *, id: str, digest: str, device: str, precision: str) -> Any:
        """Load a model's encoder."""
        from actiondiff_vjepa2.backbone import load

        shape = self.shape_of(self.config(folder))
        return load(folder, shape, id=id, digest=digest, device=device, precision=precision)


FAMILY = VJEPA2Family(
    stated_beside(__file__).checkpoints(
        {
            name: {
                "patch_size": 16,
                "hidden_size": channels,
                "num_hidden_layers": blocks,
                "num_attention_heads": heads,
                "crop_size": side,
            }
            for name, (side, channels, blocks, heads) in _SIZES.items()
        }
    )
)
