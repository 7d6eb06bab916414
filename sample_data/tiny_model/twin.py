"""What would the model's features be without its training? A twin with the weights it began with.

``python -m sample_data.tiny_model.twin --model sample_data/tiny --out runs/twin``
"""

import argparse
from pathlib import Path

import torch
from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from sample_data.tiny_model.export import export_pipeline


def write_twin(model: Path, out: Path, seed: int = 0) -> Path:
    """Write a pipeline folder with the model's VAE, and its UNet and image encoder as they began with ``seed``."""
    if (out / "model_index.json").exists():
        return out
    unet_config = UNetSpatioTemporalConditionModel.load_config(model / "unet")
    encoder_config = CLIPVisionConfig.from_pretrained(model / "image_encoder")
    torch.manual_seed(seed)
    unet = UNetSpatioTemporalConditionModel.from_config(unet_config)
    torch.manual_seed(seed)
    image_encoder = CLIPVisionModelWithProjection(encoder_config)
    vae = AutoencoderKLTemporalDecoder.from_pretrained(model / "vae")
    export_pipeline(out, vae, unet, image_encoder)
    return out


def main(arguments: list[str] | None = None) -> None:
    """Write the twin of a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="pipeline folder")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--seed", type=int, default=0, help="seed of the model's own training")
    wanted = parser.parse_args(arguments)
    print(f"Written to {write_twin(wanted.model, wanted.out, wanted.seed)}.")


if __name__ == "__main__":
    main()
