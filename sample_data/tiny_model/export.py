"""Export of a finished run as a pipeline folder that diffusers and the app can load."""

import json
from pathlib import Path

import torch
from diffusers import EulerDiscreteScheduler, StableVideoDiffusionPipeline
from transformers import CLIPImageProcessor

from actiondiff_gui.backbones.svd.notes import FILE
from sample_data.tiny_model.networks import SIZE

NOTES = {"norms": "diffusers", "timestep": 25, "layers": [1, 4, 7], "pooling": "mean+change"}
"""What the app should know: how the normalisations were built in training, and where features are usually read. The
address was chosen on validation clips (:mod:`sample_data.difficulty`)."""


def export_pipeline(
    folder: Path, vae: torch.nn.Module, unet: torch.nn.Module, image_encoder: torch.nn.Module
) -> None:
    """Write a ``StableVideoDiffusionPipeline`` with float16 weights to ``folder``, and :data:`NOTES` beside it."""
    scheduler = EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        use_karras_sigmas=True,
        sigma_min=0.002,
        sigma_max=700.0,
        timestep_spacing="leading",
        timestep_type="continuous",
        steps_offset=1,
    )
    pipeline = StableVideoDiffusionPipeline(
        vae=vae.half().cpu(),
        image_encoder=image_encoder.half().cpu(),
        unet=unet.half().cpu(),
        scheduler=scheduler,
        feature_extractor=CLIPImageProcessor(
            size={"shortest_edge": SIZE}, crop_size={"height": SIZE, "width": SIZE}
        ),
    )
    pipeline.save_pretrained(folder, safe_serialization=True)
    # Without torchvision transformers names its fallback class, which older releases do not have.
    index = folder / "model_index.json"
    index.write_text(index.read_text("utf-8").replace("CLIPImageProcessorPil", "CLIPImageProcessor"), "utf-8")
    (folder / FILE).write_text(json.dumps(NOTES) + "\n", encoding="utf-8")
