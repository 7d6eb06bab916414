"""Commands that train a classifier and apply it: train, predict."""

import csv
from pathlib import Path

import click

from actiondiff_gui.cli.options import (
    as_json,
    backbone_options,
    chosen_features,
    domain,
    existing_project,
    open_project,
)
from actiondiff_gui.cli.running import PASSED_OVER, explained, run_with_bar, tell


@click.command()
@existing_project
@backbone_options
@click.option("--timestep", help="Index or sigma=1.5; by default the backbone's usual one.")
@click.option("--layer", type=int, help="By default the backbone's usual one.")
@click.option(
    "--head",
    type=click.Choice(["transformer", "linear", "neighbours"]),
    default="transformer",
    show_default=True,
)
@click.option(
    "--preset",
    help="Training settings: a benchmark of the paper; by default small-data, as suits the labels.",
)
@click.option(
    "--hold-out", metavar="DOMAIN[,DOMAIN]", help="Domains to leave out of training and to test on."
)
@click.option("--seed", default=0, show_default=True)
@domain
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write (.safetensors).",
)
@as_json
@explained
def train(project, timestep, layer, head, preset, hold_out, seed, domain, out, as_json, **options):
    """Train a classifier on the labelled clips of PROJECT."""
    from dataclasses import replace

    from actiondiff_gui.backbones.protocol import resolve_timestep
    from actiondiff_gui.classifier import presets
    from actiondiff_gui.classifier.heads import fit_job
    from actiondiff_gui.classifier.metrics import top1
    from actiondiff_gui.classifier.saved import save_classifier
    from actiondiff_gui.classifier.splits import train_on_all, train_on_test_on
    from actiondiff_gui.classifier.targets import is_single_label
    from actiondiff_gui.features.dataset import ProjectTokens

    if preset:
        presets.preset(preset)
    with open_project(project, domain) as opened:
        features = chosen_features(opened, options)
        backbone = features.backbone
        step = resolve_timestep(backbone, timestep) if timestep else backbone.default_timestep
        number = backbone.default_layer if layer is None else layer
        load = ProjectTokens(opened, features.store, [number], domain_facet=domain)
        tokens = load(step.key, number)
    settings = presets.preset(preset or presets.usual_preset(is_single_label(tokens.labels)), seed=seed)
    if hold_out:
        held = tuple(part.strip() for part in hold_out.split(",") if part.strip())
        others = tuple(sorted(set(tokens.domains) - set(held) - {""}))
        fold = train_on_test_on(tokens, others, held, seed=seed)[0]
    else:
        fold = train_on_all(tokens, seed=seed)
    extraction = dict(features.store.provenance.values)
    job = fit_job(head, tokens, fold.train, fold.validation, settings, backbone.device, extraction=extraction)
    model = run_with_bar(job, f"training the {head}", "epoch")
    result = {"head": head, "classes": list(model.classes), "training_clips": model.training_clips}
    lines = [f"The {head} was trained on {model.training_clips} clips of {len(model.classes)} actions."]
    if len(fold.test):
        test = tokens.subset(fold.test)
        known = (test.labels == 1).sum(axis=1) == 1
        score = float(top1(model.predict_proba(test)[known], (test.labels == 1)[known]))
        model = replace(
            model,
            metrics={
                **model.metrics,
                "held_out": {"domains": list(held), "top-1": score, "clips": int(known.sum())},
            },
        )
        result["held_out"] = model.metrics["held_out"]
        lines.append(
            f"Top-1 on {int(known.sum())} clips of {', '.join(held)}: {score:.3f} (chance {1 / len(model.classes):.3f})."
        )
    save_classifier(model, out)
    tell(as_json, result | {"file": str(out)}, *lines, *fold.notes, f"Saved as {out}.")
    return PASSED_OVER if load.missing else 0


@click.command()
@existing_project
@click.option(
    "--model",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A classifier from `train`.",
)
@click.option("--backbone", help="Where the backbone is, if its name is not enough (a folder).")
@click.option(
    "--recording",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A long video to cut into bouts, instead of the project's clips.",
)
@click.option("--window-seconds", default=2.7, show_default=True, help="Length of the sliding window.")
@click.option("--hop-seconds", default=0.5, show_default=True, help="Distance between windows.")
@click.option("--min-seconds", default=0.5, show_default=True, help="Shorter bouts are dropped.")
@click.option(
    "--gap-seconds", default=0.3, show_default=True, help="Bouts of one action so close are joined."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="CSV file to write.")
@click.option("--device", default="auto", show_default=True)
@as_json
@explained
def predict(
    project,
    model,
    backbone,
    recording,
    window_seconds,
    hop_seconds,
    min_seconds,
    gap_seconds,
    out,
    device,
    as_json,
):
    """Name the actions of the clips of PROJECT, or the bouts of a long recording.

    Predictions for clips are kept in the project as predictions of this model, beside the labels and never in
    their place. Features that are missing are computed first.
    """
    from actiondiff_gui.classifier.saved import load_classifier
    from actiondiff_gui.workflow import features_of_classifier, predict_clips_job, predict_recording

    classifier = load_classifier(model)
    with open_project(project) as opened:
        features = features_of_classifier(opened, classifier, backbone, device)
        if recording:
            prediction = run_with_bar(
                predict_recording(classifier, features, recording, window_seconds, hop_seconds),
                "predicting",
                "window",
            )
            bouts = prediction.bouts(min_seconds, gap_seconds)
            rows = [
                {
                    "video": recording.name,
                    "start_frame": b.start,
                    "end_frame": b.end,
                    "label": b.label,
                    "confidence": f"{b.confidence:.3f}",
                }
                for b in bouts
            ]
            failed, lines = {}, [f"{len(bouts)} bouts in {recording.name}."]
        else:
            done = run_with_bar(
                predict_clips_job(opened, classifier, features, by=model.stem), "predicting", "clip"
            )
            rows, failed, lines = (
                done.rows,
                done.failed,
                [f"{len(done.rows)} clips predicted and kept in {project}."],
            )
    if out:
        _write(out, rows)
        lines.append(f"Written to {out}.")
    if as_json or out or recording is None:
        tell(as_json, {"rows": rows, "failed": failed}, *lines)
    else:
        tell(
            False,
            {},
            *lines,
            *(f"{r['start_frame']:>7} {r['end_frame']:>7}  {r['label']}  {r['confidence']}" for r in rows),
        )
    return PASSED_OVER if failed else 0


def _write(out: Path, rows: list[dict]) -> None:
    from actiondiff_gui.report.files import write_whole

    def write(part: Path) -> None:
        with part.open("w", newline="", encoding="utf-8") as stream:
            table = csv.DictWriter(stream, fieldnames=list(rows[0]) if rows else ["clip"])
            table.writeheader()
            table.writerows(rows)

    write_whole(out, write, "table")
