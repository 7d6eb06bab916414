"""The command that shows what the model attends to: attend."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from actiondiff_gui.cli.options import (
    as_json,
    backbone_options,
    chosen_features,
    compute_settings,
    existing_project,
    force,
    open_project,
    output_path,
    protected,
)
from actiondiff_gui.cli.running import explained, run_with_bar, tell
from actiondiff_gui.cli.setting_options import given, setting_options
from actiondiff_gui.outputs import Output, check_all
from actiondiff_gui.overlays.overlay import NO_CROSS_ATTENTION, OverlaySettings

if TYPE_CHECKING:
    import numpy as np

    from actiondiff_gui.classifier.models.trained import TrainedClassifier

KINDS = ("spatial", "temporal", "similarity", "colours", "evidence", "frames")


class Kind(click.Choice):
    """Kinds of overlays; cross-attention is refused with the reason why there is none."""

    def convert(self, value, param, ctx):
        """Return the kind, or raise an error."""
        if str(value).lower().startswith("cross"):
            self.fail(NO_CROSS_ATTENTION, param, ctx)
        return super().convert(value, param, ctx)


@click.command(epilog=NO_CROSS_ATTENTION)
@existing_project
@backbone_options
@click.option(
    "--clip", "clips", multiple=True, required=True, help="Clip id; several for similarity and colours."
)
@click.option("--kind", type=Kind(KINDS), default="spatial", show_default=True)
@click.option("--point", help="FRAME,ROW,COLUMN in the first clip's video (spatial, temporal, similarity).")
@click.option(
    "--timestep",
    "timesteps",
    multiple=True,
    help="Index or sigma=1.5; by default the backbone's. Several are shown side by side, of the first clip "
    "(spatial, similarity, colours).",
)
@click.option("--layer", type=int, help="By default the backbone's.")
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
    type=output_path,
    help="File to write: .mp4 or .gif (all frames, several clips side by side over one legend), .png (one frame of "
    "that), .npy (values, a file per clip) or .zarr (values, one group); temporal and frames: .csv or .npy.",
)
@force
@setting_options(OverlaySettings)
@as_json
@explained
def attend(
    project,
    clips,
    kind,
    point,
    timesteps,
    layer,
    head,
    model,
    action,
    out,
    force,
    as_json,
    **options,
):
    """Show overlays of what the model attends to on clips of PROJECT.

    spatial: attention from a point to positions of the same frame. temporal: attention to other frames. similarity:
    similarity to the point, also in other clips. colours: principal components as colours. evidence: where a classifier
    finds an action. frames: importance of frames by attention rollout, beside it the class token in each layer.
    """
    from actiondiff_gui.backbones.protocol import resolve_timestep
    from actiondiff_gui.classifier.models.saved import load_classifier
    from actiondiff_gui.features.dataset import clip_sources
    from actiondiff_gui.features.maps import MapMemory
    from actiondiff_gui.overlays.files import Panel, overlay_outputs, write_overlays, write_weights
    from actiondiff_gui.overlays.kinds import frames_that_decided, temporal_attention
    from actiondiff_gui.workflow import features_of_classifier

    _check(kind, point, model, action, timesteps, out)
    query = _point(point) if point else None
    painting = OverlaySettings(**given(OverlaySettings, options))
    with open_project(project) as opened:
        out = Output(out, force=force, known=protected(opened, model=model, backbone=options["backbone"]))
        if kind in ("temporal", "frames"):
            out.check()
        else:
            alone = kind == "spatial" or len(timesteps) > 1
            check_all(overlay_outputs(out, (1 if alone else len(clips)) * max(1, len(timesteps))))
        sources = clip_sources(opened, clips)
        classifier: TrainedClassifier | None = None
        if model is not None:
            classifier = load_classifier(model)
            source = click.get_current_context().get_parameter_source("backbone")
            named = None if source is ParameterSource.DEFAULT else options["backbone"]
            features = features_of_classifier(opened, classifier, named, compute_settings(options).device)
        else:
            features = chosen_features(opened, options)
        backbone = features.network()
    steps = [resolve_timestep(backbone, each) for each in timesteps] or [features.timestep]
    number = features.layers[-1] if layer is None else layer
    memory = MapMemory(backbone, features.settings)
    if kind in ("temporal", "frames"):
        layers: Sequence[np.ndarray] = ()
        if kind == "temporal":
            assert query is not None  # _check asks for it
            job = temporal_attention(memory, sources[0], steps[0], number, query, head)
            frames, weights = run_with_bar(job, "computing attention")
        else:
            assert classifier is not None  # _check asks for it
            frames, decided = run_with_bar(
                frames_that_decided(memory, sources[0], classifier), "computing attention"
            )
            weights, layers = decided.rollout, list(decided.attention)
        write_weights(frames, weights, out, layers)
        rows = [{"frame": int(f), "weight": round(float(w), 6)} for f, w in zip(frames, weights, strict=True)]
        tell(as_json, {"files": [str(out)], "weights": rows}, f"{len(rows)} frames written to {out}.")
        return 0
    if kind == "spatial" or len(steps) > 1:
        sources = sources[:1]
    job = _overlays(kind, memory, sources, steps, number, query, head, classifier, action)
    overlays = run_with_bar(job, "computing overlays")
    sources = sources * (len(overlays) // len(sources))
    panels = [
        Panel(each.path, over, each.start, each.end) for each, over in zip(sources, overlays, strict=True)
    ]
    writing = write_overlays(panels, out, opacity=painting.opacity, frame=query.frame if query else None)
    files = [str(file) for file in run_with_bar(writing, f"writing {out.name}", "frame")]
    titles = list(dict.fromkeys(each.whole_title for each in overlays))
    tell(as_json, {"files": files, "title": titles[0], "titles": titles}, f"{titles[0]}: {', '.join(files)}")
    return 0


def _check(kind, point, model, action, timesteps, out) -> None:
    """Refuse what does not go together, before anything is loaded."""
    from actiondiff_gui.overlays.files import ENDINGS

    if kind in ("spatial", "temporal", "similarity") and point is None:
        raise click.UsageError(f"--kind {kind} needs --point FRAME,ROW,COLUMN.")
    if kind in ("evidence", "frames") and model is None:
        raise click.UsageError(f"--kind {kind} needs --model.")
    if kind == "evidence" and action is None:
        raise click.UsageError("--kind evidence needs --action.")
    if kind in ("evidence", "frames") and timesteps:
        raise click.UsageError(
            f"--kind {kind} reads the timestep at which the model was trained; leave --timestep out."
        )
    if kind == "temporal" and len(timesteps) > 1:
        raise click.UsageError("--kind temporal takes one --timestep.")
    wanted = (".csv", ".npy") if kind in ("temporal", "frames") else ENDINGS
    if out.suffix.lower() not in wanted:
        raise click.UsageError(f"{out.name} has an ending that is not known. Choose {', '.join(wanted)}.")


def _overlays(kind, memory, sources, steps, layer, query, head, classifier, action):
    """Job of the overlays of a kind: timesteps one after the other, in each the clips."""
    from actiondiff_gui.overlays import kinds

    if kind == "evidence":
        return (yield from kinds.class_evidence(memory, sources, classifier, action))
    if kind == "colours":
        rows = yield from kinds.feature_colours(memory, sources, steps, layer)
        return [each for row in rows for each in row]
    found = []
    for step in steps:
        if kind == "spatial":
            found.append((yield from kinds.spatial_attention(memory, sources[0], step, layer, query, head)))
        else:
            found += yield from kinds.feature_similarity(memory, sources, step, layer, 0, query)
    return kinds.on_one_scale(found) if kind == "spatial" else found


def _point(text: str):
    from actiondiff_gui.overlays.kinds import Point

    try:
        frame, row, column = (float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no point. Write FRAME,ROW,COLUMN, for example 12,96,80."
        ) from None
    return Point(int(frame), row, column)
