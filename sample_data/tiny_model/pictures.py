"""Figures of a training: ``python -m sample_data.tiny_model.pictures --run runs/tiny --out docs/images``.

Draws the VAE's reconstructions, generated clips and the loss by sigma, and writes the numbers
behind them to ``pictures.json`` in the run's folder (or to ``--numbers``).
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from actiondiff_gui.report.style import FAINT, PALETTE, new_figure, styled
from sample_data.tiny_model.trained import (
    Trained,
    generated,
    load_trained,
    loss_by_sigma,
    reconstructions,
    validation_windows,
)

SIGMAS = tuple(float(s) for s in np.geomspace(0.05, 100, 9))
SHOWN = 6
PIXELS, STRIP_PIXELS = 100, 66
"""Per inch, of figures and of strips of frames: these are photographs to a PNG."""


def pipeline_of(run: Path) -> Path:
    """Return the pipeline folder of a run's folder, or a model's folder itself."""
    for folder in (run, run / "pipeline"):
        if (folder / "model_index.json").exists():
            return folder
    raise SystemExit(f"{run} holds neither a pipeline nor the folder of a run that has written one.")


def read_log(file: Path) -> list[dict[str, Any]]:
    """Return the lines of a training log; of a step that was trained twice the last."""
    if not file.exists():
        return []
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return list({(row["stage"], row["step"]): row for row in rows}.values())


@styled
def strips_figure(rows: dict[str, np.ndarray], title: str, subtitle: str = "") -> Figure:
    """Rows of frames ``[T, H, W, 3]``, each with its name at the left."""
    count = max(len(frames) for frames in rows.values())
    figure = new_figure(0.7 + 11.4 / count * len(rows), title, subtitle)
    figure.get_layout_engine().set(w_pad=0.06, h_pad=0.03, wspace=0.0, hspace=0.0)
    grid = figure.subplots(len(rows), count, squeeze=False)
    for line, (name, frames) in zip(grid, rows.items(), strict=True):
        for axis in line:
            axis.set_axis_off()
        for axis, frame in zip(line, frames, strict=False):
            axis.imshow(frame, interpolation="nearest")
        line[0].text(-0.08, 0.5, name, transform=line[0].transAxes, ha="right", va="center")
    return figure


@styled
def loss_figure(by_sigma: list[dict[str, float]]) -> Figure:
    """Loss against sigma, with and without the first frame."""
    figure = new_figure(4.6, "What the network learned at each noise level")
    axis = figure.add_subplot()
    sigma = [row["sigma"] for row in by_sigma]
    for i, (name, title) in enumerate(
        (("conditioned", "first frame shown"), ("unconditioned", "nothing shown"))
    ):
        axis.errorbar(
            sigma,
            [row[name] for row in by_sigma],
            yerr=[1.96 * row[f"{name}_error"] for row in by_sigma],
            color=PALETTE[i],
            marker="os"[i],
            lw=2.2,
            capsize=3,
            label=title,
        )
    axis.axhline(1, color=FAINT, lw=1.4, ls=(0, (2, 2)), label="best filter of single values, about")
    axis.set_xscale("log")
    axis.set_ylim(0, None)
    axis.set_xlabel("sigma: less noise  ←  →  more noise")
    axis.set_ylabel("validation loss")
    axis.grid(axis="y", lw=0.8)
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.2)
    return figure


def save_small(figure: Figure, file: Path, colours: int = 256, pixels: int = PIXELS) -> None:
    """Write a figure as a PNG of few colours, small enough for the docs."""
    import io

    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=pixels, format="png")
    picture = Image.open(drawn).convert("RGB")
    palette = picture.quantize(colours, method=Image.Quantize.MAXCOVERAGE, kmeans=2)
    file.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(file, optimize=True)


def draw_strips(model: Trained, held: np.ndarray, out: Path, steps: int) -> dict[str, float]:
    """Draw reconstructions and generated clips of validation windows; returns how far reconstructions are off."""
    frames = held[:, 0]
    restored, off = reconstructions(model, held[:, ::2].reshape(-1, *held.shape[2:])[:48])
    again, _ = reconstructions(model, frames[:SHOWN])
    subtitle = f"{len(restored)} validation frames: PSNR {off['psnr_db']:.1f} dB"
    rows = {"original": frames[:SHOWN], "restored": again}
    figure = strips_figure(rows, "Frames through the VAE", subtitle)
    save_small(figure, out / "small_world_vae.png", pixels=STRIP_PIXELS)
    made = generated(model, frames[:2], steps=steps)
    nothing = generated(model, frames[:2], condition=False, steps=steps, seed=1)
    rows = {"drawn": held[0], "continued": made[0], "drawn ": held[1], "continued ": made[1]}
    rows |= {"from nothing": nothing[0], "from nothing ": nothing[1]}
    figure = strips_figure(rows, "Clips the model makes up, from a first frame and from nothing")
    save_small(figure, out / "small_world_generated.png", pixels=STRIP_PIXELS)
    return off


def draw(model: Trained, out: Path, windows: int, steps: int) -> dict[str, Any]:
    """Draw all pictures into ``out`` and return the numbers behind them."""
    held = validation_windows(max(windows, SHOWN), model.frames, model.device)
    off = draw_strips(model, held, out, steps)
    by_sigma = loss_by_sigma(model, held[:windows], list(SIGMAS))
    save_small(loss_figure(by_sigma), out / "small_world_loss.png", 64)
    return {
        "vae": off,
        "loss_by_sigma": by_sigma,
        "loss_windows": windows,
        "sampler_steps": steps,
        "weights": model.weights(),
    }


def main(arguments: list[str] | None = None) -> None:
    """Draw the pictures of a run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path, required=True, help="folder of a run, or of a model")
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="folder of the pictures")
    parser.add_argument("--numbers", type=Path, help="JSON file of the numbers")
    parser.add_argument("--windows", type=int, default=16, help="validation windows behind the loss by sigma")
    parser.add_argument("--steps", type=int, default=25, help="steps of the sampler")
    parser.add_argument("--device", default="cpu")
    wanted = parser.parse_args(arguments)
    model = load_trained(pipeline_of(wanted.run), wanted.device)
    numbers = draw(model, wanted.out, wanted.windows, wanted.steps)
    file = wanted.numbers or wanted.run / "pictures.json"
    file.write_text(json.dumps(numbers, indent=1), encoding="utf-8")
    print(json.dumps(numbers["vae"]))
    for row in numbers["loss_by_sigma"]:
        print(json.dumps({name: round(value, 4) for name, value in row.items()}))


if __name__ == "__main__":
    main()
