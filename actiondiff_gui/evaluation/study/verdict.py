"""What a grid of scores says, in sentences: cells above chance, noisier timesteps, and what a choice is worth."""

from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np

from actiondiff_gui.evaluation.intervals import Estimate, difference
from actiondiff_gui.evaluation.measures import Measure
from actiondiff_gui.evaluation.scores import Score
from actiondiff_gui.evaluation.study.choice import joint_estimate
from actiondiff_gui.evaluation.study.grid import Cell, CellKey

LUCK = 0.025
"""Share of cells of uninformative features whose 95 % interval lies above chance."""


def verdict(
    measure: Measure, timesteps: Sequence[str], cells: Mapping[CellKey, Cell], domains: Sequence[str]
) -> list[str]:
    """Return up to three sentences on the means over domains; none for a measure that is no accuracy.

    Parameters
    ----------
    measure : Measure
    timesteps : sequence of str
        Noisiest first.
    cells : mapping
        By (timestep, layer).
    domains : sequence of str
        Values that were held out in turn.
    """
    known = [cell.score for cell in cells.values() if cell.score is not None and isfinite(cell.score.low)]
    if measure.kind != "accuracy" or not known:
        return []
    told = [above_chance(sum(score.low > score.chance for score in known), len(known))]
    told += [text for text in (_noisier(measure, timesteps, cells), _chosen(measure, cells, domains)) if text]
    return told


def above_chance(above: int, count: int) -> str:
    """Say how many of ``count`` cells lie above chance by their own interval, and how many would by luck."""
    are, cells = "lies" if above == 1 else "lie", f"cell{'s' * (count != 1)}"
    luck = f"{LUCK * count:.{0 if LUCK * count >= 1 else 1}f}"
    return f"{above} of {count} {cells} {are} above chance by 95 % intervals; by luck about {luck} would."


def _noisier(measure: Measure, timesteps: Sequence[str], cells: Mapping[CellKey, Cell]) -> str:
    """Compare the means of the noisier and the cleaner half of the rows; a middle row belongs to neither."""
    rows = [(step, mean) for step in timesteps if (mean := row_mean(step, cells)) is not None]
    half = len(rows) // 2
    if not half:
        return ""
    noisy, clean = (_mean([mean for _, mean in part]) for part in (rows[:half], rows[-half:]))
    apart = difference(noisy, clean)
    better = 1 if measure.wanted == "high" else -1
    names = [", ".join(step for step, _ in part) for part in (rows[:half], rows[-half:])]
    numbers = f"{noisy.value:.2f} at {names[0]}, {clean.value:.2f} at {names[1]}"
    interval = f"{apart.value:+.2f}, 95 % {apart.low:+.2f} to {apart.high:+.2f}"
    if apart.low <= 0 <= apart.high:
        how = "Noisier timesteps cannot be told from cleaner ones here"
    elif better * apart.value > 0:
        how = "Noisier timesteps do better here"
    else:
        how = "Noisier timesteps do worse here"
    return f"{how}: {numbers} ({interval})."


def row_mean(timestep: str, cells: Mapping[CellKey, Cell]) -> Estimate | None:
    """Return the mean over the layers of a row, with the mean of their intervals; None without scores.

    Layers are scored on the same clips, so that their errors do not cancel: the interval is the one of a single cell.
    """
    found = [
        Estimate(cell.score.value, cell.score.low, cell.score.high, cell.score.n)
        for (step, _), cell in sorted(cells.items())
        if step == timestep and cell.score is not None and isfinite(cell.score.low)
    ]
    return _mean(found) if found else None


def _mean(parts: Sequence[Estimate]) -> Estimate:
    value, low, high = (
        float(np.mean([getattr(part, name) for part in parts])) for name in ("value", "low", "high")
    )
    return Estimate(value, low, high, min(part.n for part in parts))


def _chosen(measure: Measure, cells: Mapping[CellKey, Cell], domains: Sequence[str]) -> str:
    found = scores_at_choice(cells, domains, measure.wanted)
    if not found:
        return ""
    worth = joint_estimate(found)
    return (
        f"The address that is best on the other domains scores {worth.value:.2f} in a new one (95 % {worth.low:.2f} to "
        f"{worth.high:.2f})."
    )


def scores_at_choice(
    cells: Mapping[CellKey, Cell], domains: Sequence[str], wanted: str = "high"
) -> list[Score]:
    """Return each domain's score at the cell chosen on the others; empty where one has none."""
    found = []
    for domain in domains:
        place = chosen_elsewhere(cells, domain, wanted)
        score = None if place is None else score_of(cells[place], domain)
        if score is None:
            return []
        found.append(score)
    return found


def score_of(cell: Cell, domain: str = "") -> Score | None:
    """Return a cell's score, the mean over domains or one domain's own; None where there is none."""
    if not domain:
        return cell.score
    return next((score for score in cell.domains if score.domain == domain), None)


def chosen_elsewhere(cells: Mapping[CellKey, Cell], domain: str, wanted: str = "high") -> CellKey | None:
    """Return the cell that is best in the mean of all other domains, without the scores of ``domain`` itself.

    None where no cell has scores of other domains.
    """
    means = {}
    for place, cell in cells.items():
        others = [s.value for s in cell.domains if s.domain != domain and isfinite(s.value)]
        if others and score_of(cell, domain) is not None:
            means[place] = sum(others) / len(others)
    pick = max if wanted == "high" else min
    return pick(means, key=lambda place: means[place]) if means else None
