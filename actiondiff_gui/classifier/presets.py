"""With which settings is a classifier trained, and which did the paper use?"""

import math
from dataclasses import asdict, dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Literal, get_args

from actiondiff_gui.errors import ClassifierError

Loss = Literal["focal", "cross-entropy"]


@dataclass(frozen=True)
class TrainingSettings:
    """How the transformer is built and trained.

    Attributes
    ----------
    loss : {"focal", "cross-entropy"}
        Focal loss on a sigmoid for each action (several actions may be true at once), or
        cross-entropy on a softmax (exactly one is true).
    alpha, gamma : float
        Focal loss is ``alpha * (1 - p)**gamma * -log p``, p the probability given to the truth. Alpha
        scales positives and negatives alike: the paper's alpha of 1 would otherwise leave the
        negatives without weight.
    epochs, warmup_epochs : int
        Passes over the training clips. The learning rate rises over the first ``warmup_epochs`` and then
        falls to 0 along a cosine.
    learning_rate, weight_decay : float
        Of AdamW.
    mixup : float
        Parameter of the Beta distribution that mixup draws from; 0 switches mixup off.
    max_tokens : int
        A clip with more tokens is read at this many evenly spaced ones.
    layers, heads : int
        Encoder layers, and attention heads at most.
    width : int or None
        Width of the encoder; None: as many as the tokens have channels.
    dropout : float
        Share of values dropped in training.
    batch_size : int
        Clips per step.
    clip_norm : float or None
        Largest norm of the gradient.
    standardise : bool
        Bring every channel to mean 0 and standard deviation 1 over the training clips.
    patience : int or None
        Stop after so many epochs without improvement on the validation part; None: never.
    calibrate : bool
        Fit a temperature on the validation part.
    unlabelled_as_negative : bool
        Count an action that nobody marked in a labelled clip as absent, as the paper's data sets do. If
        False, only marked absences count.
    seed : int
        Everything random follows from it.

    Raises
    ------
    ClassifierError
        A value makes no sense.
    """

    loss: Loss = "cross-entropy"
    alpha: float = 0.25
    gamma: float = 2.0
    epochs: int = 15
    warmup_epochs: int = 4
    learning_rate: float = 3e-5
    weight_decay: float = 1e-4
    mixup: float = 0.0
    max_tokens: int = 150
    layers: int = 6
    heads: int = 8
    width: int | None = None
    dropout: float = 0.1
    batch_size: int = 16
    clip_norm: float | None = None
    standardise: bool = False
    patience: int | None = None
    calibrate: bool = True
    unlabelled_as_negative: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if self.loss not in get_args(Loss):
            raise ClassifierError(f"The loss {self.loss!r} is unknown: choose {' or '.join(get_args(Loss))}.")
        for name, (low, high) in _WHOLE.items():
            _check(name, getattr(self, name), int, low, high)
        for name, (low, high) in _REAL.items():
            _check(name, getattr(self, name), (int, float), low, high)
        for name in ("standardise", "calibrate", "unlabelled_as_negative"):
            if not isinstance(getattr(self, name), bool):
                raise ClassifierError(f"The setting {name!r} must be true or false.")

    def to_dict(self) -> dict[str, Any]:
        """All settings by name, as JSON can hold them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainingSettings":
        """Settings from :meth:`to_dict`.

        Raises
        ------
        ClassifierError
            A name is unknown or a value makes no sense.
        """
        unknown = sorted(set(values) - {f.name for f in fields(cls)})
        if unknown:
            raise ClassifierError(
                f"Training settings hold unknown names: {', '.join(map(str, unknown[:5]))}."
            )
        return cls(**values)


_WHOLE = {
    "epochs": (1, 100_000),
    "warmup_epochs": (0, 100_000),
    "max_tokens": (1, 1_000_000),
    "layers": (1, 64),
    "heads": (1, 64),
    "width": (2, 16_384),
    "batch_size": (1, 65_536),
    "patience": (1, 100_000),
    "seed": (0, 2**63 - 1),
}
_REAL = {
    "alpha": (1e-6, 1e6),
    "gamma": (0, 100),
    "learning_rate": (1e-12, 10),
    "weight_decay": (0, 100),
    "mixup": (0, 100),
    "dropout": (0, 0.99),
    "clip_norm": (1e-6, 1e6),
}
_OPTIONAL = {"width", "patience", "clip_norm"}


def _check(name: str, value: object, kind: type | tuple[type, ...], low: float, high: float) -> None:
    if value is None and name in _OPTIONAL:
        return
    if isinstance(value, bool) or not isinstance(value, kind) or not math.isfinite(value):
        raise ClassifierError(f"The setting {name!r} must be a number, not {value!r}.")
    if not low <= value <= high:
        raise ClassifierError(f"The setting {name!r} is {value}; it must lie between {low} and {high}.")


_ANIMAL_KINGDOM = TrainingSettings(loss="focal", alpha=0.25, gamma=2.0, mixup=0.2)

_SMALL_DATA = TrainingSettings(
    loss="cross-entropy",
    epochs=30,
    learning_rate=1e-3,
    weight_decay=1e-2,
    mixup=0.2,
    layers=2,
    width=128,
    clip_norm=1.0,
    standardise=True,
    patience=10,
)

PRESETS = MappingProxyType(
    {
        "small-data": _SMALL_DATA,
        "small-data-several-actions": replace(_SMALL_DATA, loss="focal", alpha=1.0),
        "animal-kingdom": _ANIMAL_KINGDOM,
        "animal-kingdom-unseen-species": _ANIMAL_KINGDOM,
        "charades-ego": TrainingSettings(
            loss="focal",
            alpha=1.0,
            gamma=2.0,
            epochs=15,
            learning_rate=1e-4,
            weight_decay=1e-3,
            mixup=0.3,
            max_tokens=400,
            layers=7,
        ),
        "ucf-hmdb": TrainingSettings(loss="cross-entropy", learning_rate=1e-5, max_tokens=500),
    }
)
"""Settings by name: "small-data" for tens to hundreds of clips that show one action each, or with
"-several-actions" any number; the others from the paper's table (which gives 10 to 20 epochs for
Charades-Ego; the middle is taken)."""


def usual_preset(single_label: bool) -> str:
    """Name of the preset to start from, for clips that show one action each or several."""
    return "small-data" if single_label else "small-data-several-actions"


def preset(name: str, **changes: Any) -> TrainingSettings:
    """The preset called ``name``, with single settings changed.

    Raises
    ------
    ClassifierError
        There is no such preset, or a changed value makes no sense.
    """
    if name not in PRESETS:
        raise ClassifierError(f"There is no preset {name!r}: choose one of {', '.join(PRESETS)}.")
    return replace(PRESETS[name], **changes)
