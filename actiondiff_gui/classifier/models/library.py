"""Library of a project's trained classifiers: one file each, in a folder beside the project.

A model's name is the name of its file, and the name in which its predictions are kept.
"""

import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from actiondiff_gui.classifier.models.files import SUFFIX, mend, new_file, refused, set_aside, visible
from actiondiff_gui.classifier.models.saved import (
    Description,
    describe_classifier,
    load_classifier,
    save_classifier,
)
from actiondiff_gui.classifier.models.trained import TrainedClassifier
from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.files import put_new, whole_file
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.outputs import output
from actiondiff_gui.project.paths import beside
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.storage.row_checks import moment

IN_USE = "model"
"""The setting that names the model in use."""
LONGEST_NAME = 80
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class KeptModel:
    """A model of a project.

    Attributes
    ----------
    name : str
    path : Path
    made : datetime
        When it was trained, in UTC; where that is not known, when its file was written.
    trained : bool
        Whether ``made`` is the date of the training.
    about : Description or None
        None where the file cannot be used; then ``problem`` says why.
    problem : str
    """

    name: str
    path: Path
    made: datetime
    about: Description | None
    problem: str = ""
    trained: bool = False


def models_folder(project: Project) -> Path:
    """Folder beside the project file in which its models are kept."""
    return beside(project.path, "models")


def list_models(project: Project) -> list[KeptModel]:
    """All models of a project, newest first, those whose file cannot be used too."""
    found = []
    folder = models_folder(project)
    mend(project, folder)
    for path in visible(folder):
        try:
            made = moment(path.stat().st_mtime_ns // 1000)
        except OSError:
            continue
        try:
            about = describe_classifier(path)
            trained = _trained_at(about)
            found.append(KeptModel(path.stem, path, trained or made, about, trained=trained is not None))
        except ClassifierError as error:
            found.append(KeptModel(path.stem, path, made, None, str(error)))
    return sorted(found, key=lambda model: (model.made, model.name), reverse=True)


def _trained_at(about: Description) -> datetime | None:
    """Return when a model was trained, as its file says it."""
    try:
        found = datetime.fromisoformat(about.metrics.get("made") or "")
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def model_path(project: Project, name: str) -> Path:
    """File of the model called ``name``, whether or not it is there.

    Raises
    ------
    ClassifierError
        No file can have that name everywhere.
    """
    name = name.strip()
    bad = not name or len(name) > LONGEST_NAME or name[0] == "." or name[-1] == "." or not name.isprintable()
    if bad or set(name) & set('/\\:*?"<>|') or _RESERVED.fullmatch(name):
        raise ClassifierError(
            f"A model cannot be called {name!r:.100}: choose up to {LONGEST_NAME} letters, digits and spaces."
        )
    return models_folder(project) / f"{name}{SUFFIX}"


def free_name(project: Project, wanted: str) -> str:
    """``wanted``, with a number where a model of that name is there."""
    taken = {path.stem.casefold() for path in visible(models_folder(project))}
    name, n = wanted, 1
    while name.casefold() in taken:
        n += 1
        name = f"{wanted} {n}"
    return name


def keep_model(project: Project, classifier: TrainedClassifier, name: str) -> str:
    """Keep a classifier as a model of the project, and return its name: ``name``, numbered where it is taken.

    Raises
    ------
    ClassifierError
        The name is none, or the file cannot be written.
    """
    model_path(project, name)
    with _new_file(project) as part:
        save_classifier(classifier, part)
        return _take_name(project, part, name.strip())


def load_model(project: Project, name: str) -> TrainedClassifier:
    """Load a model of the project.

    Raises
    ------
    ClassifierError
        There is none of that name, or its file cannot be used.
    """
    return load_classifier(_there(project, name))


def import_model(project: Project, file: Path) -> str:
    """Copy a classifier's file into the project, once it has been read without fault; returns the model's name.

    Raises
    ------
    ClassifierError
        The file cannot be used, or not be copied.
    """
    load_classifier(file)
    name = Path(file).stem[:LONGEST_NAME].strip(". ") or "model"
    model_path(project, name)
    with _new_file(project) as part:
        _copy(Path(file), part)
        return _take_name(project, part, name)


def export_model(project: Project, name: str, file: str | os.PathLike[str]) -> None:
    """Copy a model of the project to ``file``, which replaces nothing unless it is an output that may.

    Raises
    ------
    ClassifierError
        There is no such model, or the file cannot be written.
    """
    source = _there(project, name)
    try:
        with output(file).written() as part:
            part.write_bytes(source.read_bytes())
    except OSError as error:
        raise ClassifierError(
            f"The model {name} could not be written to {file} ({error.strerror or error})."
        ) from error


def rename_model(project: Project, old: str, new: str) -> str:
    """Rename a model, and its predictions and bouts with it; returns the new name.

    All of it is done or nothing, also where the program is killed.

    Raises
    ------
    ClassifierError
        There is no such model, the name is none or taken, or the file cannot be renamed.
    ProjectError
        The project cannot be changed.
    """
    path, new = _there(project, old), new.strip()
    if new == old:
        return old
    target = model_path(project, new)
    taken = ClassifierError(f"There is a model called {new} already. Choose another name.")
    if free_name(project, new) != new and new.casefold() != old.casefold():
        raise taken
    try:
        with set_aside(project, path, target):
            project.rename_predictor(old, new)
            if project.setting(IN_USE) == old:
                project.set_setting(IN_USE, new)
    except FileExistsError:
        raise taken from None
    except OSError as error:
        raise refused(f"The model {old} could not be renamed", error) from error
    return new


def delete_model(project: Project, name: str, also: Callable[[], object] | None = None) -> None:
    """Delete a model and its predictions. Labels stay, also those that confirmed a prediction.

    All of it is done or nothing, also where the program is killed. ``also`` changes more in the same transaction.

    Raises
    ------
    ClassifierError
        There is no such model, or its file cannot be deleted.
    ProjectError
        The project cannot be changed.
    """
    try:
        with set_aside(project, _there(project, name)):
            project.forget_predictor(name)
            if project.setting(IN_USE) == name:
                project.set_setting(IN_USE, None)
            if also is not None:
                also()
    except OSError as error:
        raise refused(f"The model {name} could not be deleted", error) from error


def _new_file(project: Project) -> AbstractContextManager[Path]:
    folder = models_folder(project)
    mend(project, folder)
    _make_folder(folder)
    return new_file(folder)


def _take_name(project: Project, part: Path, wanted: str) -> str:
    """Rename a written file to the model ``wanted``, numbered where another has that name or takes it at the same time."""
    while True:
        name = free_name(project, wanted)
        try:
            put_new(part, model_path(project, name))
        except FileExistsError:
            continue
        except OSError as error:
            raise refused(f"The model {name} could not be kept", error) from error
        return name


def _there(project: Project, name: str) -> Path:
    path = model_path(project, name)
    mend(project, path.parent)
    if not path.is_file():
        raise ClassifierError(f"The project has no model called {name}. Train it, or import its file.")
    return path


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ClassifierError(
            f"The folder {folder} for the project's models cannot be made ({error.strerror or error}): check "
            "that the project's folder may be written to."
        ) from error


def _copy(source: Path, target: Path) -> None:
    try:
        data = regular_file(source, ClassifierError, "a model").read_bytes()
        with whole_file(target) as part:
            part.write_bytes(data)
    except OSError as error:
        raise ClassifierError(
            f"The model could not be copied from {source} to {target} ({error.strerror or error}): check that the "
            "folder exists, may be written to and has space."
        ) from error
