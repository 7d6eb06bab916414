"""Projection from world to picture coordinates: a pinhole camera that looks away from the viewer and down."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Camera:
    """A camera over time; all fields are arrays [..., T].

    Picture coordinates are in units of the frame's height, from its centre, x right and y down.

    Attributes
    ----------
    position : array [..., T, 3]
        Where the camera is.
    pitch : array [..., T]
        How far it looks down, in radians.
    roll : array [..., T]
        Rotation of the picture, in radians.
    focal : array [..., T]
        Focal length, in frame heights.
    offset : array [..., T, 2]
        Shift of the picture (shake).
    """

    position: np.ndarray
    pitch: np.ndarray
    roll: np.ndarray
    focal: np.ndarray
    offset: np.ndarray


def aim(target: np.ndarray, pitch, focal, distance, roll=0.0, offset=0.0) -> Camera:
    """Return the camera that sees the point ``target`` [T, 3] in the middle from ``distance`` away."""
    t = target.shape[0]
    pitch = np.broadcast_to(pitch, (t,)).astype(float)
    forward = np.stack([np.zeros(t), np.cos(pitch), -np.sin(pitch)], -1)
    return Camera(
        target - np.reshape(distance, (-1, 1)) * forward,
        pitch,
        np.broadcast_to(roll, (t,)).astype(float),
        np.broadcast_to(focal, (t,)).astype(float),
        np.broadcast_to(offset, (t, 2)).astype(float),
    )


def project(points: np.ndarray, camera: Camera) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Project points onto the picture.

    Parameters
    ----------
    points : array [N, T, K, 3]
        World points; ``camera`` has fields [N, T].

    Returns
    -------
    xy : array [N, T, K, 2]
        Picture coordinates.
    depth : array [N, T, K]
        Distance along the viewing direction, in world units.
    scale : array [N, T, K]
        Frame heights per world unit there.
    """
    rel = points - camera.position[..., None, :]
    sin, cos = np.sin(camera.pitch)[..., None], np.cos(camera.pitch)[..., None]
    depth = rel[..., 1] * cos - rel[..., 2] * sin
    up = rel[..., 1] * sin + rel[..., 2] * cos
    scale = camera.focal[..., None] / np.maximum(depth, 0.2)
    x, y = rel[..., 0] * scale, -up * scale
    c, s = np.cos(camera.roll)[..., None], np.sin(camera.roll)[..., None]
    xy = np.stack([x * c - y * s, x * s + y * c], -1) + camera.offset[..., None, :]
    return xy.astype(np.float32), depth.astype(np.float32), scale.astype(np.float32)
