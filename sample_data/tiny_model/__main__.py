"""Training of the tiny model: ``python -m sample_data.tiny_model --out runs/tiny``; can be stopped and resumed."""

import json
from pathlib import Path

import torch

from sample_data.tiny_model.data import Windows
from sample_data.tiny_model.export import export_pipeline
from sample_data.tiny_model.latents import encoded_pool
from sample_data.tiny_model.networks import USUAL, Shape, new_image_encoder, new_unet, new_vae
from sample_data.tiny_model.pool import rendered_pool
from sample_data.tiny_model.settings import chosen_settings, shape_of, write_settings
from sample_data.tiny_model.steps import load_checkpoint
from sample_data.tiny_model.train_unet import train_unet
from sample_data.tiny_model.train_vae import VAE_FILE, VAE_WINDOWS, begin_vae, train_decoder


def main(arguments: list[str] | None = None) -> None:
    """Render, begin the VAE, encode, train the UNet and the decoder, and write the pipeline folder."""
    wanted = chosen_settings(arguments, __doc__)
    if wanted.threads:
        torch.set_num_threads(wanted.threads)
    folder, shape = wanted.out, shape_of(wanted)
    folder.mkdir(parents=True, exist_ok=True)
    if not wanted.export_only:
        write_settings(wanted)
        train(wanted, folder, shape)
    export(folder, wanted.seed, shape)


def train(wanted, folder: Path, shape: Shape) -> None:
    """All stages; each goes on where it was stopped."""
    drawing = {"frames": shape.frames, "device": wanted.device, "processes": wanted.processes}
    pool = rendered_pool(folder / "pool.npy", wanted.clips, **drawing)
    held = rendered_pool(folder / "held.npy", wanted.held, validation=True, **drawing)
    common = {"seed": wanted.seed, "device": wanted.device, "shape": shape, "amp": wanted.amp}
    begin_vae(pool[:VAE_WINDOWS], folder, seed=wanted.seed, shape=shape)
    vae = new_vae(wanted.seed, shape).to(wanted.device).eval()
    vae.load_state_dict(load_checkpoint(folder / VAE_FILE)["average"]["vae"])
    encoding = {"device": wanted.device, "condition": wanted.condition}
    latents = encoded_pool(vae, pool, folder / "latents.npy", **encoding)
    held_latents = encoded_pool(vae, held, folder / "held_latents.npy", **encoding)
    scale = float(1 / latents[:256].astype("float32").std())
    (folder / "scale.json").write_text(json.dumps(scale))
    given = (scale, wanted.condition, wanted.device)
    train_unet(
        Windows(pool, latents, *given, resident=wanted.resident),
        Windows(held, held_latents, *given),
        folder,
        steps=wanted.steps,
        batch=wanted.batch,
        peak=wanted.lr,
        drop=wanted.drop,
        noise_on_device=wanted.resident,
        graph=wanted.graph,
        minutes=wanted.minutes,
        patience=wanted.patience,
        progress=wanted.progress,
        cooldown=wanted.cooldown,
        check_every=wanted.check_every,
        save_every=wanted.save_every,
        **common,
    )
    # The UNet needs only the encoder, which stays as it is.
    train_decoder(pool[:VAE_WINDOWS], folder, steps=wanted.vae_steps, batch=wanted.vae_batch, **common)


def export(folder: Path, seed: int, shape: Shape = USUAL) -> None:
    """Write ``folder/pipeline`` from the averaged weights of the run's last checkpoints."""
    kept = torch.load(folder / VAE_FILE, map_location="cpu", weights_only=True)["average"]
    kept |= torch.load(folder / "unet.pt", map_location="cpu", weights_only=True)["average"]
    networks = {
        "vae": new_vae(seed, shape),
        "unet": new_unet(seed, shape),
        "image_encoder": new_image_encoder(seed),
    }
    for name, network in networks.items():
        network.load_state_dict(kept[name])
    networks["vae"].register_to_config(scaling_factor=json.loads((folder / "scale.json").read_text()))
    export_pipeline(folder / "pipeline", **networks)


if __name__ == "__main__":
    main()
