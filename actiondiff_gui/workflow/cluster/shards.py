"""Division of a project's clips into N parts: a pure function of the clips, so that parts need no coordination."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actiondiff_gui.backbones.protocol import BackboneFacts
from actiondiff_gui.errors import FeatureStoreError
from actiondiff_gui.features.clips import ClipSource, frames_used
from actiondiff_gui.features.dataset import clip_sources
from actiondiff_gui.features.feature_set import FeatureSet
from actiondiff_gui.features.settings import ExtractionSettings


@dataclass(frozen=True)
class Shard:
    """Part ``number`` of ``of`` parts, counted from 1.

    Raises
    ------
    FeatureStoreError
        There is no such part.
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise FeatureStoreError(
                f"There is no part {self} of the work: parts are counted from 1/{max(1, self.of)} to "
                f"{max(1, self.of)}/{max(1, self.of)}."
            )

    @classmethod
    def read(cls, text: str) -> "Shard":
        """Read ``"3/16"``; raises as the class does."""
        found = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", text)
        if found is None:
            raise FeatureStoreError(
                f"{text!r:.60} names no part of the work. Write for example 3/16, the third of sixteen parts."
            )
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def in_order(clips: Sequence[ClipSource]) -> list[ClipSource]:
    """Clips sorted by what they show; of those that show the same, the first that was given."""
    different = {clip.key: clip for clip in reversed(clips)}
    return sorted(different.values(), key=lambda c: (c.fingerprint, c.start, c.end, c.roi or ()))


def windows_of(clip: ClipSource, backbone: BackboneFacts, settings: ExtractionSettings) -> int:
    """Windows that a clip is cut into."""
    frames = frames_used(clip, settings.stride or backbone.stride, settings.max_seconds)
    return -(-len(frames) // backbone.window)


def shard_of(
    clips: Sequence[ClipSource], shard: Shard, backbone: BackboneFacts, settings: ExtractionSettings
) -> list[ClipSource]:
    """Return the clips of one part.

    Clips are sorted by content of their video, start and end, and cut where the parts come to hold about equally many
    windows; a clip that shows the same as another is in one part only. What is computed already does not matter. Of
    ``backbone`` only its description is used.
    """
    ordered = in_order(clips)
    windows = [windows_of(clip, backbone, settings) for clip in ordered]
    total, before, found = sum(windows), 0, []
    for clip, count in zip(ordered, windows, strict=True):
        # The part in which the middle of the clip lies.
        if (2 * before + count) * shard.of // (2 * total) == shard.number - 1:
            found.append(clip)
        before += count
    return found


def shard_ids(features: FeatureSet, shard: Shard) -> list[str]:
    """Ids of the clips of one part of a project, whatever is computed already."""
    clips = clip_sources(features.project)
    return [clip.id for clip in shard_of(clips, shard, features.description, features.settings)]
