"""Candidate addresses for validation: a short fixed list for each timestep."""

from collections.abc import Sequence

from actiondiff_gui.backbones.reading import POOLINGS, Pooling, Reading, in_order

SPREADS = ((0, 1 / 4, 1 / 2), (1 / 6, 5 / 12, 2 / 3))
"""Where in a network layers are read side by side, from 0 for its first to 1 for its last: of 13 layers 1, 4, 7 and 3, 6, 9.
What lies deeper has so coarse a grid that little of what moves is left in it."""


def spreads(layers: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Return sets of three of ``layers`` spread over the network; all of them as one set, where there are no more."""
    known = in_order(layers)
    if len(known) <= 3:
        return (known,)
    chosen = (in_order([known[round(at * (len(known) - 1))] for at in each]) for each in SPREADS)
    return tuple(dict.fromkeys(chosen))


def candidates(
    timesteps: Sequence[str],
    layers: Sequence[int],
    poolings: Sequence[Pooling] = POOLINGS,
    *,
    usual: Sequence[int] = (),
    singles: bool = True,
) -> tuple[Reading, ...]:
    """Addresses to choose from, the simplest first: of equally good ones the first is taken.

    For each timestep: single layers with the mean, as in the paper; single layers of the spreads with the change beside
    it; and the layers of each spread side by side, with each pooling.

    Parameters
    ----------
    timesteps : sequence of str
        Keys, noisiest first.
    layers : sequence of int
        The layers that there are.
    poolings : sequence of {"mean", "mean+change"}
    usual : sequence of int
        The backbone's usual layers, which are a set too if all of them are there.
    singles : bool
        Take every single layer with the mean, not only those of the spreads.
    """
    known, several = in_order(layers), spreads(layers)
    few = in_order([layer for each in several for layer in each])
    sets = [each for each in (*several, in_order(usual)) if len(each) > 1 and set(each) <= set(known)]
    found = []
    for timestep in timesteps:
        for pooling in poolings:
            alone = known if singles and pooling == "mean" else few
            found += [Reading(timestep, (layer,), pooling) for layer in alone]
            found += [Reading(timestep, each, pooling) for each in sets]
    return tuple(dict.fromkeys(found))
