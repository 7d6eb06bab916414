"""State of the scoreboard page: methods, cost and results, without Qt."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from actiondiff_gui.backbones.controls.names import SIMPLE, UNTRAINED, copy_of, is_control
from actiondiff_gui.backbones.controls.offers import controls_of
from actiondiff_gui.backbones.description import short_name
from actiondiff_gui.backbones.protocol import NO_TIMESTEP, Timestep, resolve_timestep
from actiondiff_gui.backbones.registry import available
from actiondiff_gui.backbones.schedule import paper_indices
from actiondiff_gui.backbones.waking import wake_job
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.evaluation.measures import ANSWERERS
from actiondiff_gui.evaluation.scoreboard.boards import OTHERS
from actiondiff_gui.features.cost import duration_text
from actiondiff_gui.gui.lab.state.comparing import LabChoice
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.progress import Job
from actiondiff_gui.project.project import Project

if TYPE_CHECKING:
    from actiondiff_gui.evaluation.scoreboard.rows import BoardMean, BoardRow, Scoreboard
    from actiondiff_gui.features.feature_set import FeatureSet
    from actiondiff_gui.report_folder import ReportFolder
    from actiondiff_gui.workflow import Contestant

KIND_WORDS = {
    "leave-one-out": "all others",
    "pairs": "one other",
    "within": "itself",
}
"""What was trained on, for a mean: all other domains, one other, or the tested domain itself."""

USUAL_SECONDS = {"knn": (0.002, 0.001), "linear": (0.008, 0.003), "transformer": (0.0, 4.0)}
"""Seconds of one fit, and of each 144 clips in it (14 tokens, 384 channels), until fits were timed here; from runs on two cores."""


@dataclass(frozen=True)
class BoardAsked:
    """One scoreboard: everything that changes its numbers.

    Attributes
    ----------
    project : Project
    address : Address
        Backbone, pooling and settings; it names no timestep and no layers.
    domain : str or None
    choice : LabChoice
        Timesteps and layers from which addresses are chosen.
    methods : tuple of str
        Backbones and controls by name, the address's backbone first.
    heads : tuple of str
    seeds : int
        Repetitions of the transformer.
    """

    project: Project
    address: Address
    domain: str | None
    choice: LabChoice
    methods: tuple[str, ...]
    heads: tuple[str, ...]
    seeds: int = 1


@dataclass(eq=False)
class BoardRun:
    """Progress of a scoreboard, written by a job's thread and read by the window.

    Attributes
    ----------
    asked : BoardAsked
    rows : list of BoardRow
    expected : tuple of str
        Domains that there are.
    board : Scoreboard or None
        The whole, once it is finished.
    fitted_in : float
        Seconds in which classifiers were fitted, without the computing of features.
    """

    asked: BoardAsked
    expected: tuple[str, ...] = ()
    rows: "list[BoardRow]" = field(default_factory=list)
    board: "Scoreboard | None" = None
    fitted_in: float = 0.0

    def methods(self) -> list[str]:
        """Return the methods with rows, and those still to come, in the order asked for."""
        if self.board is None:
            return list(self.asked.methods)
        known = {row.method for row in self.rows}
        return [name for name in self.asked.methods if name in known]

    def domains(self) -> list[str]:
        """Return the tested domains, as far as they are known, sorted."""
        return sorted({row.test for row in list(self.rows)} | set(self.expected))

    def row(self, method: str, head: str, train: str, test: str) -> "BoardRow | None":
        """Return one cell, None while it is not computed."""
        wanted = (method, head, train, test)
        return next((r for r in list(self.rows) if (r.method, r.head, r.train, r.test) == wanted), None)

    def mean(self, method: str, head: str, kind: str) -> "BoardMean | None":
        """Return the mean over one part of the board, once all is computed."""
        return self.board.mean(method, head, kind) if self.board is not None else None


def methods_on_offer(address: Address) -> list[tuple[str, bool]]:
    """Return the methods that can be compared, each with whether it is by default: the backbone, controls, other backbones."""
    own = address.backbone
    offered = [(own, True)]
    offered += [(name, name in SIMPLE) for name in controls_of(own)]
    others = [entry.id for entry in available() if entry.origin != "hub"]
    offered += [(name, False) for name in others if name != own and not is_control(name)]
    return list(dict(offered).items())


def method_words(name: str) -> str:
    """Return the label of a method."""
    copy = copy_of(name)
    if copy is None:
        return short_name(name)
    return f"{short_name(copy.original)}, {'untrained' if copy.kind == UNTRAINED else 'all random'}"


def method_about(name: str) -> str:
    """Return the purpose of a method on a scoreboard."""
    if name in SIMPLE:
        return f"No network: {SIMPLE[name]}. Scores it reaches need no backbone"
    copy = copy_of(name)
    if copy is not None and copy.kind == UNTRAINED:
        return "The same, with the feature network re-initialised: higher scores of the backbone come from its training"
    if copy is not None:
        return "The same, with all networks re-initialised, image encoders included: a weaker control"
    return "A backbone, at the timestep and layer chosen without the tested domain"


def head_words(head: str) -> str:
    """Return the label of a head."""
    return ANSWERERS[head]


def fits_of(domains: int, heads: Sequence[str], seeds: int, folds: int = 3) -> dict[str, int]:
    """Return how often each head is fitted for one method: every pair, all others, and folds within a domain."""
    cells = domains * (domains - 1) + domains + folds * domains
    return {head: cells * (seeds if head == "transformer" else 1) for head in heads}


def fitting_seconds(asked: BoardAsked, clips: int, domains: int) -> float:
    """Return the approximate fitting time in seconds of a new scoreboard, on a computer like that of :data:`USUAL_SECONDS`."""

    def fit(head: str, share: float = 1.0) -> float:
        once, more = USUAL_SECONDS[head]
        return once + more * share * max(clips, 1) / 144

    seconds = sum(
        len(asked.methods) * count * fit(head)
        for head, count in fits_of(domains, asked.heads, asked.seeds).items()
    )
    # At each address as many probes as there are sets of training clips choose the address.
    choosers = {"knn" if head == "knn" else "linear" for head in asked.heads}
    addresses = len(asked.choice.timesteps) * len(asked.choice.layers)
    networks = sum(name not in SIMPLE for name in asked.methods)
    for chooser in choosers:
        count = fits_of(domains, (chooser,), 1)[chooser]
        seconds += networks * addresses * count * fit(chooser, 0.5)
    return seconds


def cost_in_words(asked: BoardAsked, seconds: float, features: str) -> str:
    """Return what playing a board takes: "features: about 3 min; fitting: about 2 min".

    Parameters
    ----------
    seconds : float
        Of fitting.
    features : str
        What the features that lack will take, "" for nothing.
    """
    told = f"fitting: about {duration_text(seconds)}"
    copies = any(copy_of(name) is not None for name in asked.methods)
    if features and copies:
        features += ", as much again for the untrained copy"
    elif copies:
        features = "the untrained copy's, unless they are there"
    return f"features: {features}; {told}" if features else told


def play_job(loaded: LoadedFeatures, run: BoardRun) -> Job[BoardRun]:
    """Compute the missing features, and ``run``, whose rows are added as they are ready.

    Raises
    ------
    ActionDiffError
        If nothing can be compared.
    """
    asked = run.asked
    features = yield from _features_job(loaded, asked)
    from actiondiff_gui.evaluation.scoreboard.playing import BoardProgress
    from actiondiff_gui.workflow import study_scoreboard_job

    job = study_scoreboard_job(
        asked.project,
        contestants(asked, features),
        asked.address.settings,
        domain=asked.domain,
        settings=board_settings(asked),
        device=asked.address.device,
        precision=asked.address.precision,
    )
    began = time.monotonic()
    try:
        while True:
            began = time.monotonic()
            report = next(job)
            if isinstance(report, BoardProgress):
                run.rows += report.rows
                run.fitted_in += time.monotonic() - began
            yield report
    except StopIteration as stop:
        run.fitted_in += time.monotonic() - began
        stop.value.means()  # kept by the board, as they take long for very many clips
        stop.value.differences()
        run.board = stop.value
        run.rows = list(stop.value.rows)
    finally:
        job.close()
    return run


def report_job(loaded: LoadedFeatures, asked: BoardAsked, out: "ReportFolder") -> Job[Path]:
    """Write the report of a project, with this board in it, to a folder; returns the page.

    What was scored and played before is taken from the disk, the rest is computed.
    """
    features = yield from _features_job(loaded, asked)
    from actiondiff_gui.backbones.registry import choose_device
    from actiondiff_gui.workflow import study_project_job

    keys = asked.choice.timesteps
    steps = [resolve_timestep(features.description, key) for key in keys]
    if asked.domain is None:
        raise ActionDiffError("Choose in the bar above which facet is the domain; the report is about it.")
    result = yield from study_project_job(
        asked.project,
        features,
        steps,
        asked.choice.layers,
        asked.domain,
        out,
        seeds=tuple(range(asked.seeds)),
        device=choose_device(asked.address.device),
        contestants=contestants(asked, features),
        board=board_settings(asked),
    )
    return result.page


def _features_job(loaded: LoadedFeatures, asked: BoardAsked) -> "Job[FeatureSet]":
    """Return the features of the board's backbone; the network's modules are imported first, so that the window responds."""
    yield from wake_job(backbone=asked.address.backbone)
    return loaded.features(asked.project, asked.address)


def board_settings(asked: BoardAsked):
    """Return the settings of the scoreboard."""
    from actiondiff_gui.evaluation.scoreboard.playing import BoardSettings

    return BoardSettings(heads=asked.heads, seeds=tuple(range(asked.seeds)), summary=asked.choice.summary)


def contestants(asked: BoardAsked, features: "FeatureSet") -> "list[Contestant]":
    """Return the methods of a board, with the addresses that each may choose from."""
    from actiondiff_gui.workflow import Contestant

    own = features.description
    keys, layers = asked.choice.timesteps, asked.choice.layers

    def steps(other) -> list[Timestep]:
        if not other.schedule:
            return [NO_TIMESTEP]
        try:
            return [resolve_timestep(other, key) for key in keys]
        except ActionDiffError:  # another schedule has no such timesteps
            return [other.schedule[index] for index in paper_indices(len(other.schedule))]

    def numbers(other) -> list[int]:
        alike = other.layers == own.layers
        return list(layers) if alike else [layer.index for layer in other.layers]

    return [
        Contestant(
            name, steps, numbers, features if name == asked.address.backbone else None, features.pooling
        )
        for name in asked.methods
    ]


def row_in_words(row: "BoardRow") -> str:
    """Describe one cell, in a sentence or two."""
    trained = "all other domains" if row.train == OTHERS else row.train
    chosen = "; ".join(map(str, row.readings))
    repeated = f", {row.seeds} repetitions" if row.seeds > 1 else ""
    return (
        f"Trained on {trained}, tested on {row.test}: {row.value:.2f} (95 % {row.low:.2f} to {row.high:.2f}), chance "
        f"{row.chance:.2f}, {row.n} clips{repeated}. Address chosen on validation data only: {chosen}."
    )


def mean_in_words(mean: "BoardMean") -> str:
    """Describe one mean, in a sentence."""
    trained = {"leave-one-out": "all other domains", "pairs": "one other domain", "within": "the same domain"}
    return (
        f"{method_words(mean.method)}, trained on {trained[mean.kind]}: {mean.value:.2f} (95 % {mean.low:.2f} to "
        f"{mean.high:.2f}), chance {mean.chance:.2f}, mean over tested domains, {mean.n} clips."
    )


def controls_in_words(board: "Scoreboard", head: str) -> str:
    """Say whether the first method beats motion energy and its untrained copy, all other domains trained on; "" without either."""
    first, parts = board.methods[0], []
    for apart in board.differences():
        copy = copy_of(apart.other)
        if apart.head != head or not isfinite(apart.low) or (apart.other != "motion" and copy is None):
            continue
        if apart.low <= 0 <= apart.high:
            how = "is not told apart from"
        else:
            how = "beats" if apart.value > 0 else "is worse than"
        name = (
            "its untrained copy" if copy is not None and copy.kind == UNTRAINED else method_words(apart.other)
        )
        if copy is not None and copy.kind != UNTRAINED:
            name = "its copy with all networks random"
        parts.append(f"{how} {name} ({apart.value:+.2f}, 95 % {apart.low:+.2f} to {apart.high:+.2f})")
    if not parts:
        return ""
    return f"With the {head_words(head)}, {short_name(first)} {' and '.join(parts)}."
