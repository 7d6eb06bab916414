"""What a gallery shows: one group of clips without those that were taken out, and what a key labels."""

from collections.abc import Iterable
from functools import cached_property

from psygnal import Signal

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.gui.gallery.state.sets import ClipGroup, GallerySet
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.session.session import Session

EMPTY = GallerySet("", (ClipGroup("", ()),))


class ShownClips:
    """State of one gallery.

    Attributes
    ----------
    shown : GallerySet
    label_all : bool
        Whether a key labels all clips that are shown, else the current one.
    hide_out : bool
        Whether clips that were taken out are hidden, else dimmed.

    Signals: ``changed`` when other clips are shown; ``marked`` when some were taken out or put back in place.
    """

    changed = Signal()
    marked = Signal()

    def __init__(self, session: Session) -> None:
        self.session = session
        self.shown = EMPTY
        self.label_all = True
        self.hide_out = False
        self._at = 0
        self._out: dict[int, set[str]] = {}

    def show(self, shown: GallerySet, at: int = 0) -> None:
        """Show another set, with nothing taken out."""
        self.shown, self._at, self._out, self.label_all = shown, at, {}, shown.label_all
        self.clips_went()

    @property
    def at(self) -> int:
        """Number of the group that is shown."""
        return self._at

    def go_to(self, number: int) -> None:
        """Show another group of the set; what was taken out of each stays out."""
        self._at = max(0, min(number, len(self.shown.groups) - 1))
        self.clips_went()

    @property
    def group(self) -> ClipGroup:
        """The group that is shown."""
        return self.shown.groups[self._at]

    @cached_property
    def clip_ids(self) -> tuple[str, ...]:
        """Clips that have a cell, also those that were taken out, unless these are hidden."""
        hidden = self.out if self.hide_out else ()
        ids, table = self.group.clip_ids, self.session.table
        if not hidden and len(table.places(ids)) == len(ids):
            return ids  # of a hundred thousand, none is looked at singly
        return tuple(clip for clip in ids if clip in table and clip not in hidden)

    @cached_property
    def _places(self) -> dict[str, int]:
        return dict(zip(self.clip_ids, range(len(self.clip_ids)), strict=True))

    def place(self, clip_id: str | None) -> int:
        """Return the number of a clip's cell; -1 where it has none."""
        return -1 if clip_id is None else self._places.get(clip_id, -1)

    @property
    def out(self) -> set[str]:
        """Clips of the group that were taken out: no key labels them with the rest."""
        return self._out.setdefault(self._at, set())

    @property
    def rest(self) -> tuple[str, ...]:
        """Clips that a key labels together."""
        out = self.out
        return tuple(clip for clip in self.clip_ids if clip not in out) if out else self.clip_ids

    def clips_went(self) -> None:
        """Look again which clips of the set there are."""
        self._look_again()
        self.changed.emit()

    def _look_again(self) -> None:
        self.__dict__.pop("clip_ids", None)
        self.__dict__.pop("_places", None)

    # Taking out

    def toggle_out(self, clip_ids: Iterable[str]) -> None:
        """Take clips out of the set, or put them back where all of them are out already."""
        ids = set(clip_ids)
        if ids <= self.out:
            self.out.difference_update(ids)
        else:
            self.out.update(ids)
        if self.hide_out:
            self.clips_went()
        else:
            self.marked.emit()

    def put_back(self) -> None:
        """Put all clips of the group back."""
        self.out.clear()
        self.clips_went()

    def set_hide_out(self, hide: bool) -> None:
        """Hide what was taken out, or show it dimmed."""
        self.hide_out = hide
        self.clips_went()

    # What keys do

    def set_label_all(self, label_all: bool) -> None:
        """Let keys label all clips that are shown, or the current one."""
        self.label_all = label_all
        self.marked.emit()

    def meant(self, current: str | None) -> tuple[str, ...]:
        """Return the clips that a key is for.

        Raises
        ------
        ProjectError
            None is: nothing is left, or no clip is the current one.
        """
        if self.label_all:
            if not self.rest:
                raise ProjectError("No clip is left in the gallery to label. Put some back.")
            return self.rest
        if self.place(current) < 0:
            raise ProjectError("Choose a clip in the gallery first, or label all.")
        return (current,)

    def press(self, action: str, current: str | None) -> None:
        """Run the key of an action: toggle it on all clips that are shown, or on the current one, in one step of undo."""
        editing.toggle(self.session, self.meant(current), action)

    def relabel(self, action: str, current: str | None) -> None:
        """Make an action the only label of the clips."""
        editing.relabel(self.session, self.meant(current), action)

    def confirm(self, current: str | None) -> int:
        """Make predictions labels; returns how many clips had one."""
        return editing.confirm(self.session, self.meant(current))

    def deny(self, current: str | None) -> int:
        """Deny labels and predictions; returns how many clips had any."""
        return editing.deny(self.session, self.meant(current))

    def clear(self, current: str | None) -> None:
        """Remove the annotator's labels."""
        editing.clear(self.session, self.meant(current))
