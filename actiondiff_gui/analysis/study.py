"""Which (timestep, layer) is best for an action in a domain that was never seen?"""

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields

import numpy as np

from actiondiff_gui.analysis.choice import HonestChoice, choose_by_validation, validation_table
from actiondiff_gui.analysis.probes import PROBES, ProbeSettings
from actiondiff_gui.analysis.scores import MEASURES, score_features, scored_clips
from actiondiff_gui.analysis.splits import plan_splits
from actiondiff_gui.analysis.summary import SUMMARIES, summarise
from actiondiff_gui.errors import ActionDiffError, AnalysisError
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.progress import Job, Progress


@dataclass(frozen=True)
class StudyRow:
    """One measure of one address, as a row of the study's table.

    Attributes
    ----------
    timestep : str
        As in a feature address, for example ``"t20"``.
    sigma : float
        Noise level of the timestep, NaN where it has none or it is not known.
    layer : int
    measure : str
        A key of :data:`~actiondiff_gui.analysis.scores.MEASURES`.
    domain : str
        The domain it is of, "" for the mean over domains.
    value, low, high, chance, n
        As in :class:`~actiondiff_gui.analysis.scores.Score`.
    """

    timestep: str
    sigma: float
    layer: int
    measure: str
    domain: str
    value: float
    low: float
    high: float
    chance: float
    n: int


@dataclass(frozen=True)
class StudyResult:
    """What a study found.

    Attributes
    ----------
    rows : tuple of StudyRow
        All scores of all addresses, addresses in the order asked for.
    timesteps, layers : tuple
        The grid that was asked for.
    best : tuple (str, int)
        The (timestep, layer) with the highest accuracy over all held-out domains: the one to use on a
        new domain. Its own score in `rows` flatters it, for it was chosen by that score.
    choice : HonestChoice
        What such a choice is worth: for each domain an address chosen without it, and its score there.
    probe, summary : str
        The probe that chose, and how tokens were summarised over time.
    clips : int
        Clips scored, the same at every address.
    actions, domains : tuple of str
    failed : tuple of str
        One sentence for each address that was passed over.
    warnings : tuple of str
        Sentences on what was left out.
    """

    rows: tuple[StudyRow, ...]
    timesteps: tuple[str, ...]
    layers: tuple[int, ...]
    best: tuple[str, int]
    choice: HonestChoice
    probe: str
    summary: str
    clips: int
    actions: tuple[str, ...]
    domains: tuple[str, ...]
    failed: tuple[str, ...]
    warnings: tuple[str, ...]

    def grid(self, measure: str, domain: str = "", column: str = "value") -> np.ndarray:
        """One measure as ``[timesteps, layers]``; NaN where an address is missing."""
        values = np.full((len(self.timesteps), len(self.layers)), np.nan)
        for row in self.rows:
            if (row.measure, row.domain) == (measure, domain):
                place = self.timesteps.index(row.timestep), self.layers.index(row.layer)
                values[place] = getattr(row, column)
        return values

    def to_csv(self) -> str:
        """The rows as CSV with a header; values that are not known are empty."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(field.name for field in fields(StudyRow))
        for row in self.rows:
            writer.writerow(_without_nan(value, "") for value in astuple(row))
        return text.getvalue()

    def to_json(self) -> str:
        """Everything, with the meaning of each measure; values that are not known are null."""
        return json.dumps(_plain({**asdict(self), "measures": MEASURES}), indent=1, allow_nan=False)


def study_job(
    load: Callable[[str, int], TokenSet],
    timesteps: Sequence[str],
    layers: Sequence[int],
    *,
    sigmas: Mapping[str, float] | None = None,
    clip_ids: Sequence[str] | None = None,
    summary: str = "mean",
    probe: str = "linear",
    settings: ProbeSettings | None = None,
) -> Job[StudyResult]:
    """Score every address of a grid on the same clips and splits, and choose one.

    An address that cannot be loaded, or lacks clips that the others have, is passed over and reported.

    Parameters
    ----------
    load : callable
        Takes (timestep, layer), returns the tokens there. One set is held in memory at a time.
    timesteps, layers : sequence
        The grid, noisiest timestep first.
    sigmas : mapping of str to float, optional
        The noise level of each timestep, for the table.
    clip_ids : sequence of str, optional
        The clips to score; by default those of the first address that loads.
    summary : str
        One of :data:`~actiondiff_gui.analysis.summary.SUMMARIES`.
    probe : str
        The probe whose accuracy chooses the address, ``"linear"`` or ``"knn"``.

    Raises
    ------
    AnalysisError
        If the grid is empty, no address can be scored, or the labels allow no scores.
    """
    settings = settings or ProbeSettings()
    addresses = [(str(timestep), int(layer)) for timestep in timesteps for layer in layers]
    if not addresses or len(set(addresses)) < len(addresses):
        raise AnalysisError("A study needs at least one timestep and one layer, each named once.")
    if probe not in PROBES or summary not in SUMMARIES:
        raise AnalysisError(
            f"A study chooses by one of {', '.join(PROBES)} (got {probe!r}) and summarises by one of "
            f"{', '.join(SUMMARIES)} (got {summary!r})."
        )
    wanted = tuple(clip_ids) if clip_ids is not None else None
    plan, warnings, labels = None, (), None
    rows: list[StudyRow] = []
    failed: list[str] = []
    validated, tested, across = {}, {}, {}
    for done, (timestep, layer) in enumerate(addresses):
        yield Progress(done, len(addresses), f"scoring {timestep}, layer {layer}", tuple(failed))
        try:
            tokens = load(timestep, layer)
            wanted = wanted or tokens.clip_ids
            tokens = _only(tokens, wanted)
            features = summarise(tokens, summary)
        except ActionDiffError as error:
            failed.append(f"{timestep}, layer {layer}, was passed over: {error}")
            continue
        if plan is None:
            chosen, actions, warnings = scored_clips(tokens)
            domains, groups = (np.array(names)[chosen] for names in (tokens.domains, tokens.groups))
            plan = plan_splits(actions, domains, groups, settings.folds, settings.seed)
            labels = _facts(tokens)
        elif _facts(tokens) != labels:
            failed.append(
                f"{timestep}, layer {layer}, was passed over: its labels, domains or groups differ from "
                "those of the addresses before. Run the study again."
            )
            continue
        scores = score_features(features[chosen], plan, settings)
        validated[timestep, layer] = validation_table(features[chosen], plan, settings, probe)
        tested[timestep, layer] = {
            score.domain: score
            for score in scores.scores
            if score.measure == f"across_{probe}" and score.domain
        }
        across[timestep, layer] = scores.of(f"across_{probe}").value
        sigma = float((sigmas or {}).get(timestep, math.nan))
        rows += [
            StudyRow(timestep, sigma, layer, **{f.name: getattr(score, f.name) for f in fields(score)})
            for score in scores.scores
        ]
    yield Progress(len(addresses), len(addresses), "choosing", tuple(failed))
    if not rows:
        raise AnalysisError("No address could be scored. " + " ".join(failed[:3]))
    return StudyResult(
        rows=tuple(rows),
        timesteps=tuple(map(str, timesteps)),
        layers=tuple(map(int, layers)),
        best=max(across, key=across.get),
        choice=choose_by_validation(validated, tested),
        probe=probe,
        summary=summary,
        clips=len(plan.actions),
        actions=tuple(str(name) for name in np.unique(plan.actions)),
        domains=tuple(str(name) for name in np.unique(plan.domains)),
        failed=tuple(failed),
        warnings=warnings + plan.warnings,
    )


def _only(tokens: TokenSet, clip_ids: Sequence[str]) -> TokenSet:
    place = {clip_id: i for i, clip_id in enumerate(tokens.clip_ids)}
    missing = [clip_id for clip_id in clip_ids if clip_id not in place]
    if missing:
        raise AnalysisError(
            f"{len(missing)} of {len(clip_ids)} clips have no features there (the first is {missing[0]}); "
            "extract them, or leave these clips out of the study."
        )
    return tokens.subset([place[clip_id] for clip_id in clip_ids])


def _facts(tokens: TokenSet) -> tuple:
    return tokens.classes, tokens.domains, tokens.groups, np.asarray(tokens.labels).tobytes()


def _without_nan(value: object, instead: object) -> object:
    return instead if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _without_nan(value, None)
