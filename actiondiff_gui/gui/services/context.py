"""What every service of one napari window needs: session, jobs, keys, and how errors are reported."""

from typing import TYPE_CHECKING
from weakref import ref

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QWidget

from actiondiff_gui.errors import ConsentNeeded
from actiondiff_gui.gui.common.guard import guarded, sentence, told_by
from actiondiff_gui.gui.services.consent import ask_consent
from actiondiff_gui.gui.services.jobs import Jobs
from actiondiff_gui.gui.session.commands import Keys
from actiondiff_gui.gui.session.preferences import Preferences
from actiondiff_gui.gui.session.session import Session

if TYPE_CHECKING:
    from napari.viewer import Viewer


class WindowContext(QObject):
    """What every service of a window needs, whatever else the window has.

    Attributes
    ----------
    session : Session
    jobs : Jobs
    keys : Keys
    closed : bool

    Signals: ``closing`` just before the window ends, while everything is still there.
    """

    closing = Signal()

    def __init__(self, viewer: "Viewer") -> None:
        super().__init__()
        self._viewer, self._window = ref(viewer), ref(viewer.window._qt_window)
        self.closed = False
        self.session = Session(Preferences())
        self.jobs = Jobs(self)
        self.keys = Keys(self.session.preferences)

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
        """Return ``callback`` with its errors shown on the status line, see :func:`~actiondiff_gui.gui.common.guard.guarded`."""
        return guarded(self.tell_error)(callback)

    def tell(self, text: str) -> None:
        """Show a sentence on the status line."""
        self.session.tell(text)

    def tell_error(self, error: BaseException, doing: str = "") -> None:
        """Show an error on the status line, or ask where a person has to agree first."""
        error = told_by(error)
        if isinstance(error, ConsentNeeded) and self.window is not None:
            ask_consent(self.window, error, self.guarded)
        else:
            self.tell(sentence(error, doing))
