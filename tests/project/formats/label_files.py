"""Label files as BORIS writes them, and the result of an import."""

from pathlib import Path

from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.labels import import_foreign

COLUMNS = (
    *(
        "Observation id",
        "Observation date",
        "Description",
        "Observation duration",
        "Observation type",
        "Source",
    ),
    *("Time offset (s)", "Media duration (s)", "FPS", "Subject", "Behavior", "Behavioral category"),
    *("Behavior type", "Time", "Media file name", "Image index", "Image file path", "Comment"),
)
TWO_BOUTS = (
    ("m1", "walk", "START", "1.000"),
    ("m1", "walk", "STOP", "2.000"),
    ("m2", "sniff", "START", "4.000"),
    ("m2", "sniff", "STOP", "5.500"),
)
AS_TOLD = [("a.mp4", 25, 50, "m1", "walk"), ("a.mp4", 100, 137, "m2", "sniff")]
FILMS = {
    "a.mp4": (25.0, 500),
    "b.mp4": (25.0, 500),
    "n.mp4": (30000 / 1001, 54000),
    "b_2997.mp4": (29.97, 1200),
    "c_30.mp4": (30.0, 600),
}


def tabular(events=TWO_BOUTS, sep: str = ",", columns=COLUMNS, **given) -> str:
    """BORIS 9's tabular events; ``given`` are values for columns, with _ for what no keyword can hold."""
    known = {
        "Observation id": "o1",
        "Observation date": "2026-01-01 10:00:00",
        "Observation type": "Media file(s)",
        "Source": "player #1:a.mp4",
        "Time offset (s)": "0.0",
        "Media duration (s)": "20.000",
        "FPS": "25.000",
        "Media file name": "a.mp4",
        "Image index": "NA",
        "Image file path": "NA",
    }
    known |= {name.replace("_", " ").replace(" (s)", "(s)"): value for name, value in given.items()}
    lines = [sep.join(columns)]
    for subject, behaviour, what, time, *more in events:
        row = {**known, "Subject": subject, "Behavior": behaviour, "Behavior type": what, "Time": time}
        row |= more[0] if more else {}
        cells = [row.get(name, "") for name in columns]
        lines.append(sep.join(f'"{cell}"' if sep in cell else cell for cell in cells))
    return "\n".join(lines) + "\n"


def imported(project, data: str | bytes, name: str = "events.csv", **given):
    """Import a file of this content; returns the report."""
    path = project.path.parent / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return run(import_foreign(project, path, **given))


def labelled(project) -> list[tuple]:
    """Return what is labelled: video, start, end, subject and action."""
    films = {video.id: Path(video.path).name for video in project.videos()}
    clips = {clip.id: clip for clip in project.clips()}
    return sorted(
        (films[clip.video_id], clip.start, clip.end, clip.subject or "", said.action)
        for said in project.labels()
        for clip in [clips[said.clip_id]]
    )


def said(found) -> str:
    """Sentences, one a line, without the one that a test's videos have no file."""
    return "\n".join(str(one) for one in found if "cannot be read, so times became frames" not in str(one))
