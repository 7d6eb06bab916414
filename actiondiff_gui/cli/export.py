"""The command that exports labels, bouts and their statistics: export."""

from typing import TYPE_CHECKING

import click

from actiondiff_gui.cli.options import as_json, existing_project, force, open_project, output_path, protected
from actiondiff_gui.cli.running import explained, run_with_bar, tell
from actiondiff_gui.cli.setting_options import given, setting_options
from actiondiff_gui.errors import ProjectError
from actiondiff_gui.ethogram.settings import EthogramSettings
from actiondiff_gui.outputs import Output
from actiondiff_gui.project.formats.writers.registry import WRITERS

if TYPE_CHECKING:
    from actiondiff_gui.ethogram.source import Source
    from actiondiff_gui.project.project import Project

CLIPS, ANSWERS = "clips", "answers"
BOUTS = tuple(WRITERS)
NUMBERS = ("budget", "transitions", "raster", "agreement")


@click.command()
@existing_project
@click.option(
    "--out",
    required=True,
    type=output_path,
    help="File to write; or, for bouts, a folder for a file per recording.",
)
@force
@click.option(
    "--format",
    "format_",
    type=click.Choice([CLIPS, ANSWERS, *BOUTS, *NUMBERS]),
    default=CLIPS,
    show_default=True,
    help="clips: the table that `import` reads. answers: the answers of reviews. "
    + "".join(f"{writer.kind}: {writer.words}. " for writer in WRITERS.values())
    + "budget, transitions, agreement: tables of numbers. raster, transitions: figures, if OUT ends with .png or .svg.",
)
@click.option(
    "--source",
    type=click.Choice(["labels", "predictions", "both"]),
    default="labels",
    show_default=True,
    help="Labels, predictions of a model, or labels and predictions where there are none.",
)
@click.option("--model", help="The model whose predictions count; may be left out where there is only one.")
@click.option("--rater", help="Only the labels of this annotator or import.")
@click.option("--video", "videos", multiple=True, help="Only this video (may be given again).")
@setting_options(EthogramSettings)
@click.option("--by", default="", metavar="WHAT", help="Group the budget by: recording, subject, or a facet.")
@click.option("--against", metavar="NAME", help="For agreement: the model or annotator to compare with.")
@as_json
@explained
def export(
    project,
    out,
    force,
    format_,
    source,
    model,
    rater,
    videos,
    by,
    against,
    as_json,
    **options,
):
    """Write the clips of PROJECT with labels and facets, its bouts for other tools, or the numbers of its ethogram."""
    settings = EthogramSettings(**given(EthogramSettings, options))
    with open_project(project) as opened:
        out = Output(out, force=force, known=protected(opened))
        # What goes to a folder is known when the bouts are; it is checked then.
        if format_ not in BOUTS or not out.path.is_dir():
            out.check()
        if format_ == CLIPS:
            from actiondiff_gui.project.formats.writers.clip_table import export_clip_table

            clips = export_clip_table(opened, out)
            tell(as_json, {"clips": clips, "file": str(out)}, f"{clips} clips written to {out}.")
            return
        if format_ == ANSWERS:
            from actiondiff_gui.project.formats.writers.answers import export_answers

            answers = export_answers(opened, out)
            tell(as_json, {"answers": answers, "file": str(out)}, f"{answers} answers written to {out}.")
            return
        chosen = _source(opened, source, model, rater)
        ids = _videos(opened, videos)
        if format_ in BOUTS:
            _bouts(opened, chosen, format_, out, ids, settings, as_json)
        elif format_ == "agreement":
            _agreement(opened, chosen, against, out, ids, settings, as_json)
        else:
            _numbers(opened, chosen, format_, out, ids, settings, by, as_json)


def _bouts(project: "Project", source, kind, out, ids, settings, as_json) -> None:
    from actiondiff_gui.report.ethogram_files import export_bouts_job

    job = export_bouts_job(project, source, kind, out, ids, settings.every, settings.counted)
    done = run_with_bar(job, "exporting", "recording")
    for note in done.notes:
        click.echo(f"note: {note}", err=True)
    files = [str(file) for file in done.files]
    where = files[0] if len(files) == 1 else f"{len(files)} files in {out}"
    tell(
        as_json,
        {"bouts": done.bouts, "files": files, "source": source.words(), "notes": list(done.notes)},
        f"{done.bouts} bouts ({source.words()}) written to {where}.",
    )


def _numbers(project: "Project", source, kind, out, ids, settings, by, as_json) -> None:
    from dataclasses import asdict

    from actiondiff_gui.ethogram.budget import FACET, NOTHING, RECORDING, SUBJECT
    from actiondiff_gui.ethogram.jobs import ethogram_job
    from actiondiff_gui.ethogram.words import counted_words
    from actiondiff_gui.report import ethogram_files as files

    by = by if by in (NOTHING, RECORDING, SUBJECT) else FACET + by
    if by.startswith(FACET) and by[len(FACET) :] not in project.facets():
        raise ProjectError(
            f"No clip has the facet {by[len(FACET) :]!r}. Choose an existing one, recording or subject."
        )
    job = ethogram_job(project, source, ids, settings.counted, by, settings.with_own)
    found = run_with_bar(job, "counting")
    colours = {action.name: action.colour for action in project.actions()}
    if kind == "budget":
        files.write_budget(found, out)
    elif kind == "transitions":
        files.write_transitions(found, out, colours)
    else:
        files.write_raster(found, out, colours)
    rows = [{k: None if v != v else v for k, v in asdict(row).items()} for row in found.budget]
    words = counted_words(found)
    tell(as_json, {"file": str(out), "counted": words, "budget": rows}, words, f"Written to {out}.")


def _agreement(project: "Project", first, against, out, ids, settings, as_json) -> None:
    from actiondiff_gui.ethogram.jobs import compare_job
    from actiondiff_gui.ethogram.source import PREDICTIONS, RATER, Source, models, raters
    from actiondiff_gui.ethogram.words import agreement_words
    from actiondiff_gui.report.ethogram_files import write_agreement

    predicting = [name for name, _ in models(project)]
    labelling = [name for name, _ in raters(project)]
    if not against:
        raise ProjectError(
            f"Pass --against to choose what to compare with: {_listed([*predicting, *labelling])}."
        )
    if against not in (*predicting, *labelling):
        raise ProjectError(
            f"There are no labels or predictions by {against!r}. Available: {_listed([*predicting, *labelling])}."
        )
    second = Source(PREDICTIONS if against in predicting else RATER, against)
    found = run_with_bar(compare_job(project, first, second, ids, settings), "comparing", "recording")
    write_agreement(found, out)
    words = agreement_words(found, settings.frames, first.words(), second.words())
    result = {
        "kappa": _known(found.kappa),
        "same": _known(found.same),
        "macro_frame_f1": _known(found.macro_frame_f1),
        "macro_bout_f1": _known(found.macro_bout_f1),
        "frames": found.frames,
        "counted": words,
        "file": str(out),
    }
    tell(
        as_json,
        result,
        words,
        f"kappa {found.kappa:.3f}, the same in {found.same:.1%} of the frames, frame F1 {found.macro_frame_f1:.3f}, "
        f"bout F1 {found.macro_bout_f1:.3f} (means over actions).",
        f"Written to {out}.",
    )


def _known(value: float) -> float | None:
    return None if value != value else value


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none yet"


def _source(project: "Project", kind: str, model: str | None, rater: str | None) -> "Source":
    from actiondiff_gui.ethogram.source import LABELS, RATER, Source, models, raters

    if rater:
        names = [name for name, _ in raters(project)]
        if rater not in names:
            raise ProjectError(f"There are no labels by {rater!r}. Available: {_listed(names)}.")
        return Source(RATER, rater)
    if kind == LABELS:
        return Source()
    names = [name for name, _ in models(project)]
    if model is None and len(names) == 1:
        model = names[0]
    if model not in names:
        asked = (
            f"There are no predictions of a model called {model!r}"
            if model
            else "Pass --model to choose the predictions"
        )
        raise ProjectError(f"{asked}. Available: {_listed(names)}.")
    return Source(kind, model)


def _videos(project: "Project", names: tuple[str, ...]) -> list[str] | None:
    from actiondiff_gui.project.formats.imports.video_match import match_videos

    if not names:
        return None
    found, reasons = match_videos(names, project.videos())
    if reasons:
        raise ProjectError(f"--video: {next(iter(reasons.values()))}")
    return [video.id for video in found.values()]
