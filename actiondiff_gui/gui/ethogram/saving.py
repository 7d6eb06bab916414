"""Export menu of the ethogram, and the jobs that write its files."""

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog, QMenu

from actiondiff_gui.ethogram.agreement import Agreement
from actiondiff_gui.ethogram.settings import EthogramSettings
from actiondiff_gui.gui.common.saving import ask_file, confirmed, known_to
from actiondiff_gui.gui.ethogram.state.computing import Seen
from actiondiff_gui.gui.forms.settings_form import ask_settings
from actiondiff_gui.outputs import Output

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host
    from actiondiff_gui.project.formats.writers.registry import Writer

_FILTERS = {
    "csv": "Table (*.csv)",
    "tsv": "Table (*.tsv)",
    "boris": "BORIS project (*.boris)",
    "eaf": "ELAN annotations (*.eaf)",
    "json": "VIA 3 project (*.json)",
    "nwb": "NWB (*.nwb)",
    "png": "Picture (*.png)",
    "svg": "Drawing (*.svg)",
}


def fill_menu(menu: QMenu, host: "Host", seen: Seen, video_ids: list[str] | None, compared) -> None:
    """Add an entry for every file that can be exported; ``compared`` is an agreement or None."""
    from actiondiff_gui.project.formats.writers.registry import WRITERS

    menu.clear()

    def add(text: str, run, *values: object) -> None:
        guarded = host.guarded(run)
        menu.addAction(text).triggered.connect(lambda _=False: guarded(*values))

    for kind, writer in WRITERS.items():
        add(f"{writer.words}...", _ask_bouts, host, seen, video_ids, kind)
    add("0 and 1 every 0.1 s, as BORIS and A-SOiD (CSV)...", _ask_bouts, host, seen, video_ids, "binary")
    menu.addSeparator()
    add("Raster as a picture (PNG)...", _ask_numbers, host, seen, "raster", "png")
    add("Raster as a drawing (SVG)...", _ask_numbers, host, seen, "raster", "svg")
    add("Time budget (CSV)...", _ask_numbers, host, seen, "budget", "csv")
    add("Transitions (CSV)...", _ask_numbers, host, seen, "transitions", "csv")
    add("Transitions as a picture (PNG)...", _ask_numbers, host, seen, "transitions", "png")
    if isinstance(compared, Agreement):
        add("Agreement (CSV)...", _ask_agreement, host, compared)


def _ask_bouts(host: "Host", seen: Seen, video_ids: list[str] | None, kind: str) -> None:
    from actiondiff_gui.project.formats.writers.registry import WRITERS
    from actiondiff_gui.report.ethogram_files import export_bouts_job

    every = None
    if kind == "binary":
        kind = "frames"
        asked = ask_settings(host.window, "Rows of the table", EthogramSettings(every=0.1), ("every",))
        if asked is None:
            return
        every = asked.every
    project = host.session.needed()
    writer = WRITERS[kind]
    several = len({int(index) for index in seen.ethogram.bouts.recording}) > 1
    if several and writer.alone:
        name = QFileDialog.getExistingDirectory(
            host.window, f"Folder for {writer.words}, a file for each recording", str(project.path.parent)
        )
        path = _folder(host, Path(name), kind, seen) if name else None
    else:
        path = _ask(host, _proposed(seen, writer), not writer.alone)
    if path is None:
        return
    source, counted = seen.ethogram.source, seen.ethogram.counted

    def done(written) -> None:
        where = written.files[0] if len(written.files) == 1 else f"{path} ({len(written.files)} files)"
        host.tell(" ".join([f"{written.bouts:,} bouts written to {where}.", *written.notes]))

    host.jobs.start(
        lambda: export_bouts_job(project, source, kind, path, video_ids, every, counted),
        f"exporting {writer.words}",
        done=done,
    )


def _folder(host: "Host", folder: Path, kind: str, seen: Seen) -> Output | None:
    """Ask for a folder for one file per recording with bouts; asks before overwriting files."""
    from actiondiff_gui.report.ethogram_files import bout_outputs

    bouts = seen.ethogram.bouts
    ids = {bouts.recordings[index].id for index in set(map(int, bouts.recording))}
    videos = [video for video in host.session.videos.values() if video.id in ids]

    def make(force: bool) -> Output:
        return Output(folder, force=force, known=known_to(host))

    return confirmed(host, make, lambda out: bout_outputs(out, kind, videos).check())


def _proposed(seen: Seen, writer: "Writer") -> str:
    """Return the proposed file name; a file of one recording is named after it, as the tools that read it expect."""
    bouts = seen.ethogram.bouts
    indices = {int(index) for index in bouts.recording}
    if len(indices) > 1:
        return f"ethogram_{writer.kind}.{writer.suffix}"
    stem = Path(bouts.recordings[indices.pop()].name).stem
    return stem + writer.ending if writer.alone else f"{stem}_{writer.kind}.{writer.suffix}"


def _ask_numbers(host: "Host", seen: Seen, what: str, suffix: str) -> None:
    from actiondiff_gui.report import ethogram_files as files

    path = _ask(host, f"ethogram_{what}.{suffix}")
    if path is None:
        return
    colours = {action.name: action.colour for action in host.session.actions}
    write = {
        "raster": lambda: files.write_raster(seen.ethogram, path, colours),
        "budget": lambda: files.write_budget(seen.ethogram, path),
        "transitions": lambda: files.write_transitions(seen.ethogram, path, colours),
    }[what]
    _write(host, write, path)


def _ask_agreement(host: "Host", found: Agreement) -> None:
    from actiondiff_gui.report.ethogram_files import write_agreement

    path = _ask(host, "ethogram_agreement.csv")
    if path is not None:
        _write(host, lambda: write_agreement(found, path), path)


def _write(host: "Host", write, path: Output) -> None:
    host.jobs.run(write, f"writing {path.name}", done=lambda _: host.tell(f"Written to {path}."))


def _ask(host: "Host", proposed: str, with_project: bool = True) -> Output | None:
    """Ask for a file; the proposed name starts with the project's where it says little by itself."""
    project = host.session.needed()
    start = project.path.with_name(f"{project.path.stem}_{proposed}" if with_project else proposed)
    return ask_file(host, "Save", start, [_FILTERS[start.suffix.removeprefix(".")]])
