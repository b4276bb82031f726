"""What the files of an image data set hold, and the fingerprint of its pixels."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Content:
    """What the files of a data set hold."""

    train: np.ndarray
    """``(N, C, H, W)`` in uint8."""
    test: np.ndarray
    """``(M, C, H, W)`` in uint8."""
    labels: np.ndarray | None = None
    """``(N,)`` in int64, of the training images."""
    fingerprint: str = ""
    """:func:`pixel_fingerprint`, if it is known already."""
    skipped: list[str] = field(default_factory=list)
    """Files and folders that could not be used, each with the reason."""


def pixel_fingerprint(pixels: Iterator[np.ndarray], train: int, shape: tuple[int, ...]) -> str:
    """Return 12 hex digits: a SHA-256 over the training images, the test images, and their number and shape.

    Parameters
    ----------
    pixels : iterator of arrays
        All training images, then all test images, in uint8, in pieces of any size.
    train : int
        How many are for training.
    shape : tuple
        Of all images together, ``(N + M, C, H, W)``.
    """
    digest = hashlib.sha256()
    for piece in pixels:
        digest.update(np.ascontiguousarray(piece))
    digest.update(repr((train, *map(int, shape))).encode())
    return digest.hexdigest()[:12]
