"""Training settings of the transformer, and those of the paper's benchmarks."""

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Annotated, Any, Literal

from actiondiff_gui.errors import ClassifierError
from actiondiff_gui.settings import Setting, check, from_dict, to_dict

Loss = Literal["focal", "cross-entropy"]


@dataclass(frozen=True)
class TrainingSettings:
    """How the transformer is built and trained; what each setting means stands beside it.

    The focal loss is ``alpha * (1 - p)**gamma * -log p``, p the probability given to the truth. Alpha scales positives and
    negatives alike: the paper's alpha of 1 would otherwise leave the negatives without weight.

    Raises
    ------
    ClassifierError
        A value makes no sense.
    """

    loss: Annotated[
        Loss,
        Setting(
            "loss",
            "Cross-entropy: exactly one action per clip. Focal: any number of actions at once",
            words={"focal": "focal, any number of actions", "cross-entropy": "cross-entropy, one action"},
        ),
    ] = "cross-entropy"
    alpha: Annotated[
        float, Setting("focal alpha", "Weight of the focal loss", 1e-6, 1e6, only=("loss", "focal"))
    ] = 0.25
    gamma: Annotated[
        float,
        Setting(
            "focal gamma",
            "Focusing parameter of the focal loss: how much more hard clips count",
            0,
            100,
            only=("loss", "focal"),
        ),
    ] = 2.0
    epochs: Annotated[int, Setting("epochs", "Passes over the training clips", 1, 100_000)] = 15
    warmup_epochs: Annotated[
        int, Setting("warm-up epochs", "Epochs over which the learning rate rises", 0, 100_000)
    ] = 4
    learning_rate: Annotated[
        float,
        Setting(
            "learning rate", "Highest learning rate of AdamW; it then falls to 0 along a cosine", 1e-12, 10
        ),
    ] = 3e-5
    weight_decay: Annotated[float, Setting("weight decay", "Weight decay of AdamW", 0, 100)] = 1e-4
    mixup: Annotated[
        float, Setting("mixup", "Parameter of the Beta distribution of mixup; 0 switches it off", 0, 100)
    ] = 0.0
    max_tokens: Annotated[
        int,
        Setting("most tokens", "Longer clips are subsampled to this many evenly spaced tokens", 1, 1_000_000),
    ] = 150
    layers: Annotated[
        int, Setting("layers", "Encoder layers of the transformer", 1, 64, flag="encoder-layers")
    ] = 6
    heads: Annotated[
        int, Setting("attention heads", "Attention heads at most", 1, 64, flag="attention-heads")
    ] = 8
    width: Annotated[
        int | None,
        Setting(
            "width", "Width of the encoder", 2, 16_384, none="as wide as the tokens", flag="encoder-width"
        ),
    ] = None
    dropout: Annotated[float, Setting("dropout", "Share of values dropped in training", 0, 0.99)] = 0.1
    batch_size: Annotated[int, Setting("batch size", "Clips per training step", 1, 65_536)] = 16
    clip_norm: Annotated[
        float | None, Setting("largest gradient", "Largest norm of the gradient", 1e-6, 1e6, none="any")
    ] = None
    standardise: Annotated[
        bool,
        Setting(
            "standardise tokens", "Bring every channel to mean 0 and deviation 1 over the training clips"
        ),
    ] = False
    patience: Annotated[
        int | None,
        Setting(
            "patience",
            "Stop after this many epochs without improvement on validation clips",
            1,
            100_000,
            none="never stop",
        ),
    ] = None
    calibrate: Annotated[
        bool, Setting("calibrate confidence", "Fit a temperature on the validation clips")
    ] = True
    unlabelled_as_negative: Annotated[
        bool,
        Setting("unmarked means absent", "An action without a label in a labelled clip counts as not shown"),
    ] = True
    seed: Annotated[int, Setting("seed", "Seed of all random numbers", 0, 2**53 - 1)] = 0

    def __post_init__(self) -> None:
        check(self, ClassifierError)

    def to_dict(self) -> dict[str, Any]:
        """All settings by name, as JSON can hold them."""
        return to_dict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainingSettings":
        """Return settings from :meth:`to_dict`.

        Raises
        ------
        ClassifierError
            A name is unknown or a value makes no sense.
        """
        return from_dict(cls, values, ClassifierError)


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
    """Return the name of the preset to start from, for clips that show one action each or several."""
    return "small-data" if single_label else "small-data-several-actions"


def preset(name: str, **changes: Any) -> TrainingSettings:
    """Return the preset called ``name``, with single settings changed.

    Raises
    ------
    ClassifierError
        There is no such preset, or a changed value makes no sense.
    """
    if name not in PRESETS:
        raise ClassifierError(f"There is no preset {name!r}: choose one of {', '.join(PRESETS)}.")
    return replace(PRESETS[name], **changes)
