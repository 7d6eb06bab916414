"""Standardisation of channels: mean 0 and standard deviation 1 on the training clips."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Normalisation:
    """Per channel, what is subtracted and what is divided by: ``mean`` [C] and ``scale`` [C], float32."""

    mean: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]

    def __call__(self, values: np.ndarray) -> npt.NDArray[np.float32]:
        """``values`` [..., C] brought to the scale of the training clips, float32."""
        return (values.astype(np.float32) - self.mean) / self.scale

    @classmethod
    def identity(cls, channels: int) -> "Normalisation":
        """Leave ``channels`` channels as they are."""
        return cls(np.zeros(channels, np.float32), np.ones(channels, np.float32))

    @classmethod
    def of(cls, rows: Sequence[np.ndarray]) -> "Normalisation":
        """Mean 0 and standard deviation 1 over all rows of the arrays [L, C].

        A channel that does not vary is only centred: dividing by its tiny spread would blow up whatever
        small difference another domain shows in it.
        """
        count = sum(len(r) for r in rows)
        mean = sum(r.sum(axis=0, dtype=np.float64) for r in rows) / count
        variance = sum(((r.astype(np.float64) - mean) ** 2).sum(axis=0) for r in rows) / count
        scale = np.sqrt(variance)
        scale[scale <= 1e-5 * np.maximum(np.abs(mean), scale.max())] = 1.0
        return cls(mean.astype(np.float32), np.where(scale == 0, 1.0, scale).astype(np.float32))
