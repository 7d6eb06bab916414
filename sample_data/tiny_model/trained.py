"""Evaluation of a trained model: reconstructions, loss at each noise level, and generated clips."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    AutoencoderKLTemporalDecoder,
    StableVideoDiffusionPipeline,
    UNetSpatioTemporalConditionModel,
)
from torch import Tensor, nn
from transformers import CLIPVisionModelWithProjection

from actiondiff_gui.backbones.svd.inputs import clip_inputs
from actiondiff_gui.backbones.svd.walk import FPS_ID, MOTION_BUCKET, NOISE_AUGMENTATION
from sample_data.tiny_model.data import Batch, seen_of
from sample_data.tiny_model.denoising import Draw, denoising_loss
from sample_data.tiny_model.networks import SIZE, STRIDE
from sample_data.tiny_model.pool import to_pixels
from sample_data.world import VALIDATION_SEEDS, render_batch, sample_spec

BATCH = 4


@dataclass(frozen=True)
class Trained:
    """The networks of a pipeline folder, whole, in float32."""

    folder: Path
    vae: nn.Module
    unet: nn.Module
    image_encoder: nn.Module

    @property
    def frames(self) -> int:
        """Frames per window."""
        return int(self.unet.config.num_frames)

    @property
    def device(self) -> str:
        """Where the networks are."""
        return str(self.unet.device)

    def weights(self) -> dict[str, int]:
        """Return the number of weights of each network."""
        return {
            name: sum(p.numel() for p in getattr(self, name).parameters())
            for name in ("unet", "vae", "image_encoder")
        }


def load_trained(folder: Path, device: str = "cpu") -> Trained:
    """Load all parts of a pipeline folder."""
    kinds = {
        "vae": AutoencoderKLTemporalDecoder,
        "unet": UNetSpatioTemporalConditionModel,
        "image_encoder": CLIPVisionModelWithProjection,
    }
    parts = {name: kind.from_pretrained(folder / name).float() for name, kind in kinds.items()}
    return Trained(folder, **{n: part.to(device).eval().requires_grad_(False) for n, part in parts.items()})


def validation_windows(count: int, frames: int, device: str = "cpu") -> np.ndarray:
    """Return the first ``count`` windows of seeds kept for validation, ``[N, T, 64, 64, 3]`` uint8, as in training."""
    specs = [sample_spec(VALIDATION_SEEDS.start + i) for i in range(count)]
    parts = [
        render_batch(specs[at : at + 16], frames, SIZE, stride=STRIDE, device=device).cpu().numpy()
        for at in range(0, count, 16)
    ]
    return np.concatenate(parts)


@torch.no_grad()
def reconstructions(model: Trained, frames: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
    """Frames ``[N, 64, 64, 3]`` as the VAE gives them back, uint8, and how far they are off.

    Numbers: mean absolute error in a range of 2, and PSNR in dB over all values of all frames.
    """
    pixels = to_pixels(frames).to(model.device)
    restored = torch.cat(
        [
            model.vae.decode(model.vae.encode(p).latent_dist.mode(), num_frames=1).sample
            for p in pixels.split(8)
        ]
    ).clamp(-1, 1)
    error = (restored - pixels).double()
    numbers = {
        "frames": len(frames),
        "absolute_error": float(error.abs().mean()),
        "psnr_db": float(10 * torch.log10(4 / error.square().mean())),
    }
    return to_bytes(restored), numbers


@torch.no_grad()
def loss_by_sigma(model: Trained, windows: np.ndarray, sigmas: list[float]) -> list[dict[str, float]]:
    """Loss at each noise level, with the first frame as condition and without, on the same noise.

    A network that says 0 reaches about 1: the best it can do that looks at each value alone.
    """
    networks = {"unet": model.unet, "image_encoder": model.image_encoder}
    batches = [encoded_batch(model, windows[at : at + BATCH]) for at in range(0, len(windows), BATCH)]
    out = []
    for sigma in sigmas:
        row: dict[str, float] = {"sigma": float(sigma)}
        for name, kept in (("conditioned", 1.0), ("unconditioned", 0.0)):
            losses = []
            for number, batch in enumerate(batches):
                random = torch.Generator().manual_seed(number)
                noise = torch.randn(batch.clean.shape, generator=random).to(model.device)
                ones = torch.ones(len(batch.clean), device=model.device)
                losses.append(
                    denoising_loss(networks, batch, Draw(ones * float(np.log(sigma)), noise, ones * kept))
                )
            losses = torch.cat(losses).double()
            row[name] = float(losses.mean())
            row[f"{name}_error"] = (
                float(losses.std() / max(1, len(losses)) ** 0.5) if len(losses) > 1 else 0.0
            )
        out.append(row)
    return out


@torch.no_grad()
def encoded_batch(model: Trained, windows: np.ndarray) -> Batch:
    """Latents, condition latents and first frames of windows ``[B, T, 64, 64, 3]``."""
    pixels = to_pixels(windows).to(model.device)
    latents = model.vae.encode(pixels.flatten(0, 1)).latent_dist.mode().unflatten(0, pixels.shape[:2])
    noise = torch.randn(pixels[:, 0].shape, generator=torch.Generator().manual_seed(0)).to(model.device)
    shown = model.vae.encode(pixels[:, 0] + NOISE_AUGMENTATION * noise).latent_dist.mode().unsqueeze(1)
    clean = latents * model.vae.config.scaling_factor
    return Batch(clean, shown.expand_as(clean), seen_of(pixels[:, 0]))


class SmallPipeline(StableVideoDiffusionPipeline):
    """The pipeline's own sampler, with the image encoder's input in its own size, and a way to withhold the condition.

    The class it is made of always shows the encoder 224 x 224 pixels.
    """

    withheld = False

    def _encode_image(self, image, device, num_videos_per_prompt, do_classifier_free_guidance) -> Tensor:
        shown = _as_frames(image).to(device)
        size = self.image_encoder.config.image_size
        embedding = self.image_encoder(clip_inputs(shown, size)).image_embeds.unsqueeze(1)
        return embedding * (0.0 if self.withheld else 1.0)

    def _encode_vae_image(self, image, device, num_videos_per_prompt, do_classifier_free_guidance) -> Tensor:
        latents = super()._encode_vae_image(image, device, num_videos_per_prompt, False)
        return latents * (0.0 if self.withheld else 1.0)


@torch.no_grad()
def generated(
    model: Trained, first: np.ndarray, *, condition: bool = True, steps: int = 25, seed: int = 0
) -> np.ndarray:
    """Clips ``[N, T, 64, 64, 3]`` uint8 that the pipeline's sampler makes, going on from frames or from nothing.

    Frames are decoded one by one: the decoder's temporal layers learned on single frames only, and with several in a
    chunk they add what their random beginnings say of the neighbours.
    """
    from PIL import Image

    pipeline = SmallPipeline.from_pretrained(
        model.folder, vae=model.vae, unet=model.unet, image_encoder=model.image_encoder
    )
    pipeline.withheld = not condition
    pipeline.set_progress_bar_config(disable=True)
    clips = pipeline(
        [Image.fromarray(frame) for frame in first],
        height=SIZE,
        width=SIZE,
        num_frames=model.frames,
        num_inference_steps=steps,
        min_guidance_scale=1.0,
        max_guidance_scale=1.0,
        fps=int(FPS_ID) + 1,
        motion_bucket_id=int(MOTION_BUCKET),
        noise_aug_strength=NOISE_AUGMENTATION,
        decode_chunk_size=1,
        generator=torch.Generator().manual_seed(seed),
        output_type="pt",
    ).frames
    return to_bytes(clips * 2 - 1)


def to_bytes(pixels: Tensor) -> np.ndarray:
    """Turn ``[..., 3, H, W]`` in [-1, 1] into uint8 ``[..., H, W, 3]``."""
    return ((pixels.movedim(-3, -1) + 1) * 127.5).round().clamp(0, 255).byte().cpu().numpy()


def _as_frames(images: list) -> Tensor:
    return to_pixels(np.stack([np.asarray(image.convert("RGB")) for image in images]))
