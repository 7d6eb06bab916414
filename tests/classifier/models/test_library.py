"""Models of a project: kept, listed, renamed, deleted, imported."""

import threading
from pathlib import Path

import pytest

from actiondiff_gui.classifier.models.library import (
    delete_model,
    export_model,
    import_model,
    keep_model,
    list_models,
    load_model,
    models_folder,
    rename_model,
)
from actiondiff_gui.classifier.models.saved import save_classifier
from actiondiff_gui.classifier.training.fitting import fit_head
from actiondiff_gui.errors import ClassifierError, ProjectBusyError
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.storage import exclusive_use
from tests.locking import locked


@pytest.fixture
def project(tmp_path: Path, videos: list[Path]):
    """Return a project with one clip that the model "first" predicts to be walking."""
    from actiondiff_gui.progress import run
    from actiondiff_gui.project.formats.imports.videos import import_videos

    with Project.create(tmp_path / "pets.actiondiff") as project:
        run(import_videos(project, videos[:1]))
        project.label(project.clips()[0].id, "walk", confidence=0.7, source="model", by="first")
        yield project


@pytest.fixture
def classifier(make_tokens):
    """Provide a linear head."""
    tokens = make_tokens()
    return fit_head("linear", tokens, range(len(tokens)))


def said_by(project: Project) -> set[str]:
    return {label.by for label in project.labels(sources=("model",))}


def test_a_model_is_kept_listed_and_loaded_and_a_second_one_gets_a_number(project, classifier) -> None:
    assert list_models(project) == []
    assert [keep_model(project, classifier, " first ") for _ in range(2)] == ["first", "first 2"]
    kept = list_models(project)
    assert {model.name for model in kept} == {"first", "first 2"}
    assert kept[0].about.classes == classifier.classes
    assert kept[0].about.address == load_model(project, "first").address


def test_predictions_follow_a_renamed_model_and_go_with_a_deleted_one(project, classifier) -> None:
    keep_model(project, classifier, "first")
    assert rename_model(project, "first", "best") == "best"
    assert said_by(project) == {"best"}
    assert [model.name for model in list_models(project)] == ["best"]
    delete_model(project, "best")
    assert said_by(project) == set()
    assert list_models(project) == []


def test_a_rename_that_cannot_be_changes_nothing(project, classifier) -> None:
    keep_model(project, classifier, "first")
    keep_model(project, classifier, "second")
    for name in ("second", "SECOND", "../first", "", "nul", "a/b", "x" * 81):
        with pytest.raises(ClassifierError):
            rename_model(project, "first", name)
    assert {model.name for model in list_models(project)} == {"first", "second"}
    assert said_by(project) == {"first"}


def test_a_model_travels_to_another_project_and_a_damaged_one_does_not(
    project, classifier, tmp_path: Path
) -> None:
    keep_model(project, classifier, "first")
    file = tmp_path / "sent.safetensors"
    export_model(project, "first", file)
    with Project.create(tmp_path / "other.actiondiff") as other:
        assert import_model(other, file) == "sent"
        assert load_model(other, "sent").classes == classifier.classes
        file.write_bytes(file.read_bytes()[:-8])
        with pytest.raises(ClassifierError, match=r"sent\.safetensors"):
            import_model(other, file)
        assert len(list_models(other)) == 1


def test_a_model_of_a_locked_project_is_neither_deleted_nor_renamed(project, classifier, monkeypatch) -> None:
    monkeypatch.setattr(exclusive_use, "OTHERS_S", 0.05)
    keep_model(project, classifier, "first")
    project.set_setting("model", "first")
    with locked(project.path):
        for change in (
            lambda: delete_model(project, "first"),
            lambda: rename_model(project, "first", "best"),
        ):
            with pytest.raises(ProjectBusyError, match="Nothing was changed"):
                change()
            assert [model.name for model in list_models(project)] == ["first"]
    assert load_model(project, "first").classes == classifier.classes
    assert said_by(project) == {"first"}
    assert rename_model(project, "first", "best") == "best"
    assert project.setting("model") == "best"
    delete_model(project, "best")
    assert project.setting("model") is None
    assert list(models_folder(project).iterdir()) == []


def test_a_commit_that_fails_leaves_file_and_predictions(project, classifier, monkeypatch) -> None:
    """A program that only reads lets a change begin, and not end."""
    monkeypatch.setattr(exclusive_use, "OTHERS_S", 0.05)
    keep_model(project, classifier, "first")
    with locked(project.path, "BEGIN"):
        for change in (
            lambda: delete_model(project, "first"),
            lambda: rename_model(project, "first", "best"),
        ):
            with pytest.raises(ProjectBusyError):
                change()
            assert [path.name for path in models_folder(project).iterdir()] == ["first.safetensors"]
    assert said_by(project) == {"first"}


def test_undo_brings_back_no_prediction_of_a_model_that_is_gone_or_called_otherwise(
    project, classifier
) -> None:
    keep_model(project, classifier, "first")
    clip = project.clips()[0].id
    project.remove_clip(clip)
    rename_model(project, "first", "best")
    project.undo()
    assert said_by(project) == {"best"}
    project.remove_clip(clip)
    delete_model(project, "best")
    project.undo()
    assert said_by(project) == set()
    assert [c.id for c in project.clips()] == [clip]


def test_models_kept_at_the_same_time_under_one_name_are_all_kept(
    project, classifier, tmp_path: Path
) -> None:
    file = tmp_path / "first.safetensors"
    save_classifier(classifier, file)
    projects = [Project.open(project.path) for _ in range(4)]
    together, names = threading.Barrier(8), []

    def keep(mine: Project, how) -> None:
        together.wait()
        names.append(how(mine))

    ways = (lambda p: keep_model(p, classifier, "first"), lambda p: import_model(p, file))
    threads = [threading.Thread(target=keep, args=(p, way)) for p in projects for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in projects:
        each.close()
    assert sorted(names) == ["first", *(f"first {n}" for n in range(2, 9))]
    assert sorted(model.name for model in list_models(project) if model.about) == sorted(names)


def test_a_file_that_is_no_model_is_listed_with_its_problem(project, classifier) -> None:
    keep_model(project, classifier, "first")
    (models_folder(project) / "odd.safetensors").write_bytes(b"\x80\x04no")
    (models_folder(project) / ".first.0.part.safetensors").write_bytes(b"")
    odd = next(model for model in list_models(project) if model.name == "odd")
    assert odd.about is None
    assert "pickle" in odd.problem
    assert len(list_models(project)) == 2
