"""Where features are computed: in this process, in several of this computer, on SLURM or on Dask."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QWidget

from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.common.folded import Folded
from actiondiff_gui.gui.forms.settings_form import SettingsForm
from actiondiff_gui.gui.session.preferences import set_worker_settings, worker_settings

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class Workers(Folded):
    """Form of the cluster settings; folded, its title says who computes.

    Signals: ``problem`` with the reason why an edit is not valid, "" once it is.
    """

    problem = Signal(str)

    def __init__(self, host: "Host") -> None:
        super().__init__(host, "Workers", self._make_form)
        self.session = host.session
        self._show_title()

    def _make_form(self) -> QWidget:
        self.form = SettingsForm(worker_settings(self.session.preferences))
        self.form.edited.connect(self.host.guarded(self._edited))
        return self.form

    def store(self) -> None:
        """Keep what the form shows.

        Raises
        ------
        ClusterError
            It is not valid; what was kept before stays.
        """
        if self.inner is not None:
            set_worker_settings(self.session.preferences, self.form.settings())
        self._show_title()

    def _edited(self) -> None:
        try:
            self.store()
        except ActionDiffError as error:
            self.problem.emit(str(error))
        else:
            self.problem.emit("")

    def _show_title(self) -> None:
        self.setText(f"Workers: {worker_settings(self.session.preferences)}")
