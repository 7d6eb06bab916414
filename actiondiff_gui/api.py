"""Public functions of the package; see ``actiondiff_gui.__init__``, which loads them when they are first used."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.progress import Job, Progress, run
from actiondiff_gui.project.project import Project

if TYPE_CHECKING:
    import pandas as pd

    from actiondiff_gui.backbones.protocol import Backbone
    from actiondiff_gui.classifier.models.trained import TrainedClassifier
    from actiondiff_gui.embedding.maps import Embedding, MapSettings
    from actiondiff_gui.embedding.neighbours import Moment
    from actiondiff_gui.features.extraction import ExtractionReport
    from actiondiff_gui.features.tokens import TokenSet
    from actiondiff_gui.project.formats.imports.report import ImportReport

Result = TypeVar("Result")
Head = Literal["transformer", "linear", "knn"]
Test = Literal["each-domain", "within-domains", "recordings", "nothing"]


def import_labels(
    project: Project,
    source: str | os.PathLike[str],
    *,
    layout: Sequence[str] = ("class",),
    domain: str = "domain",
    unit: Literal["seconds", "frames"] | None = None,
    progress: bool = False,
) -> ImportReport:
    """Add videos, clips and labels to a project.

    Parameters
    ----------
    project : Project
    source : path
        A CSV table with the columns ``video, start, end, label`` and one for each metadata field; a table or project of
        another tool (BORIS, DeepEthogram, frames); or a folder of videos.
    layout : sequence of str
        What the levels of folders stand for: ``"class"``, ``"domain"``.
    domain : str
        Metadata field that a folder level of domains tells.
    unit : {"seconds", "frames"}, optional
        What ``start`` and ``end`` of a table count.
    progress : bool
        Show a progress bar.

    Returns
    -------
    ImportReport
        What was added, and a sentence for each row or file that could not be used.

    Raises
    ------
    ProjectError
        The source cannot be read.
    """
    from actiondiff_gui.project.formats.imports.sources import SourceOptions, import_source, kind_of_source

    path, options = Path(source), SourceOptions(levels=tuple(layout), domain=domain, unit=unit)
    kind = kind_of_source(path, options)
    return _run(import_source(project, path, kind, options), "importing", progress)


def list_backbones(pattern: str = "*") -> list[str]:
    """Return the names of the available backbones that match ``pattern``, such as ``"svd*"``.

    Folders of models and hub ids can be asked for too.
    """
    from actiondiff_gui.backbones.registry import available

    return [offer.id for offer in available() if not offer.problem and fnmatch.fnmatch(offer.id, pattern)]


def create_backbone(name: str, device: str = "auto", precision: str = "auto") -> Backbone:
    """Load a backbone: a name of :func:`list_backbones`, the folder of a model, or a hub id.

    Raises
    ------
    BackboneError
        It cannot be found, downloaded or read.
    """
    from actiondiff_gui.backbones.registry import load_backbone

    return load_backbone(name, device, precision)


def extract(
    features: FeatureSet,
    *,
    timesteps: Sequence[int | str] | None = None,
    device: str | None = None,
    batch_size: int | None = None,
    progress: bool = False,
) -> ExtractionReport:
    """Compute the features of a set that are not stored yet.

    Parameters
    ----------
    features : FeatureSet
    timesteps : sequence, optional
        Further timesteps to compute in the same pass; by default that of the set.
    device : str, optional
        ``"cuda"``, ``"mps"`` or ``"cpu"``; by default that of the set.
    batch_size : int, optional
        Windows per pass through the network.
    progress : bool
        Show a progress bar.

    Returns
    -------
    ExtractionReport
        Ids of the clips that were computed, and why others failed.

    Raises
    ------
    BackboneError
        The network cannot be loaded or fails.
    """
    if device is not None:
        features.device = device
    units = features.plan(timesteps)
    return _run(features.extract_job(units, batch_size), "extracting", progress)


def embed(
    features: FeatureSet,
    method: Literal["umap", "pca"] = "umap",
    *,
    model: TrainedClassifier | None = None,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    domain: str | None = None,
) -> pd.DataFrame:
    """Map clips to two dimensions so that clips with similar features are near each other.

    Parameters
    ----------
    features : FeatureSet
        Clips without features there are left out.
    method : {"umap", "pca"}
    model : TrainedClassifier, optional
        Show clips as this transformer sees them instead of by the mean of their features.
    seed : int
    settings : mapping, optional
        Further settings of the map that differ, by name: of :class:`~actiondiff_gui.embedding.maps.MapSettings`, such
        as ``{"n_neighbors": 30}``.
    domain : str, optional
        Metadata field that is the domain; by default the project's.

    Returns
    -------
    DataFrame
        Columns ``clip, x, y, label, domain``, one row for each clip.

    Raises
    ------
    FeatureStoreError, AnalysisError
        No clip has features there, or they cannot be laid out.
    """
    import pandas as pd

    from actiondiff_gui.embedding.maps import MapSettings

    how = MapSettings(**{"method": method, "seed": seed, **(settings or {})})
    found, tokens, labels, _ = embedding_of(features, how, model, domain)
    return pd.DataFrame(
        {
            "clip": tokens.clip_ids,
            "x": found.coordinates[:, 0],
            "y": found.coordinates[:, 1],
            "label": labels,
            "domain": tokens.domains,
        }
    )


def embedding_of(
    features: FeatureSet,
    settings: MapSettings,
    model: TrainedClassifier | None = None,
    domain: str | None = None,
) -> tuple[Embedding, TokenSet, list[str], list[str]]:
    """Return a map of all clips with features, their tokens, their labels, and the ids of clips without features."""
    from actiondiff_gui.embedding.maps import embed_clips
    from actiondiff_gui.features.summary import summarise

    load = features.load(labelled=False, domain=domain)
    tokens = load(*features.reading)
    vectors = summarise(tokens) if model is None else model.represent(tokens)
    found = embed_clips(vectors, tokens.order, settings)
    labels = [
        " + ".join(name for name, value in zip(tokens.classes, row, strict=True) if value == 1)
        for row in tokens.labels
    ]
    return found, tokens, labels, load.missing


def similar(
    features: FeatureSet,
    clips: str | Sequence[str] | Moment,
    count: int = 60,
    *,
    other_domains: bool = False,
    labelled_otherwise: bool = False,
    moments: bool = False,
    domain: str | None = None,
) -> pd.DataFrame:
    """Find the clips whose features are nearest to those of some clips, or of a moment of a recording.

    Parameters
    ----------
    features : FeatureSet
        Clips without features there are not searched.
    clips : str, sequence of str, or Moment
        Ids of clips, or a :class:`~actiondiff_gui.embedding.neighbours.Moment` of a recording. For one with a box the network
        is run on a window around it.
    count : int
        How many are found at most.
    other_domains, labelled_otherwise : bool
        Only clips of other domains, or only clips that share no label with the asked ones.
    moments : bool
        Compare each clip by its most similar moment, not by the mean of its features.
    domain : str, optional
        Metadata field that is the domain; by default the project's.

    Returns
    -------
    DataFrame
        Columns ``clip, distance``, with ``moments`` also ``frame``; the nearest first. Distances are cosine distances of
        standardised features: 0 alike, 1 unrelated.

    Raises
    ------
    FeatureStoreError, AnalysisError
        What was asked for has no features, no domain or no label that others could differ from.
    """
    import pandas as pd

    from actiondiff_gui.embedding.neighbours import SimilarSettings, similar_job

    asked = [clips] if isinstance(clips, str) else clips
    settings = SimilarSettings(count, other_domains, labelled_otherwise, moments)
    found = _run(similar_job(features, asked, settings, domain), "searching", False)
    columns = {"clip": found.clip_ids, "distance": found.distances}
    if moments:
        columns["frame"] = found.frames
    return pd.DataFrame(columns)


def cluster(
    features: FeatureSet,
    smallest: int = 5,
    *,
    facet: str | None = None,
    settings: Mapping[str, Any] | None = None,
    domain: str | None = None,
) -> pd.DataFrame:
    """Cluster clips by their features with HDBSCAN.

    Parameters
    ----------
    features : FeatureSet
        Clips without features there are left out.
    smallest : int
        Clips that a cluster has at least.
    facet : str, optional
        Metadata field of the clips that gets the numbers of their clusters; by default the project is not changed.
    settings : mapping, optional
        Further settings that differ, by name: of :class:`~actiondiff_gui.embedding.clusters.ClusterSettings`.
    domain : str, optional
        Metadata field that is the domain; by default the project's.

    Returns
    -------
    DataFrame
        Columns ``clip, cluster``, the largest cluster first and in each the medoid first; "" for clips in no cluster.

    Raises
    ------
    FeatureStoreError, AnalysisError
        No clip has features there, or there are too few.
    """
    import pandas as pd

    from actiondiff_gui.embedding.clip_clusters import clip_clusters_job, keep_clusters
    from actiondiff_gui.embedding.clusters import ClusterSettings

    how = ClusterSettings(**{"smallest": smallest, **(settings or {})})
    found = _run(clip_clusters_job(features, how, domain), "clustering", False)
    if facet is not None:
        keep_clusters(features.project, found, facet)
    rows = [(clip, each.name) for each in found.clusters for clip in each.clip_ids]
    rows += [(clip, "") for clip in found.outside]
    return pd.DataFrame(rows, columns=["clip", "cluster"])


def train(
    features: FeatureSet,
    head: Head = "transformer",
    *,
    test: Test = "nothing",
    hold_out: Sequence[str] = (),
    train_on: Sequence[str] = (),
    actions: Sequence[str] = (),
    preset: str | None = None,
    plan: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
    probes: Mapping[str, Any] | None = None,
    domain: str | None = None,
    automatic: bool = False,
    device: str | None = None,
    progress: bool = False,
) -> TrainedClassifier:
    """Train a classifier on the labelled clips of a feature set, from stored features; no backbone is loaded.

    Parameters
    ----------
    features : FeatureSet
    head : {"transformer", "linear", "knn"}
    test : {"each-domain", "within-domains", "recordings", "nothing"}
        Leave out each domain in turn, cross-validate within domains or over recordings, or test nothing.
    hold_out, train_on : sequence of str
        Domains to test on and to train on, instead of ``test``.
    actions : sequence of str
        Actions to tell apart; by default all that are labelled.
    preset : str, optional
        Training settings of a benchmark of the paper; by default those for little data.
    plan, training, probes : mapping, optional
        Single settings that differ, by name: of :class:`~actiondiff_gui.classifier.training.plan.TrainingPlan`, such as
        ``{"folds": 10}``; of :class:`~actiondiff_gui.classifier.training.presets.TrainingSettings`, such as
        ``{"epochs": 60, "seed": 1}``; and of the simple heads, such as ``{"neighbours": 3}``.
    domain : str, optional
        Metadata field that is the domain; by default the project's.
    automatic : bool
        Take timestep, layers and pooling not from ``features`` but from validation among the training clips: of what is
        stored for all of them, where a linear classifier does best. Each test chooses anew, without its test clips.
    device : str, optional
    progress : bool
        Show a progress bar.

    Returns
    -------
    TrainedClassifier
        Its ``scores`` is a table of what the held-out clips gave.

    Raises
    ------
    ClassifierError, FeatureStoreError
        The clips cannot be divided so or cannot train the head, or features are missing.
    """
    return _run(
        train_job(
            features,
            head,
            test=test,
            hold_out=hold_out,
            train_on=train_on,
            actions=actions,
            preset=preset,
            plan=plan,
            training=training,
            probes=probes,
            domain=domain,
            automatic=automatic,
            device=device,
        ),
        f"training the {head}",
        progress,
    )


def train_job(
    features: FeatureSet,
    head: Head = "transformer",
    *,
    test: Test = "nothing",
    hold_out: Sequence[str] = (),
    train_on: Sequence[str] = (),
    actions: Sequence[str] = (),
    preset: str | None = None,
    plan: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
    probes: Mapping[str, Any] | None = None,
    domain: str | None = None,
    automatic: bool = False,
    device: str | None = None,
) -> Job[TrainedClassifier]:
    """:func:`train` as a job."""
    from actiondiff_gui.backbones.registry import choose_device
    from actiondiff_gui.classifier.training import presets
    from actiondiff_gui.classifier.training.plan import TrainingPlan
    from actiondiff_gui.classifier.training.run import TrainingRun, training_run_job
    from actiondiff_gui.evaluation.classifiers import ProbeSettings
    from actiondiff_gui.evaluation.labels import is_single_label
    from actiondiff_gui.inference.footage import footage_of

    if preset:
        presets.preset(preset)
    if hold_out and test != "nothing":
        raise ProjectError("Domains are held out by hold_out or by test, not by both.")
    facet = domain or features.project.domain_facet
    load = features.load(domain=facet)
    tokens = load(*features.reading)
    others = tuple(sorted(set(tokens.domains) - {*hold_out, ""})) if hold_out else ()
    usual = preset or presets.usual_preset(is_single_label(tokens.labels))
    whole = TrainingPlan(
        **(plan or {}),
        head=head,
        classes=tuple(actions),
        domain=facet,
        test="domains" if hold_out else test,
        train_domains=tuple(train_on) or others,
        test_domains=tuple(hold_out),
        preset=usual,
        settings=presets.preset(usual, **(training or {})),
        probes=ProbeSettings(**(probes or {})),
        automatic=automatic,
    )
    choice = None
    if automatic:
        from actiondiff_gui.evaluation.automatic import automatic_choice_job

        job = automatic_choice_job(
            features.project, features.store, features.description, whole.chosen(tokens), whole
        )
        choice = yield from job
    extraction = dict(features.store.provenance.values)
    where = choose_device(device or features.device)
    model = yield from training_run_job(
        tokens,
        TrainingRun(whole),
        where,
        extraction,
        choice=choice,
        footage=partial(footage_of, features.project),
    )
    return replace(model, metrics=model.metrics | {"missing": len(load.missing)})


def predict(
    model: TrainedClassifier | str,
    project: Project,
    *,
    keep_as: str | None = None,
    device: str = "auto",
    progress: bool = False,
) -> pd.DataFrame:
    """Predict the clips of a project and keep the answers beside the labels.

    Parameters
    ----------
    model : TrainedClassifier or str
        A classifier, or the name of one that the project keeps.
    project : Project
    keep_as : str, optional
        Name in which the predictions are kept; by default the model's name, or "model" for a classifier without one.
    device : str
        Where features that are missing are computed, if the weights are here. Clips without features have no answer.
    progress : bool
        Show a progress bar.

    Returns
    -------
    DataFrame
        Clip, video, first and end frame, predicted actions, and the probability of every action.

    Raises
    ------
    ClassifierError
        There is no such model, or it cannot be applied to these features.
    """
    import pandas as pd

    from actiondiff_gui.classifier.models.library import load_model
    from actiondiff_gui.inference.clips import predict_clips_job
    from actiondiff_gui.workflow import features_of_classifier

    by = keep_as or (model if isinstance(model, str) else "model")
    classifier = load_model(project, model) if isinstance(model, str) else model

    def load() -> FeatureSet:
        return features_of_classifier(project, classifier, None, device)

    job = predict_clips_job(project, classifier, by, load=load)
    return pd.DataFrame(_run(job, "predicting", progress).rows(project))


def _run(job: Job[Result], what: str, progress: bool) -> Result:
    if not progress:
        return run(job)
    from tqdm.auto import tqdm

    with tqdm(desc=what) as bar:

        def show(report: Progress) -> None:
            if report.total and report.total != bar.total:
                bar.reset(report.total)
            bar.update(report.done - bar.n)
            bar.set_postfix_str(report.message[-60:])

        return run(job, show)
