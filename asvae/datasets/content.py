"""What the files of an image data set hold, and the fingerprint of its pixels."""

import hashlib
import itertools
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


def pixel_fingerprint(train: np.ndarray, test: np.ndarray) -> str:
    """Return 12 hex digits: a SHA-256 over the training images, the test images, and their number and shape.

    Parameters
    ----------
    train, test : array
        ``(N, C, H, W)`` and ``(M, C, H, W)`` in uint8.
    """
    digest = hashlib.sha256()
    for image in itertools.chain(train, test):
        digest.update(np.ascontiguousarray(image))
    digest.update(repr((len(train), len(train) + len(test), *train.shape[1:])).encode())
    return digest.hexdigest()[:12]
