"""The command that applies a classifier: predict."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from actiondiff_gui.backbones.compute import ComputeSettings
from actiondiff_gui.cli.backups import back_up_first
from actiondiff_gui.cli.options import (
    as_json,
    checked_outputs,
    compute_settings,
    existing_project,
    force,
    open_project,
    output_path,
    protected,
)
from actiondiff_gui.cli.running import PASSED_OVER, explained, run_with_bar, tell
from actiondiff_gui.cli.setting_options import given, setting_options
from actiondiff_gui.inference.recordings import Sliding
from actiondiff_gui.outputs import Output
from actiondiff_gui.tables import records_text

if TYPE_CHECKING:
    from actiondiff_gui.classifier.bouts import Bout
    from actiondiff_gui.classifier.models.trained import TrainedClassifier
    from actiondiff_gui.features.feature_set import FeatureSet
    from actiondiff_gui.project.project import Project


@click.command()
@existing_project
@click.option("--model", required=True, help="Name of a model of the project, or a file from `train --out`.")
@click.option("--backbone", help="Folder of the backbone, if its name is not enough.")
@click.option(
    "--recording",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A long video to cut into bouts, instead of the project's clips.",
)
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Add all videos in this folder and the folders in it, and predict them: short ones as clips, long ones as bouts.",
)
@setting_options(Sliding)
@click.option("--out", type=output_path, help="CSV file to write.")
@force
@setting_options(ComputeSettings, only=("device",))
@as_json
@explained
def predict(
    project,
    model,
    backbone,
    recording,
    folder,
    out,
    force,
    as_json,
    **options,
):
    """Predict the actions of the clips of PROJECT or of a folder of videos, or the bouts of a long recording.

    Predictions are stored in the project under the name of the model, beside the labels and never in their place; bouts
    become clips with only the prediction, and replace earlier ones that were not confirmed, denied or changed. With
    --recording only features are stored. Missing features are computed first.
    """
    from actiondiff_gui.inference.clips import predict_clips_job
    from actiondiff_gui.inference.folders import apply_to_folder_job, videos_in
    from actiondiff_gui.inference.recordings import predict_recording
    from actiondiff_gui.workflow import features_of_classifier

    if recording and folder:
        raise click.UsageError("Give --recording or --folder, not both.")
    sliding, device = Sliding(**given(Sliding, options)), compute_settings(options).device
    with open_project(project) as opened:
        films = videos_in(folder) if folder else ()
        known = protected(opened, model=model, backbone=backbone, recording=recording, folder=films)
        (out,) = checked_outputs(known, force, out)
        if not recording:
            back_up_first(project)
        classifier, by = _classifier(opened, model)

        files = [recording] if recording else films
        _tell_of_footage(opened, classifier, files, "recording" if recording else "video")

        def load() -> "FeatureSet":
            return features_of_classifier(opened, classifier, backbone, device)

        if recording:
            cutting = predict_recording(classifier, load(), recording, sliding)
            bouts = run_with_bar(cutting, "predicting", "window").found(sliding)
            rows, failed = _bout_rows(recording.name, bouts), {}
            lines = [f"{len(bouts)} bouts in {recording.name}."]
        elif folder:
            job = apply_to_folder_job(opened, classifier, by, folder, sliding, load)
            found = run_with_bar(job, "predicting", "clip")
            names = {video.id: video.path.name for video in opened.videos()}
            rows = [row for video, bouts in found.bouts.items() for row in _bout_rows(names[video], bouts)]
            clips = found.clips.rows(opened) if found.clips else []
            rows = [
                *(_as_bout(row) for row in clips),
                *rows,
            ]
            failed = found.failed
            lines = [
                f"{found.added} videos added. {len(clips)} clips predicted; "
                f"{sum(map(len, found.bouts.values()))} bouts in {len(found.bouts)} recordings. Kept in {project}."
            ]
        else:
            done = run_with_bar(predict_clips_job(opened, classifier, by, load=load), "predicting", "clip")
            rows, failed = done.rows(opened), done.failed
            lines = [f"{len(rows)} clips predicted and kept in {project}."]
    if out:
        _write(out, rows)
        lines.append(f"Written to {out}.")
    if not (as_json or out or recording is None):
        lines += [f"{r['start_frame']:>7} {r['end_frame']:>7}  {r['label']}  {r['confidence']}" for r in rows]
    tell(as_json, {"rows": rows, "failed": failed}, *lines, *(() if as_json else failed.values()))
    return PASSED_OVER if failed else 0


def _tell_of_footage(
    project: "Project", classifier: "TrainedClassifier", files: Sequence[Path], what: str
) -> None:
    """Say beforehand where video files, or without any the videos of the project, differ from what the model was trained on."""
    from actiondiff_gui.inference.footage import measured, other_footage

    videos = list(filter(None, map(measured, files))) if files else project.videos()
    told = other_footage(classifier.metrics, videos, what)
    if told:
        click.echo(f"note: {told}", err=True)


def _classifier(project: "Project", model: str) -> "tuple[TrainedClassifier, str]":
    """Return the classifier called ``model`` in the project, or in a file; and the name that its predictions are stored under."""
    from actiondiff_gui.classifier.models.library import list_models, load_model
    from actiondiff_gui.classifier.models.saved import load_classifier
    from actiondiff_gui.errors import ClassifierError

    if Path(model).is_file():
        return load_classifier(model), Path(model).stem
    kept = [each.name for each in list_models(project)]
    if model in kept:
        return load_model(project, model), model
    raise ClassifierError(
        f"There is neither a file nor a model of the project called {model}. Its models: {', '.join(kept) or 'none'}."
    )


def _bout_rows(video: str, bouts: "Iterable[Bout]") -> list[dict[str, Any]]:
    return [
        {
            "video": video,
            "start_frame": b.start,
            "end_frame": b.end,
            "label": b.label,
            "confidence": f"{b.confidence:.3f}",
        }
        for b in bouts
    ]


def _as_bout(row: dict[str, Any]) -> dict[str, Any]:
    """Return a predicted clip as a row of the same table as bouts."""
    chances = [value for name, value in row.items() if name.startswith("p(")]
    return {
        "video": row["video"],
        "start_frame": row["start_frame"],
        "end_frame": row["end_frame"],
        "label": row["predicted"],
        "confidence": f"{max(chances):.3f}",
    }


def _write(out: Output, rows: list[dict[str, Any]]) -> None:
    from actiondiff_gui.report.files import write_table

    write_table(out, records_text(rows, () if rows else ("clip",)))
