"""Train the tiny model: ``python -m sample_data.tiny_model --out runs/tiny``. Stop it and start it again at will."""

import argparse
import json
from pathlib import Path

import torch

from sample_data.tiny_model.export import export_pipeline
from sample_data.tiny_model.latents import encoded_pool
from sample_data.tiny_model.networks import new_image_encoder, new_unet, new_vae
from sample_data.tiny_model.pool import rendered_pool
from sample_data.tiny_model.train_unet import train_unet
from sample_data.tiny_model.train_vae import train_vae


def main() -> None:
    """Render, train the VAE, encode, train the UNet, and write the pipeline folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of the run: pool, checkpoints, log, pipeline"
    )
    parser.add_argument("--clips", type=int, default=6000, help="training windows to render")
    parser.add_argument("--held", type=int, default=64, help="validation windows to render")
    parser.add_argument("--vae-steps", type=int, default=1500)
    parser.add_argument("--vae-batch", type=int, default=12)
    parser.add_argument("--steps", type=int, default=2000, help="training steps of the UNet")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves torch's choice")
    parser.add_argument(
        "--export-only", action="store_true", help="write the pipeline from the last checkpoints"
    )
    wanted = parser.parse_args()
    if wanted.threads:
        torch.set_num_threads(wanted.threads)
    folder, device = wanted.out, wanted.device
    folder.mkdir(parents=True, exist_ok=True)
    if not wanted.export_only:
        (folder / "settings.json").write_text(
            json.dumps({k: str(v) for k, v in vars(wanted).items()}, indent=1)
        )
        pool = rendered_pool(folder / "pool.npy", wanted.clips, device=device)
        held = rendered_pool(folder / "held.npy", wanted.held, validation=True, device=device)
        common = {"seed": wanted.seed, "device": device}
        weights = train_vae(pool, folder, steps=wanted.vae_steps, batch=wanted.vae_batch, **common)
        vae = new_vae(wanted.seed).to(device).eval()
        vae.load_state_dict(weights)
        latents = encoded_pool(vae, pool, folder / "latents.npy", device=device)
        held_latents = encoded_pool(vae, held, folder / "held_latents.npy", device=device)
        scale = float(1 / latents[:256].astype("float32").std())
        (folder / "scale.json").write_text(json.dumps(scale))
        train_unet(
            pool,
            latents,
            scale,
            (held, held_latents),
            folder,
            steps=wanted.steps,
            batch=wanted.batch,
            **common,
        )
    export(folder, wanted.seed)
    export(folder, wanted.seed, untrained=True)


def export(folder: Path, seed: int, untrained: bool = False) -> None:
    """Write ``folder/pipeline`` from the averaged weights of the run's last checkpoints.

    With ``untrained``, write ``folder/untrained`` instead: the same VAE, UNet and image encoder as they began.
    """
    kept = torch.load(folder / "vae.pt", map_location="cpu", weights_only=True)["average"]
    kept |= torch.load(folder / "unet.pt", map_location="cpu", weights_only=True)["average"]
    vae, unet, image_encoder = new_vae(seed), new_unet(seed), new_image_encoder(seed)
    trained = {"vae": vae} if untrained else {"vae": vae, "unet": unet, "image_encoder": image_encoder}
    for name, network in trained.items():
        network.load_state_dict(kept[name])
    vae.register_to_config(scaling_factor=json.loads((folder / "scale.json").read_text()))
    export_pipeline(folder / ("untrained" if untrained else "pipeline"), vae, unet, image_encoder)


if __name__ == "__main__":
    main()
