"""Question of a report on held-out domains: which features, which clips, which domain."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from actiondiff_gui.backbones.reading import Reading
from actiondiff_gui.evaluation.scoreboard.rows import Scoreboard
from actiondiff_gui.evaluation.study.grid import Grid
from actiondiff_gui.features.tokens import TokenSet


@dataclass(frozen=True)
class Question:
    """What is asked of which features.

    Attributes
    ----------
    load : callable
        Takes a timestep, and a layer or all that :class:`Reading` says; returns the tokens of the labelled clips there.
    timesteps, layers : tuple
        The grid, noisiest timestep first.
    sigmas : mapping of str to float
        Noise level of each timestep.
    reading : Reading
        Timestep, layers and pooling of the map and of the heads; not chosen by any score of these clips.
    domain : str
        Name of the facet that is the domain.
    names : mapping of str to str
        For each clip id a name for people.
    action_colours : mapping of str to str
        The project's colours.
    settings : mapping
        Shown at the report's end.
    failed : sequence of str
        One sentence for each clip that has no features.
    clips : TokenSet, optional
        The clips to score, with all that is known of them; its tokens are not looked at.
    folder : Path, optional
        Where scores and answers are kept, so that a stopped report goes on where it was; with ``clips`` only.
    grids : mapping of str to Grid
        Grids of further measures to show.
    board : Scoreboard, optional
        How methods compare, for a section of its own.
    within : mapping of str to mapping
        By facet for each clip id its value. Where given, the map shows what differs among clips that are alike in all of
        these facets: features are standardised among such clips.
    summary : str
        How a clip's tokens become one vector, for the map and the simpler heads; see :mod:`actiondiff_gui.features.summary`.
    """

    load: Callable[..., TokenSet]
    timesteps: tuple[str, ...]
    layers: tuple[int, ...]
    sigmas: Mapping[str, float]
    reading: Reading
    domain: str
    names: Mapping[str, str] = field(default_factory=dict)
    action_colours: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    failed: Sequence[str] = ()
    clips: TokenSet | None = None
    folder: Path | None = None
    grids: Mapping[str, Grid] = field(default_factory=dict)
    board: Scoreboard | None = None
    within: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    summary: str = "mean"
