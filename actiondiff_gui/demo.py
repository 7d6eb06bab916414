"""Demonstration of the main workflow on the sample data, with a report."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actiondiff_gui.backbones.controls.names import SIMPLE
from actiondiff_gui.backbones.protocol import check_layers, resolve_timestep
from actiondiff_gui.backbones.registry import choose_device
from actiondiff_gui.classifier.bout_metrics import bout_agreement, frame_agreement, mean_f1
from actiondiff_gui.classifier.bouts import Bout
from actiondiff_gui.classifier.models.saved import save_classifier
from actiondiff_gui.classifier.training.fitting import fit_job
from actiondiff_gui.classifier.training.held_out import held_out_job
from actiondiff_gui.classifier.training.presets import preset
from actiondiff_gui.errors import OutputError
from actiondiff_gui.evaluation.head_scores import ACCURACY
from actiondiff_gui.evaluation.protocol import Protocol
from actiondiff_gui.evaluation.splits import train_on_all
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.inference.recordings import Sliding, predict_recording
from actiondiff_gui.progress import Job
from actiondiff_gui.project.formats.imports.clip_table import import_clip_table
from actiondiff_gui.project.project import Project
from actiondiff_gui.report import timelines
from actiondiff_gui.report.cross_domain import FILES, CrossDomainResult
from actiondiff_gui.report.page import Picture, Section, Table
from actiondiff_gui.report.style import save
from actiondiff_gui.report_folder import ReportFolder
from actiondiff_gui.resources import sample_data
from actiondiff_gui.workflow import study_project_job
from actiondiff_gui.workflow.grids import scores_folder

DOMAIN = "species"
FACETS = ("species", "viewpoint", "context")
"""Facets whose values are held out in turn."""
HEADS = ("transformer", "linear")
TRAINING = preset("small-data", epochs=20, patience=None)
PROTOCOL = Protocol(validation=0.0)
"""With so few clips the transformer is trained on all of them, for a number of epochs that was fixed on 216 validation
clips of other seeds (unseen species, after 20 epochs: 0.731)."""
SUMMARY = "mean+std+absdiff"
"""How a clip's tokens become one vector. Their spread and change over time group actions on the map more tightly than their mean:
silhouette by action 0.07, and 70 % of the five nearest neighbours of the same action, against 0.01 and 44 % on the same clips."""
RECORDING_HEAD = "linear"
"""On those validation clips, unseen species: 0.833 with that summary, against 0.731 of the transformer. On four validation
recordings, one of each species and a second biped, frame F1 0.55 and bout F1 0.51, against 0.51 and 0.46 (mean of two seeds)."""
PROJECT, MADE = "sample.actiondiff", "changes with use"


@dataclass(frozen=True)
class DemoResult:
    """The report of the demonstration and the numbers in it."""

    report: CrossDomainResult
    summary: dict[str, Any]


def demo_job(
    out: Path | ReportFolder,
    *,
    timesteps: Sequence[str],
    layers: Sequence[int],
    device: str = "auto",
    seeds: Sequence[int] = (0,),
) -> Job[DemoResult]:
    """Import the sample clips, compute features, and write the whole report to ``out``.

    What an earlier run left in ``out`` is used again.

    Raises
    ------
    OutputError
        If files are in the way that no earlier run wrote, or a project of that name that it did not make.
    """
    out = out if isinstance(out, ReportFolder) else demo_folder(out)
    out.check()
    file = out.make() / PROJECT
    if not out.wrote(PROJECT):
        if file.exists():
            raise OutputError(f"{file} is no project of the demonstration. Choose another folder.")
        out.note(PROJECT, [MADE])
    with Project.open(file) if file.exists() else Project.create(file) as project:
        yield from import_clip_table(project, sample_data("clips", "clips.csv"))
        if project.domain_facet is None:
            project.domain_facet = DOMAIN
        features = FeatureSet(project, "tiny", device=device)
        asked = [resolve_timestep(features.description, t) for t in timesteps]
        steps = list(dict.fromkeys([*asked, features.timestep]))
        layers = check_layers(features.description, [*layers, *features.layers])
        yield from features.extract_job(features.plan(steps, layers))
        ethogram, numbers = yield from _recording(project, features, out)
        compared, scores = yield from _compared(project, features, seeds)
        result = yield from study_project_job(
            project,
            features,
            steps,
            layers,
            DOMAIN,
            out,
            title="ActionDiff on the sample clips",
            training=TRAINING,
            protocol=PROTOCOL,
            seeds=seeds,
            further=[compared, ethogram],
            map_within=FACETS,
            summary=SUMMARY,
        )
    return DemoResult(result, result.summary | {"recording": numbers, "compared": scores})


def demo_folder(out: Path, force: bool = False) -> ReportFolder:
    """Return the folder ``out`` as that of the demonstration."""
    return ReportFolder(out, "demo", (*FILES, "classifier.safetensors", "ethogram.png"), force=force)


def _recording(
    project: Project, features: FeatureSet, out: ReportFolder
) -> Job[tuple[Section, dict[str, float]]]:
    """Train on all sample clips, cut the long sample recording into bouts, and compare with the true table."""
    tokens = features.tokens()
    fold = train_on_all(tokens, PROTOCOL.validation)
    classifier = yield from fit_job(
        RECORDING_HEAD,
        tokens,
        fold.train,
        fold.validation,
        TRAINING,
        choose_device(features.device),
        extraction=dict(features.store.provenance.values),
        summary=SUMMARY,
    )
    save_classifier(classifier, out / "classifier.safetensors")
    table = sample_data("recording", "bouts.csv")
    with table.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    video = table.with_name(rows[0]["video"])
    found = yield from predict_recording(classifier, features, video, Sliding())
    bouts = found.found(Sliding())
    true = [Bout(row["label"], int(row["start_frame"]), int(row["end_frame"])) for row in rows]
    by_bout = mean_f1(bout_agreement(bouts, true, classifier.classes))
    by_frame = mean_f1(frame_agreement(bouts, true, classifier.classes, 0, found.frames))
    recording = timelines.Recording(
        video.name,
        found.frames / found.fps,
        true=tuple(_seconds(b, found.fps) for b in true),
        predicted=tuple(_seconds(b, found.fps) for b in bouts),
    )
    colours = {action.name: action.colour for action in project.actions()}
    figure = timelines.ethogram_figure([recording], colours, title="A recording, cut into bouts")
    section = Section(
        "A long recording",
        text=[
            f"A {RECORDING_HEAD} head trained on all sample clips is applied with a sliding window to a recording it has not "
            "seen; above the annotation, below the prediction."
        ],
        figures=[Picture(save(figure, out / "ethogram.png"), "True and predicted bouts.", "Timeline")],
        tables=[
            Table(
                ("agreement", "F1"),
                [("bouts (overlap of half or more)", by_bout), ("frames", by_frame)],
                "Mean F1 over the actions.",
            )
        ],
    )
    return section, {"bout_f1": by_bout, "frame_f1": by_frame}


Scores = dict[str, dict[str, dict[str, float]]]
"""Accuracy, mean over the held-out values, by name of the features, facet and head."""


def _compared(project: Project, features: FeatureSet, seeds: Sequence[int]) -> Job[tuple[Section, Scores]]:
    """Hold out each species, viewpoint and context, and each species with pixels, motion and flow instead of the model."""
    scores: Scores = {}
    device = choose_device(features.device)
    for name in (features.backbone, *SIMPLE):
        own = name == features.backbone
        used = features if own else FeatureSet(project, name, device=device)
        yield from used.extract_job()
        for facet in FACETS if own else (DOMAIN,):
            tokens = used.tokens(domain=facet)
            kept = scores_folder(project)
            found = yield from held_out_job(tokens, HEADS, seeds, device, kept, TRAINING, PROTOCOL, SUMMARY)
            heads = found.summary["heads"]
            scores.setdefault(name, {})[facet] = {
                head: heads[head]["mean_over_folds"][ACCURACY] for head in HEADS
            }
    rows = [
        (f"{name}, {head}", *(by[facet][head] if facet in by else None for facet in FACETS))
        for name, by in scores.items()
        for head in HEADS
    ]
    about = "Accuracy on the held-out values of a facet, trained on its other values; mean over the values. Chance is 1/6."
    return Section(
        "Held-out accuracy, compared with features without a network",
        text=[
            "The same clips, splits and heads: the tiny model's features, pixels, motion energy and optical flow."
        ],
        tables=[Table(("features, head", *FACETS), rows, about)],
    ), scores


def _seconds(bout: Bout, fps: float) -> timelines.Bout:
    return timelines.Bout(bout.start / fps, bout.end / fps, bout.label, bout.confidence)
