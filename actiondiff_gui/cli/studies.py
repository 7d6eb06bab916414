"""Commands that run a complete study: study, demo."""

from dataclasses import fields
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from actiondiff_gui.backbones.compute import ComputeSettings
from actiondiff_gui.cli.options import (
    PAPER_TIMESTEPS,
    as_json,
    backbone_options,
    chosen_domain,
    chosen_features,
    compute_settings,
    domain,
    existing_project,
    force,
    layer_numbers,
    names,
    open_project,
    output_path,
    parse_layers,
    parse_timesteps,
    pooling_option,
    protected,
)
from actiondiff_gui.cli.running import PASSED_OVER, explained, run_with_bar, tell
from actiondiff_gui.cli.setting_options import given, setting_options
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.evaluation.study.stored_scores import Share
from actiondiff_gui.features.summary import SUMMARIES
from actiondiff_gui.workflow.cluster.settings import WorkerSettings

if TYPE_CHECKING:
    from actiondiff_gui.project.project import Project

DEMO_TIMESTEPS, DEMO_LAYERS = "0", "1,4,7"
"""Beside the usual timestep and layers of the sample's model."""


@click.command()
@existing_project
@backbone_options
@click.option("--timesteps", default=PAPER_TIMESTEPS, show_default=True, help="Rows of the grid.")
@click.option("--layers", default="all", show_default=True, help="Columns of the grid.")
@click.option("--timestep", help="Timestep of the map and the heads; by default the backbone's.")
@click.option(
    "--layer", help="Layers of the map and the heads, such as 9 or 3,6,9; by default the backbone's."
)
@pooling_option()
@click.option(
    "--preset",
    help="Training settings: a benchmark of the paper; by default small-data, as suits the labels.",
)
@click.option(
    "--summary",
    type=click.Choice(SUMMARIES),
    default=SUMMARIES[0],
    show_default=True,
    help="How a clip's tokens become one vector for probes, map and simpler heads: their mean over time, and beside it "
    "their spread and change.",
)
@click.option("--seeds", default=1, show_default=True, help="Repetitions of the transformer.")
@click.option("--grid-transformer", is_flag=True, help="Also train the transformer at every address.")
@click.option(
    "--scoreboard",
    is_flag=True,
    help="Also train on each domain and test on each other, and compare with pixels, motion, optical flow and a copy whose network is untrained.",
)
@click.option(
    "--backbones",
    default="",
    metavar="NAMES",
    help="Further backbones on the scoreboard, such as a,b; all: every one that is installed.",
)
@click.option(
    "--heads",
    default="knn,linear,transformer",
    show_default=True,
    help="Classifiers on the scoreboard.",
)
@click.option(
    "--shard",
    metavar="K/N",
    help="Only compute and keep part K of N of the scores, such as 3/16, for job arrays; features must be there. Run the array "
    "twice where there is a scoreboard, then the same command without this writes the report.",
)
@setting_options(WorkerSettings)
@click.option("--estimate", is_flag=True, help="Only estimate the cost of computing the missing features.")
@click.option("--download", is_flag=True, help="Let --backbones all download weights.")
@domain
@click.option("--out", type=output_path, help="Folder of the report.")
@force
@as_json
@explained
def study(
    project,
    timesteps,
    layers,
    timestep,
    layer,
    pooling,
    preset,
    seeds,
    domain,
    out,
    force,
    as_json,
    shard,
    **options,
):
    """Compare timesteps and layers of PROJECT across domains and write a report.

    Each domain is held out in turn. Missing features are computed first; a stopped study is resumed by the
    same command.
    """
    from actiondiff_gui.backbones.registry import choose_device
    from actiondiff_gui.classifier.training import presets
    from actiondiff_gui.features.dataset import features_folder
    from actiondiff_gui.report.cross_domain import FILES
    from actiondiff_gui.report_folder import ReportFolder
    from actiondiff_gui.workflow import study_features_job, study_project_job, study_share_job
    from actiondiff_gui.workflow.cluster.shards import Shard
    from actiondiff_gui.workflow.cluster.spreading import spread_scores_job

    part = Shard.read(shard) if shard else None
    where = WorkerSettings(**given(WorkerSettings, options))
    if out is None and not options["estimate"] and part is None:
        raise click.UsageError("Pass the folder of the report with --out.")
    training = presets.preset(preset) if preset else None
    with open_project(project, domain) as opened:
        if out is not None:
            known = protected(opened, backbone=options["backbone"], backbones=names(options["backbones"]))
            out = ReportFolder(out, f"study {project.name}", FILES, force=force, known=known)
            out.check()
        facet = chosen_domain(opened, domain)
        features = chosen_features(opened, options, timestep, layer, pooling)
        about = features.description
        seeds = tuple(range(seeds))
        asked = options | {"timesteps": timesteps, "layers": layers, "pooling": features.pooling}
        contestants, left_out, board = _scoreboard(features, seeds, asked)
        if options["estimate"]:
            return _estimate(
                opened, features, contestants or [_own(features, asked)], left_out, facet, as_json
            )
        what = (opened, features, parse_timesteps(timesteps, about), parse_layers(layers, about), facet)
        choices = {
            "training": training,
            "seeds": seeds,
            "device": choose_device(features.device),
            "measures": ("across_transformer",) if options["grid_transformer"] else (),
            "contestants": contestants,
            "board": board,
            "summary": options["summary"],
        }
        if part is not None:
            share = Share(part.number, part.of)
            failed = run_with_bar(study_share_job(*what, share, **choices), "scoring")
            tell(as_json, {"shard": str(part), "failed": failed}, f"Part {part} is scored.", *failed)
            return PASSED_OVER if failed else 0

        def all_of_it():
            if where.elsewhere:
                yield from study_features_job(*what[1:4], contestants, where)
                yield from spread_scores_job(_own_arguments(), where, features_folder(opened))
            return (yield from study_project_job(*what, out, where=where, **choices))

        result = run_with_bar(all_of_it(), "studying")
    tell(
        as_json,
        result.summary | {"left_out": left_out, "report": str(result.page)},
        *_lines(result),
        *left_out,
        f"The report is {result.page}.",
    )
    return PASSED_OVER if result.summary["failed"] else 0


def _own_arguments() -> list[str]:
    """Return this command as it was given, without what concerns the report and who computes."""
    context = click.get_current_context()
    left_out = {
        "out",
        "force",
        "as_json",
        "shard",
        "estimate",
        *(field.name for field in fields(WorkerSettings)),
    }
    found = [context.command.name or ""]
    for parameter in context.command.params:
        name = parameter.name or ""
        value = context.params.get(name)
        if name in left_out or context.get_parameter_source(name) != ParameterSource.COMMANDLINE:
            continue
        if isinstance(parameter, click.Argument):
            found.append(str(value))
        elif getattr(parameter, "is_flag", False):
            found.append(parameter.opts[0] if value else parameter.secondary_opts[0])
        else:
            found += [parameter.opts[0], str(value)]
    return found


def _own(features, asked):
    """Return the backbone of a study alone, where there is no scoreboard."""
    from actiondiff_gui.workflow import Contestant

    return Contestant(
        features.description.id,
        lambda b: parse_timesteps(asked["timesteps"], b),
        lambda b: parse_layers(asked["layers"], b),
        features,
        asked["pooling"],
    )


def _estimate(project: "Project", features, contestants, left_out, domain, as_json) -> int:
    """Tell what is to be computed of each backbone, and what that takes."""
    from actiondiff_gui.features.cost import Cost
    from actiondiff_gui.workflow import study_costs_job

    job = study_costs_job(
        project,
        contestants,
        features.settings,
        domain=domain,
        device=features.device,
        precision=features.precision,
    )
    costs = run_with_bar(job, "measuring", "backbone")
    said = {
        name: (str(cost) if cost.windows else "nothing is to be computed") if isinstance(cost, Cost) else cost
        for name, cost in costs.items()
    }
    known = {name: vars(cost) for name, cost in costs.items() if isinstance(cost, Cost)}
    tell(
        as_json,
        {"estimate": known, "left_out": left_out},
        *(f"{name}: {words}" for name, words in said.items()),
        *left_out,
    )
    return 0


def _scoreboard(features, seeds, options) -> tuple:
    """Return the backbones of the scoreboard that ``options`` ask for, sentences on those left out, and its settings."""
    if not (options["scoreboard"] or options["backbones"]):
        return (), [], None
    from actiondiff_gui.backbones.controls.offers import controls_of
    from actiondiff_gui.backbones.registry import choose_device, choose_precision
    from actiondiff_gui.evaluation.scoreboard.playing import BoardSettings
    from actiondiff_gui.workflow import Contestant, installed_backbones

    board = BoardSettings(
        heads=tuple(part.strip() for part in options["heads"].split(",") if part.strip()),
        seeds=seeds,
        summary=options["summary"],
    )
    own, about = options["backbone"], features.description
    wanted = [part.strip() for part in options["backbones"].split(",") if part.strip()]
    left_out: list[str] = []
    if "all" in wanted:
        precision = choose_precision(features.precision, choose_device(features.device))
        installed, left_out = installed_backbones(precision, options["download"])
        wanted = [name for name in wanted if name != "all"] + installed

    def steps(other):
        try:
            return parse_timesteps(options["timesteps"], other)
        except BackboneError:  # another schedule has no such indices
            return parse_timesteps(PAPER_TIMESTEPS, other)

    def numbers(other):
        return parse_layers(options["layers"] if other.layers == about.layers else "all", other)

    names = dict.fromkeys((own, *wanted, *controls_of(own)))
    contestants = [
        Contestant(name, steps, numbers, features if name == own else None, options["pooling"])
        for name in names
    ]
    return contestants, left_out, board


@click.command()
@click.option("--out", default="demo-out", show_default=True, type=output_path)
@force
@click.option("--timesteps", default=DEMO_TIMESTEPS, show_default=True)
@click.option("--layers", default=DEMO_LAYERS, show_default=True)
@setting_options(ComputeSettings, only=("device",))
@as_json
@explained
def demo(out, force, timesteps, layers, as_json, **options):
    """Run the main workflow on the sample clips with the tiny model and write a report."""
    from actiondiff_gui.demo import demo_folder, demo_job

    steps = [part for part in timesteps.split(",") if part.strip()]
    job = demo_job(
        demo_folder(out, force),
        timesteps=steps,
        layers=layer_numbers(layers),
        device=compute_settings(options).device,
    )
    result = run_with_bar(job, "demo")
    recording = result.summary["recording"]
    tell(
        as_json,
        result.summary | {"report": str(result.report.page)},
        *_lines(result.report),
        *_compared(result.summary["compared"]),
        f"Long recording: bout F1 {recording['bout_f1']:.2f}, frame F1 {recording['frame_f1']:.2f}.",
        f"Open {result.report.page.resolve()}.",
    )


def _compared(scores) -> list[str]:
    return ["Trained on the other values of a facet, tested on the one held out (mean over its values):"] + [
        f"  {name:<8} {head:<12}"
        + ", ".join(f"{facet} {by_head[head]:.3f}" for facet, by_head in by_facet.items())
        for name, by_facet in scores.items()
        for head in next(iter(by_facet.values()))
    ]


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
    if result.board is not None:
        lines.append("Scoreboard, trained on all other domains (95 % intervals):")
        for mean in result.board.means():
            if mean.kind == "leave-one-out":
                lines.append(
                    f"  {mean.method:<20} {mean.head:<12}{mean.value:.3f} ({mean.low:.3f} to {mean.high:.3f}), "
                    f"chance {mean.chance:.3f}"
                )
        lines += result.board.failed
    best = summary["best_address"]
    if best is None:
        return [*lines, *summary["warnings"]]
    lines.append(
        f"Highest cell of the grid: {best['timestep']}, layer {best['layer']} (chosen by its own score)."
    )
    return lines
