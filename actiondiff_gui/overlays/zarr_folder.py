"""Validation of a zarr output folder: replaced only where it holds nothing but zarr files."""

import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actiondiff_gui.errors import OutputError, OutputExistsError
from actiondiff_gui.files import part_of
from actiondiff_gui.outputs import Output
from actiondiff_gui.protected import real_path


class ZarrFolder(Output):
    """A folder that a person named for arrays in zarr's format 3."""

    @contextmanager
    def written(self) -> Iterator[Path]:
        """Give a path to make the folder at, and put it in its place when the block ends."""
        self.check()
        target = real_path(self.path)
        part = part_of(target)
        before = part.with_name(f"{part.name}.before")
        try:
            yield part
            self._allowed()
            if target.exists():
                target.rename(before)
            part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
            if before.exists() and not target.exists():
                before.rename(target)
            shutil.rmtree(before, ignore_errors=True)

    def _refuse_replacing(self, real: Path, mode: int) -> None:
        if not stat.S_ISDIR(mode) or not (real / "zarr.json").is_file():
            raise OutputError(f"{self.path} exists already and is not a zarr folder. Choose another name.")
        other = next(
            (each for each in real.rglob("*") if not each.is_dir() and not _of_zarr(each, real)), None
        )
        if other is not None:
            raise OutputError(
                f"{other} is no file of zarr, so its folder is not replaced. Choose another name."
            )
        if not self.force:
            raise OutputExistsError((self.path,))


def _of_zarr(file: Path, folder: Path) -> bool:
    """Return whether a file is a description, or a chunk ``.../c/0/0/0``, and no link."""
    if file.is_symlink() or not file.is_file():
        return False
    return file.name == "zarr.json" or ("c" in file.relative_to(folder).parts[:-1] and file.name.isdigit())
