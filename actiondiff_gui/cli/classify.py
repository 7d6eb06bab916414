"""The command that trains a classifier: train."""

import click

from actiondiff_gui.classifier.training.plan import TrainingPlan
from actiondiff_gui.classifier.training.presets import TrainingSettings
from actiondiff_gui.cli.options import (
    address_options,
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
from actiondiff_gui.cli.setting_options import given, setting_options
from actiondiff_gui.evaluation.classifiers import ProbeSettings


@click.command()
@existing_project
@backbone_options
@address_options
@click.option(
    "--preset",
    help="Training settings: a benchmark of the paper; by default small-data, as suits the labels.",
)
@click.option("--actions", metavar="A[,B]", help="Actions to tell apart; by default all that are labelled.")
@click.option("--train-on", metavar="DOMAIN[,DOMAIN]", help="Domains to train on; by default all others.")
@click.option(
    "--hold-out", metavar="DOMAIN[,DOMAIN]", help="Domains to leave out of training and to test on."
)
@setting_options(TrainingPlan, but=("test",))
@setting_options(TrainingPlan, only=("test",), defaults=False)
@setting_options(TrainingSettings, defaults=False)
@setting_options(ProbeSettings, but=("folds", "seed"))
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
    pooling,
    preset,
    actions,
    train_on,
    hold_out,
    domain,
    name,
    out,
    report,
    force,
    as_json,
    **options,
):
    """Train a classifier on the labelled clips of PROJECT, test it on held-out clips, and save it.

    It is saved in the project, where `predict --model NAME` and the window find it, or with --out in a file of its own.
    """
    from actiondiff_gui.api import train_job
    from actiondiff_gui.classifier.models.library import keep_model
    from actiondiff_gui.classifier.models.saved import save_classifier
    from actiondiff_gui.classifier.result_words import main_score, sentences

    plan = given(TrainingPlan, options)
    head, test = plan.pop("head", TrainingPlan.head), plan.pop("test", None)
    automatic = plan.pop("automatic", TrainingPlan.automatic)
    if test not in (None, "domains") and hold_out:
        raise click.UsageError("Give --hold-out or --test, not both.")
    if test == "domains" and not hold_out:
        raise click.UsageError("--test domains needs --hold-out.")
    held = names(hold_out)
    with open_project(project, domain) as opened:
        known = protected(opened, backbone=options["backbone"])
        out, report = checked_outputs(known, force, out, report)
        features = chosen_features(opened, options, timestep, layer, pooling)
        job = train_job(
            features,
            head,
            test=test or "nothing" if not held else "nothing",
            hold_out=held,
            train_on=names(train_on),
            actions=names(actions),
            preset=preset,
            domain=domain,
            automatic=automatic,
            plan=plan,
            training=given(TrainingSettings, options),
            probes=given(ProbeSettings, options),
        )
        model = run_with_bar(job, f"training the {head}", "epoch")
        if out:
            save_classifier(model, out)
            where = str(out)
        if name or not out:
            name = keep_model(opened, model, name or f"{head} {model.address.reading.name}")
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
    return PASSED_OVER if model.metrics["missing"] else 0
