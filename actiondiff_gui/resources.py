"""Location of the sample clips and of the tiny model on this computer."""

from pathlib import Path

from actiondiff_gui.errors import ActionDiffError


def sample_data(*parts: str) -> Path:
    """Path of a file or folder of the sample data, in an installed package or in a checkout."""
    package = Path(__file__).resolve().parent
    for root in (package / "_sample_data", package.parent / "sample_data"):
        if root.is_dir():
            return root.joinpath(*parts)
    raise ActionDiffError(f"The sample data are missing beside {package}. Install actiondiff-gui again.")
