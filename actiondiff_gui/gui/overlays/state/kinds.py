"""Kinds of overlays, and the choices that each has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from actiondiff_gui.overlays.overlay import OverlaySettings


@dataclass(frozen=True)
class OverlayKind:
    """One kind of overlay.

    Attributes
    ----------
    id, title, about : str
        Its name, and what it shows and does not show, for somebody who knows behaviour and not networks.
    point : bool
        Whether a point in the video is clicked.
    painted : bool
        Whether it is painted over the video, or a strip of weights over frames.
    heads, many_clips, many_timesteps, model, action, measure : bool
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
    measure: bool = False


OVERLAY_KINDS = (
    OverlayKind(
        "spatial",
        "Attention within the frame",
        "Positions of the same frame that the clicked point attends to. Attention does not mean that these positions "
        "decide the action.",
        point=True,
        heads=True,
        many_timesteps=True,
    ),
    OverlayKind(
        "temporal",
        "Attention over time",
        "Other frames that the clicked point attends to, at the same position.",
        point=True,
        painted=False,
        heads=True,
    ),
    OverlayKind(
        "similarity",
        "Similarity to a point",
        "Positions whose features are similar to those of the clicked point, in this clip and in the selected ones: red "
        "is similar, blue is opposite. Follow a leg from one species to another.",
        point=True,
        many_clips=True,
        many_timesteps=True,
    ),
    OverlayKind(
        "colours",
        "Feature colours",
        "Positions with similar features have similar colours, the same in all clips shown. A colour has no meaning of "
        "its own, and colours of two timesteps cannot be compared one by one.",
        many_clips=True,
        many_timesteps=True,
    ),
    OverlayKind(
        "evidence",
        "Evidence for an action",
        "Positions where a trained classifier, applied to each position alone, finds the action. It was trained on whole "
        "frames, so the values are relative, not probabilities. It uses the timestep and layer it was trained at.",
        many_clips=True,
        model=True,
        action=True,
    ),
    OverlayKind(
        "frames",
        "Frame importance",
        "Weight of each frame in a trained transformer: attention of its class token, through all layers (rollout) or in "
        "one. A high weight need not be the cause of the prediction.",
        painted=False,
        model=True,
        measure=True,
    ),
)

ONE, SOME, ALL = "address", "paper", "all"
"""Which timesteps are shown: the session's, side by side the ones the paper compares, or every one as a picture."""


@dataclass(frozen=True, eq=False)
class OverlayRequest:
    """What is requested of an overlay.

    Attributes
    ----------
    kind : str
        Its id.
    clip_ids : sequence of str
        Clips to show, the open one first.
    point : (frame, row, column), optional
        The clicked point, in the clip number ``clicked``.
    clicked : int
        See ``point``.
    head : int, optional
        One attention head; by default the mean over heads.
    timesteps : str
        One of ``ONE``, ``SOME``, ``ALL``; several are shown of the clicked clip alone, all of the shown frame.
    classifier : TrainedClassifier, optional
        For the kinds that need a model.
    action : str
        Whose evidence is wanted.
    measure : int, optional
        Layer of the classifier whose class token is asked; by default all, by attention rollout.
    opacity : float
        Of overlays that become a sheet.
    """

    kind: str
    clip_ids: Sequence[str]
    point: tuple[int, float, float] | None = None
    clicked: int = 0
    head: int | None = None
    timesteps: str = ONE
    classifier: Any = None
    action: str = ""
    measure: int | None = None
    opacity: float = OverlaySettings.opacity


@dataclass(frozen=True, eq=False)
class Sheet:
    """One frame at every timestep, as a picture.

    Attributes
    ----------
    title : str
    picture : ndarray
        ``[H, W, 3]`` uint8, with captions and legend.
    """

    title: str
    picture: np.ndarray
