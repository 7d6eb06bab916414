"""Reader of CVAT's video annotations (XML 1.1): tags of frames, and tracks.

A tag that stands at frames one after the other is a bout. A track is a bout from its first frame to where it leaves the
picture; where it has an attribute called like a behaviour, each value of it is a bout. The track is the subject.
"""

import re
from pathlib import Path
from xml.etree import ElementTree

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.project.formats.readers.contents import CVAT, ForeignTable, Stretch
from actiondiff_gui.project.formats.readers.reader import Options, Reader, Unsaid

_BEHAVIOURS = ("action", "behaviour", "behavior", "activity", "event")
_SUBJECTS = ("id", "identity", "subject", "animal", "individual", "name")
MOST_BYTES = 1 << 28


def read_cvat(path: Path, options: Options) -> ForeignTable:
    """Read tags and tracks.

    Raises
    ------
    ProjectError
        The file is not as CVAT writes it for a video, or names no video and none is given.
    """
    try:
        if regular_file(path, ProjectError, "annotations of CVAT").stat().st_size > MOST_BYTES:
            raise ProjectError(f"{path} is too large for annotations of CVAT. Export fewer tasks.")
        root = ElementTree.parse(path).getroot()
        tasks = {element.attrib["task_id"] for element in root if "task_id" in element.attrib}
        if len(tasks) > 1:
            raise ProjectError(
                f"{path} of CVAT holds {len(tasks)} tasks of a project. Export each task by itself, as CVAT for video 1.1."
            )
        video = (
            options.video or (root.findtext("meta/task/source") or root.findtext("meta/source") or "").strip()
        )
        first = int(root.findtext("meta/task/start_frame") or 0)
        filtered = re.search(r"step\s*=\s*(\d+)", root.findtext("meta/task/frame_filter") or "")
        step = int(filtered[1]) if filtered else 1
        spans = [*_tags(root), *(span for track in root.iter("track") for span in _track(track, root))]
    except ElementTree.ParseError as error:
        raise ProjectError(f"{path} is damaged XML ({error}). Export it from CVAT again.") from error
    except (KeyError, ValueError, TypeError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else "a number is none"
        raise ProjectError(
            f"{path} is not as CVAT writes it: {what}. Export it as CVAT for video 1.1."
        ) from error
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not video:
        raise Unsaid(f"{path} of CVAT names no video. Say which one it is about (--video NAME).", "video")
    stretches = [
        Stretch(None, video, label, first + start * step, first + end * step, "frames", subject)
        for label, start, end, subject in spans
    ]
    stretches.sort(key=lambda s: s.start)
    return ForeignTable(
        path, CVAT, tuple(stretches), tuple(dict.fromkeys(s.behaviour for s in stretches)), (video,)
    )


def _tags(root: ElementTree.Element) -> list[tuple[str, int, int, str | None]]:
    frames: dict[str, list[int]] = {}
    tags = [(tag, image.attrib["id"]) for image in root.iter("image") for tag in image.iter("tag")]
    tags += [(tag, tag.attrib["frame"]) for tag in root.findall("tag")]
    for tag, frame in tags:
        said = _said(tag)
        label = next((said[name] for name in _BEHAVIOURS if said.get(name)), tag.attrib["label"])
        frames.setdefault(label, []).append(int(frame))
    out: list[tuple[str, int, int, str | None]] = []
    for label, its in frames.items():
        numbers = sorted(set(its))
        start = numbers[0]
        for number, after in zip(numbers, [*numbers[1:], None], strict=True):
            if after != number + 1:
                out.append((label, start, number + 1, None))
                start = after or 0
    return out


def _said(element: ElementTree.Element) -> dict[str, str]:
    """Attributes by their names in small letters."""
    return {a.attrib["name"].strip().casefold(): (a.text or "").strip() for a in element.iter("attribute")}


def _track(track: ElementTree.Element, root: ElementTree.Element) -> list[tuple[str, int, int, str]]:
    shapes = sorted(
        (shape for shape in track if "frame" in shape.attrib), key=lambda s: int(s.attrib["frame"])
    )
    who, label = f"{track.attrib['label']} {track.attrib.get('id', '')}".strip(), track.attrib["label"]
    stop = root.findtext("meta/job/stop_frame")
    last = root.findtext("meta/task/size") or (int(stop) + 1 if stop else root.findtext("meta/job/size"))
    out: list[tuple[str, int, int, str]] = []
    opened: tuple[str, int] | None = None
    end = 0
    for shape in shapes:
        frame = int(shape.attrib["frame"])
        said = _said(shape)
        who = next((said[name] for name in _SUBJECTS if said.get(name)), who)
        acting = next((said[name] for name in _BEHAVIOURS if name in said), label)
        gone = shape.attrib.get("outside") == "1"
        if opened is not None and (gone or opened[0] != acting):
            out.append((opened[0], opened[1], frame, who))
            opened = None
        if not gone and opened is None and acting:
            opened = (acting, frame)
        end = frame + 1
    if opened is not None:
        out.append((opened[0], opened[1], max(end, int(last) if last else end), who))
    return [span for span in out if span[0].casefold() not in ("", "none", "other", "background")]


READER = Reader(CVAT, lambda peek: peek.xml_root == "annotations", read_cvat)
