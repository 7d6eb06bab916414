"""Import sources: a folder, a clip table, or a file of another tool."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from actiondiff_gui.progress import Job
from actiondiff_gui.project.formats.imports.clip_table import import_clip_table
from actiondiff_gui.project.formats.imports.folders import import_folders
from actiondiff_gui.project.formats.imports.labels import import_foreign
from actiondiff_gui.project.formats.imports.plan import Choice
from actiondiff_gui.project.formats.imports.report import ImportReport
from actiondiff_gui.project.formats.readers.detect import CLIPS, kind_of
from actiondiff_gui.project.project import Project


@dataclass(frozen=True)
class SourceOptions:
    """How a source is read.

    Attributes
    ----------
    levels : tuple of str
        What the levels of a folder stand for: ``"class"``, ``"domain"``.
    domain : str
        Metadata field that a folder level of domains tells.
    unit : {"seconds", "frames"}, optional
        What ``start`` and ``end`` of a table of clips count.
    allow_outside : bool
        Let a table of clips name videos outside its own folder.
    choice, by
        Actions and videos that are meant, and who labelled a table or another tool's file.
    columns, video, unite_case
        Of another tool's file, as for :func:`~actiondiff_gui.project.formats.imports.labels.import_foreign`.
    """

    levels: tuple[str, ...] = ("class",)
    domain: str = "domain"
    unit: Literal["seconds", "frames"] | None = None
    allow_outside: bool = False
    choice: Choice | None = None
    columns: Sequence[str] | None = None
    video: str | None = None
    unite_case: bool = False
    by: str | None = None


def kind_of_source(source: Path, options: SourceOptions, kind: str = "auto") -> str:
    """Return the kind of a source: a key of :data:`~actiondiff_gui.project.formats.readers.contents.NAMES`, or "clips"; ``kind`` if not "auto".

    Raises
    ------
    ProjectError
        It cannot be read, or is in no format that is known.
    """
    if source.is_dir() or options.unit or options.allow_outside:
        return CLIPS
    return kind_of(source) if kind == "auto" else kind


def import_source(project: Project, source: Path, kind: str, options: SourceOptions) -> Job[ImportReport]:
    """Add what a source of a known ``kind`` (:func:`kind_of_source`) holds to a project.

    Raises
    ------
    ProjectError
        It cannot be read.
    """
    if source.is_dir():
        return import_folders(project, source, levels=options.levels, domain_facet=options.domain)
    if kind == CLIPS:
        return import_clip_table(
            project,
            source,
            unit=options.unit,
            allow_outside=options.allow_outside,
            choice=options.choice,
            by=options.by,
        )
    return import_foreign(
        project,
        source,
        kind=kind,
        choice=options.choice,
        columns=None if options.columns is None else list(options.columns),
        video=options.video,
        unite_case=options.unite_case,
        by=options.by,
    )
