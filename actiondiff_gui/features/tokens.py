"""Token sets: tokens of clips at one feature address."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actiondiff_gui.backbones.reading import Pooling, Reading, checked_pooling, in_order, layers_text


def joined(layers: Sequence[np.ndarray]) -> np.ndarray:
    """Tokens ``[T, C]`` of several layers side by side, ``[T, C1 + C2 + ...]``."""
    return layers[0] if len(layers) == 1 else np.concatenate(layers, axis=1)


@dataclass(frozen=True)
class FeatureAddress:
    """Where features come from: every result can name one.

    Attributes
    ----------
    backbone : str
        Id of the backbone, for example ``"svd-xt"``.
    digest : str
        Digest of the backbone's weights and of all settings that change the features.
    timestep : str
        ``"t20"`` (schedule index, 0 is the noisiest), ``"sigma1.66"``, or ``"-"`` for a backbone
        without a noise schedule.
    layers : tuple of int
        Layer numbers of the backbone, rising; tokens of several layers stand side by side. One may be given as a number.
    pooling : {"mean", "mean+change"}
        What of each layer's map makes a token.

    Raises
    ------
    BackboneError
        There is no such pooling.
    """

    backbone: str
    digest: str
    timestep: str
    layers: tuple[int, ...]
    pooling: Pooling = "mean"

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", in_order(self.layers))
        checked_pooling(self.pooling)

    @property
    def reading(self) -> Reading:
        """Timestep, layers and pooling."""
        return Reading(self.timestep, self.layers, self.pooling)

    def __str__(self) -> str:
        return f"{self.backbone} | {self.timestep} | {layers_text(self.layers, self.pooling)} | {self.digest}"


@dataclass(frozen=True)
class TokenSet:
    """Tokens of clips at one feature address, with what is known of each clip.

    Attributes
    ----------
    clip_ids : tuple of str
        Ids of the N clips.
    tokens : tuple of ndarray
        For each clip its tokens ``[L, C]`` in time order; L differs between clips.
    classes : tuple of str
        Names of the K actions.
    labels : ndarray
        ``[N, K]`` int8: 1 the clip shows the action, -1 a person said that it does not, 0 not labelled.
    domains : tuple of str
        For each clip the value of the facet chosen as the domain ("" where it is not known).
    groups : tuple of str
        For each clip its source group; clips of one group never sit on both sides of a split.
    address : FeatureAddress
        Where the tokens come from.
    keys : tuple of str
        For each clip what it shows, the same in every project; may be left out.
    """

    clip_ids: tuple[str, ...]
    tokens: tuple[np.ndarray, ...]
    classes: tuple[str, ...]
    labels: np.ndarray
    domains: tuple[str, ...]
    groups: tuple[str, ...]
    address: FeatureAddress
    keys: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.clip_ids)

    @property
    def order(self) -> tuple[str, ...]:
        """For each clip a name to sort by wherever an order decides something.

        Ids are drawn anew whenever videos are imported, so splits, batches and maps follow what clips show: the
        same videos then give the same result in every project.
        """
        if not self.keys:
            return self.clip_ids
        return tuple(f"{key}/{clip}" for key, clip in zip(self.keys, self.clip_ids, strict=True))

    def pooled(self) -> np.ndarray:
        """Mean of each clip's tokens over time, ``[N, C]`` float32."""
        return np.stack([t.astype(np.float32).mean(axis=0) for t in self.tokens])

    def subset(self, indices: Sequence[int] | np.ndarray) -> "TokenSet":
        """Return the clips at ``indices``, in that order."""
        pick = [int(i) for i in indices]
        return TokenSet(
            clip_ids=tuple(self.clip_ids[i] for i in pick),
            tokens=tuple(self.tokens[i] for i in pick),
            classes=self.classes,
            labels=self.labels[pick],
            domains=tuple(self.domains[i] for i in pick),
            groups=tuple(self.groups[i] for i in pick),
            address=self.address,
            keys=tuple(self.keys[i] for i in pick) if self.keys else (),
        )
