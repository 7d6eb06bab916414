"""Commands that compute features and look at them: extract, embed."""

from pathlib import Path

import click
from click.core import ParameterSource

from actiondiff_gui.cli.options import (
    PAPER_TIMESTEPS,
    as_json,
    backbone_options,
    chosen_features,
    domain,
    existing_project,
    force,
    open_project,
    output_path,
    parse_layers,
    parse_timesteps,
    protected,
)
from actiondiff_gui.cli.running import PASSED_OVER, explained, run_with_bar, tell


@click.command()
@existing_project
@backbone_options
@click.option(
    "--timesteps",
    default=PAPER_TIMESTEPS,
    show_default=True,
    help="Indices (0 the noisiest), sigma=1.5, all, or paper: its seven places.",
)
@click.option("--layers", default="all", show_default=True, help="For example 9, 1-5,9 or all.")
@click.option(
    "--batch-size", type=click.IntRange(min=1), help="Windows per pass; by default what suits the backbone."
)
@click.option("--estimate", is_flag=True, help="Only say what it will take.")
@as_json
@explained
def extract(project, timesteps, layers, batch_size, estimate, as_json, **options):
    """Compute the features of all clips of PROJECT, as far as they are not there yet."""
    from actiondiff_gui.features import cost
    from actiondiff_gui.features.dataset import clip_sources
    from actiondiff_gui.features.extraction import extract_job, plan

    with open_project(project) as opened:
        features = chosen_features(opened, options)
        backbone, settings, store = features.backbone, features.settings, features.store
        clips = clip_sources(opened)
        steps, numbers = parse_timesteps(timesteps, backbone), parse_layers(layers, backbone)
        units = plan(clips, backbone, store, steps, numbers)
        result = {
            "clips": len(clips),
            "to_compute": len(units),
            "timesteps": [t.key for t in steps],
            "layers": list(numbers),
            "folder": str(store.folder),
        }
        if estimate:
            expected = cost.estimate(units, backbone, settings, batch_size)
            result |= {
                "estimate": {
                    k: getattr(expected, k) for k in ("windows", "seconds", "memory_bytes", "disk_bytes")
                }
            }
            tell(as_json, result, f"{len(units)} of {len(clips)} clips are to be computed: {expected}.")
            return 0
        report = run_with_bar(
            extract_job(units, backbone, settings, store, batch_size), "extracting", "window"
        )
    result |= {"computed": len(report.computed), "failed": report.failed}
    tell(
        as_json,
        result,
        f"{len(report.computed)} clips computed, {len(clips) - len(units)} were there, {len(report.failed)} failed.",
        f"Features are in {store.folder}.",
    )
    return PASSED_OVER if report.failed else 0


@click.command()
@existing_project
@backbone_options
@click.option("--timestep", help="Index or sigma=1.5; by default the backbone's usual one.")
@click.option("--layer", type=int, help="By default the backbone's usual one.")
@click.option("--method", type=click.Choice(["pca", "umap"]), default="umap", show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option(
    "--model",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Map clips as this trained transformer sees them, not by their mean features.",
)
@domain
@click.option(
    "--out",
    required=True,
    type=output_path,
    help="Folder for map.csv and map.png.",
)
@force
@as_json
@explained
def embed(project, timestep, layer, method, seed, model, domain, out, force, as_json, **options):
    """Lay the clips of PROJECT out on a plane so that clips with like features lie near each other."""
    from actiondiff_gui.analysis.embedding import embed_clips
    from actiondiff_gui.analysis.summary import summarise
    from actiondiff_gui.backbones.protocol import resolve_timestep
    from actiondiff_gui.classifier.saved import load_classifier
    from actiondiff_gui.features.dataset import ProjectTokens
    from actiondiff_gui.report.files import write_table
    from actiondiff_gui.report.maps import map_figure
    from actiondiff_gui.report.style import save
    from actiondiff_gui.report_folder import ReportFolder
    from actiondiff_gui.tables import decimal, table_text
    from actiondiff_gui.workflow import features_of_classifier

    with open_project(project, domain) as opened:
        known = protected(opened, model=model, backbone=options["backbone"])
        out = ReportFolder(out, f"embed {project.name}", ("map.csv", "map.png"), force=force, known=known)
        out.check()
        classifier = None if model is None else load_classifier(model)
        if classifier is None:
            features = chosen_features(opened, options)
        else:
            source = click.get_current_context().get_parameter_source("backbone")
            given = None if source is ParameterSource.DEFAULT else options["backbone"]
            features = features_of_classifier(opened, classifier, given, options["device"])
        backbone = features.backbone
        step = resolve_timestep(backbone, timestep) if timestep else backbone.default_timestep
        number = backbone.default_layer if layer is None else layer
        if classifier is not None:
            step, number = resolve_timestep(backbone, classifier.address.timestep), classifier.address.layer
        load = ProjectTokens(opened, features.store, [number], labelled=False, domain_facet=domain)
        tokens = load(step.key, number)
        colours = {a.name: a.colour for a in opened.actions()}
    vectors = summarise(tokens) if classifier is None else classifier.represent(tokens)
    found = embed_clips(vectors, tokens.order, method=method, seed=seed)
    actions = [
        " + ".join(c for c, v in zip(tokens.classes, row, strict=True) if v == 1) for row in tokens.labels
    ]
    rows = [
        [clip, *(decimal(value, 5) for value in found.coordinates[i, :2]), actions[i], tokens.domains[i]]
        for i, clip in enumerate(tokens.clip_ids)
    ]
    write_table(out / "map.csv", table_text([["clip_id", "x", "y", "label", "domain"], *rows]))
    figure = map_figure([found], actions, tokens.domains, colours, subtitle=f"{step}, layer {number}")
    save(figure, out / "map.png")
    result = {
        "clips": len(tokens),
        "without_features": load.missing,
        "address": str(tokens.address),
        "folder": str(out),
    }
    tell(as_json, result, f"{len(tokens)} clips on the map in {out}/map.png.", *found.notes)
    return PASSED_OVER if load.missing else 0
