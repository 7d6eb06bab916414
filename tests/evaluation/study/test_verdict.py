import numpy as np
import pytest

from actiondiff_gui.evaluation.measures import ALL_MEASURES
from actiondiff_gui.evaluation.scores import Score
from actiondiff_gui.evaluation.study.grid import Cell
from actiondiff_gui.evaluation.study.verdict import above_chance, chosen_elsewhere, scores_at_choice, verdict

ACROSS = ALL_MEASURES["across_linear"]
WIDE, NARROW = 0.1, 0.02


def _cell(step: str, layer: int, half: float = WIDE, **of: float) -> Cell:
    """A cell with a score of each domain, all with chance 0.2 and an interval of ``half`` to either side."""
    own = tuple(Score("across_linear", name, v, v - half, v + half, 0.2, 50) for name, v in of.items())
    mean = float(np.mean(list(of.values())))
    return Cell(step, layer, Score("across_linear", "", mean, mean - half, mean + half, 0.2, 100), own)


def _grid(half: float, **row: float) -> dict:
    """One row a timestep, two layers, the same accuracy in both domains."""
    return {(s, n): _cell(s, n, half, cat=v, dog=v) for s, v in row.items() for n in (1, 2)}


def test_a_domain_has_no_say_in_the_cell_that_is_chosen_for_it():
    cells = {
        ("t0", 1): _cell("t0", 1, cat=0.9, dog=0.1, fox=0.2),
        ("t0", 2): _cell("t0", 2, cat=0.2, dog=0.6, fox=0.5),
        ("t0", 3): _cell("t0", 3, cat=0.8, dog=0.4, fox=0.5),
    }
    assert chosen_elsewhere(cells, "cat") == ("t0", 2)
    assert chosen_elsewhere(cells, "dog") == ("t0", 3)
    assert chosen_elsewhere(cells, "dog", "low") == ("t0", 2)
    worth = [score.value for score in scores_at_choice(cells, ("cat", "dog", "fox"))]
    assert worth == pytest.approx([0.2, 0.4, 0.5])
    assert chosen_elsewhere({}, "cat") is None
    assert scores_at_choice({("t0", 1): Cell("t0", 1, None)}, ("cat",)) == []


def test_cells_above_chance_are_counted_beside_those_that_luck_gives():
    cells = _grid(WIDE, t0=0.25, t25=0.5)
    told = verdict(ACROSS, ["t0", "t25"], cells, ("cat", "dog"))
    assert told[0] == "2 of 4 cells lie above chance by 95 % intervals; by luck about 0.1 would."
    assert above_chance(3, 80).endswith("by luck about 2 would.")


@pytest.mark.parametrize(
    ("noisy", "clean", "half", "said"),
    [
        (
            0.6,
            0.5,
            NARROW,
            "Noisier timesteps do better here: 0.60 at t0, t5, 0.50 at t20, t25 (+0.10, 95 %",
        ),
        (
            0.5,
            0.6,
            NARROW,
            "Noisier timesteps do worse here: 0.50 at t0, t5, 0.60 at t20, t25 (-0.10, 95 %",
        ),
        (0.6, 0.5, WIDE, "Noisier timesteps cannot be told from cleaner ones here"),
    ],
)
def test_noisier_timesteps_are_compared_by_means_of_rows_and_their_intervals(noisy, clean, half, said):
    # The middle row belongs to neither half, whatever it scores.
    cells = _grid(half, t0=noisy, t5=noisy, t10=0.99, t20=clean, t25=clean)
    told = verdict(ACROSS, ["t0", "t5", "t10", "t20", "t25"], cells, ("cat", "dog"))
    assert told[1].startswith(said)


def test_the_interval_of_a_choice_is_narrower_than_that_of_one_domain():
    told = verdict(ACROSS, ["t25"], {("t25", 1): _cell("t25", 1, cat=0.6, dog=0.4)}, ("cat", "dog"))
    assert told[-1].endswith("scores 0.50 in a new one (95 % 0.43 to 0.57).")
    assert len(told) == 2, "one row has no noisier half"


def test_what_is_no_accuracy_or_not_known_has_no_verdict():
    assert verdict(ALL_MEASURES["gap_linear"], ["t25"], _grid(WIDE, t25=0.5), ("cat", "dog")) == []
    assert verdict(ACROSS, ["t25"], {("t25", 1): Cell("t25", 1, None)}, ("cat",)) == []
