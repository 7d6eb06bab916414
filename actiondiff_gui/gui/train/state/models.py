"""Operations on the models of a project, and which of them can be used on this computer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actiondiff_gui.backbones.description import short_name
from actiondiff_gui.backbones.waking import wake_job
from actiondiff_gui.classifier.models import library
from actiondiff_gui.classifier.models.library import KeptModel
from actiondiff_gui.classifier.result_words import headline, main_score, with_interval
from actiondiff_gui.classifier.training.plan import BASELINE, HEADS
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.evaluation.head_scores import ACCURACY
from actiondiff_gui.gui.map.state.clip_maps import address_text
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.inference.bouts import remove_bouts_of
from actiondiff_gui.inference.origin import store_of, why_not_here
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.paths import beside
from actiondiff_gui.project.project import Project


@dataclass(frozen=True)
class ModelRow:
    """A model of a project as a list shows it.

    Attributes
    ----------
    model : KeptModel
    made : str
        When it was trained, or its file was written, by the clock here.
    address, data, score : str
        In words.
    problem : str
        Why it cannot be used; "" where it can.
    """

    model: KeptModel
    made: str
    address: str = ""
    data: str = ""
    score: str = ""
    problem: str = ""

    @property
    def name(self) -> str:
        """Of the model."""
        return self.model.name


def rows_of(models: Sequence[KeptModel], problems: Mapping[str, str] | None = None) -> list[ModelRow]:
    """Return models as a list shows them; ``problems`` are reasons against some, by name."""
    return [_row(model, (problems or {}).get(model.name, "")) for model in models]


def _row(model: KeptModel, problem: str) -> ModelRow:
    about = model.about
    made = model.made.astimezone().strftime("%d %b %Y, %H:%M")
    if about is None:
        return ModelRow(model, made, problem=model.problem)
    at = about.address
    address = address_text(Address(short_name(at.backbone), *at.reading), backbone=True)
    clips = about.training_clips
    data = f"{clips:,} clip{'' if clips == 1 else 's'}, {len(about.classes)} actions"
    return ModelRow(model, made, address, data, headline(about.metrics), problem)


def problems_job(project: Project, models: Sequence[KeptModel]) -> Job[dict[str, str]]:
    """Return, for each model that cannot be used on this computer, the reason."""
    yield from wake_job(networks=False)
    found: dict[str, str] = {}
    known: dict[tuple, str] = {}
    for number, model in enumerate(models):
        yield Progress(number, len(models), "checking the models")
        if model.about is None:
            found[model.name] = model.problem
            continue
        key = (model.about.address.backbone, model.about.address.digest)
        if key not in known:
            try:
                store_of(project, model.about)
                known[key] = why_not_here(model.about)
            except ClassifierError as error:
                known[key] = str(error)
        if known[key]:
            found[model.name] = known[key]
    return found


def delete(project: Project, name: str) -> ClipTable:
    """Delete a model with its predictions and the bouts that nobody edited; returns the remaining clips.

    Raises
    ------
    ClassifierError
        See :func:`~actiondiff_gui.classifier.models.library.delete_model`.
    """
    library.delete_model(project, name, lambda: remove_bouts_of(project, name))
    return ClipTable.read(project)


def import_job(project: Project, files: Sequence[Path]) -> Job[tuple[list[str], list[str]]]:
    """Import model files, or all models of other projects, into a project.

    Returns the names they have here, and a sentence for each that was refused.
    """
    names, refused = [], []
    for number, file in enumerate(_model_files(files)):
        yield Progress(number, 0, f"reading {file.name}")
        try:
            names.append(library.import_model(project, file))
        except ClassifierError as error:
            refused.append(str(error))
    return names, refused


def _model_files(files: Sequence[Path]) -> list[Path]:
    found = []
    for file in map(Path, files):
        if file.suffix == ".actiondiff":
            folder = beside(file, "models")
            inside = sorted(p for p in folder.glob(f"*{library.SUFFIX}") if not p.name.startswith("."))
            if not inside:
                raise ClassifierError(f"The project {file} has no models.")
            found += inside
        else:
            found.append(file)
    return found


# Side by side


@dataclass(frozen=True)
class Comparison:
    """Models side by side: a line of names, and rows of what is compared with a text for each model."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    note: str = ""


def compare(models: Sequence[KeptModel]) -> Comparison:
    """Compare two models or more."""
    models = [model for model in models if model.about is not None]
    metrics = [model.about.metrics for model in models]
    results = [m.get("results") if isinstance(m.get("results"), Mapping) else {} for m in metrics]
    plans = [m.get("plan") if isinstance(m.get("plan"), Mapping) else {} for m in metrics]
    lines: list[tuple[str, tuple[str, ...]]] = []

    def add(title: str, texts: Sequence[str]) -> None:
        if any(texts):
            lines.append((title, tuple(text or "–" for text in texts)))

    rows = rows_of(models)
    add("head", [HEADS.get(m.about.kind, m.about.kind) for m in models])
    add("features", [row.address for row in rows])
    add("trained", [row.made if row.model.trained else "" for row in rows])
    add("trained on", [f"{m.about.training_clips} clips" for m in models])
    add("domains", [", ".join(m.get("data", {}).get("domains", ())) for m in metrics])
    add("held out", [_held(plan) for plan in plans])
    add("settings", [str(p.get("preset", "")) if p.get("head") == "transformer" else "" for p in plans])
    add("tested on", [f"{r['tested']} clips" if r.get("heads") else "nothing" for r in results])
    for score in (ACCURACY, "top-1", "balanced accuracy", "mAP"):
        add(score, [_score(r, r.get("head"), score) for r in results])
    add("guessing", [_score(r, BASELINE, main_score(r)) for r in results])
    for name in dict.fromkeys(c for m in models for c in m.about.classes):
        add(f"F1 of {name}", [_f1(r, name) for r in results])
    tested = [frozenset((r.get("clips") or {}).get("ids", ())) for r in results]
    note = ""
    if len(set(tested)) > 1:
        note = "They were tested on different clips, so their scores cannot be compared."
    return Comparison(tuple(model.name for model in models), tuple(lines), note)


def _held(plan: Mapping[str, Any]) -> str:
    if plan.get("test") == "domains":
        return ", ".join(plan.get("test_domains", ()))
    words = {
        "each-domain": f"each {plan.get('domain')} in turn",
        "within-domains": f"parts of each {plan.get('domain')}",
        "recordings": "recordings in turn",
        "nothing": "nothing",
    }
    return words.get(plan.get("test"), "")


def _score(results: Mapping[str, Any], head: str | None, name: str) -> str:
    found = (results.get("heads") or {}).get(head, {}).get(name)
    return with_interval(found) if found else ""


def _f1(results: Mapping[str, Any], name: str) -> str:
    for row in results.get("per_class") or ():
        if row["name"] == name:
            return with_interval(row["f1"])
    return ""
