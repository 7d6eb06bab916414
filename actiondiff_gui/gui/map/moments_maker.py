"""Maps of the moments of the open recording: looked for on disk, and made in jobs."""

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from actiondiff_gui.embedding.maps import METHODS
from actiondiff_gui.gui.map.state import clip_maps, moment_maps
from actiondiff_gui.gui.map.state.moment_maps import MomentMap
from actiondiff_gui.gui.services.jobs import RunningJob

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

_KEY = "map of moments"


class MomentsMaker(QObject):
    """The map of moments that is shown: of the open recording, at the session's address.

    Signals: ``changed`` when a map came, or making one began or ended.

    Attributes
    ----------
    shown : MomentMap or None
    reading : bool
        Whether a kept map is being looked for.
    trouble : str
        Why the last map could not be made; "" if it could.
    """

    changed = Signal()

    def __init__(self, host: "Host") -> None:
        super().__init__(host)
        self.host, self.session = host, host.session
        self.shown: MomentMap | None = None
        self.reading = False
        self.trouble = ""
        self._wanted: tuple | None = None
        self._job: RunningJob | None = None
        self.session.project_changed.connect(self._forget)

    @property
    def making(self) -> bool:
        """Whether a map is being made."""
        return self._job is not None and not self._job.finished

    @property
    def address_text(self) -> str:
        """The session's address in words."""
        return clip_maps.address_text(clip_maps.spelled_out(self.session.address))

    def look(self, method: str) -> MomentMap | None:
        """Return the map of the open recording at the session's address; one on disk is read first, and told by ``changed``."""
        session = self.session
        project, video, address = session.project, session.video, session.address
        if project is None or video is None:
            return None
        wanted = (video, address, method)
        if wanted != self._wanted:
            self._wanted, self.shown, self.reading, self.trouble = wanted, None, True, ""
            self.host.jobs.run(
                lambda: moment_maps.read_map(project, video, address, method),
                "looking for the map of moments",
                done=lambda found: self._came(wanted, found),
                failed=lambda text: self._came(wanted, None),
                quiet=True,
                key="kept map of moments",
            )
        return self.shown

    def make(self, method: str, compute: bool) -> None:
        """Make the map of the open recording; ``compute`` says whether features that it lacks are computed."""
        session, host = self.session, self.host
        project, video, address, loaded = session.needed(), session.video, session.address, session.loaded
        if video is None:
            return
        wanted, settings = (video, address, method), replace(host.maps.settings, method=method)
        self.trouble = ""
        self._job = host.jobs.start(
            lambda: moment_maps.moment_map_job(
                project, loaded, (address, video, compute), settings, host.maps.process
            ),
            f"making a {METHODS[method]} map of moments",
            done=lambda found: self._came(wanted, found, made=True),
            failed=lambda text: self._failed(wanted, text),
            key=_KEY,
            lane="heavy",
        )
        host.jobs.changed.connect(self._job_changed)
        self.changed.emit()

    def _job_changed(self) -> None:
        if not self.making:
            self.host.jobs.changed.disconnect(self._job_changed)
            self.changed.emit()

    def _came(self, wanted: tuple, found: MomentMap | None, made: bool = False) -> None:
        if wanted != self._wanted:
            return
        self.reading = False
        if found is not None or not made:
            self.shown = found
        self.changed.emit()
        if made:
            self.session.features_changed.emit()

    def _failed(self, wanted: tuple, text: str) -> None:
        if wanted == self._wanted:
            self.trouble = text
            self.changed.emit()

    def _forget(self) -> None:
        if self.making:
            self._job.stop()
        self._wanted, self.shown, self.reading, self.trouble = None, None, False, ""
        self.changed.emit()
