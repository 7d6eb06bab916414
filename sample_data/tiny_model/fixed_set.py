"""Are these the weights that the card speaks of? A few numbers that take seconds: on 36 clips that never change.

``python -m sample_data.tiny_model.fixed_set --model sample_data/tiny``
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.backbones.protocol import EncodeSettings
from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.evaluation.intervals import wilson
from actiondiff_gui.features.tokens import FeatureAddress, TokenSet
from sample_data.measure.answers import SUMMARY, linear_answer
from sample_data.measure.clips import STRIDE, drawn_specs
from sample_data.tiny_model.trained import load_trained, loss_by_sigma, reconstructions
from sample_data.world import ACTIONS, render_batch

CLIPS, SIGMA, WINDOWS = 36, 1.66, 6


def fixed_set(model: Path, device: str = "cpu") -> dict[str, Any]:
    """Accuracy with each species held out, PSNR of the VAE and loss of the UNet, on clips that never change.

    One window of each clip at the usual timestep and layer; float32, so that every machine gives the same up to
    rounding.
    """
    backbone = load_backbone(str(model), device, "float32")
    specs = drawn_specs(CLIPS)
    clips = render_batch(specs, backbone.window, 64, stride=STRIDE, start=0.0).numpy()
    step, layer = backbone.default_timestep, backbone.default_layer
    tokens = []
    for at in range(0, CLIPS, 6):
        encoded = backbone.encode(
            clips[at : at + 6], list(range(at, at + 6)), EncodeSettings(backbone.resolution)
        )
        tokens += list(backbone.features(encoded, step, [layer])[layer].mean(dim=(-2, -1)).cpu().numpy())
    answer = linear_answer(
        TokenSet(
            clip_ids=tuple(f"{spec.seed}" for spec in specs),
            tokens=tuple(tokens),
            classes=ACTIONS,
            labels=np.array([[spec.action == action for action in ACTIONS] for spec in specs], np.int8),
            domains=tuple(spec.species for spec in specs),
            groups=tuple(f"{spec.seed}" for spec in specs),
            address=FeatureAddress(backbone.id, backbone.digest, step.key, layer),
        ),
        SUMMARY,
    )
    right = answer.share().sum()
    low, high = wilson(right / CLIPS, CLIPS)
    whole = load_trained(model, device)
    _, vae = reconstructions(whole, clips[:8, 0])
    loss = loss_by_sigma(whole, clips[:WINDOWS], [SIGMA])[0]
    return {
        "digest": backbone.digest,
        "clips": CLIPS,
        "timestep": step.key,
        "layer": layer,
        "accuracy": {"value": float(right / CLIPS), "low": low, "high": high},
        "psnr_db": vae["psnr_db"],
        "loss": loss["conditioned"],
        "loss_sigma": SIGMA,
    }


def main(arguments: list[str] | None = None) -> None:
    """Print the numbers of a model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="pipeline folder")
    print(json.dumps(fixed_set(parser.parse_args(arguments).model), indent=1))


if __name__ == "__main__":
    main()
