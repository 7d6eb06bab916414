"""Which looks can be chosen, and what has to be computed for one? What the look dock asks; knows no Qt."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actiondiff_gui.backbones.protocol import Layer
from actiondiff_gui.progress import Job
from actiondiff_gui.session.session import Session


@dataclass(frozen=True)
class Look:
    """One kind of overlay.

    Attributes
    ----------
    id, title, about : str
        Its name, and what it shows and does not show, for somebody who knows behaviour and not networks.
    point : bool
        Whether a point in the video is clicked.
    painted : bool
        Whether it is painted over the video, or a strip of weights over frames.
    heads, many_clips, many_timesteps, model, action : bool
        What else is chosen for it.
    """

    id: str
    title: str
    about: str
    point: bool = False
    painted: bool = True
    heads: bool = False
    many_clips: bool = False
    many_timesteps: bool = False
    model: bool = False
    action: bool = False


LOOKS = (
    Look(
        "spatial",
        "Attention within the frame",
        "From the point you click: which places of the same frame the network takes information from. It does not "
        "say that these places decide the action.",
        point=True,
        heads=True,
    ),
    Look(
        "temporal",
        "Attention over time",
        "From the point you click: which other frames the network looks at, at the same place.",
        point=True,
        painted=False,
        heads=True,
    ),
    Look(
        "similarity",
        "Likeness to a point",
        "Which places have features like those of the point you click, in this clip and in the selected ones: red is "
        "alike, blue is opposite. Follow a leg from one species to another.",
        point=True,
        many_clips=True,
    ),
    Look(
        "colours",
        "Feature colours",
        "Places with like features have like colours, the same in all clips shown. A colour has no meaning of its own, "
        "and colours of two timesteps cannot be compared one by one.",
        many_clips=True,
        many_timesteps=True,
    ),
    Look(
        "evidence",
        "Evidence for an action",
        "Where a trained classifier, asked about each place alone, finds the action. It was trained on whole frames, so "
        "read it as more or less, not as a probability.",
        many_clips=True,
        model=True,
        action=True,
    ),
    Look(
        "frames",
        "Frames that decided",
        "How much each frame counted for a trained transformer (attention rollout). A high bar need not be the cause.",
        painted=False,
        model=True,
    ),
)


class Looking:
    """Makes the jobs of the look dock; remembers the maps of the backbone that is loaded."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._memory: tuple[Any, Any, Any] | None = None

    def heads(self, layers: Sequence[Layer], default: int) -> tuple[int, str]:
        """How many attention heads can be chosen at the address, and a sentence on what is not offered."""
        number = self.session.address.layer or default
        chosen = next((layer for layer in layers if layer.index == number), None)
        useful = ", ".join(str(layer.index) for layer in layers if layer.heads)
        if not useful:
            return 0, "This backbone offers no attention."
        if chosen is None or not chosen.heads:
            return 0, f"Layer {number} has no attention. Choose one of {useful} for the attention looks."
        return chosen.heads, (
            "Cross-attention is not offered: the model gives it one image embedding per frame, so its weights are 1 "
            "everywhere and a map of it would be blank."
        )

    def address_in_words(self) -> str:
        """The session's address, for a sentence."""
        address = self.session.address
        return f"{address.backbone}, {address.timestep or 'usual timestep'}, layer {address.layer or 'usual'}"

    def job(
        self,
        look: str,
        clip_ids: Sequence[str],
        *,
        point: tuple[int, float, float] | None = None,
        head: int | None = None,
        all_timesteps: bool = False,
        classifier: Any = None,
        action: str = "",
    ) -> Job[Any]:
        """Job of a look: a list of overlays, or frames and weights for the looks that are not painted.

        Raises (when run)
        -----------------
        ActionDiffError
            If something is missing or cannot be computed; the sentence says what.
        """
        # Now and not in the job's thread: another project may be open by then.
        project, address = self.session.needed(), self.session.address
        return self._job(project, address, look, clip_ids, point, head, all_timesteps, classifier, action)

    def _job(
        self, project, address, look, clip_ids, point, head, all_timesteps, classifier, action
    ) -> Job[Any]:
        from actiondiff_gui.backbones.protocol import resolve_timestep
        from actiondiff_gui.backbones.schedule import paper_places
        from actiondiff_gui.backbones.waking import wake_job
        from actiondiff_gui.features.dataset import clip_sources

        yield from wake_job()
        from actiondiff_gui.looking import looks

        sources = clip_sources(project, clip_ids)
        memory = self._memory_at(project, address, classifier)
        backbone = memory.backbone
        step = resolve_timestep(backbone, address.timestep) if address.timestep else backbone.default_timestep
        layer = address.layer or backbone.default_layer
        place = looks.Point(*point) if point is not None else None
        if look == "spatial":
            return [(yield from looks.spatial_attention(memory, sources[0], step, layer, place, head))]
        if look == "temporal":
            return (yield from looks.temporal_attention(memory, sources[0], step, layer, place, head))
        if look == "similarity":
            return (yield from looks.feature_similarity(memory, sources, step, layer, 0, place))
        if look == "colours" and all_timesteps:
            steps = [backbone.schedule[i] for i in paper_places(len(backbone.schedule))]
            rows = yield from looks.feature_colours(memory, sources[:1], steps, layer)
            return [row[0] for row in rows]
        if look == "colours":
            return (yield from looks.feature_colours(memory, sources, [step], layer))[0]
        if look == "evidence":
            return (yield from looks.class_evidence(memory, sources, classifier, action))
        frames, decided = yield from looks.frames_that_decided(memory, sources[0], classifier)
        return frames, decided.rollout

    def _memory_at(self, project: Any, address: Any, classifier: Any) -> Any:
        from actiondiff_gui.features.maps import MapMemory
        from actiondiff_gui.workflow import features_of_classifier

        if classifier is not None:
            features = features_of_classifier(project, classifier, address.backbone, address.device)
        else:
            features = self.session.loaded.get(project, address)
        key = (features.backbone, features.settings)
        if self._memory is None or self._memory[0] is not key[0] or self._memory[1] != key[1]:
            self._memory = (*key, MapMemory(*key))
        return self._memory[2]

    def load_classifier(self, path: Path) -> Any:
        """The classifier in a file.

        Raises
        ------
        ClassifierError
            If it cannot be read.
        """
        from actiondiff_gui.classifier.saved import load_classifier

        return load_classifier(path)

    def export_job(
        self, video: Path, overlay: Any, out: Path, opacity: float, start: int, end: int
    ) -> Job[Path]:
        """Job that writes an overlay over the frames ``start`` to ``end`` of a video."""
        from actiondiff_gui.looking.files import write_overlay

        return write_overlay(video, overlay, out, opacity=opacity, start=start, end=end)
