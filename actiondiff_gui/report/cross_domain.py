"""Do these features recognise actions in domains they were not trained on? The whole answer, as a folder.

:func:`cross_domain_job` maps the clips, scores every timestep and layer, evaluates the heads on held-out
domains, and writes figures, tables and one page that shows them.
"""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.analysis.embedding import Embedding, embed_clips
from actiondiff_gui.analysis.scores import MEASURES
from actiondiff_gui.analysis.study import StudyResult, study_job
from actiondiff_gui.analysis.summary import summarise
from actiondiff_gui.classifier.evaluate import Protocol, ProtocolResult, protocol_job
from actiondiff_gui.classifier.heads import HEAD_KINDS
from actiondiff_gui.classifier.presets import TrainingSettings, preset, usual_preset
from actiondiff_gui.classifier.targets import is_single_label
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.report.curves import domain_bars_figure, timestep_figure
from actiondiff_gui.report.files import new_folder, write_whole
from actiondiff_gui.report.grids import confusion_figure, heat_map_figure, timestep_label
from actiondiff_gui.report.maps import map_figure
from actiondiff_gui.report.page import Picture, Section, Table, report_html, write_report
from actiondiff_gui.report.style import save


@dataclass(frozen=True)
class Question:
    """What is asked of which features.

    Attributes
    ----------
    load : callable
        Takes (timestep, layer), returns the tokens of the labelled clips there.
    timesteps, layers : tuple
        The grid, noisiest timestep first.
    sigmas : mapping of str to float
        Noise level of each timestep.
    address : tuple of (str, int)
        Timestep and layer of the map and of the heads; not chosen by any score of these clips.
    domain : str
        Name of the facet that is the domain.
    names : mapping of str to str
        For each clip id a name for people.
    action_colours : mapping of str to str
        The project's colours.
    settings : mapping
        Shown at the report's end.
    failed : sequence of str
        One sentence for each clip that has no features.
    """

    load: Callable[[str, int], TokenSet]
    timesteps: tuple[str, ...]
    layers: tuple[int, ...]
    sigmas: Mapping[str, float]
    address: tuple[str, int]
    domain: str
    names: Mapping[str, str] = field(default_factory=dict)
    action_colours: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    failed: Sequence[str] = ()


@dataclass(frozen=True)
class CrossDomainResult:
    """What was found, and the page that shows it."""

    page: Path
    study: StudyResult | None
    protocol: ProtocolResult
    summary: dict[str, Any]


NO_STUDY = (
    "Timesteps and layers are compared on clips that show exactly one action, and there are none here. The heads "
    "below were trained and tested on several actions at a time."
)


def cross_domain_job(
    question: Question,
    out: Path,
    *,
    title: str,
    heads: Sequence[str] = HEAD_KINDS,
    training: TrainingSettings | None = None,
    seeds: Sequence[int] = (0,),
    device: str = "cpu",
    further: Sequence[Section] = (),
) -> Job[CrossDomainResult]:
    """Answer ``question`` and write figures, CSV files, ``summary.json`` and ``report.html`` to ``out``.

    Raises
    ------
    ActionDiffError
        If there are too few clips, actions or domains, or ``out`` cannot be written.
    """
    out = new_folder(out)
    tokens = question.load(*question.address)
    yield Progress(0, 0, "mapping the clips")
    features = summarise(tokens)
    maps = []
    for method in ("pca", "umap"):
        maps.append(embed_clips(features, tokens.order, method=method))
        yield Progress(0, 0, f"mapped the clips with {method.upper()}")
    study = None
    if ((tokens.labels == 1).sum(axis=1) == 1).any():
        study = yield from study_job(
            question.load, question.timesteps, question.layers, sigmas=question.sigmas
        )
    training = training or preset(usual_preset(is_single_label(tokens.labels)))
    protocol = yield from protocol_job(tokens, Protocol(), heads, training, seeds, device)
    yield Progress(0, 0, "writing the report")
    summary = _summary(question, tokens, study, protocol)
    write_whole(
        out / "summary.json",
        lambda p: p.write_text(json.dumps(summary, indent=1), encoding="utf-8"),
        "summary",
    )
    if study:
        table = study.to_csv()
        write_whole(out / "study.csv", lambda p: p.write_text(table, encoding="utf-8", newline=""), "table")
    _write_rows(out / "map.csv", _map_rows(question, tokens, maps))
    _write_rows(out / "predictions.csv", _prediction_rows(question, protocol))
    sections = [
        _map_section(question, tokens, maps, out),
        _study_section(question, study, out) if study else Section("Timesteps and layers", notes=[NO_STUDY]),
        _heads_section(question, protocol, out),
        *further,
    ]
    page = report_html(
        title,
        sections,
        lead=_lead(question, tokens, study, protocol),
        settings=question.settings,
        provenance={"address of the map and heads": str(tokens.address), "clips": len(tokens)},
    )
    return CrossDomainResult(write_report(out / "report.html", page), study, protocol, summary)


def main_head(protocol: ProtocolResult) -> str:
    """The head whose confusion and predictions are shown: the transformer where it was asked for."""
    return "transformer" if "transformer" in protocol.heads else next(iter(protocol.heads))


def _actions(tokens: TokenSet) -> list[str]:
    """Name of each clip's action; several joined, none empty."""
    return [
        " + ".join(name for name, value in zip(tokens.classes, row, strict=True) if value == 1)
        for row in tokens.labels
    ]


def _lead(question: Question, tokens: TokenSet, study: StudyResult | None, protocol: ProtocolResult) -> str:
    head = main_head(protocol)
    score, name = _headline(protocol, head)
    choice = study.choice if study else None
    honest = (
        f" A linear probe reaches {choice.value:.0%} (95 % interval {choice.low:.0%} to {choice.high:.0%}) at the "
        "address chosen without the domain it is tested on."
        if choice and choice.domains
        else ""
    )
    return (
        f"{len(tokens)} clips, {len(tokens.classes)} actions, {len(set(tokens.domains) - {''})} values of "
        f"{question.domain}. Trained on all other domains, the {head} names the action in a held-out one with "
        f"{name} {score:.0%}."
        + (f" Guessing gives {choice.chance:.0%}." if choice and choice.domains else "")
        + honest
    )


def _headline(protocol: ProtocolResult, head: str) -> tuple[float, str]:
    means = protocol.summary["heads"][head]["mean_over_folds"]
    name = "top-1" if "top-1" in means else "mAP"
    return _number(means[name]), name


def _summary(
    question: Question, tokens: TokenSet, study: StudyResult | None, protocol: ProtocolResult
) -> dict[str, Any]:
    choice = json.loads(study.to_json())["choice"] if study else None
    return {
        "clips": len(tokens),
        "actions": list(tokens.classes),
        "domain": question.domain,
        "domains": sorted(set(tokens.domains) - {""}),
        "address": str(tokens.address),
        "best_address": {
            "timestep": study.best[0],
            "layer": study.best[1],
            "note": "chosen by its own score",
        }
        if study
        else None,
        "linear_probe_at_validated_address": choice,
        "held_out": protocol.summary,
        "failed": [*question.failed, *(study.failed if study else ()), *protocol.failed],
        "warnings": list(study.warnings) if study else [NO_STUDY],
    }


def _map_section(question: Question, tokens: TokenSet, maps: Sequence[Embedding], out: Path) -> Section:
    where = f"{timestep_label(question.address[0], question.sigmas.get(question.address[0]))}, layer {question.address[1]}"
    figure = map_figure(
        maps,
        _actions(tokens),
        tokens.domains,
        question.action_colours,
        subtitle=f"{len(tokens)} clips, {where}",
    )
    save(figure, out / "map.svg")
    picture = save(figure, out / "map.png")
    return Section(
        "Map of the clips",
        text=[
            "Each point is a clip: the mean of its tokens over time. Above, colour tells the action; below, the "
            f"domain ({question.domain}). Features that carry the action and not the scene gather the colours above "
            "and mix those below."
        ],
        figures=[Picture(picture, f"PCA and UMAP at {where}.", "Scatter plots of clips")],
        notes=[*(note for each in maps for note in each.notes), *question.failed],
    )


def _study_section(question: Question, study: StudyResult, out: Path) -> Section:
    chance = next((r.chance for r in study.rows if (r.measure, r.domain) == ("across_linear", "")), None)
    grid = heat_map_figure(
        study.grid("across_linear"),
        study.timesteps,
        study.layers,
        question.sigmas,
        chance,
        best=study.best,
        title=f"Action in a held-out {question.domain}: linear probe",
        subtitle="noisiest timestep at the top; the marked cell is the highest",
    )
    save(grid, out / "timestep_layer.svg")
    pictures = [
        Picture(
            save(grid, out / "timestep_layer.png"),
            "Accuracy of a linear probe, each domain held out in turn, for every timestep and layer.",
            "Heat map of timesteps by layers",
        )
    ]
    layer = question.address[1]
    if len(study.timesteps) > 1:
        series = {
            "held-out domain": [_row(study, "across_linear", t, layer) for t in study.timesteps],
            "within domains": [_row(study, "within_linear", t, layer) for t in study.timesteps],
        }
        if all(row is not None for rows in series.values() for row in rows):
            curve = timestep_figure(
                study.timesteps, series, question.sigmas, title=f"Accuracy against timestep, layer {layer}"
            )
            pictures.append(
                Picture(
                    save(curve, out / "timesteps.png"), f"Linear probe at layer {layer}.", "Accuracy curves"
                )
            )
    at = question.address
    measures = [
        (MEASURES[m], row.value, row.low, row.high, row.chance)
        for m in MEASURES
        if (row := _row(study, m, *at)) is not None
    ]
    tables = [
        Table(
            ("measure", "value", "low", "high", "chance"),
            measures,
            f"All measures at {timestep_label(at[0], question.sigmas.get(at[0]))}, layer {at[1]}; 95 % intervals.",
        )
    ]
    if study.choice.domains:
        tables.append(
            Table(
                (question.domain, "chosen timestep", "layer", "accuracy", "low", "high", "chance", "clips"),
                [
                    (c.domain, c.timestep, c.layer, c.value, c.low, c.high, c.chance, c.n)
                    for c in study.choice.domains
                ],
                study.choice.note,
            )
        )
    return Section(
        "Timesteps and layers",
        text=[
            f"The highest cell is {study.best[0]}, layer {study.best[1]}. It was picked by the very score that is "
            "shown, which flatters it; the last table tells what choosing is worth on a domain that had no say."
        ],
        figures=pictures,
        tables=tables,
        notes=[*study.failed, *study.warnings],
    )


def _row(study: StudyResult, measure: str, timestep: str, layer: int) -> Any:
    wanted = (measure, "", timestep, layer)
    return next((r for r in study.rows if (r.measure, r.domain, r.timestep, r.layer) == wanted), None)


@dataclass(frozen=True)
class _Bar:
    domain: str
    value: float
    low: float
    high: float
    chance: float
    n: int


def _heads_section(question: Question, protocol: ProtocolResult, out: Path) -> Section:
    head = main_head(protocol)
    pictures, tables = [], []
    scored = protocol.summary["heads"]
    name = _headline(protocol, head)[1]
    if protocol.summary["single_label"]:
        confusion = confusion_figure(
            np.asarray(scored[head]["confusion"]),
            protocol.classes,
            title=f"{head.capitalize()}, each {question.domain} held out in turn",
        )
        save(confusion, out / "confusion.svg")
        pictures.append(
            Picture(save(confusion, out / "confusion.png"), "Confusion matrix.", "Confusion matrix")
        )
    bars = {
        kind: [
            _Bar(
                domain,
                *(_number(score[name][k]) for k in ("value", "low", "high")),
                1 / len(protocol.classes) if name == "top-1" else float("nan"),
                _clips(protocol, domain),
            )
            for domain, score in scored[kind]["domains"].items()
        ]
        for kind in scored
    }
    pictures.append(
        Picture(
            save(
                domain_bars_figure(bars, title=f"{name} in each held-out {question.domain}"),
                out / "domains.png",
            ),
            "Bars are 95 % intervals of a bootstrap over source groups.",
            "Accuracy per domain",
        )
    )
    tables.append(
        Table(
            ("head", *next(iter(scored.values()))["mean_over_folds"]),
            [(kind, *scored[kind]["mean_over_folds"].values()) for kind in scored],
            "Mean over the held-out domains.",
        )
    )
    per_class = scored[head].get("per_class")
    if per_class:
        rows = [tuple(values.values()) for values in per_class]
        tables.append(Table(tuple(per_class[0]), rows, f"The {head}, action by action."))
    return Section(
        "Actions in held-out domains",
        text=[
            "Each head is trained on all domains but one and asked about the clips of that one; a validation part "
            "of the training domains chooses the transformer's epoch. Clips of one source group are never on both "
            "sides."
        ],
        figures=pictures,
        tables=tables,
        notes=[*protocol.failed],
    )


def _number(value: float | None) -> float:
    """A number as figures take it: one that is not known is NaN."""
    return float("nan") if value is None else value


def _clips(protocol: ProtocolResult, domain: str) -> int:
    return len({row.clip_id for row in protocol.rows if row.domain == domain})


def _map_rows(question: Question, tokens: TokenSet, maps: Sequence[Embedding]) -> list[dict[str, object]]:
    actions = _actions(tokens)
    return [
        {
            "clip": question.names.get(clip, clip),
            "clip_id": clip,
            "label": actions[i],
            question.domain: tokens.domains[i],
            **{f"{m.method}_{axis + 1}": f"{m.coordinates[i, axis]:.5f}" for m in maps for axis in (0, 1)},
        }
        for i, clip in enumerate(tokens.clip_ids)
    ]


def _prediction_rows(question: Question, protocol: ProtocolResult) -> list[dict[str, object]]:
    return [
        {
            "clip": question.names.get(row.clip_id, row.clip_id),
            "clip_id": row.clip_id,
            question.domain: row.domain,
            "head": row.head,
            "seed": row.seed,
            "label": ";".join(row.true),
            "predicted": ";".join(row.predicted),
            **{f"p({name})": f"{p:.4f}" for name, p in zip(protocol.classes, row.probabilities, strict=True)},
        }
        for row in protocol.rows
    ]


def _write_rows(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    def write(part: Path) -> None:
        with part.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]) if rows else [])
            writer.writeheader()
            writer.writerows(rows)

    write_whole(path, write, "table")
