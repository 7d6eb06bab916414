"""What do all docks of one viewer share? Its session, jobs, player and keys, for as long as it is open."""

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, ref

from qtpy.QtCore import QEvent, QObject, Signal
from qtpy.QtWidgets import QWidget

from actiondiff_gui.backbones.waking import calm_threads, thaw
from actiondiff_gui.errors import ConsentNeeded
from actiondiff_gui.gui.common.guard import guarded, sentence, told_by
from actiondiff_gui.gui.services.jobs import Jobs
from actiondiff_gui.gui.services.pending import Pending, ask_consent
from actiondiff_gui.gui.session.commands import Keys
from actiondiff_gui.gui.session.preferences import Preferences
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.project.storage.turns import hurry

if TYPE_CHECKING:
    from napari.viewer import Viewer

_hosts: "WeakKeyDictionary[Viewer, Host]" = WeakKeyDictionary()


def host_of(viewer: "Viewer") -> "Host":
    """The host of ``viewer``, made when it is first asked for."""
    # napari hands plugins a proxy of the viewer.
    viewer = getattr(viewer, "__wrapped__", viewer)
    if viewer not in _hosts:
        _hosts[viewer] = Host(viewer)
    return _hosts[viewer]


class Host(QObject):
    """What the docks of one viewer share. It ends with the viewer's window, and no thread outlives it.

    Attributes
    ----------
    session : Session
    jobs : Jobs
    keys : Keys
    player : Player
    region : Region
    review : ReviewMaker or None
        See :func:`~actiondiff_gui.gui.review.maker.review_of`.

    Signals: ``closing`` just before it ends, while everything is still there.
    """

    closing = Signal()

    def __init__(self, viewer: "Viewer") -> None:
        super().__init__()
        calm_threads()
        from actiondiff_gui.gui.player.player import Player
        from actiondiff_gui.gui.player.region import Region
        from actiondiff_gui.gui.project.backups_keeper import BackupsKeeper
        from actiondiff_gui.gui.services.keyboard import Keyboard
        from actiondiff_gui.gui.services.plugin_waker import PluginWaker

        self._viewer, self._window = ref(viewer), ref(viewer.window._qt_window)
        self.closed = False
        hurry()
        self.session = Session(Preferences())
        self.jobs = Jobs(self)
        self.pending = Pending(self)
        self.plugins = PluginWaker(self)
        self.keys = Keys(self.session.preferences)
        self.player = Player(self)
        self.region = Region(self)
        self.review = None
        self.backups = BackupsKeeper(self)
        self.keyboard = Keyboard(self)
        self.session.project_closing.connect(self._leave_project)
        self.session.notice.connect(self._show_notice)
        self.jobs.problem.connect(self._show_notice)
        self.window.installEventFilter(self)

    # Docks hold the host, and Qt holds what a dock's signals call, out of sight of Python's collector. So the
    # host must not be what keeps a closed window: its docks would live as long as it, and it as long as they.
    @property
    def viewer(self) -> "Viewer":
        """The napari viewer; None once it is gone."""
        return self._viewer()

    @property
    def window(self) -> QWidget:
        """The viewer's main window; None once it is gone."""
        return self._window()

    def guarded(self, callback):
        """``callback`` with its errors told on the status line, see :func:`~actiondiff_gui.gui.common.guard.guarded`."""
        return guarded(self.tell_error)(callback)

    def tell(self, text: str) -> None:
        """Say a sentence on the status line."""
        self.session.tell(text)

    def tell_error(self, error: BaseException, doing: str = "") -> None:
        """Say what went wrong on the status line, or ask where a person has to agree first."""
        error = told_by(error)
        if isinstance(error, ConsentNeeded) and self.window is not None:
            ask_consent(self, error)
        else:
            self.tell(sentence(error, doing))

    def _leave_project(self) -> None:
        self.jobs.leave_project()

    def _show_notice(self, text: str) -> None:
        if not self.closed:
            self.viewer.status = text

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """End with the window, once it has closed: napari may ask first, and be told not to."""
        if watched is not self.window or event.type() != QEvent.Type.Close:
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
        self.backups.close()
        self.keyboard.close()
        self.region.close()
        self.player.close()
        self.jobs.close()
        self.pending.end()
        self.session.close_project()
        if not _hosts:
            hurry(False)
        thaw()
