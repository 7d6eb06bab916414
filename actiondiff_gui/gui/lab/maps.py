"""Map series of the lab: those made since the project was opened, and the one that is being made."""

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from actiondiff_gui.embedding.maps import METHODS
from actiondiff_gui.gui.common.listening import listen, when_destroyed
from actiondiff_gui.gui.lab.choice import Lab
from actiondiff_gui.gui.lab.state.maps import MapSeries, SeriesAsked, pairs_across, series_job
from actiondiff_gui.gui.map.state import clip_maps

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

MOST_KEPT = 8
"""Series in memory; the least recently shown is dropped first."""


class LabMaps(QObject):
    """The series of maps that were made since the project was opened.

    Signals: ``changed`` when a map came, or making a series began or ended.

    Attributes
    ----------
    job : RunningJob or None
        The one that makes maps, or made the last ones.
    problem : str
        Why the last series could not be made.
    """

    changed = Signal()

    def __init__(self, host: "Host", lab: Lab) -> None:
        super().__init__(lab)
        self.host, self.session, self.lab = host, host.session, lab
        self.problem = ""
        self._series: OrderedDict[SeriesAsked, MapSeries] = OrderedDict()
        self._making: MapSeries | None = None
        self.job = None
        self._key = f"lab maps {id(self)}"
        when_destroyed(self, host.jobs.leave, self._key)
        listen(self, (self.session.project_changed, self._forget))
        host.jobs.changed.connect(self._jobs_changed)

    def asked(self, across: str, method: str) -> SeriesAsked | None:
        """Return the series of the present address."""
        project = self.session.project
        if project is None or not self.lab.choice.timesteps:
            return None
        here = clip_maps.spelled_out(self.session.address)
        pairs = pairs_across(
            across, self.lab.choice.timesteps, self.lab.choice.layers, (here.timestep, here.one_layer)
        )
        address = replace(self.session.address, timestep="", layers=())
        settings = replace(self.host.maps.settings, method=method)
        return SeriesAsked(project, address, pairs, settings, tuple(row.id for row in self.session.table))

    def fitting(self, across: str, method: str) -> MapSeries | None:
        """Return the series of the present address and clips, if it was made or is being made."""
        asked = self.asked(across, method)
        found = self._series.get(asked) if asked is not None else None
        if found is not None:
            self._series.move_to_end(asked)
        return found

    @property
    def making(self) -> bool:
        """Whether maps are being made."""
        return self.job is not None and not self.job.finished

    def make(self, across: str, method: str) -> None:
        """Make the series of the present address, in place of one that is being made."""
        asked = self.asked(across, method)
        if asked is None:
            return
        series = MapSeries(asked)
        loaded, process = self.session.loaded, self.host.maps.process
        self.problem = ""
        if self._making is not None and not self._making.finished:
            self._series.pop(self._making.asked, None)
        self._series.pop(asked, None)
        self._series[asked] = self._making = series
        while len(self._series) > MOST_KEPT:
            self._series.popitem(last=False)
        self.job = self.host.jobs.start(
            lambda: series_job(loaded, series, process),
            f"making {METHODS[method]} maps of {len(asked.pairs)} {across}",
            done=lambda _: self.changed.emit(),
            failed=lambda text: self._failed(series, text),
            key=self._key,
        )
        self.changed.emit()

    def forget(self, series: MapSeries) -> None:
        """Drop a series that can now be made better."""
        self._series.pop(series.asked, None)

    def _failed(self, series: MapSeries, text: str) -> None:
        self._series.pop(series.asked, None)
        self.problem = text
        self.changed.emit()

    def _jobs_changed(self) -> None:
        if self.job is None:
            return
        if self.job.state == "stopped" and self._making is not None and not self._making.finished:
            self._series.pop(self._making.asked, None)
            self._making = self.job = None
            self.changed.emit()
        elif self.making:
            self.changed.emit()

    def _forget(self) -> None:
        self.host.jobs.leave(self._key)
        self._series.clear()
        self._making, self.job, self.problem = None, None, ""
        self.changed.emit()
