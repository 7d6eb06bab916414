"""Model card of measured values only, written to ``card.json`` and into the text of the docs.

``python -m sample_data.tiny_model.card --run runs/tiny`` ships a run: its pipeline and log become ``sample_data/tiny``.
``python -m sample_data.tiny_model.card --pictures FILE --validation FILE`` speaks of the model that is there, and
``--scoreboard scoreboard_means.csv``, of a report of ``actiondiff-gui study --scoreboard``, of what it is worth on the sample.
"""

import argparse
import csv
import json
import shutil
from pathlib import Path
from typing import Any

from sample_data.difficulty import table
from sample_data.tiny_model.fixed_set import fixed_set
from sample_data.tiny_model.pictures import read_log
from sample_data.tiny_model.sections import fill

LARGEST = 16_000_000
"""Bytes that a model may take which comes with the package."""
CHECKS = 6
"""Validations of the training that the card shows, evenly spaced."""


def card(model: Path, pictures: Path, validation: Path) -> dict[str, Any]:
    """Everything the card says, as JSON can hold it.

    Parameters
    ----------
    model : Path
        Pipeline folder, with its ``training_log.jsonl``.
    pictures : Path
        What :mod:`sample_data.tiny_model.pictures` wrote.
    validation : Path
        Rows that :mod:`sample_data.difficulty` wrote.

    Raises
    ------
    SystemExit
        If no row of the validation is of these weights.
    """
    kept = fixed_set(model)
    rows = json.loads(validation.read_text(encoding="utf-8"))
    if kept["digest"] not in {row["digest"] for row in rows}:
        raise SystemExit(f"{validation} was measured on other weights than those in {model}. Measure again.")
    return {
        "bytes": model_bytes(model),
        "fixed_set": kept,
        "training": read_log(model / "training_log.jsonl"),
        "pictures": json.loads(pictures.read_text(encoding="utf-8")),
        "validation": rows,
    }


def ship(run: Path, model: Path) -> None:
    """Copy the pipeline and the log of a run to where the model lies that ships.

    Raises
    ------
    SystemExit
        If it is too large. Nothing is copied then.
    """
    pipeline = run / "pipeline"
    if not (pipeline / "model_index.json").exists():
        raise SystemExit(f"{run} has written no pipeline yet: train to the end, or use --export-only.")
    if (size := model_bytes(pipeline)) > LARGEST:
        raise SystemExit(f"The model takes {size / 1e6:.1f} MB; at most {LARGEST / 1e6:.0f} MB may ship.")
    shutil.copytree(pipeline, model, dirs_exist_ok=True)
    shutil.copyfile(run / "log.jsonl", model / "training_log.jsonl")


def model_bytes(model: Path) -> int:
    """Bytes of the pipeline folder's weights and configurations."""
    return sum(
        file.stat().st_size for file in model.rglob("*") if file.suffix in (".safetensors", ".json")
    ) - ((model / "card.json").stat().st_size if (model / "card.json").exists() else 0)


def sections(said: dict[str, Any]) -> dict[str, list[str]]:
    """Return the printed parts of card and docs, by name."""
    return {
        "size": _size(said),
        "training": _training(said["training"]),
        "pictures": _pictures(said["pictures"]),
        "validation": table(said["validation"]),
        "fixed-set": _fixed(said["fixed_set"]),
        "scoreboard": _scoreboard(said.get("scoreboard", [])),
    }


def _scoreboard(rows: list[dict[str, str]]) -> list[str]:
    """Return accuracies with all other domains trained on, and by how much the first method differs, with 95 % intervals."""
    heads = list(dict.fromkeys(row["head"] for row in rows))
    lines = ["| method | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    for method, minus in dict.fromkeys((row["method"], row["minus"]) for row in rows):
        cells = []
        for head in heads:
            row = next(
                (r for r in rows if (r["method"], r["minus"], r["head"]) == (method, minus, head)), None
            )
            sign = "+" if minus else ""
            value, low, high = (
                (f"{float(row[key]):{sign}.3f}" for key in ("value", "low", "high")) if row else ("",) * 3
            )
            cells.append(f"{value} ({low} to {high})" if row else "")
        lines.append(f"| {f'{method} less {minus}' if minus else method} | {' | '.join(cells)} |")
    return lines


def _size(said: dict[str, Any]) -> list[str]:
    weights = said["pictures"]["weights"]
    return [
        f"{said['bytes'] / 1e6:.1f} MB. Weights: "
        + ", ".join(f"{name.replace('_', ' ')} {count / 1e6:.2f} million" for name, count in weights.items())
        + f". Digest {said['fixed_set']['digest']}."
    ]


def _training(log: list[dict[str, Any]]) -> list[str]:
    checks = [row for row in log if "validation_loss" in row]
    vae = [row for row in log if row["stage"] == "vae"]
    if not checks or not vae:
        return ["No training log lies beside the model."]
    every = max(1, -(-len(checks) // CHECKS))
    shown = checks[::-1][::every][::-1]
    lines = [
        f"VAE: {vae[-1]['step']} steps, mean absolute error of the last batch {vae[-1]['pixel_error']:.3f} (of a range "
        f"of 2). UNet and image encoder: {checks[-1]['step']} steps.",
        "",
        "| step | " + " | ".join(f"{row['step']:,}" for row in shown) + " |",
        "|---|" + "---|" * len(shown),
        "| validation loss | " + " | ".join(f"{row['validation_loss']:.3f}" for row in shown) + " |",
    ]
    if all("averaged_validation_loss" in row for row in shown):
        values = " | ".join(f"{row['averaged_validation_loss']:.3f}" for row in shown)
        lines.append(f"| of the averaged weights | {values} |")
    return lines


def _pictures(numbers: dict[str, Any]) -> list[str]:
    rows = numbers["loss_by_sigma"]
    return [
        f"VAE on {numbers['vae']['frames']} validation frames: PSNR {numbers['vae']['psnr_db']:.1f} dB, mean absolute "
        f"error {numbers['vae']['absolute_error']:.3f} of a range of 2.",
        "",
        f"Loss on {numbers['loss_windows']} validation windows at each noise level; a network that says nothing "
        "reaches about 1:",
        "",
        "| sigma | " + " | ".join(f"{row['sigma']:.3g}" for row in rows) + " |",
        "|---|" + "---|" * len(rows),
        "| first frame shown | " + " | ".join(f"{row['conditioned']:.3f}" for row in rows) + " |",
        "| nothing shown | " + " | ".join(f"{row['unconditioned']:.3f}" for row in rows) + " |",
    ]


def _fixed(kept: dict[str, Any]) -> list[str]:
    right, layers = kept["accuracy"], ", ".join(map(str, kept["layers"]))
    return [
        f"On {kept['clips']} fixed clips ({kept['timestep']}, layers {layers}, mean and change, species held out, linear "
        f"probe): accuracy {right['value']:.3f} ({right['low']:.3f} to {right['high']:.3f}); PSNR of the VAE "
        f"{kept['psnr_db']:.2f} dB; loss at sigma {kept['loss_sigma']:g} {kept['loss']:.3f}. A test holds the weights "
        "to these."
    ]


def main(arguments: list[str] | None = None) -> None:
    """Write ``card.json`` beside the model and fill the printed parts of its card and of the docs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    root = Path(__file__).parents[2]
    parser.add_argument("--model", type=Path, default=root / "sample_data" / "tiny")
    parser.add_argument("--run", type=Path, help="a finished run, to be shipped as the model")
    parser.add_argument("--pictures", type=Path, help="pictures.json; of a run its own")
    parser.add_argument("--validation", type=Path, help="validation.json; of a run its own")
    parser.add_argument("--scoreboard", type=Path, help="scoreboard_means.csv of a report")
    parser.add_argument(
        "--into", type=Path, nargs="*", default=[root / "docs" / "small_world.md"], help="docs to fill too"
    )
    wanted = parser.parse_args(arguments)
    kept = wanted.model / "card.json"
    if wanted.scoreboard and not (wanted.run or wanted.pictures or wanted.validation):
        if not kept.exists():
            parser.error(f"{kept} is missing: write the card of the model first")
        _write(json.loads(kept.read_text(encoding="utf-8")), wanted)
        return
    if wanted.run is None and not (wanted.pictures and wanted.validation):
        parser.error("name a --run, or both --pictures and --validation, or --scoreboard alone")
    pictures = wanted.pictures or wanted.run / "pictures.json"
    validation = wanted.validation or wanted.run / "validation.json"
    if lacking := [file for file in (pictures, validation) if not file.exists()]:
        parser.error(f"{lacking[0]} is missing: draw pictures and measure first")
    if wanted.run:
        ship(wanted.run, wanted.model)
    _write(card(wanted.model, pictures, validation), wanted)


def _write(said: dict[str, Any], wanted: argparse.Namespace) -> None:
    if wanted.scoreboard:
        with wanted.scoreboard.open(newline="", encoding="utf-8") as stream:
            rows = csv.DictReader(stream)
            said["bytes"] = model_bytes(wanted.model)
            said["scoreboard"] = [row for row in rows if row["kind"] == "leave-one-out"]
    (wanted.model / "card.json").write_text(json.dumps(said, indent=1), encoding="utf-8")
    for file in (wanted.model / "README.md", *wanted.into):
        if file.exists():
            print(f"{file}: {', '.join(fill(file, sections(said))) or 'no printed parts'}")


if __name__ == "__main__":
    main()
