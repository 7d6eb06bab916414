"""The command that shows where the model looks: attend."""

from pathlib import Path

import click
from click.core import ParameterSource

from actiondiff_gui.cli.options import (
    as_json,
    backbone_options,
    chosen_features,
    existing_project,
    open_project,
)
from actiondiff_gui.cli.running import explained, run_with_bar, tell

KINDS = ("spatial", "temporal", "similarity", "colours", "evidence", "frames")


@click.command()
@existing_project
@backbone_options
@click.option(
    "--clip", "clips", multiple=True, required=True, help="Clip id; several for similarity and colours."
)
@click.option("--kind", type=click.Choice(KINDS), default="spatial", show_default=True)
@click.option("--point", help="FRAME,ROW,COLUMN in the first clip's video (spatial, temporal, similarity).")
@click.option("--timestep", help="Index or sigma=1.5; by default the backbone's usual one.")
@click.option("--layer", type=int, help="By default the backbone's usual one.")
@click.option("--head", type=int, help="One attention head; by default the mean over heads.")
@click.option(
    "--model",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Trained classifier (evidence, frames).",
)
@click.option("--action", help="Action whose evidence is shown.")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="File to write: .mp4, .gif, .png or .npy (temporal, frames: .csv). With several clips, a number is added.",
)
@click.option("--opacity", type=click.FloatRange(0, 1), default=0.6, show_default=True)
@as_json
@explained
def attend(
    project, clips, kind, point, timestep, layer, head, model, action, out, opacity, as_json, **options
):
    """Paint over clips of PROJECT where the model looks.

    spatial: from a point, where in the same frame the network looks. temporal: at which frames. similarity: what is
    like the point, also in other clips. colours: kinds of places as colours. evidence: where a classifier finds an
    action. frames: which frames decided.
    """
    from actiondiff_gui.backbones.protocol import resolve_timestep
    from actiondiff_gui.classifier.saved import load_classifier
    from actiondiff_gui.features.dataset import clip_sources
    from actiondiff_gui.features.maps import MapMemory
    from actiondiff_gui.looking import looks
    from actiondiff_gui.looking.files import write_overlay
    from actiondiff_gui.workflow import features_of_classifier

    if kind in ("spatial", "temporal", "similarity") and point is None:
        raise click.UsageError(f"--kind {kind} needs --point FRAME,ROW,COLUMN.")
    if kind in ("evidence", "frames") and model is None:
        raise click.UsageError(f"--kind {kind} needs --model.")
    if kind == "evidence" and action is None:
        raise click.UsageError("--kind evidence needs --action.")
    place = _point(point) if point else None
    with open_project(project) as opened:
        sources = clip_sources(opened, clips)
        if model is not None:
            classifier = load_classifier(model)
            source = click.get_current_context().get_parameter_source("backbone")
            given = None if source is ParameterSource.DEFAULT else options["backbone"]
            features = features_of_classifier(opened, classifier, given, options["device"])
        else:
            features = chosen_features(opened, options)
    backbone = features.backbone
    step = resolve_timestep(backbone, timestep) if timestep else backbone.default_timestep
    number = backbone.default_layer if layer is None else layer
    memory = MapMemory(backbone, features.settings)
    title = "looking"
    if kind in ("temporal", "frames"):
        if kind == "temporal":
            job = looks.temporal_attention(memory, sources[0], step, number, place, head)
            frames, weights = run_with_bar(job, title)
        else:
            frames, decided = run_with_bar(looks.frames_that_decided(memory, sources[0], classifier), title)
            weights = decided.rollout
        _write_weights(out, frames, weights)
        rows = [{"frame": int(f), "weight": round(float(w), 6)} for f, w in zip(frames, weights, strict=True)]
        tell(as_json, {"files": [str(out)], "weights": rows}, f"{len(rows)} frames written to {out}.")
        return 0
    if kind == "spatial":
        sources = sources[:1]
        job = looks.spatial_attention(memory, sources[0], step, number, place, head)
        overlays = [run_with_bar(job, title)]
    elif kind == "similarity":
        job = looks.feature_similarity(memory, sources, step, number, 0, place)
        overlays = run_with_bar(job, title)
    elif kind == "colours":
        overlays = run_with_bar(looks.feature_colours(memory, sources, [step], number), title)[0]
    else:
        overlays = run_with_bar(looks.class_evidence(memory, sources, classifier, action), title)
    files = []
    for n, (source, overlay) in enumerate(zip(sources, overlays, strict=True), 1):
        file = out if len(sources) == 1 else out.with_name(f"{out.stem}_{n}{out.suffix}")
        run_with_bar(
            write_overlay(source.path, overlay, file, opacity=opacity), f"writing {file.name}", "frame"
        )
        files.append(str(file))
    tell(as_json, {"files": files, "title": overlays[0].title}, f"{overlays[0].title}: {', '.join(files)}")
    return 0


def _point(text: str):
    from actiondiff_gui.looking.looks import Point

    try:
        frame, row, column = (float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no point. Write FRAME,ROW,COLUMN, for example 12,96,80."
        ) from None
    return Point(int(frame), row, column)


def _write_weights(out: Path, frames, weights) -> None:
    import csv

    from actiondiff_gui.report.files import write_whole

    def write(part: Path) -> None:
        with part.open("w", newline="", encoding="utf-8") as stream:
            table = csv.writer(stream)
            table.writerow(["frame", "weight"])
            table.writerows([int(f), f"{w:.6f}"] for f, w in zip(frames, weights, strict=True))

    write_whole(out, write, "table")
