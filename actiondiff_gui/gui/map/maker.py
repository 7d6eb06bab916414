"""Maps of the open project, shared by all map docks of a viewer: stored, made in jobs, deleted."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from actiondiff_gui.embedding.maps import METHODS, MapSettings
from actiondiff_gui.embedding.process import EmbedProcess
from actiondiff_gui.gui.map.state import clip_maps, mapping
from actiondiff_gui.gui.map.state.clip_maps import ClipMap
from actiondiff_gui.gui.services.jobs import RunningJob
from actiondiff_gui.settings import kept_settings, to_dict

if TYPE_CHECKING:
    from actiondiff_gui.gui.services.context import WindowContext
    from actiondiff_gui.gui.session.address import Address
    from actiondiff_gui.project.project import Project

SETTING = "map"
"""Name of the project's setting that keeps how maps are made."""


class MapMaker(QObject):
    """Reads the stored maps of a project when it opens, makes new ones in jobs, and stores them.

    Signals: ``changed`` when maps came or went, or making one began or ended; ``made(map)``.

    Attributes
    ----------
    maps : list of ClipMap
        Oldest first.
    reading : bool
        Whether the kept maps of a project that was just opened are still being read.
    trouble : str
        Why the last map could not be made, "" if it could.
    lacking : Address or None
        The address at which no clip has features, found out when a map of it was asked for.
    """

    changed = Signal()
    made = Signal(object)

    def __init__(self, host: "WindowContext") -> None:
        super().__init__(host)
        self.host, self.session = host, host.session
        self.maps: list[ClipMap] = []
        self.reading = False
        self.trouble = ""
        self.lacking = None
        self._features_since = ""
        self._process = EmbedProcess()
        self._job: RunningJob | None = None
        self.session.project_changed.connect(self._open_project)
        self.session.features_changed.connect(self._features_came)
        self._open_project()

    @property
    def making(self) -> bool:
        """Whether a map is being made."""
        return self._job is not None and not self._job.finished

    @property
    def process(self) -> EmbedProcess:
        """Process in which maps are laid out; it is reused for further ones."""
        return self._process

    @property
    def settings(self) -> MapSettings:
        """Settings of maps of the open project."""
        project = self.session.project
        return kept_settings(MapSettings, project.setting(SETTING, {}) if project is not None else {})

    def set_settings(self, settings: MapSettings) -> None:
        """Set the settings of further maps."""
        self.session.keep_setting(SETTING, to_dict(settings))

    def fresh(self, kept: ClipMap) -> bool:
        """Return whether features were computed after a map was made, while this window was open."""
        return kept.made < self._features_since

    def make(self, method: str, clip_ids: Sequence[str] | None = None) -> None:
        """Make a map of the project's clips, all or ``clip_ids``, at the session's address."""
        project, address = self.session.needed(), self.session.address
        self.trouble, self.lacking = "", None
        loaded, process = self.session.loaded, self._process
        settings = replace(self.settings, method=method)

        def make():
            try:
                return (yield from mapping.map_job(project, loaded, address, settings, process, clip_ids))
            except mapping.NoFeatures as error:
                return error

        words = clip_maps.address_text(clip_maps.spelled_out(address))
        self._job = self.host.jobs.start(
            make,
            f"making a {METHODS[method]} map of {words}",
            done=lambda found: self._came(project, address, found),
            failed=lambda text: self._failed(project, text),
            key="map",
            # The network itself is not run, but two of them at once may not fit the memory.
            lane="" if loaded.holds(address) else "heavy",
        )
        self.changed.emit()
        self.host.jobs.changed.connect(self._job_changed)

    def _job_changed(self) -> None:
        if not self.making:
            self.host.jobs.changed.disconnect(self._job_changed)
            self.changed.emit()

    def forget(self, kept: ClipMap) -> None:
        """Delete a map, also from the disk."""
        self.maps = [other for other in self.maps if other is not kept]
        if kept.file is not None:
            kept.file.unlink(missing_ok=True)
        self.changed.emit()

    def _came(self, project: "Project", address: "Address", found: ClipMap | mapping.NoFeatures) -> None:
        if self.session.project is not project:
            return
        if isinstance(found, mapping.NoFeatures):
            self.trouble, self.lacking = str(found), address
            self.changed.emit()
            return
        for old in [kept for kept in self.maps if clip_maps.same(kept, found)]:
            self.forget(old)
        self.maps.append(found)
        self.changed.emit()
        self.made.emit(found)

    def _failed(self, project: "Project", text: str) -> None:
        if self.session.project is project:
            self.trouble = text
            self.host.jobs.add_problem(text)
            self.changed.emit()

    def _features_came(self) -> None:
        self._features_since = clip_maps.now()
        self.trouble, self.lacking = "", None
        self.changed.emit()

    def _open_project(self) -> None:
        if self.making:
            self._job.stop()
        self.maps, self.trouble, self.lacking = [], "", None
        project = self.session.project
        self.reading = project is not None
        if project is None:
            self._process.close()
        else:
            self.host.jobs.run(
                lambda: clip_maps.read_maps(project),
                "reading stored maps",
                done=lambda maps: self._were_read(project, maps),
                failed=lambda text: self._were_read(project, []),
                quiet=True,
                key="kept maps",
            )
        self.changed.emit()

    def _were_read(self, project: "Project", maps: list[ClipMap]) -> None:
        if self.session.project is project:
            self.reading = False
            self.maps = [*maps, *self.maps]
            self.changed.emit()
