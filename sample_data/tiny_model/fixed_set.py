"""Quick check that weights are those of the model card: numbers on 36 fixed clips.

``python -m sample_data.tiny_model.fixed_set --model sample_data/tiny``
"""

import argparse
import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.evaluation.intervals import wilson
from sample_data.difficulty import STRIDE, left_out_accuracy, side_by_side, tokens_of
from sample_data.tiny_model.trained import load_trained, loss_by_sigma, reconstructions
from sample_data.world import ACTIONS, CONTEXTS, SPECIES, TEST_SEEDS, VIEWPOINTS, ClipSpec, render_batch

SIGMA, WINDOWS = 1.66, 6


def fixed_specs() -> list[ClipSpec]:
    """One clip of each action, species and viewpoint, contexts in turn, of seeds that nothing was tuned on."""
    cells = list(product(SPECIES, VIEWPOINTS, ACTIONS))
    return [
        ClipSpec(action, species, viewpoint, CONTEXTS[(i + i // 6) % 2], TEST_SEEDS.start + i)
        for i, (species, viewpoint, action) in enumerate(cells)
    ]


def fixed_set(model: Path, device: str = "cpu") -> dict[str, Any]:
    """Accuracy of a linear probe with each species held out, PSNR of the VAE and loss of the UNet.

    One window of each clip, in float32, so that every machine gives the same up to rounding.
    """
    specs = fixed_specs()
    whole = load_trained(model, device)
    clips = render_batch(specs, whole.frames, 64, stride=STRIDE, start=0.0).numpy()
    backbone = load_backbone(str(model), device, "float32")
    step, layers = backbone.default_timestep, backbone.default_layers
    tokens = tokens_of(backbone, clips, [step], layers)
    scores = left_out_accuracy(
        side_by_side(tokens, step.key, layers, backbone.default_pooling),
        np.array([spec.action for spec in specs]),
        np.array([spec.species for spec in specs]),
    )
    right = float(np.mean(list(scores.values())))
    low, high = wilson(right, len(specs))
    _, vae = reconstructions(whole, clips[:8, 0])
    return {
        "digest": backbone.digest,
        "clips": len(specs),
        "timestep": step.key,
        "layers": list(layers),
        "accuracy": {"value": right, "low": low, "high": high},
        "psnr_db": vae["psnr_db"],
        "loss": loss_by_sigma(whole, clips[:WINDOWS], [SIGMA])[0]["conditioned"],
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
