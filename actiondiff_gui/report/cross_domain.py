"""Report on the recognition of actions in held-out domains, as a folder.

:func:`cross_domain_job` maps the clips, scores every timestep and layer, evaluates the heads on held-out
domains, and writes figures, tables and one page that shows them.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.classifier.json_values import to_json
from actiondiff_gui.classifier.models.heads import HEAD_KINDS
from actiondiff_gui.classifier.training.held_out import ProtocolResult, held_out_job
from actiondiff_gui.classifier.training.presets import TrainingSettings
from actiondiff_gui.embedding.maps import Embedding, MapSettings, embed_clips, standardised_within
from actiondiff_gui.evaluation.protocol import Protocol
from actiondiff_gui.evaluation.scoreboard.rows import Scoreboard
from actiondiff_gui.evaluation.silhouettes import silhouette
from actiondiff_gui.evaluation.sources import source_names
from actiondiff_gui.evaluation.study.study import StudyResult, study_job
from actiondiff_gui.features.summary import summarise
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.report.cross_domain_sections import (
    actions_of,
    headline,
    heads_section,
    main_head,
    map_section,
    study_section,
)
from actiondiff_gui.report.files import write_table, write_whole
from actiondiff_gui.report.page import Section, report_html, write_report
from actiondiff_gui.report.question import Question
from actiondiff_gui.report.scoreboard_section import scoreboard_section
from actiondiff_gui.report_folder import ReportFolder
from actiondiff_gui.tables import decimal, records_text

FILES = (
    *("report.html", "summary.json", "study.csv", "map.csv", "predictions.csv", "map.svg", "map.png"),
    *("timestep_layer.svg", "timestep_layer.png", "measures.svg", "measures.png", "timesteps.png"),
    *("confusion.svg", "confusion.png", "domains.png"),
    *("scoreboard.csv", "scoreboard_*.csv", "scoreboard_*.svg", "scoreboard_*.png"),
)
"""Names of all files of a report."""


@dataclass(frozen=True)
class CrossDomainResult:
    """What was found, and the page that shows it."""

    page: Path
    study: StudyResult | None
    protocol: ProtocolResult
    summary: dict[str, Any]
    board: Scoreboard | None = None


NO_STUDY = (
    "Timesteps and layers are compared on clips that show exactly one action, and there are none here. The heads "
    "below were trained and tested on several actions at a time."
)


def cross_domain_job(
    question: Question,
    out: Path | ReportFolder,
    *,
    title: str,
    heads: Sequence[str] = HEAD_KINDS,
    training: TrainingSettings | None = None,
    protocol: Protocol | None = None,
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
    if not isinstance(out, ReportFolder):
        out = ReportFolder(out, "study", FILES)
    tokens = question.load(*question.reading)
    yield Progress(0, 0, "mapping the clips")
    features = summarise(tokens, question.summary)
    if question.within:
        cells = [" | ".join(of[clip] for of in question.within.values()) for clip in tokens.clip_ids]
        features = standardised_within(features, cells)
    tight = _silhouettes(question, tokens, features)
    maps = []
    for method in ("pca", "umap"):
        maps.append(embed_clips(features, tokens.order, MapSettings(method)))
        yield Progress(0, 0, f"mapped the clips with {method.upper()}")
    study = None
    if ((tokens.labels == 1).sum(axis=1) == 1).any():
        study = yield from study_job(
            question.load,
            question.timesteps,
            question.layers,
            sigmas=question.sigmas,
            summary=question.summary,
            clips=question.clips,
            folder=question.folder,
        )
    found = yield from held_out_job(
        tokens, heads, seeds, device, question.folder, training, protocol, question.summary
    )
    yield Progress(0, 0, "writing the report")
    summary = _summary(question, tokens, study, found) | {"map_silhouettes": tight}
    write_whole(
        out / "summary.json",
        lambda part: part.write_text(json.dumps(summary, indent=1), encoding="utf-8"),
        "summary",
    )
    if study:
        write_table(out / "study.csv", study.to_csv())
    write_table(out / "map.csv", records_text(_map_rows(question, tokens, maps)))
    write_table(out / "predictions.csv", records_text(_prediction_rows(question, found)))
    sections = [
        map_section(question, tokens, maps, tight, out),
        study_section(question, study, out) if study else Section("Timesteps and layers", notes=[NO_STUDY]),
        heads_section(question, found, out),
        *(
            [scoreboard_section(question.board, question.domain, out, question.names)]
            if question.board
            else []
        ),
        *further,
    ]
    page = report_html(
        title,
        sections,
        lead=_lead(question, tokens, study, found),
        settings=question.settings,
        provenance={"address of the map and heads": str(tokens.address), "clips": len(tokens)},
    )
    return CrossDomainResult(write_report(out / "report.html", page), study, found, summary, question.board)


def _silhouettes(question: Question, tokens: TokenSet, features: np.ndarray) -> dict[str, float | None]:
    """Return the silhouette of clips by action, or by value of a facet, in what is mapped; None where unknown."""
    names = {"action": actions_of(tokens), question.domain: list(tokens.domains)}
    names |= {facet: [of[clip] for clip in tokens.clip_ids] for facet, of in question.within.items()}
    groups = source_names(tokens)
    found = {name: silhouette(features, np.array(values), groups)[0].value for name, values in names.items()}
    return {name: value if math.isfinite(value) else None for name, value in found.items()}


def _lead(question: Question, tokens: TokenSet, study: StudyResult | None, protocol: ProtocolResult) -> str:
    head = main_head(protocol)
    score, name = headline(protocol, head)
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
        + (f" Chance is {choice.chance:.0%}." if choice and choice.domains else "")
        + honest
    )


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
        "scoreboard": _board_summary(question.board) if question.board else None,
        "failed": [
            *question.failed,
            *(study.failed if study else ()),
            *protocol.failed,
            *(question.board.failed if question.board else ()),
        ],
        "warnings": list(study.warnings) if study else [NO_STUDY],
    }


def _board_summary(board: Scoreboard) -> dict[str, Any]:
    parts = {"means": board.means(), "differences": board.differences(), "warnings": board.warnings}
    return {name: to_json(part) for name, part in parts.items()}


def _map_rows(question: Question, tokens: TokenSet, maps: Sequence[Embedding]) -> list[dict[str, object]]:
    actions = actions_of(tokens)
    return [
        {
            "clip": question.names.get(clip, clip),
            "clip_id": clip,
            "label": actions[i],
            question.domain: tokens.domains[i],
            **{f"{m.method}_{axis + 1}": decimal(m.coordinates[i, axis], 5) for m in maps for axis in (0, 1)},
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
