"""Distance of features without noise on the condition from those with it, layer by layer.

The distance of the tokens of every frame, as a share of how far tokens lie from their mean: 0 is no difference, 1 as much as
frames differ from each other. Beside it the distance that another draw of the same noise makes.

    python benchmarks/condition.py --clips 8
"""

import argparse
from dataclasses import replace

import numpy as np
import torch

from actiondiff_gui.backbones.protocol import EncodeSettings
from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.resources import sample_data
from actiondiff_gui.video.reader import VideoReader


def main() -> None:
    """Compute both and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backbone", default="tiny")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--timesteps", type=int, nargs="+", default=[0, 10, 20, 25])
    wanted = parser.parse_args()
    backbone = load_backbone(wanted.backbone, wanted.device)
    layers = [layer.index for layer in backbone.layers]
    files = sorted(each for each in sample_data("clips").rglob("*.mp4"))
    windows = []
    for file in files[:: max(1, len(files) // wanted.clips)][: wanted.clips]:
        with VideoReader(file) as reader:
            windows.append(reader.read_many(range(backbone.window)))
    frames, seeds = np.stack(windows), range(len(windows))
    noised = EncodeSettings(backbone.resolution, generator="philox")
    kinds = {
        "with": (noised, list(seeds)),
        "another draw": (noised, [seed + 1000 for seed in seeds]),
        "without": (replace(noised, condition="plain"), list(seeds)),
    }
    encoded = {name: backbone.encode(frames, own, settings) for name, (settings, own) in kinds.items()}
    print("| timestep | compared with the noise | " + " | ".join(map(str, layers)) + " |")
    print("|---|---|" + "---|" * len(layers))
    for index in wanted.timesteps:
        step = backbone.schedule[index]
        tokens = {
            name: {n: each.float().mean(dim=(-2, -1)).flatten(0, 1) for n, each in maps.items()}
            for name, maps in (
                (name, backbone.features(each, step, layers)) for name, each in encoded.items()
            )
        }
        for name in ("without", "another draw"):
            shares = [distance(tokens["with"][n], tokens[name][n]) for n in layers]
            print(
                f"| {index} | {name} | " + " | ".join(f"{share:.3f}" for share in shares) + " |", flush=True
            )


def distance(one: torch.Tensor, other: torch.Tensor) -> float:
    """Distance of tokens ``[N, C]`` as a share of their spread."""
    return float((one - other).norm() / (one - one.mean(dim=0)).norm())


if __name__ == "__main__":
    main()
