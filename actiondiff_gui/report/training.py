"""Training report: one page on the data, settings and accuracy of a model."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.classifier.result_words import NAMES, main_score, sentences
from actiondiff_gui.classifier.training.plan import BASELINE
from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.report.grids import confusion_figure
from actiondiff_gui.report.page import Picture, Section, Table, report_html, write_report
from actiondiff_gui.report.style import save
from actiondiff_gui.report.training_figures import (
    curves_figure,
    heads_figure,
    reliability_figure,
)

CAVEATS = (
    "Intervals come from a bootstrap over whole sources (recordings), because clips of one source are alike; with few sources "
    "they are wide, and with one there are none.",
    "A score is valid for clips like the held-out ones. It does not transfer to other species, cameras or annotators.",
    "Scores that were used to choose settings are too high: choose on some domains, and report on another.",
)


def write_training_report(model: TrainedClassifier, name: str, project: str, path: Path) -> Path:
    """Write the page of one model.

    Parameters
    ----------
    model : TrainedClassifier
        With the metrics that a training leaves.
    name : str
        What it is called.
    project : str
        Name of the project's file.
    path : Path
        Of the page.

    Raises
    ------
    AnalysisError
        The model was trained by something else and says nothing of its training, or the page cannot be written.
    """
    metrics = model.metrics
    results = metrics.get("results")
    if not isinstance(results, Mapping):
        raise AnalysisError(
            f"The model {name} does not say how it was trained and tested, so there is nothing to report. Train it again "
            "with this version."
        )
    with tempfile.TemporaryDirectory() as folder:
        sections = [
            _results(results, Path(folder)),
            _classes(results),
            _data(metrics, results),
            _course(metrics, Path(folder)),
        ]
        page = report_html(
            f"Training of {name}",
            [section for section in sections if section is not None],
            lead=" ".join(sentences(results)[:2]),
            settings=_settings(model),
            provenance={
                "project": project,
                "model": name,
                "made": metrics.get("made", ""),
                "took": f"{metrics.get('seconds', 0)} s",
                "features": str(model.address),
                **{f"extraction: {key}": value for key, value in model.extraction.items() if key != "sigmas"},
            },
        )
    return write_report(path, page)


def _results(results: Mapping[str, Any], folder: Path) -> Section:
    if not results.get("heads"):
        return Section("Performance", sentences(results), notes=CAVEATS[1:])
    name = main_score(results)
    figures = [
        Picture(
            save(heads_figure(results["heads"], name, results["head"]), folder / "heads.png", 110),
            "Each head on the same held-out clips, with 95 % intervals.",
            "Scores of the heads",
        ),
        Picture(
            save(
                confusion_figure(
                    np.asarray(results["confusion"]), results["classes"], "Confusion matrix, held-out clips"
                ),
                folder / "confusion.png",
                110,
            ),
            "Rows: labels. Columns: top prediction. Clips of one action each.",
            "Confusion matrix",
        ),
    ]
    if results.get("calibration"):
        figures.append(
            Picture(
                save(reliability_figure(results["calibration"]), folder / "reliability.png", 110),
                "Where the bars meet the line, a confidence of 80 % is correct in 8 of 10 clips.",
                "Reliability diagram",
            )
        )
    scores = list(results["heads"][results["head"]])
    heads = Table(
        ["head", *(f"{score} (95 % interval)" for score in scores)],
        [
            [NAMES[head], *(_cell(values.get(score)) for score in scores)]
            for head, values in results["heads"].items()
        ],
        "All heads, same clips",
    )
    domains = Table(
        ["domain", "held-out clips", f"{name} (95 % interval)", NAMES[BASELINE]],
        [[row["name"], row["clips"], _cell(row["value"]), row.get("guess")] for row in results["domains"]],
        "By domain",
    )
    notes = [*CAVEATS, *results.get("failed", ())]
    return Section("Performance", sentences(results), figures, [heads, domains], notes)


def _classes(results: Mapping[str, Any]) -> Section | None:
    if not results.get("per_class"):
        return None
    table = Table(
        ["action", "held-out clips", "precision", "recall", "F1"],
        [
            [row["name"], row["clips"], *(_cell(row[score]) for score in ("precision", "recall", "f1"))]
            for row in results["per_class"]
        ],
        "With 95 % intervals. Precision: share of clips predicted as the action that show it. Recall: share of clips that "
        "show the action that were predicted as it.",
    )
    return Section("Action by action", tables=[table])


def _data(metrics: Mapping[str, Any], results: Mapping[str, Any]) -> Section:
    data = metrics.get("data", {})
    actions = Table(
        ["action", "clips to learn from"],
        [[k, v] for k, v in data.get("clips", {}).items()],
        "Training clips",
    )
    folds = Table(
        ["division", "trained on", "chose the epoch", "tested on", "left out"],
        [[f["name"], f["train"], f["validation"], f["test"], f["dropped"]] for f in results["folds"]],
        "Test folds",
    )
    notes = list(
        dict.fromkeys([*metrics.get("notes", ()), *(n for f in results["folds"] for n in f["notes"])])
    )
    text = [
        f"The kept model learned from {data.get('train', 0)} clips of {data.get('sources', 0)} sources, and "
        f"{data.get('validation', 0)} more chose the epoch and the temperature. "
        + (f"Domains: {', '.join(data['domains'])}. " if data.get("domains") else "")
        + f"{metrics.get('missing', 0)} labelled clips had no features."
    ]
    return Section("Training data", text, tables=[actions, folds], notes=notes)


def _course(metrics: Mapping[str, Any], folder: Path) -> Section | None:
    history: Sequence[Mapping[str, Any]] = metrics.get("history") or ()
    if not history:
        return None
    figure = curves_figure(history, metrics.get("validation_metric", ""), metrics.get("best_epoch", 0))
    stopped = " It was stopped by hand." if metrics.get("stopped") else ""
    return Section(
        "Course of the training",
        [f"{len(history)} epochs; epoch {metrics.get('best_epoch')} was kept.{stopped}"],
        [Picture(save(figure, folder / "curves.png", 110), "Loss and score, epoch by epoch.", "Curves")],
    )


def _settings(model: TrainedClassifier) -> dict[str, object]:
    plan = model.metrics.get("plan", {})
    chosen = {
        key: value for key, value in plan.items() if key != "settings" and value not in ((), [], None, "")
    }
    return {**chosen, **{f"training: {key}": value for key, value in plan.get("settings", {}).items()}}


def _cell(value: Mapping[str, Any] | None) -> str:
    if not value or value.get("value") is None:
        return "–"
    if value.get("low") is None:
        return f"{value['value']:.3f}"
    return f"{value['value']:.3f} ({value['low']:.2f} to {value['high']:.2f})"
