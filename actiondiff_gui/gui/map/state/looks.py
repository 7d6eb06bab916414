"""What is known of the clips on a map, and how their points look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from actiondiff_gui.gui.map.state.colours import Coding, coloured, shaped
from actiondiff_gui.gui.session.clip_table import ClipRow, ClipTable
from actiondiff_gui.gui.session.session import UNLABELLED

_NOTHING = Coding(np.zeros(0, np.int64), (), (), ())


@dataclass(frozen=True, eq=False)
class PointLook:
    """The N clips of a map, their values and styles.

    Attributes
    ----------
    ids : tuple of str
        ``[N]``.
    index_of : dict of str to int
        Their indices.
    rows : list of ClipRow or None
        ``[N]`` what is known of them; None for one that was deleted.
    gone : ndarray
        ``[N]`` bool: those that were deleted.
    by, facet : str, str or None
        What colours and shapes stand for.
    colours, shapes : Coding
    """

    ids: tuple[str, ...] = ()
    index_of: dict[str, int] = field(default_factory=dict)
    rows: list[ClipRow | None] = field(default_factory=list)
    gone: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    by: str = ""
    facet: str | None = None
    colours: Coding = _NOTHING
    shapes: Coding = _NOTHING


def look_of(
    before: PointLook,
    table: ClipTable,
    ids: tuple[str, ...],
    by: str,
    facet: str | None,
    actions: Mapping[str, str],
) -> PointLook:
    """Look clips up and give them colours by ``by`` and shapes by a facet.

    Parameters
    ----------
    before : PointLook
        The last one; of the same clips it spares work.
    table : ClipTable
    ids : tuple of str
    by, facet
        See :func:`~actiondiff_gui.gui.map.state.colours.coloured`.
    actions : dict of str to str
        The project's actions in their order, with their colours.
    """
    index_of = before.index_of if ids is before.ids else dict(zip(ids, range(len(ids)), strict=True))
    rows = list(map(table.get, ids))
    gone = np.fromiter((row is None for row in rows), bool, len(rows))
    colours = coloured(rows, by, lambda action: actions.get(action, UNLABELLED), list(actions))
    return PointLook(ids, index_of, rows, gone, by, facet, colours, shaped(rows, facet))


def ids_at(look: PointLook, indices: Sequence[int] | np.ndarray) -> list[str]:
    """Return the ids of the points at ``indices``, without those of deleted clips."""
    chosen = np.asarray(indices, np.int64)
    return [look.ids[index] for index in chosen[~look.gone[chosen]].tolist()]
