"""What is changed of recordings: their places and names, their metadata, whether they are in the project."""

from collections.abc import Sequence
from pathlib import Path

from actiondiff_gui.errors import ProjectError, VideoError
from actiondiff_gui.gui.session.commands import Keys
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.project import Project
from actiondiff_gui.video.fingerprint import fingerprint


def missing_job(project: Project) -> Job[frozenset[str]]:
    """Return the ids of the recordings whose files are missing."""
    found = set()
    videos = project.videos()
    for done, video in enumerate(videos):
        if done % 200 == 0:
            yield Progress(done, len(videos), "looking for the videos")
        if not video.path.is_file():
            found.add(video.id)
    return frozenset(found)


def changed_job(project: Project, checked: dict[str, tuple[object, bool]]) -> Job[frozenset[str]]:
    """Return the ids of the recordings whose files hold another content than when they were added.

    Parameters
    ----------
    checked : dict
        For each recording what its file was (path, bytes, time of its last change) when its content was compared, and
        whether it differed. A file that was not touched since is not read again; what is read now is added.
    """
    found = set()
    videos = project.videos()
    for done, video in enumerate(videos):
        try:
            about = video.path.stat()
            this = (video.path, about.st_size, about.st_mtime_ns)
            if checked.get(video.id, (None, False))[0] != this:
                yield Progress(done, len(videos), f"comparing {video.path.name}")
                checked[video.id] = (this, fingerprint(video.path) != video.fingerprint)
        except (OSError, VideoError):
            continue
        if checked[video.id][1]:
            found.add(video.id)
    return frozenset(found)


def remove(session: Session, video_ids: Sequence[str]) -> None:
    """Remove recordings with all their clips and labels from the project; undo restores them, and no file is touched."""
    ids = [each for each in video_ids if each in session.videos]
    if not ids:
        return
    names = [session.videos[each].path.name for each in ids]
    what = names[0] if len(names) == 1 else f"{len(names)} videos"
    gone = sum(row.video_id in set(ids) for row in session.table.rows)

    def then(_: object) -> None:
        session.reread()
        key = Keys(session.preferences).key("undo")
        session.tell(
            f"{what} removed from the project with {gone:,} clips. Undo: {key}. The file{'s are' * (len(ids) > 1) or ' is'} "
            "still there."
        )

    session.change(f"{what} removed", lambda project: project.remove_video(ids), then)


def put_back(session: Session, number: int) -> None:
    """Restore a removed recording."""
    name = ""

    def do(project: Project) -> str:
        return project.put_back_video(number).path.name

    def then(found: str) -> None:
        session.reread()
        session.tell(f"{found} was restored with all its clips and labels.")

    session.change(f"{name or 'a video'} restored", do, then, record=None)


def rename(session: Session, video_id: str, name: str) -> None:
    """Rename the file of a recording in its folder; without a suffix it keeps the present one.

    Raises
    ------
    ProjectError
        The name is none, a file of this name is there, or the disk refuses.
    """
    path = session.videos[video_id].path
    name = name.strip()
    if not name or Path(name).name != name:
        raise ProjectError("Type a name for the file, without a folder.")
    if not name.casefold().endswith(path.suffix.casefold()):
        name += path.suffix
    if name == path.name:
        return

    def then(_: object) -> None:
        session.reread()
        session.tell(f"{path.name} was renamed {name} on disk.")

    session.change(
        f"{path.name} renamed",
        lambda project: project.rename_video(video_id, path.with_name(name)),
        then,
    )


def set_metadata(session: Session, video_ids: Sequence[str], key: str, value: str) -> None:
    """Set a metadata field of whole recordings; "" removes it."""
    ids = list(video_ids)
    key, value = key.strip(), value.strip()

    def then(_: object) -> None:
        session.reread()
        words = "1 video has" if len(ids) == 1 else f"{len(ids):,} videos have"
        session.tell(f"{words} {key} = {value}." if value else f"{words} no {key} now.")

    session.change(key, lambda project: project.set_video_facet(ids, key, value or None), then)
