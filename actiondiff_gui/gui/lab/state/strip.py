"""State of the frame strip: what has to be computed, and how long it takes, without Qt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actiondiff_gui.backbones.protocol import resolve_timestep
from actiondiff_gui.errors import ProjectError
from actiondiff_gui.features.cost import Pace, duration_text
from actiondiff_gui.gui.features.state.extracting import network_job
from actiondiff_gui.gui.lab.state.comparing import LabChoice
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.loaded import LoadedFeatures
from actiondiff_gui.progress import Job
from actiondiff_gui.project.project import Project

if TYPE_CHECKING:
    from actiondiff_gui.features.maps import MapMemory
    from actiondiff_gui.overlays.strip import FrameStrip


@dataclass(frozen=True)
class StripAsked:
    """Which strip is requested; ``address`` without timestep and layer."""

    project: Project
    address: Address
    clip: str
    choice: LabChoice


class Strips:
    """Makes the jobs of the frame strip; caches what the latest backbone encoded."""

    def __init__(self, loaded: LoadedFeatures) -> None:
        self._loaded = loaded
        self._memory: MapMemory | None = None

    def job(self, asked: StripAsked, frame: int) -> "Job[FrameStrip]":
        """Compute the strip around a frame.

        Raises
        ------
        ActionDiffError
            If the clip is gone, its video cannot be read, or the backbone cannot be loaded.
        """
        network = yield from network_job(self._loaded, asked.project, asked.address)
        settings = asked.address.settings
        from actiondiff_gui.features.dataset import clip_sources
        from actiondiff_gui.features.maps import MapMemory
        from actiondiff_gui.overlays.strip import strip_job

        memory = self._memory
        if memory is None or memory.backbone is not network or memory.settings != settings:
            memory = self._memory = MapMemory(network, settings)
        sources = clip_sources(asked.project, [asked.clip])
        if not sources:
            raise ProjectError("The clip is no longer in the project. Open another one.")
        steps = [resolve_timestep(network, key) for key in asked.choice.timesteps]
        return (yield from strip_job(memory, sources[0], frame, steps, asked.choice.layers))


def walks_in_words(asked: StripAsked, paces: Mapping[tuple[object, ...], Pace]) -> str:
    """Return the cost of a strip: "7 walks of the network, about 3 s", the time where a window was measured before."""
    count = len(asked.choice.timesteps)
    told = f"{count} network pass{'es' * (count != 1)}"
    address = asked.address
    of = (address.backbone, address.settings, address.device, address.precision)
    pace = next((pace for (kept, _), pace in paces.items() if kept == of), None)
    return told if pace is None else f"{told}, about {duration_text(pace.shared + count * pace.step)}"
