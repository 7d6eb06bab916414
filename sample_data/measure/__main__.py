"""Measure a model: ``python -m sample_data.measure --model sample_data/tiny --out runs/measured``.

For each of species, viewpoint and context held out in turn: how often do a linear probe and the transformer name
the action from the model's features, those of its untrained twin, pixels and optical-flow energy? Every answer is
kept in ``cells.jsonl``; the same command goes on where it was stopped. What it adds up to is in ``results.json``.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from actiondiff_gui.backbones.protocol import REGIMES
from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.files import whole_file
from actiondiff_gui.progress import Progress, run
from actiondiff_gui.project.project import Project
from actiondiff_gui.resources import sample_data
from sample_data.measure.answers import SUMMARY, TRAINING
from sample_data.measure.cells import Cell, Kept
from sample_data.measure.clips import FRAMES, SHIFTS, draw_clips, drawn_specs
from sample_data.measure.plain import FlowBackbone, PixelBackbone
from sample_data.measure.printed import lines
from sample_data.measure.results import Table, results
from sample_data.measure.subjects import (
    Subject,
    addresses,
    check_twin,
    clips_digest,
    extracted,
    opened_project,
    subject,
)
from sample_data.measure.work import Desk, Request, answer_all
from sample_data.tiny_model.twin import write_twin
from sample_data.world import TEST_SEEDS

SECONDS_BETWEEN_LINES = 10.0


def main(arguments: list[str] | None = None) -> dict:
    """Draw, extract, answer, and write ``results.json``; returns what it holds."""
    wanted = _options(arguments)
    wanted.out.mkdir(parents=True, exist_ok=True)
    say = _Teller()
    twin = wanted.twin
    if twin is None:
        twin = write_twin(wanted.model, wanted.out / "twin")
    if wanted.sample:
        name, table, stride = "sample", sample_data("clips", "clips.csv"), None
    else:
        name, stride = f"drawn_{wanted.clips}_{wanted.size}px", 1
        if wanted.clip_frames != FRAMES:
            name += f"_{wanted.clip_frames}frames"
        if wanted.first_seed != TEST_SEEDS.start:
            name += f"_from{wanted.first_seed}"
        specs = drawn_specs(wanted.clips, wanted.first_seed)
        table = run(draw_clips(wanted.out / name, specs, wanted.size, wanted.clip_frames), say)
    with opened_project(wanted.out / f"{name}.actiondiff", table) as project:
        found = measure(wanted, project, f"{name} {clips_digest(clip_sources(project))}", twin, stride, say)
    said = [_said(argument) for argument in arguments or sys.argv[1:]]
    found["command"] = " ".join(["python -m sample_data.measure", *said])
    file = wanted.out / "results.json"
    with whole_file(file) as part:
        part.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print("\n".join(lines(found)))
    print(f"Written to {file}.")
    return found


def measure(
    wanted: argparse.Namespace, project: Project, name: str, twin: Path, stride: int | None, say: "_Teller"
) -> dict:
    """Answer all cells that were asked for, cheapest first, and add them up."""
    training = replace(TRAINING, epochs=5) if wanted.quick else TRAINING
    desk = Desk(project, name, wanted.summary, wanted.seeds, training, wanted.head_device)
    kept = Kept(wanted.out / "cells.jsonl")

    asked: set[Cell] = set()

    def answer(requests: Iterable[Request], what: str) -> None:
        requests = list(requests)
        asked.update(cell for cell, _ in requests)
        if wanted.so_far:
            return
        lacking = len({cell for cell, _ in requests} - set(kept.answers))
        for done, _ in enumerate(answer_all(requests, kept, wanted.processes), 1):
            say(Progress(done, lacking, what))

    frames = FRAMES if wanted.sample else wanted.clip_frames
    networks = {
        "model": load_backbone(str(wanted.model), wanted.device, wanted.precision),
        "twin": load_backbone(str(twin), wanted.device, wanted.precision),
    }
    check_twin(networks["model"], networks["twin"], twin)
    if frames % networks["model"].window:
        raise SystemExit(
            f"Clips of {frames} frames leave a window of {networks['model'].window} frames half empty: give "
            "--clip-frames that it divides."
        )
    plain = [
        subject(one.id, project, one, ExtractionSettings(stride=stride), ("-",), None)
        for one in (PixelBackbone(frames), FlowBackbone(frames))
    ]
    for one in plain:
        if not wanted.so_far:
            run(extracted(project, one, one.timesteps), say)
        answer(desk.linear(one), f"{one.name}, linear")
    subjects: dict[str, list[Subject]] = {one.name: [one] for one in plain} | {n: [] for n in networks}
    for regime in wanted.regimes:
        settings = ExtractionSettings(
            stride=stride, regime=regime, draws=wanted.draws if regime == "noised" else 1
        )
        for who, backbone in networks.items():
            one = subject(who, project, backbone, settings, wanted.timesteps, wanted.layers)
            subjects[who].append(one)
            if not wanted.so_far:
                run(extracted(project, one, one.timesteps), _named(say, f"{who}, {regime}"))
            answer(desk.linear(one), f"{who}, {regime}, linear")
    facts = desk.facts(plain[0])
    tables = {who: Table(ones, kept, desk.cell, facts) for who, ones in subjects.items()}
    layer = networks["model"].default_layer
    for who, table in tables.items():
        for regime, one in table.subjects.items():
            places = list(transformer_places(table, one, regime, wanted.transformer, layer))
            answer(desk.transformer(one, places), f"{who}, {regime}, transformer")
    found = results(tables, facts, layer)
    found["lacking"] = len(asked - set(kept.answers))
    found["model"] = {
        "folder": wanted.model.name,
        "digest": networks["model"].digest,
        "twin_digest": networks["twin"].digest,
    }
    found["asked"] = {
        "timesteps": list(subjects["model"][0].timesteps),
        "layers": list(subjects["model"][0].layers),
        "regimes": list(wanted.regimes),
        "draws": wanted.draws,
        "seeds": wanted.seeds,
        "summary": wanted.summary,
        "usual_layer": layer,
        "device": networks["model"].device,
        "precision": networks["model"].precision,
    }
    return found


def transformer_places(
    table: Table, one: Subject, regime: str, which: str, usual: int
) -> Iterator[tuple[str, int, str]]:
    """Where the transformer is trained: at chosen addresses, along the usual layer, everywhere; each once.

    Everywhere means for domains held out; folds within domains (almost half of the time) stay with the first two.
    """
    places: dict[tuple[str, int, str], None] = {}
    if which != "none":
        for shift in SHIFTS:
            for here, timestep, layer in table.chosen(shift).values():
                if here == regime:
                    places |= dict.fromkeys([(timestep, layer, shift), (timestep, layer, "within")])
    if which in ("curve", "all"):
        for timestep, layer in addresses(one):
            if which == "all" or layer == usual:
                places |= dict.fromkeys((timestep, layer, shift) for shift in SHIFTS)
            if layer == usual:
                places[timestep, layer, "within"] = None
    yield from places


def _said(argument: str) -> str:
    """An argument as others may read it: not where folders lie on this machine."""
    return f"runs/{Path(argument).name}" if Path(argument).is_absolute() else argument


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="pipeline folder")
    parser.add_argument("--twin", type=Path, help="untrained twin; made from the model if not given")
    parser.add_argument("--out", type=Path, required=True, help="folder of clips, features and results")
    parser.add_argument("--clips", type=int, default=720, help="test clips to draw, a multiple of 36")
    parser.add_argument("--size", type=int, default=64, help="their side in pixels")
    parser.add_argument("--clip-frames", type=int, default=FRAMES, help="their frames, 6 a second")
    parser.add_argument(
        "--first-seed",
        type=int,
        default=TEST_SEEDS.start,
        help="of the drawn clips; to choose between runs take 150000, of the validation seeds",
    )
    parser.add_argument("--sample", action="store_true", help="measure on the 144 shipped clips instead")
    parser.add_argument("--timesteps", default="0,5,10,15,20,25,29")
    parser.add_argument("--layers", default="all", help="all, or numbers: 5,9")
    parser.add_argument("--regimes", default=",".join(REGIMES))
    parser.add_argument("--draws", type=int, default=4, help="noise draws averaged in the regime noised")
    parser.add_argument("--seeds", type=int, default=3, help="repetitions of the transformer, 9 at most")
    parser.add_argument(
        "--transformer",
        default="curve",
        choices=("none", "chosen", "curve", "all"),
        help="where it is trained: nowhere, at chosen addresses, also along the usual layer, at every address",
    )
    parser.add_argument("--summary", default=SUMMARY, help="what the linear probe gets of a clip")
    parser.add_argument("--device", default="auto", help="of the networks")
    parser.add_argument("--head-device", default="cpu", help="of the transformer")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--processes", type=int, default=1, help="processes that fit heads")
    parser.add_argument("--so-far", action="store_true", help="only add up what was answered before")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a few minutes, to see that all works: 36 clips, two timesteps, two layers, one regime, one seed",
    )
    wanted = parser.parse_args(arguments)
    if wanted.quick:
        wanted.clips, wanted.timesteps, wanted.layers = min(wanted.clips, 36), "10,20", "5,9"
        wanted.regimes, wanted.seeds, wanted.transformer = "released", 1, "chosen"
    if wanted.clips % 36 or not wanted.clips:
        parser.error(
            "--clips must be a multiple of 36, so that each action, species, viewpoint and context is equal"
        )
    if not 1 <= wanted.seeds <= 9:
        parser.error("--seeds must lie between 1 and 9")
    wanted.timesteps = tuple(part.strip() for part in wanted.timesteps.split(","))
    wanted.layers = None if wanted.layers == "all" else tuple(int(n) for n in wanted.layers.split(","))
    wanted.regimes = tuple(part.strip() for part in wanted.regimes.split(","))
    return wanted


class _Teller:
    """Prints how far a job is, at most every few seconds."""

    def __init__(self) -> None:
        self.began = self.told = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self.told > SECONDS_BETWEEN_LINES:
            self.told = now
            print(
                f"{now - self.began:7.0f} s  {progress.message}: {progress.done} of {progress.total}",
                flush=True,
            )


def _named(say: _Teller, what: str):
    return lambda progress: say(Progress(progress.done, progress.total, f"{what}, {progress.message}"))


if __name__ == "__main__":
    main()
