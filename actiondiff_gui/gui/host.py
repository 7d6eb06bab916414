"""Services that the docks of one viewer share, for as long as its window is open."""

from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from qtpy.QtCore import QEvent, QObject, QTimer

from actiondiff_gui.backbones.waking import calm_threads, leave_in_peace, thaw
from actiondiff_gui.gui.common.garbage import IdleCollection
from actiondiff_gui.gui.common.one_line import NOTICE_MS
from actiondiff_gui.gui.services.context import WindowContext
from actiondiff_gui.gui.services.pending import Pending
from actiondiff_gui.project.storage.exclusive_use import hurry

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from actiondiff_gui.gui.common.thumbnails import Thumbnails
    from actiondiff_gui.gui.forms.stored_steps import StoredSteps
    from actiondiff_gui.gui.gallery.loops import Loops
    from actiondiff_gui.gui.gallery.opening import Galleries
    from actiondiff_gui.gui.map.maker import MapMaker
    from actiondiff_gui.gui.review.maker import ReviewMaker
    from actiondiff_gui.gui.train.maker import Trainer
    from actiondiff_gui.gui.train.models_keeper import ModelsKeeper

_hosts: "WeakKeyDictionary[Viewer, Host]" = WeakKeyDictionary()


def host_of(viewer: "Viewer") -> "Host":
    """Return the host of ``viewer``, made when it is first asked for."""
    # napari hands plugins a proxy of the viewer.
    viewer = getattr(viewer, "__wrapped__", viewer)
    if viewer not in _hosts:
        _hosts[viewer] = Host(viewer)
    return _hosts[viewer]


class Host(WindowContext):
    """Services of one viewer's window. They end with the window, and no thread outlives it.

    Attributes
    ----------
    pending : Pending
    plugins : PluginWaker
    player : Player
    sound : Sound
    beside : Beside
    region : Region
    backups : BackupsKeeper
    keyboard : Keyboard
    thumbnails, loops, galleries, maps, review, trainer, models
        Made when they are first asked for.
    """

    def __init__(self, viewer: "Viewer") -> None:
        calm_threads()
        from actiondiff_gui.gui.player.player import Player
        from actiondiff_gui.gui.player.region import Region
        from actiondiff_gui.gui.player.second_view import Beside
        from actiondiff_gui.gui.player.sound import Sound
        from actiondiff_gui.gui.project.backups_keeper import BackupsKeeper
        from actiondiff_gui.gui.services.keyboard import Keyboard
        from actiondiff_gui.gui.services.plugin_waker import PluginWaker

        hurry()
        super().__init__(viewer)
        self.pending = Pending(self)
        self.plugins = PluginWaker(self)
        self.player = Player(self)
        self.sound = Sound(self, self.player)
        self.beside = Beside(self, self.player)
        self.region = Region(self, self.player)
        self.backups = BackupsKeeper(self)
        self.keyboard = Keyboard(self, self.player, self.region)
        self._told = ""
        self._fading = QTimer(self)
        self._fading.setSingleShot(True)
        self._fading.timeout.connect(self._fade)
        self.session.project_closing.connect(self._leave_project)
        self.session.project_changed.connect(self._project_came)
        self.session.notice.connect(self._show_notice)
        self.jobs.problem.connect(self._show_notice)
        self.window.installEventFilter(self)
        self.garbage = IdleCollection(self, lambda: bool(self.jobs.active()) or self.session.playing())
        for signal in (
            self.session.selection_changed,
            self.session.frame_changed,
            self.session.clips_changed,
        ):
            signal.connect(self.garbage.touch)
        leave_in_peace()

    @cached_property
    def thumbnails(self) -> "Thumbnails":
        """The thumbnails of clips."""
        from actiondiff_gui.gui.common.thumbnails import Thumbnails

        return Thumbnails(self)

    @cached_property
    def loops(self) -> "Loops":
        """The looping pictures of clips."""
        from actiondiff_gui.gui.gallery.loops import Loops

        return Loops(self)

    @cached_property
    def galleries(self) -> "Galleries":
        """What shows sets of clips as a gallery."""
        from actiondiff_gui.gui.gallery.opening import Galleries

        return Galleries(self)

    @cached_property
    def stored_steps(self) -> "StoredSteps":
        """What is known of stored features at the session's address."""
        from actiondiff_gui.gui.forms.stored_steps import StoredSteps

        return StoredSteps(self, self)

    @cached_property
    def maps(self) -> "MapMaker":
        """The maps of clips."""
        from actiondiff_gui.gui.map.maker import MapMaker

        return MapMaker(self)

    @cached_property
    def review(self) -> "ReviewMaker":
        """The review."""
        from actiondiff_gui.gui.review.maker import ReviewMaker

        maker = ReviewMaker(self, self.player, self.thumbnails)
        self.keyboard.follow(maker)
        return maker

    @cached_property
    def trainer(self) -> "Trainer":
        """The training that runs or ran last."""
        from actiondiff_gui.gui.train.maker import Trainer

        return Trainer(self)

    @cached_property
    def models(self) -> "ModelsKeeper":
        """The trained models of the project."""
        from actiondiff_gui.gui.train.models_keeper import ModelsKeeper

        return ModelsKeeper(self)

    def _project_came(self) -> None:
        # Clips by the ten thousand, and what was imported to read them.
        leave_in_peace()

    def _leave_project(self) -> None:
        self.jobs.leave_project()

    def _show_notice(self, text: str) -> None:
        if not self.closed:
            self.viewer.status = self._told = text
            self._fading.start(NOTICE_MS)

    def _fade(self) -> None:
        """Take a sentence away that nothing else has replaced: by now it may not hold any more."""
        if not self.closed and self.viewer.status == self._told:
            self.viewer.status = ""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """End with the window, once it has closed: napari may ask first, and be told not to."""
        if event.type() != QEvent.Type.Close or watched is not self.window:
            return False
        if not self.pending.may_close():
            event.ignore()
            return True
        self.window.removeEventFilter(self)
        watched.event(event)
        if event.isAccepted():
            self.close()
        else:
            self.window.installEventFilter(self)
        return True

    def close(self) -> None:
        """Stop what runs and close the project; closing twice does nothing."""
        if self.closed:
            return
        self.closing.emit()
        self.closed = True
        if self.window is not None:
            self.window.removeEventFilter(self)
        if self.viewer is not None:
            _hosts.pop(self.viewer, None)
        self._fading.stop()
        self.backups.close()
        self.keyboard.close()
        self.region.close()
        self.sound.close()
        self.beside.close()
        self.player.close()
        self.jobs.close()
        self.pending.end()
        self.session.close_project()
        self.garbage.end()
        if not _hosts:
            hurry(False)
        thaw()
