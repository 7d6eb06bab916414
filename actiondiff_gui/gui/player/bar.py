"""Player bar: playback buttons, the shown frame and time, and what the action keys do now."""

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QSize, Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from actiondiff_gui.gui.common.icons import SIZE, icon
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.one_line import OneLine
from actiondiff_gui.gui.common.theme import colour, mixed
from actiondiff_gui.gui.player.action_strip import ActionStrip
from actiondiff_gui.gui.player.modifiers import ModifierRow
from actiondiff_gui.gui.player.picture import PictureButton
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.session.subjects import subjects
from actiondiff_gui.gui.timeline.state.time_axis import clock

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

MOST_LOOKED_AT = 2000
"""Largest number of clips whose common labels are determined."""
ROOMY = 1000
"""Pixels from which the sentence keeps its room beside the actions."""


class PlayerBar(QWidget):
    """Buttons of the player, the frame and time shown, and one button per action with its key."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session, self.player = host, host.session, host.player
        self.setObjectName("player_bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, False)
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 3, 6, 3)
        row.setSpacing(1)
        for command in _TIPS:
            button = QToolButton()
            button.setIconSize(QSize(SIZE, SIZE))
            button.setFixedSize(26, 24)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAutoRepeat(command.startswith("frame"))
            button.clicked.connect(lambda _=False, c=command: host.keyboard.run(c))
            self.buttons[command] = button
            if command in ("slower", "loop"):
                row.addSpacing(6)
            row.addWidget(button)
            if command == "slower":
                self.speed = QLabel()
                self.speed.setToolTip("Speed")
                self.speed.setAlignment(Qt.AlignmentFlag.AlignCenter)
                self.speed.setMinimumWidth(self.speed.fontMetrics().horizontalAdvance("0.25x"))
                row.addWidget(self.speed)
        self.buttons["loop"].setCheckable(True)
        row.addSpacing(8)
        self.where = QLabel()
        row.addWidget(self.where)
        row.addSpacing(12)
        self.what = OneLine()
        row.addWidget(self.what, 1)
        self.modifiers = ModifierRow(host)
        self.modifiers.shown.connect(self.what.setHidden)
        host.keyboard.modifier_pressed.connect(self.modifiers.choose)
        row.addWidget(self.modifiers, 1)
        self.subject = QToolButton()
        self.subject.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.subject.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.subject.setToolTip("Subject of new bouts")
        self.subject.setMaximumWidth(130)
        self.subject.setMenu(QMenu(self.subject))
        self.subject.menu().aboutToShow.connect(self._fill_subjects)
        row.addWidget(self.subject)
        self.actions = ActionStrip(host)
        row.addWidget(self.actions)
        row.addSpacing(4)
        self.sound = QToolButton()
        self.sound.setIconSize(QSize(SIZE, SIZE))
        self.sound.setFixedSize(26, 24)
        self.sound.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.sound.clicked.connect(lambda: host.sound.set_muted(not host.sound.muted))
        row.addWidget(self.sound)
        host.sound.changed.connect(self._show_sound)
        self.picture = PictureButton(host)
        self.picture.setObjectName("picture")
        self.picture.setIconSize(QSize(SIZE, SIZE))
        self.picture.setFixedSize(26, 24)
        row.addWidget(self.picture)
        self.help = QToolButton()
        self.help.setText("?")
        self.help.setFixedSize(24, 24)
        self.help.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.help.clicked.connect(lambda: host.keyboard.run("help"))
        row.addWidget(self.help)
        self.player.changed.connect(self._show)
        host.keyboard.changed.connect(self._show_actions)
        session = self.session
        listen(
            self,
            (session.frame_changed, self._show_frame),
            (session.clips_reread, self._show),
            (session.clips_changed, self._show_labels),
            (session.current_changed, self._show),
            (session.selection_changed, self._show),
            (session.video_changed, self._show),
            (session.bouts_changed, self._show),
            (session.actions_changed, self._show_actions),
            (session.subject_changed, self._show_subject),
            (session.project_changed, self._show_subject),
            (host.viewer.events.theme, self._show_theme),
        )
        self._show_theme()
        self._show_actions()
        self._show_subject()
        self._show_sound()

    def _show_sound(self) -> None:
        """Show the button of the sound where the recording has any, and in its tooltip why nothing is heard."""
        sound, speed = self.host.sound, self.player.speed
        self.sound.setVisible(sound.there)
        quiet = sound.muted or bool(sound.trouble) or speed != 1
        self.sound.setIcon(icon("muted" if quiet else "sound", colour(self.host.viewer, "icon")))
        if sound.muted:
            text = "The sound is muted; a click plays it"
        else:
            text = sound.trouble or (f"At {speed:g}x there is no sound" if speed != 1 else "Mute the sound")
        self.sound.setToolTip(text)

    def _show_subject(self) -> None:
        known = subjects(self.session)
        self.subject.setVisible(bool(known))
        text = self.session.subject or "nobody"
        self.subject.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, 96) + "  ")

    def _fill_subjects(self) -> None:
        menu = self.subject.menu()
        menu.clear()
        for name, key in (("", ""), *((each.name, each.key) for each in subjects(self.session))):
            entry = menu.addAction(f"{name or 'no subject'}{f' ({key})' if key else ''}")
            entry.setCheckable(True)
            entry.setChecked(name == self.session.subject)
            entry.triggered.connect(lambda _=False, n=name: self.session.set_subject(n))
        menu.addSeparator()
        key = self.host.keys.key("subject_box")
        entry = menu.addAction(f"Draw the region of {self.session.subject or 'the subject'}... ({key})")
        entry.setEnabled(bool(self.session.subject) and self.session.video is not None)
        entry.triggered.connect(lambda _=False: self.host.keyboard.run("subject_box"))

    def _show_theme(self, _: object = None) -> None:
        viewer = self.host.viewer
        back, text = colour(viewer, "background"), colour(viewer, "text")
        rest, over, held = (mixed(back, text, share).name() for share in (0.08, 0.16, 0.24))
        self.setStyleSheet(
            f"#player_bar QToolButton {{ background: {back.name()}; border: 1px solid {back.name()};"
            " border-radius: 3px; padding: 1px 4px; }"
            f"#player_bar QToolButton:hover {{ background: {over}; }}"
            f"#player_bar #strip QToolButton {{ background: {rest}; border-color: {rest}; padding: 2px 6px; }}"
            f"#player_bar #strip QToolButton:hover {{ background: {over}; }}"
            f"#player_bar QToolButton:checked, #player_bar #strip QToolButton:checked {{"
            f" background: {held}; border-color: {text.name()}; }}"
            f"#player_bar #strip {{ background: {back.name()}; }}"
            "#player_bar #picture::menu-indicator { image: none; }"
        )
        self._show_icons()
        self.actions.show_arrows()
        self.actions.measure()

    def _show_icons(self) -> None:
        shade = colour(self.host.viewer, "icon")
        for command, button in self.buttons.items():
            shown = "pause" if command == "play" and self.player.playing else command
            button.setIcon(icon(shown, shade))
        self.picture.setIcon(icon("picture", shade))
        self._show_sound()
        self._pictured = self.player.playing

    def _show_actions(self) -> None:
        self.actions.set_actions(self.session.actions)
        for command, button in self.buttons.items():
            button.setToolTip(f"{_TIPS[command]} ({self.host.keys.key(command)})")
        self.help.setToolTip(f"Show and change all keys ({self.host.keys.key('help')})")
        self._show()

    def _show(self, *_: object) -> None:
        if self._pictured != self.player.playing:
            self._show_icons()
        self.speed.setText(f"{self.player.speed:g}x")
        opened, clip = self.session.video is not None, self.session.current is not None
        for command, button in self.buttons.items():
            button.setEnabled(opened or (command in ("next", "previous") and len(self.session.table) > 0))
        self.picture.setEnabled(opened)
        self.buttons["loop"].setEnabled(clip)
        self.buttons["loop"].setChecked(clip and self.session.looping)
        video = self.session.videos.get(self.session.video)
        longest = self._place(video.frame_count) if video is not None else ""
        self.where.setMinimumWidth(self.where.fontMetrics().horizontalAdvance(longest.replace("1", "0")) + 12)
        self._show_frame(self.session.frame)
        self._show_labels()

    def _show_labels(self) -> None:
        """Show what the keys of the actions do now, and which actions the clips have that they label."""
        session = self.session
        clips, begun = editing.labelled_by_key(session), session.open_bouts
        rows = session.table.known(islice(clips, MOST_LOOKED_AT))
        labels = set.intersection(*(set(row.labels) for row in rows)) if rows else set()
        for action, button in self.actions.buttons.items():
            button.setEnabled(session.video is not None or bool(clips))
            button.setChecked(action in begun or action in labels)
        sentence = self._sentence(clips)
        if sentence != self.what.text():
            self.what.setText(sentence)
            self._make_room()
        self.modifiers.show_selected()

    def _sentence(self, clips: Sequence[str]) -> str:
        if len(clips) > 1:
            return f"Action keys label the {len(clips):,} selected clips."
        if self.session.video is None:
            return "Select a clip to play it." if len(self.session.table) else ""
        if self.host.keyboard.listening:
            key = self.host.keys.key
            return f"Review: {_plain(key('confirm'))} confirms, a digit corrects, {key('review_skip')} skips."
        if self.session.open_bouts:
            return f"Open bout: {', '.join(self.session.open_bouts)}. The same key ends it."
        if not self.session.actions:
            return "Add actions in the Clips tab; keys then stand for them."
        if clips:
            return (
                "Action keys label this clip."
                if [*clips] == [self.session.current]
                else "Action keys label the selected clip."
            )
        chosen = editing.chosen_bout(self.session)
        if chosen is not None:
            let_go = self.host.keys.key("let_go")
            return f"Keys relabel the selected bout of {chosen.label}; {let_go} deselects it."
        return "An action's key starts a bout here."

    def _place(self, frame: int) -> str:
        return f"{clock(frame / self.player.fps)}   frame {frame}"

    def _show_frame(self, frame: int) -> None:
        self.where.setText("" if self.session.video is None else self._place(frame))

    def resizeEvent(self, event: QEvent) -> None:
        """Show the sentence where there is room."""
        self._make_room()

    def _make_room(self) -> None:
        self.what.setMinimumWidth(min(self.what.wanted, 260) if self.width() >= ROOMY else 0)


def _plain(key: str) -> str:
    """Return a key as it is written on keyboards."""
    return {"Return": "Enter"}.get(key, key)


_TIPS = {
    "previous": "Previous clip",
    "frame_back": "One frame back",
    "play": "Play or pause",
    "frame_on": "One frame on",
    "next": "Next clip",
    "slower": "Slower",
    "faster": "Faster",
    "loop": "Loop the clip, or play on",
}
