"""Sections of the report on held-out domains: map, grid of addresses, heads."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from actiondiff_gui.backbones.reading import layers_text
from actiondiff_gui.classifier.training.held_out import ProtocolResult
from actiondiff_gui.embedding.maps import Embedding
from actiondiff_gui.evaluation.head_scores import ACCURACY
from actiondiff_gui.evaluation.measures import ALL_MEASURES
from actiondiff_gui.evaluation.scores import MEASURES, Score
from actiondiff_gui.evaluation.study.grid import Grid
from actiondiff_gui.evaluation.study.study import StudyResult
from actiondiff_gui.evaluation.study.verdict import above_chance
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.report.curves import Scored, domain_bars_figure, timestep_figure
from actiondiff_gui.report.grids import confusion_figure, heat_map_figure, timestep_label
from actiondiff_gui.report.maps import map_figure
from actiondiff_gui.report.measure_grids import MeasureGrid, measures_figure
from actiondiff_gui.report.page import Picture, Section, Table
from actiondiff_gui.report.style import save
from actiondiff_gui.report_folder import ReportFolder

if TYPE_CHECKING:
    from actiondiff_gui.report.question import Question


def main_head(protocol: ProtocolResult) -> str:
    """Return the head whose confusion and predictions are shown: the transformer where it was asked for."""
    return "transformer" if "transformer" in protocol.heads else next(iter(protocol.heads))


def actions_of(tokens: TokenSet) -> list[str]:
    """Return the name of each clip's action; several joined, none empty."""
    return [
        " + ".join(name for name, value in zip(tokens.classes, row, strict=True) if value == 1)
        for row in tokens.labels
    ]


def headline(protocol: ProtocolResult, head: str) -> tuple[float, str]:
    """Score of a head that stands for all, and its name: the accuracy, or mAP where clips show several actions."""
    means = protocol.summary["heads"][head]["mean_over_folds"]
    name = ACCURACY if ACCURACY in means else "mAP"
    return _number(means[name]), name


def map_section(
    question: "Question",
    tokens: TokenSet,
    maps: Sequence[Embedding],
    tight: Mapping[str, float | None],
    out: ReportFolder,
) -> Section:
    """Return the section with the maps of clips, by action and by domain, and the silhouette of each (``tight``)."""
    at = question.reading
    where = f"{timestep_label(at.timestep, question.sigmas.get(at.timestep))}, {layers_text(at.layers, at.pooling)}"
    figure = map_figure(
        maps,
        actions_of(tokens),
        tokens.domains,
        question.action_colours,
        subtitle=f"{len(tokens)} clips, {where}",
    )
    save(figure, out / "map.svg")
    picture = save(figure, out / "map.png")
    shown = {
        "mean": "the mean of its tokens over time",
        "mean+std": "the mean and spread of its tokens over time",
        "mean+std+absdiff": "the mean, spread and change of its tokens over time",
    }[question.summary]
    apart = (
        f" What differs between values of {', '.join(question.within)} was taken out: features are standardised among "
        "clips that are alike in these."
        if question.within
        else ""
    )
    scores = ", ".join(f"{name} {value:.3f}" for name, value in tight.items() if value is not None)
    return Section(
        "Map of the clips",
        text=[
            f"Each point is a clip: {shown}.{apart} Above, colour tells the action; below, the "
            f"domain ({question.domain}). Features that carry the action and not the scene gather the colours above "
            "and mix those below.",
            *(
                [f"Silhouette of what is mapped (higher is tighter, shuffled names lie near 0), by {scores}."]
                if scores
                else []
            ),
        ],
        figures=[Picture(picture, f"PCA and UMAP at {where}.", "Scatter plots of clips")],
        notes=[*(note for each in maps for note in each.notes), *question.failed],
    )


def study_section(question: "Question", study: StudyResult, out: ReportFolder) -> Section:
    """Return the section with the score of each timestep and layer, with the honest choice of one."""
    chance = next((r.chance for r in study.rows if (r.measure, r.domain) == ("across_linear", "")), None)
    low, chances = study.grid("across_linear", column="low"), study.grid("across_linear", column="chance")
    above = np.nan_to_num(low - chances, nan=-1) > 0
    grid = heat_map_figure(
        study.grid("across_linear"),
        study.timesteps,
        study.layers,
        question.sigmas,
        chance,
        best=study.best,
        title=f"Action in a held-out {question.domain}: linear probe",
        subtitle="noisiest timestep at the top; the marked cell is the highest; bold: the 95 % interval lies above chance",
        sure=above,
    )
    save(grid, out / "timestep_layer.svg")
    pictures = [
        Picture(
            save(grid, out / "timestep_layer.png"),
            "Accuracy of a linear probe, each domain held out in turn, for every timestep and layer.",
            "Heat map of timesteps by layers",
        )
    ]
    small = measures_figure(
        [*_probe_grids(study), *map(_grid_of, question.grids.values())],
        study.timesteps,
        study.layers,
        question.sigmas,
        title=f"All measures across {question.domain}",
    )
    save(small, out / "measures.svg")
    pictures.append(
        Picture(
            save(small, out / "measures.png"),
            "Features that carry the action and not the scene score high for the action, and low in the cost of an "
            "unseen domain, the accuracy of the domain, and the silhouette by domain. The line on each colour "
            "bar marks uninformative features.",
            "Grids of all measures",
        )
    )
    # A curve is of one layer: of several the deepest.
    layer = question.reading.layers[-1]
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
    at = question.reading
    measures = [
        (MEASURES[m], row.value, row.low, row.high, row.chance)
        for m in MEASURES
        if (row := _row(study, m, at.timestep, layer)) is not None
    ]
    tables = [
        Table(
            ("measure", "value", "low", "high", "chance"),
            measures,
            f"All measures at {timestep_label(at.timestep, question.sigmas.get(at.timestep))}, layer {layer}; 95 % intervals.",
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
            f"The highest cell is {study.best[0]}, layer {study.best[1]}. It was selected by the score that is "
            "shown, which is therefore too high; the last table gives the accuracy on domains that took no part in the selection."
        ],
        figures=pictures,
        tables=tables,
        notes=[_luck(above, chances), *study.failed, *study.warnings],
    )


def _luck(above: np.ndarray, chances: np.ndarray) -> str:
    count = int(np.isfinite(chances).sum())
    said = above_chance(int(above.sum()), count)
    return f"{said} Neighbouring cells are correlated, so that such results often come in groups."


def _probe_grids(study: StudyResult) -> list[MeasureGrid]:
    return [
        MeasureGrid(
            ALL_MEASURES[key].title,
            ALL_MEASURES[key].kind,
            *(study.grid(key, column=column) for column in ("value", "low", "high", "chance")),
        )
        for key in MEASURES
    ]


def _grid_of(grid: Grid) -> MeasureGrid:
    parts = (grid.values(column) for column in ("value", "low", "high", "chance"))
    return MeasureGrid(grid.measure.title, grid.measure.kind, *parts)


def _row(study: StudyResult, measure: str, timestep: str, layer: int) -> Any:
    wanted = (measure, "", timestep, layer)
    return next((r for r in study.rows if (r.measure, r.domain, r.timestep, r.layer) == wanted), None)


def heads_section(question: "Question", protocol: ProtocolResult, out: ReportFolder) -> Section:
    """Return the section on the heads' accuracy in held-out domains."""
    head = main_head(protocol)
    pictures, tables = [], []
    scored = protocol.summary["heads"]
    name = headline(protocol, head)[1]
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
    bars: dict[str, list[Scored]] = {
        kind: [
            Score(
                measure=name,
                domain=domain,
                value=_number(score[name]["value"]),
                low=_number(score[name]["low"]),
                high=_number(score[name]["high"]),
                chance=1 / len(protocol.classes) if name == ACCURACY else float("nan"),
                n=_clips(protocol, domain),
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
    """Return a number as figures take it: one that is not known is NaN."""
    return float("nan") if value is None else value


def _clips(protocol: ProtocolResult, domain: str) -> int:
    return len({row.clip_id for row in protocol.rows if row.domain == domain})
