"""Settings of a training run, saved in its folder so that it can be resumed."""

import argparse
import json
from pathlib import Path

from sample_data.tiny_model.latents import CONDITIONS
from sample_data.tiny_model.networks import USUAL, Shape

FIXED = (
    "clips", "held", "seed", "vae_steps", "vae_batch", "batch", "lr", "drop", "frames", "channels",
    "latent_channels", "latent_side", "condition",
)  # fmt: skip
"""What cannot change while a run goes on."""
FILE = "settings.json"


def parser(description: str) -> argparse.ArgumentParser:
    """All flags of a training run; with which ones the model that ships was trained its card says."""
    made = argparse.ArgumentParser(description=description)
    add = made.add_argument
    add("--out", type=Path, required=True, help="folder of the run: pool, checkpoints, log, pipeline")
    add("--clips", type=int, default=6000, help="training windows to render")
    add("--held", type=int, default=96, help="validation windows to render")
    add("--vae-steps", type=int, default=1200)
    add("--vae-batch", type=int, default=12)
    add("--steps", type=int, default=6200, help="training steps of the UNet, at most")
    add("--batch", type=int, default=16)
    add("--lr", type=float, default=1e-3, help="highest learning rate of the UNet")
    add("--drop", type=float, default=0.5, help="how often the condition is withheld")
    add("--seed", type=int, default=0)
    add("--frames", type=int, default=USUAL.frames, help="frames per window")
    add(
        "--channels",
        default=",".join(map(str, USUAL.channels)),
        help="of the UNet's four levels, multiples of 32",
    )
    add("--latent-channels", type=int, default=USUAL.latent_channels)
    add("--latent-side", type=int, default=USUAL.latent_side, choices=(8, 16))
    add("--condition", default="first", choices=CONDITIONS, help="show the first frame, or each its own")
    add("--patience", type=int, default=6, help="stop when the loss was flat for so many checks; 0: never")
    add("--progress", type=float, default=0.002, help="relative fall of the loss that is not flat")
    add("--cooldown", type=int, default=600, help="steps in which the rate falls then; 0: a tenth of --steps")
    add("--check-every", type=int, default=150, help="steps between validations")
    add("--save-every", type=int, default=50, help="steps between checkpoints")
    add("--device", default="cpu")
    switch = argparse.BooleanOptionalAction
    add("--amp", action=switch, default=False, help="let the networks compute in bfloat16")
    add(
        "--resident",
        action=switch,
        default=False,
        help="keep pool and latents on the device, draw noise there",
    )
    add("--graph", action=switch, default=False, help="replay each step of the UNet as one CUDA graph")
    add(
        "--minutes",
        type=float,
        default=0,
        help="let the rate fall when the UNet has learned for so long since this start, even if its loss is not flat",
    )
    add("--processes", type=int, default=1, help="processes that render the pool, on CPUs")
    add("--threads", type=int, default=0, help="CPU threads; 0 leaves torch's choice")
    add("--resume", action="store_true", help="take all flags that are not given from the run's settings")
    add("--export-only", action="store_true", help="write the pipeline from the last checkpoints")
    return made


def read_settings(folder: Path) -> dict[str, object]:
    """Return the settings a run was started with, by name; empty where there are none."""
    file = folder / FILE
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {name: {"True": True, "False": False}.get(str(value), value) for name, value in kept.items()}


def chosen_settings(arguments: list[str] | None, description: str) -> argparse.Namespace:
    """Return flags as given, the rest from an earlier start of the same run if ``--resume`` says so.

    A run whose networks or data would change in the middle is refused.
    """
    made = parser(description)
    wanted = made.parse_args(arguments)
    kept = read_settings(wanted.out)
    if wanted.resume or wanted.export_only:
        if wanted.resume and not kept:
            made.error(f"there is no run to resume in {wanted.out}")
        known = vars(wanted)
        once = ("out", "export_only", "resume")
        made.set_defaults(**{n: v for n, v in kept.items() if n in known and n not in once})
        wanted = made.parse_args(arguments)
    if wanted.graph and not wanted.device.startswith("cuda"):
        made.error("--graph needs --device cuda; a run that was begun with it goes on with --no-graph")
    usual = made.parse_args(["--out", str(wanted.out)])
    for name in FIXED:
        before = kept.get(name, getattr(usual, name)) if kept else getattr(wanted, name)
        if str(before) != str(getattr(wanted, name)):
            made.error(
                f"the run in {wanted.out} was started with --{name.replace('_', '-')} {before}: name another folder, "
                "or --resume it without that flag"
            )
    return wanted


def write_settings(wanted: argparse.Namespace) -> None:
    """Keep the settings in the run's folder."""
    values = {n: v if isinstance(v, bool | int | float) else str(v) for n, v in vars(wanted).items()}
    (wanted.out / FILE).write_text(json.dumps(values, indent=1), encoding="utf-8")


def shape_of(settings: argparse.Namespace) -> Shape:
    """Return the networks that these settings ask for."""
    return Shape(
        frames=settings.frames,
        channels=tuple(int(part) for part in settings.channels.split(",")),
        latent_channels=settings.latent_channels,
        latent_side=settings.latent_side,
    )
