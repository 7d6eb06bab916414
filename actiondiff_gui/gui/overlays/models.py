"""Trained model that an overlay asks for evidence of an action: one of the project, or a file."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QFileDialog

from actiondiff_gui.gui.common.listening import listen, when_destroyed
from actiondiff_gui.gui.overlays.form import FILE, OverlayForm
from actiondiff_gui.gui.overlays.state.computing import OverlayJobs

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class OverlayModels(QObject):
    """Lists models in a form, and reads the chosen one.

    Attributes
    ----------
    classifier : TrainedClassifier or None
        The chosen model, once it was read.
    """

    def __init__(
        self,
        host: "Host",
        form: OverlayForm,
        overlay_jobs: OverlayJobs,
        read: Callable[[], object],
        failed: Callable[[str], object],
    ) -> None:
        super().__init__(form)
        self.host, self.form, self.overlay_jobs = host, form, overlay_jobs
        self._read, self._failed = read, failed
        self.classifier: Any = None
        self._key = f"classifier {id(self)}"
        form.model.activated.connect(host.guarded(lambda _: self.choose()))
        listen(self, (host.session.models_changed, self.fill), (host.session.project_changed, self.forget))
        when_destroyed(self, host.jobs.leave, self._key)
        self.fill()

    @property
    def some(self) -> bool:
        """Whether the project has a model."""
        return self.form.model.count() > 2

    def fill(self) -> None:
        """List the project's models."""
        self.form.set_models(self.overlay_jobs.models())

    def use_usual(self) -> None:
        """Choose the model in use, where none is chosen yet."""
        name = self.host.session.model
        if self.classifier is None and name and name in self.overlay_jobs.models():
            self.use(self.overlay_jobs.model_file(name))

    def forget(self) -> None:
        """Drop the models of the project that was closed."""
        self.classifier = None
        self.form.set_actions(())
        self.form.set_measures(0)
        self.fill()

    def choose(self) -> None:
        """Read the model that is chosen in the list, or ask for a file."""
        chosen = self.form.model.currentData()
        if chosen == FILE:
            folder = str(self.host.session.needed().path.parent)
            name, _ = QFileDialog.getOpenFileName(
                self.form, "Choose a model", folder, "Models (*.safetensors)"
            )
            if name:
                self.use(Path(name))
        elif chosen:
            self.use(self.overlay_jobs.model_file(chosen))

    def use(self, path: Path) -> None:
        """Use the classifier in a file."""

        def done(classifier: Any) -> None:
            self.classifier = classifier
            box = self.form.model
            index = box.findText(path.stem)
            if index < 0:
                index = max(0, box.count() - 1)
                box.insertItem(index, path.stem, str(path))
            box.setCurrentIndex(index)
            self.form.set_actions(classifier.classes)
            self.form.set_measures(self.overlay_jobs.measures(classifier))
            self._read()

        self.host.jobs.run(
            lambda: self.overlay_jobs.load_classifier(path),
            f"reading {path.name}",
            done=done,
            failed=self._failed,
            key=self._key,
        )
