"""Check of the files beside a project: videos, tokens, models, and leftovers of interrupted programs."""

from functools import partial
from itertools import chain
from pathlib import Path

from actiondiff_gui.classifier.models.library import list_models, load_model, models_folder
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.features.dataset import features_folder
from actiondiff_gui.features.storage.healing import set_aside, stores_in, token_files, verify_store
from actiondiff_gui.features.storage.packing import rebuild
from actiondiff_gui.features.storage.packs import CATALOG
from actiondiff_gui.files import left_behind
from actiondiff_gui.health.findings import Report
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.backups.making import back_up, backups_folder
from actiondiff_gui.project.project import Project
from actiondiff_gui.video.fingerprint import fingerprint


def videos_job(project: Project, report: Report) -> Job[None]:
    """Check whether each video is there, and is the file that was added."""
    videos = project.videos()
    fine = 0
    for done, video in enumerate(videos):
        yield Progress(done, len(videos), f"checking {video.path.name}")
        try:
            same = fingerprint(video.path) == video.fingerprint
        except ActionDiffError:
            report.add(
                "videos",
                f"The video {video.path} is not there or cannot be read. Put it back, or locate it in the window.",
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
    report.fine_about("videos", f"{fine} of {len(videos)} present and unchanged")


def tokens_job(project: Project, report: Report) -> Job[None]:
    """Check whether each file of tokens matches its checksums."""
    stores = stores_in(features_folder(project))
    files = sum(1 for store in stores for _ in token_files(store))
    found = 0
    yield Progress(0, files, "checking tokens")
    for file, problem in chain.from_iterable(map(verify_store, stores)):
        found += file.name != CATALOG
        todo = "Set aside (--repair) they are computed again."
        if file.name == CATALOG:
            todo = (
                "Until it is made anew (--repair) the features in the packs beside it count as not computed."
            )
        report.add(
            "features",
            f"The features in {file} are damaged: {problem}. {todo}",
            file,
            partial(_set_aside, file),
        )
        yield Progress(found, files, "checking tokens")
    report.fine_about("features", f"{files - found} of {files} files whole")


def models_job(project: Project, report: Report) -> Job[None]:
    """Check whether each model can be loaded, and each prediction has its model."""
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
    folders = [project.parent]
    for folder in (features, models, backups_folder(project)):
        folders += [folder, *(directory for directory in folder.rglob("*") if directory.is_dir())]
    for file in (file for folder in folders for file in left_behind(folder)):
        report.add(
            "files",
            f"{file} was left by a program that was ended while it wrote.",
            file,
            partial(_remove, file),
        )


def folders_of(project: Project) -> tuple[Path, Path]:
    """Folders of the features and of the models."""
    return features_folder(project), models_folder(project)


def _set_aside(file: Path) -> str:
    if file.name == CATALOG:
        return f"It was made anew from the packs, with {rebuild(file.parent)} files of tokens."
    aside = set_aside(file)
    if aside is None:
        return "It is intact now."
    return f"It is set aside as {aside.name}; compute the features again."


def _forget(project: Project, by: str) -> str:
    back_up(project.path, "before check --repair")
    project.remove_predictions(by)
    return "They were removed; a backup holds them."


def _remove(file: Path) -> str:
    file.unlink(missing_ok=True)
    return "It was removed."
