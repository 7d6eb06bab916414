"""Two coders of one recording, and how well they agree: a worked example on the sample's recording.

The first coder has the sample's bouts. The second one is made of them, so that it is known what they disagree about: every edge
is moved by up to a quarter of a second, one bout is missed, and one is taken for another action. What is printed are the numbers
of the Ethogram dock's *Agreement* page and of ``actiondiff-gui export --format agreement``.

    python scripts/two_observers.py [FOLDER]

With a folder the project is kept there, to be opened and looked at.
"""

import csv
import sys
import tempfile
from pathlib import Path

import numpy as np

from actiondiff_gui.ethogram.agreement import agreement_job
from actiondiff_gui.ethogram.source import RATER, Source, read_bouts
from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.videos import import_videos
from actiondiff_gui.project.project import Project
from actiondiff_gui.resources import sample_data

FIRST, SECOND = "Ada", "Bo"


def code(project: Project) -> None:
    """Let both coders label the recording."""
    (video,) = project.videos()
    with sample_data("recording", "bouts.csv").open(encoding="utf-8") as file:
        bouts = [(int(r["start_frame"]), int(r["end_frame"]), r["label"]) for r in csv.DictReader(file)]
    random = np.random.default_rng(0)
    most = round(video.fps / 4)
    edges = [(start, end) for start, end, _ in bouts]
    moved = [
        (
            max(0, start + int(random.integers(-most, most + 1))),
            min(video.frame_count, end + int(random.integers(-most, most + 1))),
        )
        for start, end in edges
    ]
    for place, ((start, end, action), (from_, to)) in enumerate(zip(bouts, moved, strict=True)):
        project.label(project.add_clip(video.id, start, end).id, action, by=FIRST)
        if place == 3:
            continue  # missed
        other = bouts[(place + 1) % len(bouts)][2] if place == 6 else action
        project.label(project.add_clip(video.id, from_, to).id, other, by=SECOND)


def main(folder: Path) -> None:
    """Make the project and print how well the two agree."""
    path = folder / "two observers.actiondiff"
    with Project.create(path) as project:
        run(import_videos(project, [sample_data("recording", "arena.mp4")]))
        project.remove_clip([clip.id for clip in project.clips()])
        code(project)
        first, second = (read_bouts(project, Source(RATER, name)) for name in (FIRST, SECOND))
        found = run(agreement_job(first, second))
    print(f"{FIRST} and {SECOND}: kappa {found.kappa:.3f}\n")
    print("| action | kappa | frame F1 | bout F1 | bouts of both | paired |\n|---|---|---|---|---|---|")
    for one in found.actions:
        if one.first_bouts or one.second_bouts:
            print(
                f"| {one.action} | {one.kappa:.3f} | {one.frame_f1:.3f} | {one.bout_f1:.3f} | "
                f"{one.first_bouts}, {one.second_bouts} | {one.paired} |"
            )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as place:
            main(Path(place))
