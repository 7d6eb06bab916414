"""Parameters and tensor shapes of each kind of head, and their validation."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from actiondiff_gui.classifier.models.heads import SimpleHead
from actiondiff_gui.classifier.models.trained import Head
from actiondiff_gui.evaluation.classifiers import Linear, Majority, Neighbours
from actiondiff_gui.evaluation.normalisation import Normalisation
from actiondiff_gui.features.summary import SUMMARIES

Shapes = dict[str, tuple[int, ...]]
MOST_CHANNELS = 1_000_000


class Damaged(Exception):
    """What is wrong with the contents of a file, as the end of a sentence."""


def pack(head: Head) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the numbers of a head as JSON values, and its tensors."""
    if isinstance(head, SimpleHead):
        return _pack_simple(head)
    scale = {"mean": head.normalisation.mean, "scale": head.normalisation.scale}
    model = head.model
    config = {
        "channels": model.channels,
        "width": model.width,
        "layers": len(model.encoder.layers),
        "heads": model.heads,
        "max_tokens": head.max_tokens,
        "softmax": head.softmax,
        "temperature": head.temperature,
    }
    weights = {f"model.{k}": v.detach().cpu().numpy() for k, v in model.state_dict().items()}
    return config, {**scale, **weights}


def _pack_simple(head: SimpleHead) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    model = head.model
    config: dict[str, Any] = {"channels": head.channels, "summary": head.summary}
    if isinstance(model, Majority):
        return config, {"frequencies": model.frequencies}
    scale = {"mean": model.normalisation.mean, "scale": model.normalisation.scale}
    if isinstance(model, Linear):
        return config | {"softmax": model.softmax}, {**scale, "weights": model.weights, "bias": model.bias}
    votes = {"truth": model.truth.astype(np.uint8), "known": model.known.astype(np.uint8)}
    config |= {"clips": len(model.clips), "neighbours": model.neighbours}
    return config, {**scale, "clips": model.clips, **votes}


def summary_of(config: Mapping[str, Any]) -> str:
    """Return how a head's file says that tokens become one vector; earlier versions wrote ``spread`` or nothing.

    Raises
    ------
    Damaged
        It says something that is not known.
    """
    found = config.get("summary")
    if found is None:
        return "mean+std" if "spread" in config and yes_or_no(config, "spread") else "mean"
    if not isinstance(found, str) or found not in SUMMARIES:
        raise Damaged(f"its summary {found!r:.60} is not known to this version")
    return found


def expected_shapes(kind: str, config: Mapping[str, Any], classes: int) -> Shapes:
    """Return the shape of every tensor of a head, without building it.

    Raises
    ------
    Damaged
        The kind is unknown, or a number in ``config`` is missing or makes no sense.
    """
    channels = whole(config, "channels", 1, MOST_CHANNELS)
    if kind == "majority":
        return {"frequencies": (classes,)}
    features = channels * (1 + summary_of(config).count("+"))
    if kind == "linear":
        yes_or_no(config, "softmax")
        return {
            "mean": (features,),
            "scale": (features,),
            "weights": (classes, features),
            "bias": (classes,),
        }
    if kind == "knn":
        clips = whole(config, "clips", 1, 100_000_000)
        whole(config, "neighbours", 1, 100_000)
        votes = (clips, classes)
        return {
            "mean": (features,),
            "scale": (features,),
            "clips": (clips, features),
            "truth": votes,
            "known": votes,
        }
    if kind != "transformer":
        raise Damaged(f"its head {kind!r} is not known to this version")
    whole(config, "max_tokens", 1, 1_000_000)
    yes_or_no(config, "softmax")
    positive(config, "temperature")
    width = whole(config, "width", 2, 16_384)
    if width % whole(config, "heads", 1, 64):
        raise Damaged("its number of attention heads does not divide its width")
    shapes: Shapes = {
        "mean": (channels,),
        "scale": (channels,),
        "model.cls_token": (1, 1, width),
        "model.encoder.norm.weight": (width,),
        "model.encoder.norm.bias": (width,),
        "model.classifier.weight": (classes, width),
        "model.classifier.bias": (classes,),
    }
    if width != channels:
        shapes |= {"model.project.weight": (width, channels), "model.project.bias": (width,)}
    for layer in range(whole(config, "layers", 1, 64)):
        prefix = f"model.encoder.layers.{layer}."
        for name, rows, columns in (
            ("self_attn.out_proj.", width, width),
            ("linear1.", 3 * width, width),
            ("linear2.", width, 3 * width),
        ):
            shapes |= {prefix + name + "weight": (rows, columns), prefix + name + "bias": (rows,)}
        shapes |= {
            prefix + "self_attn.in_proj_weight": (3 * width, width),
            prefix + "self_attn.in_proj_bias": (3 * width,),
        }
        for norm in ("norm1.", "norm2."):
            shapes |= {prefix + norm + "weight": (width,), prefix + norm + "bias": (width,)}
    return shapes


def unpack(kind: str, config: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Head:
    """Return the head that :func:`pack` took apart; shapes have been checked against :func:`expected_shapes`.

    Raises
    ------
    Damaged
        Values are not finite, or a scale is not positive.
    """
    for name, tensor in tensors.items():
        if tensor.dtype == np.float32 and not np.isfinite(tensor).all():
            raise Damaged(f"its tensor {name!r} holds values that are not numbers")
    channels = config["channels"]
    if kind == "majority":
        return SimpleHead(channels, Majority(tensors["frequencies"]), summary_of(config))
    if (tensors["scale"] <= 0).any():
        raise Damaged("its normalisation divides by zero or less")
    normalisation = Normalisation(tensors["mean"], tensors["scale"])
    if kind == "linear":
        linear = Linear(normalisation, tensors["weights"], tensors["bias"], config["softmax"])
        return SimpleHead(channels, linear, summary_of(config))
    if kind == "knn":
        votes = tensors["truth"].astype(bool), tensors["known"].astype(bool)
        neighbours = Neighbours(normalisation, tensors["clips"], *votes, config["neighbours"])
        return SimpleHead(channels, neighbours, summary_of(config))
    return _transformer(config, normalisation, tensors)


def _transformer(
    config: Mapping[str, Any], normalisation: Normalisation, tensors: Mapping[str, np.ndarray]
) -> Head:
    import torch

    from actiondiff_gui.classifier.models.network import ActionTransformer
    from actiondiff_gui.classifier.models.transformer_head import TransformerHead

    weights = {k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")}
    classes = len(weights["classifier.bias"])
    with torch.device("meta"):
        model = ActionTransformer(
            config["channels"], classes, config["layers"], config["heads"], config["width"]
        )
    model.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()}, assign=True)
    model.eval().requires_grad_(False)
    return TransformerHead(
        model, normalisation, config["max_tokens"], config["softmax"], float(config["temperature"])
    )


def whole(config: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """Return the whole number called ``name``, or raise :class:`Damaged`."""
    value = config.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Damaged(f"its {name!r} is {value!r:.60} and not a whole number from {low} to {high}")
    return value


def positive(config: Mapping[str, Any], name: str) -> float:
    """Return the positive number called ``name``, or raise :class:`Damaged`."""
    value = config.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < math.inf:
        raise Damaged(f"its {name!r} is {value!r:.60} and not a positive number")
    return float(value)


def yes_or_no(config: Mapping[str, Any], name: str) -> bool:
    """Return the truth value called ``name``, or raise :class:`Damaged`."""
    value = config.get(name)
    if not isinstance(value, bool):
        raise Damaged(f"its {name!r} is {value!r:.60} and neither true nor false")
    return value
