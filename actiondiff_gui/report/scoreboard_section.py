"""Section of the report page on the scoreboard, and its tables."""

from collections.abc import Mapping

import numpy as np

from actiondiff_gui.evaluation.measures import ANSWERERS
from actiondiff_gui.evaluation.scoreboard.rows import KINDS, Scoreboard
from actiondiff_gui.evaluation.study.verdict import above_chance
from actiondiff_gui.report.files import write_table
from actiondiff_gui.report.page import Picture, Section, Table
from actiondiff_gui.report.scoreboards import board_figure, means_figure
from actiondiff_gui.report.style import save
from actiondiff_gui.report_folder import ReportFolder

CHOSEN = (
    "For every cell each method's timestep, layers and pooling were chosen on validation data only: a probe was trained and "
    "tested inside the clips of the training side, each of its domains held out in turn, or in folds over the source "
    "groups of a single one. No clip of the tested domain (within a domain: of the tested fold) took part in it. Nearest "
    "neighbours chose for themselves; the linear probe chose for the transformer too, whose own choice would cost a "
    "training for every address."
)
SCENES = (
    "Within a domain, features that carry only the scene score below chance where every action was filmed in every "
    "scene: a clip's nearest neighbours share its scene, and of its own action there is one less of those to find."
)


def scoreboard_section(
    board: Scoreboard, domain: str, out: ReportFolder, names: Mapping[str, str] | None = None
) -> Section:
    """Write the scoreboard's figures and CSV files to ``out`` and give its section of the page.

    Parameters
    ----------
    domain : str
        Name of the facet that is the domain.
    names : mapping of str to str, optional
        For each clip id a name for people.
    """
    for name, text in (
        ("scoreboard.csv", board.to_csv()),
        ("scoreboard_means.csv", board.means_to_csv()),
        ("scoreboard_answers.csv", board.answers_to_csv(dict(names or {}))),
    ):
        write_table(out / name, text)
    means = sorted(board.means(), key=lambda mean: board.methods.index(mean.method))
    figure = means_figure(
        means,
        KINDS,
        ANSWERERS,
        title=f"Action across {domain}: methods side by side",
        subtitle="bars are 95 % intervals over clips by source group, and over repetitions",
    )
    save(figure, out / "scoreboard_means.svg")
    pictures = [
        Picture(
            save(figure, out / "scoreboard_means.png"),
            "Means over the cells of the board; every tested domain counts alike.",
            "Accuracy of each method with intervals",
        )
    ]
    for head in board.heads:
        matrices = {
            method: {c: board.matrix(method, head, c) for c in ("value", "low", "high", "chance")}
            for method in board.methods
            if np.isfinite(board.matrix(method, head)).any()
        }
        if not matrices:
            continue
        figure = board_figure(
            matrices,
            board.domains,
            title=f"Trained on one {domain}, tested on another: {ANSWERERS[head]}",
            subtitle="bold: the 95 % interval lies above chance (the line on the colour bar)",
        )
        save(figure, out / f"scoreboard_{head}.svg")
        pictures.append(
            Picture(
                save(figure, out / f"scoreboard_{head}.png"),
                f"Accuracy of the {ANSWERERS[head]} for each pair; the last row trains on all other domains, the "
                "diagonal on other source groups of the same domain.",
                "Matrices of trained and tested domains",
            )
        )
    cells = [row for row in board.rows if np.isfinite(row.low)]
    above = sum(row.low > row.chance for row in cells)
    notes = [
        CHOSEN,
        above_chance(above, len(cells)),
        SCENES,
        *board.failed,
        *board.warnings,
    ]
    return Section(
        "Scoreboard of methods",
        text=[_headline(board, domain)],
        figures=pictures,
        tables=[_means_table(board), *_difference_tables(board), _choice_table(board, domain)],
        notes=notes,
    )


def _headline(board: Scoreboard, domain: str) -> str:
    head = next(h for h in ("linear", *board.heads) if h in board.heads)
    said = []
    for method in board.methods:
        mean = board.mean(method, head, "leave-one-out")
        if mean is not None:
            said.append(f"{method} {mean.value:.0%} ({mean.low:.0%} to {mean.high:.0%})")
            chance = mean.chance
    if not said:
        return "No method could be tested on a domain after training on all others."
    return (
        f"Trained on all other values of {domain}, the {ANSWERERS[head]} names the action in an unseen one with: "
        f"{', '.join(said)}. Chance is {chance:.0%}."
    )


def _means_table(board: Scoreboard) -> Table:
    return Table(
        ("method", "head", "cells", "accuracy", "low", "high", "chance", "clips"),
        [
            (m.method, ANSWERERS[m.head], KINDS[m.kind], m.value, m.low, m.high, m.chance, m.n)
            for m in board.means()
        ],
        "Means; each clip counts once in an interval, however often it was tested.",
    )


def _difference_tables(board: Scoreboard) -> list[Table]:
    apart = board.differences()
    if not apart:
        return []
    return [
        Table(
            ("method", "minus", "head", "difference", "low", "high", "clips"),
            [(d.method, d.other, ANSWERERS[d.head], d.value, d.low, d.high, d.n) for d in apart],
            "On the same clips, all other domains trained on. An interval that includes 0 shows no difference.",
        )
    ]


def _choice_table(board: Scoreboard, domain: str) -> Table:
    rows = [
        (
            row.method,
            ANSWERERS[row.head],
            row.test,
            "; ".join(map(str, row.readings)),
            row.validation,
            row.value,
        )
        for row in board.rows
        if row.kind == "leave-one-out"
    ]
    columns = ("method", "head", f"tested {domain}", "address chosen", "in validation", "in the test")
    return Table(
        columns,
        rows,
        "The addresses chosen without the tested domain; scoreboard.csv has those of all cells.",
    )
