"""VideoMAE models as backbones: video features without a noise schedule."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.plugin_toml import stated_beside
from actiondiff_gui.backbones.protocol import NO_TIMESTEP, Layer
from actiondiff_gui.backbones.transformers_family import TransformersFamily

_SIZES = {
    # name: channels, blocks, heads, whether finished on Kinetics
    "videomae-base": (768, 12, 12, False),
    "videomae-large": (1024, 24, 16, False),
    "videomae-base-kinetics": (768, 12, 12, True),
    "videomae-large-kinetics": (1024, 24, 16, True),
    "videomae-huge-kinetics": (1280, 32, 16, True),
}


class VideoMAEFamily(TransformersFamily):
    """Folders of VideoMAE's encoder."""

    model_types = ("videomae",)
    modules = ("transformers", "transformers.modeling_utils", "actiondiff_videomae.backbone")
    note = (
        "The model attends to all positions of all frames at once. What is shown is that attention cut to one frame "
        "(spatial) or to one position (temporal)."
    )

    def shape_of(self, config: Mapping[str, Any]) -> Description:
        """Every block is a layer, and so is the normalised output behind them where the model has it."""
        patch, channels, blocks = config["patch_size"], config["hidden_size"], config["num_hidden_layers"]
        heads, side = config["num_attention_heads"], config.get("image_size", 224)
        layers = [Layer(n + 1, f"encoder.layer.{n}", channels, patch, heads) for n in range(blocks)]
        if not config.get("use_mean_pooling", True):
            layers.append(Layer(blocks + 1, "layernorm", channels, patch))
        return Description(
            window=config.get("num_frames", 16),
            stride=4,
            multiple=patch,
            resolution=(side, side),
            schedule=(),
            layers=tuple(layers),
            default_timestep=NO_TIMESTEP,
            default_layer=layers[-1].index,
        )

    def load_folder(self, folder: Path, *, id: str, digest: str, device: str, precision: str) -> Any:
        """Load a model's encoder."""
        from actiondiff_videomae.backbone import load

        shape = self.shape_of(self.config(folder))
        return load(folder, shape, id=id, digest=digest, device=device, precision=precision)


FAMILY = VideoMAEFamily(
    stated_beside(__file__).checkpoints(
        {
            name: {
                "patch_size": 16,
                "hidden_size": channels,
                "num_hidden_layers": blocks,
                "num_attention_heads": heads,
                "image_size": 224,
                "num_frames": 16,
                "use_mean_pooling": finished,
            }
            for name, (channels, blocks, heads, finished) in _SIZES.items()
        }
    )
)
