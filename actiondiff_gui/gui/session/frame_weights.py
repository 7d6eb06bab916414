"""Weights of a clip's frames found by an overlay, for the strip and the timeline."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class FrameWeights:
    """Weights of frames of one video.

    Attributes
    ----------
    video, clip : str
        Ids of the video and of the clip.
    frames : ndarray
        ``[N]`` int64, ascending frames of the video.
    weights : ndarray
        ``[N]`` not negative.
    span : (int, int)
        First frame of the clip, and the frame after its last one.
    name : str
        One short word for a lane.
    about : str
        What the weights are.
    """

    video: str
    clip: str
    frames: np.ndarray
    weights: np.ndarray
    span: tuple[int, int]
    name: str
    about: str

    def stretches(self) -> tuple[np.ndarray, np.ndarray]:
        """Return starts and ends ``[N]`` of the stretches of frames that are nearest to each, end exclusive."""
        if not len(self.frames):
            return np.zeros(0), np.zeros(0)
        borders = (self.frames[1:] + self.frames[:-1] + 1) / 2
        # The outer stretches are as long as half of the usual distance, but end with the clip.
        half = float(np.diff(self.frames).min()) / 2 if len(self.frames) > 1 else 0.5
        first = max(float(self.span[0]), self.frames[0] + 0.5 - half)
        last = min(float(self.span[1]), self.frames[-1] + 0.5 + half)
        edges = np.concatenate([[first], borders, [last]])
        return edges[:-1], edges[1:]

    @property
    def equal(self) -> float:
        """Weight of each frame if all were equal."""
        return float(self.weights.mean()) if len(self.weights) else 0.0

    def words(self) -> str:
        """Return the meaning and range of the weights, in two sentences."""
        about = f"{self.about[:1].upper()}{self.about[1:]}."
        if not len(self.weights):
            return about
        top = int(self.weights.argmax())
        return f"{about} Most at frame {self.frames[top]}: {self.weights[top] / (self.equal or 1):.2f} times the mean."

    def strength(self) -> np.ndarray:
        """Return the weights ``[N]`` as shares of the highest."""
        top = float(self.weights.max()) if len(self.weights) else 0.0
        return self.weights / top if top > 0 else np.zeros(len(self.weights))

    def at(self, frame: float) -> tuple[int, float] | None:
        """Return the read frame nearest to ``frame`` and its weight; None outside."""
        starts, ends = self.stretches()
        here = np.flatnonzero((starts <= frame) & (frame < ends))
        return (int(self.frames[here[0]]), float(self.weights[here[0]])) if len(here) else None
