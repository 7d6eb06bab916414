"""What was tried, and what did it bring? A table of runs, from their settings, logs and measurements.

``python -m sample_data.tiny_model.tried runs/usual runs/each_frame runs/wide --into docs/small_world.md``

The first run is the one that the others are compared with. A run that was measured holds ``measured/results.json``, and
``measured/motion.json`` if its features were asked for the motion (:mod:`sample_data.measure.motion`): the last column is the
mean correlation over all addresses.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from sample_data.measure.printed import with_interval
from sample_data.tiny_model.pictures import read_log
from sample_data.tiny_model.sections import fill
from sample_data.tiny_model.settings import FIXED, parser, read_settings

COMPARED = (*(name for name in FIXED if not name.startswith("vae_")), "amp")
"""Settings that a row names where they differ. Features never use the decoder, so what trained that is left out."""


def run_row(run: Path) -> dict[str, Any]:
    """What a run's folder says: settings, training, and the average over shifts where it was measured."""
    usual = vars(parser("").parse_args(["--out", str(run)]))
    kept = {**usual, **read_settings(run)}
    log = [row for row in read_log(run / "log.jsonl") if row["stage"] == "unet"]
    checks = [row for row in log if "validation_loss" in row]
    measured = run / "measured" / "results.json"
    found = json.loads(measured.read_text(encoding="utf-8")) if measured.exists() else None
    motion = run / "measured" / "motion.json"
    told = json.loads(motion.read_text(encoding="utf-8"))["grids"] if motion.exists() else None
    return {
        "name": run.name,
        "settings": {name: str(kept[name]) for name in COMPARED},
        "steps": log[-1]["step"] if log else 0,
        "windows": (log[-1]["step"] if log else 0) * int(kept["batch"]),
        "loss": checks[-1].get("averaged_validation_loss", checks[-1]["validation_loss"]) if checks else None,
        "average": found["average"].get("model", {}) if found else {},
        "twin": found["average"].get("twin", {}) if found else {},
        "aim": found["aim"] if found else {},
        "motion": np.mean([by_name["model"] for by_name in told.values()]) if told else None,
        "regimes": " and ".join(found["asked"]["regimes"]) if found else None,
        # Without noise there is nothing to draw, whatever was asked for.
        "draws": found["asked"]["draws"] if found and "noised" in found["asked"]["regimes"] else 1,
        "clips": found["clip_set"] if found else None,
    }


def tried_table(runs: list[Path]) -> list[str]:
    """A Markdown table with a row for each run; settings that differ from those of the first are named."""
    rows = [run_row(run) for run in runs]
    first = rows[0]["settings"]
    lines = [
        "| run | what differs | steps | windows seen | validation loss | transformer | linear | linear, its twin | linear, above the best other | flow |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for number, row in enumerate(rows):
        differs = [f"{n.replace('_', ' ')} {v}" for n, v in row["settings"].items() if v != first[n]]
        if row["steps"] != rows[0]["steps"]:
            differs.append(f"{row['steps'] / max(rows[0]['steps'], 1):.2g} times as many steps")
        if number and row["regimes"] != rows[0]["regimes"] and row["regimes"] is not None:
            differs.append(f"measured {row['regimes']}")
        if number and row["draws"] != rows[0]["draws"]:
            differs.append(f"{row['draws']} noise draws")
        if number and row["clips"] != rows[0]["clips"] and row["clips"] is not None:
            differs.append("measured on other clips")
        cells = [
            row["name"],
            ", ".join(differs) or ("-" if number else "(compared with)"),
            f"{row['steps']:,}",
            f"{row['windows']:,}",
            "-" if row["loss"] is None else f"{row['loss']:.3f}",
            with_interval(row["average"].get("transformer")),
            with_interval(row["average"].get("linear")),
            with_interval(row["twin"].get("linear")),
            with_interval(row["aim"].get("linear"), signed=True),
            "-" if row["motion"] is None else f"{row['motion']:.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def main(arguments: list[str] | None = None) -> None:
    """Print the table, and put it into the docs if asked to."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("runs", type=Path, nargs="+", help="folders of runs, the usual one first")
    made.add_argument("--into", type=Path, help="Markdown file with a part called 'tried'")
    wanted = made.parse_args(arguments)
    for run in wanted.runs:
        if not (run / "settings.json").exists():
            made.error(f"{run} is not the folder of a run")
    lines = tried_table(wanted.runs)
    print("\n".join(lines))
    if wanted.into and "tried" not in fill(wanted.into, {"tried": lines}):
        made.error(f"{wanted.into} has no part <!-- printed: tried --> ... <!-- end -->")


if __name__ == "__main__":
    main()
