"""Count the keys that coding takes, by pressing them in a real window on a recording without bouts.

    xvfb-run -a -s "-screen 0 1600x1000x24" python scripts/count_keys.py

The recording is the sample's. A key is pressed where the video has come to its frame by itself, as it does while it plays; keys that
only move the video are none of the task, except where something is chosen by them. What came of the keys is compared with what
was to be marked, frame by frame, and a difference ends the script.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from key_press import press, until

CONTIGUOUS = [(30 * n, 30 * n + 30, "walk" if n % 2 == 0 else "eat") for n in range(10)]
SEPARATE = [(30 * n, 30 * n + 20, "rear") for n in range(10)]


class Hand:
    """Presses keys in a window, and counts them."""

    def __init__(self, host: Any) -> None:
        self.host, self.count = host, 0

    def at(self, frame: int, key: str) -> None:
        """Press a key where the video shows ``frame``."""
        self.host.session.seek(frame)
        self.press(key)

    def press(self, key: str) -> None:
        """Press a key where the video stands."""
        press(self.host.window, key)
        self.count += 1


def bouts(session: Any) -> list[tuple[int, int, str]]:
    """Return the bouts of the open recording: first frame, end frame, action."""
    return sorted((row.start, row.end, row.label) for row in session.table.of_video(session.video))


def coded(host: Any, keys: list[tuple[int, str]], wanted: list[tuple[int, int, str]]) -> int:
    """Press keys at frames, check what came of them, and return how many it were."""
    hand = Hand(host)
    for frame, key in keys:
        hand.at(frame, key)
    if (found := bouts(host.session)) != wanted:
        raise SystemExit(f"Marked was {found}, and not {wanted}.")
    return hand.count


def cleared(session: Any) -> None:
    """Remove all bouts of the recording."""
    session.project.remove_clip([row.id for row in session.table.of_video(session.video)])
    session.reread()


def count(host: Any) -> list[tuple[str, int, int]]:
    """Return for each task what it is, the keys it took, and the keys it may take at most."""
    session = host.session
    keys = [(start, "W" if action == "walk" else "E") for start, _, action in CONTIGUOUS]
    last = CONTIGUOUS[-1][1] - 1
    contiguous = coded(host, [*keys, (last, keys[-1][1])], CONTIGUOUS)
    cleared(session)
    separate = coded(host, [(at, "R") for start, end, _ in SEPARATE for at in (start, end - 1)], SEPARATE)
    session.select([])
    session.seek(0)
    hand = Hand(host)
    for key in ("Down", "E"):  # to the next bout, which is chosen by that; then its new action
        hand.press(key)
        if key == "Down" and session.frame == 0:
            hand.press(key)
    start, end, _ = SEPARATE[session.frame // 30]
    if (start, end, "eat") not in bouts(session):
        raise SystemExit(f"The bout was not labelled anew: {bouts(session)}.")
    return [
        ("10 bouts in a row, without a gap or an overlap", contiguous, 11),
        ("10 separate bouts", separate, 20),
        ("another action for a bout", hand.count, 2),
    ]


def main() -> int:
    """Print one line for each task; 1 where one took more keys than it may."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["ACTIONDIFF_GUI_HOME"] = home
        import napari
        from qtpy.QtTest import QTest

        from actiondiff_gui.gui.app import open_in
        from actiondiff_gui.progress import run
        from actiondiff_gui.project.formats.imports.videos import import_videos
        from actiondiff_gui.project.project import Project
        from actiondiff_gui.resources import sample_data

        path = Path(home, "keys.actiondiff")
        with Project.create(path) as project:
            run(import_videos(project, [sample_data("recording", "arena.mp4")]))
            project.remove_clip([clip.id for clip in project.clips()])
            for name, key, group in (("walk", "W", "gait"), ("eat", "E", "gait"), ("rear", "R", "")):
                project.add_action(name, key=key, group=group)
        viewer = napari.Viewer(show=True)
        host = open_in(viewer).host
        try:
            host.session.open_project(path)
            host.session.open_video(next(iter(host.session.videos)))
            until(lambda: host.player.layer is not None)
            host.window.activateWindow()
            if not QTest.qWaitForWindowActive(host.window):
                raise SystemExit("The window did not get the keyboard.")
            viewer.window._qt_viewer.canvas.native.setFocus()
            tasks = count(host)
        finally:
            viewer.close()
    for what, keys, most in tasks:
        print(f"{what}: {keys} keys (at most {most})")
    return int(any(keys > most for _, keys, most in tasks))


if __name__ == "__main__":
    sys.exit(main())
