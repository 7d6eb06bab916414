"""The same clips at the same address get the same score from training, grids, scoreboards and reports."""

from dataclasses import replace

import numpy as np
import pytest

from actiondiff_gui.classifier.scored import transformer_answers, transformer_family
from actiondiff_gui.classifier.training.held_out import protocol_job
from actiondiff_gui.classifier.training.plan import TrainingPlan
from actiondiff_gui.classifier.training.run import TrainingRun, training_run_job
from actiondiff_gui.evaluation.scoreboard.playing import BoardSettings, Method, scoreboard_job
from actiondiff_gui.evaluation.study.grid import GridQuestion, grid_job
from actiondiff_gui.progress import run
from tests.tokens import build_tokens


@pytest.fixture(scope="module")
def tokens():
    """Clips that are hard to tell, in unequal numbers, some of unknown source, some that cannot be scored."""
    made = build_tokens(per_class=9, classes=4, signal=0.35, shift=1.5, channels=24, seed=3)
    keep = [i for i, clip in enumerate(made.clip_ids) if not clip.startswith("b-2-00") or clip[-1] in "01"]
    made = made.subset(np.random.default_rng(1).permutation(keep))
    labels, domains, groups = made.labels.copy(), list(made.domains), list(made.groups)
    labels[3], domains[5], groups[7], groups[11] = 0, "", "", ""
    return replace(made, labels=labels, domains=tuple(domains), groups=tuple(groups), keys=made.clip_ids)


def scores(tokens, head, quick):
    """Mean accuracy with each domain held out, and that of each domain, from all that tell it."""
    place = (tokens.address.timestep, tokens.address.layers[0])
    question = GridQuestion(
        lambda *_: tokens,
        tokens,
        (place[0],),
        (place[1],),
        f"across_{head}",
        further={"transformer": transformer_family(quick)},
    )
    cell = run(grid_job(question)).cells[place]
    board = run(
        scoreboard_job(
            [Method("m", lambda *_: tokens, tokens, (tokens.address.reading,))],
            BoardSettings(heads=(head,)),
            further={"transformer": transformer_answers(quick)},
        )
    )
    mean = board.mean("m", head, "leave-one-out")
    plan = TrainingPlan(head=head, test="each-domain", settings=quick, compare=False)
    results = run(training_run_job(tokens, TrainingRun(plan), resamples=20)).metrics["results"]
    report = run(protocol_job(tokens, None, (head,), quick, resamples=20)).summary["heads"][head]
    trained = results["heads"][head]["accuracy"]
    overall = report["overall"]["accuracy"]
    return {
        "grid": (cell.score.value, cell.score.low, cell.score.high),
        "scoreboard": (mean.value, mean.low, mean.high),
        "training": (trained["value"], trained["low"], trained["high"]),
        "report": (overall["value"], overall["low"], overall["high"]),
    }, {
        "grid": {s.domain: s.value for s in cell.domains},
        "training": {row["name"]: row["value"]["value"] for row in results["domains"]},
        "report": {domain: found["accuracy"]["value"] for domain, found in report["domains"].items()},
    }


@pytest.mark.parametrize("head", ["linear", "knn", "transformer"])
def test_grid_scoreboard_training_and_report_agree_to_the_last_digit(tokens, head, quick):
    means, domains = scores(tokens, head, quick)
    assert means["grid"] == means["scoreboard"] == means["training"] == means["report"]
    assert domains["grid"] == domains["training"] == domains["report"]
    assert 0.25 < means["grid"][0] < 1
