"""The command that trains a classifier: train."""

import click

from actiondiff_gui.cli.options import (
    as_json,
    backbone_options,
    checked_outputs,
    chosen_features,
    domain,
    existing_project,
    force,
    names,
    open_project,
    output_path,
    protected,
)
from actiondiff_gui.cli.running import PASSED_OVER, explained, run_with_bar, tell

TESTS = ("each-domain", "within-domains", "recordings", "nothing")


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
@click.option("--actions", metavar="A[,B]", help="Actions to tell apart; by default all that are labelled.")
@click.option("--train-on", metavar="DOMAIN[,DOMAIN]", help="Domains to train on; by default all others.")
@click.option(
    "--hold-out", metavar="DOMAIN[,DOMAIN]", help="Domains to leave out of training and to test on."
)
@click.option(
    "--test",
    type=click.Choice(TESTS),
    help="Test by leaving out each domain in turn, by cross-validation within domains or over recordings, or not at all.",
)
@click.option("--seed", default=0, show_default=True)
@domain
@click.option("--name", help="Keep the model in the project under this name.")
@click.option("--out", type=output_path, help="File to write (.safetensors).")
@click.option("--report", type=output_path, help="Page to write (.html).")
@force
@as_json
@explained
def train(
    project,
    timestep,
    layer,
    head,
    preset,
    actions,
    train_on,
    hold_out,
    test,
    seed,
    domain,
    name,
    out,
    report,
    force,
    as_json,
    **options,
):
    """Train a classifier on the labelled clips of PROJECT, test it on what was held out, and keep it.

    It is kept in the project, where `predict --model NAME` and the window find it, or with --out in a file of its own.
    """
    from dataclasses import replace

    from actiondiff_gui.backbones.protocol import resolve_timestep
    from actiondiff_gui.classifier import presets
    from actiondiff_gui.classifier.library import keep_model
    from actiondiff_gui.classifier.plan import TrainingPlan
    from actiondiff_gui.classifier.result_words import main_score, sentences
    from actiondiff_gui.classifier.saved import save_classifier
    from actiondiff_gui.classifier.targets import is_single_label
    from actiondiff_gui.classifier.training_run import TrainingRun, training_run_job
    from actiondiff_gui.features.dataset import ProjectTokens

    if preset:
        presets.preset(preset)
    if test and hold_out:
        raise click.UsageError("Give --hold-out or --test, not both.")
    with open_project(project, domain) as opened:
        known = protected(opened, backbone=options["backbone"])
        out, report = checked_outputs(known, force, out, report)
        features = chosen_features(opened, options)
        backbone = features.backbone
        step = resolve_timestep(backbone, timestep) if timestep else backbone.default_timestep
        number = backbone.default_layer if layer is None else layer
        facet = domain or opened.domain_facet
        load = ProjectTokens(opened, features.store, [number], domain_facet=facet)
        tokens = load(step.key, number)
        held = names(hold_out)
        usual = preset or presets.usual_preset(is_single_label(tokens.labels))
        plan = TrainingPlan(
            head=head,
            classes=names(actions),
            domain=facet,
            test="domains" if held else test or "nothing",
            train_domains=names(train_on)
            or (tuple(sorted(set(tokens.domains) - {*held, ""})) if held else ()),
            test_domains=held,
            preset=usual,
            settings=presets.preset(usual, seed=seed),
        )
        job = training_run_job(
            tokens, TrainingRun(plan), backbone.device, dict(features.store.provenance.values)
        )
        model = run_with_bar(job, f"training the {head}", "epoch")
        if out:
            save_classifier(model, out)
            where = str(out)
        if name or not out:
            model = replace(model, metrics=model.metrics | {"missing": len(load.missing)})
            name = keep_model(opened, model, name or f"{head} {step.key} layer {number}")
            where = str(out) if out else f"the project's model {name!r}"
        if report:
            from actiondiff_gui.report.training import write_training_report

            write_training_report(model, name or out.stem, opened.path.name, report)
    results = model.metrics["results"]
    said = {
        "head": head,
        "classes": list(model.classes),
        "training_clips": model.training_clips,
        "file": str(out) if out else None,
        "model": name,
        "results": {key: value for key, value in results.items() if key != "clips"},
    }
    lines = [f"The {head} was trained on {model.training_clips} clips of {len(model.classes)} actions."]
    if results.get("heads"):
        score = main_score(results)
        value = results["heads"][head][score]["value"]
        said["held_out"] = {"domains": list(held), score: value, "clips": results["tested"]}
    notes = [note for fold in results["folds"] for note in fold["notes"]] or model.metrics["notes"]
    tell(as_json, said, *lines, *sentences(results), *dict.fromkeys(notes), f"Kept as {where}.")
    return PASSED_OVER if load.missing else 0
