"""Is what lies beside a project whole: videos, tokens, models, and what killed programs left?"""

import json
import time
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from actiondiff_gui.classifier.library import list_models, load_model, models_folder
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.features.dataset import features_folder
from actiondiff_gui.health.findings import Report
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.backups import back_up, backups_folder
from actiondiff_gui.project.project import Project
from actiondiff_gui.video.fingerprint import fingerprint

LEFT_S = 600.0
"""A file that is being written and was not touched for so long was left by a program that was killed."""


def videos_job(project: Project, report: Report) -> Job[None]:
    """Whether each video is there, and is the file that was added."""
    videos = project.videos()
    fine = 0
    for done, video in enumerate(videos):
        yield Progress(done, len(videos), f"checking {video.path.name}")
        try:
            same = fingerprint(video.path) == video.fingerprint
        except ActionDiffError:
            report.add(
                "videos",
                f"The video {video.path} is not there or cannot be read. Put it back, or say in the window where it is.",
                video.path,
            )
            continue
        fine += same
        if not same:
            report.add(
                "videos",
                f"{video.path} is not the file that was added to the project: its content differs. Put the right one "
                "there, or remove the video from the project.",
                video.path,
            )
    report.fine_about("videos", f"{fine} of {len(videos)} there and the same")


def tokens_job(project: Project, report: Report) -> Job[None]:
    """Whether each file of tokens matches its checksums."""
    files = sorted(features_folder(project).glob("*/??/*/*.safetensors"))
    fine = 0
    for done, file in enumerate(files):
        if file.name[0] == ".":
            continue
        yield Progress(done, len(files), "checking tokens")
        problem = _token_problem(file)
        fine += not problem
        if problem:
            report.add(
                "features",
                f"The features in {file} are damaged: {problem}. Set aside (--repair) they are computed again.",
                file,
                partial(_set_aside, file),
            )
    report.fine_about("features", f"{fine} of {len(files)} files whole")


def models_job(project: Project, report: Report) -> Job[None]:
    """Whether each model can be loaded, and each prediction has its model."""
    models = list_models(project)
    for done, model in enumerate(models):
        yield Progress(done, len(models), f"checking the model {model.name}")
        try:
            load_model(project, model.name)
        except ActionDiffError as error:
            report.add("models", f"The model {model.name} cannot be used: {error}", model.path)
    names = {model.name for model in models}
    orphans = {by: count for source, by, count in project.speakers() if source == "model" and by not in names}
    for by, count in orphans.items():
        report.add(
            "models",
            f"There are {count} predictions of a model {by} that the project does not have. Import the model's file "
            "again, or remove them (--repair).",
            None,
            partial(_forget, project, by),
        )
    report.fine_about("models", f"{len(models)}")


def leftovers(project: Path, features: Path, models: Path, report: Report) -> None:
    """Files that a killed program was writing."""
    beside = project.parent.glob(f".{_plain(project.stem)}*.part*")
    inside = (file for folder in (features, models, backups_folder(project)) for file in _parts(folder))
    for file in [*beside, *inside]:
        try:
            left = time.time() - file.stat().st_mtime > LEFT_S
        except OSError:
            continue
        if left:
            report.add(
                "files",
                f"{file} was left by a program that was ended while it wrote.",
                file,
                partial(_remove, file),
            )


def folders_of(project: Project) -> tuple[Path, Path]:
    """Folders of the features and of the models."""
    return features_folder(project), models_folder(project)


def _parts(folder: Path) -> Iterator[Path]:
    return folder.rglob(".*.part*")


def _plain(name: str) -> str:
    from glob import escape

    return escape(name)


def _token_problem(file: Path) -> str:
    """Why a file of tokens cannot be used; "" where it can."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy") as stored:
            about = stored.metadata() or {}
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            sums = json.loads(about.get("crc32", "{}"))
    except (OSError, SafetensorError, ValueError) as error:
        return str(error)
    if not file.parents[2].name.endswith(f"-{about.get('address')}") or about.get("clip") != file.parent.name:
        return "they belong to another clip or backbone"
    if "frames" not in arrays or not isinstance(sums, dict):
        return "they are incomplete"
    for name, array in arrays.items():
        if sums.get(name) != zlib.crc32(np.ascontiguousarray(array).tobytes()):
            return f"{name} does not match its checksum"
        if len(array) != len(arrays["frames"]) or not np.isfinite(array).all():
            return f"{name} has another length than its frames, or holds what is no number"
    return ""


def _set_aside(file: Path) -> str:
    aside = file.with_name(f"{file.name}.damaged")
    file.replace(aside)
    return f"It is set aside as {aside.name}; compute the features again."


def _forget(project: Project, by: str) -> str:
    back_up(project.path, "before check --repair")
    project.remove_predictions(by)
    return "They were removed; a backup holds them."


def _remove(file: Path) -> str:
    file.unlink(missing_ok=True)
    return "It was removed."
