"""Commands that compute and map features: extract, embed."""

from pathlib import Path

import click

from actiondiff_gui.backbones.compute import ComputeSettings
from actiondiff_gui.cli.options import (
    PAPER_TIMESTEPS,
    address_options,
    as_json,
    backbone_options,
    chosen_features,
    compute_settings,
    domain,
    existing_project,
    force,
    open_project,
    output_path,
    parse_layers,
    parse_timesteps,
    pooling_option,
    protected,
)
from actiondiff_gui.cli.running import PASSED_OVER, explained, run_with_bar, tell
from actiondiff_gui.cli.setting_options import given, setting_options
from actiondiff_gui.embedding.maps import MapSettings
from actiondiff_gui.workflow.cluster.settings import WorkerSettings


@click.command()
@existing_project
@backbone_options
@click.option(
    "--timesteps",
    default=PAPER_TIMESTEPS,
    show_default=True,
    help="Indices (0 the noisiest), sigma=1.5, all, or paper: its seven timesteps.",
)
@click.option("--layers", default="all", show_default=True, help="For example 9, 1-5,9 or all.")
@pooling_option(
    help="Pooling that must be stored of each layer's map; by default the backbone's. Mean and change are always computed together: "
    "mean leaves clips alone that an earlier version computed without the change."
)
@setting_options(ComputeSettings, only=("batch_size",))
@click.option(
    "--shard",
    metavar="K/N",
    help="Only part K of N, such as 3/16, for job arrays. The clips of a part depend on PROJECT and the numbers alone.",
)
@setting_options(WorkerSettings)
@click.option("--estimate", is_flag=True, help="Only estimate time, memory and disk space.")
@as_json
@explained
def extract(project, timesteps, layers, pooling, shard, estimate, as_json, **options):
    """Compute the missing features of all clips of PROJECT."""
    from actiondiff_gui.workflow.cluster.shards import Shard, shard_ids
    from actiondiff_gui.workflow.cluster.spreading import spread_job

    part = Shard.read(shard) if shard else None
    where = WorkerSettings(**given(WorkerSettings, options))
    with open_project(project) as opened:
        features = chosen_features(opened, options, pooling=pooling)
        about = features.description
        ids = shard_ids(features, part) if part else [clip.id for clip in opened.clips()]
        steps, numbers = parse_timesteps(timesteps, about), parse_layers(layers, about)
        batch_size = compute_settings(options).batch_size
        units = features.plan(steps, numbers, ids if part else None, load=not estimate)
        folder = features.store.folder if features.known else None
        damaged = sum(unit.damaged for unit in units)
        again = f" ({damaged} of them again, because files were damaged)" if damaged else ""
        result = {
            "clips": len(ids),
            "to_compute": len(units),
            "damaged": damaged,
            "timesteps": [t.key for t in steps],
            "layers": list(numbers),
            "pooling": features.pooling,
            "folder": None if folder is None else str(folder),
        } | ({"shard": str(part)} if part else {})
        if estimate:
            expected = features.cost(units, batch_size)
            result |= {
                "estimate": {
                    k: getattr(expected, k)
                    for k in ("windows", "seconds", "memory_bytes", "disk_bytes", "free_bytes", "fits")
                }
            }
            tell(as_json, result, f"{len(units)} of {len(ids)} clips are to be computed{again}: {expected}.")
            return 0
        job = spread_job(features, units, where, batch_size)
        report = run_with_bar(job, "extracting", "clip" if where.elsewhere else "window")
    result |= {"computed": len(report.computed), "failed": report.failed}
    tell(
        as_json,
        result,
        f"{len(report.computed)} clips computed{again}, {len(ids) - len(units)} were there, {len(report.failed)} failed.",
        f"Features are in {folder}.",
    )
    return PASSED_OVER if report.failed else 0


@click.command()
@existing_project
@click.option("--shard", metavar="K/N", help="Only part K of N, such as 3/16, for job arrays.")
@as_json
@explained
def pack(project, shard, as_json):
    """Put the features of PROJECT together in few, large files.

    For shared disks that suffer from many files, or limit their number. Nothing else changes: packed features are read,
    checked and added to as before. From about 65,000 clips on `extract` does this on its way.
    """
    from actiondiff_gui.features.dataset import features_folder
    from actiondiff_gui.features.storage.packing import pack_job
    from actiondiff_gui.workflow.cluster.shards import Shard

    part = Shard.read(shard) if shard else Shard(1, 1)
    with open_project(project) as opened:
        folder = features_folder(opened)
    moved = run_with_bar(pack_job(folder, (part.number, part.of)), "packing", "folder")
    tell(
        as_json,
        {"packed": moved, "folder": str(folder)},
        f"{moved} files of features were packed in {folder}.",
    )
    return 0


@click.command()
@existing_project
@backbone_options
@address_options
@setting_options(MapSettings)
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
def embed(project, timestep, layer, pooling, model, domain, out, force, as_json, **options):
    """Map the clips of PROJECT to two dimensions so that clips with similar features are near each other."""
    from actiondiff_gui.api import embedding_of
    from actiondiff_gui.classifier.models.saved import load_classifier
    from actiondiff_gui.report.files import write_table
    from actiondiff_gui.report.maps import map_figure
    from actiondiff_gui.report.style import save
    from actiondiff_gui.report_folder import ReportFolder
    from actiondiff_gui.tables import decimal, table_text
    from actiondiff_gui.workflow import features_of_classifier

    settings = MapSettings(**given(MapSettings, options))
    with open_project(project, domain) as opened:
        known = protected(opened, model=model, backbone=options["backbone"])
        out = ReportFolder(out, f"embed {project.name}", ("map.csv", "map.png"), force=force, known=known)
        out.check()
        if model is None:
            classifier, features = None, chosen_features(opened, options, timestep, layer, pooling)
        else:
            classifier = load_classifier(model)
            features = features_of_classifier(opened, classifier)
        found, tokens, actions, missing = embedding_of(features, settings, classifier, domain)
        colours = {a.name: a.colour for a in opened.actions()}
    rows = [
        [clip, *(decimal(value, 5) for value in found.coordinates[i, :2]), actions[i], tokens.domains[i]]
        for i, clip in enumerate(tokens.clip_ids)
    ]
    write_table(out / "map.csv", table_text([["clip_id", "x", "y", "label", "domain"], *rows]))
    figure = map_figure([found], actions, tokens.domains, colours, subtitle=str(features.reading))
    save(figure, out / "map.png")
    result = {
        "clips": len(tokens),
        "without_features": missing,
        "address": str(tokens.address),
        "folder": str(out),
    }
    tell(as_json, result, f"{len(tokens)} clips on the map in {out}/map.png.", *found.notes)
    return PASSED_OVER if missing else 0
