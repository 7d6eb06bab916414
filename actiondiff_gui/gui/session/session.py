"""Session of one window: the current project, clip, selection and address, with signals for every change.

A session holds the open project and the one choice of everything: feature address, domain, selection,
current clip, frame. Windows show it and call its methods; they never tell each other. Changes to labels
and clips go through :mod:`actiondiff_gui.gui.session.editing`, and all changes of the project through :meth:`Session.change`: they
are in the project at once, or wait where another program uses it, see :mod:`actiondiff_gui.gui.session.changes`.
"""

import getpass
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from psygnal import Signal

from actiondiff_gui.errors import ProjectBusyError, ProjectError
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.changes import Change, Changes, nothing
from actiondiff_gui.gui.session.clip_list import ClipList, Clips
from actiondiff_gui.gui.session.clip_table import ClipRow, ClipTable, FreshRows
from actiondiff_gui.gui.session.frame_weights import FrameWeights
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.gui.session.preferences import Preferences
from actiondiff_gui.gui.session.visible_clips import Sight
from actiondiff_gui.project.project import Project
from actiondiff_gui.project.records import Action, Video

UNLABELLED = "#8a8a8a"
"""Colour of unlabelled clips; no action has it."""
_FEW_VIDEOS = 20
OpenBouts = dict[str, dict[str, int]]
"""For each video the actions of its open bouts, with their first frames."""


class Session:
    """Current state of one window.

    Signals (all emitted in the thread that made the change, after it is kept):

    ``project_closing``
        The open project is about to be closed; it can still be used.
    ``project_changed``
        Another project is open, or none.
    ``clips_changed(ids or None)``
        These clips were changed in place; None: clips were added or removed, or any may have changed.
    ``clips_reread(ids or None)``
        As ``clips_changed``, and just before it, but not where only labels changed: also edges, regions of interest or facets.
    ``actions_changed``
        Names, colours or order of the actions.
    ``selection_changed(ids)``, ``current_changed(id or None)``
        The selected clips, all of which are seen somewhere (:meth:`select`); the one clip that is open in the player.
    ``video_changed(id or None)``, ``frame_changed(int)``
        The video in the player, and the frame of it that is shown.
    ``videos_chosen(ids)``
        The recordings that are chosen in the Videos tab.
    ``address_changed``, ``domain_changed``
    ``features_changed``
        Features were computed, so that something may be there that was not.
    ``models_changed``
        Models were trained, imported, renamed or deleted, or another one is the one in use.
    ``bouts_changed``
        A bout was begun, ended or given up.
    ``subject_changed``
        Another subject is the one whose bouts are marked, or the subjects of the project are others.
    ``listed_changed``
        The Clips table lists other clips, or in another order.
    ``unplayable(id)``
        A video could not be shown; :meth:`why_unplayable` says why.
    ``marks_changed``
        Bookmarks of the open video, or the stretch of it that is looped, are others.
    ``weights_changed``
        How much each frame of a clip counts was found, or is shown no more.
    ``show_dock(title)``
        The user asks for another dock: "Clips", "Features", "Map"; or for a page of one: "Lab:Grid".
    ``notice(sentence)``
        Something to tell the user on the status line.
    ``reveal(ids, sentence)``
        These clips must be seen, also where a filter hides them; ``sentence`` was just told of them.
    """

    project_closing = Signal()
    project_changed = Signal()
    clips_changed = Signal(object)
    clips_reread = Signal(object)
    actions_changed = Signal()
    selection_changed = Signal(Clips)
    current_changed = Signal(object)
    video_changed = Signal(object)
    frame_changed = Signal(int)
    videos_chosen = Signal(tuple)
    address_changed = Signal()
    domain_changed = Signal()
    features_changed = Signal()
    models_changed = Signal()
    bouts_changed = Signal()
    subject_changed = Signal()
    listed_changed = Signal()
    unplayable = Signal(str)
    marks_changed = Signal()
    weights_changed = Signal()
    show_dock = Signal(str)
    notice = Signal(str)
    reveal = Signal(tuple, str)

    def __init__(self, preferences: Preferences | None = None) -> None:
        self.preferences = preferences or Preferences()
        self.project: Project | None = None
        self.changes = Changes()
        self.table = ClipTable()
        self.videos: dict[str, Video] = {}
        self.actions: list[Action] = []
        self.selection = Clips.of(self.table, ())
        self.chosen_videos: tuple[str, ...] = ()
        self.current: str | None = None
        self.video: str | None = None
        self.frame = 0
        self.looping = True
        """Whether the player keeps to the current clip; then a digit labels it, else it begins a bout."""
        self.address = Address()
        self.loaded = LoadedFeatures()
        self._open_bouts: OpenBouts = {}
        self.subject = ""
        """Whose bouts are marked; "" for nobody in particular."""
        self.loop_range: tuple[int, int] | None = None
        """First and last frame of the stretch of the open video that is played again and again."""
        self.just_made: str | None = None
        """The clip of the bout that a key has just ended: it is selected, and was not chosen by anybody."""
        self.playing: Callable[[], bool] = lambda: False
        """Whether the video plays; a player puts its own here."""
        self.frame_weights: FrameWeights | None = None
        """How much each frame of a clip counts, as a look found it."""
        self.why_no_picture: Callable[[], str] = lambda: ""
        """Says why no picture of the current video is on screen, "" where one is; a player puts its own here."""
        self._troubles: dict[str, str] = {}
        self._sight = Sight()
        self.annotator = self.preferences.get("annotator") or _user_name()

    def show_weights(self, weights: FrameWeights | None) -> None:
        """Show frame weights of a clip, or hide them."""
        if weights is not self.frame_weights:
            self.frame_weights = weights
            self.weights_changed.emit()

    def set_annotator(self, name: str) -> None:
        """Set the annotator of new labels; remembered on this computer."""
        self.annotator = name.strip() or _user_name()
        if self.project is not None:
            self.project.person = self.annotator
            if self.blind:
                self.set_blind(True)
        self.preferences.set("annotator", name.strip() or None)

    @property
    def blind(self) -> bool:
        """Whether only labels of the annotator are shown, and no predictions; remembered on this computer."""
        return bool(self.preferences.get("blind"))

    def set_blind(self, on: bool) -> None:
        """Show only what the annotator labelled, or everything again."""
        self.preferences.set("blind", on or None)
        if self.project is not None:
            self.project.seen_by = self.annotator if on else None
            self.reread()
            self.tell(f"Only labels of {self.annotator} are shown." if on else "All labels are shown.")

    # The project

    def open_project(self, path: Path, create: bool = False) -> None:
        """Open or create a project and show it.

        Raises
        ------
        ProjectError
            If it cannot be opened; the session stays as it was.
        """
        project = Project.create(path) if create else Project.open(path)
        try:
            table = ClipTable.read(project)
        except BaseException:
            project.close()
            raise
        self.adopt(project, table)

    def adopt(self, project: Project, table: ClipTable) -> None:
        """Show an opened project whose ``table`` was read, for many clips in a job.

        Raises
        ------
        ProjectError
            It cannot be read, or changes of the open one wait; the session stays as it was.
        """
        videos, actions, bouts = project.videos(), project.actions(), project.open_bouts()
        if self.blind:
            project.seen_by = self.annotator
            table = ClipTable.read(project)
        self._let_go()
        self.project, self.table = project, table
        self.videos, self.actions = {video.id: video for video in videos}, actions
        project.person = self.annotator
        self.address = Address.from_json(project.setting("address"))
        self.selection = Clips.of(self.table, ())
        self.current, self.video, self.frame = None, None, 0
        self.chosen_videos = ()
        self.subject = ""
        self._open_bouts, self.frame_weights, self._troubles = bouts, None, {}
        self.preferences.remember_project(project.path)
        self.project_changed.emit()
        self.address_changed.emit()
        self.domain_changed.emit()
        self.actions_changed.emit()
        self.clips_reread.emit(None)
        self.clips_changed.emit(None)
        self.selection_changed.emit(self.selection)
        self.video_changed.emit(None)
        self.current_changed.emit(None)
        self.bouts_changed.emit()
        self.weights_changed.emit()

    def close_project(self) -> None:
        """Close the project, if one is open; all changes are saved already.

        Raises
        ------
        ProjectError
            Changes still wait, see :attr:`changes`.
        """
        if self.project is None:
            return
        self._let_go()
        self.project = None
        self.table, self.videos, self.actions = ClipTable(), {}, []
        self.selection = Clips.of(self.table, ())
        self.current, self.video, self.frame = None, None, 0
        self.chosen_videos = ()
        self.subject = ""
        self._open_bouts, self.frame_weights, self._troubles = {}, None, {}
        self.project_changed.emit()
        self.clips_reread.emit(None)
        self.clips_changed.emit(None)
        self.selection_changed.emit(self.selection)
        self.video_changed.emit(None)
        self.current_changed.emit(None)
        self.weights_changed.emit()

    def _let_go(self) -> None:
        if self.project is None:
            return
        if not self.changes.try_again(self.project) and (begun := self.changes.begun):
            raise ProjectError(f"{self.project.path.name} is being changed: {begun}. Wait until it is saved.")
        if len(self.changes):
            raise ProjectError(
                f"Changes of {self.project.path.name} still wait, because another program is using it: "
                f"{', '.join(self.changes.words())}. Wait until they are made."
            )
        self.project_closing.emit()
        self.changes.forget()
        self.project.close()

    def change(
        self,
        what: str,
        do: Callable[[Project], Any],
        then: Callable[[Any], object] = nothing,
        *,
        record: bool | None = True,
        dropped: Callable[[], object] = nothing,
        long: bool = False,
    ) -> Change:
        """Change the project now, or as soon as it is free. All changes from the window go through here.

        Parameters
        ----------
        what : str
            The change in a few words, to be shown while it waits.
        do : callable
            Gets the project, in a transaction in the name of the annotator of now. It takes nothing from the session,
            which may show something else by then.
        then : callable, optional
            Gets what ``do`` returned, once it is in the project.
        record
            As for :meth:`~actiondiff_gui.project.project.Project.transaction`.
        dropped : callable, optional
            Called where the change had to wait and is not made after all.
        long : bool
            It is of so many clips that the window would stand still: it is made in a job.

        Raises
        ------
        ProjectError
            It makes no sense, or cannot be written; nothing was changed.
        """
        change = Change(what, do, then, dropped, self.annotator, record, long)
        return self.changes.make(self.needed(), change)

    def keep_setting(self, key: str, value: object) -> Change:
        """Store a setting in the project that undo does not revert."""
        return self.change("a setting", lambda project: project.set_setting(key, value), record=None)

    def needed(self) -> Project:
        """Return the open project.

        Raises
        ------
        ProjectError
            If there is none.
        """
        if self.project is None:
            raise ProjectError("No project is open. Open one, or try the sample.")
        return self.project

    def needed_video(self) -> str:
        """Return the open video.

        Raises
        ------
        ProjectError
            If there is none.
        """
        if self.video is None:
            raise ProjectError("No video is open. Choose a clip first.")
        return self.video

    # Reading again. Where another program has locked the project, what is shown stays until it can be read.

    def reread(self, table: ClipTable | None = None) -> None:
        """Read the project again, after an import or another far-reaching change."""
        try:
            table = table or ClipTable.read(self.needed())
            videos, actions = self.needed().videos(), self.needed().actions()
        except ProjectBusyError:
            self.changes.look_later("all", partial(self.reread, table))
            return
        found = {video.id: video for video in videos}
        if self.video is not None and self.video not in found:
            self.close_video()
        self.table, self.actions, self.videos = table, actions, found
        self.actions_changed.emit()
        self.domain_changed.emit()
        self._clips_replaced()

    def reread_since(self, read: ClipTable, table: ClipTable, rows: Sequence[ClipRow]) -> None:
        """Show a table that was read in a job which began when ``table`` had the ``rows``, and what was changed since."""
        if self.table is not table:
            self.reread()  # clips came or went
            return
        self.reread(read)
        changed = [now.id for now, then in zip(table.rows, rows, strict=True) if now is not then]
        if changed:
            self.reread_clips(changed)

    def reread_clips(self, clip_ids: Iterable[str], only_labels: bool = False) -> None:
        """Show changes made in place to some clips: labels, facets, edges; or where ``only_labels`` of them changed."""
        ids = tuple(clip_ids)
        try:
            fresh = self.table.read_again(self.needed(), ids, only_labels)
        except ProjectBusyError:
            self.changes.look_later(" ".join(ids), partial(self.reread_clips, ids))
            return
        self.show_fresh(fresh)

    def show_fresh(self, fresh: FreshRows) -> None:
        """Show rows that were read again, perhaps in a job; what has changed since is read once more."""
        if fresh.table is not self.table:
            self.reread_clips(clip for clip in fresh.ids if clip in self.table)
            return
        late = self.table.take(fresh)
        known = {action.name for action in self.actions}
        if not fresh.only_labels or not known.issuperset(fresh.actions):
            self.reread_actions(unless_same=True)
        if not fresh.only_labels:
            self.clips_reread.emit(fresh.ids)
        self.clips_changed.emit(fresh.ids)
        if late:
            self.reread_clips(late)

    def reread_actions(self, unless_same: bool = False) -> None:
        """Show changes to the actions: names, colours, order."""
        before = self.actions
        try:
            self.actions = self.needed().actions()
        except ProjectBusyError:
            self.changes.look_later("actions", self.reread_actions)
            return
        if not unless_same or self.actions != before:
            self.actions_changed.emit()

    def reread_video(self, video_id: str, changed: Iterable[str] | None = None) -> None:
        """Show changes to one video's clips, also where some were added or removed; see :meth:`reread_videos`."""
        self.reread_videos((video_id,), changed)

    def reread_videos(self, video_ids: tuple[str, ...], changed: Iterable[str] | None = None) -> None:
        """Show changes to the clips of some videos, also where some were added or removed.

        Where it is known which clips were ``changed``, only these are read again, with those that were added.
        """
        touched = None if changed is None else tuple(changed)
        if len(video_ids) > _FEW_VIDEOS or not self.videos.keys() >= set(video_ids):
            self.reread()
            return
        try:
            table, actions = self.table, self.needed().actions()
            for video_id in video_ids:
                table = (
                    table.with_video(self.needed(), video_id)
                    if touched is None
                    else table.with_clips(self.needed(), video_id, touched)
                )
        except ProjectBusyError:
            # By then others may have been changed too.
            self.changes.look_later(" ".join(video_ids), partial(self.reread_videos, video_ids))
            return
        known, self.table, self.actions = self.actions, table, actions
        if actions != known:
            self.actions_changed.emit()
        self._clips_replaced()

    def _clips_replaced(self) -> None:
        kept = Clips.of(self.table, self.selection)
        gone = self.current is not None and self.current not in self.table
        if gone:
            self.current = None
        changed = len(kept) != len(self.selection)
        self.selection = kept
        self.clips_reread.emit(None)
        self.clips_changed.emit(None)
        if changed:
            self.selection_changed.emit(self.selection)
        if gone:
            self.current_changed.emit(None)

    # What is chosen

    def choose_videos(self, video_ids: tuple[str, ...]) -> None:
        """Choose recordings, for what is counted or compared of them."""
        if video_ids != self.chosen_videos:
            self.chosen_videos = video_ids
            self.videos_chosen.emit(video_ids)

    def select(self, clip_ids: Iterable[str], seen: Callable[[str], bool] | None = None) -> int:
        """Make ``clip_ids`` the selection, everywhere.

        Left out are unknown clips, and clips that nobody would see: those that the Clips table does not list, unless
        ``seen`` says that they are on screen where they were chosen (on a map, the timeline, in the player). They
        leave the selection when they are seen nowhere any more; see :meth:`look_again`.

        Parameters
        ----------
        clip_ids : iterable of str
        seen : callable, optional
            Whether a clip is on screen; a bound method is held weakly.

        Returns
        -------
        int
            How many known clips were left out.
        """
        clips = Clips.of(self.table, clip_ids)
        self._sight.chosen_in(seen)
        self.just_made = None
        return len(clips) - len(self._select_seen(clips))

    def list_clips(self, by: object, listed: ClipList | None) -> None:
        """Set which clips the table ``by`` lists, in which order; None: it is gone. Without a table, all are listed."""
        before = self.listed
        self._sight.show_list(by, listed)
        self.look_again()
        now = self.listed
        if not now.alike(before):
            self.listed_changed.emit()

    @property
    def listed(self) -> ClipList:
        """What the Clips table lists, in its order."""
        return self._sight.listed(self.table)

    def look_again(self) -> None:
        """Drop clips from the selection that are no longer visible, after a view changed or was hidden."""
        self._select_seen(Clips.of(self.table, self.selection))

    def _select_seen(self, clips: Clips) -> Clips:
        kept = self._sight.seen(clips)
        if kept != self.selection:
            self.selection = kept
            self.selection_changed.emit(kept)
        return kept

    def is_open(self, clip_id: str) -> bool:
        """Return whether a clip is the one in the player."""
        return clip_id == self.current

    def in_open_video(self, clip_id: str) -> bool:
        """Return whether a clip lies in the open video, and so on the timeline."""
        row = self.table.get(clip_id)
        return row is not None and row.video_id == self.video

    def open_clip(self, clip_id: str, alone: bool = False) -> None:
        """Open a clip in the player at its first frame; unless it is selected already it becomes the selection.

        With ``alone`` it becomes the selection where it is one of several, too.
        """
        row = self.table.get(clip_id)
        if row is None:
            return
        self._show_video(row.video_id)
        self.current = clip_id
        self.looping = True
        if clip_id not in self.selection or (alone and len(self.selection) > 1):
            self.select([clip_id], seen=self.is_open)
        self.current_changed.emit(clip_id)
        self.seek(row.start)

    def open_video(self, video_id: str, frame: int = 0, keep_selection: bool = False) -> None:
        """Open a video in the player without a clip.

        Clips of other videos leave the selection, unless ``keep_selection``: keys are meant for what is on screen.
        """
        self._show_video(video_id)
        chosen = [] if keep_selection else self.table.known(self.selection)
        if any(row.video_id != video_id for row in chosen):
            self.select(row.id for row in chosen if row.video_id == video_id)
        if self.current is not None:
            self.current = None
            self.current_changed.emit(None)
            self.look_again()
        self.seek(frame)

    def close_video(self) -> None:
        """Show no video."""
        if self.video is None:
            return
        self.video, self.current, self.frame = None, None, 0
        self.video_changed.emit(None)
        self.current_changed.emit(None)
        self.bouts_changed.emit()
        self.look_again()

    def cannot_show(self, video_id: str, reason: str) -> None:
        """Record that a video could not be shown, and why."""
        self._troubles[video_id] = reason
        self.unplayable.emit(video_id)

    def can_show(self, video_id: str) -> None:
        """Record that a video is shown."""
        self._troubles.pop(video_id, None)

    def why_unplayable(self, video_id: str) -> str:
        """Return why a video cannot be shown: its file is missing or could not be read; "" if it can be."""
        path = self.videos[video_id].path
        if not path.is_file():
            return f"{path.name} is missing from {path.parent}."
        return self._troubles.get(video_id, "")

    def _show_video(self, video_id: str) -> None:
        if video_id != self.video:
            self.video, self.frame, self.loop_range = video_id, 0, None
            with suppress(ProjectBusyError):  # those that were last read are shown
                self._open_bouts = self.needed().open_bouts(subject=self.subject)
            self.video_changed.emit(video_id)
            self.bouts_changed.emit()
            self.look_again()

    @property
    def open_bouts(self) -> dict[str, int]:
        """Open bouts of the current video: actions with their first frames."""
        return self._open_bouts.get(self.video or "", {})

    def set_subject(self, name: str) -> None:
        """Mark bouts of another subject; "" for nobody in particular."""
        if name != self.subject:
            bouts = self.needed().open_bouts(subject=name)
            self.subject = name
            self.subject_changed.emit()
            self.show_open_bouts(bouts)

    def show_open_bouts(self, bouts: OpenBouts) -> None:
        """Show the open bouts of all videos as they are in the project now."""
        self._open_bouts = bouts
        self.bouts_changed.emit()

    def seek(self, frame: int) -> None:
        """Show ``frame`` of the current video, or the nearest one that it has."""
        video = self.videos.get(self.video)
        if video is None:
            return
        frame = max(0, min(int(frame), video.frame_count - 1))
        if frame != self.frame:
            self.frame = frame
            self.frame_changed.emit(frame)

    def loop_between(self, first: int | None, last: int | None) -> None:
        """Play a stretch of the open video again and again; None, None for no more."""
        video = self.videos.get(self.video or "")
        end = video.frame_count - 1 if video is not None else 0
        wanted = None if first is None and last is None else (first or 0, end if last is None else last)
        self.loop_range = None if wanted is None else (min(wanted), max(wanted))
        self.marks_changed.emit()

    @property
    def bookmarks(self) -> list[int]:
        """The bookmarked frames of the open video, ascending."""
        kept = self.project.setting("bookmarks", {}) if self.project is not None else {}
        frames = kept.get(self.video or "", [])
        return sorted(f for f in frames if type(f) is int) if isinstance(frames, list) else []

    def toggle_bookmark(self) -> bool:
        """Bookmark the shown frame, or take the bookmark away; returns whether there is one now."""
        video, frame, frames = self.video, self.frame, set(self.bookmarks)
        frames ^= {frame}

        def do(project: Project) -> None:
            kept = project.setting("bookmarks", {})
            others = {key: value for key, value in kept.items() if key != video}
            project.set_setting("bookmarks", {**others, **({video: sorted(frames)} if frames else {})})

        self.change("a bookmark", do, lambda _: self.marks_changed.emit(), record=None)
        return frame in frames

    def set_looping(self, looping: bool) -> None:
        """Set whether the player loops the current clip."""
        if looping != self.looping:
            self.looping = looping
            self.current_changed.emit(self.current)

    def step_clip(self, by: int, unlabelled: bool = False) -> bool:
        """Open the next (``by`` 1) or previous (-1) listed clip, or the next unlabelled one; False where none is left."""
        for row in self.listed.walk(self.current, by, around=unlabelled):
            if not unlabelled or not row.labelled:
                self.open_clip(row.id, alone=True)
                return True
        return False

    @property
    def current_row(self) -> ClipRow | None:
        """The row of the current clip."""
        return self.table.get(self.current)

    # The model

    @property
    def model(self) -> str | None:
        """Name of the model in use: the one that predicts and whose predictions are reviewed."""
        return (self.project.setting("model", "") or None) if self.project is not None else None

    def set_model(self, name: str | None) -> None:
        """Set the model in use; stored in the project."""
        if self.project is not None and name != self.model:
            self.change(
                "the model in use",
                lambda project: project.set_setting("model", name),
                lambda _: self.models_changed.emit(),
                record=None,
            )

    # The address, the domain, the actions

    def set_address(self, **changes: object) -> None:
        """Change parts of the address for everything on screen; stored in the project."""
        address = replace(self.address, **changes)
        if address == self.address:
            return
        if self.project is not None:
            self.keep_setting("address", address.to_json())
        self.address = address
        self.address_changed.emit()

    @property
    def domain(self) -> str | None:
        """The facet that is the domain."""
        return self.project.domain_facet if self.project is not None else None

    def set_domain(self, facet: str | None) -> None:
        """Choose which facet is the domain."""
        if self.project is not None and facet != self.domain:

            def choose(project: Project) -> None:
                project.domain_facet = facet

            self.change("the domain", choose, lambda _: self.domain_changed.emit(), record=None)

    def colour_of(self, action: str) -> str:
        """Return the colour of an action, grey for "" and for an unknown one."""
        return next((a.colour for a in self.actions if a.name == action), UNLABELLED)

    def tell(self, sentence: str) -> None:
        """Show a sentence on the status line."""
        self.notice.emit(sentence)


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "person"
