"""Commands that answer the whole question at once: study, demo."""

from pathlib import Path

import click

from actiondiff_gui.cli.options import (
    PAPER_TIMESTEPS,
    as_json,
    backbone_options,
    chosen_domain,
    chosen_features,
    domain,
    existing_project,
    layer_numbers,
    open_project,
    parse_layers,
    parse_timesteps,
)
from actiondiff_gui.cli.running import PASSED_OVER, explained, run_with_bar, tell

DEMO_TIMESTEPS = "0,10,20,25,29"


@click.command()
@existing_project
@backbone_options
@click.option("--timesteps", default=PAPER_TIMESTEPS, show_default=True, help="Rows of the grid.")
@click.option("--layers", default="all", show_default=True, help="Columns of the grid.")
@click.option(
    "--timestep", help="Where the map and the heads look; by default the backbone's usual timestep."
)
@click.option("--layer", type=int, help="Where the map and the heads look; by default the usual layer.")
@click.option(
    "--preset",
    help="Training settings: a benchmark of the paper; by default small-data, as suits the labels.",
)
@click.option("--seeds", default=1, show_default=True, help="Repetitions of the transformer.")
@domain
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the report."
)
@as_json
@explained
def study(project, timesteps, layers, timestep, layer, preset, seeds, domain, out, as_json, **options):
    """Compare timesteps and layers of PROJECT across domains and write a report.

    Each domain is held out in turn. Features that are missing are computed first; a stopped study goes on where
    it was.
    """
    from actiondiff_gui.backbones.protocol import resolve_timestep
    from actiondiff_gui.classifier import presets
    from actiondiff_gui.workflow import study_project_job

    training = presets.preset(preset) if preset else None
    with open_project(project, domain) as opened:
        facet = chosen_domain(opened, domain)
        features = chosen_features(opened, options)
        backbone = features.backbone
        address = (
            resolve_timestep(backbone, timestep) if timestep else backbone.default_timestep,
            backbone.default_layer if layer is None else layer,
        )
        job = study_project_job(
            opened,
            features,
            parse_timesteps(timesteps, backbone),
            parse_layers(layers, backbone),
            facet,
            out,
            address=address,
            training=training,
            seeds=tuple(range(seeds)),
            device=backbone.device,
        )
        result = run_with_bar(job, "studying")
    tell(
        as_json,
        result.summary | {"report": str(result.page)},
        *_lines(result),
        f"The report is {result.page}.",
    )
    return PASSED_OVER if result.summary["failed"] else 0


@click.command()
@click.option(
    "--out", default="demo-out", show_default=True, type=click.Path(file_okay=False, path_type=Path)
)
@click.option("--timesteps", default=DEMO_TIMESTEPS, show_default=True)
@click.option("--layers", default="1-13", show_default=True)
@click.option("--device", default="auto", show_default=True)
@as_json
@explained
def demo(out, timesteps, layers, device, as_json):
    """Run the main job on the sample clips with the tiny model and write a report."""
    from actiondiff_gui.demo import demo_job

    steps = [part for part in timesteps.split(",") if part.strip()]
    job = demo_job(out, timesteps=steps, layers=layer_numbers(layers), device=device)
    result = run_with_bar(job, "demo")
    recording = result.summary["recording"]
    tell(
        as_json,
        result.summary | {"report": str(result.report.page)},
        *_lines(result.report),
        f"Long recording: bout F1 {recording['bout_f1']:.2f}, frame F1 {recording['frame_f1']:.2f}.",
        f"Open {result.report.page.resolve()}.",
    )


def _lines(result) -> list[str]:
    summary = result.summary
    lines = [
        f"{summary['clips']} clips, {len(summary['actions'])} actions, {summary['domain']} held out in turn:"
    ]
    for kind, scored in summary["held_out"]["heads"].items():
        means = scored["mean_over_folds"]
        lines.append(
            f"  {kind:<12}"
            + ", ".join(f"{name} {value:.3f}" for name, value in means.items() if value is not None)
        )
    best = summary["best_address"]
    if best is None:
        return [*lines, *summary["warnings"]]
    lines.append(
        f"Highest cell of the grid: {best['timestep']}, layer {best['layer']} (chosen by its own score)."
    )
    return lines
