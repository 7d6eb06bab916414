"""Take the pictures of docs/timesteps.md from a report.

actiondiff-gui study sample.actiondiff --timesteps 0,10,20,25,29 --scoreboard --domain species --out OUT
python scripts/study_pictures.py OUT
"""

import sys
from pathlib import Path

from PIL import Image

PICTURES = ("timestep_layer", "measures", "scoreboard_means", "scoreboard_linear")
WIDTH = 1280
MOST_BYTES = 250_000
"""A picture that is larger gets a palette; rare colours, such as the mark of chance, stay."""
IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"


def main() -> None:
    """Write the report's figures 1280 pixels wide to docs/images."""
    folder = Path(sys.argv[1])
    for name in PICTURES:
        with Image.open(folder / f"{name}.png") as picture:
            height = round(picture.height * WIDTH / picture.width)
            small = picture.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
        target = IMAGES / f"study_{name}.png"
        small.save(target, optimize=True)
        if target.stat().st_size > MOST_BYTES:
            small.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
                target, optimize=True
            )
        print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
