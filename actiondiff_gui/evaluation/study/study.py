"""Study of all timesteps and layers on held-out domains."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path

import numpy as np

from actiondiff_gui.errors import ActionDiffError, AnalysisError
from actiondiff_gui.evaluation.classifiers import PROBES, ProbeSettings
from actiondiff_gui.evaluation.measures import FAMILIES
from actiondiff_gui.evaluation.scores import MEASURES, Score, score_family, scored_clips
from actiondiff_gui.evaluation.sources import source_names
from actiondiff_gui.evaluation.study.choice import (
    HonestChoice,
    Validation,
    choose_by_validation,
    validation_table,
)
from actiondiff_gui.evaluation.study.grid import CellKey, scores_from
from actiondiff_gui.evaluation.study.plans import Plan, plan_splits
from actiondiff_gui.evaluation.study.stored_scores import KeptScores, kept_scores
from actiondiff_gui.features.summary import SUMMARIES, summarise
from actiondiff_gui.features.tokens import TokenSet
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.tables import table_text


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
        A key of :data:`~actiondiff_gui.evaluation.scores.MEASURES`.
    domain : str
        The domain it is of, "" for the mean over domains.
    value, low, high, chance, n
        As in :class:`~actiondiff_gui.evaluation.scores.Score`.
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
        One sentence for each address that was skipped.
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
                position = self.timesteps.index(row.timestep), self.layers.index(row.layer)
                values[position] = getattr(row, column)
        return values

    def to_csv(self) -> str:
        """Return the rows as CSV with a header; values that are not known are empty."""
        names = [field.name for field in fields(StudyRow)]
        return table_text([names, *([_without_nan(v, "") for v in astuple(row)] for row in self.rows)])

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
    clips: TokenSet | None = None,
    folder: Path | None = None,
) -> Job[StudyResult]:
    """Score every address of a grid on the same clips and splits, and choose one.

    An address that cannot be loaded, or lacks clips that the others have, is skipped and reported.

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
        One of :data:`~actiondiff_gui.features.summary.SUMMARIES`.
    probe : str
        The probe whose accuracy chooses the address, ``"linear"`` or ``"knn"``.
    clips : TokenSet, optional
        The clips to score with all that is known of them, instead of ``clip_ids``; its tokens are not looked at.
    folder : Path, optional
        Where scores are kept, so that a stopped study goes on where it was and shares what grids computed; with
        ``clips`` only.

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
    plan: Plan | None = None
    warnings: tuple[str, ...] = ()
    kept = KeptScores()
    if clips is not None:
        kept = kept_scores(folder, clips, {"settings": settings, "summary": summary})
    rows: list[StudyRow] = []
    failed: list[str] = []
    validated: dict[CellKey, Validation] = {}
    tested: dict[CellKey, dict[str, Score]] = {}
    across: dict[CellKey, float] = {}
    for done, (timestep, layer) in enumerate(addresses):
        yield Progress(done, len(addresses), f"scoring {timestep}, layer {layer}", tuple(failed))
        found, features = _kept(kept, timestep, layer, probe), None
        if found is None and not kept.mine(f"{timestep}/{layer}"):
            continue
        try:
            if found is None:
                tokens = load(timestep, layer)
                if clips is None:
                    wanted = wanted or tokens.clip_ids
                    clips = _only(tokens, wanted)
                tokens = _only(tokens, clips.clip_ids)
                features = summarise(tokens, summary)
                if _facts(tokens) != _facts(clips):
                    raise AnalysisError(
                        "its labels, domains or groups differ from those of the addresses before. Run the study again."
                    )
        except ActionDiffError as error:
            failed.append(f"{timestep}, layer {layer}, was skipped: {error}")
            continue
        if plan is None:
            assert clips is not None  # given, or those of this address
            chosen, actions, warnings = scored_clips(clips)
            domains, groups = np.array(clips.domains)[chosen], source_names(clips)[chosen]
            plan = plan_splits(actions, domains, groups, settings.folds, settings.seed)
        if features is not None:
            found = _computed(features[chosen], plan, settings, probe)
            for family, its in zip(_PROBED, found[0], strict=True):
                kept.put(f"{timestep}/{layer}/{family}", [asdict(score) for score in its])
            kept.put(f"{timestep}/{layer}/{_validation(probe)}", found[1])
        assert found is not None
        families, validated[timestep, layer] = found
        scores = sorted(
            (score for its in families for score in its),
            key=lambda score: (bool(score.domain), list(MEASURES).index(score.measure)),
        )
        tested[timestep, layer] = {
            score.domain: score for score in scores if score.measure == f"across_{probe}" and score.domain
        }
        across[timestep, layer] = next(
            s.value for s in scores if (s.measure, s.domain) == (f"across_{probe}", "")
        )
        sigma = float((sigmas or {}).get(timestep, math.nan))
        rows += [
            StudyRow(timestep, sigma, layer, **{f.name: getattr(score, f.name) for f in fields(score)})
            for score in scores
        ]
    if kept.trouble:
        failed.append(kept.trouble)
    yield Progress(len(addresses), len(addresses), "choosing", tuple(failed))
    if plan is None or not rows:
        raise AnalysisError("No address could be scored. " + " ".join(failed[:3]))
    return StudyResult(
        rows=tuple(rows),
        timesteps=tuple(map(str, timesteps)),
        layers=tuple(map(int, layers)),
        best=max(across, key=lambda position: across[position]),
        choice=choose_by_validation(validated, tested),
        probe=probe,
        summary=summary,
        clips=len(plan.actions),
        actions=tuple(str(name) for name in np.unique(plan.actions)),
        domains=tuple(str(name) for name in np.unique(plan.domains)),
        failed=tuple(failed),
        warnings=warnings + plan.warnings,
    )


_PROBED = tuple(family for family in FAMILIES if family != "transformer")


def _validation(probe: str) -> str:
    return f"validation_{probe}"


Found = tuple[list[tuple[Score, ...]], Validation]
"""The scores of each family that probes compute, and the accuracies in validation."""


def _computed(features: np.ndarray, plan: Plan, settings: ProbeSettings, probe: str) -> Found:
    families = [score_family(family, features, plan, settings) for family in _PROBED]
    return families, validation_table(features, plan, settings, probe)


def _kept(kept: KeptScores, timestep: str, layer: int, probe: str) -> Found | None:
    """As :func:`_computed` gives them, if all of it is kept."""
    families = [scores_from(kept.get(f"{timestep}/{layer}/{family}")) for family in _PROBED]
    table = kept.get(f"{timestep}/{layer}/{_validation(probe)}")
    return (families, table) if all(families) and isinstance(table, dict) else None


def _only(tokens: TokenSet, clip_ids: Sequence[str]) -> TokenSet:
    position = {clip_id: i for i, clip_id in enumerate(tokens.clip_ids)}
    missing = [clip_id for clip_id in clip_ids if clip_id not in position]
    if missing:
        raise AnalysisError(
            f"{len(missing)} of {len(clip_ids)} clips have no features there (the first is {missing[0]}); "
            "extract them, or leave these clips out of the study."
        )
    return tokens.subset([position[clip_id] for clip_id in clip_ids])


def _facts(tokens: TokenSet) -> tuple[object, ...]:
    return tokens.classes, tokens.domains, tokens.groups, np.asarray(tokens.labels).tobytes()


def _without_nan(value: object, instead: object) -> object:
    return instead if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _without_nan(value, None)
