"""What do all answers add up to? Addresses chosen on validation domains, curves, and the aim with its interval."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from actiondiff_gui.evaluation.choice import choose_by_validation
from actiondiff_gui.evaluation.intervals import Estimate, balanced_share
from actiondiff_gui.evaluation.scores import Score
from sample_data.measure.cells import Answer, Cell, Kept
from sample_data.measure.clips import SHIFTS
from sample_data.measure.subjects import Subject, addresses
from sample_data.measure.work import ClipFacts

HEADS = ("linear", "transformer")
AIM = 0.10
"""How far the model is to lie above the best of its twin, pixels and flow, on the average of the shifts."""
RESAMPLES = 2000

Address = tuple[str, str, int]
"""Regime, timestep, layer."""
CellOf = Callable[[Subject, str, int, str, str], Cell]


class Table:
    """Answers of one subject (in one or both regimes), ready to be asked for by address.

    Parameters
    ----------
    subjects : sequence of Subject
        The same features in each regime.
    kept : Kept
        All answers.
    cell_of : callable
        :meth:`sample_data.measure.work.Desk.cell`.
    facts : ClipFacts
        On the clips.
    """

    def __init__(self, subjects: Iterable[Subject], kept: Kept, cell_of: CellOf, facts: ClipFacts) -> None:
        self.subjects = {one.regime: one for one in subjects}
        self.kept, self.cell_of, self.facts = kept, cell_of, facts

    def answer(self, address: Address, head: str, split: str) -> Answer | None:
        """The answer of a cell; None where it was not measured."""
        regime, timestep, layer = address
        cell = self.cell_of(self.subjects[regime], timestep, layer, head, split)
        return self.kept.answers.get(cell)

    def chosen(self, shift: str, among: Iterable[Address] | None = None) -> dict[str, Address]:
        """For each domain the address that was best on validation domains, without any clip of that domain.

        The linear probe chooses, for every head.
        """
        domains = self.facts.domains[shift]
        validated: dict[tuple[str, int], Mapping[str, float]] = {}
        tested: dict[tuple[str, int], dict[str, Score]] = {}
        names: dict[tuple[str, int], Address] = {}
        for address in self.all_addresses() if among is None else among:
            answer = self.answer(address, "linear", shift)
            if answer is None or answer.validation is None:
                continue
            name = f"{address[0]} {address[1]}", address[2]
            names[name], validated[name], right = address, answer.validation, answer.share()
            tested[name] = {
                str(domain): _score(right[domains == domain], str(domain)) for domain in np.unique(domains)
            }
        if not validated:
            return {}
        choice = choose_by_validation(validated, tested)
        return {one.domain: names[one.timestep, one.layer] for one in choice.domains}

    def all_addresses(self) -> list[Address]:
        """Every address of every regime."""
        return [(one.regime, *address) for one in self.subjects.values() for address in addresses(one)]

    def at(
        self, chosen: dict[str, Address], head: str, shift: str, within: bool = False
    ) -> np.ndarray | None:
        """Share of right answers of each clip ``[N]``, each domain at its own address; None if one lacks."""
        domains = self.facts.domains[shift]
        out = np.full(len(domains), np.nan)
        for domain, address in chosen.items():
            split = "within" if within and head == "transformer" else shift
            answer = self.answer(address, head, split)
            if answer is None:
                return None
            part = "within" if within and head == "linear" else "right"
            out[domains == domain] = answer.share(part)[domains == domain]
        return out if chosen and np.isfinite(out).all() else None


def results(tables: dict[str, Table], facts: ClipFacts, default_layer: int) -> dict[str, Any]:
    """Everything that figures, card and docs say, as JSON can hold it."""
    composite: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    shifts: dict[str, Any] = {}
    for shift in SHIFTS:
        shifts[shift] = {}
        for name, table in tables.items():
            chosen = table.chosen(shift)
            for head in HEADS:
                share = table.at(chosen, head, shift)
                if share is None:
                    continue
                composite.setdefault((name, head), {})[shift] = share
                within = table.at(chosen, head, shift, within=True)
                shifts[shift].setdefault(name, {})[head] = {
                    "held_out": _estimate(share, facts.domains[shift]),
                    "within": None if within is None else _estimate(within, facts.domains[shift]),
                    "addresses": {domain: _written(address) for domain, address in chosen.items()},
                }
    whole = {key: parts for key, parts in composite.items() if len(parts) == len(SHIFTS)}
    return {
        "clips": len(facts.actions),
        "clip_set": facts.name,
        "chance": 1 / len(np.unique(facts.actions)),
        "shifts": shifts,
        "average": {name: {h: average(whole[n, h], facts) for n, h in whole if n == name} for name in tables},
        "aim": {head: aim(whole, head, facts) for head in HEADS if ("model", head) in whole},
        "curves": curves(tables, facts, default_layer),
        "grids": grids(tables, facts),
    }


def aim(
    composite: dict[tuple[str, str], dict[str, np.ndarray]], head: str, facts: ClipFacts
) -> dict[str, Any] | None:
    """The model's average over the shifts less that of the best of the others, with a bootstrap over clips.

    Twin, pixels and flow may use either head; in every draw of clips the best of them is subtracted, which
    makes the interval lie rather too low than too high. None where no other was measured.
    """
    others = {key: parts for key, parts in composite.items() if key[0] != "model"}
    if not others:
        return None
    weights = _draws(len(facts.actions))
    ones = np.ones((1, weights.shape[1]))

    def gap(draws: np.ndarray) -> np.ndarray:
        ours = _mean_over_shifts(composite["model", head], facts, draws)
        return ours - np.max([_mean_over_shifts(parts, facts, draws) for parts in others.values()], axis=0)

    value = float(gap(ones)[0])
    low, high = (float(v) for v in np.nanquantile(gap(weights), [0.025, 0.975]))
    best = max(others, key=lambda key: _mean_over_shifts(others[key], facts, ones)[0])
    verdict = "reached" if low > AIM else "not reached" if high < AIM else "not settled"
    return {
        "value": value,
        "low": low,
        "high": high,
        "best_other": f"{best[0]}, {best[1]}",
        "aim": AIM,
        "verdict": verdict,
    }


def average(parts: dict[str, np.ndarray], facts: ClipFacts) -> dict[str, float]:
    """Mean over the shifts of clips' shares ``[N]``, with the 95 % interval of a bootstrap over clips."""
    weights = _draws(len(facts.actions))
    low, high = np.nanquantile(_mean_over_shifts(parts, facts, weights), [0.025, 0.975])
    value = _mean_over_shifts(parts, facts, np.ones((1, weights.shape[1])))[0]
    return {"value": float(value), "low": float(low), "high": float(high)}


def curves(tables: dict[str, Table], facts: ClipFacts, default_layer: int) -> dict[str, Any]:
    """Held-out and within-domain accuracy at each timestep, by regime, shift, subject and head.

    The linear head reads the layer that was best on validation domains at that timestep, the transformer the
    usual layer. A head that was trained at few of the timesteps has no curve.
    """
    out: dict[str, Any] = {}
    for name in ("model", "twin"):
        if name not in tables:
            continue
        table = tables[name]
        for regime, one in table.subjects.items():
            for shift in SHIFTS:
                for head in HEADS:
                    points = [_point(table, one, t, head, shift, default_layer) for t in one.timesteps]
                    if _mostly(points):
                        place = out.setdefault(regime, {}).setdefault(shift, {}).setdefault(name, {})
                        place[head] = [point for point in points if point]
    return out


def grids(tables: dict[str, Table], facts: ClipFacts) -> dict[str, Any]:
    """Accuracy on held-out domains at every address, mean of the shifts, by regime, network and head.

    A grid has a row for each timestep and a value for each layer, None where the address was not measured for every
    shift. A head that was trained at few of the addresses has no grid.
    """
    out: dict[str, Any] = {}
    for name in ("model", "twin"):
        for regime, one in tables[name].subjects.items() if name in tables else ():
            for head in HEADS:
                places = [(regime, *address) for address in addresses(one)]
                values = [_everywhere(tables[name], place, head, facts) for place in places]
                if _mostly(values):
                    wide = len(one.layers)
                    rows = [values[at : at + wide] for at in range(0, len(values), wide)]
                    out.setdefault(regime, {}).setdefault(name, {})[head] = rows
    return out


def _everywhere(table: Table, address: Address, head: str, facts: ClipFacts) -> float | None:
    parts = {}
    for shift in SHIFTS:
        share = table.at(dict.fromkeys(np.unique(facts.domains[shift]).tolist(), address), head, shift)
        if share is None:
            return None
        parts[shift] = share
    return float(_mean_over_shifts(parts, facts, np.ones((1, len(facts.actions))))[0])


def _mostly(measured: list) -> bool:
    """Whether more than half was measured: a few chosen places are no picture of all."""
    return 2 * sum(one is not None for one in measured) > len(measured)


def _point(table: Table, one: Subject, timestep: str, head: str, shift: str, layer: int) -> dict | None:
    domains = table.facts.domains[shift]
    here = [(one.regime, timestep, number) for number in one.layers]
    if head == "linear":
        chosen = table.chosen(shift, here)
    else:
        chosen = dict.fromkeys(np.unique(domains).tolist(), (one.regime, timestep, layer))
    held_out = table.at(chosen, head, shift)
    if held_out is None:
        return None
    within = table.at(chosen, head, shift, within=True)
    return {
        "timestep": timestep,
        "sigma": one.sigma(timestep),
        "layers": {domain: address[2] for domain, address in chosen.items()},
        "held_out": _estimate(held_out, domains),
        "within": None if within is None else _estimate(within, domains),
    }


def _estimate(share: np.ndarray, domains: np.ndarray) -> dict[str, float]:
    return asdict(balanced_share(share, domains, np.arange(len(share))))


def _score(right: np.ndarray, domain: str) -> Score:
    found: Estimate = balanced_share(right, np.zeros(len(right)), np.arange(len(right)))
    return Score("across_linear", domain, found.value, found.low, found.high, float("nan"), found.n)


def _mean_over_shifts(parts: dict[str, np.ndarray], facts: ClipFacts, weights: np.ndarray) -> np.ndarray:
    """Mean over shifts of the mean over domains of the share, for each of R weightings ``[R, N]``."""
    means = []
    for shift, share in parts.items():
        inside = [facts.domains[shift] == domain for domain in np.unique(facts.domains[shift])]
        sums = [(weights[:, at] @ share[at]) / weights[:, at].sum(axis=1) for at in inside]
        means.append(np.mean(sums, axis=0))
    return np.mean(means, axis=0)


def _draws(count: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.multinomial(count, np.full(count, 1 / count), size=RESAMPLES).astype(float)


def _written(address: Address) -> str:
    regime, timestep, layer = address
    return f"{regime} {timestep} layer {layer}" if regime != "-" else "-"
