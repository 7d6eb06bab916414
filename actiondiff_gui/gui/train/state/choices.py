"""Plan of a training: counts of clips by domain and action, and the check before it starts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from actiondiff_gui.classifier.training.checking import Check, check_plan
from actiondiff_gui.classifier.training.plan import TrainingPlan
from actiondiff_gui.classifier.training.presets import PRESETS, TrainingSettings, usual_preset
from actiondiff_gui.features.coverage import Inventory
from actiondiff_gui.features.dataset import ProjectTokens
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.gui.train.state.training import TokenLocation, token_location_job
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.facets import is_excluded
from actiondiff_gui.project.project import Project


@dataclass(frozen=True)
class DomainCount:
    """A value of the domain facet, its clips, and how many of them are labelled; the name "" stands for clips without."""

    name: str
    clips: int
    labelled: int


def domain_counts(rows: Iterable[ClipRow], facet: str | None) -> list[DomainCount]:
    """Return counts of clips by their value of ``facet``, sorted, those without one last."""
    found: dict[str, list[int]] = {}
    for row in rows:
        count = found.setdefault(row.facets.get(facet, "") if facet else "", [0, 0])
        count[0] += 1
        count[1] += bool(row.labels or row.denied) and not is_excluded(row.facets)
    return [DomainCount(name, *found[name]) for name in sorted(found, key=lambda n: (not n, n))]


def action_counts(rows: Iterable[ClipRow], actions: Sequence[str]) -> dict[str, int]:
    """Return the number of labelled clips of each of ``actions``."""
    found = dict.fromkeys(actions, 0)
    for row in rows:
        for action in () if is_excluded(row.facets) else row.labels:
            if action in found:
                found[action] += 1
    return found


def usual_choice(counts: Sequence[DomainCount]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the default domains to train on and to hold out: the one with the fewest labels is held out."""
    there = [count for count in counts if count.name and count.labelled]
    if len(there) < 2:
        return tuple(count.name for count in there), ()
    out = min(there, key=lambda count: (count.labelled, count.name))
    return tuple(count.name for count in there if count is not out), (out.name,)


def check_job(
    project: Project,
    loaded: LoadedFeatures,
    address: Address,
    plan: TrainingPlan,
    inventory: Inventory | None = None,
) -> Job[tuple[Check, Inventory, TokenLocation]]:
    """Check a plan against the project as it is now.

    Returns the check, what was seen of the features, to be passed on to the next one, and where they lie.

    Raises
    ------
    ActionDiffError
        If it cannot be told which features are meant.
    """
    location = yield from token_location_job(project, loaded, address)
    yield Progress(0, 0, "checking")
    if inventory is None or inventory.store.folder != location.store.folder:
        inventory = Inventory(location.store)
    at = location.reading
    clips = ProjectTokens(project, location.store, at.layers, domain_facet=plan.domain).clips()
    needed = set(at.layers)
    has = np.array(
        [
            needed <= inventory.layers(key, {at.timestep}, at.pooling).get(at.timestep, set())
            for key in clips.keys
        ],
        bool,
    )
    return check_plan(clips, has, plan, str(at)), inventory, location


@dataclass(frozen=True)
class TrainingChoices:
    """Values of the form; those not chosen yet are None and follow the labels.

    Attributes
    ----------
    head : str
    classes : tuple of str
        () for all actions.
    test : str or None
    train_domains, test_domains : tuple of str or None
    preset : str
        "" for what suits the labels.
    settings : TrainingSettings or None
        Settings that were changed by hand.
    how : TrainingPlan
        A plan with the folds, the share for validation, the simple heads and the comparison that are wished for.
    automatic : bool
    """

    head: str = "transformer"
    classes: tuple[str, ...] = ()
    test: str | None = None
    train_domains: tuple[str, ...] | None = None
    test_domains: tuple[str, ...] | None = None
    preset: str = ""
    settings: TrainingSettings | None = None
    how: TrainingPlan = field(default_factory=TrainingPlan)
    automatic: bool = TrainingPlan.automatic

    @classmethod
    def of(cls, plan: TrainingPlan) -> "TrainingChoices":
        """Return the form values that a plan fulfils."""
        usual = plan.preset in PRESETS and plan.settings == PRESETS[plan.preset]
        return cls(
            plan.head,
            plan.classes,
            plan.test,
            plan.train_domains,
            plan.test_domains,
            plan.preset,
            None if usual else plan.settings,
            plan,
            plan.automatic,
        )


@dataclass(frozen=True)
class CheckedPlan:
    """What the form shows: counts, the plan made from its values, and the problems of that plan."""

    domains: tuple[DomainCount, ...]
    actions: dict[str, int]
    facet: str | None
    plan: TrainingPlan
    check: Check
    inventory: Inventory
    location: TokenLocation
    tokens: int


def checked_plan_job(
    project: Project,
    loaded: LoadedFeatures,
    address: Address,
    rows: Sequence[ClipRow],
    actions: Sequence[str],
    facet: str | None,
    choices: TrainingChoices,
    inventory: Inventory | None = None,
) -> Job[CheckedPlan]:
    """Count the clips, make a plan from the form's values, and check it.

    Raises
    ------
    ActionDiffError
        If it cannot be told which features are meant, or a setting makes no sense.
    """
    domains = tuple(domain_counts(rows, facet))
    counts = action_counts(rows, actions)
    plan = plan_of(choices, domains, facet, _several(rows, choices.classes))
    check, inventory, location = yield from check_job(project, loaded, address, plan, inventory)
    stride = int(location.store.provenance.values["stride"])
    lengths = sorted((row.end - row.start) // stride + 1 for row in rows if row.labels)
    tokens = lengths[len(lengths) // 2] if lengths else 1
    return CheckedPlan(domains, counts, facet, plan, check, inventory, location, tokens)


def pace_job(checked: CheckedPlan) -> Job[float]:
    """Measure the seconds of one training step of a plan, without competing work."""
    from actiondiff_gui.classifier.training.cost import seconds_per_step

    yield Progress(0, 0, "measuring one step")
    classes = len(checked.plan.classes or [name for name, count in checked.actions.items() if count])
    return seconds_per_step(
        checked.plan, checked.location.channels, checked.tokens, classes, checked.location.device
    )


def pace_key(checked: CheckedPlan) -> tuple:
    """Return the key of a measurement: everything it depends on."""
    settings = checked.plan.settings
    size = (settings.layers, settings.width, settings.heads, settings.batch_size, settings.max_tokens)
    return (*size, settings.mixup > 0, checked.location.channels, checked.tokens, checked.location.device)


def trainings(plan: TrainingPlan, domains: Sequence[DomainCount]) -> int:
    """Return how many transformers are trained to test a plan, beside the final one."""
    labelled = sum(bool(count.name and count.labelled) for count in domains)
    return {
        "each-domain": labelled,
        "within-domains": labelled * plan.folds,
        "recordings": plan.folds,
    }.get(plan.test, 0)


def plan_of(
    choices: TrainingChoices, domains: Sequence[DomainCount], facet: str | None, several: bool
) -> TrainingPlan:
    """Return the plan made from the form's values.

    Parameters
    ----------
    several : bool
        Whether some clip shows several actions at once.
    """
    usual = usual_choice(domains)
    known = {count.name for count in domains}
    test = choices.test or ("domains" if usual[1] else "recordings")
    if not facet and test in ("domains", "each-domain", "within-domains"):
        test = "recordings"
    train = (
        usual[0] if choices.train_domains is None else tuple(d for d in choices.train_domains if d in known)
    )
    held = usual[1] if choices.test_domains is None else tuple(d for d in choices.test_domains if d in known)
    if test == "nothing":
        # Everything, unless some were left out by hand.
        train = (
            ()
            if choices.train_domains is None or not facet
            else (*train, *(d for d in held if d not in train))
        )
    preset = choices.preset or usual_preset(not several)
    return replace(
        choices.how,
        head=choices.head,
        classes=choices.classes,
        domain=facet,
        test=test,
        train_domains=train if test in ("domains", "nothing") else (),
        test_domains=held if test == "domains" else (),
        preset=preset,
        settings=choices.settings or PRESETS[preset],
        automatic=choices.automatic,
    )


def _several(rows: Iterable[ClipRow], classes: Sequence[str]) -> bool:
    chosen = set(classes)
    return any(len(row.labels) > 1 and (not chosen or len(chosen & set(row.labels)) > 1) for row in rows)
