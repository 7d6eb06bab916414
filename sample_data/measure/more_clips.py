"""Would more labelled clips help? Accuracy on held-out domains against the number of clips, at one address.

``python -m sample_data.measure.more_clips --model runs/pipeline --twin runs/untrained --out runs/more --into docs/small_world.md``

The same subjects, splits and heads as in :mod:`sample_data.measure`, on the first clips of a larger set: each domain is held out in turn
and heads learn from the rest, so both what they learn from and what they are tested on grow. Answers are kept as there.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, PercentFormatter

from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.files import whole_file
from actiondiff_gui.progress import run
from actiondiff_gui.project.project import Project
from actiondiff_gui.report.style import FAINT, PALETTE, new_figure, styled
from sample_data.measure.addresses import NETWORKS
from sample_data.measure.answers import SUMMARY, TRAINING
from sample_data.measure.cells import Kept
from sample_data.measure.clips import FRAMES, SHIFTS, draw_clips, drawn_specs
from sample_data.measure.figures import line_with_intervals
from sample_data.measure.plain import FlowBackbone, PixelBackbone
from sample_data.measure.printed import HEADS, NAMES, TITLES, with_interval
from sample_data.measure.results import average
from sample_data.measure.subjects import Subject, check_twin, clips_digest, extracted, opened_project, subject
from sample_data.measure.work import Desk, Request, answer_all
from sample_data.tiny_model.pictures import save_small
from sample_data.tiny_model.sections import fill
from sample_data.world import TEST_SEEDS

FIGURE = "small_world_more_clips.png"


class FirstClips(Desk):
    """A desk that sees only the first ``count`` clips, in the order of the seeds that their files are named after."""

    def __init__(self, project: Project, name: str, count: int, seeds: int) -> None:
        clips = sorted(clip_sources(project), key=lambda clip: int(clip.path.name.split("_")[0]))[:count]
        super().__init__(project, f"{name} {clips_digest(clips)}", SUMMARY, seeds, TRAINING, "cpu")
        self._first = {clip.id for clip in clips}

    def tokens(self, one: Subject, timestep: str, layer: int, shift: str) -> TokenSet:
        """As any desk's, of the first clips."""
        tokens = super().tokens(one, timestep, layer, shift)
        return tokens.subset([i for i, clip in enumerate(tokens.clip_ids) if clip in self._first])


def main(arguments: list[str] | None = None) -> None:
    """Draw clips, compute features, answer, and write ``more_clips.json``, the figure and the table."""
    wanted = _options(arguments)
    networks = {
        name: load_backbone(str(folder), wanted.device, "float32")
        for name, folder in zip(NETWORKS, (wanted.model, wanted.twin), strict=True)
    }
    check_twin(networks["model"], networks["twin"], wanted.twin)
    name = f"drawn_64px_{wanted.clip_frames}frames_from{wanted.first_seed}"
    specs = drawn_specs(max(wanted.counts), wanted.first_seed)
    table = run(draw_clips(wanted.out / name, specs, 64, wanted.clip_frames))
    settings = ExtractionSettings(stride=1)
    with opened_project(wanted.out / f"{name}.actiondiff", table) as project:
        subjects = [
            subject(
                who,
                project,
                backbone,
                replace(settings, regime=wanted.regime),
                (str(wanted.timestep),),
                (wanted.layer,),
            )
            for who, backbone in networks.items()
        ] + [
            subject(one.id, project, one, settings, ("-",), None)
            for one in (PixelBackbone(wanted.clip_frames), FlowBackbone(wanted.clip_frames))
        ]
        for one in subjects:
            run(extracted(project, one, one.timesteps))
            print(f"features: {one.name}", flush=True)
        found = answered(project, name, subjects, wanted)
    with whole_file(wanted.out / "more_clips.json") as part:
        part.write_text(json.dumps(found, indent=1), encoding="utf-8")
    save_small(more_clips_figure(found), (wanted.images or wanted.out) / FIGURE, 64)
    lines = more_clips_table(found)
    print("\n".join(lines))
    if wanted.into and "more-clips" not in fill(wanted.into, {"more-clips": lines}):
        raise SystemExit(f"{wanted.into} has no part <!-- printed: more-clips --> ... <!-- end -->")


def answered(
    project: Project, name: str, subjects: Sequence[Subject], wanted: argparse.Namespace
) -> dict[str, Any]:
    """Both heads' accuracy for each subject and number of clips, with intervals, as JSON can hold it."""
    kept = Kept(wanted.out / "cells.jsonl")
    desks = {count: FirstClips(project, name, count, wanted.seeds) for count in wanted.counts}
    for cell in answer_all(_requests(desks, subjects), kept, wanted.processes):
        print(f"{cell.subject}, {cell.head}, {cell.split}", flush=True)
    averages: dict[str, dict[str, list[dict[str, float]]]] = {}
    for desk, one in product(desks.values(), subjects):
        facts = desk.facts(one)
        for head in HEADS:
            parts = {shift: kept[desk.cell(one, *_place(one), head, shift)].share() for shift in SHIFTS}
            averages.setdefault(one.name, {}).setdefault(head, []).append(average(parts, facts))
    return {
        "counts": list(wanted.counts),
        "address": f"{wanted.regime}, {subjects[0].timesteps[0]}, layer {wanted.layer}",
        "seeds": wanted.seeds,
        "chance": 1 / len(np.unique(facts.actions)),
        "averages": averages,
    }


def _requests(desks: dict[int, FirstClips], subjects: Sequence[Subject]) -> Iterator[Request]:
    for desk, one in product(desks.values(), subjects):
        yield from desk.linear(one)
        yield from desk.transformer(one, [(*_place(one), shift) for shift in SHIFTS])


def _place(one: Subject) -> tuple[str, int]:
    return one.timesteps[0], one.layers[0]


def more_clips_table(found: dict[str, Any]) -> list[str]:
    """A Markdown table: subjects and heads down, numbers of clips across; the average over the shifts."""
    lines = [
        f"| features | head | {' | '.join(f'{count:,} clips' for count in found['counts'])} |",
        "|---|---|" + "---|" * len(found["counts"]),
    ]
    for name, title in NAMES.items():
        for head in HEADS:
            cells = map(with_interval, found["averages"][name][head])
            lines.append(f"| {title} | {TITLES[head]} | {' | '.join(cells)} |")
    return lines


@styled
def more_clips_figure(found: dict[str, Any]) -> Figure:
    """Accuracy against the number of clips, a panel for each head, with 95 % intervals."""
    title = f"Held-out domains, mean of the shifts, at {found['address']}; 95 % intervals"
    figure = new_figure(4.6, title)
    axes = figure.subplots(1, len(HEADS), sharey=True)
    counts = np.array(found["counts"])
    for axis, head in zip(axes, HEADS, strict=True):
        axis.axhline(found["chance"], color=FAINT, lw=1.4, ls=(0, (2, 2)), zorder=1, label="chance")
        for i, (name, label) in enumerate(NAMES.items()):
            points = found["averages"][name][head]
            line_with_intervals(axis, counts * 1.02 ** (i - 1.5), points, PALETTE[i], "os^D"[i], label)
        axis.set_xscale("log")
        axis.xaxis.set_minor_locator(NullLocator())
        axis.set_xticks(counts, [f"{count:,}" for count in counts])
        axis.set_xlabel("labelled clips, those held out among them")
        axis.set_title(TITLES[head], pad=6)
        axis.grid(axis="y", lw=0.8)
        axis.set_axisbelow(True)
    axes[0].set_ylabel("accuracy")
    axes[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[0].set_ylim(0, None)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def _options(arguments: list[str] | None) -> argparse.Namespace:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--model", type=Path, required=True, help="pipeline folder")
    made.add_argument("--twin", type=Path, required=True, help="untrained twin")
    made.add_argument("--out", type=Path, required=True, help="folder of clips, features and results")
    made.add_argument("--counts", default="360,720,1440,2880", help="numbers of clips, multiples of 36")
    made.add_argument("--clip-frames", type=int, default=FRAMES, help="frames of a clip, 6 a second")
    made.add_argument("--first-seed", type=int, default=TEST_SEEDS.start, help="of the drawn clips")
    made.add_argument("--regime", default="released", choices=("released", "noised"))
    made.add_argument("--timestep", type=int, default=25)
    made.add_argument("--layer", type=int, default=7)
    made.add_argument("--seeds", type=int, default=3, help="repetitions of the transformer, 9 at most")
    made.add_argument("--processes", type=int, default=1, help="processes that fit heads")
    made.add_argument("--device", default="auto", help="of the networks")
    made.add_argument("--images", type=Path, help="folder of the figure; --out if not given")
    made.add_argument("--into", type=Path, help="Markdown file with a part called 'more-clips'")
    wanted = made.parse_args(arguments)
    try:
        wanted.counts = sorted({int(count) for count in wanted.counts.split(",")})
    except ValueError:
        made.error("--counts takes numbers with commas between: 360,720")
    if wanted.counts[0] < 36 or any(count % 36 for count in wanted.counts):
        made.error("--counts takes multiples of 36, so that each action is as often in each domain")
    return wanted


if __name__ == "__main__":
    main()
