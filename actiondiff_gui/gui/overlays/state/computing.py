"""Jobs and cost of the overlays, without Qt."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actiondiff_gui.backbones.description import short_name
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.features.cost import duration_text
from actiondiff_gui.gui.overlays.state.kinds import ALL, ONE, SOME, OverlayKind, OverlayRequest, Sheet
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.clip_table import ClipRow
from actiondiff_gui.gui.session.frame_weights import FrameWeights
from actiondiff_gui.gui.session.session import Session
from actiondiff_gui.outputs import Output
from actiondiff_gui.progress import Job, Progress
from actiondiff_gui.project.paths import beside
from actiondiff_gui.project.project import Project

REAL = 0.995
"""Attention to real frames of at least this share counts as all of it."""

if TYPE_CHECKING:
    from actiondiff_gui.backbones.description import Description
    from actiondiff_gui.backbones.protocol import Backbone
    from actiondiff_gui.classifier.models.trained import TrainedClassifier
    from actiondiff_gui.features.maps import MapMemory
    from actiondiff_gui.features.settings import ExtractionSettings


class OverlayJobs:
    """Makes the jobs of the overlays dock; caches the maps of the loaded backbone."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._memory: tuple[Backbone, ExtractionSettings, MapMemory] | None = None
        self._memory_of: tuple[Project, Address] | None = None
        self._foreign: tuple[TrainedClassifier, MapMemory] | None = None

    def description(self) -> "Description | None":
        """Return what the address's backbone offers; None where that is unknown."""
        from actiondiff_gui.backbones.identity import describe

        try:
            return describe(self.session.address.backbone)
        except ActionDiffError:
            return None

    def heads(self, described: "Description | None") -> tuple[int, str]:
        """Return how many attention heads can be chosen at the address, and a sentence on what is unavailable."""
        layers = described.layers if described is not None else ()
        number = self.session.address.one_layer or described.default_layer if described is not None else 0
        chosen = next((layer for layer in layers if layer.index == number), None)
        useful = ", ".join(str(layer.index) for layer in layers if layer.heads)
        if described is None or not useful:
            return 0, "This backbone offers no attention."
        if chosen is None or not chosen.heads:
            return 0, f"Layer {number} has no attention. Choose one of {useful} for attention overlays."
        return chosen.heads, described.note

    def layer_with_attention(self) -> int | None:
        """Return the layer with attention that is nearest to the address's, None where there is none."""
        described = self.description()
        useful = [layer.index for layer in described.layers if layer.heads] if described is not None else []
        here = self.session.address.one_layer or (described.default_layer if described is not None else 0)
        return min(useful, key=lambda index: abs(index - here), default=None)

    def timesteps(self, described: "Description | None") -> tuple[int, int]:
        """Return how many timesteps the paper compares, and how many there are."""
        from actiondiff_gui.backbones.schedule import paper_indices

        every = len(described.schedule) if described is not None else 0
        return len(paper_indices(every)) if every else 0, every

    def cost(self, kind: OverlayKind, rows: Sequence[ClipRow], timesteps: str) -> str:
        """Return the cost of an overlay, in a sentence: passes of the network, and time where one was measured."""
        described, settings = self.description(), self.session.address.settings
        if described is None:
            return ""
        stride = settings.stride or described.stride
        some, every = self.timesteps(described)
        steps = {ONE: 1, SOME: some, ALL: every}[timesteps]
        if timesteps != ONE:
            rows = rows[:1]
        windows = 0
        for row in rows:
            seconds = settings.max_seconds
            length = row.end - row.start if seconds is None else min(row.end - row.start, seconds * row.fps)
            windows += -(-math.ceil(length / stride) // described.window)
        if kind.id in ("spatial", "temporal") or timesteps == ALL:
            windows = 1
        passes = windows * steps
        text = f"{passes} pass{'es' if passes > 1 else ''} of the network"
        memory = self._memory[2] if self._memory is not None else None
        known = memory is not None and memory.pace is not None and memory.backbone.id == described.id
        time = f", about {duration_text(passes * memory.pace)}" if known else ""
        return f"Takes {text}{time}, unless cached."

    def models(self) -> list[str]:
        """Return the names of the project's models, newest first. Their files are not opened, for that needs torch."""
        project = self.session.project
        if project is None:
            return []
        folder = beside(project.path, "models")
        files = [path for path in folder.glob("*.safetensors") if path.name[0] != "."]
        return [path.stem for path in sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)]

    def model_file(self, name: str) -> Path:
        """Return the file of one of the project's models."""
        from actiondiff_gui.classifier.models.library import model_path

        return model_path(self.session.needed(), name)

    def measures(self, classifier: Any) -> int:
        """Return how many layers of a classifier have a class token; 0 where it is no transformer."""
        model = getattr(classifier.head, "model", None)
        return len(model.encoder.layers) if hasattr(model, "encoder") else 0

    def name_of(self, row: ClipRow) -> str:
        """Return a clip's caption: its domain, where it has one, and its video."""
        domain = row.facets.get(self.session.domain or "", "") if self.session.domain else ""
        name = Path(row.video_name).stem
        return f"{domain}: {name}" if domain else name

    def address_in_words(self, classifier: "TrainedClassifier | None" = None) -> str:
        """Return the address that an overlay is computed at: that of the classifier it explains, else the session's."""
        if classifier is not None:
            return f"{short_name(classifier.address.backbone)}, {classifier.address.reading}"
        address, described = self.session.address, self.description()
        step, layer = address.timestep, address.one_layer
        if described is not None:
            step, layer = step or described.default_timestep.key, layer or described.default_layer
        where = [step or "default timestep", f"layer {layer or 'default'}"]
        return ", ".join([short_name(address.backbone), *where])

    def job(self, asked: OverlayRequest) -> Job[Any]:
        """Return the job of an overlay: it gives a list of overlays, frame weights for kinds that are not painted, or a sheet.

        Raises (when run)
        -----------------
        ActionDiffError
            If something is missing or cannot be computed; the sentence says what.
        """
        # Now and not in the job's thread: another project may be open by then.
        project, address = self.session.needed(), self.session.address
        shown = self.session.frame if asked.point is None else asked.point[0]
        frame = shown if asked.timesteps == ALL else None
        job = self._job(project, address, asked, frame)
        if frame is None:
            return job
        row = self.session.table.get(asked.clip_ids[asked.clicked])
        video = self.session.videos[row.video_id].path
        return self._sheet_job(job, video, self.name_of(row), frame, asked.opacity)

    def _sheet_job(self, job: Job[Any], video: Path, name: str, frame: int, opacity: float) -> Job[Sheet]:
        overlays = yield from job
        from actiondiff_gui.overlays.legend import legend_of
        from actiondiff_gui.overlays.overlay import painted
        from actiondiff_gui.overlays.sheet import sheet
        from actiondiff_gui.video.reader import VideoReader

        with VideoReader(video) as reader:
            pixels = reader.read(frame)
        pictures = []
        for done, overlay in enumerate(overlays):
            yield Progress(done, len(overlays), "drawing the sheet")
            pictures.append(painted(pixels, overlay, overlay.nearest(frame), opacity))
        legend = legend_of(overlays, [name] * len(overlays))
        return Sheet(f"{legend.title}: {name}, frame {frame}", sheet(pictures, legend))

    def _job(self, project: Project, address: Address, asked: OverlayRequest, frame: int | None) -> Job[Any]:
        from actiondiff_gui.backbones.waking import wake_job
        from actiondiff_gui.features.dataset import clip_sources

        yield from wake_job(backbone=address.backbone)
        from actiondiff_gui.overlays import kinds

        sources, clicked, head = clip_sources(project, asked.clip_ids), asked.clicked, asked.head
        memory = self._memory_at(project, address, asked.classifier)
        steps, layer = self._steps(memory.backbone, address, asked.timesteps)
        if asked.timesteps != ONE:
            sources, clicked = sources[clicked : clicked + 1], 0
        point = kinds.Point(*asked.point) if asked.point is not None else None
        if asked.kind == "spatial":
            found = []
            for step in steps:
                found.append(
                    (yield from kinds.spatial_attention(memory, sources[clicked], step, layer, point, head))
                )
            return kinds.on_one_scale(found)
        if asked.kind == "temporal":
            job = kinds.temporal_attention(memory, sources[clicked], steps[0], layer, point, head)
            frames, weights = yield from job
            which = "mean over heads" if head is None else f"head {head}"
            about = f"attention over time from the clicked point, {which}, {self.address_in_words()}"
            if 0 < (real := float(weights.sum())) < REAL:
                weights = weights / real
                about += f"; {1 - real:.0%} of it goes to the black frames that fill a short window and is left out here"
            return self._weights(asked.clip_ids[clicked], frames, weights, "attention", about)
        if asked.kind == "similarity":
            rows = []
            for step in steps:
                rows += yield from kinds.feature_similarity(
                    memory, sources, step, layer, clicked, point, frame
                )
            return rows
        if asked.kind == "colours":
            rows = yield from kinds.feature_colours(memory, sources, steps, layer, frame)
            return [overlay for row in rows for overlay in row]
        if asked.kind == "evidence":
            return (yield from kinds.class_evidence(memory, sources, asked.classifier, asked.action))
        frames, decided = yield from kinds.frames_that_decided(memory, sources[0], asked.classifier)
        measure, weights = "attention rollout", decided.rollout
        if asked.measure is not None:
            measure = f"class token's attention in the classifier's layer {asked.measure + 1}"
            weights = decided.attention[asked.measure]
        about = f"frame weights ({measure}), {self.address_in_words(asked.classifier)}"
        return self._weights(asked.clip_ids[0], frames, weights, "decided", about)

    def ready(self, kind: str, clip_ids: Sequence[str], point: tuple, clicked: int, timesteps: str) -> bool:
        """Return whether an overlay of a point is answered from memory, without the network and in no noticeable time."""
        from actiondiff_gui.features.dataset import clip_sources

        project, address = self.session.project, self.session.address
        if self._memory is None or self._memory_of != (project, address):
            return False
        memory, sources = self._memory[2], clip_sources(project, clip_ids)
        steps, layer = self._steps(memory.backbone, address, timesteps)
        if timesteps == ALL:
            return False
        if kind == "similarity":
            chosen = sources if timesteps == ONE else sources[clicked : clicked + 1]
            return all(memory.has(clip, step, layer) for clip in chosen for step in steps)
        frame, row, column = point
        clip = sources[clicked]
        cell = memory.placement(clip, layer).cell(row, column)
        return cell is not None and all(
            memory.attends(clip, step, layer, kind, frame, cell) for step in steps
        )

    @staticmethod
    def _steps(backbone: Any, address: Any, timesteps: str) -> tuple[list, int]:
        """Return the timesteps that are shown, and the layer."""
        from actiondiff_gui.backbones.protocol import resolve_timestep
        from actiondiff_gui.backbones.schedule import paper_indices

        step = resolve_timestep(backbone, address.timestep) if address.timestep else backbone.default_timestep
        steps = [step]
        if timesteps == ALL and backbone.schedule:
            steps = list(backbone.schedule)
        elif timesteps == SOME and backbone.schedule:
            steps = [backbone.schedule[i] for i in paper_indices(len(backbone.schedule))]
        return steps, address.one_layer or backbone.default_layer

    def _weights(self, clip_id: str, frames: Any, weights: Any, name: str, about: str) -> FrameWeights:
        row = self.session.table.get(clip_id)
        video = row.video_id if row is not None else ""
        span = (row.start, row.end) if row is not None else (int(frames[0]), int(frames[-1]) + 1)
        return FrameWeights(video, clip_id, frames, weights, span, name, about)

    def _memory_at(
        self, project: Project, address: Address, classifier: "TrainedClassifier | None"
    ) -> "MapMemory":
        """Return the cache of maps at the session's backbone, or at the classifier's where that is another one."""
        from actiondiff_gui.features.maps import MapMemory
        from actiondiff_gui.workflow import features_of_classifier

        if self._foreign is not None and classifier is self._foreign[0]:
            return self._foreign[1]
        features = self.session.loaded.features(project, address)
        network = features.network()
        if classifier is not None and features.store.provenance.digest != classifier.address.digest:
            features = features_of_classifier(project, classifier, None, address.device)
            memory = MapMemory(features.network(), features.settings)
            self._foreign = (classifier, memory)
            return memory
        key = (network, features.settings)
        self._memory_of = (project, address)
        if self._memory is None or self._memory[0] is not key[0] or self._memory[1] != key[1]:
            self._memory = (*key, MapMemory(*key))
        return self._memory[2]

    def load_classifier(self, path: Path) -> "TrainedClassifier":
        """Return the classifier in a file.

        Raises
        ------
        ClassifierError
            If it cannot be read.
        """
        from actiondiff_gui.classifier.models.saved import load_classifier

        return load_classifier(path)

    def export_job(
        self, shown: Sequence[tuple[Any, Any]], out: Output, opacity: float, frame: int
    ) -> Job[list[Path]]:
        """Write what is shown, clips' rows with their overlays, to a file."""
        from actiondiff_gui.overlays.files import Panel, write_overlays

        videos = self.session.videos
        panels = [Panel(videos[row.video_id].path, over, row.start, row.end) for row, over in shown]
        return write_overlays(panels, out, opacity=opacity, frame=frame)

    def view_job(self, picture: Any, legend: Any, cells: Sequence[tuple], out: Output) -> Job[list[Path]]:
        """Write a picture of the canvas with captions in its cells and the legend, if there is one, below."""
        from actiondiff_gui.overlays.files import write_picture
        from actiondiff_gui.overlays.sheet import annotated

        yield Progress(0, 1, f"writing {out.name}")
        return [write_picture(picture if legend is None else annotated(picture, legend, cells), out)]

    def weights_job(self, weights: FrameWeights, out: Output) -> Job[list[Path]]:
        """Write frame weights as a table, or as a bare array."""
        from actiondiff_gui.overlays.files import write_weights

        yield Progress(0, 1, f"writing {out.name}")
        return [write_weights(weights.frames, weights.weights, out)]
