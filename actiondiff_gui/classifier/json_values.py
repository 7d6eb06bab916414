"""Conversion of results to JSON values."""

import math
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np


def to_json(value: Any) -> Any:
    """``value`` as JSON can hold it: arrays as lists, NaN and infinity as None, dataclasses as dicts."""
    if is_dataclass(value) and not isinstance(value, type):
        return to_json(asdict(value))
    if isinstance(value, dict):
        return {str(k): to_json(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(v) for v in value]
    if isinstance(value, np.ndarray):
        return to_json(value.tolist())
    if isinstance(value, np.generic):
        return to_json(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
