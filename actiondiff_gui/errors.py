"""Errors that are shown to a user.

Every error that a person can act on is an :class:`ActionDiffError` whose message says what happened,
to which file or clip, and what to do next. Anything else that escapes the engine is a bug.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path


class ActionDiffError(Exception):
    """Base of all errors whose message is meant to be read by a person."""


class VideoError(ActionDiffError):
    """A video file cannot be opened, indexed or decoded."""


class ProjectError(ActionDiffError):
    """A project file cannot be read, or a change to it makes no sense."""


class ClusterError(ActionDiffError):
    """Work cannot be given to other processes or machines, or they are gone."""


class ProjectBusyError(ProjectError):
    """The project is in use; the same call may succeed later.

    Attributes
    ----------
    who : str
        By whom: "another program", or a job of this one.
    """

    def __init__(self, text: str, who: str = "another program") -> None:
        super().__init__(text)
        self.who = who


class ChangedSinceError(ProjectError):
    """Somebody else changed what is to be taken back.

    Attributes
    ----------
    who, what : str
        The person, and the clip in words.
    when : datetime
    """

    def __init__(self, text: str, who: str, what: str, when: datetime) -> None:
        super().__init__(text)
        self.who, self.what, self.when = who, what, when


class ConsentNeeded(ProjectError):
    """A change touches what others said and needs a yes first. The message is the question; nothing was changed.

    Attributes
    ----------
    go_on : callable
        Makes the change, once a person agreed.
    """

    def __init__(self, question: str, go_on: Callable[[], object]) -> None:
        super().__init__(question)
        self.go_on = go_on


class BackboneError(ActionDiffError):
    """A backbone is unknown, cannot be loaded, or lacks what was requested."""


class FeatureStoreError(ActionDiffError):
    """Stored features are missing, damaged, do not fit the request, or cannot be written."""


class DamagedFeaturesError(FeatureStoreError):
    """Stored features are damaged; computing them again mends it."""


class FeatureWriteError(FeatureStoreError):
    """Nothing more can be kept: the disk is full or the folder cannot be written."""


class ClassifierError(ActionDiffError):
    """A classifier cannot be trained, loaded or applied to these features."""


class AnalysisError(ActionDiffError):
    """A map or a score cannot be computed from these features."""


class OutputError(ActionDiffError):
    """An output may not or cannot be written where it was requested."""


class OutputExistsError(OutputError):
    """Output files exist already and may not be replaced without ``force``.

    Attributes
    ----------
    files : tuple of Path
    """

    def __init__(self, files: tuple[Path, ...]):
        self.files = files
        more = f" and {len(files) - 3} more" if len(files) > 3 else ""
        listed = ", ".join(map(str, files[:3])) + more
        super().__init__(
            f"{listed} {'are' if len(files) > 1 else 'is'} there already and will not be replaced. Choose another name, "
            "or add --force."
        )
