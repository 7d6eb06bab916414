"""Sets of clips that a gallery shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ClipGroup:
    """Clips that are shown together.

    Attributes
    ----------
    title : str
        What they have in common, in a few words.
    clip_ids : tuple of str
        In the order in which they are shown.
    notes : mapping of str to str
        A short text on the picture of a clip, such as its distance.
    frames : mapping of str to int
        Frame of its recording at which a clip is opened, where that is not its first.
    """

    title: str
    clip_ids: tuple[str, ...]
    notes: Mapping[str, str] = field(default_factory=dict, hash=False)
    frames: Mapping[str, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class GallerySet:
    """One or more groups of clips, of which a gallery shows one at a time.

    Attributes
    ----------
    title : str
    groups : tuple of ClipGroup
        At least one.
    back : str
        The tab that it was opened from.
    label_all : bool
        Whether keys label all clips of a group at first, else the current one.
    """

    title: str
    groups: tuple[ClipGroup, ...]
    back: str = "Clips"
    label_all: bool = True


def one_group(title: str, clip_ids: Iterable[str], back: str = "Clips", label_all: bool = True) -> GallerySet:
    """Return a set of a single group."""
    return GallerySet(title, (ClipGroup(title, tuple(clip_ids)),), back, label_all)
