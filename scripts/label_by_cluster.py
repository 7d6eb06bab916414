"""From unlabelled clips to clips labelled by cluster: how many keys, and how many labels are right.

    python scripts/label_by_cluster.py sample.actiondiff

PROJECT is labelled and has features. In a copy all labels are removed, the clips are clustered, and each cluster is labelled in the
gallery's own state, as by its keys: with the action that most of its clips show, which stands for what a person sees at once. First
with one key for each cluster and nothing else; then after the clips that show something else were clicked away.
"""

import argparse
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

from actiondiff_gui.embedding.clusters import ClusterSettings
from actiondiff_gui.gui.gallery.state.finding import cluster_set_job
from actiondiff_gui.gui.gallery.state.shown import ShownClips
from actiondiff_gui.gui.session import editing
from actiondiff_gui.gui.session.preferences import Preferences
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.progress import run


def walk(path: Path, folder: Path, smallest: int, clicking: bool) -> str:
    """Label a copy of a project by cluster, and return one line of the table."""
    copy = folder / path.name
    shutil.copy(path, copy)
    features = path.with_suffix(".features")
    if not copy.with_suffix(".features").exists():
        copy.with_suffix(".features").symlink_to(features.resolve())
    session = Session(Preferences(folder / "home"))
    session.open_project(copy)
    session.set_address(timestep="t25", layers=(1, 4, 7), pooling="mean+change")
    truth = {row.id: row.label for row in session.table}
    editing.clear(session, list(truth), of_others=True)
    assert not any(row.labelled for row in session.table)
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


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", type=Path)
    path = parser.parse_args().project
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
