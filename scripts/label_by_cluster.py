"""From unlabelled clips to clips labelled by cluster: how many keys, and how many labels are right.

    python scripts/label_by_cluster.py sample.actiondiff
    xvfb-run -a -s "-screen 0 1280x800x24" python scripts/label_by_cluster.py sample.actiondiff --window

PROJECT is labelled and has features. In a copy all labels are removed, the clips are clustered, and each cluster is labelled in the
gallery's own state, as by its keys: with the action that most of its clips show, which stands for what a person sees at once. First
with one key for each cluster and nothing else; then after the clips that show something else were clicked away. With --window the same is done
in a real window with real keys and clicks, and what the window needs of two minutes is printed: the rest is for looking.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from key_press import press, until

from actiondiff_gui.embedding.clusters import ClusterSettings
from actiondiff_gui.gui.gallery.state.finding import cluster_set_job
from actiondiff_gui.gui.gallery.state.shown import ShownClips
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.session.preferences import Preferences
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.progress import run

ALL_S = 120
"""Seconds in which the clips are to be labelled."""


def unlabelled(path: Path, folder: Path) -> Path:
    """Return a copy of a project, with its features."""
    copy = folder / path.name
    shutil.copy(path, copy)
    if not copy.with_suffix(".features").exists():
        copy.with_suffix(".features").symlink_to(path.with_suffix(".features").resolve())
    return copy


def begin(session: Session) -> dict[str, str]:
    """Go to the usual address of the sample, remove all labels, and return what they were."""
    session.set_address(timestep="t25", layers=(1, 4, 7), pooling="mean+change")
    truth = {row.id: row.label for row in session.table}
    editing.clear(session, list(truth), of_others=True)
    assert not any(row.labelled for row in session.table)
    return truth


def walk(path: Path, folder: Path, smallest: int, clicking: bool) -> str:
    """Label a copy of a project by cluster, and return one line of the table."""
    session = Session(Preferences(folder / "home"))
    session.open_project(unlabelled(path, folder))
    truth = begin(session)
    start = time.perf_counter()
    settings = ClusterSettings(smallest=smallest)
    found = run(cluster_set_job(session.project, session.loaded, session.address, settings, "Clips"))
    session.reread(found.table)
    seconds = time.perf_counter() - start
    gallery, keys, clicks = ShownClips(session), 0, 0
    gallery.show(found.shown)
    for number in range(len(found.clusters.clusters)):
        gallery.go_to(number)
        most = Counter(truth[clip] for clip in gallery.clip_ids).most_common(1)[0][0]
        if clicking:
            odd = [clip for clip in gallery.clip_ids if truth[clip] != most]
            for clip in odd:
                gallery.toggle_out([clip])
            clicks += len(odd)
        gallery.press(most, None)
        keys += 1
    given = {row.id: row.label for row in session.table if row.label}
    right = sum(truth[clip] == label for clip, label in given.items())
    session.close_project()
    return (
        f"| {smallest} | {'yes' if clicking else 'no'} | {len(found.clusters.clusters)} | {keys} | {clicks} | {len(given)} of "
        f"{len(truth)} | {right} ({right / len(given):.0%}) | {seconds:.1f} |"
    )


def in_window(bench: Any, path: Path, folder: Path) -> str:
    """Label a copy of a project by cluster in a window, with keys and clicks, and say how long the window took."""
    from qtpy.QtTest import QTest

    from actiondiff_gui.gui.gallery.page import GalleryPage

    host, session = bench.host, bench.host.session
    session.open_project(unlabelled(path, folder))
    truth = begin(session)
    until(lambda: not host.jobs.active())
    host.window.activateWindow()
    if not QTest.qWaitForWindowActive(host.window):
        raise SystemExit("The window did not get the keyboard.")
    began = time.perf_counter()
    project, loaded, address = session.project, session.loaded, session.address
    host.galleries.find(
        lambda: cluster_set_job(project, loaded, address, ClusterSettings(smallest=5), "Clips"),
        "finding clusters",
    )
    page = bench.findChild(GalleryPage)
    until(lambda: page.state.shown.groups and not host.jobs.active())
    found, keys, clicks, groups = time.perf_counter() - began, 0, 0, page.groups.count() - 1
    for number in range(groups):
        page.grid.setFocus()
        ids = page.state.clip_ids
        most = Counter(truth[clip] for clip in ids).most_common(1)[0][0]
        for clip in ids:
            if truth[clip] != most:
                page.grid.pressed_cell.emit(clip)
                clicks += 1
        press(host.window, host.keyboard.action_keys[most])
        keys += 1
        until(lambda: not session.changes)
        if number + 1 < groups:
            page.after.click()
            clicks += 1
    took = time.perf_counter() - began
    given = {row.id: row.label for row in session.table if row.label}
    right = sum(truth[clip] == label for clip, label in given.items())
    return (
        f"{groups} clusters were there after {found:.1f} s; {keys} keys and {clicks} clicks took the window {took - found:.1f} s more; "
        f"{len(given)} of {len(truth)} clips labelled, {right} right. Of {ALL_S} s that leaves {(ALL_S - took) / groups:.1f} s to look at each cluster."
    )


def main() -> None:
    """Print the table, or what the window needs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", type=Path)
    parser.add_argument("--window", action="store_true")
    asked = parser.parse_args()
    path = asked.project
    if asked.window:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["ACTIONDIFF_GUI_HOME"] = folder
            import napari

            from actiondiff_gui.gui.app import open_in

            viewer = napari.Viewer(show=True)
            try:
                print(in_window(open_in(viewer), path, Path(folder)))
            finally:
                viewer.close()
        return
    print(
        "| smallest cluster | odd ones clicked away | clusters | keys | clicks | labelled | right | seconds to cluster |"
    )
    print("|---:|---|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for smallest in (5, 3):
            for clicking in (False, True):
                print(walk(path, Path(folder), smallest, clicking))


if __name__ == "__main__":
    main()
