"""Asking where missing videos are now, and looking for them in a job."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog

from actiondiff_gui.project.formats.imports.relinking import Relinked, relink_job

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


def ask_folder(host: "Host", wanted: Sequence[str] | None = None) -> None:
    """Ask for the folder that videos were moved to, at first all missing ones, and search it with all its subfolders."""
    project = host.session.needed()
    name = QFileDialog.getExistingDirectory(
        host.window, "Folder with the videos; subfolders are searched too", str(project.path.parent)
    )
    if name:
        find(host, [Path(name)], wanted)


def ask_file(host: "Host", video_id: str) -> None:
    """Ask for the present file of a video."""
    video = host.session.videos[video_id]
    name, _ = QFileDialog.getOpenFileName(
        host.window, f"Locate {video.path.name}", str(host.session.needed().path.parent)
    )
    if name:
        find(host, [Path(name)], [video_id])


def find(host: "Host", places: Sequence[Path], wanted: Sequence[str] | None = None) -> None:
    """Search for missing videos in files and folders."""
    project = host.session.needed()

    def done(result: Relinked) -> None:
        if host.session.project is not project:
            return
        host.session.reread()
        for problem in result.problems:
            host.jobs.add_problem(problem)
        host.tell(words(result, places))

    host.jobs.start(lambda: relink_job(project, places, wanted), "looking for the videos", done=done)


def words(result: Relinked, places: Sequence[Path]) -> str:
    """Return the outcome of a search, as a sentence."""
    where = places[0].name if len(places) == 1 else f"{len(places)} locations"
    if not result.found and not result.missing:
        return "No video is missing."
    found = len(result.found)
    told = f"{found} video{'s' * (found != 1)} found in {where}." if found else ""
    if result.missing:
        left = (
            f"{result.missing} still missing"
            if found
            else f"None of {result.missing} missing videos was found in {where}"
        )
        looked = f"{result.looked_at:,} file{'s' * (result.looked_at != 1)} compared by content"
        told = f"{told} {left}: {looked}.".strip()
    return told
