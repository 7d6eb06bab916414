"""Facets and source groups from the names of video files, by a pattern."""

import re

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project import checks
from actiondiff_gui.project.project import Project


def facets_from_names(project: Project, pattern: str) -> list[str]:
    """Set facets of all videos from their file names.

    Parameters
    ----------
    pattern : str
        Regular expression searched in each name without its ending. Each named group becomes a facet, for
        example ``a\\d+_(?P<person>s\\d+)_``; a group called ``source_group`` names the recording.

    Returns
    -------
    list of str
        Names of the files that do not fit the pattern; they are left as they were.

    Raises
    ------
    ProjectError
        See :func:`checked_pattern`.
    """
    compiled = checked_pattern(pattern)
    unfit = []
    with project.transaction():
        for video in project.videos():
            found = compiled.search(video.path.stem)
            if found is None:
                unfit.append(video.path.name)
                continue
            for name, value in found.groupdict().items():
                if value is None:
                    continue
                if name == "source_group":
                    project.set_source_group(video.id, value)
                else:
                    project.set_video_facet(video.id, name, value)
    return unfit


def checked_pattern(pattern: str) -> re.Pattern[str]:
    """``pattern`` as a regular expression whose named groups can be facets.

    Raises
    ------
    ProjectError
        If it is no regular expression, names no group, or a group cannot be a facet.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ProjectError(f"The pattern {pattern!r} cannot be read: {error}.") from error
    if not compiled.groupindex:
        raise ProjectError(
            f"The pattern {pattern!r} names no facet. Write the part that is one as (?P<facet>...), for example "
            r"(?P<person>s\d+)."
        )
    for name in compiled.groupindex:
        if name != "source_group":
            checks.facet_key(name)
    return compiled
